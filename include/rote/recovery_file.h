/* results/<unit>-recovery-<shard>.h5: what came back of some images. Written once, whole, by the
 * worker that recovered them: images are too large for messages. */
#ifndef ROTE_RECOVERY_FILE_H
#define ROTE_RECOVERY_FILE_H

#include "rote/recovery.h"
#include "rote/result.h"

typedef struct {
  char key[ROTE_KEY_MAX];       /* "relu/full-r00-recovery-0002" */
  char study[ROTE_DIGEST_TEXT]; /* as in rote_train_result */
  size_t channels, height, width;
  bool score_only; /* a leave-out model: PSNR, identified and recovered alone are kept */
  rote_recovery_result *result; /* borrowed */
  rote_execution execution;
} rote_recovery_file;

/** Write by the protocol of rote/file.h. Arrays of the result that are NULL are left out, and
 * `trained` always is. */
rote_status rote_recovery_file_write(const char *path, const rote_recovery_file *file);

/** @param[in,out] file  all but `execution` given by the caller; the arrays that are not NULL are
 * filled, with score_only those that were kept
 * @return ROTE_OK; ROTE_DATA if the file is missing, damaged, incomplete, or of another unit or
 * study */
rote_status rote_recovery_file_read(const char *path, rote_recovery_file *file);

/** Fill a result for a model that does not exist, for it diverged or was given up: NaN, 255 where
 * the answer is yes or no, black images, and the largest index for the nearest. */
void rote_recovery_result_missing(rote_recovery_result *result, size_t channels);

#endif
