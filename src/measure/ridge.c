#include "rote/ridge.h"

#include "cholesky.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

enum { AT_ONCE = 64 }; /* rows whose leverages are solved for together */

rote_status rote_ridge_create(size_t numbers, rote_ridge **out)
{
  rote_status status = ROTE_OK;
  rote_ridge *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->numbers = numbers;
  ROTE_TRY(rote_alloc(numbers * numbers, sizeof *r->matrix, &r->matrix));
  ROTE_TRY(rote_alloc(numbers * AT_ONCE, sizeof *r->column, &r->column));
  *out = r;
  r = NULL;
done:
  rote_ridge_destroy(&r);
  return status;
}

void rote_ridge_destroy(rote_ridge **ridge)
{
  rote_ridge *r = *ridge;
  if (r != NULL) {
    rote_free(&r->matrix);
    rote_free(&r->column);
    rote_free(ridge);
  }
}

static void add_one(size_t n, double factor, const double *restrict x, double *restrict g)
{
  for (size_t b = 0; b < n; b++) {
    g[b] += factor * x[b];
  }
}

/* As add_one() four times, while g is in registers. */
static void add_four(size_t n, size_t distance, const double *restrict f, const double *restrict x,
                     double *restrict g)
{
  const double *x1 = x + distance, *x2 = x1 + distance, *x3 = x2 + distance;
  for (size_t b = 0; b < n; b++) {
    double sum = g[b];
    sum += f[0] * x[b];
    sum += f[1] * x1[b];
    sum += f[2] * x2[b];
    sum += f[3] * x3[b];
    g[b] = sum;
  }
}

void rote_ridge_add(rote_ridge *r, size_t count, const double *x)
{
  const size_t Q = r->numbers;
  for (size_t a = 0; a < Q; a++) {
    double *g = r->matrix + a * Q + a;
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
      const double *row = x + i * Q + a;
      const double f[] = {row[0], row[Q], row[2 * Q], row[3 * Q]};
      add_four(Q - a, Q, f, row, g);
    }
    for (; i < count; i++) {
      add_one(Q - a, x[i * Q + a], x + i * Q + a, g);
    }
  }
}

bool rote_ridge_factorise(rote_ridge *r, double share)
{
  const size_t Q = r->numbers;
  double trace = 0;
  bool definite = true;
  for (size_t a = 0; a < Q; a++) {
    trace += r->matrix[a * Q + a];
  }
  for (size_t a = 0; a < Q; a++) {
    r->matrix[a * Q + a] += share * trace / (double)Q;
  }
  rote_cholesky(Q, r->matrix);
  for (size_t a = 0; a < Q; a++) {
    definite = definite && isfinite(r->matrix[a * Q + a]) && r->matrix[a * Q + a] > 0;
  }
  return definite;
}

/* G + ridge I = U^T U, so h = |U^-T x|^2. */
void rote_ridge_leverages(rote_ridge *r, size_t count, const double *x, double *h)
{
  const size_t Q = r->numbers;
  for (size_t first = 0; first < count; first += AT_ONCE) {
    const size_t n = count - first < AT_ONCE ? count - first : AT_ONCE;
    for (size_t q = 0; q < Q; q++) {
      for (size_t i = 0; i < n; i++) {
        r->column[q * n + i] = x[(first + i) * Q + q];
      }
    }
    rote_cholesky_forward(Q, r->matrix, n, r->column);
    memset(h + first, 0, n * sizeof *h);
    for (size_t q = 0; q < Q; q++) {
      for (size_t i = 0; i < n; i++) {
        h[first + i] += r->column[q * n + i] * r->column[q * n + i];
      }
    }
  }
}

void rote_ridge_solve(const rote_ridge *r, size_t count, double *y)
{
  rote_cholesky_forward(r->numbers, r->matrix, count, y);
  rote_cholesky_backward(r->numbers, r->matrix, count, y);
}

void rote_ridge_products(const rote_ridge *r, size_t rows, const double *x, size_t count,
                         const double *y, double *tau)
{
  const size_t Q = r->numbers;
  memset(tau, 0, rows * count * sizeof *tau);
  for (size_t i = 0; i < rows; i++) {
    for (size_t q = 0; q < Q; q++) {
      add_one(count, x[i * Q + q], y + q * count, tau + i * count);
    }
  }
}
