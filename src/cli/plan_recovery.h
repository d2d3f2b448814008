/* What recovering from the models of a variant will cost: at most, for power iterations at
 * attractors may be shorter than they are counted. */
#ifndef ROTE_PLAN_RECOVERY_H
#define ROTE_PLAN_RECOVERY_H

#include "rote/train.h"

typedef struct {
  size_t models;
  double full_images, left_out_images; /* recovered from full models by all methods, and from
                                          leave-out models by the blind one alone */
  double flop;                         /* of all models */
  double full_seconds;                 /* an image of a full model */
  double hours;                        /* of all models, on one core */
  double bytes;                        /* that a worker allocates for it */
  double disk_bytes;                   /* shards, and once more in study.h5; at most */
} rote_plan_recovery;

/* What one image costs. */
typedef struct {
  double round_seconds, round_flop; /* of one method */
  double bytes;                     /* room of a worker */
} rote_plan_recovery_cost;

/** Measure for about `seconds`, one round of a few images of `set` at least. All 0 where nothing is
 * to be recovered. Nothing of the options under recovery.* changes the cost of a round.
 * @param[in] trainer  of the variant, holding any weights */
rote_status rote_plan_recovery_measure(const rote_trainer *trainer, const rote_data_info *info,
                                       const rote_image_set *set, double seconds,
                                       rote_plan_recovery_cost *cost);

/** Count. All 0 where nothing is to be recovered. @param[in] images  N of the study */
void rote_plan_recovery_make(const rote_options *options, const rote_data_info *info, size_t images,
                             const rote_plan_recovery_cost *cost, rote_plan_recovery *plan);

#endif
