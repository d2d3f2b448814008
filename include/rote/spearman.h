/* Rank correlation. */
#ifndef ROTE_SPEARMAN_H
#define ROTE_SPEARMAN_H

#include "rote/status.h"

#include <stddef.h>

/** Spearman's rank correlation of the pairs of which both are numbers: the correlation of their
 * ranks, ties sharing the mean of theirs. NaN with fewer than two pairs or if one side is constant.
 * @param[in] x, y  [n] @return ROTE_OK; ROTE_NOMEM */
rote_status rote_spearman(size_t n, const double *x, const double *y, double *rho);

#endif
