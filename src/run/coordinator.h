/* The coordinator's head: takes reports, writes results, knows what is next. No MPI here; rank 0
 * only. */
#ifndef ROTE_COORDINATOR_H
#define ROTE_COORDINATOR_H

#include "rote/unit.h"

typedef struct rote_coordinator rote_coordinator;

/** @param[in] queue, setting  borrowed */
rote_status rote_coordinator_create(rote_queue *queue, const rote_unit_setting *setting,
                                    rote_coordinator **coordinator);
void rote_coordinator_destroy(rote_coordinator **coordinator);

/** Take in a report from `rank`: gather rows, write the result file of a unit that is complete,
 * hand failed orders out again. @param[in] rows  report->bytes of them
 * @return ROTE_OK; ROTE_IO if a result cannot be written: the run must end */
rote_status rote_coordinator_take(rote_coordinator *coordinator, int rank,
                                  const rote_report *report, const void *rows);

/** The worker on `rank` that had this order was lost: it is handed out again.
 * @return as rote_coordinator_choose() */
rote_status rote_coordinator_lost(rote_coordinator *coordinator, int rank, const rote_order *order);

/** Rows that hang on others are chosen if these are there. To be called before the work begins;
 * then the functions above see to it. @return ROTE_OK; ROTE_DATA if a result is damaged;
 * ROTE_STOPPED; ROTE_IO */
rote_status rote_coordinator_choose(rote_coordinator *coordinator);

/** "lr3/r03-f07" of a training, "lr3/r03-f07-e0050" of a piece. @param[out] key [ROTE_KEY_MAX] */
void rote_order_key(const rote_plan *plan, const rote_order *order, char *key);

#endif
