/* log p(t|z) = -1/2 [D log 2 pi + D g + sum (t - m)^2 e^-g], mean m, one learned log variance g */
#include "rote/likelihood.h"

#include <math.h>
#include <string.h>

#define LOG_2_PI 1.8378770664093454836

static size_t outputs(const rote_likelihood_shape *shape)
{
  return shape->pixels;
}

static void from_squares(size_t pixels, size_t columns, double g, double *squares_to_log_px)
{
  for (size_t j = 0; j < columns; j++) {
    squares_to_log_px[j] =
        -0.5 * ((double)pixels * (LOG_2_PI + g) + squares_to_log_px[j] * exp(-g));
  }
}

static void image(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                  const rote_real *out, size_t ld, const rote_real *own, double *log_px)
{
  rote_kernels_get()->squares_image(shape->pixels, columns, x, out, ld, log_px);
  from_squares(shape->pixels, columns, (double)*own, log_px);
}

/* d(-log p)/dm = (m - t) e^-g,  d(-log p)/dg = 1/2 [D - sum (t - m)^2 e^-g] */
static void loss(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                 rote_real *out, size_t ld, const rote_real *own, double *log_px, double *d_own)
{
  const double g = (double)*own;
  rote_kernels_get()->squares_loss(shape->pixels, columns, x, out, ld, (rote_real)exp(-g), log_px);
  for (size_t j = 0; d_own != NULL && j < columns; j++) {
    d_own[j] = 0.5 * ((double)shape->pixels - log_px[j] * exp(-g));
  }
  from_squares(shape->pixels, columns, g, log_px);
}

/* W = e^-g */
static void root_curvature(const rote_likelihood_shape *shape, const rote_real *out, size_t ld,
                           const rote_real *own, rote_real *root)
{
  const rote_real value = (rote_real)exp(-(double)*own / 2);
  (void)out;
  for (size_t i = 0; i < shape->pixels * ld; i++) {
    root[i] = value;
  }
}

static void mean(const rote_likelihood_shape *shape, const rote_real *out, size_t ld, rote_real *x)
{
  memcpy(x, out, shape->pixels * ld * sizeof *x);
}

const rote_likelihood rote_likelihood_gaussian_constant = {
    .name = "gaussian_constant",
    .outputs = outputs,
    .image = image,
    .loss = loss,
    .mean = mean,
    .root_curvature = root_curvature,
    .parameter = "log_gamma",
    .parameter_start = -2,
};
