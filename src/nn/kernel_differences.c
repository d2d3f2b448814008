/* Differences of decoder outputs in vectors, compiled once per instruction set. */
#include "kernel_lanes.h"
#include "kernel_tables.h"

/* Rows that are summed in floats before the sum goes to double. */
#define RUN 64

/* Sixteen columns. */
typedef struct {
  vec part[PARTS];
} block;

/* n of 16 numbers: the last ones of a row may be all that is left of an array. */
INLINE block load_some(size_t n, const float *p)
{
  float some[16] = {0};
  block b;
  if (n < 16) {
    memcpy(some, p, n * sizeof *some);
    p = some;
  }
  for (int h = 0; h < PARTS; h++) {
    b.part[h] = vec_load(p + h * WIDTH);
  }
  return b;
}

INLINE void store_some(size_t n, float *p, block b)
{
  float some[16], *to = n < 16 ? some : p;
  for (int h = 0; h < PARTS; h++) {
    vec_store(to + h * WIDTH, b.part[h]);
  }
  if (n < 16) {
    memcpy(p, some, n * sizeof *p);
  }
}

/* `blocks` times 16 columns from j, or where it is 1 the n <= 16 that there are: b = root (out -
 * base), dot = sum over rows of gradient (out - base). */
INLINE void weighted_columns(const rote_differences *d, size_t j, const int blocks, const size_t n,
                             double *dot)
{
  double total[2][16] = {{0}};
  for (size_t r0 = 0; r0 < d->rows; r0 += RUN) {
    const size_t end = d->rows - r0 < RUN ? d->rows : r0 + RUN;
    block sum[2] = {{{{0}}}};
    for (size_t r = r0; r < end; r++) {
      const float base = d->base[r * d->ld_base], root = d->root[r * d->ld_base];
      const float gradient = d->gradient[r * d->ld_base];
      const float *out = d->out + r * d->ld_out + j;
      float *b = d->b + r * d->ld_b + j;
#pragma GCC unroll 2
      for (int v = 0; v < blocks; v++) {
        block change = load_some(n, out + 16 * v);
#pragma GCC unroll 4
        for (int h = 0; h < PARTS; h++) {
          change.part[h] -= base;
          sum[v].part[h] += gradient * change.part[h];
          change.part[h] *= root;
        }
        store_some(n, b + 16 * v, change);
      }
    }
    for (int v = 0; v < blocks; v++) {
      add_lanes(total[v], sum[v].part);
    }
  }
  for (int v = 0; v < blocks; v++) {
    memcpy(dot + j + 16 * v, total[v], n * sizeof *dot);
  }
}

/* The same for outputs that come in planes: b = sum over planes of gradient (out - base), dot = sum
 * over positions of b. */
INLINE void projected_columns(const rote_differences *d, size_t j, const size_t n, double *dot)
{
  const size_t positions = d->rows / d->planes;
  double total[16] = {0};
  for (size_t p0 = 0; p0 < positions; p0 += RUN) {
    const size_t end = positions - p0 < RUN ? positions : p0 + RUN;
    block sum = {{{0}}};
    for (size_t p = p0; p < end; p++) {
      block here = {{{0}}};
      for (size_t r = p; r < d->rows; r += positions) {
        const size_t at = r * d->ld_base;
        const block out = load_some(n, d->out + r * d->ld_out + j);
#pragma GCC unroll 4
        for (int h = 0; h < PARTS; h++) {
          here.part[h] += d->gradient[at] * (out.part[h] - d->base[at]);
        }
      }
#pragma GCC unroll 4
      for (int h = 0; h < PARTS; h++) {
        sum.part[h] += here.part[h];
      }
      store_some(n, d->b + p * d->ld_b + j, here);
    }
    add_lanes(total, sum.part);
  }
  memcpy(dot + j, total, n * sizeof *dot);
}

void ROTE_ISA_NAME(rote_difference_outputs)(const rote_differences *d, double *dot)
{
  for (size_t j = 0, next = 0; j < d->columns; j = next) {
    const size_t n = d->columns - j;
    next = j + (n >= 32 && d->root != NULL ? 32 : 16);
    if (d->root != NULL && n >= 32) {
      weighted_columns(d, j, 2, 16, dot);
    } else if (d->root != NULL && n >= 16) {
      weighted_columns(d, j, 1, 16, dot);
    } else if (d->root != NULL) {
      weighted_columns(d, j, 1, n, dot);
    } else if (n >= 16) {
      projected_columns(d, j, 16, dot);
    } else {
      projected_columns(d, j, n, dot);
    }
  }
}
