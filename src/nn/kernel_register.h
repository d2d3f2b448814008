/* Floats in a register of the machine. Where that is shorter than v16f (simd.h), GCC takes
 * comparisons of v16f apart number by number, and loops that live by them are written in these. */
#ifndef ROTE_KERNEL_REGISTER_H
#define ROTE_KERNEL_REGISTER_H

#include "simd.h"

#if defined(__AVX512F__)
#define WIDTH 16 /* floats in a register */
#elif defined(__AVX2__)
#define WIDTH 8
#else
#define WIDTH 4
#endif
#define PARTS (16 / WIDTH) /* registers of sixteen floats */

/* Where registers are arguments, or numbers that must become constants. */
#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(WIDTH * 4)));
typedef int32_t vec_mask __attribute__((vector_size(WIDTH * 4)));

static inline vec vec_load(const float *p)
{
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void vec_store(float *p, vec v)
{
  memcpy(p, &v, sizeof v);
}

#define SIMD_FLOATS vec
#define SIMD_INTS vec_mask
#define SIMD(name) vec_##name
#if defined(__AVX512F__)
#define SIMD_KEEP(x) __asm__("" : "+v"(x))
#elif defined(__x86_64__)
#define SIMD_KEEP(x) __asm__("" : "+x"(x))
#else
#define SIMD_KEEP(x) __asm__("" : "+m"(x))
#endif
#include "simd_functions.h"

#endif
