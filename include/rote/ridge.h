/* Leverages x^T (G + ridge I)^-1 x of rows x, and products of two of them in the same metric, for
 * G = sum of x x^T over all rows. In double, in plain code and a fixed order: neither how rows are
 * cut nor the processor decides a bit.
 *
 * Letters: Q numbers of a row. */
#ifndef ROTE_RIDGE_H
#define ROTE_RIDGE_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  size_t numbers; /* Q */
  double *matrix; /* [Q, Q] G's upper triangle, then its Cholesky factor */
  double *column; /* room of rote_ridge_leverages() */
} rote_ridge;

/** G = 0. @return ROTE_OK; ROTE_NOMEM */
rote_status rote_ridge_create(size_t numbers, rote_ridge **ridge);
void rote_ridge_destroy(rote_ridge **ridge);

/** G += sum of x x^T. @param[in] x [count, Q] */
void rote_ridge_add(rote_ridge *ridge, size_t count, const double *x);

/** Factorise G + share x (mean eigenvalue of G) I; afterwards nothing can be added.
 * @return whether it is positive definite: not if G is 0 or no number */
bool rote_ridge_factorise(rote_ridge *ridge, double share);

/** x^T (G + ridge I)^-1 x of rows. @param[in] x [count, Q] @param[out] h [count] */
void rote_ridge_leverages(rote_ridge *ridge, size_t count, const double *x, double *h);

/** y = (G + ridge I)^-1 y for many y at once. @param[in,out] y [Q, count], one a column */
void rote_ridge_solve(const rote_ridge *ridge, size_t count, double *y);

/** Products of rows with what was solved: tau = x y. @param[in] x [rows, Q] @param[in] y [Q, count]
 * @param[out] tau [rows, count] */
void rote_ridge_products(const rote_ridge *ridge, size_t rows, const double *x, size_t count,
                         const double *y, double *tau);

#endif
