#include "rote/label.h"

#include "seal.h"

#include <stdio.h>
#include <string.h>

static const char *const kind_name[] = {
    [ROTE_LABEL_TRAINING] = "training",
    [ROTE_LABEL_EVALUATION] = "evaluation",
    [ROTE_LABEL_CHECKPOINT] = "checkpoint",
    [ROTE_LABEL_RECOVERY] = "recovery",
};

enum { KINDS = sizeof kind_name / sizeof *kind_name };

void rote_label_text(const rote_label *label, char *text, size_t size)
{
  snprintf(text, size, "%s %s %s %zu %u %s", kind_name[label->kind], label->key, label->study,
           label->epoch, (unsigned)label->diverged,
           label->arithmetic[0] == '\0' ? "unknown" : label->arithmetic);
}

static rote_status parse(const char *path, const char *text, rote_label *label)
{
  char kind[16];
  unsigned diverged = 0;
  int used = 0, k = 0;
  /* widths: the rooms of the fields, less one */
  const bool good = sscanf(text, "%15s %127s %64s %zu %u %7s%n", kind, label->key, label->study,
                           &label->epoch, &diverged, label->arithmetic, &used) == 6 &&
                    text[used] == '\0' && diverged <= 1;
  while (good && k < KINDS && strcmp(kind_name[k], kind) != 0) {
    k++;
  }
  if (!good || k == KINDS) {
    return rote_fail(ROTE_DATA, "%s: is neither a result nor a checkpoint", path);
  }
  label->kind = (rote_label_kind)k;
  label->diverged = (uint8_t)diverged;
  return ROTE_OK;
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

void rote_arithmetic_add(char *all, const char *one)
{
  if (all[0] == '\0') {
    snprintf(all, ROTE_ARITHMETIC_MAX, "%s", one);
  } else if (one[0] != '\0' && strcmp(all, one) != 0) {
    snprintf(all, ROTE_ARITHMETIC_MAX, "mixed");
  }
}
