/* What is computed from trained weights, cut into shards that any worker may take: the evaluations
 * of a VAE, one an evaluated epoch, or the recovery from an autoencoder, once it is trained.
 *
 * Letters: N training images of the study, V evaluated epochs. */
#ifndef ROTE_SNAPSHOT_H
#define ROTE_SNAPSHOT_H

#include "rote/study.h"

/** Snapshots of a unit from which something is computed: V, or 1 if images are recovered from the
 * model, or 0. */
size_t rote_snapshot_count(const rote_options *options);

/** The epoch of the v-th; of an autoencoder the last one, which training.stop_loss may bring
 * forward. */
size_t rote_snapshot_epoch(const rote_options *options, size_t v);

/* Images that are recovered together: one order, one result file. A constant, so that any run of a
 * study finds the files of any other. */
#define ROTE_RECOVERY_SHARD 64

/* A part of the images that are recovered from one model. */
typedef struct {
  bool control; /* false: of the training images of the study; true: of the test images */
  size_t first, count;
} rote_recovery_shard;

/** Shards of a unit: of all N images, whether the model was trained with them or not; full models
 * also recover recovery.control test images. 0 if the variant recovers nothing. */
size_t rote_recovery_shard_count(const rote_options *options, size_t images, rote_unit unit);

/** @param[in] shard  below rote_recovery_shard_count() */
rote_recovery_shard rote_recovery_shard_at(const rote_options *options, size_t images,
                                           size_t shard);

#endif
