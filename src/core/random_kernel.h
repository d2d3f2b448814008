/* The vector part of random.c, once per instruction set. Counters: see random.h. */
#ifndef ROTE_RANDOM_KERNEL_H
#define ROTE_RANDOM_KERNEL_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t key[2];
  uint32_t item, unit, epoch_purpose;
} rote_random_counter;

/* Each fills whole groups of 64: words, normals, uniforms. `first` is the first group. */
typedef struct {
  void (*words)(const rote_random_counter *c, uint32_t first, size_t groups, uint32_t *out);
  void (*normal)(const rote_random_counter *c, uint32_t first, size_t groups, float *out);
  void (*uniform)(const rote_random_counter *c, uint32_t first, size_t groups, float *out);
  /* 128 pixels a group: pixel j < 64 uses the low half of word j, pixel 64 + j the high half */
  void (*bernoulli)(const rote_random_counter *c, uint32_t first, size_t groups,
                    const uint8_t *level, float *out);
} rote_random_kernels;

extern const rote_random_kernels rote_random_kernels_base;
extern const rote_random_kernels rote_random_kernels_v3;
extern const rote_random_kernels rote_random_kernels_v4;

#endif
