/* The activations in vectors, compiled once per instruction set. Formulas: activation_reference.c;
 * accuracy: rote/kernels.h. */
#include "kernel_tables.h"
#include "simd.h"

#include <math.h>

typedef v16f (*function)(v16f);

/* `f` is a constant of the caller and is inlined. */
static inline __attribute__((always_inline)) void map(function f, size_t n, const float *x,
                                                      float *y)
{
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    v16_store(y + i, f(v16_load(x + i)));
  }
  if (i < n) {
    float last[16] = {0};
    memcpy(last, x + i, (n - i) * sizeof(float));
    v16_store(last, f(v16_load(last)));
    memcpy(y + i, last, (n - i) * sizeof(float));
  }
}

/* d = factor(at) d */
static inline __attribute__((always_inline)) void scale(function factor, size_t n, const float *at,
                                                        float *d)
{
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    v16_store(d + i, factor(v16_load(at + i)) * v16_load(d + i));
  }
  if (i < n) {
    float last[16] = {0};
    memcpy(last, at + i, (n - i) * sizeof(float));
    v16_store(last, factor(v16_load(last)));
    for (size_t j = i; j < n; j++) {
      d[j] *= last[j - i];
    }
  }
}

#define ACTIVATION(name)                                                                           \
  static void name##_forward(size_t n, const float *x, float *y)                                   \
  {                                                                                                \
    map(name, n, x, y);                                                                            \
  }                                                                                                \
  static void name##_backward(size_t n, const float *at, float *d)                                 \
  {                                                                                                \
    scale(name##_factor, n, at, d);                                                                \
  }

/* e^x - 1 for x <= 0. Near 0 the series itself, so that nothing cancels. */
static inline v16f expm1_below(v16f x)
{
  v16f p = x * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * x + 8.3334519073e-3f;
  p = p * x + 4.1665795894e-2f;
  p = p * x + 1.6666665459e-1f;
  p = p * x + 5.0000001201e-1f;
  p = p * (x * x) + x;
  return v16_select(x > -0.34f, p, v16_exp(x) - 1.0f);
}

static inline v16f sigmoid(v16f x)
{
  return 1.0f / (1.0f + v16_exp(-x));
}

static inline v16f sigmoid_factor(v16f y)
{
  return y * (1.0f - y);
}
ACTIVATION(sigmoid)

static inline v16f elu(v16f x)
{
  return v16_select(x > 0.0f, x, expm1_below(x));
}

static inline v16f elu_factor(v16f y)
{
  return v16_select(y > 0.0f, v16_set(1.0f), y + 1.0f);
}
ACTIVATION(elu)

static inline v16f softplus(v16f x)
{
  return v16_select(x < 0.0f, (v16f){0}, x) + v16_log(1.0f + v16_exp(-v16_abs(x)));
}

/* sigmoid(x) = 1 - e^-y */
static inline v16f softplus_factor(v16f y)
{
  return -expm1_below(-y);
}
ACTIVATION(softplus)

static inline v16f swish(v16f x)
{
  return x * sigmoid(x);
}

static inline v16f swish_factor(v16f x)
{
  const v16f s = sigmoid(x);
  return s * (1.0f + x * (1.0f - s));
}
ACTIVATION(swish)

/* tanh |x| = -t / (t + 2), t = e^{-2|x|} - 1 */
static inline v16f hyperbolic(v16f x)
{
  const v16f t = expm1_below(-2.0f * v16_abs(x));
  const v16f y = -t / (t + 2.0f);
  const v16i sign = (v16i)x & (v16i)v16_set(-0.0f);
  return (v16f)((v16i)y | sign);
}

static inline v16f hyperbolic_factor(v16f y)
{
  return 1.0f - y * y;
}
ACTIVATION(hyperbolic)

/* Where the three parts of pi/2 below leave an error under 1e-7. */
#define REDUCIBLE 8192.0f

/* q and r with x = q pi/2 + r, |r| <= pi/4. pi/2 is split into three parts, and q times the first
 * two is exact (Cody and Waite 1980). */
static inline void sincos_near(v16f x, v16f *s, v16f *c)
{
  const v16f q = v16_round(x * 0.63661977236758134f);
  v16f r = x - q * 1.5703125f;
  r = r - q * 4.837512969970703125e-4f;
  r = r - q * 7.54978995489188216e-8f;
  v16_sincos_reduced(q, r, s, c);
}

static inline int any_of(v16i mask)
{
  int32_t any = 0;
  for (int l = 0; l < 16; l++) {
    any |= mask[l];
  }
  return any;
}

/* Rare: far arguments, infinities and NaN go through libm, one at a time. */
static __attribute__((noinline)) v16f through_libm(double (*f)(double), v16i far, v16f x, v16f y)
{
  for (int l = 0; l < 16; l++) {
    y[l] = far[l] ? (float)f((double)x[l]) : y[l];
  }
  return y;
}

static inline v16f sine(v16f x)
{
  const v16i far = ~(v16_abs(x) <= REDUCIBLE); /* NaN, too */
  v16f s, c;
  sincos_near(x, &s, &c);
  return __builtin_expect(any_of(far), 0) ? through_libm(sin, far, x, s) : s;
}

static inline v16f cosine(v16f x)
{
  const v16i far = ~(v16_abs(x) <= REDUCIBLE);
  v16f s, c;
  sincos_near(x, &s, &c);
  return __builtin_expect(any_of(far), 0) ? through_libm(cos, far, x, c) : c;
}

static inline v16f sine_factor(v16f x)
{
  return cosine(x);
}
ACTIVATION(sine)

static inline v16f cosid(v16f x)
{
  return cosine(x) - x;
}

static inline v16f cosid_factor(v16f x)
{
  return -sine(x) - 1.0f;
}
ACTIVATION(cosid)

static void linear_forward(size_t n, const float *x, float *y)
{
  if (x != y) {
    memcpy(y, x, n * sizeof(float));
  }
}

static void linear_backward(size_t n, const float *y, float *d)
{
  (void)n, (void)y, (void)d;
}

const rote_activation ROTE_ISA_NAME(rote_activations)[] = ROTE_ACTIVATION_TABLE;
