/* The run directory: who owns it, what study it holds, which units are finished. Rank 0 only. */
#ifndef ROTE_RUN_DIRECTORY_H
#define ROTE_RUN_DIRECTORY_H

#include "rote/images.h"
#include "rote/queue.h"
#include "rote/study.h"
#include "rote/unit.h"

typedef struct {
  char path[ROTE_TEXT_MAX];
  int lock; /* file descriptor, -1 */
} rote_run_directory;

/** Create or open it, take its lock, and freeze the study in it or compare it with the frozen one.
 * @return ROTE_OK; ROTE_DATA if it cannot be written, belongs to another study or data set, or
 * another process runs in it */
rote_status rote_run_directory_open(const char *path, const rote_study *study,
                                    const rote_data_info *info, rote_run_directory *directory);

void rote_run_directory_close(rote_run_directory *directory);

/** SHA-256 of what decides results: the study and the data. @param[out] text [ROTE_DIGEST_TEXT] */
rote_status rote_run_fingerprint(const rote_study *study, const rote_data_info *info, char *text);

/** Mark in the queue what the results and snapshots on disk already hold; damaged files are named
 * and count as missing. Left-over temporary files and those of rote_run_directory_tidy() are
 * removed. */
rote_status rote_run_directory_scan(const rote_unit_setting *setting, rote_queue *queue);

/** Remove what was on disk only for work that is done: the snapshot of the v-th evaluated epoch,
 * and when the whole unit is done its spare checkpoint. checkpoint.keep says what stays. */
void rote_run_directory_tidy(const char *path, rote_queue *queue, size_t variant, size_t unit,
                             size_t v);

#endif
