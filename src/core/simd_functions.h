/* Functions of a vector of floats of any length, which whoever includes this names (no guard):
 * SIMD_FLOATS, SIMD_INTS: the vectors; SIMD(name): the function's name; SIMD_KEEP(v): what keeps
 * the compiler from seeing through v. A lane's bits do not depend on the length. */
static inline SIMD_FLOATS SIMD(set)(float x)
{
  return x - (SIMD_FLOATS){0};
}

static inline SIMD_FLOATS SIMD(select)(SIMD_INTS mask, SIMD_FLOATS yes, SIMD_FLOATS no)
{
  return (SIMD_FLOATS)(((SIMD_INTS)yes & mask) | ((SIMD_INTS)no & ~mask));
}

static inline SIMD_FLOATS SIMD(max)(SIMD_FLOATS a, SIMD_FLOATS b)
{
  return SIMD(select)(a > b, a, b);
}

static inline SIMD_FLOATS SIMD(min)(SIMD_FLOATS a, SIMD_FLOATS b)
{
  return SIMD(select)(a < b, a, b);
}

static inline SIMD_FLOATS SIMD(abs)(SIMD_FLOATS a)
{
  return (SIMD_FLOATS)((SIMD_INTS)a & 0x7fffffff);
}

/* Nearest integer, |x| < 2^22. */
static inline SIMD_FLOATS SIMD(round)(SIMD_FLOATS x)
{
  const SIMD_FLOATS magic = SIMD(set)(12582912.0f); /* 1.5 * 2^23 */
  SIMD_FLOATS y = x + magic;
  SIMD_KEEP(y); /* keep the compiler from folding (x + magic) - magic */
  return y - magic;
}

/* e^x; arguments beyond +-87 are clamped; NaN stays NaN. Relative error below 2e-7. */
static inline SIMD_FLOATS SIMD(exp)(SIMD_FLOATS x)
{
  SIMD_FLOATS clamped = SIMD(select)(x > 87.0f, SIMD(set)(87.0f), x);
  clamped = SIMD(select)(clamped < -87.0f, SIMD(set)(-87.0f), clamped);
  const SIMD_FLOATS n = SIMD(round)(clamped * 1.44269504088896341f);
  SIMD_FLOATS r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  SIMD_FLOATS p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  const SIMD_INTS scale = (__builtin_convertvector(n, SIMD_INTS) + 127) << 23;
  return p * (SIMD_FLOATS)scale;
}

/* log x for normal positive x. Relative error below 2e-7, absolute below 1e-7 near 1. */
static inline SIMD_FLOATS SIMD(log)(SIMD_FLOATS x)
{
  const SIMD_INTS bits = (SIMD_INTS)x;
  /* mantissa in [sqrt(1/2), sqrt 2) */
  const SIMD_INTS shifted = bits - 0x3f3504f3;
  const SIMD_FLOATS e = __builtin_convertvector(shifted >> 23, SIMD_FLOATS);
  const SIMD_FLOATS m = (SIMD_FLOATS)((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;
  SIMD_FLOATS p = m * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const SIMD_FLOATS m2 = m * m;
  SIMD_FLOATS small = e * 2.12194440e-4f;
  SIMD_KEEP(small); /* of two products the compiler may fuse either: let it be the other */
  SIMD_FLOATS y = p * m * m2 - small;
  y = y - 0.5f * m2;
  return m + y + e * 0.693359375f;
}

/* sin and cos of q pi/2 + r for whole q, |r| <= pi/4. Absolute error below 1e-7. */
static inline void SIMD(sincos_reduced)(SIMD_FLOATS q, SIMD_FLOATS r, SIMD_FLOATS *sine,
                                        SIMD_FLOATS *cosine)
{
  const SIMD_FLOATS r2 = r * r;
  SIMD_FLOATS s = r2 * -1.9515295891e-4f + 8.3321608736e-3f;
  s = s * r2 - 1.6666654611e-1f;
  s = s * r2 * r + r;
  SIMD_FLOATS c = r2 * 2.443315711809948e-5f - 1.388731625493765e-3f;
  c = c * r2 + 4.166664568298827e-2f;
  c = c * r2 * r2 - 0.5f * r2 + 1.0f;
  const SIMD_INTS quadrant = __builtin_convertvector(q, SIMD_INTS);
  const SIMD_INTS swap = (quadrant & 1) != 0;
  const SIMD_FLOATS a = SIMD(select)(swap, c, s);
  const SIMD_FLOATS b = SIMD(select)(swap, s, c);
  *sine = (SIMD_FLOATS)((SIMD_INTS)a ^ ((quadrant & 2) << 30));
  *cosine = (SIMD_FLOATS)((SIMD_INTS)b ^ (((quadrant + 1) & 2) << 30));
}

#undef SIMD_FLOATS
#undef SIMD_INTS
#undef SIMD
#undef SIMD_KEEP
