#include "density_look.h"

#include "rote/memory.h"

#include <math.h>

struct rote_density_look {
  rote_density_fits *fits;
  double *log_p[ROTE_DENSITY_KINDS]; /* [R, K, B] of every image without each fold */
  double *folds;                     /* [R, K] of one image */
  uint16_t *fold;                    /* [R, B] */
  rote_score *score;                 /* [B] */
  double *test_square;               /* [Z] */
  double *room;                      /* [2 K + N] */
  double *at;                        /* [B, rounds, G, d + 2] of the slope */
};

rote_status rote_density_look_create(rote_density_fits *f, rote_density_look **out)
{
  rote_status status = ROTE_OK;
  rote_density_look *l = NULL;
  const size_t models = f->folds.repeats * f->folds.folds;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *l, &l));
  l->fits = f;
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
    ROTE_TRY(rote_alloc(models * ROTE_DENSITY_BATCH, sizeof(double), &l->log_p[kind]));
  }
  ROTE_TRY(rote_alloc(models, sizeof *l->folds, &l->folds));
  ROTE_TRY(rote_alloc(f->folds.repeats * ROTE_DENSITY_BATCH, sizeof *l->fold, &l->fold));
  ROTE_TRY(rote_score_create(ROTE_DENSITY_BATCH, &l->score));
  ROTE_TRY(rote_alloc(f->points->tests, sizeof *l->test_square, &l->test_square));
  ROTE_TRY(rote_alloc(2 * f->folds.folds + f->points->n, sizeof *l->room, &l->room));
  ROTE_TRY(rote_alloc(ROTE_DENSITY_BATCH * rote_density_slopes(f), sizeof *l->at, &l->at));
  *out = l;
  l = NULL;
done:
  rote_density_look_destroy(&l);
  return status;
}

void rote_density_look_destroy(rote_density_look **look)
{
  rote_density_look *l = *look;
  if (l != NULL) {
    for (size_t kind = 0; kind < ROTE_DENSITY_KINDS; kind++) {
      rote_free(&l->log_p[kind]);
    }
    rote_free(&l->folds);
    rote_free(&l->fold);
    rote_score_destroy(&l->score);
    rote_free(&l->test_square);
    rote_free(&l->room);
    rote_free(&l->at);
    rote_free(look);
  }
}

static void put(rote_rows *rows, size_t array, size_t row, double value)
{
  *(double *)rote_rows_at(rows, array, row) = value;
}

static void put_of(rote_rows *rows, rote_density_kind kind, size_t number, size_t row, double value)
{
  put(rows, kind * ROTE_DENSITY_NUMBERS + number, row, value);
}

static double *influences(const rote_rows *rows, rote_density_kind kind, size_t row)
{
  return rote_rows_at(rows, ROTE_DENSITY_INFLUENCE + kind, row);
}

/* [R, K] of image b of the batch to its place in [R, K, B]. */
static void keep_folds(rote_density_look *l, rote_density_kind kind, size_t b)
{
  for (size_t m = 0; m < l->fits->folds.repeats * l->fits->folds.folds; m++) {
    l->log_p[kind][m * ROTE_DENSITY_BATCH + b] = l->folds[m];
  }
}

/* The other images nearest to an image, and the farthest: sign 1 and -1. The smaller index wins a
 * tie. @param[out] listed  [P], of at least as many others */
static void list_images(size_t n, const double *square, size_t self, double sign, size_t P,
                        uint32_t *listed)
{
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    const double mine = sign * square[i];
    size_t at = count;
    if (i == self || (count == P && !(mine < sign * square[listed[P - 1]]))) {
      continue;
    }
    count += count < P;
    for (at = at < P ? at : P - 1; at > 0 && mine < sign * square[listed[at - 1]]; at--) {
      listed[at] = listed[at - 1];
    }
    listed[at] = (uint32_t)i;
  }
}

static size_t listed_of(const rote_rows *rows)
{
  return rows->sizes.length['P' - 'A'];
}

static void list_others(size_t n, const double *square, size_t self, rote_rows *rows, size_t row)
{
  for (size_t k = 0; k < 2 && listed_of(rows) > 0; k++) {
    list_images(n, square, self, k == 0 ? 1 : -1, listed_of(rows),
                rote_rows_at(rows, ROTE_DENSITY_PROPONENT + k, row));
  }
}

