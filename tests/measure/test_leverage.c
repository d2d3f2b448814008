/* Leverages against regressions by hand, on one process. */
#include "check.h"

#include "plain_quadratic.h"
#include "rote/gaussian_score.h"
#include "rote/leverage.h"
#include "rote/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  rote_image_set images;
  size_t pixels, components;
  double *h, *coordinate;
} trial;

/* Pixels that hang together; `kind` 1: pixel 2 is constant; 2: pixel 3 repeats pixel 1; 3: pixel 2
 * is one grey level brighter in
 * image 7; 4: both of the last. */
static trial make_trial(size_t n, size_t d, size_t p, int kind)
{
  trial t = {.images = {.count = n}, .pixels = d, .components = p};
  uint32_t state = 77;
  CHECK_OK(rote_alloc(n * d, 1, &t.images.pixel));
  for (size_t i = 0; i < n; i++) {
    uint8_t *x = t.images.pixel + i * d;
    for (size_t k = 0; k < d; k++) {
      state = state * 1664525u + 1013904223u;
      const double wave = 40 * sin(0.9 * (double)i + (double)k);
      x[k] = (uint8_t)(110 + wave + (state >> 26));
    }
    x[2] = kind == 1 ? 200 : kind >= 3 ? i == 7 : x[2];
    x[3] = kind == 2 || kind == 4 ? x[1] : x[3];
  }
  CHECK_OK(rote_alloc(n, sizeof *t.h, &t.h));
  CHECK_OK(rote_alloc(n * p, sizeof *t.coordinate, &t.coordinate));
  return t;
}

static void free_trial(trial *t)
{
  rote_free(&t->images.pixel);
  rote_free(&t->h);
  rote_free(&t->coordinate);
}

static void compute(trial *t, double ridge)
{
  const rote_grid alone = rote_grid_alone();
  const rote_leverage_problem problem = {
      .images = &t->images, .pixels = t->pixels, .components = t->components, .ridge = ridge};
  CHECK_OK(rote_leverage(&problem, &alone, t->h, t->coordinate));
}

static double sum(size_t n, const double *x)
{
  double s = 0;
  for (size_t i = 0; i < n; i++) {
    s += x[i];
  }
  return s;
}

/* As of a regression with few columns: [1, x], by another Cholesky factor. */
static void agrees_with_the_definition(void **state)
{
  (void)state;
  enum { N = 2300, D = 17 };
  trial t = make_trial(N, D, 4, 0);
  double *x = NULL, *d2 = NULL, determinant = 0, worst = 0;
  CHECK_OK(rote_alloc(N * D, sizeof *x, &x));
  CHECK_OK(rote_alloc(N, sizeof *d2, &d2));
  compute(&t, 0);
  for (size_t i = 0; i < (size_t)N * D; i++) {
    x[i] = t.images.pixel[i] / 255.0;
  }
  plain_distances(N, D, x, d2, &determinant);
  for (size_t i = 0; i < N; i++) {
    worst = fmax(worst, fabs(t.h[i] - rote_gaussian_leverage(d2[i], N)));
  }
  assert_true(worst < 1e-12);
  assert_true(fabs(sum(N, t.h) - (D + 1)) < 1e-9);
  rote_free(&x);
  rote_free(&d2);
  free_trial(&t);
}

/* With a ridge: the regression on the centred pixels, to which the intercept adds 1/N. */
static void a_ridge_shrinks(void **state)
{
  (void)state;
  enum { N = 400, D = 9 };
  trial t = make_trial(N, D, 3, 0);
  double *x = NULL, *h = NULL, mean[D] = {0}, trace = 0, determinant = 0;
  CHECK_OK(rote_alloc(N * D, sizeof *x, &x));
  CHECK_OK(rote_alloc(N, sizeof *h, &h));
  for (size_t i = 0; i < (size_t)N * D; i++) {
    mean[i % D] += t.images.pixel[i] / 255.0 / N;
  }
  for (size_t i = 0; i < (size_t)N * D; i++) {
    x[i] = t.images.pixel[i] / 255.0 - mean[i % D];
    trace += x[i] * x[i];
  }
  compute(&t, 0.3);
  plain_quadratics(N, D, x, 1, 0.3 * trace / D, h, &determinant);
  for (size_t i = 0; i < N; i++) {
    assert_true(fabs(t.h[i] - 1.0 / N - h[i]) < 1e-12);
  }
  rote_free(&x);
  rote_free(&h);
  free_trial(&t);
}

