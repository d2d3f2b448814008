/* Sixteen floats at a time, in GCC's vector extension: one register with AVX-512, two with AVX2,
 * four with SSE. For files compiled by rote_add_vector_kernels() only. */
#ifndef ROTE_SIMD_H
#define ROTE_SIMD_H

#include <stdint.h>
#include <string.h>

typedef float v16f __attribute__((vector_size(64)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef uint32_t v16u __attribute__((vector_size(64)));

#define ROTE_ISA_JOIN2(name, isa) name##_##isa
#define ROTE_ISA_JOIN(name, isa) ROTE_ISA_JOIN2(name, isa)
#define ROTE_ISA_NAME(name) ROTE_ISA_JOIN(name, ROTE_ISA) /* name_v4 and so on */

static inline v16f v16_load(const float *p)
{
  v16f v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void v16_store(float *p, v16f v)
{
  memcpy(p, &v, sizeof v);
}

#define SIMD_FLOATS v16f
#define SIMD_INTS v16i
#define SIMD(name) v16_##name
#define SIMD_KEEP(v) __asm__("" : "+m"(v))
#include "simd_functions.h"

static inline v16f v16_sqrt(v16f x)
{
  v16f y;
  for (int i = 0; i < 16; i++) {
    y[i] = __builtin_sqrtf(x[i]);
  }
  return y;
}

/* sin and cos of 2 pi u for u in [0, 1]. Absolute error below 1e-7. */
static inline void v16_sincos_turn(v16f u, v16f *sine, v16f *cosine)
{
  const v16f q = v16_round(u * 4.0f);
  const v16f r = (u * 4.0f - q) * 1.57079632679489662f; /* exact difference; |r| <= pi/4 */
  v16_sincos_reduced(q, r, sine, cosine);
}

#endif
