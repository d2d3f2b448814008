#include "rote/gaussian_score.h"

#include "rote/memory.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define LOG_2_PI 1.8378770664093454836

/* Of a pivot against the diagonal entry it is left of: below, it is rounding. */
#define SINGULAR 1e-13

double rote_gaussian_leverage(double d2, size_t n)
{
  return (1 + d2) / (double)n;
}

double rote_gaussian_log_p(double d2, size_t p, double log_determinant)
{
  return -((double)p * LOG_2_PI + log_determinant + d2) / 2;
}

/* log(1 - d2 / (n - 1)): what the determinant loses beside its factor of scale. */
static double log_left(double d2, double others)
{
  return d2 < others ? log1p(-d2 / others) : -INFINITY;
}

/* Without x_i: m' - m = -(x_i - m) / (n - 1), S' = n / (n - 1) [S - (x_i - m)(x_i - m)^T / (n -
 * 1)], so by the matrix determinant lemma and Sherman and Morrison log det S' = log det S + p log(n
 * / (n - 1)) + log(1 - d2 / (n - 1)),   d2' = n d2 / (n - 1 - d2)
 */
double rote_gaussian_left_out_log_p(double d2, size_t n, size_t p, double log_determinant)
{
  const double others = (double)n - 1, left = log_left(d2, others);
  if (!(left > -INFINITY)) {
    return -INFINITY;
  }
  return rote_gaussian_log_p((double)n * d2 / (others - d2), p,
                             log_determinant - (double)p * log1p(-1 / (double)n) + left);
}

double rote_gaussian_score(double d2, size_t n, size_t p)
{
  const double others = (double)n - 1, left = log_left(d2, others);
  if (!(left > -INFINITY)) {
    return INFINITY;
  }
  return ((double)n * d2 / (others - d2) - d2 - (double)p * log1p(-1 / (double)n) + left) / 2;
}

/* Lower triangle of scale A^T A + ridge I. */
static void gram(size_t n, size_t p, const double *a, double scale, double ridge, double *g)
{
  memset(g, 0, p * p * sizeof *g);
  for (size_t i = 0; i < n; i++) {
    const double *row = a + i * p;
    for (size_t j = 0; j < p; j++) {
      for (size_t k = 0; k <= j; k++) {
        g[j * p + k] += row[j] * row[k];
      }
    }
  }
  for (size_t j = 0; j < p; j++) {
    for (size_t k = 0; k <= j; k++) {
      g[j * p + k] = scale * g[j * p + k] + (j == k ? ridge : 0);
    }
  }
}

/* G = L L^T in place. @return whether it is positive definite beyond rounding */
static bool factor(size_t p, double *g, double *log_determinant)
{
  *log_determinant = 0;
  for (size_t j = 0; j < p; j++) {
    double *row = g + j * p;
    const double diagonal = row[j];
    for (size_t k = 0; k <= j; k++) {
      double sum = row[k];
      for (size_t l = 0; l < k; l++) {
        sum -= row[l] * g[k * p + l];
      }
      row[k] = k < j ? sum / g[k * p + k] : sum;
    }
    if (!(row[j] > SINGULAR * diagonal)) {
      return false;
    }
    *log_determinant += log(row[j]);
    row[j] = sqrt(row[j]);
  }
  return true;
}

/* |L^-1 a|^2; `room` has p entries. */
static double quadratic(size_t p, const double *l, const double *a, double *room)
{
  double sum = 0;
  for (size_t j = 0; j < p; j++) {
    double y = a[j];
    for (size_t k = 0; k < j; k++) {
      y -= l[j * p + k] * room[k];
    }
    room[j] = y / l[j * p + j];
    sum += room[j] * room[j];
  }
  return sum;
}

/* a_i^T (scale A^T A + ridge I)^-1 a_i for all rows. */
static rote_status quadratics(size_t n, size_t p, const double *a, double scale, double ridge,
                              double *out, double *log_determinant)
{
  rote_status status = ROTE_OK;
  double *g = NULL, *room = NULL;
  ROTE_TRY(rote_alloc(p * p, sizeof *g, &g));
  ROTE_TRY(rote_alloc(p, sizeof *room, &room));
  gram(n, p, a, scale, ridge, g);
  if (!factor(p, g, log_determinant)) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "the covariance of %zu points in %zu dimensions is singular; take fewer "
                       "dimensions or a ridge",
                       n, p));
  }
  for (size_t i = 0; i < n; i++) {
    out[i] = quadratic(p, g, a + i * p, room);
  }
done:
  rote_free(&g);
  rote_free(&room);
  return status;
}

static void center(size_t n, size_t p, const double *x, double *mean, double *centered)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < p; j++) {
      mean[j] += x[i * p + j];
    }
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < p; j++) {
      centered[i * p + j] = x[i * p + j] - mean[j] / (double)n;
    }
  }
}

rote_status rote_gaussian_distances(size_t n, size_t p, const double *x, double *d2,
                                    double *log_determinant)
{
  rote_status status = ROTE_OK;
  double *mean = NULL, *centered = NULL;
  ROTE_TRY(rote_alloc(p, sizeof *mean, &mean));
  ROTE_TRY(rote_alloc(n * p, sizeof *centered, &centered));
  center(n, p, x, mean, centered);
  ROTE_TRY(quadratics(n, p, centered, 1 / (double)n, 0, d2, log_determinant));
done:
  rote_free(&mean);
  rote_free(&centered);
  return status;
}

rote_status rote_ridge_leverage(size_t n, size_t p, const double *a, double ridge, double *h)
{
  double log_determinant = 0;
  return quadratics(n, p, a, 1, ridge, h, &log_determinant);
}
