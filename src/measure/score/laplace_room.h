/* What the two halves of laplace share. */
#ifndef ROTE_LAPLACE_ROOM_H
#define ROTE_LAPLACE_ROOM_H

#include "rote/laplace.h"

/** Rows of B: one an output, or one a position where the curvature is an outer product. */
size_t rote_laplace_rows(const rote_laplace *laplace);

#endif
