/* Columns of an activation, sixteen at a time. */
#ifndef ROTE_KERNEL_LANES_H
#define ROTE_KERNEL_LANES_H

#include "simd.h"

#include <stddef.h>

static inline void add_lanes(double *total, v16f v)
{
  for (int l = 0; l < 16; l++) {
    total[l] += (double)v[l];
  }
}

static inline void store_columns(size_t first, size_t columns, const double *total, double *out)
{
  for (size_t l = 0; l < 16 && first + l < columns; l++) {
    out[first + l] = total[l];
  }
}

/* All bits set where column first + lane is below `columns`. */
static inline v16i used_lanes(size_t first, size_t columns)
{
  v16i used;
  for (int l = 0; l < 16; l++) {
    used[l] = first + (size_t)l < columns ? -1 : 0;
  }
  return used;
}

#endif
