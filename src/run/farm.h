/* A study's work as orders and reports, whoever carries them out: this process alone, or workers
 * behind an office (src/cluster). */
#ifndef ROTE_FARM_H
#define ROTE_FARM_H

#include "board.h"
#include "coordinator.h"
#include "rote/run.h"

/* Where orders come from and reports go: what the coordinator's side needs to know of the work. */
typedef struct {
  /* Kind NONE if there is nothing for this worker now. `training`: also trainings, not only shards
   */
  rote_order (*next)(void *context, size_t worker, bool training);
  /* OPTIONAL: of the training that the worker has in hand so many epochs are done. */
  void (*at_epoch)(void *context, size_t worker, size_t epoch);
  /* A report that counts. @return other than ROTE_OK: the run must end */
  rote_status (*take)(void *context, size_t worker, const rote_report *report, const void *rows);
  /* The worker of this order was lost. @return other than ROTE_OK: the run must end */
  rote_status (*lost)(void *context, size_t worker, const rote_order *order);
  bool (*finished)(void *context);
  bool (*stop)(void *context); /* asked often: must the run stop? */
  double (*seconds_left)(void *context);
  void (*progress)(void *context, size_t workers, size_t busy, bool last);
  void *context;
  size_t bytes;    /* of rows that a report has at most */
  double patience; /* seconds */
  bool survive;    /* go on without lost workers, instead of stopping to be started again */
} rote_work;

/* A study's work, in this process alone or by workers. */
typedef struct {
  const rote_run_request *request;
  rote_queue *queue;
  rote_coordinator *coordinator;
  rote_board *board;
  const rote_unit_setting *setting;
  size_t shard;
  double started;  /* rote_seconds() at the start of the work */
  double deadline; /* rote_seconds() when all must be over; infinite */
  /* its own: when to look at the stop file and to show progress */
  double next_check, next_progress, work_at_start, stop_since;
  bool stopping;
  rote_queue_counts counts_at_start;
} rote_farm;

/** Work until the queue is finished or the run is told to stop, in this process alone. */
rote_status rote_farm_alone(rote_farm *farm);

/** The same as work for an office. @param[out] work  borrows `farm` */
void rote_farm_work(rote_farm *farm, rote_work *work);

/** Whether something of `seconds` (0: not known) cannot be finished in time `now`. */
bool rote_farm_no_time(double now, double deadline, double seconds);

/* Told to stop, an epoch is finished unless it takes longer than this. */
#define ROTE_STOP_GRACE 20.0

#endif
