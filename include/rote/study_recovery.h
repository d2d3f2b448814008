/* What was recovered, in study.h5: <variant>/recovery/. Written and read.
 *
 * Letters: N images of the study, Q control images, R repeats, K folds, F full models, T rounds of
 * the curves. */
#ifndef ROTE_STUDY_RECOVERY_H
#define ROTE_STUDY_RECOVERY_H

#include "rote/recovery.h"
#include "rote/recovery_score.h"
#include "rote/score.h"
#include "rote/study_file.h"

/** Begin the recovery of a variant, before any other part of it. @param[in] curve, round  T and the
 * rounds [T] */
rote_status rote_study_recovery_begin(rote_study_file *file, size_t variant,
                                      const rote_options *options, const rote_data_info *info,
                                      size_t curve, const size_t *round);

/** A part of what came back from a full model.
 * @param[in] control  of the control images, or of the images of the study
 * @param[in] first    index of its first image
 * @param[in] missing  from rote_recovery_result_missing(): what does not depend on the model is
 * written for the first model alone */
rote_status rote_study_recovery_write(rote_study_file *file, size_t variant, size_t model,
                                      bool control, size_t first,
                                      const rote_recovery_result *result, bool missing);

/** Rates of a full model, once. */
rote_status rote_study_recovery_write_rates(rote_study_file *file, size_t variant, size_t model,
                                            const rote_recovery_rates *rates);

/** The leave-out score of a variant, once. @param[in] psnr [R, K, N] dB; recovered [R, K, N] 0, 1,
 * or 255 */
rote_status rote_study_recovery_write_score(rote_study_file *file, size_t variant,
                                            const float *psnr, const uint8_t *recovered,
                                            const rote_rank_score *score);

/** Rates of a full model from a finished study.h5. Numbers of images and of recovered ones are not
 * filled. */
rote_status rote_study_recovery_read_rates(const char *path, const char *variant, size_t model,
                                           rote_recovery_rates *rates);

/** One array of the leave-out score. @param[in] name "psnr_gain", ... @param[out] values [N] */
rote_status rote_study_recovery_read_score(const char *path, const char *variant, const char *name,
                                           double *values);

/* A finished study.h5 beside what it must hold: the counterparts of the functions that write it.
 * Opaque. */
typedef struct rote_study_recovery_check rote_study_recovery_check;

/* Called for every array, or part of one, that was compared. @param[in] array  "recovery/..." below
 * the variant @param[in] same  bit by bit, but that any NaN is as good as another in doubles */
typedef void (*rote_study_recovery_compared)(void *context, const char *array, size_t numbers,
                                             bool same);

/** @param[in] images  N @param[in] variant, compared, context  borrowed
 * @param[out] check  ended by rote_study_recovery_check_end()
 * @return ROTE_OK; ROTE_DATA if the file is damaged; ROTE_NOMEM. Those below also ROTE_DATA if an
 * array is missing or has another shape */
rote_status rote_study_recovery_check_begin(const char *path, const rote_variant *variant,
                                            const rote_data_info *info, size_t images,
                                            rote_study_recovery_compared compared, void *context,
                                            rote_study_recovery_check **check);
void rote_study_recovery_check_end(rote_study_recovery_check **check);

/** Arguments as of rote_study_recovery_write(). What does not depend on the model is not looked at
 * where the model is missing. */
rote_status rote_study_recovery_check_part(rote_study_recovery_check *check, size_t model,
                                           bool control, size_t first,
                                           const rote_recovery_result *result, bool missing);

/** As of rote_study_recovery_write_rates(). */
rote_status rote_study_recovery_check_rates(rote_study_recovery_check *check, size_t model,
                                            const rote_recovery_rates *rates);

/** As of rote_study_recovery_write_score(). */
rote_status rote_study_recovery_check_score(rote_study_recovery_check *check, const float *psnr,
                                            const uint8_t *recovered, const rote_rank_score *score);

#endif
