/* What the files of this room share. */
#ifndef ROTE_SCORE_ROOM_H
#define ROTE_SCORE_ROOM_H

#include "rote/measure.h"

/* Arrays of the rows, in the order of the table. */
enum { ROTE_SCORE_LOG_PX, ROTE_SCORE_EFFECTIVE, ROTE_SCORE_PARETO };

#define ROTE_LOG_PX_MEANS "importance-sampled log likelihood of the image under the model"
#define ROTE_EFFECTIVE_MEANS "effective number of importance samples behind log_px"

#define ROTE_PARETO_MEANS                                                                          \
  "Pareto shape of the largest importance weights behind log_px; above 0.7 they are not to be "    \
  "trusted"

extern const rote_array rote_score_rows[];

/** Does a model evaluate an image? It does if the image was held out from it, or if it is one of
 * the evaluation.held_in others of the repeat that were chosen for the image: every choice of so
 * many equally likely, a function of seed, repeat and image. Full models evaluate all images.
 * @param[in] fold  [R, N]; may be NULL for full models and without held_in */
bool rote_score_is_asked(const rote_options *options, const uint16_t *fold, size_t images,
                         rote_unit unit, size_t image);

rote_status rote_score_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_score_tell(const rote_told *told, rote_lines *lines);

#endif
