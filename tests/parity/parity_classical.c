/* classical.h5: classical densities, what leaving out a point changes, and leverage.
 *
 * Letters: n training points, m test points, d dimensions, G components. */
#include "parity.h"

#include "rote/density.h"
#include "rote/gaussian_score.h"
#include "rote/grid.h"
#include "rote/memory.h"

#include <math.h>

typedef struct {
  hid_t file;
  parity_result *result;
  size_t n, m, d, k;
  double bandwidth, ridge;
  parity_array train, test;
  double *columns, *square;  /* [d, n], [n] of a test point */
  double *log_p, *influence; /* [m], [n, m] */
  double *numbers;           /* [3, n] */
} scene;

static rote_status count_of(hid_t file, const char *attribute, size_t least, size_t *count)
{
  double value = 0;
  rote_status status = parity_number(file, attribute, &value);
  if (status == ROTE_OK && !(value >= (double)least && value < 1e9)) {
    status = rote_fail(ROTE_DATA, "the attribute %s is %g", attribute, value);
  }
  *count = status == ROTE_OK ? (size_t)value : 0;
  return status;
}

static rote_status open_scene(scene *s)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(count_of(s->file, "n", 2, &s->n));
  ROTE_TRY(count_of(s->file, "d", 1, &s->d));
  ROTE_TRY(count_of(s->file, "k", 1, &s->k));
  ROTE_TRY(parity_number(s->file, "bandwidth", &s->bandwidth));
  ROTE_TRY(parity_number(s->file, "ridge", &s->ridge));
  ROTE_TRY(parity_read_shaped(s->file, 2, (size_t[]){s->n, s->d}, &s->train, "/train"));
  ROTE_TRY(parity_read(s->file, &s->test, "/test"));
  if (s->test.rank != 2 || s->test.shape[1] != s->d) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/test is not [m, d]"));
  }
  s->m = s->test.shape[0];
  ROTE_TRY(rote_alloc(s->n * s->d, sizeof(double), &s->columns));
  ROTE_TRY(rote_alloc(s->n, sizeof(double), &s->square));
  ROTE_TRY(rote_alloc(s->m, sizeof(double), &s->log_p));
  ROTE_TRY(rote_alloc(s->n * s->m, sizeof(double), &s->influence));
  ROTE_TRY(rote_alloc(s->n * 3, sizeof(double), &s->numbers));
  for (size_t i = 0; i < s->n; i++) {
    for (size_t k = 0; k < s->d; k++) {
      s->columns[k * s->n + i] = s->train.value[i * s->d + k];
    }
  }
done:
  return status;
}

static void close_scene(scene *s)
{
  rote_free(&s->train.value);
  rote_free(&s->test.value);
  rote_free(&s->columns);
  rote_free(&s->square);
  rote_free(&s->log_p);
  rote_free(&s->influence);
  rote_free(&s->numbers);
}

/* One array of a group that is reported under the group's name. */
static rote_status compare(const scene *s, const char *group, const char *name, size_t n,
                           const double *got)
{
  parity_array want;
  rote_status status = parity_read_shaped(s->file, 1, &n, &want, "/%s/%s", group, name);
  if (status == ROTE_OK) {
    parity_compare(s->result, group, PARITY_DOUBLE, name, n, got, want.value);
    rote_free(&want.value);
  }
  return status;
}

/* What was filled in of a density: log p and influence of all points. */
static rote_status compare_density(const scene *s, const char *group)
{
  parity_array want;
  rote_status status = compare(s, group, "log_p", s->m, s->log_p);
  if (status == ROTE_OK) {
    status = parity_read_shaped(s->file, 2, (size_t[]){s->n, s->m}, &want, "/%s/influence", group);
  }
  if (status == ROTE_OK) {
    parity_compare(s->result, group, PARITY_DOUBLE, "influence", s->n * s->m, s->influence,
                   want.value);
    rote_free(&want.value);
  }
  return status;
}

