#include "cholesky.h"

#include <math.h>

/* y -= factor x */
static void subtract(size_t n, double factor, const double *restrict x, double *restrict y)
{
  for (size_t i = 0; i < n; i++) {
    y[i] -= factor * x[i];
  }
}

static void divide(size_t n, double divisor, double *x)
{
  for (size_t i = 0; i < n; i++) {
    x[i] /= divisor;
  }
}

/* Row k of U is done; what it explains is taken from the rows below. */
void rote_cholesky(size_t n, double *a)
{
  for (size_t k = 0; k < n; k++) {
    double *row = a + k * n;
    row[k] = sqrt(row[k]);
    divide(n - k - 1, row[k], row + k + 1);
    for (size_t i = k + 1; i < n; i++) {
      subtract(n - i, row[i], row + i, a + i * n + i);
    }
  }
}

void rote_cholesky_backward(size_t n, const double *u, size_t columns, double *x)
{
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; k++) {
      subtract(columns, u[i * n + k], x + k * columns, x + i * columns);
    }
    divide(columns, u[i * n + i], x + i * columns);
  }
}

void rote_cholesky_forward(size_t n, const double *u, size_t columns, double *x)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < i; k++) {
      subtract(columns, u[k * n + i], x + k * columns, x + i * columns);
    }
    divide(columns, u[i * n + i], x + i * columns);
  }
}
