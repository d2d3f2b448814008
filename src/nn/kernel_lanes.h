/* Columns of an activation, sixteen at a time in PARTS registers. */
#ifndef ROTE_KERNEL_LANES_H
#define ROTE_KERNEL_LANES_H

#include "kernel_register.h"

#include <stddef.h>

static inline void add_lanes(double *total, const vec part[PARTS])
{
  for (int h = 0; h < PARTS; h++) {
    for (int l = 0; l < WIDTH; l++) {
      total[h * WIDTH + l] += (double)part[h][l];
    }
  }
}

static inline void store_columns(size_t first, size_t columns, const double *total, double *out)
{
  for (size_t l = 0; l < 16 && first + l < columns; l++) {
    out[first + l] = total[l];
  }
}

/* Of one register, all bits set where column first + lane is below `columns`. */
static inline vec_mask used_lanes(size_t first, size_t columns)
{
  vec_mask used;
  for (int l = 0; l < WIDTH; l++) {
    used[l] = first + (size_t)l < columns ? -1 : 0;
  }
  return used;
}

#endif
