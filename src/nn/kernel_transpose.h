/* An 8 x 8 block of 32-bit numbers in registers, transposed. */
#ifndef ROTE_KERNEL_TRANSPOSE_H
#define ROTE_KERNEL_TRANSPOSE_H

#include <stddef.h>

typedef float v8f __attribute__((vector_size(32)));

/* Pairs of rows, then pairs of pairs, then halves. Bits are moved only, whatever they mean. */
static inline void transpose_lanes(v8f r[8])
{
  v8f t[8];
  for (size_t i = 0; i < 8; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (size_t i = 0; i < 8; i += 4) {
    for (size_t k = 0; k < 2; k++) {
      const v8f a = t[i + k], b = t[i + k + 2];
      r[i + 2 * k] = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
      r[i + 2 * k + 1] = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (size_t i = 0; i < 4; i++) {
    t[i] = __builtin_shufflevector(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    t[i + 4] = __builtin_shufflevector(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (size_t i = 0; i < 8; i++) {
    r[i] = t[i];
  }
}

#endif
