/* The sieve of a search for neighbours, by every table that this processor can run: it lets pass
 * all that are close enough, few others, and knows distances of whole numbers. */
#include "check.h"

#include "rote/memory.h"
#include "rote/random.h"
#include "screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const rote_distance_kernels *table[ROTE_DISTANCE_TABLES];
static size_t table_count;

static int find_tables(void **state)
{
  (void)state;
  unsetenv("ROTE_ISA");
  table_count = rote_distance_tables(table);
  return 0;
}

typedef enum { WHOLE, ENDS, PARTS, SMALL } fill;

/* Sums of four pixels, whole or not; the ends of their range; pixels in [0, 1]. */
static float *images(uint32_t item, size_t count, fill how)
{
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_WEIGHTS};
  float *x = malloc(count * sizeof *x);
  assert_non_null(x);
  rote_random_uniform(stream, item, count, x);
  for (size_t i = 0; i < count; i++) {
    x[i] = how == WHOLE  ? floorf(1021 * x[i])
           : how == ENDS ? (x[i] < 0.5f ? 0 : 1020)
                         : (how == PARTS ? 1020 : 1) * x[i];
  }
  return x;
}

static double distance(size_t numbers, const float *x, const float *y)
{
  double sum = 0;
  for (size_t d = 0; d < numbers; d++) {
    const double e = (double)x[d] - (double)y[d];
    sum += e * e;
  }
  return sum;
}

typedef struct {
  size_t numbers, m, n;
  const float *x, *y;
} shape;

/* Each distance of row i as the limit, or one: who passes? */
static void check_row(const rote_screen *screen, const shape *s, size_t i, bool whole)
{
  uint16_t column[ROTE_SCREEN_COLUMNS];
  double square[ROTE_SCREEN_COLUMNS];
  for (size_t j = 0; j < s->n; j++) {
    double exact = -1;
    square[j] = distance(s->numbers, s->x + i * s->numbers, s->y + j * s->numbers);
    assert_true(rote_screen_square(screen, i, j, &exact) == whole);
    assert_true(!whole || exact == square[j]);
  }
  for (size_t limit = 0; limit < s->n; limit++) {
    const int32_t least = rote_screen_least(screen, i, square[limit]);
    const size_t count = rote_screen_select(screen, i, least, column);
    for (size_t j = 0, at = 0; j < s->n; j++) {
      const bool passes = at < count && column[at] == j;
      assert_true(passes == rote_screen_reaches(screen, i, j, least));
      assert_true(passes || square[j] > square[limit]);
      /* of whole numbers, but for half a step of a sum: nobody else */
      assert_true(!passes || !whole || square[j] <= square[limit] + 2);
      at += passes;
    }
  }
}

static void check_shape(size_t numbers, size_t m, size_t n, fill how, bool whole)
{
  float *x = images(1, m * numbers, how), *y = images(2, n * numbers, how);
  const shape s = {numbers, m, n, x, y};
  if (how == WHOLE) { /* rows set the range */
    x[0] = 0;
    x[m * numbers - 1] = 1020;
  }
  for (size_t t = 0; t < table_count; t++) {
    rote_screen *screen;
    CHECK_OK(rote_screen_create_with(table[t], numbers, m, &screen));
    for (int again = 0; again < 2; again++) { /* the buffers may hold what was there before */
      rote_screen_rows(screen, m, x);
      rote_screen_columns(screen, n, y);
      for (size_t first = 0; first < m; first += ROTE_SCREEN_ROWS) {
        const size_t rows = m - first < ROTE_SCREEN_ROWS ? m - first : ROTE_SCREEN_ROWS;
        rote_screen_multiply(screen, first, rows);
        for (size_t i = first; i < first + rows; i += m < 20 ? 1 : 37) {
          check_row(screen, &s, i, whole);
        }
      }
    }
    rote_screen_destroy(&screen);
  }
  free(x);
  free(y);
}

/* Up to 1,000 levels lose nothing while 3/2 D 510^2 < 2^31. */
static void distances_of_whole_numbers_are_exact(void **state)
{
  (void)state;
  static const size_t numbers[] = {1, 2, 3, 15, 16, 17, 196, 255, 256, 257, 768, 3072, 5400};
  for (size_t i = 0; i < COUNT(numbers); i++) {
    check_shape(numbers[i], 13, 67, i % 2 == 0 ? WHOLE : ENDS, true);
  }
  check_shape(49, 481, 256, WHOLE, true);
}

