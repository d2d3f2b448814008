/* Classical densities of every image, in study.h5 below /density/. */
#include "density_room.h"

#include "rote/memory.h"
#include "rote/rank_score.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define OF_KIND(name_, units_, long_name_)                                                         \
  {                                                                                                \
    .name = name_, .dims = "N", .type = ROTE_H5_F64, .units = units_, .long_name = long_name_      \
  }

/* Below the name of a kind, in the order of the rows; those from U on only with folds. */
static const rote_array number_arrays[] = {
    OF_KIND("log_p", "nats", "log density of all images at the image"),
    OF_KIND("leave_one_out", "nats",
            "log density of all images at the image minus that of all others: the exact "
            "memorization score"),
    OF_KIND("U", "nats", "log mean of the densities, each without a fold, that have the image"),
    OF_KIND("V", "nats",
            "log mean of the densities, each without a fold, that do not have the image"),
    OF_KIND("M", "nats", "memorization score: U - V"),
    OF_KIND("M_mean_log", "nats",
            "mean log density of those that have the image minus that of those that do not"),
    OF_KIND("standard_error", "nats",
            "delete-one-repeat jackknife standard error of M_mean_log; NaN with one repeat"),
    OF_KIND("p_value", "1",
            "exact rank test: the density without the image does not rank it lower than the others "
            "do"),
    ROTE_ARRAY_END,
};
static const rote_array q_array =
    OF_KIND("q_value", "1", "p_value adjusted for all images (Benjamini-Hochberg)");
static const rote_array significant_array = {.name = "significant",
                                             .dims = "N",
                                             .type = ROTE_H5_U8,
                                             .units = "1",
                                             .long_name = "whether q_value is at most 0.05",
                                             .flags = "not_significant significant"};
static const rote_array test_array = {.name = "test_log_p",
                                      .dims = "Z",
                                      .type = ROTE_H5_F64,
                                      .units = "nats",
                                      .long_name = "log density of all images at a test image"};
static const rote_array influence_array = {
    .name = "influence",
    .dims = "NZ",
    .type = ROTE_H5_F64,
    .chunks = ROTE_H5_ROWS,
    .units = "nats",
    .long_name = "log density of all images at a test image minus that without the image"};
static const rote_array radius_array =
    OF_KIND("radius", "1", "distance to the k-th nearest image, itself the first; pixels in [0,1]");
static const rote_array neighbours_array = {
    .name = "neighbours",
    .dims = "N",
    .type = ROTE_H5_U32,
    .units = "1",
    .long_name = "k; more than asked for where so many copies are at distance 0"};
static const rote_array begins_array = {
    .name = "begins",
    .dims = "N",
    .type = ROTE_H5_U32,
    .units = "1",
    .long_name = "the Gaussian that all of the image is of when a fit begins"};
static const rote_array first_array =
    OF_KIND("first_order", "nats", "leave_one_out by the derivative of the fit");

#define SINGLE(name_, type_, units_, long_name_)                                                   \
  {                                                                                                \
    .name = name_, .dims = "", .type = type_, .units = units_, .long_name = long_name_             \
  }
static const rote_array first_error_array =
    SINGLE("first_order_error", ROTE_H5_F64, "nats",
           "largest error of first_order of the images that were left out of a fit");
static const rote_array bandwidth_array =
    SINGLE("bandwidth", ROTE_H5_F64, "1", "of the kernels, in distances of pixels in [0,1]");
static const rote_array dimensions_array =
    SINGLE("density/dimensions", ROTE_H5_U32, "1", "dimensions of the points");
static const rote_array share_array =
    SINGLE("density/variance_share", ROTE_H5_F64, "1",
           "share of the variance of the images that the dimensions hold");
static const rote_array rank_array = {.name = "density/rank",
                                      .dims = "P",
                                      .type = ROTE_H5_U32,
                                      .units = "1",
                                      .long_name = "place in the lists of proponents and opponents",
                                      .scale = true};
