/* What the files of this room share. */
#ifndef ROTE_LEVERAGE_ROOM_H
#define ROTE_LEVERAGE_ROOM_H

#include "rote/measure.h"

/* Arrays of the rows, in the order of the table. */
enum { ROTE_LEVERAGE_GRID, ROTE_LEVERAGE_COORDINATE, ROTE_LEVERAGE_VALUE };

extern const rote_array rote_leverage_rows[];

/* p and N of the rows. */
size_t rote_leverage_components_of(const rote_options *options, const rote_data_info *info,
                                   size_t images);

rote_status rote_leverage_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_leverage_tell(const rote_told *told, rote_lines *lines);
rote_status rote_leverage_show(const rote_told *told, rote_page *page);

/** What the rank with most has of leverages of n images of d pixels, p components, on a grid; no
 * stage on a grid of one. */
rote_stage_cost rote_leverage_stage_cost(const rote_grid_shape *shape, size_t n, size_t d,
                                         size_t p);
rote_status rote_leverage_cost(const rote_cost_request *request, rote_cost *cost);

/* Its sections of rote-study(5). */
extern const rote_manual rote_leverage_manual[];

#endif