static rote_status check_knn(const scene *s)
{
  rote_status status = ROTE_OK;
  rote_knn_search *search = NULL;
  ROTE_TRY(rote_knn_search_create(s->n, s->k, &search));
  for (size_t z = 0; z < s->m; z++) {
    rote_point_distances(s->n, s->d, s->test.value + z * s->d, s->columns, s->n, s->square);
    rote_knn_begin(search, s->square);
    const rote_knn knn = rote_knn_find(search, &ROTE_NONE_OUT);
    s->log_p[z] = rote_knn_log_p(&knn, s->d);
    for (size_t i = 0; i < s->n; i++) {
      s->influence[i * s->m + z] = rote_knn_influence(&knn, s->d, s->square[i]);
    }
  }
  ROTE_TRY(compare_density(s, "knn"));
done:
  rote_knn_search_destroy(&search);
  return status;
}

static rote_status check_kde(const scene *s)
{
  for (size_t z = 0; z < s->m; z++) {
    rote_point_distances(s->n, s->d, s->test.value + z * s->d, s->columns, s->n, s->square);
    const rote_kde kde = rote_kde_find(s->n, s->square, s->bandwidth, &ROTE_NONE_OUT);
    s->log_p[z] = rote_kde_log_p(&kde, s->d);
    for (size_t i = 0; i < s->n; i++) {
      s->influence[i * s->m + z] = rote_kde_influence(&kde, i, s->square[i]);
    }
  }
  return compare_density(s, "kde");
}

static rote_status check_gmm(const scene *s)
{
  rote_status status = ROTE_OK;
  parity_array start = {0}, rounds = {0}, floor = {0};
  rote_gmm *mixture = NULL;
  double *room = NULL;
  ROTE_TRY(parity_read(s->file, &start, "/gmm/first_responsibilities"));
  ROTE_TRY(parity_read_shaped(s->file, 0, NULL, &rounds, "/gmm/em_rounds"));
  ROTE_TRY(parity_read_shaped(s->file, 0, NULL, &floor, "/gmm/variance_floor"));
  if (start.rank != 2 || start.shape[0] != s->n || !(rounds.value[0] >= 1)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/gmm: the responsibilities are not [n, G], or there is no "
                                  "round"));
  }
  const rote_gmm_task task = {.points = s->n,
                              .dims = s->d,
                              .components = start.shape[1],
                              .rounds = (size_t)rounds.value[0],
                              .point = s->train.value,
                              .start = start.value,
                              .floor = floor.value[0]};
  ROTE_TRY(rote_gmm_create(task.components, s->d, &mixture));
  ROTE_TRY(rote_alloc(start.count, sizeof *room, &room));
  ROTE_TRY(rote_gmm_fit(&task, &ROTE_NONE_OUT, room, mixture));
  for (size_t z = 0; z < s->m; z++) {
    s->log_p[z] = rote_gmm_log_p(mixture, s->test.value + z * s->d);
  }
  for (size_t i = 0; i < s->n; i++) {
    ROTE_TRY(rote_gmm_fit(&task, &ROTE_ONE_OUT(i), room, mixture));
    for (size_t z = 0; z < s->m; z++) {
      s->influence[i * s->m + z] = s->log_p[z] - rote_gmm_log_p(mixture, s->test.value + z * s->d);
    }
  }
  ROTE_TRY(compare_density(s, "gmm"));
done:
  rote_free(&start.value);
  rote_free(&rounds.value);
  rote_free(&floor.value);
  rote_gmm_destroy(&mixture);
  rote_free(&room);
  return status;
}

/* a_i^T (scale A^T A + ridge I)^-1 a_i of every row, by the grid that leverages of images are
 * computed on. @param[out] log_determinant  of that matrix */
