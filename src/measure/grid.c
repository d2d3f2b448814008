/* Who has what on a grid of processes, and the grid of one. */
#include "rote/grid.h"

#include "eigen.h"
#include "lapack.h"
#include "rote/components.h"
#include "rote/kernels.h"
#include "rote/memory.h"

#include <cblas.h>
#include <math.h>

/* LAPACK counts entries of a matrix in 32 bits here and there. */
#define ALONE_MAX 32768
#define BLOCK 64
#define ASSUMED_RANKS 4

size_t rote_grid_block(const rote_grid_shape *shape)
{
  const size_t side = shape->rows > shape->columns ? shape->rows : shape->columns;
  return shape->size / side < BLOCK ? shape->size / side : BLOCK;
}

bool rote_grid_is_first(const rote_grid *grid)
{
  return grid->row == 0 && grid->column == 0;
}

size_t rote_grid_local(const rote_grid *grid, size_t n, size_t place, size_t places)
{
  const size_t whole = n / grid->block, rest = n % grid->block, extra = whole % places;
  return whole / places * grid->block + (place < extra ? grid->block : place == extra ? rest : 0);
}

void rote_grid_indices(const rote_grid *grid, size_t n, size_t place, size_t places,
                       uint32_t *index)
{
  const size_t count = rote_grid_local(grid, n, place, places);
  for (size_t i = 0; i < count; i++) {
    index[i] = (uint32_t)((i / grid->block * places + place) * grid->block + i % grid->block);
  }
}

size_t rote_grid_local_rows(const rote_grid *grid, size_t n)
{
  return rote_grid_local(grid, n, grid->row, grid->rows);
}

size_t rote_grid_local_columns(const rote_grid *grid, size_t m)
{
  return rote_grid_local(grid, m, grid->column, grid->columns);
}

size_t rote_grid_leading(size_t local_rows)
{
  return local_rows > 0 ? local_rows : 1;
}

rote_status rote_grid_check(const rote_counts *asked)
{
  return asked->n == 0 || asked->n == 2
             ? ROTE_OK
             : rote_fail(ROTE_DATA, "leverage.grid: must be auto, or [rows, columns]");
}

bool rote_grid_is_for(size_t size, const rote_counts *asked)
{
  return asked->n > 0 || size > ROTE_COMPONENTS_PIXELS_MAX;
}

/* Nobody knows yet how many an automatic grid will have. */
size_t rote_grid_processes(size_t size, const rote_counts *asked)
{
  return asked->n == 2                   ? asked->value[0] * asked->value[1]
         : rote_grid_is_for(size, asked) ? ASSUMED_RANKS
                                         : 1;
}

/* With rows for every process, for ScaLAPACK is known to go wrong where some have none. */
rote_status rote_grid_shape_of(size_t size, const rote_counts *asked, size_t processes,
                               rote_grid_shape *shape)
{
  *shape = (rote_grid_shape){.rows = (size_t)sqrt((double)processes), .size = size};
  shape->columns = processes / shape->rows;
  if (asked->n == 2) {
    shape->rows = asked->value[0];
    shape->columns = asked->value[1];
  }
  const size_t wanted = shape->rows * shape->columns;
  if (wanted > processes) {
    return rote_fail(ROTE_DATA, "leverage.grid: [%zu, %zu] needs %zu ranks, and there are %zu",
                     shape->rows, shape->columns, wanted, processes);
  }
  if (shape->rows > size || shape->columns > size) {
    return rote_fail(ROTE_DATA,
                     "leverage.grid: [%zu, %zu] has more ranks on a side than its matrix has rows, "
                     "%zu: the pixels of an image, or the numbers of a projected gradient",
                     shape->rows, shape->columns, size);
  }
  return ROTE_OK;
}

static rote_status check(size_t n)
{
  return n <= ALONE_MAX ? ROTE_OK
                        : rote_fail(ROTE_DATA,
                                    "one rank takes matrices of up to %d rows, not %zu: use more "
                                    "ranks",
                                    ALONE_MAX, n);
}

static rote_status cholesky(const rote_grid *grid, size_t n, double *a, bool *definite)
{
  rote_status status = ROTE_OK;
  const int size = (int)n;
  int info = 0;
  (void)grid;
  ROTE_TRY(check(n));
  rote_count_multiply_adds(n, n, n / 6);
  dpotrf_("L", &size, a, &size, &info, 1);
  *definite = info == 0;
  if (info < 0) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "LAPACK's dpotrf refuses its argument %d", -info));
  }
done:
  return status;
}

static rote_status solve(const rote_grid *grid, size_t n, size_t m, const double *l, double *b)
{
  (void)grid;
  rote_count_multiply_adds(n, m, n / 2);
  cblas_dtrsm(CblasColMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, (blasint)n,
              (blasint)m, 1, l, (blasint)n, b, (blasint)n);
  return ROTE_OK;
}

static rote_status eigen(const rote_grid *grid, size_t n, size_t count, double *a, double *value,
                         double **vector)
{
  rote_status status = ROTE_OK;
  double *all = NULL; /* [n]: LAPACK wants the room */
  (void)grid;
  *vector = NULL;
  ROTE_TRY(check(n));
  ROTE_TRY(rote_alloc(n, sizeof *all, &all));
  ROTE_TRY(rote_alloc(n * count, sizeof **vector, vector));
  rote_count_multiply_adds(n, n, 2 * n / 3 + count); /* to three diagonals, and back */
  ROTE_TRY(rote_eigen_largest(n, count, a, all, *vector));
  for (size_t i = 0; i < count; i++) {
    value[i] = all[i];
  }
done:
  rote_free(&all);
  if (status != ROTE_OK) {
    rote_free(vector);
  }
  return status;
}

static rote_status project(const rote_grid *grid, size_t n, size_t count, size_t m,
                           const double *vector, const double *b, double *y)
{
  (void)grid;
  rote_count_multiply_adds(count, m, n);
  cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (blasint)count, (blasint)m, (blasint)n, 1,
              vector, (blasint)n, b, (blasint)n, 0, y, (blasint)count);
  return ROTE_OK;
}

static rote_status add(const rote_grid *grid, size_t count, double *value)
{
  (void)grid, (void)count, (void)value;
  return ROTE_OK;
}

static rote_status agree(const rote_grid *grid, rote_status mine)
{
  (void)grid;
  return mine;
}

rote_grid rote_grid_alone(void)
{
  static const rote_grid_ops ops = {.cholesky = cholesky,
                                    .solve = solve,
                                    .eigen = eigen,
                                    .project = project,
                                    .add = add,
                                    .agree = agree};
  return (rote_grid){.ops = &ops, .rows = 1, .columns = 1, .block = BLOCK};
}
