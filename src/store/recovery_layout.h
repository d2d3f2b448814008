/* The arrays of a rote_recovery_result, one line each: in the file of a shard and in study.h5. */
#ifndef ROTE_RECOVERY_LAYOUT_H
#define ROTE_RECOVERY_LAYOUT_H

#include "rote/recovery.h"
#include "study_layout.h"

typedef struct {
  rote_study_array array; /* dims of a job: I is its images */
  bool of_model;          /* false: the same for every model of a study */
  bool of_score;          /* all that is kept of a leave-out model */
} rote_recovery_array;

/* Tables end with a NULL name; `member` is the offset of the pointer to the values. */
extern const rote_recovery_array rote_recovery_arrays[];        /* in rote_recovery_result */
extern const rote_recovery_array rote_recovery_answer_arrays[]; /* in rote_recovery_answers */

/* "blind", "oracle", "iteration": groups of the methods, by rote_inverse_method. */
extern const char *const rote_recovery_groups[ROTE_INVERSE_COUNT];

/** The values of an array; NULL if the job has none. @param[in] owner  the struct of the table */
void *rote_recovery_values(const rote_recovery_array *array, const void *owner);

/** Call `visit` for every array that the result has, in a fixed order, until one fails.
 * @param[in] score_only  only those that are kept of leave-out models */
rote_status rote_recovery_each(const rote_recovery_result *result, bool score_only,
                               rote_status (*visit)(void *context, const char *group,
                                                    const rote_recovery_array *array, void *values),
                               void *context);

#endif
