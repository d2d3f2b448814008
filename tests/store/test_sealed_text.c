#include "damage.h"
#include "rote/sealed_text.h"

static char directory[64], path[96];

static int setup(void **state)
{
  (void)state;
  make_directory(directory);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  remove_directory(directory);
  return 0;
}

static const char *const text[] = {
    [ROTE_SEALED_PLAIN] = "one line\nand another\n",
    [ROTE_SEALED_YAML] = "name: study\nseed: 3\n",
    [ROTE_SEALED_JSON] = "{\n\t\"pid\":\t17,\n\t\"units\":\t\"dd.\"\n}\n",
};

static rote_sealed_style style;

static rote_status read_back(const char *from)
{
  rote_status status = ROTE_OK;
  char *found = NULL;
  ROTE_TRY(rote_sealed_text_read(from, style, &found));
  assert_string_equal(found, text[style]);
done:
  assert_true((status == ROTE_OK) == (found != NULL));
  rote_free(&found);
  /* a directory in its place cannot be read at all */
  return status == ROTE_IO ? ROTE_DATA : status;
}

static void every_byte_counts(void **state)
{
  (void)state;
  for (int s = ROTE_SEALED_PLAIN; s <= ROTE_SEALED_JSON; s++) {
    char without_end[64];
    style = (rote_sealed_style)s;
    snprintf(path, sizeof path, "%s/text-%d", directory, s);
    snprintf(without_end, sizeof without_end, "%s", text[s]);
    if (style == ROTE_SEALED_JSON) {
      without_end[strlen(without_end) - 1] = '\0'; /* as cJSON_Print() gives it */
    }
    CHECK_OK(rote_sealed_text_write(path, style, without_end));
    damage_everywhere(path, directory, 1, read_back);
  }
}

static void json_stays_json(void **state)
{
  (void)state;
  char *bytes;
  snprintf(path, sizeof path, "%s/text.json", directory);
  CHECK_OK(rote_sealed_text_write(path, ROTE_SEALED_JSON, "{\n\t\"a\":\t1\n}"));
  CHECK_OK(rote_file_read(path, &bytes, NULL));
  assert_non_null(strstr(bytes, "{\n\t\"a\":\t1,\n\t\"seal\":\t\""));
  assert_string_equal(bytes + strlen(bytes) - 4, "\"\n}\n");
  rote_free(&bytes);
  CHECK_FAILS(rote_sealed_text_write(path, ROTE_SEALED_JSON, "{}"), ROTE_INTERNAL, "object");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_byte_counts, setup, teardown),
      cmocka_unit_test_setup_teardown(json_stays_json, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
