/* results/<unit>.h5: what one finished unit found. Written once, whole, by the coordinator. */
#ifndef ROTE_RESULT_H
#define ROTE_RESULT_H

#include "rote/digest.h"
#include "rote/label.h"
#include "rote/status.h"
#include "rote/study.h"

#include <stddef.h>
#include <stdint.h>

/* How a unit was computed: never part of a result that is compared. */
typedef struct {
  char host[64];
  int32_t rank;
  uint32_t attempts;                    /* orders that ended in an error, plus one */
  uint32_t resumes;                     /* times the unit was continued from a file */
  double seconds;                       /* of work, all parts together */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* "base" or "fma" (rote/isa.h); "mixed" if it changed */
} rote_execution;

typedef struct {
  char key[ROTE_KEY_MAX];       /* "lr3/r03-f07" */
  char study[ROTE_DIGEST_TEXT]; /* SHA-256 of the study's results text and the data's SHA-256 */
  size_t epochs;                /* E of the study */
  size_t done;                  /* epochs trained: E, or fewer if it diverged or its loss
                                   was low enough (training.stop_loss) */
  uint8_t diverged;             /* 1: the loss was not finite after epoch `done` */
  float *loss_train;            /* [E] mean per image, NaN from epoch `done` on: nats, or squared
                                   errors of autoencoders */
  float *loss_held_out;         /* [E] the same; NaN where nothing is held out */
  rote_execution execution;
} rote_train_result;

typedef struct {
  char key[ROTE_KEY_MAX]; /* "lr3/r03-f07-e0050" */
  char study[ROTE_DIGEST_TEXT];
  size_t images;            /* N */
  float *log_px;            /* [N] nats */
  float *effective_samples; /* [N] */
  rote_execution execution;
} rote_evaluate_result;

rote_status rote_train_result_write(const char *path, const rote_train_result *result);

/** @param[in,out] result  key, study, epochs and arrays given by the caller; the arrays, `done`,
 * `diverged` and `execution` are filled
 * @return ROTE_OK; ROTE_DATA if the file is missing, damaged, incomplete, or of another unit or
 * study */
rote_status rote_train_result_read(const char *path, rote_train_result *result);

rote_status rote_evaluate_result_write(const char *path, const rote_evaluate_result *result);

/** Like rote_train_result_read(); key, study, images and arrays given by the caller. */
rote_status rote_evaluate_result_read(const char *path, rote_evaluate_result *result);

#endif