/* The influence of those that are listed. @param[in] knn, kde  one of them: the other is NULL */
static void put_listed(const rote_density_fits *f, const double *square, const rote_knn *knn,
                       const rote_kde *kde, rote_rows *rows, size_t row)
{
  for (size_t k = 0; k < 2; k++) {
    const uint32_t *image = rote_rows_at(rows, ROTE_DENSITY_PROPONENT + k, row);
    double *value = rote_rows_at(rows, ROTE_DENSITY_VALUES + (knn != NULL ? k : 2 + k), row);
    for (size_t p = 0; p < listed_of(rows); p++) {
      const double away = square[image[p]];
      value[p] = knn != NULL ? rote_knn_influence(knn, f->points->dims, away)
                             : rote_kde_influence(kde, image[p], away);
    }
  }
}

/* Of an image, or with `self` ROTE_NO_POINT of a test image, by its distances to all. */
static void look_by_neighbours(rote_density_look *l, size_t self, const double *square, size_t b,
                               rote_rows *rows, size_t row)
{
  const rote_density_fits *f = l->fits;
  const size_t d = f->points->dims;
  rote_knn_begin(f->search, square);
  const rote_knn all = rote_knn_find(f->search, &ROTE_NONE_OUT);
  put_of(rows, ROTE_DENSITY_KNN, ROTE_DENSITY_LOG_P, row, rote_knn_log_p(&all, d));
  put(rows, ROTE_DENSITY_RADIUS, row, sqrt(all.square));
  *(uint32_t *)rote_rows_at(rows, ROTE_DENSITY_RAISED, row) = (uint32_t)all.neighbours;
  if (self == ROTE_NO_POINT) {
    return;
  }
  put_of(rows, ROTE_DENSITY_KNN, ROTE_DENSITY_LEFT_OUT, row, rote_knn_influence(&all, d, 0));
  put_listed(f, square, &all, NULL, rows, row);
  for (size_t m = 0; m < f->folds.repeats * f->folds.folds; m++) {
    const rote_left_out out = rote_fold_out(&f->folds, m);
    const rote_knn left = rote_knn_find(f->search, &out);
    l->folds[m] = rote_knn_log_p(&left, d);
  }
  keep_folds(l, ROTE_DENSITY_KNN, b);
  for (size_t z = 0; z < f->points->tests; z++) {
    influences(rows, ROTE_DENSITY_KNN, row)[z] =
        rote_knn_influence(&f->knn[z], d, l->test_square[z]);
  }
}

static void look_by_kernels(rote_density_look *l, size_t self, const double *square, size_t b,
                            rote_rows *rows, size_t row)
{
  const rote_density_fits *f = l->fits;
  const size_t n = f->points->n, d = f->points->dims;
  const rote_kde all = rote_kde_find(n, square, f->bandwidth, &ROTE_NONE_OUT);
  put_of(rows, ROTE_DENSITY_KDE, ROTE_DENSITY_LOG_P, row, rote_kde_log_p(&all, d));
  if (self == ROTE_NO_POINT) {
    return;
  }
  put_of(rows, ROTE_DENSITY_KDE, ROTE_DENSITY_LEFT_OUT, row, rote_kde_influence(&all, self, 0));
  put_listed(f, square, NULL, &all, rows, row);
  rote_kde_folds(&f->folds, square, f->bandwidth, d, self, l->folds, l->room);
  keep_folds(l, ROTE_DENSITY_KDE, b);
  for (size_t z = 0; z < f->points->tests; z++) {
    influences(rows, ROTE_DENSITY_KDE, row)[z] =
        rote_kde_influence(&f->kde[z], self, l->test_square[z]);
  }
}

/* Scores and influences by a fit without the image; by the derivative where there are none. */
static rote_status leave_out_of_mixture(rote_density_look *l, size_t self, size_t b, double log_p,
                                        rote_rows *rows, size_t row)
{
  rote_status status = ROTE_OK;
  rote_density_fits *f = l->fits;
  const rote_density_points *p = f->points;
  const double *const x = p->point + self * p->dims;
  double *const influence = influences(rows, ROTE_DENSITY_GMM, row);
  const size_t slopes = rote_density_slopes(f);
  if (f->slope != NULL) {
    put(rows, ROTE_DENSITY_FIRST, row, rote_gmm_influence(f->slope, self, l->at + b * slopes));
    for (size_t z = 0; z < p->tests; z++) {
      influence[z] = rote_gmm_influence(f->slope, self, f->at + z * slopes);
    }
  }
  if (f->refit_every > 0 && self % f->refit_every == 0) {
    ROTE_TRY(rote_gmm_fit(&f->task, &ROTE_ONE_OUT(self), f->room, f->refit));
    put_of(rows, ROTE_DENSITY_GMM, ROTE_DENSITY_LEFT_OUT, row, log_p - rote_gmm_log_p(f->refit, x));
    for (size_t z = 0; z < p->tests && f->slope == NULL; z++) {
      influence[z] = f->gmm_log_p[z] - rote_gmm_log_p(f->refit, p->point + (p->n + z) * p->dims);
    }
  }
done:
  return status;
}

