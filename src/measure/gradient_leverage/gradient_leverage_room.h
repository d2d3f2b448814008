#ifndef ROTE_GRADIENT_LEVERAGE_ROOM_H
#define ROTE_GRADIENT_LEVERAGE_ROOM_H

#include "rote/measure.h"

/* Rows of a full model at the end of its training: the N training images, then the test images that
 * are targets. Letter beside those of measure.h: Q numbers of a projected gradient. */
enum { ROTE_GRADIENT_LEVERAGE_PHI };
extern const rote_array rote_gradient_leverage_rows[];
extern const rote_measure rote_measure_gradient_leverage;
extern const rote_manual rote_gradient_leverage_manual[];

#define ROTE_GRADIENT_LEVERAGE_RIDGE 0.1 /* in mean eigenvalues */

rote_status rote_gradient_leverage_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_gradient_leverage_tell(const rote_told *told, rote_lines *lines);
rote_status rote_gradient_leverage_show(const rote_told *told, rote_page *page);

#endif
