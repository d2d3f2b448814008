/* Differences of decoder outputs in vectors, compiled once per instruction set. */
#include "kernel_lanes.h"
#include "kernel_tables.h"
#include "simd.h"

/* Rows that are summed in floats before the sum goes to double. */
#define RUN 64

/* n of 16 numbers: the last ones of a row may be all that is left of an array. */
static inline __attribute__((always_inline)) v16f load_some(size_t n, const float *p)
{
  float some[16] = {0};
  if (n == 16) {
    return v16_load(p);
  }
  memcpy(some, p, n * sizeof *some);
  return v16_load(some);
}

static inline __attribute__((always_inline)) void store_some(size_t n, float *p, v16f v)
{
  if (n == 16) {
    v16_store(p, v);
    return;
  }
  float some[16];
  v16_store(some, v);
  memcpy(p, some, n * sizeof *some);
}

/* Columns j .. j + n - 1, n <= 16: b = root (out - base), dot = sum over rows of gradient (out -
 * base). */
static inline __attribute__((always_inline)) void
weighted_columns(const rote_differences *d, size_t j, const size_t n, double *dot)
{
  double total[16] = {0};
  for (size_t r0 = 0; r0 < d->rows; r0 += RUN) {
    const size_t end = d->rows - r0 < RUN ? d->rows : r0 + RUN;
    v16f sum = {0};
    for (size_t r = r0; r < end; r++) {
      const size_t at = r * d->ld_base;
      const v16f change = load_some(n, d->out + r * d->ld_out + j) - d->base[at];
      store_some(n, d->b + r * d->ld_b + j, d->root[at] * change);
      sum += d->gradient[at] * change;
    }
    add_lanes(total, sum);
  }
  memcpy(dot + j, total, n * sizeof *dot);
}

/* The same for outputs that come in planes: b = sum over planes of gradient (out - base), dot = sum
 * over positions of b. */
static inline __attribute__((always_inline)) void
projected_columns(const rote_differences *d, size_t j, const size_t n, double *dot)
{
  const size_t positions = d->rows / d->planes;
  double total[16] = {0};
  for (size_t p0 = 0; p0 < positions; p0 += RUN) {
    const size_t end = positions - p0 < RUN ? positions : p0 + RUN;
    v16f sum = {0};
    for (size_t p = p0; p < end; p++) {
      v16f here = {0};
      for (size_t r = p; r < d->rows; r += positions) {
        const size_t at = r * d->ld_base;
        here += d->gradient[at] * (load_some(n, d->out + r * d->ld_out + j) - d->base[at]);
      }
      store_some(n, d->b + p * d->ld_b + j, here);
      sum += here;
    }
    add_lanes(total, sum);
  }
  memcpy(dot + j, total, n * sizeof *dot);
}

void ROTE_ISA_NAME(rote_difference_outputs)(const rote_differences *d, double *dot)
{
  for (size_t j = 0; j < d->columns; j += 16) {
    const size_t n = d->columns - j;
    if (d->root != NULL) {
      if (n >= 16) {
        weighted_columns(d, j, 16, dot);
      } else {
        weighted_columns(d, j, n, dot);
      }
    } else if (n >= 16) {
      projected_columns(d, j, 16, dot);
    } else {
      projected_columns(d, j, n, dot);
    }
  }
}