static void nobody_close_enough_is_passed_over(void **state)
{
  (void)state;
  static const size_t numbers[] = {1, 7, 16, 190, 768, 3000};
  for (size_t i = 0; i < COUNT(numbers); i++) {
    check_shape(numbers[i], 7, 65, PARTS, false);
    check_shape(numbers[i], 7, 65, SMALL, false);
  }
  check_shape(12289, 5, 33, WHOLE, false); /* too many for steps of 1 */
}

/* With a limit of a tenth of the distances nearly nobody passes: the sieve is worth its name. */
static void few_others_pass(void **state)
{
  (void)state;
  enum { D = 768, M = 12, N = 256 };
  static const fill fills[] = {PARTS, SMALL};
  for (size_t f = 0; f < COUNT(fills); f++) {
    float *x = images(3, M * D, fills[f]), *y = images(4, N * D, fills[f]);
    for (size_t t = 0; t < table_count; t++) {
      rote_screen *screen;
      uint16_t column[ROTE_SCREEN_COLUMNS];
      CHECK_OK(rote_screen_create_with(table[t], D, M, &screen));
      rote_screen_rows(screen, M, x);
      rote_screen_columns(screen, N, y);
      rote_screen_multiply(screen, 0, M);
      for (size_t i = 0; i < M; i++) {
        double nearest = INFINITY;
        for (size_t j = 0; j < N; j++) {
          nearest = fmin(nearest, distance(D, x + i * D, y + j * D));
        }
        const int32_t least = rote_screen_least(screen, i, nearest);
        const size_t count = rote_screen_select(screen, i, least, column);
        assert_in_range(count, 1, N / 20);
      }
      rote_screen_destroy(&screen);
    }
    free(x);
    free(y);
  }
}

/* By hand: a number far beyond the range of the rows, one that is not a number, an infinite one. */
static void odd_numbers_do_no_harm(void **state)
{
  (void)state;
  const float x[] = {0, 0, 4, 0, NAN, 1}, y[] = {1e30f, 0, 0, 1, NAN, 0, 5, 0, INFINITY, 2};
  for (size_t t = 0; t < table_count; t++) {
    rote_screen *screen;
    uint16_t column[ROTE_SCREEN_COLUMNS];
    double square;
    CHECK_OK(rote_screen_create_with(table[t], 2, 3, &screen));
    rote_screen_rows(screen, 3, x);
    rote_screen_columns(screen, 5, y);
    rote_screen_multiply(screen, 0, 3);
    assert_true(rote_screen_square(screen, 0, 1, &square) && square == 1);
    assert_true(rote_screen_square(screen, 1, 1, &square) && square == 17);
    assert_false(rote_screen_square(screen, 0, 0, &square));
    assert_false(rote_screen_square(screen, 0, 2, &square));
    assert_true(rote_screen_select(screen, 0, rote_screen_least(screen, 0, INFINITY), column) == 5);
    assert_true(rote_screen_reaches(screen, 0, 1, rote_screen_least(screen, 0, 1)));
    assert_true(rote_screen_select(screen, 2, rote_screen_least(screen, 2, INFINITY), column) == 0);
    rote_screen_destroy(&screen);
  }
}

static void memory_is_what_was_said(void **state)
{
  (void)state;
  const size_t before = rote_memory_live_bytes();
  rote_screen *screen;
  CHECK_OK(rote_screen_create(768, 960, &screen));
  const size_t used = rote_memory_live_bytes() - before;
  assert_in_range(used, rote_screen_bytes(768, 960) / 10 * 9, rote_screen_bytes(768, 960));
  rote_screen_destroy(&screen);
  const long blocks = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_memory_fail_at(n);
    const rote_status status = rote_screen_create(9, 5, &screen);
    rote_memory_fail_at(-1);
    if (status == ROTE_OK) {
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(screen);
    assert_int_equal(rote_memory_live_blocks(), blocks);
  }
  rote_screen_destroy(&screen);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(distances_of_whole_numbers_are_exact),
      cmocka_unit_test(nobody_close_enough_is_passed_over),
      cmocka_unit_test(few_others_pass),
      cmocka_unit_test(odd_numbers_do_no_harm),
      cmocka_unit_test(memory_is_what_was_said),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
