/* The linear datamodeling score where its answer is known, and the leverages it and others come
 * from against sums written out. */
#include "check.h"

#include "rote/datamodel.h"
#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/ridge.h"

#include <math.h>
#include <string.h>

enum { REPEATS = 6, FOLDS = 4, MODELS = REPEATS * FOLDS, IMAGES = 60, TARGETS = 40 };

typedef struct {
  rote_datamodel data;
  uint16_t fold[REPEATS * IMAGES];
  double log_p[MODELS * IMAGES];
  double tau[IMAGES * IMAGES]; /* [N, N]: of image i on image z at i N + z */
  double other[IMAGES * IMAGES];
} scene;

static void fill(double *out, size_t n, uint32_t item)
{
  const rote_stream stream = {.seed = 5, .purpose = ROTE_PURPOSE_WEIGHTS};
  float *number = NULL;
  CHECK_OK(rote_alloc(n, sizeof *number, &number));
  rote_random_normal(stream, item, n, number);
  for (size_t i = 0; i < n; i++) {
    out[i] = (double)number[i];
  }
  rote_free(&number);
}

/* Models that are exactly additive: log p of z under a model is what the images that it has seen
 * give. Of z itself that is far more than of any other. */
static void set_up(scene *s)
{
  memset(s, 0, sizeof *s);
  s->data = (rote_datamodel){
      .repeats = REPEATS, .folds = FOLDS, .images = IMAGES, .fold = s->fold, .log_p = s->log_p};
  CHECK_OK(rote_fold_assign(3, ROTE_PURPOSE_FOLD, 0, REPEATS, FOLDS, IMAGES, s->fold));
  fill(s->tau, IMAGES * IMAGES, 1);
  fill(s->other, IMAGES * IMAGES, 2);
  for (size_t z = 0; z < IMAGES; z++) {
    s->tau[z * IMAGES + z] = 100;
  }
  for (size_t m = 0; m < MODELS; m++) {
    for (size_t z = 0; z < IMAGES; z++) {
      for (size_t i = 0; i < IMAGES; i++) {
        const bool seen = s->fold[m / FOLDS * IMAGES + i] != m % FOLDS;
        s->log_p[m * IMAGES + z] += seen ? s->tau[i * IMAGES + z] : 0;
      }
    }
  }
}

static double score(const scene *s, const double *tau, size_t target)
{
  double rho = -2;
  CHECK_OK(rote_datamodel_score(&s->data, tau + target, IMAGES, target, &rho));
  return rho;
}

static void is_one_of_additive_models(void **state)
{
  (void)state;
  scene s;
  double negative[IMAGES * IMAGES];
  set_up(&s);
  for (size_t i = 0; i < IMAGES * IMAGES; i++) {
    negative[i] = -s.tau[i];
  }
  for (size_t z = 0; z < TARGETS; z++) {
    assert_int_equal(rote_datamodel_models(&s.data, z), REPEATS * (FOLDS - 1));
    assert_true(fabs(score(&s, s.tau, z) - 1) < 1e-12);
    assert_true(fabs(score(&s, negative, z) + 1) < 1e-12);
  }
}

/* An influence that has nothing to do with them: 0 within five standard errors, 1 / sqrt(models -
 * 1) of each target; and what is said of the target itself changes nothing. */
static void is_about_zero_of_others(void **state)
{
  (void)state;
  scene s;
  double sum = 0, before[TARGETS];
  set_up(&s);
  for (size_t z = 0; z < TARGETS; z++) {
    before[z] = score(&s, s.other, z);
    sum += before[z];
  }
  assert_true(fabs(sum / TARGETS) < 5 / sqrt((MODELS - REPEATS - 1) * (double)TARGETS));
  for (size_t z = 0; z < IMAGES; z++) {
    s.other[z * IMAGES + z] = 1e6;
  }
  for (size_t z = 0; z < TARGETS; z++) {
    assert_true(score(&s, s.other, z) == before[z]);
  }
}

/* Models that have not evaluated a target are not counted; of two there is no score. */
static void leaves_out_what_is_not_known(void **state)
{
  (void)state;
  scene s;
  size_t left = 0;
  set_up(&s);
  for (size_t m = 0; m < MODELS; m++) {
    const bool counted = s.fold[m / FOLDS * IMAGES + 7] != m % FOLDS;
    left += counted;
    if (left > 3) {
      s.log_p[m * IMAGES + 7] = NAN;
    }
  }
  assert_int_equal(rote_datamodel_models(&s.data, 7), 3);
  assert_true(fabs(score(&s, s.tau, 7) - 1) < 1e-12);
  for (size_t m = 0; m < MODELS; m++) {
    if (s.fold[m / FOLDS * IMAGES + 7] != m % FOLDS) {
      s.log_p[m * IMAGES + 7] = NAN;
      break;
    }
  }
  assert_int_equal(rote_datamodel_models(&s.data, 7), 2);
  assert_true(isnan(score(&s, s.tau, 7)));
}

