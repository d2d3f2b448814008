/* Carrying out one order: train a segment, or compute the rows of a piece. The work of a worker,
 * without MPI.
 *
 * A worker writes checkpoints and snapshots itself; what it found goes back in a report, but for
 * rows of large tasks, whose files it writes itself too. */
#ifndef ROTE_UNIT_H
#define ROTE_UNIT_H

#include "rote/piece_file.h"
#include "rote/queue.h"

typedef enum {
  ROTE_REPORT_DONE,
  ROTE_REPORT_STOPPED, /* told to stop; what was done is in the checkpoint */
  ROTE_REPORT_LOST,    /* the weights to work with are missing or damaged */
  ROTE_REPORT_FAILED,  /* reason says why */
} rote_report_kind;

/* Sent as bytes between ranks, followed by `bytes` of rows. */
typedef struct {
  rote_order order;
  int32_t kind;     /* rote_report_kind */
  int32_t status;   /* rote_status of a failure */
  uint32_t epoch;   /* train: epochs done */
  uint32_t ended;   /* train: no epoch follows, whatever the study's number of them */
  uint32_t end;     /* train: rote_training_end */
  uint32_t resumes; /* times a checkpoint was read to go on */
  uint32_t unread;  /* of a failure: files of the unit could not be read; another host may do it */
  uint32_t bytes;   /* train: of the losses of `epoch` epochs; piece: of the rows, 0 if large */
  double seconds;   /* train: of the whole training; piece: of this piece */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* as in rote_execution */
  char host[64];
  char reason[512];
} rote_report;

/* The arrays of a training's result, a row an epoch. */
extern const rote_array rote_training_arrays[];
enum { ROTE_LOSS_TRAIN, ROTE_LOSS_HELD_OUT };

/* Everything a worker needs to know of the study; borrowed. */
typedef struct {
  const rote_plan *plan;
  const rote_image_set *train; /* the N images of the study */
  const rote_image_set *test;
  const uint16_t *fold;  /* [R, N] or NULL */
  const char *directory; /* run directory */
  int rank;
  bool allow_cpu_change; /* go on from files of another arithmetic; else they do not count */
  /* Asked between epochs and between batches of a piece: must the work end here, if what comes next
   * takes some `seconds` (0: not known)? NULL: never. */
  bool (*stop)(void *context, double seconds);
  /* Asked between the batches of an epoch: end within it? NULL: never. */
  bool (*abandon)(void *context);
  /* Asked before a checkpoint is written: is the training another worker's now, whose checkpoint
   * may be of a later epoch? NULL: never. */
  bool (*disowned)(void *context);
  /* Told how many epochs of a training are done: when it is taken up, and after each. NULL: nobody
   * wants to know. */
  void (*at_epoch)(void *context, size_t epoch);
  void *context;
} rote_unit_setting;

/** A variant, or with ROTE_NO_VARIANT the study, as a measure sees it. */
rote_subject_setting rote_unit_subject(const rote_unit_setting *setting, size_t variant);

typedef struct rote_unit_runner rote_unit_runner;

rote_status rote_unit_runner_create(const rote_unit_setting *setting, rote_unit_runner **runner);
void rote_unit_runner_destroy(rote_unit_runner **runner);

/** Bytes that the longest report can have. @param[in] shard  as of rote_queue_create() */
size_t rote_unit_report_room(const rote_plan *plan, size_t shard);

/** Carry out `order`. Failures are in the report, not returned.
 * @param[out] rows [rote_unit_report_room()] */
void rote_unit_run(rote_unit_runner *runner, const rote_order *order, rote_report *report,
                   void *rows);

#endif
