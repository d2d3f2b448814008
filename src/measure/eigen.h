/* Leading eigenvectors of a symmetric matrix, by LAPACK. */
#ifndef ROTE_EIGEN_H
#define ROTE_EIGEN_H

#include "rote/status.h"

#include <stddef.h>

/** The `count` largest eigenvalues, the smallest of them first, and their vectors.
 * @param[in,out] matrix [n, n], of which one triangle counts: rows >= columns, column after column;
 * destroyed
 * @param[out] value [n], `count` of them used @param[out] vector [count, n]
 * @return ROTE_OK; ROTE_INTERNAL if LAPACK gives up; ROTE_NOMEM */
rote_status rote_eigen_largest(size_t n, size_t count, double *matrix, double *value,
                               double *vector);

#endif
