/* Quadratic forms by their definition, in plain loops: what leverages and Gaussian densities are
 * held against. Letters: n points of p dimensions. */
#ifndef PLAIN_QUADRATIC_H
#define PLAIN_QUADRATIC_H

#include "rote/memory.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Lower triangle of scale A^T A + ridge I. */
static inline void plain_gram(size_t n, size_t p, const double *a, double scale, double ridge,
                              double *g)
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
static inline bool plain_factor(size_t p, double *g, double *log_determinant)
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
    if (!(row[j] > 1e-13 * diagonal)) {
      return false;
    }
    *log_determinant += log(row[j]);
    row[j] = sqrt(row[j]);
  }
  return true;
}

/* |L^-1 a|^2; `room` has p entries. */
static inline double plain_quadratic(size_t p, const double *l, const double *a, double *room)
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

/* a_i^T (scale A^T A + ridge I)^-1 a_i of every row. @param[out] log_determinant  of that matrix */
static inline void plain_quadratics(size_t n, size_t p, const double *a, double scale, double ridge,
                                    double *out, double *log_determinant)
{
  double *g = NULL, *room = NULL;
  CHECK_OK(rote_alloc(p * p, sizeof *g, &g));
  CHECK_OK(rote_alloc(p, sizeof *room, &room));
  plain_gram(n, p, a, scale, ridge, g);
  assert_true(plain_factor(p, g, log_determinant));
  for (size_t i = 0; i < n; i++) {
    out[i] = plain_quadratic(p, g, a + i * p, room);
  }
  rote_free(&g);
  rote_free(&room);
}

/* Squared Mahalanobis distances, and the log determinant of the covariance (over n). */
static inline void plain_distances(size_t n, size_t p, const double *x, double *d2,
                                   double *log_determinant)
{
  double *centred = NULL;
  CHECK_OK(rote_alloc(n * p, sizeof *centred, &centred));
  for (size_t j = 0; j < p; j++) {
    double mean = 0;
    for (size_t i = 0; i < n; i++) {
      mean += x[i * p + j] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
      centred[i * p + j] = x[i * p + j] - mean;
    }
  }
  plain_quadratics(n, p, centred, 1 / (double)n, 0, d2, log_determinant);
  rote_free(&centred);
}

#endif
