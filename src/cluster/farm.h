/* Handing orders to workers and taking their reports.
 *
 * The whole protocol. Rank 0 is the coordinator, ranks 1.. are workers.
 *   coordinator -> worker  ORDER   one order_message; a worker has at most one order
 *                          ANSWER  empty: the coordinator lives
 *                          STOP    empty: end what you do after this epoch or batch
 *                          DROP    empty: you were silent for too long, others do your work now
 *                          REST    empty: no more orders come; have many times the patience
 *                          QUIT    empty: the last message; MPI_Finalize follows
 *                          LEAVE   empty: the last message; a rank may be dead, end without MPI
 *   worker -> coordinator  BEAT    one beat_message, several times within the patience, also while
 *                                  it computes; the first one at once
 *                          REPORT  one report_head and its floats, the answer to every order
 * Nobody blocks in MPI: both sides test and sleep in between, so that an idle rank costs no core
 * and a dead one stops nobody. Who hears nothing of the other side for longer than the patience
 * takes it for dead; roster.h says what the coordinator does then, a worker ends itself. Once a
 * death is suspected there is no collective call any more (rote_cluster_suspect). */
#ifndef ROTE_FARM_H
#define ROTE_FARM_H

#include "board.h"
#include "coordinator.h"
#include "rote/run.h"

typedef enum {
  TAG_ORDER = 1,
  TAG_ANSWER,
  TAG_STOP,
  TAG_DROP,
  TAG_QUIT,
  TAG_LEAVE,
  TAG_REST,
  TAG_BEAT,
  TAG_REPORT
} rote_farm_tag;

typedef struct {
  rote_order order;
  uint32_t ticket;
  double seconds_left; /* until the deadline; infinite without one */
} rote_order_message;

typedef struct {
  char host[64];
} rote_beat_message;

typedef struct {
  uint32_t ticket;
  uint32_t signalled; /* stopped because this rank got a signal; else for want of time, or told */
  rote_report report;
} rote_report_head;

/* Where orders come from and reports go: what the coordinator's side needs to know of the work. */
typedef struct {
  /* Kind NONE if there is nothing for this worker now. `training`: also trainings, not only shards
   */
  rote_order (*next)(void *context, size_t worker, bool training);
  /* A report that counts. @return other than ROTE_OK: the run must end */
  rote_status (*take)(void *context, size_t worker, const rote_report *report, const float *values);
  /* The worker of this order was lost. */
  void (*lost)(void *context, size_t worker, const rote_order *order);
  bool (*finished)(void *context);
  bool (*stop)(void *context); /* asked often: must the run stop? */
  double (*seconds_left)(void *context);
  void (*progress)(void *context, size_t workers, size_t busy, bool last);
  void *context;
  size_t floats;   /* that a report has at most */
  double patience; /* seconds */
  bool survive;    /* go on without lost workers, instead of stopping to be started again */
} rote_work;

typedef struct rote_office rote_office;

/** Rank 0: be ready for the workers' messages. @param[in] work  borrowed */
rote_status rote_office_open(const rote_work *work, rote_office **office);

/** Work until all is finished.
 * @return ROTE_OK; ROTE_STOPPED with the reason; the failure of `take` */
rote_status rote_office_run(rote_office *office);

/** All orders are carried out: the workers shall have many times the patience with
 * what rank 0 still does. */
rote_status rote_office_rest(rote_office *office);

/** Answer the workers while rank 0 does something else. @return whether that is to stop */
bool rote_office_poll(rote_office *office);

/** Tell the workers to quit, unless a death is suspected: then rote_cluster_end() does. */
void rote_office_close(rote_office **office);

/** Send every worker a last, empty message.
 * @return ROTE_OK; ROTE_STOPPED if one did not go within `seconds` */
rote_status rote_office_tell_all(rote_farm_tag tag, double seconds);

/* What a worker does. */
typedef struct {
  size_t floats;
  double patience;
  volatile sig_atomic_t *signalled;
} rote_worker_setting;

typedef struct rote_worker rote_worker;

rote_status rote_worker_create(const rote_worker_setting *setting, rote_worker **worker);
void rote_worker_destroy(rote_worker **worker);

/** Carry out orders until told to quit or to leave.
 * @return ROTE_OK; ROTE_STOPPED if the coordinator or the launcher is gone */
rote_status rote_worker_run(rote_worker *worker,
                            void (*run)(void *context, const rote_order *order, rote_report *report,
                                        float *values),
                            void *context);

/** For rote_unit_setting.stop, .abandon and .disowned; `worker` is a rote_worker. */
bool rote_worker_must_stop(void *worker, double seconds);
bool rote_worker_must_abandon(void *worker);
bool rote_worker_is_disowned(void *worker);

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
