/* Baselines: what images alone say of who matters to whom. */
#include "datamodel_room.h"

#include "rote/gram.h"
#include "rote/memory.h"
#include "rote/ridge.h"

#include <math.h>

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

static rote_status go_on(const rote_subject_setting *s)
{
  return s->stop != NULL && s->stop(s->context, 0)
             ? rote_fail(ROTE_STOPPED, "stopped between two blocks of images")
             : ROTE_OK;
}

rote_status rote_datamodel_pixel_leverage(const rote_subject_setting *s, size_t T, double *tau)
{
  rote_status status = ROTE_OK;
  const rote_image_set *images = s->train;
  const size_t D = rote_data_pixels(s->info), n = images->count;
  rote_ridge *ridge = NULL;
  uint64_t *sum = NULL;
  double *x = NULL, *y = NULL;
  ROTE_TRY(rote_ridge_create(D, &ridge));
  ROTE_TRY(rote_alloc(D, sizeof *sum, &sum));
  ROTE_TRY(rote_alloc(AT_ONCE * D, sizeof *x, &x));
  ROTE_TRY(rote_alloc(D * T, sizeof *y, &y));
  rote_pixel_sums(images, D, sum);
  for (size_t first = 0; first < n; first += AT_ONCE) {
    const size_t count = n - first < AT_ONCE ? n - first : AT_ONCE;
    ROTE_TRY(go_on(s));
    centre(images, D, sum, first, count, x);
    rote_ridge_add(ridge, count, x);
    for (size_t i = 0; i < count && first + i < T; i++) {
      for (size_t d = 0; d < D; d++) {
        y[d * T + first + i] = x[i * D + d];
      }
    }
  }
  const bool definite = rote_ridge_factorise(ridge, 0.1);
  rote_ridge_solve(ridge, T, y);
  for (size_t first = 0; first < n; first += AT_ONCE) {
    const size_t count = n - first < AT_ONCE ? n - first : AT_ONCE;
    ROTE_TRY(go_on(s));
    centre(images, D, sum, first, count, x);
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

void rote_datamodel_pixel_distance(const rote_subject_setting *s, size_t T, double *tau)
{
  const size_t D = rote_data_pixels(s->info);
  for (size_t i = 0; i < s->train->count; i++) {
    const uint8_t *x = s->train->pixel + i * D;
    for (size_t t = 0; t < T; t++) {
      const uint8_t *z = s->train->pixel + t * D;
      uint64_t squares = 0;
      for (size_t d = 0; d < D; d++) {
        const int32_t difference = (int32_t)x[d] - (int32_t)z[d];
        squares += (uint64_t)(difference * difference);
      }
      tau[i * T + t] = -(double)squares / (255.0 * 255.0);
    }
  }
}
