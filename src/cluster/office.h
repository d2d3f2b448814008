/* Handing orders to workers and taking their reports.
 *
 * The whole protocol. Rank 0 is the coordinator, ranks 1.. are workers.
 *   coordinator -> worker  ORDER   one order_message; a worker has at most one order. One of kind
 *                                  TOGETHER is carried out by all ranks at once, in collective
 *                                  calls during which nobody is listened to, and has no report
 *                          ANSWER  empty: the coordinator lives
 *                          STOP    empty: end what you do after this epoch or batch
 *                          DROP    empty: you were silent for too long, others do your work now
 *                          REST    empty: no more orders come; have many times the patience
 *                          QUIT    empty: the last message; MPI_Finalize follows
 *                          LEAVE   empty: the last message; a rank may be dead, end without MPI
 *   worker -> coordinator  BEAT    one beat_message, several times within the patience, also while
 *                                  it computes, with the epoch of its training; the first at once
 *                          REPORT  one report_head and its rows, the answer to every order
 * Nobody blocks in MPI: both sides test and sleep in between, so that an idle rank costs no core
 * and a dead one stops nobody. Who hears nothing of the other side for longer than the patience
 * takes it for dead; roster.h says what the coordinator does then, a worker ends itself. Once a
 * death is suspected there is no collective call any more (rote_cluster_suspect). */
#ifndef ROTE_OFFICE_H
#define ROTE_OFFICE_H

#include "farm.h"

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
  uint32_t ticket; /* of the order in hand; 0: none */
  uint32_t epoch;  /* of its training that are done */
} rote_beat_message;

typedef struct {
  uint32_t ticket;
  uint32_t signalled; /* stopped because this rank got a signal; else for want of time, or told */
  rote_report report;
} rote_report_head;

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

/** Send all workers an order that they carry out together with rank 0, and do not report on. None
 * may be lost. @return ROTE_OK; ROTE_STOPPED if one is */
rote_status rote_office_gather(rote_office *office, const rote_order *order);

/** After that: nobody could be heard of meanwhile. */
void rote_office_disperse(rote_office *office);

/** Tell the workers to quit, unless a death is suspected: then rote_cluster_end() does. */
void rote_office_close(rote_office **office);

/** Send every worker a last, empty message.
 * @return ROTE_OK; ROTE_STOPPED if one did not go within `seconds` */
rote_status rote_office_tell_all(rote_farm_tag tag, double seconds);

/* What a worker does. */
typedef struct {
  size_t bytes; /* of rows that a report has at most */
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
                                        void *rows),
                            void *context);

/** For rote_unit_setting.stop, .abandon, .disowned and .at_epoch; `worker` is a rote_worker. */
bool rote_worker_must_stop(void *worker, double seconds);
bool rote_worker_must_abandon(void *worker);
bool rote_worker_is_disowned(void *worker);
void rote_worker_at_epoch(void *worker, size_t epoch);

#endif
