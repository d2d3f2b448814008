/* What OpenBLAS is and can do here: for the provenance and as the yardstick of rote bench. */
#ifndef ROTE_BLAS_H
#define ROTE_BLAS_H

#include "rote/status.h"

/** Name of the kernels OpenBLAS chose ("Cooperlake"); they decide the bits of what LAPACK computes.
 */
const char *rote_blas_core(void);

/** Pin OpenBLAS to one thread; call once at the start. */
void rote_blas_one_thread(void);

/** GFLOP/s of a large square matrix product, best of several: OpenBLAS's sgemm and our own gemm.
 * 2 floating-point operations a multiply-add. */
rote_status rote_blas_peak(double *openblas, double *own);

/** The same of OpenBLAS's dgemm. */
rote_status rote_blas_peak_double(double *dgemm);

#endif
