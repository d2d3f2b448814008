#include "rote/sealed_text.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "seal.h"

#include <stdio.h>
#include <string.h>

/* What stands around the 16 digits, at the very end of the file. */
static const struct {
  const char *before, *after;
} frame[] = {
    [ROTE_SEALED_PLAIN] = {"rote seal ", "\n"},
    [ROTE_SEALED_YAML] = {"# rote seal ", "\n"},
    [ROTE_SEALED_JSON] = {",\n\t\"seal\":\t\"", "\"\n}\n"},
};

enum { DIGITS = 16 };

/* The closing of an object as cJSON_Print() writes it; the seal is its last member. */
static const char json_end[] = "\n}";

rote_status rote_sealed_text_make(rote_sealed_style style, const char *text, char *all, size_t room)
{
  size_t n = strlen(text);
  char digits[DIGITS + 1];
  if (style == ROTE_SEALED_JSON) {
    const size_t end = strlen(json_end);
    if (n < end || strcmp(text + n - end, json_end) != 0) {
      return rote_fail(ROTE_INTERNAL, "JSON to be sealed is not an object of several lines");
    }
    n -= end;
  }
  rote_seal_digits(text, n, digits);
  const int length = snprintf(all, room, "%.*s%s%s%s", (int)n, text, frame[style].before, digits,
                              frame[style].after);
  return length < 0 || (size_t)length >= room
             ? rote_fail(ROTE_INTERNAL, "a sealed text does not fit into %zu bytes", room)
             : ROTE_OK;
}

rote_status rote_sealed_text_write(const char *path, rote_sealed_style style, const char *text)
{
  rote_status status = ROTE_OK;
  const size_t room = strlen(text) + 64;
  char *all = NULL;
  ROTE_TRY(rote_alloc(room, 1, &all));
  ROTE_TRY(rote_sealed_text_make(style, text, all, room));
  ROTE_TRY(rote_file_write_text(path, all));
done:
  rote_free(&all);
  return status;
}

rote_status rote_sealed_text_read(const char *path, rote_sealed_style style, char **text)
{
  rote_status status = ROTE_OK;
  char expected[64], digits[DIGITS + 1];
  char *all = NULL;
  size_t n = 0;
  const size_t tail = strlen(frame[style].before) + DIGITS + strlen(frame[style].after);
  *text = NULL;
  if (!rote_file_exists(path)) {
    return rote_fail(ROTE_DATA, "%s: there is no such file", path);
  }
  ROTE_TRY(rote_file_read(path, &all, &n));
  if (n >= tail) {
    rote_seal_digits(all, n - tail, digits);
    snprintf(expected, sizeof expected, "%s%s%s", frame[style].before, digits, frame[style].after);
  }
  if (n < tail || memcmp(all + n - tail, expected, tail) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: is damaged, cut short or edited: its closing checksum does not hold",
                       path));
  }
  if (style == ROTE_SEALED_JSON) {
    memcpy(all + n - tail, "\n}\n", 4);
  } else {
    all[n - tail] = '\0';
  }
  *text = all;
  all = NULL;
done:
  rote_free(&all);
  return status;
}
