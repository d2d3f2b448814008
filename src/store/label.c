#include "rote/label.h"

#include "seal.h"

#include <stdio.h>
#include <string.h>

void rote_label_text(const rote_label *label, char *text, size_t size)
{
  snprintf(text, size, "%s %s %s %zu %zu %u %s", label->kind, label->key, label->identity,
           label->first, label->count, (unsigned)label->end,
           label->arithmetic[0] == '\0' ? "unknown" : label->arithmetic);
}

static rote_status parse(const char *path, const char *text, rote_label *label)
{
  unsigned end = 0;
  int used = 0;
  /* widths: the rooms of the fields, less one */
  const bool good =
      sscanf(text, "%23s %127s %64s %zu %zu %u %7s%n", label->kind, label->key, label->identity,
             &label->first, &label->count, &end, label->arithmetic, &used) == 7 &&
      text[used] == '\0' && end <= ROTE_END_STOP_LOSS;
  label->end = (uint8_t)end;
  return good ? ROTE_OK
              : rote_fail(ROTE_DATA, "%s: is neither a result nor a checkpoint of this version",
                          path);
}

static rote_status read_by(rote_status (*get)(const char *path, char *text), const char *path,
                           rote_label *label)
{
  rote_status status = ROTE_OK;
  char text[ROTE_LABEL_MAX];
  ROTE_TRY(get(path, text));
  ROTE_TRY(parse(path, text, label));
done:
  return status;
}

rote_status rote_label_read(const char *path, rote_label *label)
{
  return read_by(rote_seal_check_label, path, label);
}

rote_status rote_label_peek(const char *path, rote_label *label)
{
  return read_by(rote_seal_peek_label, path, label);
}

rote_status rote_label_expect(const char *path, const rote_label *label, const char *kind,
                              const char *key, const char *identity)
{
  if (strcmp(label->kind, kind) != 0 || strcmp(label->key, key) != 0) {
    return rote_fail(ROTE_DATA, "%s: is of the unit %s, not of %s", path, label->key, key);
  }
  return strcmp(label->identity, identity) == 0
             ? ROTE_OK
             : rote_fail(ROTE_DATA, "%s: is of another study or other data", path);
}

void rote_arithmetic_add(char *all, const char *one)
{
  if (all[0] == '\0') {
    snprintf(all, ROTE_ARITHMETIC_MAX, "%s", one);
  } else if (one[0] != '\0' && strcmp(all, one) != 0) {
    snprintf(all, ROTE_ARITHMETIC_MAX, "mixed");
  }
}
