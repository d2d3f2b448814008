#include "density_points.h"

#include "density_room.h"
#include "rote/components.h"
#include "rote/density.h"
#include "rote/memory.h"

#include <string.h>

/* Points whose distances to a batch of others stay in the cache. */
#define BLOCK ((size_t)512)

/* Of the variance, below it a squared distance is what is left of rounding two copies. */
#define ROUNDING 1e-24

#define LEVELS 255.0

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

static bool are_pixels(const rote_options *options)
{
  return options->density.of == ROTE_POINTS_PIXELS;
}

size_t rote_density_dims(const rote_options *o, const rote_data_info *info, size_t images)
{
  const size_t pixels = rote_data_pixels(info);
  return are_pixels(o) ? pixels
         : o->density.of == ROTE_POINTS_LATENT
             ? o->model.latent
             : least(least(o->density.components, pixels), images - 1);
}

double rote_density_points_bytes(const rote_options *o, const rote_data_info *info, size_t images)
{
  const double n = (double)images, d = (double)rote_density_dims(o, info, images);
  return 8 * n *
         (are_pixels(o) ? 2 * (double)ROTE_DENSITY_BATCH : 2 * d + (double)ROTE_DENSITY_BATCH);
}

static rote_status take_room(rote_density_points *p)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc((p->n + p->tests) * p->dims, sizeof *p->point, &p->point));
  ROTE_TRY(rote_alloc(p->n * p->dims, sizeof *p->columns, &p->columns));
done:
  return status;
}

static void fill_columns(rote_density_points *p)
{
  for (size_t i = 0; i < p->n; i++) {
    for (size_t k = 0; k < p->dims; k++) {
      p->columns[k * p->n + i] = p->point[i * p->dims + k];
    }
  }
}

static rote_status take_components(const rote_subject_setting *s, rote_density_points *p)
{
  rote_status status = ROTE_OK;
  rote_components *c = NULL;
  ROTE_TRY(rote_components_create(s->train, rote_data_pixels(s->info), p->dims, &c));
  p->share = rote_components_share(c);
  for (size_t k = 0; k < p->dims; k++) {
    p->variance += c->eigenvalue[k];
  }
  ROTE_TRY(take_room(p));
  ROTE_TRY(rote_components_project(c, s->train->pixel, p->n, p->point));
  if (p->tests > 0) {
    ROTE_TRY(rote_components_project(c, s->test->pixel, p->tests, p->point + p->n * p->dims));
  }
  fill_columns(p);
done:
  rote_components_destroy(&c);
  return status;
}

static rote_status take_latent(const double *latent, rote_density_points *p)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(take_room(p));
  memcpy(p->point, latent, (p->n + p->tests) * p->dims * sizeof *latent);
  fill_columns(p);
  p->share = 1;
  for (size_t k = 0; k < p->dims; k++) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < p->n; i++) {
      sum += p->columns[k * p->n + i];
    }
    for (size_t i = 0; i < p->n; i++) {
      const double away = p->columns[k * p->n + i] - sum / (double)p->n;
      squares += away * away;
    }
    p->variance += squares / (double)p->n;
  }
done:
  return status;
}

/* Sums are whole numbers. */
static double pixel_variance(size_t n, size_t pixels, const uint8_t *image)
{
  double sum = 0;
  for (size_t d = 0; d < pixels; d++) {
    uint64_t first = 0, second = 0;
    for (size_t i = 0; i < n; i++) {
      const uint64_t level = image[i * pixels + d];
      first += level;
      second += level * level;
    }
    const double mean = (double)first / (double)n;
    sum += (double)second / (double)n - mean * mean;
  }
  return sum / (LEVELS * LEVELS);
}

static rote_status take_pixels(const rote_subject_setting *s, rote_density_points *p)
{
  rote_status status = ROTE_OK;
  p->train = s->train->pixel;
  p->test = s->test->pixel;
  p->share = 1;
  p->variance = pixel_variance(p->n, p->dims, p->train);
  ROTE_TRY(rote_distance_create(p->dims, &p->distance));
  ROTE_TRY(rote_alloc(ROTE_DENSITY_BATCH * p->n + p->tests, sizeof *p->whole, &p->whole));
done:
  return status;
}

rote_status rote_density_points_create(const rote_subject_setting *s, const double *latent,
                                       rote_density_points **out)
{
  rote_status status = ROTE_OK;
  rote_density_points *p = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *p, &p));
  p->n = s->train->count;
  p->tests = least(s->options->density.test, s->test->count);
  p->dims = rote_density_dims(s->options, s->info, p->n);
  ROTE_TRY(latent != NULL           ? take_latent(latent, p)
           : are_pixels(s->options) ? take_pixels(s, p)
                                    : take_components(s, p));
  *out = p;
  p = NULL;
done:
  rote_density_points_destroy(&p);
  return status;
}

void rote_density_points_destroy(rote_density_points **points)
{
  rote_density_points *p = *points;
  if (p != NULL) {
    rote_free(&p->point);
    rote_free(&p->columns);
    rote_distance_destroy(&p->distance);
    rote_free(&p->whole);
    rote_free(points);
  }
}

static double without_rounding(const rote_density_points *p, double square)
{
  return square > ROUNDING * p->variance ? square : 0;
}

static void component_squares(const rote_density_points *p, size_t first, size_t count,
                              double *square)
{
  for (size_t j = 0; j < p->n; j += BLOCK) {
    for (size_t b = 0; b < count; b++) {
      rote_point_distances(least(BLOCK, p->n - j), p->dims, p->point + (first + b) * p->dims,
                           p->columns + j, p->n, square + b * p->n + j);
    }
  }
  for (size_t i = 0; i < count * p->n; i++) {
    square[i] = without_rounding(p, square[i]);
  }
}

void rote_density_squares(const rote_density_points *p, size_t first, size_t count, double *square)
{
  if (p->point != NULL) {
    component_squares(p, first, count, square);
    return;
  }
  const uint8_t *const x =
      first < p->n ? p->train + first * p->dims : p->test + (first - p->n) * p->dims;
  rote_distance_block(p->distance, count, x, p->n, p->train, p->whole, p->n);
  for (size_t i = 0; i < count * p->n; i++) {
    square[i] = (double)p->whole[i] / (LEVELS * LEVELS);
  }
}

void rote_density_test_squares(const rote_density_points *p, size_t i, double *square)
{
  if (p->point == NULL) {
    rote_distance_block(p->distance, 1, p->train + i * p->dims, p->tests, p->test, p->whole,
                        p->tests);
  }
  for (size_t z = 0; z < p->tests; z++) {
    if (p->point == NULL) {
      square[z] = (double)p->whole[z] / (LEVELS * LEVELS);
    } else { /* in the order of the other side: the same number */
      rote_point_distances(1, p->dims, p->point + (p->n + z) * p->dims, p->columns + i, p->n,
                           &square[z]);
      square[z] = without_rounding(p, square[z]);
    }
  }
}
