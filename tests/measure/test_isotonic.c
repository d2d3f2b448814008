/* Monotone regression against what makes it such. */
#include "check.h"

#include "rote/isotonic.h"

#include <math.h>

static void pools_by_hand(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3, 4, 5}, y[] = {1, 3, 2, 2, 5},
               wanted[] = {1, 7.0 / 3, 7.0 / 3, 7.0 / 3, 5};
  double fit[5];
  CHECK_OK(rote_isotonic(5, x, y, fit));
  for (size_t i = 0; i < 5; i++) {
    assert_true(fabs(fit[i] - wanted[i]) < 1e-15);
  }
}

/* Equal x share a value, their order does not matter, and what is no number has no part in it. */
static void ties_and_holes(void **state)
{
  (void)state;
  const double x[] = {2, 1, 2, NAN, 3, 0}, y[] = {4, 3, 0, 9, NAN, 1};
  double fit[6];
  CHECK_OK(rote_isotonic(6, x, y, fit));
  assert_true(fit[5] == 1 && fabs(fit[1] - 7.0 / 3) < 1e-15 && fit[0] == fit[2] &&
              fit[0] == fit[1]);
  assert_true(isnan(fit[3]) && isnan(fit[4]));
  CHECK_OK(rote_isotonic(0, NULL, NULL, NULL));
}

/* The Kuhn-Tucker conditions of the nearest monotone function: sums of residuals from the start are
 * never below 0, are 0 at every step of the fit, and at the end. */
static void is_the_nearest(void **state)
{
  (void)state;
  enum { N = 500 };
  double x[N], y[N], fit[N], sum = 0;
  for (size_t i = 0; i < N; i++) {
    x[i] = (double)i;
    y[i] = 0.01 * (double)i + sin(0.7 * (double)(i * i));
  }
  CHECK_OK(rote_isotonic(N, x, y, fit));
  size_t steps = 0;
  for (size_t i = 0; i < N; i++) {
    if (i > 0 && fit[i] != fit[i - 1]) {
      assert_true(fit[i] > fit[i - 1] && fabs(sum) < 1e-9);
      steps++;
    }
    sum += y[i] - fit[i];
    assert_true(sum > -1e-9);
  }
  assert_true(fabs(sum) < 1e-9 && steps > 10);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pools_by_hand),
      cmocka_unit_test(ties_and_holes),
      cmocka_unit_test(is_the_nearest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
