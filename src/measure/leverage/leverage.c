#include "rote/leverage.h"

#include "rote/gram.h"
#include "rote/memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define PIXEL (1.0 / 255)
enum { PANEL = ROTE_LEVERAGE_PANEL };

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
  bool copied;
  double *copy;  /* of the scatter, on a grid of one; others compute it anew */
  double *scale; /* [D] of the factor: pixels count in these units */
  double ridge;
  double *value, *axis;      /* [p] of the principal components, the smallest variance first */
  bool deficient;            /* there is no factor: all eigenvectors of the scaled matrix instead */
  double *span_value, *span; /* [D] */
  double *b;                 /* a panel [local images, ld] */
  double *y;                 /* along axes, or along all eigenvectors [local images, leading] */
  uint32_t *y_row;           /* numbers of the local rows of y */
  double *found;             /* [PANEL, 1 + p] of a panel: h, coordinates */
} leverage_room;

size_t rote_leverage_components(size_t asked, size_t pixels, size_t images)
{
  const size_t most = images > pixels ? pixels : images > 0 ? images - 1 : 0;
  return asked < most ? asked : most;
}

/* Alone: the matrix, its copy, the axes, and where there is no factor all eigenvectors. On a grid
 * pdsyevd gives all eigenvectors always, and is given room for twice the two matrices it asks. */
double rote_leverage_bytes(const rote_leverage_problem *problem, size_t processes)
{
  const double d = (double)problem->pixels, p = (double)problem->components;
  const bool deficient = problem->ridge == 0 && problem->images->count <= problem->pixels;
  const double matrices = processes == 1 ? 4 : deficient ? 7 : 6;
  const double panel = PANEL * ((deficient ? 2 * d : d) + 2 * p + 2);
  return 8 * ((matrices * d * d + panel) / (double)processes + PANEL * (p + 1)) +
         (double)rote_gram_bytes(problem->pixels, problem->pixels);
}

static void leave(leverage_room *r)
{
  rote_free(&r->row);
  rote_free(&r->column);
  rote_free(&r->sum);
  rote_free(&r->a);
  rote_free(&r->copy);
  rote_free(&r->scale);
  rote_free(&r->value);
  rote_free(&r->axis);
  rote_free(&r->span_value);
  rote_free(&r->span);
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
  ROTE_TRY(rote_alloc(d, sizeof *r->scale, &r->scale));
  ROTE_TRY(rote_alloc(d, sizeof *r->value, &r->value));
  ROTE_TRY(rote_alloc(d, sizeof *r->span_value, &r->span_value));
  ROTE_TRY(rote_alloc(r->ld * r->columns, sizeof *r->a, &r->a));
  if (g->rows * g->columns == 1) {
    ROTE_TRY(rote_alloc(r->ld * r->columns, sizeof *r->copy, &r->copy));
  }
  ROTE_TRY(rote_alloc(r->ld * images, sizeof *r->b, &r->b));
  ROTE_TRY(rote_alloc(PANEL * (1 + r->problem->components), sizeof *r->found, &r->found));
  rote_pixel_sums(r->problem->images, d, r->sum);
done:
  return status;
}