static const rote_array list_arrays[2] = {
    {.name = "density/proponent",
     .dims = "NP",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "other images of the largest influence on the log density of kernels and of "
                  "nearest neighbours at the image, largest first: the nearest"},
    {.name = "density/opponent",
     .dims = "NP",
     .type = ROTE_H5_U32,
     .units = "1",
     .long_name = "images of the smallest influence, smallest first: the farthest; none takes more "
                  "than log(N / (N - 1)) from any density"}};
static const rote_array value_arrays[2] = {
    {.name = "proponent_value",
     .dims = "NP",
     .type = ROTE_H5_F64,
     .units = "nats",
     .long_name = "influence of density/proponent: log density of all images at the image minus "
                  "that without the proponent"},
    {.name = "opponent_value",
     .dims = "NP",
     .type = ROTE_H5_F64,
     .units = "nats",
     .long_name = "influence of density/opponent"}};
static const rote_array image_array = {.name = "density/test_image",
                                       .dims = "Z",
                                       .type = ROTE_H5_U32,
                                       .units = "1",
                                       .long_name = "number of the test image",
                                       .scale = true};

typedef struct {
  const rote_pieces *pieces;
  rote_sink *sink;
  size_t images;
  rote_rows *rows; /* [N + Z] */
  double *q;
  uint8_t *significant; /* [N] */
} combiner;

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  const combiner *c = taker;
  (void)missing; /* NaN like any other number */
  for (size_t a = 0; a < rows->arrays; a++) {
    const rote_array *array = &rows->table[a];
    const size_t bytes = rote_array_row(array, &rows->sizes) * rote_h5_type_bytes(array->type);
    memcpy(rote_rows_at(c->rows, a, rows->first), rote_rows_at(rows, a, 0), rows->count * bytes);
  }
  return ROTE_OK;
}

/* Numbers of rows from `row` on, below the name of the kind. */
static rote_status put(const combiner *c, size_t kind, const rote_array *of, const void *values)
{
  char path[ROTE_NAME_MAX + 64];
  rote_array array = *of;
  snprintf(path, sizeof path, "density/%s/%s", rote_density_name[kind], of->name);
  array.name = path;
  return rote_sink_put(c->sink, &array, ROTE_ALL, values);
}

static double *numbers(const combiner *c, size_t kind, size_t number)
{
  return rote_rows_at(c->rows, kind * ROTE_DENSITY_NUMBERS + number, 0);
}

/* What is missing is no evidence. */
static rote_status put_significance(const combiner *c, size_t kind)
{
  rote_status status = ROTE_OK;
  double *const p = numbers(c, kind, ROTE_DENSITY_P);
  for (size_t i = 0; i < c->images; i++) {
    p[i] = isnan(p[i]) ? 1 : p[i];
  }
  ROTE_TRY(rote_q_values(c->images, p, c->q));
  for (size_t i = 0; i < c->images; i++) {
    c->significant[i] = c->q[i] <= 0.05;
  }
  ROTE_TRY(put(c, kind, &q_array, c->q));
  ROTE_TRY(put(c, kind, &significant_array, c->significant));
done:
  return status;
}

/* Where not all images were left out of a fit, the others have the first order. */
static rote_status put_first_order(const combiner *c)
{
  rote_status status = ROTE_OK;
  const double *const first = rote_rows_at(c->rows, ROTE_DENSITY_FIRST, 0);
  double *const left_out = numbers(c, ROTE_DENSITY_GMM, ROTE_DENSITY_LEFT_OUT), error = 0;
  for (size_t i = 0; i < c->images; i++) {
    const double away = fabs(left_out[i] - first[i]);
    error = away > error ? away : error;
    left_out[i] = isnan(left_out[i]) ? first[i] : left_out[i];
  }
  ROTE_TRY(put(c, ROTE_DENSITY_GMM, &first_array, first));
  ROTE_TRY(put(c, ROTE_DENSITY_GMM, &first_error_array, &error));
done:
  return status;
}

