#include "gradient_metric.h"

#include "rote/kernels.h"
#include "rote/memory.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Rows on their way through the grid: their number decides the bits. */
enum { PANEL = ROTE_PROJECTED_PIECE };

/* Q x Q matrices over all processes, of which `rows` x `columns` are here. */
typedef struct {
  const rote_gradient_metric_problem *problem;
  const rote_grid *grid;
  size_t targets;
  size_t rows, columns, ld;
  uint32_t *row, *column;     /* numbers of the local rows and columns */
  double *a;                  /* the sum, then its Cholesky factor L [columns, ld] */
  double *of_row, *of_column; /* a panel's local numbers [PANEL, rows], [PANEL, columns] */
  double *diagonal;           /* [Q] */
  size_t local;               /* columns of a panel that are here */
  uint32_t panel[PANEL];      /* their numbers */
  double *b;                  /* a panel [local, ld] */
  float *target;              /* [T, Q] */
  double *solved;             /* [T, Q] L^-1 phi of the targets; on all processes */
  double *own;                /* [T, ld] its local rows */
  double *product;            /* [local, T] */
  double *found;              /* [PANEL, 1 + T] of a panel: h, tau */
  double *h;
  float *on;
  bool agreed; /* a failure that all processes know of */
} metric_room;

double rote_gradient_metric_bytes(size_t Q, size_t T, size_t processes)
{
  const double q = (double)Q, t = (double)T, p = (double)processes;
  return 8 * (q * q / p + PANEL * (3 * q / p + 2 * (1 + t)) + q + 2 * t * q) + 4 * t * q;
}

static void leave(metric_room *r)
{
  rote_free(&r->row);
  rote_free(&r->column);
  rote_free(&r->a);
  rote_free(&r->of_row);
  rote_free(&r->of_column);
  rote_free(&r->diagonal);
  rote_free(&r->b);
  rote_free(&r->target);
  rote_free(&r->solved);
  rote_free(&r->own);
  rote_free(&r->product);
  rote_free(&r->found);
}

static rote_status enter(metric_room *r)
{
  rote_status status = ROTE_OK;
  const rote_grid *g = r->grid;
  const size_t Q = r->problem->numbers, T = r->targets;
  r->rows = rote_grid_local_rows(g, Q);
  r->columns = rote_grid_local_columns(g, Q);
  r->ld = rote_grid_leading(r->rows);
  r->local = rote_grid_local_columns(g, PANEL);
  rote_grid_indices(g, PANEL, g->column, g->columns, r->panel);
  ROTE_TRY(rote_alloc(r->rows, sizeof *r->row, &r->row));
  ROTE_TRY(rote_alloc(r->columns, sizeof *r->column, &r->column));
  rote_grid_indices(g, Q, g->row, g->rows, r->row);
  rote_grid_indices(g, Q, g->column, g->columns, r->column);
  ROTE_TRY(rote_alloc(r->ld * r->columns, sizeof *r->a, &r->a));
  ROTE_TRY(rote_alloc(PANEL * r->rows, sizeof *r->of_row, &r->of_row));
  ROTE_TRY(rote_alloc(PANEL * r->columns, sizeof *r->of_column, &r->of_column));
  ROTE_TRY(rote_alloc(Q, sizeof *r->diagonal, &r->diagonal));
  ROTE_TRY(rote_alloc(r->ld * r->local, sizeof *r->b, &r->b));
  ROTE_TRY(rote_alloc(T * Q, sizeof *r->target, &r->target));
  ROTE_TRY(rote_alloc(T * Q, sizeof *r->solved, &r->solved));
  ROTE_TRY(rote_alloc(T * r->ld, sizeof *r->own, &r->own));
  ROTE_TRY(rote_alloc(T * r->local, sizeof *r->product, &r->product));
  ROTE_TRY(rote_alloc(PANEL * (1 + T), sizeof *r->found, &r->found));
done:
  return status;
}

/* A process that cannot go on reading must say so where the others ask: before every part. */
static rote_status agree(metric_room *r, rote_status mine)
{
  const rote_status all = r->grid->ops->agree(r->grid, mine);
  r->agreed = all != ROTE_OK;
  return all;
}

static rote_status read_all(metric_room *r, rote_gradient_take take)
{
  r->agreed = false;
  const rote_status status = r->problem->read(r->problem->context, take, r);
  return status == ROTE_OK || r->agreed ? status : agree(r, status);
}

