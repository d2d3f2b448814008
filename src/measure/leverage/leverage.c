#include "rote/leverage.h"

#include "rote/gram.h"
#include "rote/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define PIXEL (1.0 / 255)
enum { PANEL = 2048 }; /* images on their way through the grid: their width decides the bits */

/* What must hold of results, beyond rounding. */
#define RESIDUAL 1e-8

/* Letters: D x D matrices over all processes, of which `rows` x `columns` are here. */
typedef struct {
  const rote_leverage_problem *problem;
  const rote_grid *grid;
  size_t rows, columns, ld;
  uint32_t *row, *column; /* pixels of the local rows and columns */
  uint64_t *sum;          /* [D] */
  double *a;              /* the scatter, then its Cholesky factor [columns, ld] */
  bool deficient;         /* no factor: all eigenvectors are there instead */
  size_t count;           /* eigenvectors: p, or D */
  double trace, ridge;
  double *value, *vector; /* [count], the smallest first */
  double *b;              /* a panel [local images, ld] */
  double *y;              /* and in components [local images, ld of y] */
  size_t y_rows;
  uint32_t *y_row; /* numbers of the local eigenvectors */
  double *found;   /* [PANEL, 1 + p] of a panel: h, coordinates */
} leverage_room;

size_t rote_leverage_components(size_t asked, size_t pixels, size_t images)
{
  const size_t most = images > pixels ? pixels : images > 0 ? images - 1 : 0;
  return asked < most ? asked : most;
}

double rote_leverage_bytes(size_t pixels, size_t components, size_t processes)
{
  const double d = (double)pixels, panel = PANEL * (d + 2 * (double)components + 2);
  return 8 * ((4 * d * d + panel) / (double)processes + PANEL * (double)(components + 1)) +
         (double)rote_gram_bytes(pixels, pixels);
}

static void leave(leverage_room *r)
{
  rote_free(&r->row);
  rote_free(&r->column);
  rote_free(&r->sum);
  rote_free(&r->a);
  rote_free(&r->value);
  rote_free(&r->vector);
  rote_free(&r->b);
  rote_free(&r->y);
  rote_free(&r->y_row);
  rote_free(&r->found);
}

static rote_status enter(leverage_room *r)
{
  rote_status status = ROTE_OK;
  const rote_grid *g = r->grid;
  const size_t d = r->problem->pixels, images = rote_grid_local_columns(g, PANEL);
  r->rows = rote_grid_local_rows(g, d);
  r->columns = rote_grid_local_columns(g, d);
  r->ld = rote_grid_leading(r->rows);
  ROTE_TRY(rote_alloc(r->rows, sizeof *r->row, &r->row));
  ROTE_TRY(rote_alloc(r->columns, sizeof *r->column, &r->column));
  rote_grid_indices(g, d, g->row, g->rows, r->row);
  rote_grid_indices(g, d, g->column, g->columns, r->column);
  ROTE_TRY(rote_alloc(d, sizeof *r->sum, &r->sum));
  ROTE_TRY(rote_alloc(d, sizeof *r->value, &r->value));
  ROTE_TRY(rote_alloc(r->ld * r->columns, sizeof *r->a, &r->a));
  ROTE_TRY(rote_alloc(r->ld * images, sizeof *r->b, &r->b));
  ROTE_TRY(rote_alloc(PANEL * (1 + r->problem->components), sizeof *r->found, &r->found));
  rote_pixel_sums(r->problem->images, d, r->sum);
done:
  return status;
}

static rote_status fill_scatter(leverage_room *r)
{
  const rote_leverage_problem *p = r->problem;
  const bool alone = r->grid->rows * r->grid->columns == 1;
  const rote_gram_part part = {.images = p->images,
                               .pixels = p->pixels,
                               .rows = r->rows,
                               .columns = r->columns,
                               .row = r->row,
                               .column = alone ? r->row : r->column,
                               .stop = p->stop,
                               .context = p->context};
  return r->grid->ops->agree(r->grid, rote_gram_scatter(&part, r->sum, r->a, r->ld));
}

/* Where this process has an entry of the diagonal, and what it is. @param[out] diagonal [D] summed
 * up over the grid: all of it everywhere */
static rote_status gather_diagonal(leverage_room *r, double *diagonal)
{
  memset(diagonal, 0, r->problem->pixels * sizeof *diagonal);
  for (size_t b = 0, a = 0; b < r->columns; b++) {
    while (a < r->rows && r->row[a] < r->column[b]) {
      a++;
    }
    if (a < r->rows && r->row[a] == r->column[b]) {
      diagonal[r->column[b]] = r->a[b * r->ld + a];
    }
  }
  return r->grid->ops->add(r->grid, r->problem->pixels, diagonal);
}

