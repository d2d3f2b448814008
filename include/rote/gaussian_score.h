/* Leverage, and what leaving an image out does to a Gaussian density: in closed form, float64.
 *
 * Letters: n points of p dimensions, the rows x_i of a matrix; mean m and maximum likelihood
 * covariance S = sum (x_j - m)(x_j - m)^T / n of all of them; d2_i = (x_i - m)^T S^-1 (x_i - m),
 * the squared Mahalanobis distance, at most n - 1. */
#ifndef ROTE_GAUSSIAN_SCORE_H
#define ROTE_GAUSSIAN_SCORE_H

#include <stddef.h>

/** Leverage of a point in a regression on [1, x]: (1 + d2) / n. */
double rote_gaussian_leverage(double d2, size_t n);

/** log p of a point under the density of all of them, in nats.
 * @param[in] log_determinant  of S */
double rote_gaussian_log_p(double d2, size_t p, double log_determinant);

/** log p of a point under the density of the n - 1 others, in nats; -infinity where they have no
 * density, as they lie in a plane that the point does not lie in (d2 = n - 1). */
double rote_gaussian_left_out_log_p(double d2, size_t n, size_t p, double log_determinant);

/** The difference of the two, the exact memorization score of the point (derived):
 *
 *   M_i = -d2/2 + n d2 / (2 (n - 1 - d2)) + [p log(n / (n - 1)) + log(1 - d2 / (n - 1))] / 2
 *
 * in nats; +infinity where the n - 1 others have no density. */
double rote_gaussian_score(double d2, size_t n, size_t p);

#endif
