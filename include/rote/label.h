/* What a result or checkpoint says of itself in a line at its end, so that thousands can be known
 * without HDF5: "training base/r00-f01 <study> 100 0 fma". */
#ifndef ROTE_LABEL_H
#define ROTE_LABEL_H

#include "rote/digest.h"
#include "rote/status.h"
#include "rote/study.h"

#include <stddef.h>
#include <stdint.h>

#define ROTE_ARITHMETIC_MAX 8

typedef enum {
  ROTE_LABEL_TRAINING,
  ROTE_LABEL_EVALUATION,
  ROTE_LABEL_CHECKPOINT,
  ROTE_LABEL_RECOVERY
} rote_label_kind;

typedef struct {
  rote_label_kind kind;
  char key[ROTE_KEY_MAX];
  char study[ROTE_DIGEST_TEXT];
  size_t epoch;     /* epochs done, of a training and a checkpoint; 0 of others */
  uint8_t diverged; /* of a training */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* "fma", "base" (rote/isa.h) or "mixed"; "unknown" */
} rote_label;

/** Check the checksum of the whole file and read its label.
 * @return ROTE_OK; ROTE_DATA if it is missing, damaged or has no label; ROTE_IO; ROTE_NOMEM */
rote_status rote_label_read(const char *path, rote_label *label);

/** The label alone, whatever the rest of the file is: to show, not to believe. */
rote_status rote_label_peek(const char *path, rote_label *label);

/** The line. @param[out] text [size] */
void rote_label_text(const rote_label *label, char *text, size_t size);

/** The arithmetic of parts taken together: `all` becomes `one` if it is empty, "mixed" if they
 * differ. @param[in,out] all [ROTE_ARITHMETIC_MAX] @param[in] one  "" changes nothing */
void rote_arithmetic_add(char *all, const char *one);

#endif
