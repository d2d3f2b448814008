/* Importance-sampled log likelihood of images under a trained VAE (van den Burg and Williams 2021).
 * The hot loop of the program.
 *
 * Letters: D pixels, L latent dimensions, S samples, N images. */
#ifndef ROTE_IMPORTANCE_H
#define ROTE_IMPORTANCE_H

#include "rote/batch.h"
#include "rote/vae.h"

/* Images are encoded this many at a time; shards are whole multiples of it. */
#define ROTE_EVALUATE_BATCH 64

/* With so many samples or more the Pareto shape of their weights is known (rote/pareto.h). */
#define ROTE_PARETO_SAMPLES 100

/* Room of one worker, reused for every model of the same shape. */
typedef struct {
  const rote_vae *vae; /* borrowed */
  size_t samples;
  size_t block; /* columns the decoder runs at once */
  rote_batch *batch;
  rote_vae_workspace *encode;
  rote_tape *decode;
  rote_real *eps;         /* [L, S] of one image */
  rote_real *z;           /* [L, block] */
  rote_real *image;       /* [D] what the model sees of one image */
  double *log_px_given_z; /* [block] */
  double *log_weight;     /* [S] */
  double *tail;           /* [S] room for rote_pareto_k() */
} rote_evaluator;

/** @param[in] vae  borrowed @param[in] samples  S @return ROTE_OK; ROTE_NOMEM */
rote_status rote_evaluator_create(const rote_vae *vae, size_t samples, rote_evaluator **evaluator);
void rote_evaluator_destroy(rote_evaluator **evaluator);

/** Log weights w_s = log p(x|z_s) + log N(z_s; 0, I) - log q(z_s|x) of one image, z_s = mu +
 * e^{logvar/2} eps_s.
 * @param[in]  x           [D]
 * @param[in]  mu, logvar  entry l at mu[l * ld]
 * @param[in]  eps         [L, S]
 * @param[out] log_weight  [S] nats; per pixel level where the transform is logit
 * (rote_logit_correction) */
void rote_importance_weights(rote_evaluator *evaluator, const rote_real *w, const rote_real *x,
                             const rote_real *mu, const rote_real *logvar, size_t ld,
                             const rote_real *eps, double *log_weight);

/** log p(x) ~ logsumexp_s w_s - log S, and the effective number of samples (sum e^w)^2 / sum
 * e^(2w). */
void rote_importance_reduce(size_t samples, const double *log_weight, double *log_px,
                            double *effective_samples);

/** What noise an evaluation of `unit` after `epoch` epochs has: the same for all of them, or its
 * own (evaluation.noise). @param[out] data  of binarization and dequantization @param[out] latent
 */
void rote_evaluation_noise(const rote_options *options, rote_unit unit, size_t epoch,
                           rote_stream *data, rote_stream *latent);

/** Evaluate images under the parameters w of `unit` after `epoch` epochs. The bits of an image do
 * not depend on which others are evaluated with it.
 * @param[in]  index  [count] of the images
 * @param[out] log_px, effective_samples  [count] nats, samples
 * @param[out] pareto_k  [count]; NaN with fewer than ROTE_PARETO_SAMPLES samples. May be NULL */
void rote_evaluate_images(rote_evaluator *evaluator, const rote_real *w,
                          const rote_image_set *images, rote_unit unit, size_t epoch,
                          const uint32_t *index, size_t count, float *log_px,
                          float *effective_samples, float *pareto_k);

#endif
