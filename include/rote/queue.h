/* What is to be done next: a plan as a queue of orders. No MPI and no files here.
 *
 * A training goes in segments from one stage to the next; each ends with weights from which the
 * rows of tasks are computed, a piece at a time. Trainings go first, but once `snapshot_bound`
 * stages wait, pieces do: that bounds the disk. A worker keeps the training it has in memory.
 * The order of work never decides a number.
 *
 * What all ranks compute together (rote/measure.h) is never handed out: its turn comes when all
 * else is finished. A task whose measure comes after another is closed until all rows of that are
 * there, in all models, and it has been chosen what its own are. */
#ifndef ROTE_QUEUE_H
#define ROTE_QUEUE_H

#include "rote/plan.h"

/* A unit that fails this often for a reason of its own is given up, and so is one whose worker is
 * lost this often without any progress in between: it may be what kills them. */
#define ROTE_UNIT_ATTEMPTS 3

typedef enum {
  ROTE_ORDER_NONE,
  ROTE_ORDER_TRAIN,
  ROTE_ORDER_PIECE,
  ROTE_ORDER_TOGETHER, /* a piece of all rows, by all ranks at once */
} rote_order_kind;

/* Sent as bytes between ranks of one program. */
typedef struct {
  int32_t kind;
  uint32_t group, unit;  /* indices: plan->group[], a unit of it */
  uint32_t home;         /* variant in whose name the files of its model are */
  uint32_t stage;        /* of the group; of a training the one it leads to, if any */
  uint32_t epoch;        /* train until, or of the stage */
  uint32_t task;         /* PIECE: of the group */
  uint32_t first, count; /* PIECE: rows */
  uint32_t item;         /* PIECE: what its only row is of, where rows are chosen */
  uint32_t generation;   /* of the stage; a report on an earlier one is ignored */
} rote_order;

typedef enum {
  ROTE_STAGE_MISSING, /* to be trained */
  ROTE_STAGE_READY,   /* weights on disk, work with them to do or under way */
  ROTE_STAGE_DONE,    /* all tasks are done, or never to be (diverged, given up) */
} rote_stage_state;

/* Rows of a task. Those of a large one are on disk piece by piece; pieces lie between multiples of
 * `step`, where the first `have` of a cell's rows are there. */
typedef struct {
  uint32_t rows, step;
  uint32_t asked; /* rows that are to be computed: all, or as chosen */
  uint32_t next;  /* first row not yet handed out */
  uint32_t left;  /* rows not yet reported */
  uint32_t *have; /* [cells] of a large task; else NULL */
  uint32_t *item; /* [rows] where rows have been chosen, ROTE_NO_ITEM: not this one; else NULL */
} rote_queue_task;

typedef struct {
  uint8_t *stage;        /* [stages] rote_stage_state */
  uint32_t *generation;  /* [stages] times the stage was made anew */
  rote_queue_task *task; /* [tasks] */
  bool trained;          /* the result of the training is there */
  bool running;          /* a worker trains it now */
  bool failed;           /* given up */
  uint32_t attempts;     /* that failed */
  uint32_t losses;       /* of workers that had it, since it last came on */
  uint32_t epochs;       /* of its training that are done, as far as reports say */
  uint32_t home;         /* variant in whose name its files are */
  int owner;             /* worker that has it in memory; -1 */
} rote_queue_unit;

/* Counts for progress reports: of tasks all that have rows. */
typedef struct {
  size_t trainings, trainings_done, trainings_failed, tasks, tasks_done, failed, stages_waiting;
  size_t trainings_begun; /* not done, but some epochs of them are */
} rote_queue_counts;

typedef struct {
  const rote_plan *plan;
  size_t shard; /* rows of a piece where the measure does not care */
  size_t snapshot_bound;
  rote_queue_unit *unit; /* [plan->unit_count] */
  size_t *first_task;    /* [groups + 1] where those of a group begin in the next two */
  size_t *waiting;       /* [tasks of all groups] units in which the task is not done */
  bool *open;            /* [the same] its rows may be handed out */
  bool *together;        /* [the same] never: all ranks compute them together, at the end */
  size_t returned_count, returned_room;
  rote_order *returned; /* [returned_room] pieces to hand out again */
  rote_queue_counts counts;
  bool stale;        /* a unit may have been changed through rote_queue_unit_at(): count again */
  size_t first_open; /* of all units before it there is nothing to hand out */
} rote_queue;

