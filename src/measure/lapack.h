/* What is used of LAPACK (Fortran's names and conventions): matrices column after column, numbers
 * of 32 bits, the lengths of texts at the end. OpenBLAS brings it. */
#ifndef ROTE_LAPACK_H
#define ROTE_LAPACK_H

#include <stddef.h>

/* Cholesky factor of a positive definite matrix, in its place. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
             size_t uplo_length);

/* Some eigenvalues and eigenvectors of a symmetric matrix, which is destroyed. */
void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a,
             const int *lda, const double *vl, const double *vu, const int *il, const int *iu,
             const double *abstol, int *m, double *w, double *z, const int *ldz, int *isuppz,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             size_t jobz_length, size_t range_length, size_t uplo_length);

#endif
