/* What the files of this room share. */
#ifndef ROTE_SCORE_ROOM_H
#define ROTE_SCORE_ROOM_H

#include "rote/measure.h"

/* Arrays of the rows, in the order of the table. */
enum { ROTE_SCORE_LOG_PX, ROTE_SCORE_EFFECTIVE };

#define ROTE_LOG_PX_MEANS "importance-sampled log likelihood of the image under the model"
#define ROTE_EFFECTIVE_MEANS "effective number of importance samples behind log_px"

extern const rote_array rote_score_rows[];

rote_status rote_score_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_score_tell(const rote_told *told, rote_lines *lines);

#endif
