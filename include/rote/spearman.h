/* Rank correlation. */
#ifndef ROTE_SPEARMAN_H
#define ROTE_SPEARMAN_H

#include "rote/status.h"

#include <stddef.h>

/** Spearman's rank correlation of the pairs of which both are numbers: the correlation of their
 * ranks, ties sharing the mean of theirs. NaN with fewer than two pairs or if one side is constant.
 * @param[in] x, y  [n] @return ROTE_OK; ROTE_NOMEM */
rote_status rote_spearman(size_t n, const double *x, const double *y, double *rho);

/** 95 % interval of a rank correlation by Fisher's z: atanh(rho) +- 1.96 sqrt((1 + rho^2 / 2) /
 * (pairs - 3)), the standard error of Bonett and Wright 2000, for independent pairs. NaN of fewer
 * than 4 pairs, or if rho is NaN. */
void rote_spearman_interval(size_t pairs, double rho, double *low, double *high);

#endif
