#include "rote/kernels.h"

#include "kernel_tables.h"
#include "rote/isa.h"

static double multiply_adds, spared;

size_t rote_column_pad(size_t n)
{
  return (n + ROTE_COLUMN_BLOCK - 1) / ROTE_COLUMN_BLOCK * ROTE_COLUMN_BLOCK;
}

size_t rote_mixture_outputs(const rote_mixture *m)
{
  return m->positions * m->components * (1 + 2 * m->channels + m->channels * (m->channels - 1) / 2);
}

const rote_kernels *rote_kernels_get(void)
{
  static const rote_kernels *chosen = NULL;
  if (chosen == NULL) {
#ifdef ROTE_REAL_DOUBLE
    chosen = rote_kernels_reference();
#else
    chosen = &rote_kernels_base;
#if defined(__x86_64__)
    const rote_isa isa = rote_isa_level();
    if (isa == ROTE_ISA_V3) {
      chosen = &rote_kernels_v3;
    } else if (isa == ROTE_ISA_V4) {
      chosen = &rote_kernels_v4;
    }
#endif
#endif
  }
  return chosen;
}

double rote_kernels_multiply_adds(void)
{
  return multiply_adds;
}

void rote_count_multiply_adds(size_t m, size_t n, size_t k)
{
  multiply_adds += (double)m * (double)n * (double)k;
}

double rote_kernels_spared_multiply_adds(void)
{
  return spared;
}

void rote_count_spared(double count)
{
  spared += count;
}

void rote_gemm(size_t m, size_t n, size_t k, rote_strided a, const rote_real *b, size_t ldb,
               const rote_real *bias, bool accumulate, rote_real *c, size_t ldc)
{
  rote_count_multiply_adds(m, n, k);
  rote_kernels_get()->gemm(m, n, k, a, b, ldb, bias, accumulate, c, ldc);
}

void rote_gemm_runs(size_t m, size_t n, const rote_runs *runs, const rote_real *a, size_t lda,
                    const rote_real *b, size_t ldb, const rote_real *bias, rote_real *c, size_t ldc)
{
  rote_count_multiply_adds(m, n, runs->count * runs->depth);
  rote_kernels_get()->gemm_runs(m, n, runs, a, lda, b, ldb, bias, c, ldc);
}
