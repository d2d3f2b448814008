/* The run directory: who owns it, what study it holds, which units are finished. Rank 0 only. */
#ifndef ROTE_RUN_DIRECTORY_H
#define ROTE_RUN_DIRECTORY_H

#include "rote/images.h"
#include "rote/label.h"
#include "rote/queue.h"
#include "rote/run_lock.h"
#include "rote/study.h"
#include "rote/unit.h"

typedef struct {
  char path[ROTE_TEXT_MAX];
  rote_run_lock *lock;
  bool mixed; /* a change of the arithmetic was once allowed here: both kinds are at home */
} rote_run_directory;

typedef struct {
  const rote_study *study;
  const rote_data_info *info;
  const char *arithmetic;      /* of this run's processors, rote/isa.h */
  const char *core;            /* rote_blas_core() of them */
  bool allow_cpu_change;       /* go on where another processor began, and record it */
  bool force_unlock;           /* take the lock whoever has it */
  volatile sig_atomic_t *stop; /* as in rote_run_lock_request */
} rote_run_directory_request;

/** Create or open it, take its lock, and freeze the study in it or compare it with the frozen one.
 * A frozen study that is damaged or gone is frozen anew, unless there are results of another.
 * @return ROTE_OK; ROTE_DATA if it cannot be written, belongs to another study or data set, was
 * begun with another arithmetic or BLAS core, or another process runs in it; ROTE_STOPPED */
rote_status rote_run_directory_open(const char *path, const rote_run_directory_request *request,
                                    rote_run_directory *directory);

void rote_run_directory_close(rote_run_directory *directory);

/** What the frozen study of a directory says. Any of the last three may be NULL.
 * @param[out] study       released with rote_study_destroy(); NULL on error
 * @param[out] data        [ROTE_DIGEST_TEXT] SHA-256 of the data set
 * @param[out] arithmetic  [ROTE_ARITHMETIC_LIST] names, ", " between them
 * @param[out] core        [ROTE_CORE_LIST] the same of BLAS cores
 * @return ROTE_OK; ROTE_DATA if it is missing or damaged; ROTE_NOMEM */
#define ROTE_ARITHMETIC_LIST 32
#define ROTE_CORE_LIST 256
rote_status rote_run_directory_frozen(const char *path, rote_study **study, char *data,
                                      char *arithmetic, char *core);

/** SHA-256 of what decides results: the study and the data. @param[out] text [ROTE_DIGEST_TEXT] */
rote_status rote_run_fingerprint(const rote_study *study, const rote_data_info *info, char *text);

/** Mark in the queue what the results and snapshots on disk already hold; damaged files are named
 * and count as missing. Left-over temporary files and those of rote_run_directory_tidy() are
 * removed.
 *
 * A result is believed here if the checksum over its file holds and its label names unit and study;
 * rote_merge() checks each array again.
 * @return ROTE_OK; ROTE_DATA if results were computed with another arithmetic than `arithmetic`,
 * unless that is NULL */
rote_status rote_run_directory_scan(const rote_unit_setting *setting, const char *arithmetic,
                                    rote_queue *queue);

/** Is the result of a unit, or with epoch > 0 of that evaluation, whole and of this study?
 * @param[out] label  what it says of itself
 * @return ROTE_OK; ROTE_DATA, also if it is missing; ROTE_IO; ROTE_NOMEM */
rote_status rote_run_directory_result(const char *path, const char *fingerprint,
                                      const rote_study *study, size_t variant, size_t unit,
                                      size_t epoch, rote_label *label);

/** Remove what was on disk only for work that is done: the snapshot of the v-th evaluated epoch,
 * and when the whole unit is done its spare checkpoint. checkpoint.keep says what stays. */
void rote_run_directory_tidy(const char *path, rote_queue *queue, size_t variant, size_t unit,
                             size_t v);

#endif