static rote_status look_by_mixtures(rote_density_look *l, size_t image, size_t self, size_t b,
                                    rote_rows *rows, size_t row)
{
  const rote_density_fits *f = l->fits;
  const double *const x = f->points->point + image * f->points->dims;
  const double log_p = rote_gmm_log_p(f->gmm, x);
  put_of(rows, ROTE_DENSITY_GMM, ROTE_DENSITY_LOG_P, row, log_p);
  if (self == ROTE_NO_POINT) {
    return ROTE_OK;
  }
  for (size_t m = 0; m < f->folds.repeats * f->folds.folds; m++) {
    l->folds[m] = rote_gmm_log_p(f->left_out[m], x);
  }
  keep_folds(l, ROTE_DENSITY_GMM, b);
  *(uint32_t *)rote_rows_at(rows, ROTE_DENSITY_BEGINS, row) = f->begins[self];
  return leave_out_of_mixture(l, self, b, log_p, rows, row);
}

/* The statistics of all images of the batch, as of a study of as many. */
static rote_status put_scores(rote_density_look *l, rote_density_kind kind, size_t first,
                              size_t count, rote_rows *rows, size_t at)
{
  rote_status status = ROTE_OK;
  const rote_density_fits *f = l->fits;
  const size_t n = f->points->n;
  for (size_t i = 0; i < f->folds.repeats * ROTE_DENSITY_BATCH;
       i++) { /* the same one behind the last */
    const size_t b = i % ROTE_DENSITY_BATCH, image = first + (b < count ? b : 0);
    l->fold[i] = f->setting->fold[i / ROTE_DENSITY_BATCH * n + image];
  }
  const rote_design design = {.repeats = f->folds.repeats,
                              .folds = f->folds.folds,
                              .images = ROTE_DENSITY_BATCH,
                              .fold = l->fold};
  ROTE_TRY(rote_score_compute_double(&design, l->log_p[kind], l->score));
  for (size_t b = 0; b < count; b++) {
    put_of(rows, kind, ROTE_DENSITY_U, at + b, l->score->u[b]);
    put_of(rows, kind, ROTE_DENSITY_V, at + b, l->score->v[b]);
    put_of(rows, kind, ROTE_DENSITY_M, at + b, l->score->m[b]);
    put_of(rows, kind, ROTE_DENSITY_M_MEAN_LOG, at + b, l->score->m_mean_log[b]);
    put_of(rows, kind, ROTE_DENSITY_ERROR, at + b, l->score->standard_error[b]);
    put_of(rows, kind, ROTE_DENSITY_P, at + b, l->score->p_value[b]);
  }
done:
  return status;
}

rote_status rote_density_look_at(rote_density_look *l, size_t first, size_t count, rote_rows *rows,
                                 size_t at)
{
  rote_status status = ROTE_OK;
  const rote_density_fits *f = l->fits;
  const bool images = first < f->points->n;
  rote_density_squares(f->points, first, count, f->square);
  if (images && f->slope != NULL) {
    rote_gmm_slope_at(f->slope, count, f->points->point + first * f->points->dims, l->at);
  }
  for (size_t b = 0; b < count; b++) {
    const size_t self = images ? first + b : ROTE_NO_POINT;
    const double *const square = f->square + b * f->points->n;
    if (images) {
      rote_density_test_squares(f->points, self, l->test_square);
      list_others(f->points->n, square, self, rows, at + b);
    }
    look_by_neighbours(l, self, square, b, rows, at + b);
    look_by_kernels(l, self, square, b, rows, at + b);
    if (f->gmm != NULL) {
      ROTE_TRY(look_by_mixtures(l, first + b, self, b, rows, at + b));
    }
    put(rows, ROTE_DENSITY_BANDWIDTH, at + b, f->bandwidth);
    put(rows, ROTE_DENSITY_SHARE, at + b, f->points->share);
  }
  for (size_t kind = 0; kind < ROTE_DENSITY_KINDS && images && f->folds.folds > 0; kind++) {
    if (kind != ROTE_DENSITY_GMM || f->gmm != NULL) {
      ROTE_TRY(put_scores(l, (rote_density_kind)kind, first, count, rows, at));
    }
  }
done:
  return status;
}
