#include "check.h"

#include "rote/escape.h"
#include "rote/memory.h"

#include <stdio.h>
#include <string.h>

static void check(const char *text, const char *wanted)
{
  char out[128];
  assert_int_equal(rote_escape(text, out, sizeof out), strlen(wanted));
  assert_string_equal(out, wanted);
}

static void keeps_text(void **state)
{
  (void)state;
  static const char *const texts[] = {"",
                                      "000001.jpg",
                                      "a b %41 'c' \"d\"",
                                      "caf\xC3\xA9",
                                      "\xE2\x82\xAC",
                                      "\xF0\x9F\x98\x80",
                                      "\xED\x9F\xBF",
                                      "\xEF\xBF\xBF",
                                      "\xF4\x8F\xBF\xBF",
                                      "\xC2\xA0"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    check(texts[i], texts[i]);
  }
}

static void escapes_what_is_no_text(void **state)
{
  (void)state;
  check("caf\xE9.png", "caf\\xe9.png");
  check("a\\b", "a\\\\b");
  check("\\xe9", "\\\\xe9"); /* not the same as the byte */
  check("a\nb\x7F", "a\\x0a"
                    "b\\x7f");
  check("\xC2\x85", "\\xc2\\x85");                   /* U+0085, a control character */
  check("\xC0\xAF", "\\xc0\\xaf");                   /* overlong */
  check("\xE0\x80\xAF", "\\xe0\\x80\\xaf");          /* overlong */
  check("\xED\xA0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
  check("\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* beyond U+10FFFF */
  check("\xE2\x82", "\\xe2\\x82");                   /* cut short */
  check("\xFF", "\\xff");
}

/* Every text has an escape of its own: undo it for all texts of up to three of these bytes. */
static void can_be_undone(void **state)
{
  (void)state;
  static const char bytes[] = "\\xe9a\n\xC3\xA9\xE2\x82\xAC\xFF";
  const size_t n = sizeof bytes - 1;
  for (size_t i = 0; i < n * n * n; i++) {
    const char text[] = {bytes[i % n], bytes[i / n % n], bytes[i / n / n], '\0'};
    char out[16], back[16];
    size_t length = 0;
    rote_escape(text, out, sizeof out);
    for (const char *c = out; *c != '\0'; length++) {
      unsigned byte = (unsigned char)*c;
      if (*c == '\\' && c[1] == 'x') {
        assert_int_equal(sscanf(c, "\\x%2x", &byte), 1);
      }
      c += *c != '\\' ? 1 : c[1] == 'x' ? 4 : 2;
      back[length] = (char)byte;
    }
    back[length] = '\0';
    assert_string_equal(back, text);
  }
}

static void cuts_between_characters(void **state)
{
  (void)state;
  char out[6];
  assert_int_equal(rote_escape("abc\xC3\xA9\xC3\xA9", out, sizeof out), 7);
  assert_string_equal(out, "abc\xC3\xA9");
  assert_int_equal(rote_escape("ab\xFFz", out, sizeof out), 7);
  assert_string_equal(out, "ab"); /* nothing behind what did not fit */
}

static void appends_to_a_list(void **state)
{
  (void)state;
  rote_text_list list = {.count = 0};
  size_t escaped = 0;
  CHECK_OK(rote_escape_add(&list, "plain", &escaped));
  CHECK_OK(rote_escape_add(&list, "\xFF\xFF", &escaped));
  assert_int_equal(escaped, 1);
  assert_string_equal(rote_text_list_get(&list, 0), "plain");
  assert_string_equal(rote_text_list_get(&list, 1), "\\xff\\xff");
  rote_memory_fail_at(0);
  assert_int_equal(rote_escape_add(&list, "more", &escaped), ROTE_NOMEM);
  rote_memory_fail_at(-1);
  assert_int_equal(list.count, 2);
  rote_text_list_free(&list);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keeps_text),        cmocka_unit_test(escapes_what_is_no_text),
      cmocka_unit_test(can_be_undone),     cmocka_unit_test(cuts_between_characters),
      cmocka_unit_test(appends_to_a_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
