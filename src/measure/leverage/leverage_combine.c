/* What study.h5 holds below /leverage/: leverages, and the exact memorization score of a Gaussian
 * density in the leading principal components (rote/gaussian_score.h). */
#include "leverage_room.h"

#include "rote/gaussian_score.h"
#include "rote/gram.h"
#include "rote/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct {
  size_t images, components;
  double *h, *coordinate;           /* [N], [N, p] */
  double *eigenvalue;               /* [p] variances along the components */
  double *distance, *log_p, *score; /* [N] */
  double share, freedom;
  uint16_t grid[2];
  bool missing;
} combiner;

#define OF_DATA(name_, dims_, type_, units_, long_name_)                                           \
  {                                                                                                \
    .name = "leverage/" name_, .dims = dims_, .type = type_, .units = units_,                      \
    .long_name = long_name_                                                                        \
  }

enum { H, FREEDOM, EIGENVALUE, SHARE, DISTANCE, LOG_P, SCORE, ROWS, COLUMNS };

static const rote_array arrays[] = {
    OF_DATA("h", "N", ROTE_H5_F64, "1",
            "leverage of the image in a regression on all pixels with an intercept"),
    OF_DATA("degrees_of_freedom", "", ROTE_H5_F64, "1",
            "sum of the leverages; without a ridge the rank of the regression"),
    OF_DATA("eigenvalue", "J", ROTE_H5_F64, "1",
            "variance of the images along a principal component, pixels in [0,1]"),
    OF_DATA("variance_share", "", ROTE_H5_F64, "1",
            "share of the variance that the components hold"),
    OF_DATA("distance", "N", ROTE_H5_F64, "1",
            "squared Mahalanobis distance of the image in the components"),
    OF_DATA("log_p", "N", ROTE_H5_F64, "nats",
            "log density of the image by a Gaussian fitted to all of them, in the components"),
    OF_DATA(
        "M", "N", ROTE_H5_F64, "nats",
        "log density by all images less that by all others: the memorization score of a Gaussian"),
    OF_DATA("grid_rows", "", ROTE_H5_U16, "1", "rows of processes that computed it"),
    OF_DATA("grid_columns", "", ROTE_H5_U16, "1", "columns of processes that computed it"),
    ROTE_ARRAY_END,
};

static const rote_array scale = {.name = "leverage/component",
                                 .dims = "J",
                                 .type = ROTE_H5_U32,
                                 .units = "1",
                                 .long_name = "number of the principal component, from 1",
                                 .scale = true};

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  combiner *c = taker;
  c->missing = c->missing || missing;
  memcpy(c->h + rows->first, rote_rows_at(rows, ROTE_LEVERAGE_VALUE, 0),
         rows->count * sizeof *c->h);
  memcpy(c->coordinate + rows->first * c->components,
         rote_rows_at(rows, ROTE_LEVERAGE_COORDINATE, 0),
         rows->count * c->components * sizeof *c->coordinate);
  memcpy(c->grid, rote_rows_at(rows, ROTE_LEVERAGE_GRID, 0), sizeof c->grid);
  return ROTE_OK;
}

/* Variance of all pixels together: mean of squares less squares of means, the sums exact. */
static rote_status find_variance(const rote_pieces *pieces, double *variance)
{
  rote_status status = ROTE_OK;
  const rote_image_set *images = pieces->setting.train;
  const size_t pixels = rote_data_pixels(pieces->setting.info);
  const double n = (double)images->count;
  uint64_t *sum = NULL, squares = 0;
  ROTE_TRY(rote_alloc(pixels, sizeof *sum, &sum));
  rote_pixel_sums(images, pixels, sum);
  for (size_t i = 0; i < images->count * pixels; i++) {
    squares += (uint64_t)images->pixel[i] * images->pixel[i];
  }
  *variance = (double)squares;
  for (size_t d = 0; d < pixels; d++) {
    *variance -= (double)sum[d] * (double)sum[d] / n;
  }
  *variance /= n * 255.0 * 255.0;
done:
  rote_free(&sum);
  return status;
}

static void find_eigenvalues(combiner *c, double variance)
{
  const double n = (double)c->images;
  double held = 0;
  c->freedom = 0;
  for (size_t i = 0; i < c->images; i++) {
    const double *y = c->coordinate + i * c->components;
    for (size_t j = 0; j < c->components; j++) {
      c->eigenvalue[j] += y[j] * y[j];
    }
    c->freedom += c->h[i];
  }
  for (size_t j = 0; j < c->components; j++) {
    c->eigenvalue[j] /= n;
    held += c->eigenvalue[j];
  }
  c->share = variance > 0 ? held / variance : 1;
}

/* Components that hold nothing but rounding are none. */
static void score_images(combiner *c)
{
  size_t p = 0;
  double determinant = 0;
  while (p < c->components &&
         c->eigenvalue[p] > (double)c->images * DBL_EPSILON * c->eigenvalue[0]) {
    determinant += log(c->eigenvalue[p++]);
  }
  for (size_t i = 0; i < c->images; i++) {
    double d2 = 0;
    for (size_t j = 0; j < p; j++) {
      const double y = c->coordinate[i * c->components + j];
      d2 += y * y / c->eigenvalue[j];
    }
    c->distance[i] = c->missing ? (double)NAN : d2;
    c->log_p[i] = c->missing ? (double)NAN : rote_gaussian_log_p(d2, p, determinant);
    c->score[i] = c->missing ? (double)NAN : rote_gaussian_score(d2, c->images, p);
  }
}

static rote_status put(const combiner *c, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const void *const data[] = {c->h,     &c->freedom, c->eigenvalue, &c->share,  c->distance,
                              c->log_p, c->score,    &c->grid[0],   &c->grid[1]};
  rote_sink_size(sink, 'J', c->components);
  ROTE_TRY(rote_sink_count(sink, &scale, 1));
  for (size_t a = 0; a < sizeof data / sizeof *data; a++) {
    ROTE_TRY(rote_sink_put(sink, &arrays[a], ROTE_ALL, data[a]));
  }
done:
  return status;
}

rote_status rote_leverage_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &pieces->setting;
  const size_t n = s->train->count;
  combiner c = {.images = n, .components = rote_leverage_components_of(s->options, s->info, n)};
  double variance = 0;
  ROTE_TRY(rote_alloc(n, sizeof *c.h, &c.h));
  ROTE_TRY(rote_alloc(n * c.components, sizeof *c.coordinate, &c.coordinate));
  ROTE_TRY(rote_alloc(c.components, sizeof *c.eigenvalue, &c.eigenvalue));
  ROTE_TRY(rote_alloc(n, sizeof *c.distance, &c.distance));
  ROTE_TRY(rote_alloc(n, sizeof *c.log_p, &c.log_p));
  ROTE_TRY(rote_alloc(n, sizeof *c.score, &c.score));
  ROTE_TRY(rote_pieces_read(pieces, 0, 0, rote_leverage_rows, take, &c));
  ROTE_TRY(find_variance(pieces, &variance));
  find_eigenvalues(&c, variance);
  score_images(&c);
  ROTE_TRY(put(&c, sink));
done:
  rote_free(&c.h);
  rote_free(&c.coordinate);
  rote_free(&c.eigenvalue);
  rote_free(&c.distance);
  rote_free(&c.log_p);
  rote_free(&c.score);
  return status;
}