/** @param[in] plan  borrowed @param[in] workers  decides the bound on waiting stages */
rote_status rote_queue_create(const rote_plan *plan, size_t shard, size_t workers,
                              rote_queue **queue);
void rote_queue_destroy(rote_queue **queue);

const rote_queue_unit *rote_queue_look(const rote_queue *queue, size_t group, size_t unit);

/** A unit to be filled with what is already done, before the work begins. */
rote_queue_unit *rote_queue_unit_at(rote_queue *queue, size_t group, size_t unit);

/** Most rows of a piece of a task that has so many. */
size_t rote_queue_step(const rote_measure *measure, size_t shard, size_t rows);

/** Is all there on which the rows of this task hang? Also of one that hangs on nothing. */
bool rote_queue_may_choose(rote_queue *queue, size_t group, size_t task);

/** A task with work left whose rows are to be chosen now. @return false: there is none */
bool rote_queue_choice_due(rote_queue *queue, size_t *group, size_t *task);

/** Open a task: of the rows that are not there, those with an item are handed out.
 * @param[in] item  [rows of all units of the group, one unit after the other]; NULL: all of them
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_queue_choose(rote_queue *queue, size_t group, size_t task, const uint32_t *item);

/** Next order for a worker (numbered from 0); kind NONE if there is nothing for it now. */
rote_order rote_queue_next(rote_queue *queue, int worker);

/** The same for a worker that shall not train any more. */
rote_order rote_queue_next_piece(rote_queue *queue);

/** A training segment ended at order->epoch: its stage waits. `ended`: no stage after epoch `done`
 * will come, for the training is over; but the end stands, unless it diverged. */
void rote_queue_trained(rote_queue *queue, const rote_order *order, bool ended, bool diverged,
                        size_t done);

/** Whether a report on this order still counts: its stage was not lost and its unit not given up
 * since. */
bool rote_queue_wants(rote_queue *queue, const rote_order *order);

/** Rows [first, first + count) of a large task are on disk from an earlier run; in order. */
void rote_queue_have(rote_queue *queue, size_t group, size_t unit, size_t task, size_t first,
                     size_t count);

/** All rows of a task are on disk. */
void rote_queue_have_all(rote_queue *queue, size_t group, size_t unit, size_t task);

/** After rote_queue_have...(): stages whose tasks are all there are done. */
void rote_queue_settle(rote_queue *queue, size_t group, size_t unit);

/** A piece is in that the queue wants. @return true if it was the last one of its task */
bool rote_queue_done(rote_queue *queue, const rote_order *order);

/** The weights of this order cannot be read: train them again. */
void rote_queue_stage_lost(rote_queue *queue, const rote_order *order);

/** The order failed; it is handed out again, until the unit has failed ROTE_UNIT_ATTEMPTS times.
 * @return true if the unit was given up now */
bool rote_queue_failed(rote_queue *queue, const rote_order *order);

/** The order did not end (its worker was told to stop): as if it had not been handed out. */
void rote_queue_return(rote_queue *queue, const rote_order *order);

/** The order's worker was lost: like rote_queue_return, until this has happened to the unit
 * ROTE_UNIT_ATTEMPTS times without any progress of it.
 * @return true if the unit was given up now */
bool rote_queue_lost(rote_queue *queue, const rote_order *order);

/** Everything trained and computed, or given up. */
bool rote_queue_finished(rote_queue *queue);

/** The same, but for what all ranks do together. */
bool rote_queue_farmed(rote_queue *queue);

/** What all ranks are to do together next. @return false: there is nothing */
bool rote_queue_together_due(rote_queue *queue, rote_order *order);

rote_queue_counts rote_queue_count(rote_queue *queue);

#endif
