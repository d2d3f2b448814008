/* What one process of a grid does and receives in the operations of rote/grid.h, counted from who
 * has what (derived): operations exactly as the algorithms have them, numbers received once for
 * every process that needs them and has them not, a message for every block column of each kind.
 * How a library passes them on (a ring, a tree) is not looked at. Of the eigenproblem, which
 * iterates, the leading terms.
 *
 * Letters: n rows and columns of a square matrix, m right-hand sides. */
#ifndef ROTE_GRID_WORK_H
#define ROTE_GRID_WORK_H

#include "rote/grid.h"

typedef struct {
  double flop;     /* 2 a multiply-add */
  double words;    /* numbers received, of 8 bytes */
  double messages; /* that they come in, at least */
} rote_grid_work;

/* Of all functions: @param[in] place  rows, columns, block, and the process by row and column */

/** The lower Cholesky factor: entry (i, j) is a_ij less j products, then a division. */
rote_grid_work rote_grid_cholesky_work(const rote_grid *place, size_t n);

/** L^-1 B, B [n, m]. */
rote_grid_work rote_grid_solve_work(const rote_grid *place, size_t n, size_t m);

/** V^T B, V [n, count]: every process its rows, then sums over rows of processes. */
rote_grid_work rote_grid_project_work(const rote_grid *place, size_t n, size_t count, size_t m);

/** All eigenvectors: 4/3 n^3 operations to three diagonals, with two vectors and their sums a
 * column; up to 4/3 n^3 to merge the parts of these, and 2 n^3 back. */
rote_grid_work rote_grid_eigen_work(const rote_grid *place, size_t n);

/** The lower triangle of a sum of products of `images` images, which every process can read. */
rote_grid_work rote_grid_scatter_work(const rote_grid *place, size_t n, size_t images);

/** *sum += times work */
void rote_grid_work_add(rote_grid_work *sum, double times, rote_grid_work work);

#endif
