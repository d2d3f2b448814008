#include "rote/likelihood.h"

static size_t one_logit_a_pixel(size_t pixels)
{
  return pixels;
}

static void image(size_t pixels, size_t columns, const rote_real *x, const rote_real *out,
                  size_t ld, double *log_px)
{
  rote_kernels_get()->bernoulli_image(pixels, columns, x, out, ld, log_px);
}

static void loss(size_t pixels, size_t columns, const rote_real *x, rote_real *out, size_t ld,
                 double *log_px)
{
  rote_kernels_get()->bernoulli_loss(pixels, columns, x, out, ld, log_px);
}

const rote_likelihood rote_likelihood_bernoulli = {
    .name = "bernoulli",
    .outputs = one_logit_a_pixel,
    .image = image,
    .loss = loss,
};
