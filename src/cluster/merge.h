/* All results of a finished study to study.h5. Rank 0 only. */
#ifndef ROTE_MERGE_H
#define ROTE_MERGE_H

#include "rote/run.h"
#include "rote/unit.h"

/** Read every result, score every evaluated epoch and write DIRECTORY/study.h5. One evaluated epoch
 * is in memory at a time. Results of units that were given up count as missing (NaN).
 * @param[out] diverged  trainings that diverged */
rote_status rote_merge(const rote_unit_setting *setting, rote_queue *queue, size_t *diverged);

#endif
