/* The run directory: who owns it and what study it holds. Rank 0 only. */
#ifndef ROTE_RUN_DIRECTORY_H
#define ROTE_RUN_DIRECTORY_H

#include "rote/run_lock.h"
#include "rote/unit.h"

#define ROTE_ARITHMETIC_LIST 32
#define ROTE_CORE_LIST 256

typedef struct {
  char path[ROTE_TEXT_MAX];
  rote_run_lock *lock;
  bool mixed;     /* a change of the arithmetic was once allowed here: both kinds are at home */
  bool unknown;   /* there is no frozen study that can be believed, or none yet */
  bool changed;   /* another study is frozen than the one that is asked for */
  char why[1500]; /* what differs, a line each */
  bool to_freeze; /* rote_run_directory_freeze() has something to write */
  char arithmetic[ROTE_ARITHMETIC_LIST], core[ROTE_CORE_LIST]; /* to be frozen */
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

/** Create or open it, take its lock, and hold the study against the frozen one. Nothing is written
 * but the lock: what differs is for rote_growth_check() to judge.
 * @return ROTE_OK; ROTE_DATA if it cannot be written, belongs to another data set, was begun with
 * another arithmetic or BLAS core, or another process runs in it; ROTE_STOPPED */
rote_status rote_run_directory_open(const char *path, const rote_run_directory_request *request,
                                    rote_run_directory *directory);

/** Freeze the study, if it is new or has changed; then DONE is removed. */
rote_status rote_run_directory_freeze(rote_run_directory *directory,
                                      const rote_run_directory_request *request);

void rote_run_directory_close(rote_run_directory *directory);

/* SHA-256 of the data set, and of the one of foreign plants, "" without. */
typedef struct {
  char own[ROTE_DIGEST_TEXT], foreign[ROTE_DIGEST_TEXT];
} rote_frozen_data;

/** What the frozen study of a directory says. Any of the last three may be NULL.
 * @param[out] study       released with rote_study_destroy(); NULL on error
 * @param[out] arithmetic  [ROTE_ARITHMETIC_LIST] names, ", " between them
 * @param[out] core        [ROTE_CORE_LIST] the same of BLAS cores
 * @return ROTE_OK; ROTE_DATA if it is missing, damaged or of an earlier version; ROTE_NOMEM */
rote_status rote_run_directory_frozen(const char *path, rote_study **study, rote_frozen_data *data,
                                      char *arithmetic, char *core);

/** Results of another arithmetic than this processor's. @return ROTE_DATA */
rote_status rote_refuse_arithmetic(const char *where, const char *there, const char *here);

#endif
