/* Carrying out one order: train a segment, evaluate or recover a shard. The work of a worker,
 * without MPI.
 *
 * A worker writes checkpoints and snapshots itself; what it found goes back in a report, but for
 * recovered images, which are too large: their files it writes itself too. */
#ifndef ROTE_UNIT_H
#define ROTE_UNIT_H

#include "rote/digest.h"
#include "rote/importance.h"
#include "rote/label.h"
#include "rote/queue.h"
#include "rote/train.h"

typedef enum {
  ROTE_REPORT_DONE,
  ROTE_REPORT_STOPPED, /* told to stop; what was done is in the checkpoint */
  ROTE_REPORT_LOST,    /* the snapshot to work with is missing or damaged */
  ROTE_REPORT_FAILED,  /* reason says why */
} rote_report_kind;

/* Sent as bytes between ranks, followed by `count` floats. */
typedef struct {
  rote_order order;
  int32_t kind;   /* rote_report_kind */
  int32_t status; /* rote_status of a failure */
  uint32_t epoch; /* train: epochs done */
  uint32_t diverged;
  uint32_t ended;   /* train: no epoch follows, whatever the study's number of them */
  uint32_t resumes; /* times a checkpoint was read to go on */
  uint32_t count;   /* train: 2 E losses, train then held out; evaluate: 2 n, log p then effective
                       samples; recover: 0 */
  double seconds;   /* train: of the whole training; evaluate: of this shard */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* as in rote_execution */
  char host[64];
  char reason[512];
} rote_report;

/* Everything a worker needs to know of the study; borrowed. */
typedef struct {
  const rote_study *study;
  const rote_data_info *info;
  const rote_image_set *train; /* the N images of the study */
  const rote_image_set *test;
  const uint16_t *fold;    /* [R, N] or NULL */
  const char *directory;   /* run directory */
  const char *fingerprint; /* [ROTE_DIGEST_TEXT] of study and data: what files must carry */
  bool allow_cpu_change;   /* go on from files of another arithmetic; else they do not count */
  /* Asked between epochs and between batches of an evaluation: must the work end here, if what
   * comes next takes some `seconds` (0: not known)? NULL: never. */
  bool (*stop)(void *context, double seconds);
  /* Asked between the batches of an epoch: give this epoch up? Its work is lost. NULL: never. */
  bool (*abandon)(void *context);
  /* Asked before a checkpoint is written: is the training another worker's now, whose checkpoint
   * may be of a later epoch? NULL: never. */
  bool (*disowned)(void *context);
  void *context;
} rote_unit_setting;

typedef struct rote_unit_runner rote_unit_runner;

rote_status rote_unit_runner_create(const rote_unit_setting *setting, rote_unit_runner **runner);
void rote_unit_runner_destroy(rote_unit_runner **runner);

/** Floats that the longest report can have. */
size_t rote_unit_report_room(const rote_study *study, size_t shard);

/** Carry out `order`. Failures are in the report, not returned.
 * @param[out] values [rote_unit_report_room()] */
void rote_unit_run(rote_unit_runner *runner, const rote_order *order, rote_report *report,
                   float *values);

/** RUN/models/<unit>.h5, or with epoch > 0 the snapshot RUN/models/<unit>-e<epoch>.h5. */
rote_status rote_unit_model_path(const char *directory, const rote_study *study, size_t variant,
                                 size_t unit, size_t epoch, char *path);

/** RUN/results/<unit>.h5, or with epoch > 0 of the evaluation. */
rote_status rote_unit_result_path(const char *directory, const rote_study *study, size_t variant,
                                  size_t unit, size_t epoch, char *path);

#endif
