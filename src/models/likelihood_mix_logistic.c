/* log p(x|z) = sum over positions of log sum over components of weight times the product over
 * channels of the mass of a logistic in the bin of the pixel's level (Salimans et al. 2017,
 * PixelCNN++). It is a probability of levels as it stands. */
#include "rote/likelihood.h"

#include <math.h>

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

/* Means in [-1, 1] of the logistics of component k at a position: the mean of channel c has that of
 * the channels before it in the place of their pixels. @param[out] mean [C] */
static void component_means(const rote_mixture *m, const rote_real *out, size_t plane, size_t k,
                            double *mean)
{
  const size_t K = m->components, C = m->channels;
  const rote_real *coefficient = out + (K + 2 * C * K + k) * plane;
  for (size_t c = 0; c < C; c++) {
    mean[c] = (double)out[(K + c * K + k) * plane];
    for (size_t b = 0; b < c; b++) {
      mean[c] += tanh((double)*coefficient) * mean[b];
      coefficient += K * plane;
    }
  }
}

/* sum over k of softmax(logits)_k (1 + mean_kc) / 2 */
static void position_mean(const rote_mixture *m, const rote_real *out, size_t plane, double *sum)
{
  double largest = (double)out[0], weights = 0, mean[ROTE_MIXTURE_CHANNELS_MAX];
  for (size_t k = 1; k < m->components; k++) {
    largest = fmax(largest, (double)out[k * plane]);
  }
  for (size_t c = 0; c < m->channels; c++) {
    sum[c] = 0;
  }
  for (size_t k = 0; k < m->components; k++) {
    const double weight = exp((double)out[k * plane] - largest);
    component_means(m, out, plane, k, mean);
    weights += weight;
    for (size_t c = 0; c < m->channels; c++) {
      sum[c] += weight * (1 + mean[c]) / 2;
    }
  }
  for (size_t c = 0; c < m->channels; c++) {
    sum[c] /= weights;
  }
}

static void mean(const rote_likelihood_shape *shape, const rote_real *out, size_t ld, rote_real *x)
{
  const rote_mixture m = mixture(shape);
  double sum[ROTE_MIXTURE_CHANNELS_MAX];
  for (size_t i = 0; i < m.positions * ld; i++) {
    position_mean(&m, out + i, m.positions * ld, sum);
    for (size_t c = 0; c < m.channels; c++) {
      x[c * m.positions * ld + i] = (rote_real)sum[c];
    }
  }
}

const rote_likelihood rote_likelihood_mix_logistic = {
    .name = "mix_logistic",
    .outputs = outputs,
    .image = image,
    .loss = loss,
    .mean = mean,
    .channels_max = ROTE_MIXTURE_CHANNELS_MAX,
};
