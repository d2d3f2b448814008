/* The activations in vectors, compiled once per instruction set. Formulas: activation_reference.c;
 * accuracy: rote/kernels.h. */
#include "kernel_register.h"
#include "kernel_tables.h"

#include <math.h>

typedef vec (*function)(vec);

/* `f` is a constant of the caller and is inlined. */
INLINE void map(function f, size_t n, const float *x, float *y)
{
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    vec_store(y + i, f(vec_load(x + i)));
  }
  if (i < n) {
    float last[WIDTH] = {0};
    memcpy(last, x + i, (n - i) * sizeof(float));
    vec_store(last, f(vec_load(last)));
    memcpy(y + i, last, (n - i) * sizeof(float));
  }
}

/* d = factor(at) d */
INLINE void scale(function factor, size_t n, const float *at, float *d)
{
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    vec_store(d + i, factor(vec_load(at + i)) * vec_load(d + i));
  }
  if (i < n) {
    float last[WIDTH] = {0};
    memcpy(last, at + i, (n - i) * sizeof(float));
    vec_store(last, factor(vec_load(last)));
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
static inline vec expm1_below(vec x)
{
  vec p = x * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * x + 8.3334519073e-3f;
  p = p * x + 4.1665795894e-2f;
  p = p * x + 1.6666665459e-1f;
  p = p * x + 5.0000001201e-1f;
  p = p * (x * x) + x;
  return vec_select(x > -0.34f, p, vec_exp(x) - 1.0f);
}

static inline vec sigmoid(vec x)
{
  return 1.0f / (1.0f + vec_exp(-x));
}

static inline vec sigmoid_factor(vec y)
{
  return y * (1.0f - y);
}
ACTIVATION(sigmoid)

static inline vec elu(vec x)
{
  return vec_select(x > 0.0f, x, expm1_below(x));
}

static inline vec elu_factor(vec y)
{
  return vec_select(y > 0.0f, vec_set(1.0f), y + 1.0f);
}
ACTIVATION(elu)

static inline vec softplus(vec x)
{
  return vec_select(x < 0.0f, (vec){0}, x) + vec_log(1.0f + vec_exp(-vec_abs(x)));
}

/* sigmoid(x) = 1 - e^-y */
static inline vec softplus_factor(vec y)
{
  return -expm1_below(-y);
}
ACTIVATION(softplus)

static inline vec swish(vec x)
{
  return x * sigmoid(x);
}

static inline vec swish_factor(vec x)
{
  const vec s = sigmoid(x);
  return s * (1.0f + x * (1.0f - s));
}
ACTIVATION(swish)

/* tanh |x| = -t / (t + 2), t = e^{-2|x|} - 1 */
static inline vec hyperbolic(vec x)
{
  const vec t = expm1_below(-2.0f * vec_abs(x));
  const vec y = -t / (t + 2.0f);
  const vec_mask sign = (vec_mask)x & (vec_mask)vec_set(-0.0f);
  return (vec)((vec_mask)y | sign);
}

static inline vec hyperbolic_factor(vec y)
{
  return 1.0f - y * y;
}
ACTIVATION(hyperbolic)

/* Where the three parts of pi/2 below leave an error under 1e-7. */
#define REDUCIBLE 8192.0f

/* q and r with x = q pi/2 + r, |r| <= pi/4. pi/2 is split into three parts, and q times the first
 * two is exact (Cody and Waite 1980). */
static inline void sincos_near(vec x, vec *s, vec *c)
{
  const vec q = vec_round(x * 0.63661977236758134f);
  vec r = x - q * 1.5703125f;
  r = r - q * 4.837512969970703125e-4f;
  r = r - q * 7.54978995489188216e-8f;
  vec_sincos_reduced(q, r, s, c);
}

static inline int any_of(vec_mask mask)
{
  int32_t any = 0;
  for (int l = 0; l < WIDTH; l++) {
    any |= mask[l];
  }
  return any;
}

/* Rare: far arguments, infinities and NaN go through libm, one at a time. */
static __attribute__((noinline)) vec through_libm(double (*f)(double), vec_mask far, vec x, vec y)
{
  for (int l = 0; l < WIDTH; l++) {
    y[l] = far[l] ? (float)f((double)x[l]) : y[l];
  }
  return y;
}

static inline vec sine(vec x)
{
  const vec_mask far = ~(vec_abs(x) <= REDUCIBLE); /* NaN, too */
  vec s, c;
  sincos_near(x, &s, &c);
  return __builtin_expect(any_of(far), 0) ? through_libm(sin, far, x, s) : s;
}

static inline vec cosine(vec x)
{
  const vec_mask far = ~(vec_abs(x) <= REDUCIBLE);
  vec s, c;
  sincos_near(x, &s, &c);
  return __builtin_expect(any_of(far), 0) ? through_libm(cos, far, x, c) : c;
}

static inline vec sine_factor(vec x)
{
  return cosine(x);
}
ACTIVATION(sine)

static inline vec cosid(vec x)
{
  return cosine(x) - x;
}

static inline vec cosid_factor(vec x)
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
