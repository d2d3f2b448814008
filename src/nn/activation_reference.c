/* The activations as their formulas say. */
#include "kernel_tables.h"

#include <tgmath.h>

/* A pair of functions: y from x, and the factor of the derivative from `a`, which is y or x. */
#define ACTIVATION(name, y_of_x, factor_of_a)                                                      \
  static void name##_forward(size_t n, const rote_real *in, rote_real *out)                        \
  {                                                                                                \
    for (size_t i = 0; i < n; i++) {                                                               \
      const rote_real x = in[i];                                                                   \
      out[i] = (y_of_x);                                                                           \
    }                                                                                              \
  }                                                                                                \
  static void name##_backward(size_t n, const rote_real *at, rote_real *d)                         \
  {                                                                                                \
    for (size_t i = 0; i < n; i++) {                                                               \
      const rote_real a = at[i];                                                                   \
      d[i] *= (factor_of_a);                                                                       \
    }                                                                                              \
  }

static rote_real logistic(rote_real x)
{
  return 1 / (1 + exp(-x));
}

static rote_real softplus_of(rote_real x)
{
  return (x < 0 ? 0 : x) + log1p(exp(-fabs(x)));
}

ACTIVATION(elu, x > 0 ? x : expm1(x), a > 0 ? 1 : a + 1)
ACTIVATION(softplus, softplus_of(x), -expm1(-a))
ACTIVATION(swish, x *logistic(x), logistic(a) * (1 + a * (1 - logistic(a))))
ACTIVATION(sine, sin(x), cos(a))
ACTIVATION(cosid, cos(x) - x, -sin(a) - 1)
ACTIVATION(hyperbolic, tanh(x), 1 - a * a)
ACTIVATION(sigmoid, logistic(x), a *(1 - a))
ACTIVATION(linear, x, ((void)a, (rote_real)1))

const rote_activation rote_activations_reference[] = ROTE_ACTIVATION_TABLE;
