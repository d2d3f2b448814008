/* All results of a study through a sink: to write study.h5, or to compare it. */
#ifndef ROTE_MERGE_H
#define ROTE_MERGE_H

#include "rote/sink.h"
#include "rote/unit.h"

typedef struct {
  size_t diverged;                      /* trainings */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* of all units */
} rote_merged;

/** Put everything of a study: images and folds, losses, what every measure makes of its rows, and
 * how all was computed. Results are read one at a time. While they are read setting->stop is asked.
 * @param[in] queue  who was given up, and what must be there; NULL: what is missing is missing
 * @return ROTE_OK; ROTE_DATA if a result is damaged; ROTE_STOPPED; what the sink returns */
rote_status rote_merge(const rote_unit_setting *setting, const rote_queue *queue, rote_sink *sink,
                       rote_merged *merged);

/** Write RUN/study.h5. */
rote_status rote_merge_to_file(const rote_unit_setting *setting, const rote_queue *queue,
                               size_t *diverged);

#endif
