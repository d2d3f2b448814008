/* Exact tests against known values and enumeration; rates; the rank score of any measure. */
#include "check.h"

#include "rote/memory.h"
#include "rote/random.h"
#include "rote/rank_score.h"
#include "rote/recovery_score.h"
#include "rote/score.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_near(const char *what, double got, double want, double tolerance)
{
  if (!(fabs(got - want) <= tolerance)) {
    fail_msg("%s = %.17g, expected %.17g", what, got, want);
  }
}

/* Every outcome of n throws of a coin. */
static double coin_by_enumeration(int first, int second)
{
  const int n = first + second, seen = abs(first - second);
  long extreme = 0;
  for (long throws = 0; throws < 1L << n; throws++) {
    const int heads = __builtin_popcountl((unsigned long)throws);
    extreme += abs(2 * heads - n) >= seen;
  }
  return (double)extreme / (double)(1L << n);
}

static void mcnemar_counts_coin_throws(void **state)
{
  (void)state;
  for (int a = 0; a <= 7; a++) {
    for (int b = 0; b <= 7; b++) {
      check_near("p", rote_mcnemar_p((size_t)a, (size_t)b), coin_by_enumeration(a, b), 1e-14);
    }
  }
  check_near("p", rote_mcnemar_p(1, 6), 0.125, 1e-15);
  check_near("log2 p", log2(rote_mcnemar_p(0, 900)), -899, 1e-9);
  assert_true(rote_mcnemar_p(0, 25000) == DBL_MIN);
  assert_true(rote_mcnemar_p(5000, 5000) == 1);
}

/* Every way to choose the n images of the first group: how probable is a table, and how often does
 * one come up that is no more probable. */
static double permutations(int a, int n, int b, int m)
{
  const int all = n + m, successes = a + b;
  long count[16] = {0}, total = 0, extreme = 0;
  for (long chosen = 0; chosen < 1L << all; chosen++) {
    if (__builtin_popcountl((unsigned long)chosen) == n) {
      const long good = chosen & ((1L << successes) - 1); /* the first images are the successes */
      count[__builtin_popcountl((unsigned long)good)]++;
      total++;
    }
  }
  for (int x = 0; x <= n; x++) {
    extreme += count[x] <= count[a] ? count[x] : 0;
  }
  return (double)extreme / (double)total;
}

static void fisher_counts_permutations(void **state)
{
  (void)state;
  for (int n = 0; n <= 5; n++) {
    for (int m = 0; m <= 5; m++) {
      for (int a = 0; a <= n; a++) {
        for (int b = 0; b <= m; b++) {
          const double got = rote_fisher_p((size_t)a, (size_t)n, (size_t)b, (size_t)m);
          check_near("p", got, permutations(a, n, b, m), 1e-13);
        }
      }
    }
  }
  check_near("a lady tasting tea", rote_fisher_p(3, 4, 1, 4), 0.48571428571428571, 1e-15);
  check_near("1 of 12, 9 of 12", rote_fisher_p(1, 12, 9, 12), 0.0027594561852200836, 1e-15);
  /* 100 of 100 against 0 of 100: both tables of that kind, 2 / C(200, 100) */
  check_near("log p", log(rote_fisher_p(100, 100, 0, 100)), log(2) + 2 * lgamma(101) - lgamma(201),
             1e-9);
  assert_true(rote_fisher_p(10000, 10000, 0, 10000) == DBL_MIN);
  assert_true(rote_fisher_p(3, 7, 0, 0) == 1 && rote_fisher_p(0, 0, 2, 9) == 1);
}

