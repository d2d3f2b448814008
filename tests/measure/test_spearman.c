/* Rank correlation against its definition. */
#include "check.h"

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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(straight_and_turned),
      cmocka_unit_test(ties_share_the_mean_of_their_ranks),
      cmocka_unit_test(agrees_with_the_sum_of_squared_differences),
      cmocka_unit_test(nothing_to_correlate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