static void add_ridge(leverage_room *r)
{
  for (size_t b = 0, a = 0; b < r->columns; b++) {
    while (a < r->rows && r->row[a] < r->column[b]) {
      a++;
    }
    if (a < r->rows && r->row[a] == r->column[b]) {
      r->a[b * r->ld + a] += r->ridge;
    }
  }
}

static double largest(size_t n, const double *x)
{
  double most = 0;
  for (size_t i = 0; i < n; i++) {
    most = x[i] > most ? x[i] : most;
  }
  return most;
}

static double smallest(size_t n, const double *x)
{
  double least = INFINITY;
  for (size_t i = 0; i < n; i++) {
    least = x[i] < least ? x[i] : least;
  }
  return least;
}

/* The leading eigenvectors; all of them if it is plain that there will be no Cholesky factor. */
static rote_status find_axes(leverage_room *r, double *diagonal)
{
  rote_status status = ROTE_OK;
  const rote_leverage_problem *p = r->problem;
  ROTE_TRY(fill_scatter(r));
  ROTE_TRY(gather_diagonal(r, diagonal));
  for (size_t d = 0; d < p->pixels; d++) {
    r->trace += diagonal[d];
  }
  r->ridge = p->ridge * r->trace / (double)p->pixels;
  r->deficient =
      r->ridge == 0 && (p->images->count <= p->pixels || smallest(p->pixels, diagonal) <= 0);
  r->count = r->deficient ? p->pixels : p->components;
  ROTE_TRY(r->grid->ops->eigen(r->grid, p->pixels, r->count, r->a, r->value, &r->vector));
done:
  return status;
}

/* A pivot at the level of rounding is as good as none: pixels that depend on each other. */
static rote_status factorize(leverage_room *r, double *diagonal)
{
  rote_status status = ROTE_OK;
  const size_t d = r->problem->pixels;
  bool definite = false;
  ROTE_TRY(fill_scatter(r));
  add_ridge(r);
  const double bound = (double)d * DBL_EPSILON * (largest(d, diagonal) + r->ridge);
  ROTE_TRY(r->grid->ops->cholesky(r->grid, d, r->a, &definite));
  if (definite) {
    ROTE_TRY(gather_diagonal(r, diagonal));
    const double pivot = smallest(d, diagonal);
    definite = pivot * pivot > bound;
  }
  if (!definite) {
    r->deficient = true;
    r->count = d;
    rote_free(&r->vector);
    ROTE_TRY(fill_scatter(r));
    ROTE_TRY(r->grid->ops->eigen(r->grid, d, d, r->a, r->value, &r->vector));
  }
done:
  return status;
}

static rote_status take_room_for_components(leverage_room *r)
{
  rote_status status = ROTE_OK;
  const rote_grid *g = r->grid;
  r->y_rows = rote_grid_local_rows(g, r->count);
  ROTE_TRY(rote_alloc(r->y_rows, sizeof *r->y_row, &r->y_row));
  rote_grid_indices(g, r->count, g->row, g->rows, r->y_row);
  ROTE_TRY(rote_alloc(rote_grid_leading(r->y_rows) * rote_grid_local_columns(g, PANEL),
                      sizeof *r->y, &r->y));
done:
  return status;
}

/* b = x - mean of this process's pixels and images; nothing behind the last image. */
static void fill_panel(leverage_room *r, size_t first, size_t n)
{
  const rote_image_set *images = r->problem->images;
  const size_t d = r->problem->pixels, local = rote_grid_local_columns(r->grid, PANEL);
  const double count = (double)images->count;
  uint32_t index[PANEL];
  rote_grid_indices(r->grid, PANEL, r->grid->column, r->grid->columns, index);
  for (size_t j = 0; j < local; j++) {
    double *to = r->b + j * r->ld;
    const uint8_t *x = images->pixel + (first + index[j]) * d;
    for (size_t a = 0; a < r->rows && index[j] < n; a++) {
      to[a] = (x[r->row[a]] - (double)r->sum[r->row[a]] / count) * PIXEL;
    }
    if (index[j] >= n) {
      memset(to, 0, r->rows * sizeof *to);
    }
  }
}

/* What an eigenvector adds to h: y^2 / (lambda + r), nothing where that is rounding. */
static double weight_of(const leverage_room *r, size_t k)
{
  const double bound =
      (double)r->problem->pixels * DBL_EPSILON * (r->value[r->count - 1] + r->ridge);
  const double lambda = r->value[k] + r->ridge;
  return lambda > bound ? 1 / lambda : 0;
}

/* This process's share of what is found of a panel. */
static void take_components(leverage_room *r)
{
  const size_t p = r->problem->components, local = rote_grid_local_columns(r->grid, PANEL);
  const size_t ld = rote_grid_leading(r->y_rows);
  uint32_t index[PANEL];
  rote_grid_indices(r->grid, PANEL, r->grid->column, r->grid->columns, index);
  for (size_t j = 0; j < local; j++) {
    double *found = r->found + index[j] * (1 + p);
    for (size_t k = 0; k < r->y_rows; k++) {
      const double y = r->y[j * ld + k];
      const size_t rank = r->count - 1 - r->y_row[k];
      if (rank < p) {
        found[1 + rank] = y;
      }
      found[0] += r->deficient ? weight_of(r, r->y_row[k]) * y * y : 0;
    }
  }
}

