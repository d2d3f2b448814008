#include "check.h"

#include "rote/memory.h"

#include <string.h>

static void memory_is_zeroed_aligned_and_counted(void **state)
{
  (void)state;
  static const size_t sizes[] = {1, 63, 64, 1000, (size_t)2 << 20, ((size_t)5 << 20) + 1};
  const long before = rote_memory_live_blocks();
  const size_t bytes = rote_memory_live_bytes();
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    for (int again = 0; again < 2; again++) { /* the second time in used memory */
      unsigned char *p = NULL;
      CHECK_OK(rote_alloc(sizes[s], 1, &p));
      assert_int_equal((uintptr_t)p % 64, 0);
      assert_int_equal(p[0], 0);
      assert_memory_equal(p, p + 1, sizes[s] - 1);
      memset(p, 0xff, sizes[s]);
      assert_int_equal(rote_memory_live_blocks(), before + 1);
      assert_int_equal(rote_memory_live_bytes() - bytes, (sizes[s] + 63) / 64 * 64);
      rote_free(&p);
      assert_null(p);
      rote_free(&p);
      assert_int_equal(rote_memory_live_blocks(), before);
      assert_int_equal(rote_memory_live_bytes(), bytes);
    }
  }
}

static void nothing_can_be_allocated_and_released(void **state)
{
  (void)state;
  double *p = NULL;
  CHECK_OK(rote_alloc(0, sizeof *p, &p));
  assert_non_null(p);
  rote_free(&p);
  CHECK_OK(rote_alloc(3, 0, &p));
  rote_free(&p);
}

static void impossible_sizes_are_refused(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  void *p = &p;
  CHECK_FAILS(rote_alloc(SIZE_MAX / 2, 3, &p), ROTE_NOMEM, "more than memory can hold");
  assert_null(p);
  CHECK_FAILS(rote_alloc(SIZE_MAX, 1, &p), ROTE_NOMEM, "more than memory can hold");
  assert_null(p);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void the_nth_allocation_fails_when_asked(void **state)
{
  (void)state;
  int *p[4] = {NULL};
  rote_memory_fail_at(2);
  CHECK_OK(rote_alloc(1, sizeof *p[0], &p[0]));
  CHECK_OK(rote_alloc(1, sizeof *p[0], &p[1]));
  CHECK_FAILS(rote_alloc(1, sizeof *p[0], &p[2]), ROTE_NOMEM, "a test asked");
  assert_null(p[2]);
  CHECK_OK(rote_alloc(1, sizeof *p[0], &p[3])); /* once only */
  rote_memory_fail_at(0);
  rote_memory_fail_at(-1);
  CHECK_OK(rote_alloc(1, sizeof *p[0], &p[2]));
  for (size_t i = 0; i < 4; i++) {
    rote_free(&p[i]);
  }
}

static void reasons_are_kept_with_their_context(void **state)
{
  (void)state;
  char text[4000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  assert_int_equal(rote_fail(ROTE_DATA, "%s: is %d", "a", 3), ROTE_DATA);
  assert_int_equal(rote_fail_context(ROTE_DATA, "in %s", "b"), ROTE_DATA);
  assert_string_equal(rote_fail_reason(ROTE_DATA), "in b: a: is 3");
  rote_fail(ROTE_IO, "%s", text); /* cut, not overrun */
  rote_fail_context(ROTE_IO, "%s", text);
  assert_true(strlen(rote_fail_reason(ROTE_IO)) < 2048);
  assert_int_equal(rote_status_exit_code(ROTE_OK), 0);
  assert_int_equal(rote_status_exit_code(ROTE_USAGE), 64);
  assert_int_equal(rote_status_exit_code(ROTE_STOPPED), 75);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zeroed_aligned_and_counted),
      cmocka_unit_test(nothing_can_be_allocated_and_released),
      cmocka_unit_test(impossible_sizes_are_refused),
      cmocka_unit_test(the_nth_allocation_fails_when_asked),
      cmocka_unit_test(reasons_are_kept_with_their_context),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