static rote_status begin_part(metric_room *r, const rote_rows *rows, bool missing)
{
  if (rows->count > PANEL) {
    return agree(r, rote_fail(ROTE_INTERNAL, "%zu projected gradients at once", rows->count));
  }
  return agree(r, missing ? rote_fail(ROTE_DATA, "projected gradients are gone; the next run "
                                                 "computes them again")
                          : ROTE_OK);
}

/* Of the rows of a part the images'. */
static size_t images_of(const metric_room *r, const rote_rows *rows)
{
  const size_t left = rows->first < r->problem->images ? r->problem->images - rows->first : 0;
  return rows->count < left ? rows->count : left;
}

static void take_targets(metric_room *r, const rote_rows *rows)
{
  const size_t Q = r->problem->numbers;
  for (size_t t = 0; t < r->targets; t++) {
    const size_t row = rote_projected_row_of(r->problem->options, r->problem->images, t);
    if (row >= rows->first && row < rows->first + rows->count) {
      memcpy(r->target + t * Q, rote_rows_at(rows, ROTE_PROJECTED_PHI, row - rows->first),
             Q * sizeof *r->target);
    }
  }
}

/* @param[out] to [n, count] of phi [n, Q] */
static void pick(size_t n, size_t Q, const float *phi, size_t count, const uint32_t *number,
                 double *to)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < count; k++) {
      to[i * count + k] = (double)phi[i * Q + number[k]];
    }
  }
}

/* A += sum of phi phi^T over the rows; alone the lower triangle, which is all that counts. */
static void add_products(metric_room *r, size_t n)
{
  const blasint rows = (blasint)r->rows, columns = (blasint)r->columns, depth = (blasint)n;
  if (r->grid->rows * r->grid->columns == 1) {
    rote_count_multiply_adds(r->rows, n, r->columns / 2);
    cblas_dsyrk(CblasColMajor, CblasLower, CblasNoTrans, rows, depth, 1, r->of_row, rows, 1, r->a,
                (blasint)r->ld);
  } else if (r->rows > 0 && r->columns > 0) {
    rote_count_multiply_adds(r->rows, n, r->columns);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, rows, columns, depth, 1, r->of_row, rows,
                r->of_column, columns, 1, r->a, (blasint)r->ld);
  }
}

static rote_status take_sum(void *taker, const rote_rows *rows, bool missing)
{
  rote_status status = ROTE_OK;
  metric_room *r = taker;
  const size_t Q = r->problem->numbers, n = images_of(r, rows);
  ROTE_TRY(begin_part(r, rows, missing));
  take_targets(r, rows);
  if (n > 0) {
    const float *phi = rote_rows_at(rows, ROTE_PROJECTED_PHI, 0);
    pick(n, Q, phi, r->rows, r->row, r->of_row);
    pick(n, Q, phi, r->columns, r->column, r->of_column);
    add_products(r, n);
  }
done:
  return status;
}

/* The entries of the diagonal that are here. @return how many */
static size_t own_diagonal(const metric_room *r, double **entry, uint32_t *number)
{
  size_t n = 0;
  for (size_t b = 0, a = 0; b < r->columns; b++) {
    while (a < r->rows && r->row[a] < r->column[b]) {
      a++;
    }
    if (a < r->rows && r->row[a] == r->column[b]) {
      number[n] = r->column[b];
      entry[n++] = &r->a[b * r->ld + a];
    }
  }
  return n;
}

/* A + lambda I = L L^T. */
static rote_status factorise(metric_room *r, bool *definite)
{
  rote_status status = ROTE_OK;
  const size_t Q = r->problem->numbers;
  double **entry = NULL, trace = 0;
  uint32_t *number = NULL;
  ROTE_TRY(agree(r, rote_alloc(r->columns, sizeof *entry, &entry)));
  ROTE_TRY(agree(r, rote_alloc(r->columns, sizeof *number, &number)));
  const size_t n = own_diagonal(r, entry, number);
  memset(r->diagonal, 0, Q * sizeof *r->diagonal);
  for (size_t i = 0; i < n; i++) {
    r->diagonal[number[i]] = *entry[i];
  }
  ROTE_TRY(r->grid->ops->add(r->grid, Q, r->diagonal));
  for (size_t q = 0; q < Q; q++) {
    trace += r->diagonal[q];
  }
  for (size_t i = 0; i < n; i++) {
    *entry[i] += r->problem->ridge * trace / (double)Q;
  }
  *definite = isfinite(trace) && trace > 0; /* the same everywhere */
  if (*definite) {
    ROTE_TRY(r->grid->ops->cholesky(r->grid, Q, r->a, definite));
  }
done:
  rote_free(&entry);
  rote_free(&number);
  return status;
}