/* The sum of leverages is the rank, the intercept's one included. */
static void sums_to_the_rank(void **state)
{
  (void)state;
  const struct {
    size_t n, d;
    int kind;
    double rank;
  } cases[] = {
      {300, 20, 0, 21}, {300, 20, 1, 20}, {300, 20, 2, 20}, {15, 40, 0, 15}, {41, 40, 0, 41}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    trial t = make_trial(cases[c].n, cases[c].d, 5, cases[c].kind);
    compute(&t, 0);
    assert_true(fabs(sum(cases[c].n, t.h) - cases[c].rank) < 1e-7);
    free_trial(&t);
  }
}

/* An image that alone has something of a pixel is fitted by that pixel alone, however little it is.
 */
static void a_rare_pixel_is_not_lost_in_rounding(void **state)
{
  (void)state;
  for (int kind = 3; kind <= 4; kind++) {
    trial t = make_trial(5000, 300, 5, kind);
    compute(&t, 0);
    assert_true(fabs(t.h[7] - 1) < 1e-11);
    assert_true(fabs(sum(5000, t.h) - (kind == 3 ? 301 : 300)) < 1e-8);
    free_trial(&t);
  }
}

/* Squares of coordinates over their eigenvalues are the squared Mahalanobis distances of the
 * components; with all components they are those of the pixels. */
static void coordinates_give_the_distances(void **state)
{
  (void)state;
  enum { N = 500, D = 11 };
  trial t = make_trial(N, D, D, 0);
  compute(&t, 0);
  for (size_t i = 0; i < N; i++) {
    double d2 = 0;
    for (size_t j = 0; j < D; j++) {
      double squares = 0;
      for (size_t k = 0; k < N; k++) {
        squares += t.coordinate[k * D + j] * t.coordinate[k * D + j];
      }
      d2 += t.coordinate[i * D + j] * t.coordinate[i * D + j] / squares * N;
    }
    assert_true(fabs((1 + d2) / N - t.h[i]) < 1e-12);
  }
  free_trial(&t);
}

static bool at_once(void *context)
{
  (void)context;
  return true;
}

static void stops(void **state)
{
  (void)state;
  trial t = make_trial(100, 10, 2, 0);
  const rote_grid alone = rote_grid_alone();
  const rote_leverage_problem problem = {
      .images = &t.images, .pixels = 10, .components = 2, .stop = at_once};
  CHECK_FAILS(rote_leverage(&problem, &alone, t.h, t.coordinate), ROTE_STOPPED, "stopped");
  free_trial(&t);
}

/* Block-cyclic shares are those of ScaLAPACK's numroc: each row is somewhere, once. */
static void every_row_is_somewhere(void **state)
{
  (void)state;
  for (size_t places = 1; places <= 4; places++) {
    for (size_t n = 0; n <= 700; n += 37) {
      rote_grid grid = rote_grid_alone();
      size_t all = 0;
      uint32_t index[700];
      uint8_t seen[700] = {0};
      for (size_t place = 0; place < places; place++) {
        const size_t local = rote_grid_local(&grid, n, place, places);
        rote_grid_indices(&grid, n, place, places, index);
        all += local;
        for (size_t i = 0; i < local; i++) {
          assert_true(index[i] < n && !seen[index[i]] && (i == 0 || index[i] > index[i - 1]));
          assert_true(index[i] / grid.block % places == place);
          seen[index[i]] = 1;
        }
      }
      assert_true(all == n);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_the_definition),
      cmocka_unit_test(a_ridge_shrinks),
      cmocka_unit_test(sums_to_the_rank),
      cmocka_unit_test(a_rare_pixel_is_not_lost_in_rounding),
      cmocka_unit_test(coordinates_give_the_distances),
      cmocka_unit_test(stops),
      cmocka_unit_test(every_row_is_somewhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