static void rates_count_both_groups(void **state)
{
  (void)state;
  const uint8_t trained[] = {1, 1, 1, 1, 1, 0, 0, 0, 0};
  const uint8_t blind[] = {1, 1, 1, 1, 0, 1, 0, 0, 0};
  const uint8_t iterate[] = {0, 0, 0, 1, 1, 0, 0, 0, 0};
  const uint8_t *recovered[ROTE_INVERSE_COUNT] = {
      [ROTE_INVERSE_BLIND] = blind, [ROTE_INVERSE_ITERATE] = iterate};
  rote_recovery_rates r;
  rote_recovery_rates_compute(9, trained, recovered, &r);
  assert_int_equal(r.trained, 5);
  assert_int_equal(r.controls, 4);
  assert_int_equal(r.recovered_trained[ROTE_INVERSE_BLIND], 4);
  assert_int_equal(r.recovered_control[ROTE_INVERSE_BLIND], 1);
  check_near("rate", r.rate_trained[ROTE_INVERSE_BLIND], 0.8, 0);
  check_near("rate", r.rate_control[ROTE_INVERSE_BLIND], 0.25, 0);
  check_near("p", r.p_against_control[ROTE_INVERSE_BLIND], permutations(4, 5, 1, 4), 1e-14);
  check_near("p", r.p_against_control[ROTE_INVERSE_ITERATE], permutations(2, 5, 0, 4), 1e-14);
  /* three images by blind alone, one by iteration alone */
  const double between = coin_by_enumeration(3, 1);
  check_near("p", r.p_between[ROTE_INVERSE_BLIND][ROTE_INVERSE_ITERATE], between, 1e-15);
  check_near("p", r.p_between[ROTE_INVERSE_ITERATE][ROTE_INVERSE_BLIND], between, 1e-15);
  assert_true(isnan(r.rate_trained[ROTE_INVERSE_ORACLE]));
  assert_true(isnan(r.p_against_control[ROTE_INVERSE_ORACLE]));
  assert_true(isnan(r.p_between[ROTE_INVERSE_BLIND][ROTE_INVERSE_ORACLE]));
  rote_recovery_rates_compute(5, trained, recovered, &r);
  assert_true(isnan(r.rate_control[ROTE_INVERSE_BLIND]));
  assert_true(r.p_against_control[ROTE_INVERSE_BLIND] == 1);
}

/* Of likelihoods it is the score's own rank part, bit for bit. */
static void rank_scores_are_the_rank_part_of_scores(void **state)
{
  (void)state;
  enum { R = 4, K = 5, N = 60 };
  const rote_stream stream = {.seed = 9, .purpose = ROTE_PURPOSE_WEIGHTS};
  float value[R * K * N];
  uint16_t fold[R * N];
  rote_score *score = NULL;
  rote_rank_score *ranks = NULL;
  rote_random_normal(stream, 0, R * K * N, value);
  for (size_t i = 0; i < R * N; i++) {
    fold[i] = (uint16_t)((i * 7 + i / N) % K);
  }
  for (size_t r = 0; r < R; r++) {
    value[(r * K + fold[r * N]) * N] = -400; /* image 0 is never recovered when it was held out */
  }
  for (size_t k = 0; k < K; k++) {
    value[k * N + 1] = NAN; /* a repeat without image 1 */
  }
  for (size_t j = 0; j < R * K; j++) {
    value[j * N + 2] = NAN;
  }
  CHECK_OK(rote_score_create(N, &score));
  CHECK_OK(rote_rank_score_create(N, &ranks));
  const rote_design design = {.repeats = R, .folds = K, .images = N, .fold = fold};
  CHECK_OK(rote_score_compute(&design, value, score));
  CHECK_OK(rote_rank_score_compute(&design, value, ranks));
  assert_memory_equal(ranks->mean_difference, score->m_mean_log, N * sizeof(double));
  assert_memory_equal(ranks->standard_error, score->standard_error, N * sizeof(double));
  assert_memory_equal(ranks->p_value, score->p_value, N * sizeof(double));
  assert_memory_equal(ranks->q_value, score->q_value, N * sizeof(double));
  assert_memory_equal(ranks->significant, score->significant, N);
  check_near("p", ranks->p_value[0], pow(K, -R), 1e-15);
  assert_true(ranks->mean_difference[0] > 390 && isnan(ranks->mean_difference[2]));
  assert_true(ranks->p_value[2] == 1);
  rote_score_destroy(&score);
  rote_rank_score_destroy(&ranks);
}

static void a_rank_score_that_does_not_fit_in_memory_leaves_nothing(void **state)
{
  (void)state;
  for (long n = 0;; n++) {
    const long before = rote_memory_live_blocks();
    rote_rank_score *ranks = NULL;
    rote_memory_fail_at(n);
    const rote_status status = rote_rank_score_create(3, &ranks);
    rote_memory_fail_at(-1);
    if (status == ROTE_OK) {
      assert_true(n > 0);
      rote_rank_score_destroy(&ranks);
      break;
    }
    assert_true(status == ROTE_NOMEM && ranks == NULL && rote_memory_live_blocks() == before);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mcnemar_counts_coin_throws),
      cmocka_unit_test(fisher_counts_permutations),
      cmocka_unit_test(rates_count_both_groups),
      cmocka_unit_test(rank_scores_are_the_rank_part_of_scores),
      cmocka_unit_test(a_rank_score_that_does_not_fit_in_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
