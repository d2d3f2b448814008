#include "rote/blas.h"
#include "rote/clock.h"
#include "rote/kernels.h"
#include "rote/memory.h"

#include <cblas.h>

const char *rote_blas_core(void)
{
  return openblas_get_corename();
}

void rote_blas_one_thread(void)
{
  openblas_set_num_threads(1);
}

rote_status rote_blas_peak(double *openblas, double *own)
{
  rote_status status = ROTE_OK;
  enum { SIZE = 1024, ROUNDS = 9 };
  float *a = NULL, *b = NULL, *c = NULL;
  double best[2] = {1e9, 1e9};
  ROTE_TRY(rote_alloc((size_t)SIZE * SIZE, sizeof(float), &a));
  ROTE_TRY(rote_alloc((size_t)SIZE * SIZE, sizeof(float), &b));
  ROTE_TRY(rote_alloc((size_t)SIZE * SIZE, sizeof(float), &c));
  for (size_t i = 0; i < (size_t)SIZE * SIZE; i++) {
    a[i] = (float)(i % 7) - 3.0f;
    b[i] = (float)(i % 5) - 2.0f;
  }
  for (int round = 0; round < ROUNDS; round++) {
    double start = rote_seconds();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIZE, SIZE, SIZE, 1.0f, a, SIZE, b, SIZE,
                0.0f, c, SIZE);
    double middle = rote_seconds();
    rote_kernels_get()->gemm(SIZE, SIZE, SIZE, (rote_strided){a, SIZE, 1}, b, SIZE, NULL, false, c,
                             SIZE);
    double end = rote_seconds();
    best[0] = middle - start < best[0] ? middle - start : best[0];
    best[1] = end - middle < best[1] ? end - middle : best[1];
  }
  const double operations = 2e-9 * SIZE * SIZE * (double)SIZE;
  *openblas = operations / best[0];
  *own = operations / best[1];
done:
  rote_free(&a);
  rote_free(&b);
  rote_free(&c);
  return status;
}

rote_status rote_blas_peak_double(double *dgemm)
{
  rote_status status = ROTE_OK;
  enum { SIZE = 1024, ROUNDS = 9 };
  double *a = NULL, *b = NULL, *c = NULL, best = 1e9;
  ROTE_TRY(rote_alloc((size_t)SIZE * SIZE, sizeof(double), &a));
  ROTE_TRY(rote_alloc((size_t)SIZE * SIZE, sizeof(double), &b));
  ROTE_TRY(rote_alloc((size_t)SIZE * SIZE, sizeof(double), &c));
  for (size_t i = 0; i < (size_t)SIZE * SIZE; i++) {
    a[i] = (double)(i % 7) - 3;
    b[i] = (double)(i % 5) - 2;
  }
  for (int round = 0; round < ROUNDS; round++) {
    const double start = rote_seconds();
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIZE, SIZE, SIZE, 1, a, SIZE, b, SIZE, 0,
                c, SIZE);
    const double seconds = rote_seconds() - start;
    best = seconds < best ? seconds : best;
  }
  *dgemm = 2e-9 * SIZE * SIZE * (double)SIZE / best;
done:
  rote_free(&a);
  rote_free(&b);
  rote_free(&c);
  return status;
}
