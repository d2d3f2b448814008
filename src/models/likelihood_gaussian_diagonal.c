/* log p(t|z) = -1/2 [D log 2 pi + sum s + sum (t - m)^2 e^-s], mean m and log variance s >= -7 of
 * each pixel */
#include "rote/likelihood.h"

#include <string.h>

#define LOG_2_PI 1.8378770664093454836

static size_t outputs(const rote_likelihood_shape *shape)
{
  return 2 * shape->pixels; /* all means, then all log variances */
}

static void finish(size_t pixels, size_t columns, double *sum_to_log_px)
{
  for (size_t j = 0; j < columns; j++) {
    sum_to_log_px[j] = -0.5 * ((double)pixels * LOG_2_PI + sum_to_log_px[j]);
  }
}

static void image(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                  const rote_real *out, size_t ld, const rote_real *own, double *log_px)
{
  (void)own;
  rote_kernels_get()->diagonal_image(shape->pixels, columns, x, out, ld, log_px);
  finish(shape->pixels, columns, log_px);
}

static void loss(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                 rote_real *out, size_t ld, const rote_real *own, double *log_px, double *d_own)
{
  (void)own, (void)d_own;
  rote_kernels_get()->diagonal_loss(shape->pixels, columns, x, out, ld, log_px);
  finish(shape->pixels, columns, log_px);
}

/* Fisher information: W = e^-s for means, 1/2 for log variances, 0 for those that are clamped */
static void root_curvature(const rote_likelihood_shape *shape, const rote_real *out, size_t ld,
                           const rote_real *own, rote_real *root)
{
  const size_t n = shape->pixels * ld;
  const rote_real *s = out + n;
  (void)own;
  for (size_t i = 0; i < n; i++) {
    root[i] = s[i] < -7 ? (rote_real)3.5 : -s[i] / 2;
    root[n + i] = s[i] < -7 ? 0 : (rote_real)0.70710678118654752440;
  }
  rote_kernels_get()->exp(n, root, root);
}

/* The means are before the log variances. */
static void mean(const rote_likelihood_shape *shape, const rote_real *out, size_t ld, rote_real *x)
{
  memcpy(x, out, shape->pixels * ld * sizeof *x);
}

const rote_likelihood rote_likelihood_gaussian_diagonal = {
    .name = "gaussian_diagonal",
    .outputs = outputs,
    .image = image,
    .loss = loss,
    .mean = mean,
    .root_curvature = root_curvature,
};
