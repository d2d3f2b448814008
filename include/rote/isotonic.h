/* Monotone regression. */
#ifndef ROTE_ISOTONIC_H
#define ROTE_ISOTONIC_H

#include "rote/status.h"

#include <stddef.h>

/** The non-decreasing function of x that is nearest to y in the sum of squares, at every x: pool
 * adjacent violators (Ayer et al. 1955); equal x get one value. Where either is no finite number
 * there is no prediction (NaN).
 * @param[in] x, y  [n] @param[out] fit  [n]; may be neither
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_isotonic(size_t n, const double *x, const double *y, double *fit);

#endif
