/* Handing orders to workers and taking their reports.
 *
 * The whole protocol. Rank 0 is the coordinator, ranks 1.. are workers.
 *   coordinator -> worker  TAG_ORDER   one rote_order; QUIT is the last one
 *   coordinator -> worker  TAG_STOP    empty: end what you do after this epoch or batch
 *   worker -> coordinator  TAG_REPORT  one rote_report and its floats, the answer to every order
 * but QUIT A worker has at most one order. Nobody blocks in MPI: both sides test and sleep in
 * between, so that an idle rank costs no core. */
#ifndef ROTE_FARM_H
#define ROTE_FARM_H

#include "board.h"
#include "coordinator.h"
#include "rote/run.h"

typedef struct {
  const rote_run_request *request;
  rote_queue *queue;
  rote_coordinator *coordinator;
  rote_board *board;
  const rote_unit_setting *setting;
  size_t shard;
  double started; /* seconds_now() at the start of the work */
} rote_farm;

/** Work until the queue is finished or the run is told to stop, in this process alone. */
rote_status rote_farm_alone(rote_farm *farm);

/** The same with workers. Rank 0. Afterwards every worker is idle and waits for
 * rote_farm_dismiss(). */
rote_status rote_farm_coordinate(rote_farm *farm);

/** Tell all workers to quit. Rank 0. */
rote_status rote_farm_dismiss(void);

/** Carry out orders until told to quit. Ranks 1... */
rote_status rote_farm_work(const rote_unit_setting *setting, size_t shard,
                           volatile sig_atomic_t *stop);

#endif
