/* Samples of a trained VAE: decoder means of z ~ N(0, I), as pixels in [0, 1].
 *
 * The z of a sample is a function of seed, model and number of the sample alone. The mean is that
 * of p(x|z): of Bernoulli pixels the sigmoid; of Gaussians on logits the inverse of the logit of
 * their mean; of mixtures the mean of the logistics (rote_likelihood.mean). What lies beyond 0 or
 * 1 is cut off. */
#ifndef ROTE_SAMPLES_H
#define ROTE_SAMPLES_H

#include "rote/images.h"
#include "rote/vae.h"

/* Distance of the pixels of a sample, and samples that are drawn at once. */
enum { ROTE_SAMPLES_STEP = 64 };

typedef struct rote_samples rote_samples;

rote_status rote_samples_create(const rote_vae *vae, rote_samples **samples);
void rote_samples_destroy(rote_samples **samples);

/** Samples first .. first + count - 1, one after the other.
 * @param[in] take  gets them, from 0 on, and their pixels [D], which are ROTE_SAMPLES_STEP apart;
 * NaN where the weights are no good */
void rote_samples_draw(rote_samples *samples, const rote_real *w, rote_unit unit, size_t first,
                       size_t count,
                       void (*take)(void *taker, size_t sample, const rote_real *pixel),
                       void *taker);

/** The first `count` samples, rounded to levels. @param[out] image [count, D] */
void rote_samples_images(rote_samples *samples, const rote_real *w, rote_unit unit, size_t count,
                         uint8_t *image);

#endif