enum { NUMBERS = 37, ROWS = 103, OTHERS = 5 };

typedef struct {
  double x[ROWS * NUMBERS], h[ROWS];
  double y[NUMBERS * OTHERS], tau[ROWS * OTHERS];
} rows;

/* The first OTHERS rows are what others are multiplied with. @param[in] cut  rows at once */
static void work(rows *r, size_t cut)
{
  rote_ridge *ridge = NULL;
  CHECK_OK(rote_ridge_create(NUMBERS, &ridge));
  for (size_t first = 0; first < ROWS; first += cut) {
    rote_ridge_add(ridge, ROWS - first < cut ? ROWS - first : cut, r->x + first * NUMBERS);
  }
  assert_true(rote_ridge_factorise(ridge, 0.1));
  for (size_t q = 0; q < NUMBERS; q++) {
    for (size_t t = 0; t < OTHERS; t++) {
      r->y[q * OTHERS + t] = r->x[t * NUMBERS + q];
    }
  }
  rote_ridge_solve(ridge, OTHERS, r->y);
  for (size_t first = 0; first < ROWS; first += cut) {
    const size_t n = ROWS - first < cut ? ROWS - first : cut;
    rote_ridge_leverages(ridge, n, r->x + first * NUMBERS, r->h + first);
    rote_ridge_products(ridge, n, r->x + first * NUMBERS, OTHERS, r->y, r->tau + first * OTHERS);
  }
  rote_ridge_destroy(&ridge);
}

/* (G + ridge I) y_t is row t again, with G and its trace written out; h_i = x_i . y_i. */
static void solves_what_it_says(void **state)
{
  (void)state;
  rows r;
  double g[NUMBERS][NUMBERS] = {{0}}, trace = 0;
  fill(r.x, ROWS * NUMBERS, 3);
  work(&r, ROWS);
  for (size_t a = 0; a < NUMBERS; a++) {
    for (size_t b = 0; b < NUMBERS; b++) {
      for (size_t i = 0; i < ROWS; i++) {
        g[a][b] += r.x[i * NUMBERS + a] * r.x[i * NUMBERS + b];
      }
    }
    trace += g[a][a];
  }
  for (size_t t = 0; t < OTHERS; t++) {
    for (size_t a = 0; a < NUMBERS; a++) {
      double sum = 0.1 * trace / NUMBERS * r.y[a * OTHERS + t];
      for (size_t b = 0; b < NUMBERS; b++) {
        sum += g[a][b] * r.y[b * OTHERS + t];
      }
      assert_true(fabs(sum - r.x[t * NUMBERS + a]) < 1e-12);
    }
    assert_true(fabs(r.tau[t * OTHERS + t] - r.h[t]) < 1e-12);
    assert_true(fabs(r.tau[t * OTHERS] - r.tau[t]) < 1e-12);
  }
  for (size_t i = 0; i < ROWS; i++) {
    assert_true(r.h[i] > 0 && r.h[i] < 1);
  }
}

/* Neither the cut nor, but for rounding, the order of the rows decides. */
static void does_not_depend_on_the_cut_or_the_order(void **state)
{
  (void)state;
  rows r, cut, turned;
  fill(r.x, ROWS * NUMBERS, 3);
  cut = turned = r;
  work(&r, ROWS);
  work(&cut, 7);
  assert_memory_equal(r.h, cut.h, sizeof r.h);
  assert_memory_equal(r.tau, cut.tau, sizeof r.tau);
  for (size_t i = 0; i < ROWS; i++) {
    memcpy(turned.x + i * NUMBERS, r.x + (ROWS - 1 - i) * NUMBERS, NUMBERS * sizeof *r.x);
  }
  work(&turned, 16);
  for (size_t i = 0; i < ROWS; i++) {
    assert_true(fabs(turned.h[i] - r.h[ROWS - 1 - i]) < 1e-13);
  }
}

static void says_when_there_is_nothing(void **state)
{
  (void)state;
  const double nothing[NUMBERS] = {0}, wrong[NUMBERS] = {NAN};
  rote_ridge *ridge = NULL;
  CHECK_OK(rote_ridge_create(NUMBERS, &ridge));
  rote_ridge_add(ridge, 1, nothing);
  assert_false(rote_ridge_factorise(ridge, 0.1));
  rote_ridge_destroy(&ridge);
  CHECK_OK(rote_ridge_create(NUMBERS, &ridge));
  rote_ridge_add(ridge, 1, wrong);
  assert_false(rote_ridge_factorise(ridge, 0.1));
  rote_ridge_destroy(&ridge);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_one_of_additive_models),
      cmocka_unit_test(is_about_zero_of_others),
      cmocka_unit_test(leaves_out_what_is_not_known),
      cmocka_unit_test(solves_what_it_says),
      cmocka_unit_test(does_not_depend_on_the_cut_or_the_order),
      cmocka_unit_test(says_when_there_is_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
