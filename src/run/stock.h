/* What a run directory already holds of a plan, and what in it is not needed any more. Rank 0 only.
 */
#ifndef ROTE_STOCK_H
#define ROTE_STOCK_H

#include "rote/unit.h"
#include "run_directory.h"

/** Mark in the queue what results and weights on disk already hold; damaged files are named and
 * count as missing. Nothing is changed on disk.
 *
 * A result is believed here if the checksum over its file holds and its label is what the plan
 * says; rote_merge() checks each array again.
 * @param[in] arithmetic  NULL: any
 * @return ROTE_OK; ROTE_DATA if results were computed with another arithmetic; ROTE_IO if one
 * cannot be read, which says nothing about it */
rote_status rote_stock_take(const rote_unit_setting *setting, const char *arithmetic,
                            rote_queue *queue);

/** Remove left-over temporary files, and what the last run may have died before it tidied. */
void rote_stock_clean(const rote_unit_setting *setting, rote_queue *queue);

/** Remove what was on disk only for work that is done: snapshots, and when all is done that is
 * computed from a model its spare checkpoint. checkpoint.keep says what stays. */
void rote_stock_tidy(const rote_unit_setting *setting, rote_queue *queue, size_t group,
                     size_t unit);

/** A study may change into one that uses all that is finished of the old one, and needs nothing
 * anew that was finished: then it grows.
 * @param[in] queue  as rote_stock_take() left it
 * @return ROTE_OK; ROTE_DATA naming what differs and what would be thrown away */
rote_status rote_growth_check(const rote_unit_setting *setting, const rote_run_directory *directory,
                              const rote_queue *queue);

#endif
