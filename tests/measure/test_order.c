/* The largest numbers: against counting who is larger. */
#include "check.h"

#include "rote/order.h"
#include "rote/random.h"

#include <math.h>
#include <stdbool.h>

enum { N = 200 };

/* How many come before i: the larger ones, the equal ones of lower place, and of NaN all numbers.
 */
static size_t before(const double *x, size_t i)
{
  size_t count = 0;
  for (size_t j = 0; j < N; j++) {
    const bool same = x[j] == x[i] || (isnan(x[j]) && isnan(x[i]));
    count += same ? j < i : isnan(x[i]) || x[j] > x[i];
  }
  return count;
}

static void puts_the_largest_first(void **state)
{
  (void)state;
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_WEIGHTS};
  uint32_t word[N];
  double x[N];
  size_t place[N], few[7];
  rote_random_words(stream, 0, N, word);
  for (size_t i = 0; i < N; i++) { /* many of them equal */
    x[i] = word[i] % 9 == 0 ? (double)NAN : word[i] % 10 == 0 ? (double)INFINITY : word[i] % 20;
  }
  CHECK_OK(rote_order_largest(N, x, N, place));
  for (size_t k = 0; k < N; k++) {
    assert_int_equal(before(x, place[k]), k);
  }
  CHECK_OK(rote_order_largest(N, x, 7, few));
  assert_memory_equal(few, place, sizeof few);
  CHECK_OK(rote_order_largest(0, NULL, 0, NULL));
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(puts_the_largest_first)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
