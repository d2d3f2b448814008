/* Rank correlation against its definition. */
#include "check.h"

#include "rote/random.h"
#include "rote/spearman.h"

#include <math.h>

static void straight_and_turned(void **state)
{
  (void)state;
  const double x[] = {3, 1, 2, 10}, y[] = {9, 1, 4, 100}, turned[] = {-3, -1, -2, -10};
  double rho = 0;
  CHECK_OK(rote_spearman(4, x, y, &rho));
  assert_true(rho == 1);
  CHECK_OK(rote_spearman(4, x, turned, &rho));
  assert_true(rho == -1);
}

/* Ranks 1, 2.5, 2.5, 4 and 2, 1, 3, 4: their correlation by hand is 3 / sqrt(4.5 * 5). */
static void ties_share_the_mean_of_their_ranks(void **state)
{
  (void)state;
  const double x[] = {1, 7, 7, 8}, y[] = {5, 4, 6, 9};
  double rho = 0;
  CHECK_OK(rote_spearman(4, x, y, &rho));
  assert_true(fabs(rho - 3 / sqrt(4.5 * 5)) < 1e-15);
}

/* 1 - 6 sum d^2 / (n (n^2 - 1)) without ties; pairs with a missing side do not count. */
static void agrees_with_the_sum_of_squared_differences(void **state)
{
  (void)state;
  enum { N = 101 };
  double x[N + 2], y[N + 2], squares = 0, rho = 0;
  for (size_t i = 0; i < N; i++) {
    x[i] = (double)(i * 37 % N);
    y[i] = (double)(i * 58 % N);
    squares += (x[i] - y[i]) * (x[i] - y[i]);
  }
  x[N] = NAN;
  y[N] = 5;
  x[N + 1] = 7;
  y[N + 1] = NAN;
  CHECK_OK(rote_spearman(N + 2, x, y, &rho));
  assert_true(fabs(rho - (1 - 6 * squares / (N * (N * N - 1.0)))) < 1e-12);
}

static void nothing_to_correlate(void **state)
{
  (void)state;
  const double x[] = {1, 2, NAN}, same[] = {4, 4, 4};
  double rho = 0;
  CHECK_OK(rote_spearman(3, x, same, &rho));
  assert_true(isnan(rho));
  CHECK_OK(rote_spearman(1, x, x, &rho));
  assert_true(isnan(rho));
  CHECK_OK(rote_spearman(0, NULL, NULL, &rho));
  assert_true(isnan(rho));
}

/* The 95 % interval of 0.5 from 100 pairs by hand: 0.549306 +- 1.959964 sqrt(1.125 / 97). And how
 * often it holds the truth, for pairs of normal numbers of correlation r, whose rank correlation is
 * 6 / pi asin(r / 2). */
static void interval_holds_the_truth(void **state)
{
  (void)state;
  enum { N = 60, STUDIES = 2000 };
  const double r = 0.8, truth = 6 / acos(-1) * asin(r / 2);
  double low = 0, high = 0, rho = 0;
  size_t held = 0;
  rote_spearman_interval(100, 0.5, &low, &high);
  assert_true(fabs(low - 0.325897) < 1e-6 && fabs(high - 0.641302) < 1e-6);
  for (uint32_t s = 0; s < STUDIES; s++) {
    float z[2 * N];
    double x[N], y[N];
    rote_random_normal((rote_stream){.seed = 8, .purpose = ROTE_PURPOSE_FOLD}, s, 2 * N, z);
    for (size_t i = 0; i < N; i++) {
      x[i] = z[i];
      y[i] = r * z[i] + sqrt(1 - r * r) * z[N + i];
    }
    CHECK_OK(rote_spearman(N, x, y, &rho));
    rote_spearman_interval(N, rho, &low, &high);
    held += low <= truth && truth <= high;
  }
  if (fabs((double)held / STUDIES - 0.95) > 0.02) { /* 4 standard errors */
    fail_msg("%zu of %d intervals hold the truth", held, STUDIES);
  }
}

static void interval_at_its_ends(void **state)
{
  (void)state;
  double low = 0, high = 0;
  rote_spearman_interval(50, 1, &low, &high);
  assert_true(low == 1 && high == 1);
  rote_spearman_interval(50, -1, &low, &high);
  assert_true(low == -1 && high == -1);
  rote_spearman_interval(3, 0.5, &low, &high);
  assert_true(isnan(low) && isnan(high));
  rote_spearman_interval(50, NAN, &low, &high);
  assert_true(isnan(low) && isnan(high));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(straight_and_turned),
      cmocka_unit_test(ties_share_the_mean_of_their_ranks),
      cmocka_unit_test(agrees_with_the_sum_of_squared_differences),
      cmocka_unit_test(nothing_to_correlate),
      cmocka_unit_test(interval_holds_the_truth),
      cmocka_unit_test(interval_at_its_ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