static rote_status put_kind(const combiner *c, size_t kind)
{
  rote_status status = ROTE_OK;
  const rote_options *o = c->pieces->setting.options;
  if (kind == ROTE_DENSITY_GMM) {
    ROTE_TRY(put(c, kind, &begins_array, rote_rows_at(c->rows, ROTE_DENSITY_BEGINS, 0)));
  }
  if (kind == ROTE_DENSITY_GMM && c->images > o->density.refit) {
    ROTE_TRY(put_first_order(c));
  }
  if (o->folds.count > 0) {
    ROTE_TRY(put_significance(c, kind));
  }
  for (size_t i = 0; number_arrays[i].name != NULL; i++) {
    if (i < ROTE_DENSITY_U || o->folds.count > 0) {
      ROTE_TRY(put(c, kind, &number_arrays[i], numbers(c, kind, i)));
    }
  }
  ROTE_TRY(put(c, kind, &test_array, numbers(c, kind, ROTE_DENSITY_LOG_P) + c->images));
  ROTE_TRY(put(c, kind, &influence_array, rote_rows_at(c->rows, ROTE_DENSITY_INFLUENCE + kind, 0)));
done:
  return status;
}

static rote_status put_lists(const combiner *c)
{
  rote_status status = ROTE_OK;
  static const rote_density_kind kind[2] = {ROTE_DENSITY_KNN, ROTE_DENSITY_KDE};
  if (rote_density_listed(c->images) == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_sink_count(c->sink, &rank_array, 1));
  for (size_t k = 0; k < 2; k++) {
    ROTE_TRY(rote_sink_put(c->sink, &list_arrays[k], ROTE_ALL,
                           rote_rows_at(c->rows, ROTE_DENSITY_PROPONENT + k, 0)));
    for (size_t l = 0; l < 2; l++) {
      ROTE_TRY(put(c, kind[l], &value_arrays[k],
                   rote_rows_at(c->rows, ROTE_DENSITY_VALUES + 2 * l + k, 0)));
    }
  }
done:
  return status;
}

static rote_status put_rest(const combiner *c)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &c->pieces->setting;
  const uint32_t dims = (uint32_t)rote_density_dims(s->options, s->info, c->images);
  ROTE_TRY(put(c, ROTE_DENSITY_KNN, &radius_array, rote_rows_at(c->rows, ROTE_DENSITY_RADIUS, 0)));
  ROTE_TRY(
      put(c, ROTE_DENSITY_KNN, &neighbours_array, rote_rows_at(c->rows, ROTE_DENSITY_RAISED, 0)));
  ROTE_TRY(
      put(c, ROTE_DENSITY_KDE, &bandwidth_array, rote_rows_at(c->rows, ROTE_DENSITY_BANDWIDTH, 0)));
  ROTE_TRY(rote_sink_put(c->sink, &dimensions_array, ROTE_ALL, &dims));
  ROTE_TRY(
      rote_sink_put(c->sink, &share_array, ROTE_ALL, rote_rows_at(c->rows, ROTE_DENSITY_SHARE, 0)));
done:
  return status;
}

rote_status rote_density_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &pieces->setting;
  const size_t unit =
      s->options->density.of != ROTE_POINTS_LATENT ? 0 : rote_density_model(s->options);
  const size_t n = s->train->count, tests = rote_density_tests(s->options, s->info->test_count);
  combiner c = {.pieces = pieces, .sink = sink, .images = n};
  const rote_sizes sizes = rote_measure_sizes(&rote_measure_density, s->options, s->info, n);
  ROTE_TRY(rote_rows_create(rote_density_rows, &sizes, n + tests, &c.rows));
  ROTE_TRY(rote_alloc(n, sizeof *c.q, &c.q));
  ROTE_TRY(rote_alloc(n, sizeof *c.significant, &c.significant));
  ROTE_TRY(rote_pieces_read(pieces, unit, 0, rote_density_rows, take, &c));
  rote_sink_size(sink, 'Z', tests);
  rote_sink_size(sink, 'P', rote_density_listed(n));
  if (tests > 0) {
    ROTE_TRY(rote_sink_count(sink, &image_array, 0));
  }
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
    if (rote_density_has(s->options, (rote_density_kind)kind)) {
      ROTE_TRY(put_kind(&c, kind));
    }
  }
  ROTE_TRY(put_lists(&c));
  ROTE_TRY(put_rest(&c));
done:
  rote_rows_destroy(&c.rows);
  rote_free(&c.q);
  rote_free(&c.significant);
  return status;
}
