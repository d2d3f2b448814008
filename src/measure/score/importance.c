#include "rote/importance.h"

#include "rote/memory.h"
#include "rote/pareto.h"

#include <math.h>

/* Columns the decoder runs at once: the width of one panel of gemm, so that no row of an activation
 * has to be copied together, and few enough for the second-level cache. */
#define BLOCK 64

/* Mixtures have a hundred outputs a pixel: fewer columns then, within these bytes if 16 allow it.
 */
#define BLOCK_BYTES ((size_t)16 << 20)

static size_t block_columns(const rote_vae *vae, size_t samples)
{
  const size_t padded = rote_column_pad(samples);
  const size_t column = rote_network_out(&vae->decoder) * sizeof(rote_real);
  size_t block = BLOCK;
  while (block > ROTE_COLUMN_BLOCK && block * column > BLOCK_BYTES) {
    block /= 2;
  }
  return padded < block ? padded : block;
}

rote_status rote_evaluator_create(const rote_vae *vae, size_t samples, rote_evaluator **out)
{
  rote_status status = ROTE_OK;
  rote_evaluator *e = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *e, &e));
  e->vae = vae;
  e->samples = samples;
  e->block = block_columns(vae, samples);
  ROTE_TRY(rote_batch_create(vae->pixels, vae->latent, ROTE_EVALUATE_BATCH, &e->batch));
  ROTE_TRY(rote_vae_workspace_create(vae, ROTE_EVALUATE_BATCH, false, &e->encode));
  ROTE_TRY(rote_tape_create(&vae->decoder, e->block, false, &e->decode));
  ROTE_TRY(rote_alloc(vae->latent * e->samples, sizeof(rote_real), &e->eps));
  ROTE_TRY(rote_alloc(vae->latent * e->block, sizeof(rote_real), &e->z));
  ROTE_TRY(rote_alloc(vae->pixels, sizeof(rote_real), &e->image));
  ROTE_TRY(rote_alloc(e->block, sizeof(double), &e->log_px_given_z));
  ROTE_TRY(rote_alloc(e->samples, sizeof(double), &e->log_weight));
  ROTE_TRY(rote_alloc(e->samples, sizeof(double), &e->tail));
  *out = e;
  e = NULL;
done:
  rote_evaluator_destroy(&e);
  return status;
}

void rote_evaluator_destroy(rote_evaluator **evaluator)
{
  rote_evaluator *e = *evaluator;
  if (e != NULL) {
    rote_batch_destroy(&e->batch);
    rote_vae_workspace_destroy(&e->encode);
    rote_tape_destroy(&e->decode);
    rote_free(&e->eps);
    rote_free(&e->z);
    rote_free(&e->image);
    rote_free(&e->log_px_given_z);
    rote_free(&e->log_weight);
    rote_free(&e->tail);
    rote_free(evaluator);
  }
}

void rote_importance_weights(rote_evaluator *e, const rote_real *w, const rote_real *x,
                             const rote_real *mu, const rote_real *logvar, size_t ld,
                             const rote_real *eps, double *log_weight)
{
  const rote_vae *vae = e->vae;
  const double per_level = vae->options.data.transform == ROTE_TRANSFORM_LOGIT
                               ? rote_logit_correction(vae->pixels, x)
                               : 0;
  for (size_t first = 0; first < e->samples; first += e->block) {
    const size_t n = e->samples - first < e->block ? e->samples - first : e->block;
    /* log N(z; 0, I) - log q(z|x) = 1/2 sum over l of eps^2 + logvar - z^2: the constants cancel */
    for (size_t s = 0; s < n; s++) {
      log_weight[first + s] = per_level;
    }
    for (size_t l = 0; l < vae->latent; l++) {
      const rote_real m = mu[l * ld], v = logvar[l * ld];
      const rote_real deviation = (rote_real)exp((double)v / 2);
      for (size_t s = 0; s < n; s++) {
        const rote_real noise = eps[l * e->samples + first + s];
        const rote_real z = m + deviation * noise;
        e->z[l * e->block + s] = z;
        log_weight[first + s] +=
            0.5 * ((double)noise * (double)noise + (double)v - (double)z * (double)z);
      }
    }
    const rote_real *out = rote_network_forward(&vae->decoder, w, e->z, n, e->decode);
    vae->likelihood->image(&vae->shape, n, x, out, e->block, rote_vae_own(vae, w),
                           e->log_px_given_z);
    for (size_t s = 0; s < n; s++) {
      log_weight[first + s] += e->log_px_given_z[s];
    }
  }
}

void rote_importance_reduce(size_t samples, const double *log_weight, double *log_px,
                            double *effective_samples)
{
  double largest = log_weight[0], sum = 0, squares = 0;
  for (size_t s = 1; s < samples; s++) {
    largest = log_weight[s] > largest ? log_weight[s] : largest;
  }
  for (size_t s = 0; s < samples; s++) {
    const double e = exp(log_weight[s] - largest);
    sum += e;
    squares += e * e;
  }
  *log_px = largest + log(sum) - log((double)samples);
  *effective_samples = sum * sum / squares;
}

void rote_evaluation_noise(const rote_options *o, rote_unit unit, size_t epoch, rote_stream *data,
                           rote_stream *latent)
{
  *data = (rote_stream){.seed = o->seed, .purpose = ROTE_PURPOSE_EVALUATE_DATA};
  if (o->evaluation.noise == ROTE_NOISE_INDEPENDENT) {
    data->unit = rote_unit_number(unit);
    data->epoch = (uint32_t)epoch;
  }
  *latent = *data;
  latent->purpose = ROTE_PURPOSE_EVALUATE_LATENT;
}

void rote_evaluate_images(rote_evaluator *e, const rote_real *w, const rote_image_set *images,
                          rote_unit unit, size_t epoch, const uint32_t *index, size_t count,
                          float *log_px, float *effective_samples, float *pareto_k)
{
  const rote_vae *vae = e->vae;
  const rote_options *o = &vae->options;
  rote_stream data, latent;
  rote_evaluation_noise(o, unit, epoch, &data, &latent);
  rote_network_pack(&vae->decoder, w, e->decode);
  for (size_t done = 0; done < count; done += ROTE_EVALUATE_BATCH) {
    const size_t n = count - done < ROTE_EVALUATE_BATCH ? count - done : ROTE_EVALUATE_BATCH;
    rote_batch_load(e->batch, (rote_transform)o->data.transform, images, index + done, n, data,
                    latent);
    rote_vae_encode(vae, w, e->batch->x, n, e->encode);
    for (size_t j = 0; j < n; j++) {
      double log_p = 0, effective = 0;
      for (size_t d = 0; d < vae->pixels; d++) {
        e->image[d] = e->batch->x[d * e->batch->ld + j];
      }
      rote_random_normal(latent, index[done + j], vae->latent * e->samples, e->eps);
      rote_importance_weights(e, w, e->image, e->encode->mu + j, e->encode->logvar + j,
                              e->encode->ld, e->eps, e->log_weight);
      rote_importance_reduce(e->samples, e->log_weight, &log_p, &effective);
      log_px[done + j] = (float)log_p;
      effective_samples[done + j] = (float)effective;
      if (pareto_k != NULL) {
        pareto_k[done + j] = e->samples < ROTE_PARETO_SAMPLES
                                 ? NAN
                                 : (float)rote_pareto_k(e->samples, e->log_weight, e->tail);
      }
    }
  }
  rote_network_pack(&vae->decoder, NULL, e->decode);
}
