/* What is to be done next: the plan of a study as a queue of orders. No MPI and no files here.
 *
 * A training goes in segments from one evaluated epoch to the next; each segment ends with a
 * snapshot of the weights, whose evaluation is cut into shards of images. Trainings go first, but
 * once `snapshot_bound` snapshots wait, evaluations do: that bounds the disk. A worker keeps the
 * training it has in memory. An autoencoder has no evaluated epochs: its training is one segment.
 * The order of work never decides a number. */
#ifndef ROTE_QUEUE_H
#define ROTE_QUEUE_H

#include "rote/study.h"

/* A unit that fails this often for a reason of its own is given up, and so is one whose worker is
 * lost this often without any progress in between: it may be what kills them. */
#define ROTE_UNIT_ATTEMPTS 3

typedef enum { ROTE_ORDER_NONE, ROTE_ORDER_TRAIN, ROTE_ORDER_EVALUATE } rote_order_kind;

/* Sent as bytes between ranks of one program. */
typedef struct {
  int32_t kind;
  uint32_t variant, unit; /* indices: study->variant[], rote_unit_at() */
  uint32_t epoch;         /* train until, or evaluate the snapshot of, this epoch */
  uint32_t v;             /* evaluate: index of that epoch */
  uint32_t first, count;  /* evaluate: images of the shard */
  uint32_t generation;    /* evaluate: of the snapshot; a report on an earlier one is ignored */
} rote_order;

/* State of one evaluated epoch of one unit. */
typedef enum {
  ROTE_SNAPSHOT_MISSING, /* to be trained */
  ROTE_SNAPSHOT_READY,   /* weights on disk, evaluation to do or under way */
  ROTE_SNAPSHOT_DONE,    /* evaluated, or never to be (diverged, given up) */
} rote_snapshot_state;

typedef struct {
  uint8_t *snapshot;    /* [V] rote_snapshot_state */
  uint32_t *next_image; /* [V] first image not yet handed out */
  uint32_t *left;       /* [V] images not yet reported */
  uint32_t *generation; /* [V] times the snapshot was made anew */
  bool trained;         /* the result file of the training is there */
  bool running;         /* a worker trains it now */
  bool failed;          /* given up */
  uint32_t attempts;    /* that failed */
  uint32_t losses;      /* of workers that had it, since it last came on */
  int owner;            /* worker that has it in memory; -1 */
} rote_queue_unit;

/* Counts for progress reports. */
typedef struct {
  size_t trainings, trainings_done, evaluations, evaluations_done, failed, snapshots_waiting;
} rote_queue_counts;

typedef struct {
  const rote_study *study;
  size_t images, shard; /* N, images a shard */
  size_t snapshot_bound;
  size_t *first_unit;    /* [variants + 1] where a variant's units begin */
  rote_queue_unit *unit; /* [first_unit[variants]] */
  size_t returned_count, returned_room;
  rote_order *returned; /* [returned_room] shards to hand out again */
  rote_queue_counts counts;
  bool stale;        /* a unit may have been changed through rote_queue_unit_at(): count again */
  size_t first_open; /* of all units before it there is nothing to hand out */
} rote_queue;

/** @param[in] shard  images a shard at most @param[in] workers  decides the bound on waiting
 * snapshots */
rote_status rote_queue_create(const rote_study *study, size_t images, size_t shard, size_t workers,
                              rote_queue **queue);
void rote_queue_destroy(rote_queue **queue);

const rote_queue_unit *rote_queue_look(const rote_queue *queue, size_t variant, size_t unit);

/** A unit to be filled with what is already done, before the work begins. */
rote_queue_unit *rote_queue_unit_at(rote_queue *queue, size_t variant, size_t unit);

/** Next order for a worker (numbered from 0); kind NONE if there is nothing for it now. */
rote_order rote_queue_next(rote_queue *queue, int worker);

/** The same for a worker that shall not train any more. */
rote_order rote_queue_next_shard(rote_queue *queue);

/** A training segment ended at order->epoch: its snapshot waits. `ended`: no epoch after `done`
 * will come, for the training is over: it is complete, it diverged or its loss was low enough. */
void rote_queue_trained(rote_queue *queue, const rote_order *order, bool ended, size_t done);

/** Whether a report on this order still counts: its snapshot was not lost and its unit not given up
 * since. */
bool rote_queue_wants(rote_queue *queue, const rote_order *order);

/** A shard is in that the queue wants. @return true if it was the last one of its evaluation */
bool rote_queue_evaluated(rote_queue *queue, const rote_order *order);

/** The snapshot of this order cannot be read: train it again. */
void rote_queue_snapshot_lost(rote_queue *queue, const rote_order *order);

/** The order failed; it is handed out again, until the unit has failed ROTE_UNIT_ATTEMPTS times.
 * @return true if the unit was given up now */
bool rote_queue_failed(rote_queue *queue, const rote_order *order);

/** The order did not end (its worker was told to stop): as if it had not been handed out. */
void rote_queue_return(rote_queue *queue, const rote_order *order);

/** The order's worker was lost: like rote_queue_return, until this has happened to the unit
 * ROTE_UNIT_ATTEMPTS times without any progress of it.
 * @return true if the unit was given up now */
bool rote_queue_lost(rote_queue *queue, const rote_order *order);

/** Everything trained and evaluated, or given up. */
bool rote_queue_finished(rote_queue *queue);

rote_queue_counts rote_queue_count(rote_queue *queue);

#endif
