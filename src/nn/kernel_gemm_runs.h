/* A shallow product whose depth lies in several runs, for kernel_fast.c: the sums stay in registers
 * from the first run to the last. */
#ifndef ROTE_KERNEL_GEMM_RUNS_H
#define ROTE_KERNEL_GEMM_RUNS_H

#include "kernel_gemm.h"

/* Up to here a panel of B stays in the first-level cache where it lies, whatever ldb is. */
#define RUNS_DEPTH 128

/* rows, vectors: as in tile(). */
INLINE void runs_tile(const int rows, const int vectors, const rote_runs *r, const float *a,
                      size_t lda, const float *b, size_t ldb, const float *bias, float *c,
                      size_t ldc)
{
  vec acc[ROWS][VECTORS];
  begin_sums(rows, vectors, acc, NULL, 0, bias);
  for (size_t run = 0; run < r->count; run++) {
    add_products(rows, vectors, acc, r->depth, (rote_strided){a + run * r->a, lda, 1},
                 b + run * r->b, ldb);
  }
  store_sums(rows, vectors, acc, c, ldc);
}

/* One panel of B and all rows of A; `vectors` is a constant of the caller. */
INLINE void runs_panel(size_t m, const int vectors, const rote_runs *r, const float *a, size_t lda,
                       const float *b, size_t ldb, const float *bias, float *c, size_t ldc)
{
  size_t rows;
  for (size_t i = 0; i < m; i += rows) {
    rows = tile_rows(m - i);
    OF_HEIGHT(rows, runs_tile, vectors, r, a + i * lda, lda, b, ldb, bias == NULL ? NULL : bias + i,
              c + i * ldc, ldc)
  }
}

static void gemm_runs(size_t m, size_t n, const rote_runs *r, const float *a, size_t lda,
                      const float *b, size_t ldb, const float *bias, float *c, size_t ldc)
{
  if (r->count * r->depth > RUNS_DEPTH) {
    for (size_t run = 0; run < r->count; run++) {
      gemm(m, n, r->depth, (rote_strided){a + run * r->a, lda, 1}, b + run * r->b, ldb, bias,
           run > 0, c, ldc);
    }
    return;
  }
  size_t j = 0;
  for (; j + PANEL <= n; j += PANEL) {
    runs_panel(m, VECTORS, r, a, lda, b + j, ldb, bias, c + j, ldc);
  }
  for (; j < n; j += WIDTH) {
    runs_panel(m, 1, r, a, lda, b + j, ldb, bias, c + j, ldc);
  }
}

#endif
