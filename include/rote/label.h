/* What a result or checkpoint says of itself in a line at its end, so that thousands can be known
 * without HDF5: "training base/r00-f01 <identity> 0 100 0 fma". */
#ifndef ROTE_LABEL_H
#define ROTE_LABEL_H

#include "rote/digest.h"
#include "rote/status.h"
#include "rote/study.h"

#include <stddef.h>
#include <stdint.h>

#define ROTE_ARITHMETIC_MAX 8

/* Why a training has no further epoch; 0 while it may have. */
typedef enum { ROTE_END_NOT, ROTE_END_DIVERGED, ROTE_END_STOP_LOSS } rote_training_end;

typedef struct {
  char kind[24];                        /* what made it: "training", "checkpoint", a measure */
  char key[ROTE_KEY_MAX];               /* of the unit or piece: "lr3/r03-f07-e0050" */
  char identity[ROTE_DIGEST_TEXT];      /* SHA-256 of all that determined it */
  size_t first, count;                  /* rows; of trainings and checkpoints 0 and epochs done */
  uint8_t end;                          /* of a training: rote_training_end */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* rote_isa_arithmetic() or "mixed"; "unknown" */
} rote_label;

/** Check the checksum of the whole file and read its label.
 * @return ROTE_OK; ROTE_DATA if it is missing, damaged or has no label; ROTE_IO; ROTE_NOMEM */
rote_status rote_label_read(const char *path, rote_label *label);

/** The label alone, whatever the rest of the file is: to show, not to believe. */
rote_status rote_label_peek(const char *path, rote_label *label);

/** The line. @param[out] text [size] */
void rote_label_text(const rote_label *label, char *text, size_t size);

/** Is it of this kind, unit and identity? @param[in] path  for the message
 * @return ROTE_OK; ROTE_DATA saying what it is of */
rote_status rote_label_expect(const char *path, const rote_label *label, const char *kind,
                              const char *key, const char *identity);

/** The arithmetic of parts taken together: `all` becomes `one` if it is empty, "mixed" if they
 * differ. @param[in,out] all [ROTE_ARITHMETIC_MAX] @param[in] one  "" changes nothing */
void rote_arithmetic_add(char *all, const char *one);

#endif
