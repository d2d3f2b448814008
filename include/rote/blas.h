/* What OpenBLAS is and can do here: for the provenance and as the yardstick of rote bench. */
#ifndef ROTE_BLAS_H
#define ROTE_BLAS_H

#include "rote/status.h"

#include <stdbool.h>

/** Name of the kernels OpenBLAS chose ("Cooperlake"); they decide the bits of what LAPACK computes.
 */
const char *rote_blas_core(void);

/** Pin OpenBLAS to one thread; call once at the start. */
void rote_blas_one_thread(void);

/* A product of square matrices of 1,024 rows, large enough to reach the peak of a core. */
typedef struct rote_yardstick rote_yardstick;

/* Seconds and floating-point operations (2 a multiply-add) of all products since it was zero. */
typedef struct {
  double openblas, operations;
  double own, own_operations;
} rote_yardstick_time;

/** @param in_double  whether OpenBLAS's dgemm is meant, not its sgemm */
rote_status rote_yardstick_create(bool in_double, rote_yardstick **yardstick);
void rote_yardstick_destroy(rote_yardstick **yardstick);

/** Multiply once by OpenBLAS, and add to `time` what it took. */
void rote_yardstick_multiply(rote_yardstick *yardstick, rote_yardstick_time *time);

/** The same by the own gemm of rote_kernels_get(); not in double. */
void rote_yardstick_multiply_own(rote_yardstick *yardstick, rote_yardstick_time *time);

#endif
