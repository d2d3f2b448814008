/* The grid of rote/grid.h over the first ranks of the job, by ScaLAPACK. */
#ifndef ROTE_GRID_SCALAPACK_H
#define ROTE_GRID_SCALAPACK_H

#include "rote/grid.h"

/** Collective over all ranks. Ranks fill the grid row by row. Blocks are so small that no process
 * is without rows or columns.
 * @param[out] here  whether this rank has a place; if not the grid must not be used
 * @return ROTE_OK; ROTE_INTERNAL */
rote_status rote_scalapack_open(const rote_grid_shape *shape, rote_grid *grid, bool *here);

/** Collective among the ranks of the grid; harmless elsewhere. */
void rote_scalapack_close(rote_grid *grid);

#endif
