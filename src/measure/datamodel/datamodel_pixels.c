/* Baselines: what images alone say of who matters to whom. */
#include "datamodel_room.h"

#include "rote/distance.h"
#include "rote/gram.h"
#include "rote/memory.h"
#include "rote/ridge.h"

#include <math.h>
#include <string.h>

enum { AT_ONCE = 64 }; /* images, as doubles */

/* Images first .. first + n - 1, centred, pixels in [0,1]. @param[out] x [n, D] */
static void centre(const rote_image_set *images, size_t pixels, const uint64_t *sum, size_t first,
                   size_t n, double *x)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t d = 0; d < pixels; d++) {
      const double mean = (double)sum[d] / (double)images->count;
      x[i * pixels + d] = ((double)images->pixel[(first + i) * pixels + d] - mean) / 255;
    }
  }
}

static bool must_stop(void *context)
{
  const rote_subject_setting *s = context;
  return s->stop != NULL && s->stop(s->context, 0);
}

static rote_status go_on(rote_subject_setting *s)
{
  return must_stop(s) ? rote_fail(ROTE_STOPPED, "stopped between two blocks of images") : ROTE_OK;
}

/* The scatter of all pixels, exact in integers, as the matrix of a metric. */
static rote_status take_scatter(rote_subject_setting *s, size_t D, const uint64_t *sum,
                                rote_ridge *ridge)
{
  rote_status status = ROTE_OK;
  uint32_t *pixel = NULL;
  ROTE_TRY(rote_alloc(D, sizeof *pixel, &pixel));
  for (size_t d = 0; d < D; d++) {
    pixel[d] = (uint32_t)d;
  }
  const rote_gram_part part = {.images = s->train,
                               .pixels = D,
                               .rows = D,
                               .columns = D,
                               .row = pixel,
                               .column = pixel,
                               .stop = must_stop,
                               .context = s};
  ROTE_TRY(rote_gram_scatter(&part, sum, ridge->matrix, D));
done:
  rote_free(&pixel);
  return status;
}

rote_status rote_datamodel_pixel_leverage(const rote_subject_setting *setting, size_t T,
                                          const uint32_t *target, double *tau)
{
  rote_status status = ROTE_OK;
  rote_subject_setting s = *setting;
  const size_t D = rote_data_pixels(s.info), n = s.train->count;
  rote_ridge *ridge = NULL;
  uint64_t *sum = NULL;
  double *x = NULL, *y = NULL;
  ROTE_TRY(rote_ridge_create(D, &ridge));
  ROTE_TRY(rote_alloc(D, sizeof *sum, &sum));
  ROTE_TRY(rote_alloc(AT_ONCE * D, sizeof *x, &x));
  ROTE_TRY(rote_alloc(D * T, sizeof *y, &y));
  rote_pixel_sums(s.train, D, sum);
  ROTE_TRY(take_scatter(&s, D, sum, ridge));
  for (size_t t = 0; t < T; t++) {
    centre(s.train, D, sum, target[t], 1, x);
    for (size_t d = 0; d < D; d++) {
      y[d * T + t] = x[d];
    }
  }
  const bool definite = rote_ridge_factorise(ridge, 0.1);
  rote_ridge_solve(ridge, T, y);
  for (size_t first = 0; first < n; first += AT_ONCE) {
    const size_t count = n - first < AT_ONCE ? n - first : AT_ONCE;
    ROTE_TRY(go_on(&s));
    centre(s.train, D, sum, first, count, x);
    rote_ridge_products(ridge, count, x, T, y, tau + first * T);
  }
  for (size_t i = 0; i < n * T && !definite; i++) {
    tau[i] = NAN;
  }
done:
  rote_ridge_destroy(&ridge);
  rote_free(&sum);
  rote_free(&x);
  rote_free(&y);
  return status;
}

rote_status rote_datamodel_pixel_distance(const rote_subject_setting *setting, size_t T,
                                          const uint32_t *target, double *tau)
{
  rote_status status = ROTE_OK;
  rote_subject_setting s = *setting;
  const size_t D = rote_data_pixels(s.info), n = s.train->count;
  rote_distance *distance = NULL;
  uint64_t *square = NULL;
  uint8_t *z = NULL; /* [T, D] */
  ROTE_TRY(rote_distance_create(D, &distance));
  ROTE_TRY(rote_alloc(AT_ONCE * T, sizeof *square, &square));
  ROTE_TRY(rote_alloc(T * D, 1, &z));
  for (size_t t = 0; t < T; t++) {
    memcpy(z + t * D, s.train->pixel + target[t] * D, D);
  }
  for (size_t first = 0; first < n; first += AT_ONCE) {
    const size_t count = n - first < AT_ONCE ? n - first : AT_ONCE;
    ROTE_TRY(go_on(&s));
    rote_distance_block(distance, count, s.train->pixel + first * D, T, z, square, T);
    for (size_t i = 0; i < count * T; i++) {
      tau[first * T + i] = -(double)square[i] / (255.0 * 255.0);
    }
  }
done:
  rote_distance_destroy(&distance);
  rote_free(&square);
  rote_free(&z);
  return status;
}
