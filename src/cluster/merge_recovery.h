/* The recoveries of a variant to study.h5. */
#ifndef ROTE_MERGE_RECOVERY_H
#define ROTE_MERGE_RECOVERY_H

#include "rote/study_file.h"
#include "rote/unit.h"

/** The workers are answered while results are read, and a stop is obeyed: the next run merges anew.
 */
rote_status rote_merge_go_on(const rote_unit_setting *setting);

/** Read every shard of the variant, one in memory at a time, and write images, rates and scores.
 * @param[out] execution  [units] of the shards of a unit together: the host and rank of the last */
rote_status rote_merge_recovery(const rote_unit_setting *setting, const rote_queue *queue,
                                rote_study_file *file, size_t variant, rote_execution *execution);

#endif
