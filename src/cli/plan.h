/* What a study will cost, before it runs.
 *
 * Counts follow from the study. FLOP are counted and seconds taken on this core with the real code
 * on a batch of made-up images; memory is what the code allocates for the real number of images. */
#ifndef ROTE_PLAN_H
#define ROTE_PLAN_H

#include "plan_recovery.h"
#include "rote/images.h"
#include "rote/study.h"

#include <stdbool.h>

typedef struct {
  const rote_variant *variant; /* borrowed */
  size_t images;               /* N */
  size_t trainings, evaluations;
  size_t parameters;
  double flop_training, flop_evaluation; /* of all units */
  rote_plan_recovery recovery;           /* of autoencoders; all 0 for others */
  double train_seconds;    /* an image once, its share of the held-out loss included */
  double evaluate_seconds; /* an image with all its samples */
  double core_hours;       /* of all units */
  double training_hours;   /* of the longest training, on its one core */
  double memory_per_rank;  /* bytes of a worker, beyond the shared data */
  double model_bytes;      /* on disk: one checkpoint */
  double disk_bytes;       /* models that stay, results and the part of study.h5 */
  double in_flight_bytes;  /* models that come and go, for each worker */
  double smallest_p_value; /* NaN without folds */
} rote_plan_variant;

typedef struct {
  const rote_study *study; /* borrowed */
  rote_data_info info;
  size_t trainings, evaluations, recoveries;
  double flop_training, flop_evaluation, flop_recovery;
  double core_hours;
  double training_hours;      /* of the longest training: no number of tasks is faster */
  double memory_per_rank;     /* bytes */
  double memory_shared;       /* bytes of the data set, once per node */
  double disk_bytes;          /* at most, with the recommended number of tasks */
  size_t tasks;               /* beyond which more do not help: workers, and the coordinator */
  rote_plan_variant *variant; /* [study->variant_count] */
} rote_plan;

/** Count, and measure for about `seconds` in all, variants whose images cost the same only once; a
 * step of a few images each is measured in any case.
 * @param[in]  study  borrowed, must outlive the plan
 * @param[in]  info   shape and counts of the data set
 * @return ROTE_OK; ROTE_DATA if the model does not fit the images; ROTE_NOMEM */
rote_status rote_plan_make(const rote_study *study, const rote_data_info *info, double seconds,
                           rote_plan **plan);
void rote_plan_destroy(rote_plan **plan);

/** Whether so many images must reach the smallest p-value before one can be significant that it
 * deserves a warning. @param[out] least  how many */
bool rote_plan_is_weak(const rote_plan_variant *v, double *least);

#endif