/* |L^-1 (x - mean)|^2 */
static void take_squares(leverage_room *r)
{
  const size_t local = rote_grid_local_columns(r->grid, PANEL);
  uint32_t index[PANEL];
  rote_grid_indices(r->grid, PANEL, r->grid->column, r->grid->columns, index);
  for (size_t j = 0; j < local; j++) {
    double sum = 0;
    for (size_t a = 0; a < r->rows; a++) {
      sum += r->b[j * r->ld + a] * r->b[j * r->ld + a];
    }
    r->found[index[j] * (1 + r->problem->components)] += sum;
  }
}

static rote_status work_panel(leverage_room *r, size_t first, size_t n)
{
  rote_status status = ROTE_OK;
  const rote_grid_ops *ops = r->grid->ops;
  const size_t d = r->problem->pixels, room = PANEL * (1 + r->problem->components);
  memset(r->found, 0, room * sizeof *r->found);
  fill_panel(r, first, n);
  ROTE_TRY(ops->project(r->grid, d, r->count, PANEL, r->vector, r->b, r->y));
  take_components(r);
  if (!r->deficient) {
    ROTE_TRY(ops->solve(r->grid, d, PANEL, r->a, r->b));
    take_squares(r);
  }
  ROTE_TRY(ops->add(r->grid, room, r->found));
done:
  return status;
}

static rote_status work_panels(leverage_room *r, double *h, double *coordinate)
{
  rote_status status = ROTE_OK;
  const rote_leverage_problem *q = r->problem;
  const size_t p = q->components, images = q->images->count;
  for (size_t i = 0; i < images; i += PANEL) {
    const size_t n = images - i < PANEL ? images - i : PANEL;
    if (q->stop != NULL && q->stop(q->context)) {
      return rote_fail(ROTE_STOPPED, "stopped between two panels of images");
    }
    ROTE_TRY(work_panel(r, i, n));
    for (size_t j = 0; j < n && h != NULL; j++) {
      h[i + j] = 1 / (double)images + r->found[j * (1 + p)];
      memcpy(coordinate + (i + j) * p, r->found + j * (1 + p) + 1, p * sizeof *coordinate);
    }
  }
done:
  return status;
}

/* Variances along the axes are the eigenvalues: by Ky Fan's theorem they are then the leading ones,
 * whatever the library says of itself. */
static rote_status check_results(const leverage_room *r, const double *h, const double *coordinate)
{
  const size_t p = r->problem->components, images = r->problem->images->count;
  for (size_t j = 0; j < p; j++) {
    double squares = 0;
    for (size_t i = 0; i < images; i++) {
      squares += coordinate[i * p + j] * coordinate[i * p + j];
    }
    const double wanted = r->value[r->count - 1 - j];
    if (!(fabs(squares - wanted) <= RESIDUAL * r->value[r->count - 1])) {
      return rote_fail(ROTE_INTERNAL,
                       "leverage: the variance along principal component %zu is %.17g, its "
                       "eigenvalue %.17g: the linear algebra library is wrong here; another "
                       "leverage.grid may help",
                       j + 1, squares, wanted);
    }
  }
  for (size_t i = 0; i < images; i++) {
    if (!(h[i] > 0 && h[i] <= 1 + RESIDUAL)) {
      return rote_fail(ROTE_INTERNAL, "leverage: image %zu has %.17g, which is not in (0, 1]", i,
                       h[i]);
    }
  }
  return ROTE_OK;
}

rote_status rote_leverage(const rote_leverage_problem *problem, const rote_grid *grid, double *h,
                          double *coordinate)
{
  rote_status status = ROTE_OK;
  leverage_room r = {.problem = problem, .grid = grid};
  double *diagonal = NULL;
  ROTE_TRY(grid->ops->agree(grid, rote_alloc(problem->pixels, sizeof *diagonal, &diagonal)));
  ROTE_TRY(grid->ops->agree(grid, enter(&r)));
  ROTE_TRY(find_axes(&r, diagonal));
  if (!r.deficient) {
    ROTE_TRY(factorize(&r, diagonal));
  }
  ROTE_TRY(grid->ops->agree(grid, take_room_for_components(&r)));
  ROTE_TRY(work_panels(&r, h, coordinate));
  ROTE_TRY(grid->ops->agree(grid, h != NULL ? check_results(&r, h, coordinate) : ROTE_OK));
done:
  rote_free(&diagonal);
  leave(&r);
  return status;
}
