/* Who does what at the moment, and what failed and why: for those who look on (`rote status`). No
 * decision hangs on it. No MPI here; rank 0 only. */
#ifndef ROTE_BOARD_H
#define ROTE_BOARD_H

#include "rote/run.h"
#include "rote/unit.h"

typedef struct {
  size_t workers;
  rote_running *running; /* [workers] */
  size_t failure_count, failure_room;
  rote_failure *failure; /* one a unit */
} rote_board;

/** @param[in] host  [workers] borrowed; worker w has the rank first_rank + w */
rote_status rote_board_create(size_t workers, int first_rank, char (*host)[64], rote_board **board);
void rote_board_destroy(rote_board **board);

/** The worker has this order now. */
void rote_board_begin(rote_board *board, size_t worker, const rote_order *order);

/** So many epochs of the training it has are done. */
void rote_board_epoch(rote_board *board, size_t worker, size_t epoch);

/** It has none any more. */
void rote_board_end(rote_board *board, size_t worker);

/** Its order failed, or its worker was lost. Without memory for it, it is only in the log. */
void rote_board_failed(rote_board *board, size_t worker, const rote_order *order,
                       const char *reason, bool given_up);

#endif
