/* Small symmetric systems in double, in plain code and a fixed order: the bits are the same on
 * every processor. Matrices are [n, n], row-major. */
#ifndef ROTE_CHOLESKY_H
#define ROTE_CHOLESKY_H

#include <stddef.h>

/** A = U^T U, U upper triangular. Not a number wherever A is not positive definite.
 * @param[in,out] a  its upper triangle becomes that of U; the rest is not touched */
void rote_cholesky(size_t n, double *a);

/** Solve U y = x for many x at once. @param[in,out] x [n, columns] becomes y */
void rote_cholesky_backward(size_t n, const double *u, size_t columns, double *x);

/** The same for U^T y = x. */
void rote_cholesky_forward(size_t n, const double *u, size_t columns, double *x);

#endif
