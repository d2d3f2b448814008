/* models/<unit>.h5: everything a training needs to go on; models/<unit>-e0050.h5: weights to
 * evaluate. Groups parameters/, adam_m/, adam_v/ hold arrays named like a PyTorch state dict. */
#ifndef ROTE_CHECKPOINT_H
#define ROTE_CHECKPOINT_H

#include "rote/digest.h"
#include "rote/label.h"
#include "rote/status.h"
#include "rote/study.h"

#include <stddef.h>
#include <stdint.h>

/* One named array of weights; rank 0 is a scalar. `data` is the caller's, row-major and contiguous.
 */
typedef struct {
  char name[96]; /* "encoder.0.weight" */
  size_t rank;
  size_t shape[4];
  float *data;
} rote_tensor;

/* A named group of arrays: "parameters", "adam_m", "adam_v". */
typedef struct {
  const char *name;
  size_t count;
  const rote_tensor *tensor; /* [count] */
} rote_tensor_group;

typedef struct {
  char key[ROTE_KEY_MAX];
  char identity[ROTE_DIGEST_TEXT]; /* SHA-256 of all that determines the training */
  uint64_t epoch;                  /* epochs done */
  uint64_t step;                   /* optimiser steps done */
  uint64_t batch;                  /* batches done of the next epoch, if it was stopped within it */
  double loss_sum;                 /* of these */
  size_t loss_count;               /* room in the two arrays: epochs of the study; 0: none */
  float *loss_train;               /* [loss_count] the first `epoch` are known */
  float *loss_held_out;            /* [loss_count] */
  uint32_t resumes;
  double seconds;
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* of the training so far, as in rote_execution */
  size_t group_count;
  const rote_tensor_group *group; /* [group_count] */
} rote_checkpoint;

/** Write by the protocol of rote/file.h. @param[in] previous  where an existing file is kept; NULL:
 * replaced */
rote_status rote_checkpoint_write(const char *path, const char *previous,
                                  const rote_checkpoint *checkpoint);

/** Read into the arrays that `checkpoint` names; key, identity, groups and shapes must agree,
 * and there must be room for the losses of its epochs. A snapshot reader asks for the group
 * "parameters" alone and may pass loss_count 0.
 * @return ROTE_OK; ROTE_DATA if missing, damaged, or of another unit, training or architecture (the
 * arrays may then be partly overwritten: read again or start again) */
rote_status rote_checkpoint_read(const char *path, rote_checkpoint *checkpoint);

/** Is it whole, complete and of this training? The arrays are not read. Also for a snapshot.
 * @param[out] epoch  epochs done
 * @return as rote_checkpoint_read() */
rote_status rote_checkpoint_check(const char *path, const char *key, const char *identity,
                                  size_t *epoch);

#endif
