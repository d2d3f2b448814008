/* Linear algebra in double on a grid of processes, or on one: what a measure's collective stage
 * works with (rote/measure.h). The same algorithm runs on one rank with LAPACK and on many with
 * ScaLAPACK; this is all that it sees of either.
 *
 * Matrices lie column after column and are dealt out block-cyclically: of n rows the process at
 * `row` of `rows` has those of blocks row, row + rows, ... of `block` rows each, and so with
 * columns. Its part [local columns, leading = local rows, at least 1] is what every function
 * takes. Sums depend on the grid, so bits do; the same grid gives the same bits.
 *
 * Letters: n rows and columns of a square matrix, m right-hand sides. */
#ifndef ROTE_GRID_H
#define ROTE_GRID_H

#include "rote/study.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rote_grid rote_grid;

/* All are collective among the processes of the grid, and REQUIRED. */
typedef struct {
  /* A, of which the lower triangle counts, becomes its lower Cholesky factor.
   * @param[out] definite  false: it is not positive definite, and A is destroyed */
  rote_status (*cholesky)(const rote_grid *grid, size_t n, double *a, bool *definite);
  /* B [n, m] := L^-1 B */
  rote_status (*solve)(const rote_grid *grid, size_t n, size_t m, const double *l, double *b);
  /* The `count` largest eigenvalues of A and their vectors; A is destroyed.
   * @param[out] value  [count], the smallest of them first, on all processes
   * @param[out] vector  made here, for project(); released with rote_free() */
  rote_status (*eigen)(const rote_grid *grid, size_t n, size_t count, double *a, double *value,
                       double **vector);
  /* Y [count, m] := vectors^T B [n, m] */
  rote_status (*project)(const rote_grid *grid, size_t n, size_t count, size_t m,
                         const double *vector, const double *b, double *y);
  /* Sums over all processes, in their order, on all of them. */
  rote_status (*add)(const rote_grid *grid, size_t count, double *value);
  /* All processes get the failure of the first one that failed. */
  rote_status (*agree)(const rote_grid *grid, rote_status mine);
} rote_grid_ops;

/* The shape of a grid, and the rows of the matrices that it is for. */
typedef struct {
  size_t rows, columns, size;
} rote_grid_shape;

struct rote_grid {
  const rote_grid_ops *ops;
  void *own;
  size_t rows, columns; /* of processes */
  size_t row, column;   /* the place of this one */
  size_t block;
};

/** Is it a grid that is asked for, or none? @return ROTE_OK; ROTE_DATA */
rote_status rote_grid_check(const rote_counts *asked);

/** Do all ranks compute with a matrix of `size` rows together? By the option, and for large ones.
 */
bool rote_grid_is_for(size_t size, const rote_counts *asked);

/** Processes that share the matrix, as far as that is known before a run: for forecasts. */
size_t rote_grid_processes(size_t size, const rote_counts *asked);

/** A grid for matrices of `size` rows: as square as can be, the larger side the columns, or as
 * asked (the option leverage.grid). @return ROTE_OK; ROTE_DATA if there are fewer processes or rows
 */
rote_status rote_grid_shape_of(size_t size, const rote_counts *asked, size_t processes,
                               rote_grid_shape *shape);

/** Numbers of a block: 64, or fewer where a side of the grid would have none. */
size_t rote_grid_block(const rote_grid_shape *shape);

/** One process, and LAPACK; up to 32,768 rows. */
rote_grid rote_grid_alone(void);

/** Whether this process is the first: the one that keeps results. */
bool rote_grid_is_first(const rote_grid *grid);

/** Of n rows (or columns) those that a process at `place` of `places` has. */
size_t rote_grid_local(const rote_grid *grid, size_t n, size_t place, size_t places);

/** Their numbers, rising. @param[out] index [rote_grid_local()] */
void rote_grid_indices(const rote_grid *grid, size_t n, size_t place, size_t places,
                       uint32_t *index);

/** Rows and columns of this process's part of [n, m]. */
size_t rote_grid_local_rows(const rote_grid *grid, size_t n);
size_t rote_grid_local_columns(const rote_grid *grid, size_t m);

/** Distance of two columns of a part with so many local rows: 1 where there are none. */
size_t rote_grid_leading(size_t local_rows);

#endif
