/* The receiver operating characteristic against its definition. */
#include "check.h"

#include "rote/random.h"
#include "rote/roc.h"

#include <math.h>
#include <string.h>

enum { P = 231, Q = 320 };

static const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_FOLD};

/* Scores of few different values, so that many are equal. */
static void make(double *positive, double *negative)
{
  float x[P + Q];
  rote_random_normal(stream, 0, P + Q, x);
  for (size_t i = 0; i < P + Q; i++) {
    *(i < P ? &positive[i] : &negative[i - P]) = round(4 * x[i] + (i < P ? 2 : 0));
  }
}

static void area_is_the_share_of_pairs(void **state)
{
  (void)state;
  double positive[P], negative[Q], won = 0;
  make(positive, negative);
  for (size_t i = 0; i < P; i++) {
    for (size_t j = 0; j < Q; j++) {
      won += positive[i] > negative[j] ? 1 : positive[i] == negative[j] ? 0.5 : 0;
    }
  }
  rote_roc_sort(Q, negative);
  assert_true(rote_roc_area(P, positive, Q, negative) == won / (P * Q));
  assert_true(isnan(rote_roc_area(0, positive, Q, negative)));
  assert_true(isnan(rote_roc_area(P, positive, 0, negative)));
}

/* Of all thresholds at a score that occurs, and above all of them, the best that is allowed. */
static double best_rate(const double *positive, size_t q, const double *negative, size_t per)
{
  double best = 0;
  for (size_t t = 0; t < P + q; t++) {
    const double threshold = t < P ? positive[t] : negative[t - P];
    size_t taken = 0, wrong = 0;
    for (size_t i = 0; i < P; i++) {
      taken += positive[i] >= threshold;
    }
    for (size_t j = 0; j < q; j++) {
      wrong += negative[j] >= threshold;
    }
    if (wrong * per <= q && (double)taken / P > best) {
      best = (double)taken / P;
    }
  }
  return best;
}

static void no_threshold_takes_more_at_so_few_false_ones(void **state)
{
  (void)state;
  const size_t per[] = {2, 7, 100, 1000};
  for (size_t q = 1; q <= Q; q += 53) {
    for (size_t i = 0; i < sizeof per / sizeof *per; i++) {
      double positive[P], negative[Q];
      make(positive, negative);
      const double best = best_rate(positive, q, negative, per[i]);
      rote_roc_sort(q, negative);
      const double threshold = rote_roc_threshold(q, negative, per[i]);
      assert_true(rote_roc_true_positives(P, positive, threshold) == best);
      assert_true((q - rote_roc_count(q, negative, threshold, true)) * per[i] <= q);
    }
  }
  assert_true(isnan(rote_roc_true_positives(P, (double[P]){0}, rote_roc_threshold(0, NULL, 100))));
}

static void all_equal_tells_nothing(void **state)
{
  (void)state;
  const double same[200] = {0};
  assert_true(rote_roc_area(200, same, 200, same) == 0.5);
  assert_true(rote_roc_true_positives(200, same, rote_roc_threshold(200, same, 2)) == 0);
}

static void counts_what_is_below(void **state)
{
  (void)state;
  const double sorted[] = {-INFINITY, 1, 1, 2, INFINITY};
  assert_int_equal(rote_roc_count(5, sorted, -INFINITY, false), 0);
  assert_int_equal(rote_roc_count(5, sorted, 1, false), 1);
  assert_int_equal(rote_roc_count(5, sorted, 1, true), 3);
  assert_int_equal(rote_roc_count(5, sorted, 1.5, true), 3);
  assert_int_equal(rote_roc_count(5, sorted, INFINITY, false), 4);
  assert_int_equal(rote_roc_count(5, sorted, INFINITY, true), 5);
  assert_int_equal(rote_roc_count(0, NULL, 1, true), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(area_is_the_share_of_pairs),
      cmocka_unit_test(no_threshold_takes_more_at_so_few_false_ones),
      cmocka_unit_test(all_equal_tells_nothing),
      cmocka_unit_test(counts_what_is_below),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
