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

/** Count, and measure for about `seconds` on some images of `set`. All 0 where nothing is to be
 * recovered.
 * @param[in] trainer  of the variant, holding any weights
 * @param[in] images   N of the study */
rote_status rote_plan_recovery_make(const rote_trainer *trainer, const rote_data_info *info,
                                    const rote_image_set *set, size_t images, double seconds,
                                    rote_plan_recovery *plan);

#endif
