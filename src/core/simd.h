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

static inline v16f v16_set(float x)
{
  return x - (v16f){0};
}

static inline v16f v16_select(v16i mask, v16f yes, v16f no)
{
  return (v16f)(((v16i)yes & mask) | ((v16i)no & ~mask));
}

static inline v16f v16_max(v16f a, v16f b)
{
  return v16_select(a > b, a, b);
}

static inline v16f v16_min(v16f a, v16f b)
{
  return v16_select(a < b, a, b);
}

static inline v16f v16_abs(v16f a)
{
  return (v16f)((v16i)a & 0x7fffffff);
}

/* Nearest integer, |x| < 2^22. */
static inline v16f v16_round(v16f x)
{
  const v16f magic = v16_set(12582912.0f); /* 1.5 * 2^23 */
  v16f y = x + magic;
  __asm__("" : "+m"(y)); /* keep the compiler from folding (x + magic) - magic */
  return y - magic;
}

/* e^x; arguments beyond +-87 are clamped; NaN stays NaN. Relative error below 2e-7. */
static inline v16f v16_exp(v16f x)
{
  v16f clamped = v16_select(x > 87.0f, v16_set(87.0f), x);
  clamped = v16_select(clamped < -87.0f, v16_set(-87.0f), clamped);
  const v16f n = v16_round(clamped * 1.44269504088896341f);
  v16f r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  v16f p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const v16i scale = (__builtin_convertvector(n, v16i) + 127) << 23;
  return p * (v16f)scale;
}

/* log x for normal positive x. Relative error below 2e-7, absolute below 1e-7 near 1. */
static inline v16f v16_log(v16f x)
{
  const v16i bits = (v16i)x;
  /* mantissa in [sqrt(1/2), sqrt 2) */
  const v16i shifted = bits - 0x3f3504f3;
  const v16f e = __builtin_convertvector(shifted >> 23, v16f);
  const v16f m = (v16f)((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;
  v16f p = m * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const v16f m2 = m * m;
  v16f small = e * 2.12194440e-4f;
  __asm__("" : "+m"(small)); /* of two products the compiler may fuse either: let it be the other */
  v16f y = p * m * m2 - small;
  y = y - 0.5f * m2;
  return m + y + e * 0.693359375f;
}

static inline v16f v16_sqrt(v16f x)
{
  v16f y;
  for (int i = 0; i < 16; i++) {
    y[i] = __builtin_sqrtf(x[i]);
  }
  return y;
}

/* sin and cos of q pi/2 + r for whole q, |r| <= pi/4. Absolute error below 1e-7. */
static inline void v16_sincos_reduced(v16f q, v16f r, v16f *sine, v16f *cosine)
{
  const v16f r2 = r * r;
  v16f s = r2 * -1.9515295891e-4f + 8.3321608736e-3f;
  s = s * r2 - 1.6666654611e-1f;
  s = s * r2 * r + r;
  v16f c = r2 * 2.443315711809948e-5f - 1.388731625493765e-3f;
  c = c * r2 + 4.166664568298827e-2f;
  c = c * r2 * r2 - 0.5f * r2 + 1.0f;
  const v16i quadrant = __builtin_convertvector(q, v16i);
  const v16i swap = (quadrant & 1) != 0;
  const v16f a = v16_select(swap, c, s);
  const v16f b = v16_select(swap, s, c);
  *sine = (v16f)((v16i)a ^ ((quadrant & 2) << 30));
  *cosine = (v16f)((v16i)b ^ (((quadrant + 1) & 2) << 30));
}

/* sin and cos of 2 pi u for u in [0, 1]. Absolute error below 1e-7. */
static inline void v16_sincos_turn(v16f u, v16f *sine, v16f *cosine)
{
  const v16f q = v16_round(u * 4.0f);
  const v16f r = (u * 4.0f - q) * 1.57079632679489662f; /* exact difference; |r| <= pi/4 */
  v16_sincos_reduced(q, r, sine, cosine);
}

#endif
