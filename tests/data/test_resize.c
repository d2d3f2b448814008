#include "check.h"

#include "rote/memory.h"
#include "rote/resize.h"

#include <stdlib.h>
#include <string.h>

/* One image, one use of a resizer. */
static void resize(size_t channels, size_t height, size_t width, const uint8_t *from, size_t tall,
                   size_t wide, uint8_t *to)
{
  rote_resizer *resizer;
  CHECK_OK(rote_resizer_create(tall, wide, &resizer));
  CHECK_OK(rote_resize(resizer, channels, height, width, width * channels, from, to));
  rote_resizer_destroy(&resizer);
  assert_null(resizer);
}

static void equal_size_is_a_copy_by_planes(void **state)
{
  (void)state;
  uint8_t from[3 * 5 * 7], to[3 * 5 * 7];
  for (size_t i = 0; i < sizeof from; i++) {
    from[i] = (uint8_t)(i * 37);
  }
  resize(3, 5, 7, from, 5, 7, to);
  for (size_t i = 0; i < 5 * 7; i++) {
    for (size_t c = 0; c < 3; c++) {
      assert_int_equal(to[c * 35 + i], from[3 * i + c]);
    }
  }
}

static void constants_stay(void **state)
{
  (void)state;
  static uint8_t from[97 * 61], to[150 * 150];
  const size_t sides[][2] = {{1, 1}, {32, 32}, {97, 3}, {150, 150}};
  for (int level = 0; level < 256; level += 51) {
    memset(from, level, sizeof from);
    for (size_t s = 0; s < 4; s++) {
      resize(1, 97, 61, from, sides[s][0], sides[s][1], to);
      for (size_t i = 0; i < sides[s][0] * sides[s][1]; i++) {
        assert_int_equal(to[i], level);
      }
    }
  }
}

/* By the formula: centre 1, weights 3/8, 3/8, 1/8 and 1/8 beyond the edge, which is left out. */
static void halves_by_the_formula(void **state)
{
  (void)state;
  const uint8_t from[4] = {0, 70, 140, 210};
  uint8_t to[2];
  resize(1, 1, 4, from, 1, 2, to);
  assert_int_equal(to[0], (3 * 0 + 3 * 70 + 140 + 3) / 7);
  assert_int_equal(to[1], (70 + 3 * 140 + 3 * 210 + 3) / 7);
  resize(1, 4, 1, from, 2, 1, to);
  assert_int_equal(to[0], (3 * 0 + 3 * 70 + 140 + 3) / 7);
}

static void doubles_by_the_formula(void **state)
{
  (void)state;
  const uint8_t from[2] = {0, 200}, wanted[4] = {0, 50, 150, 200};
  uint8_t to[4];
  resize(1, 1, 2, from, 1, 4, to);
  assert_memory_equal(to, wanted, 4);
}

/* A resizer serves images of any size, and rows may be longer than the rectangle. */
static void is_reused(void **state)
{
  (void)state;
  static uint8_t from[40 * 40];
  uint8_t alone[6 * 6], reused[6 * 6], part[20 * 15];
  rote_resizer *resizer;
  for (size_t i = 0; i < sizeof from; i++) {
    from[i] = (uint8_t)(i * i / 7);
  }
  CHECK_OK(rote_resizer_create(6, 6, &resizer));
  CHECK_OK(rote_resize(resizer, 1, 40, 40, 40, from, reused));
  CHECK_OK(rote_resize(resizer, 1, 20, 15, 40, from + 3 * 40 + 2, reused));
  for (size_t y = 0; y < 20; y++) {
    memcpy(part + 15 * y, from + (3 + y) * 40 + 2, 15);
  }
  resize(1, 20, 15, part, 6, 6, alone);
  assert_memory_equal(alone, reused, sizeof alone);
  rote_resizer_destroy(&resizer);
}

static void survives_failed_allocations(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  const uint8_t from[9] = {0};
  uint8_t to[4];
  for (long n = 0;; n++) {
    rote_resizer *resizer = NULL;
    rote_memory_fail_at(n);
    rote_status status = rote_resizer_create(2, 2, &resizer);
    status = status == ROTE_OK ? rote_resize(resizer, 1, 3, 3, 3, from, to) : status;
    rote_memory_fail_at(-1);
    rote_resizer_destroy(&resizer);
    assert_int_equal(rote_memory_live_blocks(), before);
    if (status == ROTE_OK) {
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_size_is_a_copy_by_planes),
      cmocka_unit_test(constants_stay),
      cmocka_unit_test(halves_by_the_formula),
      cmocka_unit_test(doubles_by_the_formula),
      cmocka_unit_test(is_reused),
      cmocka_unit_test(survives_failed_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
