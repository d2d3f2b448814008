#include "check.h"

#include "rote/lines.h"
#include "rote/memory.h"

#include <stdio.h>
#include <string.h>

static void nothing_is_empty(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  rote_lines lines = {0};
  rote_lines_free(&lines);
  rote_lines_add(&lines, "%s", "");
  assert_int_equal(lines.status, ROTE_OK);
  assert_int_equal(lines.length, 0);
  assert_string_equal(lines.text, "");
  rote_lines_free(&lines);
  assert_null(lines.text);
  assert_int_equal(rote_memory_live_blocks(), before);
}

/* Short and long ones, so that room is made at many lengths. */
static void lines_follow_each_other(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  char expected[40000] = "";
  size_t n = 0;
  rote_lines lines = {0};
  for (int i = 0; i < 200; i++) {
    n += (size_t)snprintf(expected + n, sizeof expected - n, "%d:%*s\n", i, i, "x");
    rote_lines_add(&lines, "%d:%*s\n", i, i, "x");
    assert_int_equal(lines.length, n);
    assert_true(lines.room > lines.length);
    assert_string_equal(lines.text, expected);
  }
  assert_int_equal(lines.status, ROTE_OK);
  rote_lines_free(&lines);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void a_line_without_room_is_the_last(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  rote_lines lines = {0};
  rote_lines_add(&lines, "first\n");
  rote_memory_fail_at(0);
  rote_lines_add(&lines, "%5000s\n", "long");
  rote_memory_fail_at(-1);
  assert_int_equal(lines.status, ROTE_NOMEM);
  rote_lines_add(&lines, "third\n"); /* there would be room: but no text has a hole */
  assert_int_equal(lines.status, ROTE_NOMEM);
  assert_string_equal(lines.text, "first\n");
  assert_int_equal(lines.length, 6);
  rote_lines_free(&lines);
  assert_int_equal(rote_memory_live_blocks(), before);
  rote_lines_add(&lines, "again"); /* as good as new */
  assert_int_equal(lines.status, ROTE_OK);
  assert_string_equal(lines.text, "again");
  rote_lines_free(&lines);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_empty),
      cmocka_unit_test(lines_follow_each_other),
      cmocka_unit_test(a_line_without_room_is_the_last),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
