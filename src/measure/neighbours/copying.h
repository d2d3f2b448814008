/* Data copying: are samples closer to the training images than held-out images are?
 *
 * Meehan, Chaudhuri and Dasgupta 2020. L(y) is the distance from y to the nearest training image.
 * In a cell with n samples q and m held-out images p
 *   U = number of pairs with L(q) > L(p), and half of those with L(q) = L(p),
 *   Z = (U - n m / 2) / sqrt(n m (n + m + 1) / 12),
 * and C_T is the mean of Z over the cells, weighted by their shares of the held-out images. It is
 * below 0 if samples are closer than they should be. A cell counts if it has more than a share of
 * the samples, and any held-out image. */
#ifndef ROTE_COPYING_H
#define ROTE_COPYING_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

/* L and cell of some images. An L of NaN is not there. */
typedef struct {
  size_t count;
  const double *distance; /* [count] */
  const uint32_t *cell;   /* [count] below k */
} rote_copying_side;

/* Room for one call after the other. */
typedef struct rote_copying rote_copying;

/** For at most so many images on both sides together, in k cells. */
rote_status rote_copying_create(size_t images, size_t cells, rote_copying **copying);
void rote_copying_destroy(rote_copying **copying);

/** @param[in]  share  of the samples that a cell must have more of
 * @param[out] z, samples, held_out  [k] of each cell; NULL: not wanted. Z is NaN in a cell that
 * does not count
 * @return C_T; NaN if no cell counts */
double rote_copying_test(rote_copying *copying, const rote_copying_side *sample,
                         const rote_copying_side *held_out, double share, double *z,
                         uint32_t *samples, uint32_t *held_outs);

#endif
