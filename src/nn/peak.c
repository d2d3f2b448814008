#include "rote/blas.h"
#include "rote/clock.h"
#include "rote/kernels.h"
#include "rote/memory.h"

#include <cblas.h>

enum { SIZE = 1024 };

struct rote_yardstick {
  bool in_double;
  float *a, *b, *c; /* [SIZE, SIZE] each */
  double *wide_a, *wide_b, *wide_c;
};

const char *rote_blas_core(void)
{
  return openblas_get_corename();
}

void rote_blas_one_thread(void)
{
  openblas_set_num_threads(1);
}

rote_status rote_yardstick_create(bool in_double, rote_yardstick **out)
{
  rote_status status = ROTE_OK;
  rote_yardstick *y = NULL;
  const size_t all = (size_t)SIZE * SIZE;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *y, &y));
  y->in_double = in_double;
  if (in_double) {
    ROTE_TRY(rote_alloc(all, sizeof(double), &y->wide_a));
    ROTE_TRY(rote_alloc(all, sizeof(double), &y->wide_b));
    ROTE_TRY(rote_alloc(all, sizeof(double), &y->wide_c));
  } else {
    ROTE_TRY(rote_alloc(all, sizeof(float), &y->a));
    ROTE_TRY(rote_alloc(all, sizeof(float), &y->b));
    ROTE_TRY(rote_alloc(all, sizeof(float), &y->c));
  }
  for (size_t i = 0; i < all; i++) {
    if (in_double) {
      y->wide_a[i] = (double)(i % 7) - 3;
      y->wide_b[i] = (double)(i % 5) - 2;
    } else {
      y->a[i] = (float)(i % 7) - 3.0f;
      y->b[i] = (float)(i % 5) - 2.0f;
    }
  }
  *out = y;
  y = NULL;
done:
  rote_yardstick_destroy(&y);
  return status;
}

void rote_yardstick_destroy(rote_yardstick **yardstick)
{
  if (*yardstick != NULL) {
    rote_free(&(*yardstick)->a);
    rote_free(&(*yardstick)->b);
    rote_free(&(*yardstick)->c);
    rote_free(&(*yardstick)->wide_a);
    rote_free(&(*yardstick)->wide_b);
    rote_free(&(*yardstick)->wide_c);
    rote_free(yardstick);
  }
}

void rote_yardstick_multiply(rote_yardstick *y, rote_yardstick_time *time)
{
  const double start = rote_seconds();
  if (y->in_double) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIZE, SIZE, SIZE, 1, y->wide_a, SIZE,
                y->wide_b, SIZE, 0, y->wide_c, SIZE);
  } else {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIZE, SIZE, SIZE, 1.0f, y->a, SIZE, y->b,
                SIZE, 0.0f, y->c, SIZE);
  }
  time->openblas += rote_seconds() - start;
  time->operations += 2.0 * SIZE * SIZE * SIZE;
}

void rote_yardstick_multiply_own(rote_yardstick *y, rote_yardstick_time *time)
{
  const double start = rote_seconds();
  rote_kernels_get()->gemm(SIZE, SIZE, SIZE, (rote_strided){y->a, SIZE, 1}, y->b, SIZE, NULL, false,
                           y->c, SIZE);
  time->own += rote_seconds() - start;
  time->own_operations += 2.0 * SIZE * SIZE * SIZE;
}
