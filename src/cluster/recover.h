/* Recovering a shard of images from a trained autoencoder: a worker's work, and where its file is.
 * No MPI here. */
#ifndef ROTE_RECOVER_H
#define ROTE_RECOVER_H

#include "rote/recovery_file.h"
#include "rote/snapshot.h"
#include "rote/unit.h"

/** What is done with the images of a unit: everything for full models; for leave-out models the
 * blind method alone, whose PSNR is their score. */
rote_recovery_options rote_recover_options(const rote_options *options, rote_unit unit);

/** "relu/full-r00-recovery-0002". @param[out] key [ROTE_KEY_MAX] */
void rote_recover_key(const rote_variant *variant, size_t unit, size_t shard, char *key);

/** RUN/results/<unit>-recovery-<shard>.h5. */
rote_status rote_recover_path(const rote_unit_setting *setting, size_t variant, size_t unit,
                              size_t shard, char *path);

/** A file of the shard with room for its images; `file->result` is the caller's, released with
 * rote_recovery_result_destroy(). */
rote_status rote_recover_file(const rote_unit_setting *setting, size_t variant, size_t unit,
                              size_t shard, rote_recovery_file *file);

/* Room of a worker for the models of one variant. */
typedef struct rote_recoverer rote_recoverer;

/** @param[in] setting, model  borrowed */
rote_status rote_recoverer_create(const rote_unit_setting *setting, size_t variant,
                                  const rote_autoencoder *model, rote_recoverer **recoverer);
void rote_recoverer_destroy(rote_recoverer **recoverer);

/** Recover a shard and write its file. Between rounds setting->abandon is asked.
 * @param[in] w  trained parameters
 * @return ROTE_OK; ROTE_STOPPED if it was abandoned, nothing is written then; ROTE_IO; ROTE_NOMEM
 */
rote_status rote_recoverer_run(rote_recoverer *recoverer, const rote_real *w, size_t unit,
                               size_t shard);

#endif