/* b = L^-1 phi of n rows; nothing behind the last one. */
static rote_status solve(metric_room *r, size_t n, const float *phi)
{
  const size_t Q = r->problem->numbers;
  for (size_t j = 0; j < r->local; j++) {
    for (size_t a = 0; a < r->rows; a++) {
      r->b[j * r->ld + a] = r->panel[j] < n ? (double)phi[r->panel[j] * Q + r->row[a]] : 0;
    }
  }
  return r->grid->ops->solve(r->grid, Q, PANEL, r->a, r->b);
}

/* L^-1 phi of the targets, on all processes; and of it the rows that are here. */
static rote_status solve_targets(metric_room *r)
{
  rote_status status = ROTE_OK;
  const size_t Q = r->problem->numbers, T = r->targets;
  memset(r->solved, 0, T * Q * sizeof *r->solved);
  for (size_t first = 0; first < T; first += PANEL) {
    const size_t n = T - first < PANEL ? T - first : PANEL;
    ROTE_TRY(solve(r, n, r->target + first * Q));
    for (size_t j = 0; j < r->local; j++) {
      for (size_t a = 0; a < r->rows && r->panel[j] < n; a++) {
        r->solved[(first + r->panel[j]) * Q + r->row[a]] = r->b[j * r->ld + a];
      }
    }
    ROTE_TRY(r->grid->ops->add(r->grid, n * Q, r->solved + first * Q));
  }
  for (size_t t = 0; t < T; t++) {
    for (size_t a = 0; a < r->rows; a++) {
      r->own[t * r->ld + a] = r->solved[t * Q + r->row[a]];
    }
  }
done:
  return status;
}

/* This process's share of the sums over Q. */
static void multiply(metric_room *r)
{
  const size_t T = r->targets;
  memset(r->found, 0, PANEL * (1 + T) * sizeof *r->found);
  if (T > 0 && r->rows > 0 && r->local > 0) {
    rote_count_multiply_adds(T, r->local, r->rows);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (blasint)T, (blasint)r->local,
                (blasint)r->rows, 1, r->own, (blasint)r->ld, r->b, (blasint)r->ld, 0, r->product,
                (blasint)T);
  }
  for (size_t j = 0; j < r->local; j++) {
    double *to = r->found + r->panel[j] * (1 + T);
    for (size_t a = 0; a < r->rows; a++) {
      to[0] += r->b[j * r->ld + a] * r->b[j * r->ld + a];
    }
    for (size_t t = 0; t < T && r->rows > 0; t++) {
      to[1 + t] = r->product[j * T + t];
    }
  }
}

static rote_status take_products(void *taker, const rote_rows *rows, bool missing)
{
  rote_status status = ROTE_OK;
  metric_room *r = taker;
  const size_t T = r->targets, n = images_of(r, rows);
  ROTE_TRY(begin_part(r, rows, missing));
  if (n == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(agree(r, solve(r, n, rote_rows_at(rows, ROTE_PROJECTED_PHI, 0))));
  multiply(r);
  ROTE_TRY(agree(r, r->grid->ops->add(r->grid, PANEL * (1 + T), r->found)));
  for (size_t i = 0; i < n && r->h != NULL; i++) {
    const double *found = r->found + i * (1 + T);
    r->h[rows->first + i] = found[0];
    for (size_t t = 0; t < T; t++) {
      r->on[(rows->first + i) * T + t] = (float)found[1 + t];
    }
  }
done:
  return status;
}

rote_status rote_gradient_metric_run(const rote_gradient_metric_problem *problem,
                                     const rote_grid *grid, double *h, float *on)
{
  rote_status status = ROTE_OK;
  metric_room r = {.problem = problem,
                   .grid = grid,
                   .targets = rote_targets(problem->options),
                   .h = h,
                   .on = on};
  bool definite = false;
  ROTE_TRY(grid->ops->agree(grid, enter(&r)));
  ROTE_TRY(read_all(&r, take_sum));
  ROTE_TRY(factorise(&r, &definite));
  if (definite) {
    ROTE_TRY(solve_targets(&r));
    ROTE_TRY(read_all(&r, take_products));
  }
  for (size_t i = 0; i < problem->images && h != NULL && !definite; i++) {
    h[i] = NAN;
    for (size_t t = 0; t < r.targets; t++) {
      on[i * r.targets + t] = NAN;
    }
  }
done:
  leave(&r);
  return status;
}
