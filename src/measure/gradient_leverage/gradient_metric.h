/* Leverages in the metric of projected gradients, on a grid of processes or on one (rote/grid.h):
 *
 *   h_i = phi_i^T A^-1 phi_i,   tau(z, i) = phi_z^T A^-1 phi_i,
 *   A = sum over i of phi_i phi_i^T + lambda I,
 *
 * lambda in mean eigenvalues of the sum. The rows phi are read twice: for the sum, and to be
 * multiplied. Letters: N training images, T targets, Q numbers of a row. */
#ifndef ROTE_GRADIENT_METRIC_H
#define ROTE_GRADIENT_METRIC_H

#include "projected.h"
#include "rote/grid.h"

typedef struct rote_gradient_metric rote_gradient_metric;

/* Called with rows of phi, in order and in parts; see rote_pieces_read(). */
typedef rote_status (*rote_gradient_take)(void *taker, const rote_rows *rows, bool missing);

typedef struct {
  const rote_options *options; /* the targets */
  size_t images, numbers;      /* N, Q */
  double ridge;                /* lambda */
  /* Read all rows. Every process of the grid reads them all. */
  rote_status (*read)(void *context, rote_gradient_take take, void *taker);
  void *context;
} rote_gradient_metric_problem;

/** Collective on the grid. On one process the bits depend on the BLAS core alone, on several on the
 * grid too. NaN where all gradients are 0 or some are no numbers.
 * @param[out] h   [N] on the first process; else NULL
 * @param[out] on  [N, T] the same
 * @return ROTE_OK; ROTE_DATA if rows are missing; what `read` returns, on all processes */
rote_status rote_gradient_metric_run(const rote_gradient_metric_problem *problem,
                                     const rote_grid *grid, double *h, float *on);

/** Bytes that a process of so many takes at most. */
double rote_gradient_metric_bytes(size_t numbers, size_t targets, size_t processes);

#endif
