/* study.h5: the scores of a study. Written in one go when all units are done.
 *
 * Letters: N images, V evaluated epochs, R repeats, K folds, E epochs, F full models. */
#ifndef ROTE_STUDY_FILE_H
#define ROTE_STUDY_FILE_H

#include "rote/images.h"
#include "rote/result.h"
#include "rote/score.h"
#include "rote/study.h"

typedef struct rote_study_file rote_study_file;

/* Attributes of /. Only what any run of the same study has in common, so that files can be
 * compared. */
typedef struct {
  const char *study_text; /* rote_study_text(ROTE_STUDY_RESULTS) */
  uint64_t seed;
  const char *program_version, *program_commit, *blas_core;
} rote_study_file_identity;

/** Begin `path` by the protocol of rote/file.h; nothing is at `path` before
 * rote_study_file_commit().
 * @param[in]  images  N
 * @param[in]  label  [N] of the first N training images
 * @param[in]  name   the files of these images, the first N of the list; NULL or an empty list if
 * the data set keeps none: then "train/00042" stands for the place in it
 * @param[in]  fold   [R, N]; NULL if the study has no folds
 * @param[out] file   ended by rote_study_file_commit() or rote_study_file_abort() */
rote_status rote_study_file_begin(const char *path, const rote_study *study,
                                  const rote_data_info *data,
                                  const rote_study_file_identity *identity, size_t images,
                                  const int32_t *label, const rote_text_list *name,
                                  const uint16_t *fold, rote_study_file **file);

/** Losses of a variant. @param[in] train, held_out [R, K, E]; full_train, full_held_out [F, E];
 * NULL where the study has no such models;
 * full_held_out may always be NULL, which stands for NaN */
rote_status rote_study_file_write_loss(rote_study_file *file, size_t variant, const float *train,
                                       const float *held_out, const float *full_train,
                                       const float *full_held_out);

/** One evaluated epoch of a variant. @param[in] v index of the epoch; log_px, effective_samples [R,
 * K, N]; score of N images; full_log_px, full_effective_samples [F, N]; NULL where the study has
 * none */
rote_status rote_study_file_write_epoch(rote_study_file *file, size_t variant, size_t v,
                                        const float *log_px, const float *effective_samples,
                                        const rote_score *score, const float *full_log_px,
                                        const float *full_effective_samples);

/** How the units of a variant were computed, under /execution/<variant>/.
 * @param[in] train  [units] in the order of rote_unit_at(); evaluate [V, units]; recover [units],
 * not read without recoveries */
rote_status rote_study_file_write_execution(rote_study_file *file, size_t variant,
                                            const rote_execution *train,
                                            const rote_execution *evaluate,
                                            const rote_execution *recover);

/** The attribute arithmetic of /: "fma", "base", or "mixed" if the units differ. */
rote_status rote_study_file_write_arithmetic(rote_study_file *file, const char *arithmetic);

/** Close, sync and rename. Destroys and nulls the handle, also on error.
 * @return ROTE_OK; ROTE_IO; ROTE_INTERNAL unless losses, execution and each epoch of every variant
 * are written */
rote_status rote_study_file_commit(rote_study_file **file);

/** Remove what was written; NULL-safe. */
void rote_study_file_abort(rote_study_file **file);

/** Sizes of a finished study.h5, for readers. */
typedef struct {
  size_t images, repeats, folds, epochs_evaluated;
  uint64_t seed;
  char fingerprint[ROTE_DIGEST_TEXT]; /* of the study and the data, as results carry it */
} rote_study_file_shape;

rote_status rote_study_file_read_shape(const char *path, const char *variant,
                                       rote_study_file_shape *shape);

/** Names of the images. @param[out] name  empty before; released with rote_text_list_free() */
rote_status rote_study_file_read_names(const char *path, rote_text_list *name);

/** Log likelihoods of one evaluated epoch. @param[out] log_px [R, K, N], or NULL: only the folds;
 * fold [R, N] */
rote_status rote_study_file_read_log_px(const char *path, const char *variant, size_t v,
                                        float *log_px, uint16_t *fold);

/** One score array of one evaluated epoch. @param[in] name "M", "p_value", ... @param[out] values
 * [N] */
rote_status rote_study_file_read_score(const char *path, const char *variant, size_t v,
                                       const char *name, double *values);

/** Rows of a float array of a variant: "log_px", "effective_samples", "loss/train",
 * "loss/held_out", and the same below "full/".
 * @param[in]  first, count  of the first dimension
 * @param[out] values        [count, ...] */
rote_status rote_study_file_read_rows(const char *path, const char *variant, const char *name,
                                      size_t first, size_t count, float *values);

#endif
