/* log p(t|z) = -1/2 [D log 2 pi + sum s + sum (t - m)^2 e^-s], mean m and log variance s >= -7 of
 * each pixel */
#include "rote/likelihood.h"

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

const rote_likelihood rote_likelihood_gaussian_diagonal = {
    .name = "gaussian_diagonal",
    .outputs = outputs,
    .image = image,
    .loss = loss,
};