static rote_status compute_scatter(leverage_room *r)
{
  const rote_leverage_problem *p = r->problem;
  const bool alone = r->copy != NULL;
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

/* What the eigenproblem and the Cholesky factor each destroy. */
static rote_status fill_scatter(leverage_room *r)
{
  rote_status status = ROTE_OK;
  if (!r->copied) {
    ROTE_TRY(compute_scatter(r));
  }
  if (r->copy != NULL) {
    memcpy(r->copied ? r->a : r->copy, r->copied ? r->copy : r->a,
           r->ld * r->columns * sizeof *r->a);
    r->copied = true;
  }
done:
  return status;
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

/* Leverages do not hang on the units of the pixels; where there is no ridge, which does, units in
 * which all have the same variance keep rare pixels from being lost in rounding. A constant pixel
 * adds nothing to any image: any positive number may stand for its variance. */
static void choose_scale(leverage_room *r, const double *diagonal)
{
  for (size_t d = 0; d < r->problem->pixels; d++) {
    r->scale[d] = r->ridge > 0 || diagonal[d] <= 0 ? 1 : 1 / sqrt(diagonal[d]);
  }
}

static rote_status find_axes(leverage_room *r, double *diagonal)
{
  rote_status status = ROTE_OK;
  const rote_leverage_problem *p = r->problem;
  double trace = 0;
  ROTE_TRY(fill_scatter(r));
  ROTE_TRY(gather_diagonal(r, diagonal));
  for (size_t d = 0; d < p->pixels; d++) {
    trace += diagonal[d];
  }
  r->ridge = p->ridge * trace / (double)p->pixels;
  choose_scale(r, diagonal);
  ROTE_TRY(r->grid->ops->eigen(r->grid, p->pixels, p->components, r->a, r->value, &r->axis));
done:
  return status;
}

/* C + r I in the units of `scale`. */
static rote_status fill_scaled(leverage_room *r)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(fill_scatter(r));
  for (size_t b = 0; b < r->columns; b++) {
    const double unit = r->scale[r->column[b]];
    for (size_t a = 0; a < r->rows; a++) {
      double *entry = &r->a[b * r->ld + a];
      const bool diagonal = r->row[a] == r->column[b];
      *entry = (*entry + (diagonal ? r->ridge : 0)) * unit * r->scale[r->row[a]];
      *entry = diagonal && *entry == 0 ? 1 : *entry;
    }
  }
done:
  return status;
}

/* Fewer images than pixels that vary: they span less than these do. */
static bool is_plainly_deficient(const leverage_room *r, const double *diagonal)
{
  size_t varied = 0;
  for (size_t d = 0; d < r->problem->pixels; d++) {
    varied += diagonal[d] > 0;
  }
  return r->ridge == 0 && varied >= r->problem->images->count;
}

/* A pivot at the level of rounding is as good as none: pixels that depend on each other. */
static rote_status factorize(leverage_room *r, double *diagonal, bool *definite)
{
  rote_status status = ROTE_OK;
  const size_t d = r->problem->pixels;
  ROTE_TRY(fill_scaled(r));
  ROTE_TRY(gather_diagonal(r, diagonal));
  const double bound = (double)d * DBL_EPSILON * largest(d, diagonal);
  ROTE_TRY(r->grid->ops->cholesky(r->grid, d, r->a, definite));
  if (*definite) {
    ROTE_TRY(gather_diagonal(r, diagonal));
    const double pivot = smallest(d, diagonal);
    *definite = pivot * pivot > bound;
  }
done:
  return status;
}

/* A Cholesky factor, or where there is none the space that the images span. */
static rote_status invert(leverage_room *r, double *diagonal)
{
  rote_status status = ROTE_OK;
  const size_t d = r->problem->pixels;
  bool definite = false;
  if (!is_plainly_deficient(r, diagonal)) {
    ROTE_TRY(factorize(r, diagonal, &definite));
  }
  r->deficient = !definite;
  if (!definite) {
    ROTE_TRY(fill_scaled(r));
    ROTE_TRY(r->grid->ops->eigen(r->grid, d, d, r->a, r->span_value, &r->span));
  }
done:
  return status;
}

static rote_status take_room_for_components(leverage_room *r)
{
  rote_status status = ROTE_OK;
  const size_t most = r->deficient ? r->problem->pixels : r->problem->components;
  const size_t rows = rote_grid_local_rows(r->grid, most);
  ROTE_TRY(rote_alloc(rows, sizeof *r->y_row, &r->y_row));
  rote_grid_indices(r->grid, most, r->grid->row, r->grid->rows, r->y_row);
  ROTE_TRY(rote_alloc(rote_grid_leading(rows) * rote_grid_local_columns(r->grid, PANEL),
                      sizeof *r->y, &r->y));
done:
  return status;
}

/* b = x - mean of this process's pixels and images; nothing behind the last image. */
static void fill_panel(leverage_room *r, size_t first, size_t n, const uint32_t *index)
{
  const rote_image_set *images = r->problem->images;
  const size_t d = r->problem->pixels, local = rote_grid_local_columns(r->grid, PANEL);
  const double count = (double)images->count;
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

/* This process's share of what is found of a panel: coordinates ... */
static void take_coordinates(leverage_room *r, const uint32_t *index)
{
  const size_t p = r->problem->components, rows = rote_grid_local_rows(r->grid, p);
  const size_t local = rote_grid_local_columns(r->grid, PANEL), ld = rote_grid_leading(rows);
  for (size_t j = 0; j < local; j++) {
    for (size_t k = 0; k < rows; k++) {
      r->found[index[j] * (1 + p) + p - r->y_row[k]] = r->y[j * ld + k];
    }
  }
}

/* ... |L^-1 (x - mean)|^2 ... */
static void take_squares(leverage_room *r, const uint32_t *index)
{
  const size_t local = rote_grid_local_columns(r->grid, PANEL);
  for (size_t j = 0; j < local; j++) {
    double sum = 0;
    for (size_t a = 0; a < r->rows; a++) {
      sum += r->b[j * r->ld + a] * r->b[j * r->ld + a];
    }
    r->found[index[j] * (1 + r->problem->components)] += sum;
  }
}

/* ... or in its place y^2 / lambda of all eigenvectors that are more than rounding. */
static void take_span(leverage_room *r, const uint32_t *index)
{
  const size_t d = r->problem->pixels, rows = rote_grid_local_rows(r->grid, d);
  const size_t local = rote_grid_local_columns(r->grid, PANEL), ld = rote_grid_leading(rows);
  const double bound = (double)d * DBL_EPSILON * r->span_value[d - 1];
  for (size_t j = 0; j < local; j++) {
    double sum = 0;
    for (size_t k = 0; k < rows; k++) {
      const double y = r->y[j * ld + k], lambda = r->span_value[r->y_row[k]];
      sum += lambda > bound ? y * y / lambda : 0;
    }
    r->found[index[j] * (1 + r->problem->components)] += sum;
  }
}

static void scale_panel(leverage_room *r)
{
  const size_t local = rote_grid_local_columns(r->grid, PANEL);
  for (size_t j = 0; j < local; j++) {
    for (size_t a = 0; a < r->rows; a++) {
      r->b[j * r->ld + a] *= r->scale[r->row[a]];
    }
  }
}

static rote_status work_panel(leverage_room *r, size_t first, size_t n)
{
  rote_status status = ROTE_OK;
  const rote_grid *g = r->grid;
  const size_t d = r->problem->pixels, p = r->problem->components, room = PANEL * (1 + p);
  uint32_t index[PANEL]; /* images of this process's columns */
  rote_grid_indices(g, PANEL, g->column, g->columns, index);
  memset(r->found, 0, room * sizeof *r->found);
  fill_panel(r, first, n, index);
  ROTE_TRY(g->ops->project(g, d, p, PANEL, r->axis, r->b, r->y));
  take_coordinates(r, index);
  scale_panel(r);
  if (r->deficient) {
    ROTE_TRY(g->ops->project(g, d, d, PANEL, r->span, r->b, r->y));
    take_span(r, index);
  } else {
    ROTE_TRY(g->ops->solve(g, d, PANEL, r->a, r->b));
    take_squares(r, index);
  }
  ROTE_TRY(g->ops->add(g, room, r->found));
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

/* Sums of squares along the axes. @param[out] squares  [p] */
static void sum_squares(size_t images, size_t p, const double *coordinate, double *squares)
{
  for (size_t i = 0; i < images; i++) {
    for (size_t j = 0; j < p; j++) {
      squares[j] += coordinate[i * p + j] * coordinate[i * p + j];
    }
  }
}

/* What the library says of itself is not enough: what the images have along an axis must be its
 * eigenvalue, and leverages must be such. */
static rote_status check_results(const leverage_room *r, const double *h, const double *coordinate)
{
  rote_status status = ROTE_OK;
  const size_t p = r->problem->components, images = r->problem->images->count;
  double *squares = NULL;
  ROTE_TRY(rote_alloc(p, sizeof *squares, &squares));
  sum_squares(images, p, coordinate, squares);
  for (size_t j = 0; j < p; j++) {
    const double wanted = r->value[p - 1 - j];
    if (!(fabs(squares[j] - wanted) <= RESIDUAL * r->value[p - 1])) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL,
                         "leverage: the variance along principal component %zu is %.17g, its "
                         "eigenvalue %.17g: the linear algebra library is wrong here; another "
                         "leverage.grid may help",
                         j + 1, squares[j], wanted));
    }
  }
  for (size_t i = 0; i < images; i++) {
    if (!(h[i] > 0 && h[i] <= 1 + RESIDUAL)) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "leverage: image %zu has %.17g, which is not in (0, 1]", i,
                         h[i]));
    }
  }
done:
  rote_free(&squares);
  return status;
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
  ROTE_TRY(invert(&r, diagonal));
  ROTE_TRY(grid->ops->agree(grid, take_room_for_components(&r)));
  ROTE_TRY(work_panels(&r, h, coordinate));
  ROTE_TRY(grid->ops->agree(grid, h != NULL ? check_results(&r, h, coordinate) : ROTE_OK));
done:
  rote_free(&diagonal);
  leave(&r);
  return status;
}
