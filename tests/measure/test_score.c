#include "check.h"

#include "rote/memory.h"
#include "rote/random.h"
#include "rote/rank_score.h"
#include "rote/score.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_NEAR(a, b, tolerance)                                                                \
  do {                                                                                             \
    const double check_a_ = (a), check_b_ = (b);                                                   \
    if (!(fabs(check_a_ - check_b_) <= (tolerance))) {                                             \
      fail_msg("%s = %.17g, expected %.17g", #a, check_a_, check_b_);                              \
    }                                                                                              \
  } while (0)

/* A made-up study. */
typedef struct {
  size_t repeats, folds, images;
  float *log_px;  /* [R, K, N] */
  uint16_t *fold; /* [R, N] */
  rote_score *score;
} fixture;

/* Likelihoods of the size and spread that models have; `tied` rounds them so that ties are common.
 */
static fixture make_fixture(size_t repeats, size_t folds, size_t images, bool tied)
{
  fixture f = {.repeats = repeats, .folds = folds, .images = images};
  const rote_stream stream = {.seed = 5, .purpose = ROTE_PURPOSE_WEIGHTS};
  const size_t n = repeats * folds * images;
  f.log_px = malloc(n * sizeof *f.log_px);
  f.fold = malloc(repeats * images * sizeof *f.fold);
  assert_true(f.log_px != NULL && f.fold != NULL);
  rote_random_normal(stream, 0, n, f.log_px);
  for (size_t i = 0; i < n; i++) {
    f.log_px[i] = tied ? roundf(f.log_px[i]) : 10 * f.log_px[i] - 500;
  }
  for (size_t r = 0; r < repeats; r++) {
    for (size_t i = 0; i < images; i++) {
      f.fold[r * images + i] = (uint16_t)((i * 7 + r * 3) % folds);
    }
  }
  CHECK_OK(rote_score_create(images, &f.score));
  return f;
}

static rote_design design_of(const fixture *f)
{
  return (rote_design){
      .repeats = f->repeats, .folds = f->folds, .images = f->images, .fold = f->fold};
}

static void score(fixture *f)
{
  const rote_design design = design_of(f);
  CHECK_OK(rote_score_compute(&design, f->log_px, f->score));
}

static void free_fixture(fixture *f)
{
  free(f->log_px);
  free(f->fold);
  rote_score_destroy(&f->score);
}

static float *at(const fixture *f, size_t r, size_t k, size_t i)
{
  return &f->log_px[(r * f->folds + k) * f->images + i];
}

static bool is_held_out(const fixture *f, size_t r, size_t k, size_t i)
{
  return f->fold[r * f->images + i] == k;
}

/* Straight from the definition, in long double. */
static double direct_log_mean(const fixture *f, size_t i, bool held_out)
{
  long double sum = 0, count = 0;
  for (size_t r = 0; r < f->repeats; r++) {
    for (size_t k = 0; k < f->folds; k++) {
      const float x = *at(f, r, k, i);
      if (is_held_out(f, r, k, i) == held_out && !isnan(x)) {
        sum += expl((long double)x);
        count += 1;
      }
    }
  }
  return (double)logl(sum / count);
}

/* Mean log p with minus mean log p without, leaving out repeat `skip`. */
static double direct_mean_difference(const fixture *f, size_t i, size_t skip)
{
  double sum[2] = {0}, count[2] = {0};
  for (size_t r = 0; r < f->repeats; r++) {
    for (size_t k = 0; k < f->folds && r != skip; k++) {
      sum[is_held_out(f, r, k, i)] += (double)*at(f, r, k, i);
      count[is_held_out(f, r, k, i)] += 1;
    }
  }
  return sum[0] / count[0] - sum[1] / count[1];
}

static double direct_jackknife(const fixture *f, size_t i)
{
  const double n = (double)f->repeats;
  double mean = 0, squares = 0;
  for (size_t r = 0; r < f->repeats; r++) {
    mean += direct_mean_difference(f, i, r) / n;
  }
  for (size_t r = 0; r < f->repeats; r++) {
    squares += pow(direct_mean_difference(f, i, r) - mean, 2);
  }
  return sqrt((n - 1) / n * squares);
}

static void agrees_with_the_definitions(void **state)
{
  (void)state;
  fixture f = make_fixture(4, 5, 60, false);
  score(&f);
  for (size_t i = 0; i < f.images; i++) {
    const double u = direct_log_mean(&f, i, false), v = direct_log_mean(&f, i, true);
    CHECK_NEAR(f.score->u[i], u, 1e-10);
    CHECK_NEAR(f.score->v[i], v, 1e-10);
    CHECK_NEAR(f.score->m[i], u - v, 1e-10);
    CHECK_NEAR(f.score->m_mean_log[i], direct_mean_difference(&f, i, SIZE_MAX), 1e-10);
    CHECK_NEAR(f.score->standard_error[i], direct_jackknife(&f, i), 1e-10);
    assert_int_equal(f.score->significant[i], f.score->q_value[i] <= 0.05);
  }
  free_fixture(&f);
}

static void double_precision_gives_the_same(void **state)
{
  (void)state;
  fixture f = make_fixture(3, 4, 9, false);
  double log_px[3 * 4 * 9], u[9];
  for (size_t j = 0; j < sizeof log_px / sizeof *log_px; j++) {
    log_px[j] = (double)f.log_px[j];
  }
  score(&f);
  memcpy(u, f.score->u, sizeof u);
  const rote_design design = design_of(&f);
  CHECK_OK(rote_score_compute_double(&design, log_px, f.score));
  assert_memory_equal(u, f.score->u, sizeof u);
  free_fixture(&f);
}

/* All models alike: nothing is memorized, and ties decide nothing. Values far below what exp() can
 * hold. */
static void constant_likelihoods_say_nothing(void **state)
{
  (void)state;
  fixture f = make_fixture(3, 4, 5, false);
  for (size_t j = 0; j < 3 * 4 * 5; j++) {
    f.log_px[j] = -123456.0f;
  }
  double tail[3 * 4 + 2];
  CHECK_OK(rote_rank_sum_tail(3, 4, tail));
  score(&f);
  for (size_t i = 0; i < 5; i++) {
    CHECK_NEAR(f.score->u[i], -123456.0, 0);
    CHECK_NEAR(f.score->m[i], 0, 0);
    CHECK_NEAR(f.score->m_mean_log[i], 0, 0);
    CHECK_NEAR(f.score->standard_error[i], 0, 0);
    CHECK_NEAR(f.score->p_value[i], tail[7], 0); /* mid-rank 2.5 three times, rounded down */
    assert_int_equal(f.score->significant[i], 0);
  }
  free_fixture(&f);
}

/* The smallest p is K^-R, for an image that every held-out model likes least. */
static void clear_memorization_is_found(void **state)
{
  (void)state;
  fixture f = make_fixture(4, 10, 40, false);
  for (size_t r = 0; r < 4; r++) {
    *at(&f, r, f.fold[r * 40 + 3], 3) = -2000;
  }
  score(&f);
  CHECK_NEAR(f.score->p_value[3], 1e-4, 1e-18);
  assert_int_equal(f.score->significant[3], 1);
  assert_true(f.score->m[3] > 1000 && f.score->m_mean_log[3] > 1000);
  free_fixture(&f);
}

/* K = 2, R = 1: the held-out model is above, equal or below, and p is 1, 1 (mid-rank 1.5, down) or
 * 1/2. */
static void two_folds_one_repeat(void **state)
{
  (void)state;
  float log_px[2 * 3] = {-1, -2, -3, /* fold 0, held out */ -2, -2, -2};
  const uint16_t fold[3] = {0, 0, 0};
  rote_score *s = NULL;
  CHECK_OK(rote_score_create(3, &s));
  const rote_design design = {.repeats = 1, .folds = 2, .images = 3, .fold = fold};
  CHECK_OK(rote_score_compute(&design, log_px, s));
  CHECK_NEAR(s->p_value[0], 1, 0);
  CHECK_NEAR(s->p_value[1], 1, 0);
  CHECK_NEAR(s->p_value[2], 0.5, 0);
  for (size_t i = 0; i < 3; i++) {
    CHECK_NEAR(s->u[i], -2, 0);
    CHECK_NEAR(s->v[i], (double)log_px[i], 0);
    CHECK_NEAR(s->m_mean_log[i], -2 - (double)log_px[i], 0);
    assert_true(isnan(s->standard_error[i]));
  }
  rote_score_destroy(&s);
}

/* P(sum >= s) by going through all K^R outcomes. */
static double enumerated_tail(size_t repeats, size_t folds, size_t least)
{
  size_t outcomes = 1, hits = 0;
  for (size_t r = 0; r < repeats; r++) {
    outcomes *= folds;
  }
  for (size_t o = 0; o < outcomes; o++) {
    size_t sum = 0;
    for (size_t r = 0, rest = o; r < repeats; r++, rest /= folds) {
      sum += 1 + rest % folds;
    }
    hits += sum >= least;
  }
  return (double)hits / (double)outcomes;
}

static void rank_sum_tail_agrees_with_enumeration(void **state)
{
  (void)state;
  for (size_t repeats = 1; repeats <= 5; repeats++) {
    for (size_t folds = 1; folds <= 6; folds++) {
      double tail[5 * 6 + 2];
      CHECK_OK(rote_rank_sum_tail(repeats, folds, tail));
      for (size_t s = 0; s <= repeats * folds + 1; s++) {
        CHECK_NEAR(tail[s], enumerated_tail(repeats, folds, s), 1e-14);
      }
    }
  }
}

static void rank_sum_tail_is_exact_at_its_ends(void **state)
{
  (void)state;
  enum { REPEATS = 10, FOLDS = 10 };
  double tail[REPEATS * FOLDS + 2];
  CHECK_OK(rote_rank_sum_tail(REPEATS, FOLDS, tail));
  for (size_t s = 0; s <= REPEATS; s++) {
    CHECK_NEAR(tail[s], 1, 0);
  }
  CHECK_NEAR(tail[REPEATS * FOLDS] * 1e10, 1, 1e-14);
  CHECK_NEAR(tail[REPEATS * FOLDS - 1] * 1e10, 11, 1e-13);
  CHECK_NEAR(tail[REPEATS * FOLDS + 1], 0, 0);
  for (size_t s = 1; s <= REPEATS * FOLDS; s++) {
    assert_true(tail[s] >= tail[s + 1]);
    /* symmetric: P(T >= s) = P(T <= R (K + 1) - s) */
    const size_t mirror = REPEATS * (FOLDS + 1) + 1;
    if (s + 1 < mirror && mirror - s <= REPEATS * FOLDS + 1) {
      CHECK_NEAR(tail[s], 1 - tail[mirror - s], 1e-14);
    }
  }
}

/* p of every image from its definition: mid-ranks by pairwise comparison, then all outcomes. */
static void p_values_agree_with_enumeration(void **state)
{
  (void)state;
  fixture f = make_fixture(3, 4, 50, true);
  score(&f);
  for (size_t i = 0; i < f.images; i++) {
    double rank_sum = 0;
    for (size_t r = 0; r < f.repeats; r++) {
      const float held_out = *at(&f, r, f.fold[r * f.images + i], i);
      double above = 0, equal = 0;
      for (size_t k = 0; k < f.folds; k++) {
        above += *at(&f, r, k, i) > held_out;
        equal += *at(&f, r, k, i) == held_out;
      }
      rank_sum += above + (1 + equal) / 2;
    }
    CHECK_NEAR(f.score->p_value[i], enumerated_tail(3, 4, (size_t)floor(rank_sum)), 1e-14);
  }
  free_fixture(&f);
}

/* Benjamini-Hochberg from its definition: q_i = min over p_j >= p_i of n p_j / #{p <= p_j}. */
static double direct_q(size_t n, const double *p, size_t i)
{
  double q = 1;
  for (size_t j = 0; j < n; j++) {
    double rank = 0;
    for (size_t l = 0; l < n; l++) {
      rank += p[l] <= p[j];
    }
    q = p[j] >= p[i] ? fmin(q, p[j] * (double)n / rank) : q;
  }
  return q;
}

static void q_values_agree_with_the_definition(void **state)
{
  (void)state;
  enum { N = 200 };
  float uniform[N];
  double p[N], q[N];
  rote_random_uniform((rote_stream){.seed = 1, .purpose = ROTE_PURPOSE_WEIGHTS}, 0, N, uniform);
  for (size_t i = 0; i < N; i++) {
    /* a few small ones, and many ties */
    p[i] = i % 10 == 0 ? 1e-4 * (double)uniform[i] : ceil(50 * (double)uniform[i]) / 50;
  }
  CHECK_OK(rote_q_values(N, p, q));
  for (size_t i = 0; i < N; i++) {
    CHECK_NEAR(q[i], direct_q(N, p, i), 1e-15);
  }
  CHECK_OK(rote_q_values(1, p, q));
  CHECK_NEAR(q[0], p[0], 0);
}

/* The order of the images, of the repeats and of the fold numbers must not matter. */
static void order_does_not_matter(void **state)
{
  (void)state;
  fixture a = make_fixture(3, 4, 30, true), b = make_fixture(3, 4, 30, true);
  for (size_t i = 0; i < 30; i++) {
    const size_t i2 = (i * 7 + 2) % 30;
    for (size_t r = 0; r < 3; r++) {
      const size_t r2 = (r + 1) % 3;
      b.fold[r2 * 30 + i2] = (uint16_t)((a.fold[r * 30 + i] + 1) % 4);
      for (size_t k = 0; k < 4; k++) {
        *at(&b, r2, (k + 1) % 4, i2) = *at(&a, r, k, i);
      }
    }
  }
  score(&a);
  score(&b);
  for (size_t i = 0; i < 30; i++) {
    const size_t j = (i * 7 + 2) % 30;
    CHECK_NEAR(b.score->u[j], a.score->u[i], 1e-13);
    CHECK_NEAR(b.score->v[j], a.score->v[i], 1e-13);
    CHECK_NEAR(b.score->m_mean_log[j], a.score->m_mean_log[i], 1e-13);
    CHECK_NEAR(b.score->standard_error[j], a.score->standard_error[i], 1e-13);
    CHECK_NEAR(b.score->p_value[j], a.score->p_value[i], 0);
    CHECK_NEAR(b.score->q_value[j], a.score->q_value[i], 0);
  }
  free_fixture(&a);
  free_fixture(&b);
}

/* Two repeats, and a third in which one model is missing: u and v use what is there, the tests two.
 */
static void missing_models_are_left_out(void **state)
{
  (void)state;
  fixture f = make_fixture(3, 4, 6, false);
  rote_score *two = NULL;
  for (size_t i = 0; i < 6; i++) {
    const size_t out = f.fold[2 * 6 + i];
    *at(&f, 2, i % 2 == 0 ? out : (out + 1) % 4, i) =
        NAN; /* a held-out model, or one of the others */
  }
  score(&f);
  CHECK_OK(rote_score_create(6, &two));
  rote_design design = design_of(&f);
  design.repeats = 2;
  CHECK_OK(rote_score_compute(&design, f.log_px, two));
  for (size_t i = 0; i < 6; i++) {
    CHECK_NEAR(f.score->u[i], direct_log_mean(&f, i, false), 1e-10);
    CHECK_NEAR(f.score->v[i], direct_log_mean(&f, i, true), 1e-10);
    CHECK_NEAR(f.score->p_value[i], two->p_value[i], 0);
    CHECK_NEAR(f.score->standard_error[i], two->standard_error[i], 0);
  }
  rote_score_destroy(&two);
  free_fixture(&f);
}

static void an_image_without_a_side_has_no_score(void **state)
{
  (void)state;
  fixture f = make_fixture(2, 3, 4, false);
  for (size_t r = 0; r < 2; r++) {
    for (size_t k = 0; k < 3; k++) {
      if (is_held_out(&f, r, k, 1) || (r == 1 && k == 0)) {
        *at(&f, r, k, 1) = NAN; /* image 1: no held-out model */
      }
      if (!is_held_out(&f, r, k, 2)) {
        *at(&f, r, k, 2) = NAN; /* image 2: held-out models alone */
      }
    }
  }
  /* image 3: both sides, but no complete repeat */
  *at(&f, 0, (f.fold[3] + 1u) % 3, 3) = NAN;
  *at(&f, 1, (f.fold[4 + 3] + 1u) % 3, 3) = NAN;
  score(&f);
  for (size_t i = 1; i <= 2; i++) {
    assert_true(isnan(f.score->u[i]) && isnan(f.score->v[i]) && isnan(f.score->m[i]));
    assert_true(isnan(f.score->m_mean_log[i]) && isnan(f.score->standard_error[i]));
    CHECK_NEAR(f.score->p_value[i], 1, 0);
    CHECK_NEAR(f.score->q_value[i], 1, 0);
    assert_int_equal(f.score->significant[i], 0);
  }
  assert_true(isfinite(f.score->m[0]) && isfinite(f.score->m[3]));
  assert_true(isnan(f.score->standard_error[3]));
  CHECK_NEAR(f.score->p_value[3], 1, 0);
  free_fixture(&f);
}

static void quantiles_are_interpolated(void **state)
{
  (void)state;
  const double x[] = {4, NAN, 1, 3, INFINITY, 2};
  double q = 0;
  CHECK_OK(rote_quantile(6, x, 0, &q));
  CHECK_NEAR(q, 1, 0);
  CHECK_OK(rote_quantile(6, x, 1, &q));
  CHECK_NEAR(q, 4, 0);
  CHECK_OK(rote_quantile(6, x, 0.5, &q));
  CHECK_NEAR(q, 2.5, 1e-15);
  CHECK_OK(rote_quantile(6, x, 0.95, &q));
  CHECK_NEAR(q, 3.85, 1e-15);
  CHECK_OK(rote_quantile(1, x + 1, 0.95, &q));
  assert_true(isnan(q));
  CHECK_OK(rote_quantile(0, x, 0.95, &q));
  assert_true(isnan(q));
  CHECK_FAILS(rote_quantile(6, x, 1.5, &q), ROTE_INTERNAL, "1.5");
}

static void refuses_shapes_without_a_score(void **state)
{
  (void)state;
  fixture f = make_fixture(1, 2, 3, false);
  const rote_design none = {.folds = 2, .images = 3, .fold = f.fold};
  const rote_design one = {.repeats = 1, .folds = 1, .images = 3, .fold = f.fold};
  const rote_design few = {.repeats = 1, .folds = 2, .images = 2, .fold = f.fold};
  const rote_design many = {.repeats = 1, .folds = 2, .images = 3, .held_in = 2, .fold = f.fold};
  CHECK_FAILS(rote_score_compute(&none, f.log_px, f.score), ROTE_INTERNAL, "0 repeats");
  CHECK_FAILS(rote_score_compute(&one, f.log_px, f.score), ROTE_INTERNAL, "1 folds");
  CHECK_FAILS(rote_score_compute(&few, f.log_px, f.score), ROTE_INTERNAL, "2 images");
  CHECK_FAILS(rote_score_compute(&many, f.log_px, f.score), ROTE_INTERNAL, "2 held in");
  free_fixture(&f);
}

static void survives_every_failed_allocation(void **state)
{
  (void)state;
  fixture f = make_fixture(3, 4, 5, false);
  const rote_design design = design_of(&f);
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_score *s = NULL;
    rote_memory_fail_at(n);
    rote_status status = rote_score_create(5, &s);
    assert_true((status == ROTE_OK) == (s != NULL));
    if (status == ROTE_OK) {
      status = rote_score_compute(&design, f.log_px, s);
    }
    rote_memory_fail_at(-1);
    rote_score_destroy(&s);
    assert_int_equal(rote_memory_live_blocks(), before);
    if (status == ROTE_OK) {
      assert_true(n > 9);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
  }
  free_fixture(&f);
}

static void nothing_was_leaked(void **state)
{
  (void)state;
  assert_int_equal(rote_memory_live_blocks(), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_the_definitions),
      cmocka_unit_test(double_precision_gives_the_same),
      cmocka_unit_test(constant_likelihoods_say_nothing),
      cmocka_unit_test(clear_memorization_is_found),
      cmocka_unit_test(two_folds_one_repeat),
      cmocka_unit_test(rank_sum_tail_agrees_with_enumeration),
      cmocka_unit_test(rank_sum_tail_is_exact_at_its_ends),
      cmocka_unit_test(p_values_agree_with_enumeration),
      cmocka_unit_test(q_values_agree_with_the_definition),
      cmocka_unit_test(order_does_not_matter),
      cmocka_unit_test(missing_models_are_left_out),
      cmocka_unit_test(an_image_without_a_side_has_no_score),
      cmocka_unit_test(quantiles_are_interpolated),
      cmocka_unit_test(refuses_shapes_without_a_score),
      cmocka_unit_test(survives_every_failed_allocation),
      cmocka_unit_test(nothing_was_leaked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
