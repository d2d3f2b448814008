/* Leverage: how far an image stands out from all others, as least squares see it.
 *
 *   h_i = 1 / N + (x_i - mean)^T (C + r I)^-1 (x_i - mean),
 *   C = sum over i of (x_i - mean)(x_i - mean)^T,   r = ridge trace(C) / D
 *
 * the diagonal of the hat matrix of a regression on all pixels with an intercept, which the ridge
 * does not touch; pixels in [0,1]. Where C + r I is singular (constant pixels, no more images than
 * pixels) its pseudo-inverse stands in its place: the space that the images span.
 *
 * Letters: N images, D pixels, p principal components. */
#ifndef ROTE_LEVERAGE_H
#define ROTE_LEVERAGE_H

#include "rote/grid.h"
#include "rote/images.h"

/* Images on their way through the grid: their width decides the bits. */
#define ROTE_LEVERAGE_PANEL 2048

typedef struct {
  const rote_image_set *images; /* borrowed; at least 2 */
  size_t pixels;                /* D */
  size_t components;            /* p, at most D and N - 1 */
  double ridge;                 /* in mean eigenvalues of C */
  /* OPTIONAL, on a grid of one only; asked every few milliseconds: must the work stop? */
  bool (*stop)(void *context);
  void *context;
} rote_leverage_problem;

/** Principal components that can be had: at most as many as asked for, D and N - 1. */
size_t rote_leverage_components(size_t asked, size_t pixels, size_t images);

/** Leverages, and the images in their leading principal components. Collective on the grid. On one
 * process the bits depend on the BLAS core alone, on several on the grid too.
 * @param[out] h           [N] on the first process; else NULL
 * @param[out] coordinate  [N, p] y = axis^T (x - mean), the largest variance first; the same
 * @return ROTE_OK; ROTE_STOPPED; ROTE_NOMEM; ROTE_DATA; ROTE_INTERNAL also if the results
 * contradict what must hold of them: variances along the axes are the eigenvalues, 0 < h <= 1 */
rote_status rote_leverage(const rote_leverage_problem *problem, const rote_grid *grid, double *h,
                          double *coordinate);

/** Bytes that a process of a grid takes at most: the matrices, the library's room for their
 * eigenvectors, and a panel of images. Only the number of images is looked at. */
double rote_leverage_bytes(const rote_leverage_problem *problem, size_t processes);

#endif
