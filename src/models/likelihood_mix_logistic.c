/* log p(x|z) = sum over positions of log sum over components of weight times the product over
 * channels of the mass of a logistic in the bin of the pixel's level (Salimans et al. 2017,
 * PixelCNN++). It is a probability of levels as it stands. */
#include "rote/likelihood.h"

_Static_assert(ROTE_MIXTURES_MAX <= ROTE_MIXTURE_COMPONENTS_MAX,
               "the kernels have no room for as many components as a study may ask for");

static rote_mixture mixture(const rote_likelihood_shape *shape)
{
  return (rote_mixture){.positions = shape->pixels / shape->channels,
                        .channels = shape->channels,
                        .components = shape->mixtures};
}

static size_t outputs(const rote_likelihood_shape *shape)
{
  const rote_mixture m = mixture(shape);
  return rote_mixture_outputs(&m);
}

static void image(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                  const rote_real *out, size_t ld, const rote_real *own, double *log_px)
{
  const rote_mixture m = mixture(shape);
  (void)own;
  rote_kernels_get()->mixture_image(&m, columns, x, out, ld, log_px);
}

static void loss(const rote_likelihood_shape *shape, size_t columns, const rote_real *x,
                 rote_real *out, size_t ld, const rote_real *own, double *log_px, double *d_own)
{
  const rote_mixture m = mixture(shape);
  (void)own, (void)d_own;
  rote_kernels_get()->mixture_loss(&m, columns, x, out, ld, log_px);
}

const rote_likelihood rote_likelihood_mix_logistic = {
    .name = "mix_logistic",
    .outputs = outputs,
    .image = image,
    .loss = loss,
    .channels_max = ROTE_MIXTURE_CHANNELS_MAX,
};
