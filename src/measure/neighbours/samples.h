/* Samples of a trained VAE: decoder means of z ~ N(0, I), as pixels in [0, 1], at half size.
 *
 * The z of a sample is a function of seed, model and number of the sample alone. The mean is that
 * of p(x|z): of Bernoulli pixels the sigmoid; of Gaussians on logits the inverse of the logit of
 * their mean; of mixtures the mean of the logistics (rote_likelihood.mean). What lies beyond 0 or
 * 1 is cut off. */
#ifndef ROTE_SAMPLES_H
#define ROTE_SAMPLES_H

#include "rote/images.h"
#include "rote/vae.h"

typedef struct rote_samples rote_samples;

rote_status rote_samples_create(const rote_vae *vae, const rote_data_info *info,
                                rote_samples **samples);
void rote_samples_destroy(rote_samples **samples);

/** Samples first .. first + count - 1. @param[out] half [count, D] as in half_size.h */
void rote_samples_draw(rote_samples *samples, const rote_real *w, rote_unit unit, size_t first,
                       size_t count, float *half);

#endif
