/* The arrays of study.h5 that belong to no measure. */
#ifndef ROTE_STUDY_ARRAYS_H
#define ROTE_STUDY_ARRAYS_H

#include "rote/sink.h"

enum {
  ROTE_STUDY_IMAGE,
  ROTE_STUDY_REPEAT,
  ROTE_STUDY_LABEL,
  ROTE_STUDY_NAME,
  ROTE_STUDY_PLANTED,
  ROTE_STUDY_COPIES,
  ROTE_STUDY_ORIGINAL,
  ROTE_STUDY_FOLD,
  ROTE_STUDY_FOLD_NUMBER,
  ROTE_STUDY_TRAINING_EPOCH,
  ROTE_STUDY_FULL_MODEL,
  ROTE_STUDY_UNIT,
};
extern const rote_array rote_study_arrays[];

enum {
  ROTE_LOSSES_TRAIN,
  ROTE_LOSSES_HELD_OUT,
  ROTE_LOSSES_FULL_TRAIN,
  ROTE_LOSSES_FULL_HELD_OUT,
};
extern const rote_array rote_loss_arrays[];  /* of VAEs */
extern const rote_array rote_error_arrays[]; /* of autoencoders */

/* Members of rote_execution; their dimensions are the caller's. */
extern const rote_array rote_execution_arrays[];

#endif