static rote_status find_quadratics(size_t n, size_t p, const double *a, double scale, double ridge,
                                   double *out, double *log_determinant)
{
  rote_status status = ROTE_OK;
  const rote_grid grid = rote_grid_alone();
  double *g = NULL, *b = NULL;
  bool definite = false;
  ROTE_TRY(rote_alloc(p * p, sizeof *g, &g));
  ROTE_TRY(rote_alloc(n * p, sizeof *b, &b));
  for (size_t j = 0; j < p * p; j++) {
    for (size_t i = 0; i < n; i++) {
      g[j] += scale * a[i * p + j / p] * a[i * p + j % p];
    }
    g[j] += j / p == j % p ? ridge : 0;
  }
  for (size_t j = 0; j < n * p; j++) { /* rows one after the other are columns of A^T */
    b[j] = a[j];
  }
  ROTE_TRY(grid.ops->cholesky(&grid, p, g, &definite));
  ROTE_TRY(definite ? ROTE_OK : rote_fail(ROTE_DATA, "the points of the file span no volume"));
  ROTE_TRY(grid.ops->solve(&grid, p, n, g, b));
  *log_determinant = 0;
  for (size_t j = 0; j < p; j++) {
    *log_determinant += 2 * log(g[j * p + j]);
  }
  for (size_t i = 0; i < n; i++) {
    out[i] = 0;
    for (size_t j = 0; j < p; j++) {
      out[i] += b[i * p + j] * b[i * p + j];
    }
  }
done:
  rote_free(&g);
  rote_free(&b);
  return status;
}

/* @param[out] centred [n, d] */
static void centre(const scene *s, double *centred)
{
  for (size_t j = 0; j < s->d; j++) {
    double mean = 0;
    for (size_t i = 0; i < s->n; i++) {
      mean += s->train.value[i * s->d + j] / (double)s->n;
    }
    for (size_t i = 0; i < s->n; i++) {
      centred[i * s->d + j] = s->train.value[i * s->d + j] - mean;
    }
  }
}

static rote_status check_gaussian(const scene *s)
{
  rote_status status = ROTE_OK;
  double log_determinant = 0, unused = 0;
  double *const in = s->numbers, *const out = in + s->n, *const score = out + s->n;
  double *centred = NULL;
  ROTE_TRY(rote_alloc(s->n * s->d, sizeof *centred, &centred));
  centre(s, centred);
  ROTE_TRY(find_quadratics(s->n, s->d, centred, 1 / (double)s->n, 0, s->square, &log_determinant));
  for (size_t i = 0; i < s->n; i++) {
    in[i] = rote_gaussian_log_p(s->square[i], s->d, log_determinant);
    out[i] = rote_gaussian_left_out_log_p(s->square[i], s->n, s->d, log_determinant);
    score[i] = rote_gaussian_score(s->square[i], s->n, s->d);
  }
  ROTE_TRY(compare(s, "gaussian", "log_p_in", s->n, in));
  ROTE_TRY(compare(s, "gaussian", "log_p_out", s->n, out));
  ROTE_TRY(compare(s, "gaussian", "score", s->n, score));
  for (size_t i = 0; i < s->n; i++) {
    in[i] = rote_gaussian_leverage(s->square[i], s->n);
  }
  ROTE_TRY(compare(s, "leverage", "ols_with_intercept", s->n, in));
  ROTE_TRY(find_quadratics(s->n, s->d, s->train.value, 1, s->ridge, out, &unused));
  ROTE_TRY(compare(s, "leverage", "ridge_no_intercept", s->n, out));
done:
  rote_free(&centred);
  return status;
}

rote_status parity_classical(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  scene s = {.file = file, .result = result};
  ROTE_TRY(open_scene(&s));
  ROTE_TRY(check_gaussian(&s));
  ROTE_TRY(check_knn(&s));
  ROTE_TRY(check_kde(&s));
  ROTE_TRY(check_gmm(&s));
done:
  close_scene(&s);
  return status;
}
