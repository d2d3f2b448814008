/* What the tests of kernels share: the tables that this processor can run, and arrays to run them
 * on. */
#ifndef ROTE_TEST_KERNEL_CHECK_H
#define ROTE_TEST_KERNEL_CHECK_H

#include "check.h"

#include "kernel_tables.h"
#include "rote/isa.h"
#include "rote/random.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Sizes of made-up activations. */
enum { PIXELS = 150, COLUMNS = 37, LD = 64 };

static const rote_kernels *table[3];
static size_t table_count;

/* What fused multiply-add promises: the bits of the reference. */
static inline bool is_fused(const rote_kernels *kernels)
{
  return kernels != &rote_kernels_base;
}

static inline int find_tables(void **state)
{
  (void)state;
  unsetenv("ROTE_ISA");
  table[table_count++] = &rote_kernels_base;
#if defined(__x86_64__)
  if (rote_isa_level() >= ROTE_ISA_V3) {
    table[table_count++] = &rote_kernels_v3;
  }
  if (rote_isa_level() >= ROTE_ISA_V4) {
    table[table_count++] = &rote_kernels_v4;
  }
#endif
  return 0;
}

/* n uniform numbers within +-scale, in memory of exactly that size: reading too far is noticed by
 * the sanitizer. */
static inline float *random_array(uint32_t item, size_t n, float scale)
{
  const rote_stream stream = {.seed = 11, .purpose = ROTE_PURPOSE_WEIGHTS};
  float *x = malloc((n > 0 ? n : 1) * sizeof *x);
  assert_non_null(x);
  rote_random_uniform(stream, item, n, x);
  for (size_t i = 0; i < n; i++) {
    x[i] = scale * (2 * x[i] - 1);
  }
  return x;
}

static inline float *copy_of(const float *x, size_t n)
{
  float *copy = malloc((n > 0 ? n : 1) * sizeof *copy);
  assert_non_null(copy);
  memcpy(copy, x, n * sizeof *copy);
  return copy;
}

/* A NaN is a NaN, whatever its bits. */
static inline void check_same(const char *what, size_t n, const float *got, const float *want)
{
  for (size_t i = 0; i < n; i++) {
    if (memcmp(&got[i], &want[i], sizeof *got) != 0 && !(isnan(got[i]) && isnan(want[i]))) {
      fail_msg("%s: entry %zu is %.9g, expected %.9g", what, i, (double)got[i], (double)want[i]);
    }
  }
}

static inline void check_near(const char *what, size_t n, const float *got, const float *want,
                              double tolerance)
{
  for (size_t i = 0; i < n; i++) {
    if (!(fabs((double)got[i] - (double)want[i]) <= tolerance)) {
      fail_msg("%s: entry %zu is %.9g, expected %.9g", what, i, (double)got[i], (double)want[i]);
    }
  }
}

#endif
