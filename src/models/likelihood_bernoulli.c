/* log p(x|z) = sum over d of x a - softplus(a), logits a */
#include "rote/likelihood.h"

static size_t outputs(const rote_likelihood_shape *shape)
{
  return shape->pixels;
}

static void image(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                  const rote_real *out, size_t ld, const rote_real *own, double *log_px)
{
  (void)own;
  rote_kernels_get()->bernoulli_image(shape->pixels, columns, x, out, ld, log_px);
}

static void loss(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                 rote_real *out, size_t ld, const rote_real *own, double *log_px, double *d_own)
{
  (void)own, (void)d_own;
  rote_kernels_get()->bernoulli_loss(shape->pixels, columns, x, out, ld, log_px);
}

/* Numbers that stay in the first-level cache between loops. */
#define AT_ONCE 2048

/* W = p (1 - p), p = sigmoid(a): its root is e / (1 + e^2), e = e^(-|a|/2) */
static void root_curvature(const rote_likelihood_shape *shape, const rote_real *out, size_t ld,
                           const rote_real *own, rote_real *root)
{
  const size_t all = shape->pixels * ld;
  (void)own;
  for (size_t first = 0; first < all; first += AT_ONCE) {
    const size_t n = all - first < AT_ONCE ? all - first : AT_ONCE;
    const rote_real *restrict a = out + first;
    rote_real *restrict e = root + first;
    for (size_t i = 0; i < n; i++) {
      e[i] = (a[i] > 0 ? -a[i] : a[i]) / 2;
    }
    rote_kernels_get()->exp(n, e, e);
    for (size_t i = 0; i < n; i++) {
      e[i] /= 1 + e[i] * e[i];
    }
  }
}

/* sigmoid(a) */
static void mean(const rote_likelihood_shape *shape, const rote_real *out, size_t ld, rote_real *x)
{
  rote_kernels_get()->activation[ROTE_ACTIVATION_SIGMOID].forward(shape->pixels * ld, out, x);
}

const rote_likelihood rote_likelihood_bernoulli = {
    .name = "bernoulli",
    .outputs = outputs,
    .image = image,
    .loss = loss,
    .mean = mean,
    .root_curvature = root_curvature,
};
