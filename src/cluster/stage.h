/* What all ranks compute together, when all other work is done. */
#ifndef ROTE_STAGE_H
#define ROTE_STAGE_H

#include "office.h"
#include "rote/unit.h"
#include "watch.h"

/** Carry out an order of kind TOGETHER: rank 0 writes its rows to the run directory. Collective;
 * ranks that have no place on the grid wait asleep. If a rank dies in it the others would wait for
 * ever, and nobody hears of a signal: watch.h ends them.
 * @return ROTE_OK; the same failure on all ranks */
rote_status rote_stage_run(const rote_unit_setting *setting, const rote_order *order,
                           const rote_watch_setting *watch);

/** Rank 0: all that the queue has of such work, one after the other.
 * @param[in] office  whose workers wait; NULL if there are none */
rote_status rote_stages_run(const rote_unit_setting *setting, rote_queue *queue,
                            rote_office *office, const rote_watch_setting *watch);

#endif
