/* The recoveries of a variant from the files of their shards, as they go into study.h5: for the
 * merge that writes them and for `rote verify`, which compares. */
#ifndef ROTE_GATHER_RECOVERY_H
#define ROTE_GATHER_RECOVERY_H

#include "rote/recovery_file.h"
#include "rote/recovery_score.h"
#include "rote/score.h"
#include "rote/unit.h"

/* Who takes what is gathered; all borrowed for the call. Letters: N images of the study, R repeats,
 * K folds. */
typedef struct {
  void *context;
  /* Every shard, before what it is part of. `missing`: there is no file, for the model diverged or
   * was given up; the result is then that of rote_recovery_result_missing(). */
  rote_status (*shard)(void *context, size_t unit, const rote_recovery_file *file, bool missing);
  /* A shard of a full model. */
  rote_status (*part)(void *context, size_t model, const rote_recovery_shard *part,
                      const rote_recovery_result *result, bool missing);
  /* A full model, after its shards. */
  rote_status (*rates)(void *context, size_t model, const rote_recovery_rates *rates);
  /* The leave-out models, last. psnr [R, K, N] dB; recovered [R, K, N] 0, 1 or 255 */
  rote_status (*score)(void *context, const float *psnr, const uint8_t *recovered,
                       const rote_rank_score *score);
} rote_recovery_sink;

/** Read every shard of the variant, one in memory at a time, in the order of the units. Of
 * `setting` study, info, the number of training images, folds, directory and fingerprint are used.
 * @return ROTE_OK; what the sink returns; ROTE_DATA if a shard is damaged; ROTE_NOMEM */
rote_status rote_recovery_gather(const rote_unit_setting *setting, size_t variant,
                                 const rote_recovery_sink *sink);

#endif
