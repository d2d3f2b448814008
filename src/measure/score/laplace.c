#include "rote/laplace.h"

#include "cholesky.h"
#include "laplace_room.h"
#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/pareto.h"

#include <math.h>
#include <string.h>

#define LOG_2_PI 1.8378770664093454836
#define LOG_PI 1.1447298858494001741

/* Columns of the decoder at once, as in importance.c: one panel of gemm, fewer where outputs are
 * many. */
#define BLOCK 64
#define BLOCK_BYTES ((size_t)16 << 20)

/* What the factors of all images in lockstep may take. */
#define FACTOR_BYTES ((size_t)16 << 20)

enum { NU = ROTE_LAPLACE_FREEDOM };

static size_t block_columns(const rote_vae *vae)
{
  const size_t column = rote_network_out(&vae->decoder) * sizeof(rote_real);
  size_t block = BLOCK;
  while (block > ROTE_COLUMN_BLOCK && block * column > BLOCK_BYTES) {
    block /= 2;
  }
  return block;
}

static void choose_sizes(rote_laplace *l)
{
  const size_t latent = l->vae->latent, factor = latent * latent * sizeof(double);
  l->block = block_columns(l->vae);
  l->images = l->block;
  while (l->images > 1 && l->images * factor > FACTOR_BYTES) {
    l->images /= 2;
  }
  l->together = latent < l->block ? l->block / latent : 1;
  l->ld_b = rote_column_pad(l->together * latent);
  l->padded = rote_column_pad(l->setting.samples);
  l->drawn_together = l->padded < l->block ? l->block / l->padded : 1;
}

size_t rote_laplace_rows(const rote_laplace *l)
{
  return l->vae->likelihood->root_curvature != NULL ? l->outputs
                                                    : l->vae->pixels / l->vae->shape.channels;
}

/* What does not depend on e in log q, but for the determinant. */
static double log_constant(const rote_laplace *l)
{
  const double L = (double)l->vae->latent;
  return l->setting.is_gaussian
             ? -L / 2 * LOG_2_PI
             : lgamma((NU + L) / 2) - lgamma(NU / 2.0) - L / 2 * (log(NU) + LOG_PI);
}

static rote_status make_room(rote_laplace *l)
{
  rote_status status = ROTE_OK;
  const size_t L = l->vae->latent, D = l->vae->pixels, S = l->setting.samples;
  const size_t wide = l->outputs * l->block;
  const bool has_root = l->vae->likelihood->root_curvature != NULL;
  const struct {
    rote_real **array;
    size_t count;
  } reals[] = {
      {&l->z, L * l->block},
      {&l->base, wide},
      {&l->gradient, wide},
      {&l->root, has_root ? wide : 0},
      {&l->upright, has_root ? wide : 0},
      {&l->probe, L * l->block},
      {&l->trial, L * l->block},
      /* a product reads whole blocks of columns: beyond those of the last image */
      {&l->b, rote_laplace_rows(l) * l->ld_b + ROTE_COLUMN_BLOCK},
      {&l->gram, L * rote_column_pad(L)},
      {&l->noise, (L + NU) * S},
      {&l->draws, L * l->drawn_together * l->padded},
      {&l->image, l->drawn_together * D},
  };
  const struct {
    double **array;
    size_t count;
  } doubles[] = {
      {&l->log_joint, l->block},
      {&l->factor, l->images * L * L},
      {&l->dot, l->together * L},
      {&l->direction, l->images * L},
      {&l->log_px_given_z, l->block},
      {&l->damped, L * L},
      {&l->offset, L * S},
      {&l->log_weight, l->drawn_together * S},
  };
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    ROTE_TRY(rote_alloc(reals[i].count, sizeof(rote_real), reals[i].array));
  }
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
    ROTE_TRY(rote_alloc(doubles[i].count, sizeof(double), doubles[i].array));
  }
done:
  return status;
}

rote_status rote_laplace_create(const rote_vae *vae, const rote_laplace_setting *setting,
                                rote_laplace **out)
{
  rote_status status = ROTE_OK;
  rote_laplace *l = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *l, &l));
  l->vae = vae;
  l->setting = *setting;
  l->outputs = rote_network_out(&vae->decoder);
  choose_sizes(l);
  l->log_constant = log_constant(l);
  ROTE_TRY(rote_batch_create(vae->pixels, vae->latent, l->block, &l->batch));
  ROTE_TRY(rote_vae_workspace_create(vae, l->block, false, &l->encode));
  ROTE_TRY(rote_tape_create(&vae->decoder, l->block, false, &l->decode));
  ROTE_TRY(make_room(l));
  *out = l;
  l = NULL;
done:
  rote_laplace_destroy(&l);
  return status;
}

void rote_laplace_destroy(rote_laplace **laplace)
{
  rote_laplace *l = *laplace;
  if (l == NULL) {
    return;
  }
  rote_real **reals[] = {&l->z,     &l->base, &l->gradient, &l->root,  &l->upright, &l->probe,
                         &l->trial, &l->b,    &l->gram,     &l->noise, &l->draws,   &l->image};
  double **doubles[] = {&l->log_joint,      &l->factor, &l->dot,    &l->direction,
                        &l->log_px_given_z, &l->damped, &l->offset, &l->log_weight};
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    rote_free(reals[i]);
  }
  for (size_t i = 0; i < sizeof doubles / sizeof *doubles; i++) {
    rote_free(doubles[i]);
  }
  rote_batch_destroy(&l->batch);
  rote_vae_workspace_destroy(&l->encode);
  rote_tape_destroy(&l->decode);
  rote_free(laplace);
}

void rote_laplace_use(rote_laplace *l, const rote_real *w)
{
  rote_network_pack(&l->vae->decoder, w, l->decode);
}

/* e_s from noise into offset [L, S]. Squared length of e_s into log_weight. */
static void stretch(const rote_laplace *l, double *log_weight)
{
  const size_t L = l->vae->latent, S = l->setting.samples;
  for (size_t s = 0; s < S; s++) {
    double chi2 = 0, squares = 0;
    for (size_t k = 0; k < NU; k++) {
      const double normal = (double)l->noise[(L + k) * S + s];
      chi2 += normal * normal;
    }
    const double factor = l->setting.is_gaussian ? 1 : sqrt(NU / chi2);
    for (size_t i = 0; i < L; i++) {
      const double e = factor * (double)l->noise[i * S + s];
      l->offset[i * S + s] = e;
      squares += e * e;
    }
    log_weight[s] = squares;
  }
}

/* Draws of image j into columns of `draws`, and all of their log weights but log p(x|z).
 * @param[in] per_level  what is added to every log weight */
static void draw(const rote_laplace *l, size_t j, double per_level, rote_real *draws,
                 double *log_weight)
{
  const size_t L = l->vae->latent, S = l->setting.samples, ld = l->drawn_together * l->padded;
  const double *factor = l->factor + j * L * L;
  double constant = per_level - l->log_constant - (double)L / 2 * LOG_2_PI;
  stretch(l, log_weight);
  rote_cholesky_backward(L, factor, S, l->offset);
  for (size_t i = 0; i < L; i++) {
    constant -= log(factor[i * L + i]);
  }
  for (size_t s = 0; s < S; s++) {
    const double squares = log_weight[s];
    log_weight[s] =
        constant +
        (l->setting.is_gaussian ? squares / 2 : (NU + (double)L) / 2 * log1p(squares / NU));
  }
  for (size_t i = 0; i < L; i++) {
    for (size_t s = 0; s < S; s++) {
      const rote_real z = (rote_real)((double)l->z[i * l->block + j] + l->offset[i * S + s]);
      draws[i * ld + s] = z;
      log_weight[s] -= (double)z * (double)z / 2;
    }
  }
}

/* Draws of images side by side, `padded` columns each: adds log p(x|z) to their log weights. */
static void weigh(rote_laplace *l, const rote_real *w, size_t images)
{
  const rote_vae *vae = l->vae;
  const size_t S = l->setting.samples, ld = l->drawn_together * l->padded;
  for (size_t first = 0; first < images * l->padded; first += l->block) {
    const size_t left = images * l->padded - first, count = left < l->block ? left : l->block;
    for (size_t i = 0; i < vae->latent; i++) {
      memcpy(l->probe + i * l->block, l->draws + i * ld + first, count * sizeof *l->probe);
    }
    const rote_real *out = rote_network_forward(&vae->decoder, w, l->probe, count, l->decode);
    for (size_t c = 0, next = 0; c < count; c = next) {
      const size_t j = (first + c) / l->padded, s = (first + c) % l->padded;
      const size_t n = S - s < count - c ? S - s : count - c;
      next = c + rote_column_pad(n);
      vae->likelihood->image(&vae->shape, n, l->image + j * vae->pixels, out + c, l->block,
                             rote_vae_own(vae, w), l->log_px_given_z);
      for (size_t k = 0; k < n; k++) {
        l->log_weight[j * S + s + k] += l->log_px_given_z[k];
      }
    }
  }
}

static void summarise(rote_laplace *l, const double *log_weight, rote_estimate *estimate)
{
  const size_t S = l->setting.samples;
  rote_importance_reduce(S, log_weight, &estimate->log_px, &estimate->effective_samples);
  estimate->pareto_k =
      S < ROTE_PARETO_SAMPLES ? (double)NAN : rote_pareto_k(S, log_weight, l->offset);
}

void rote_laplace_estimate(rote_laplace *l, const rote_real *w, const rote_real *x, size_t n,
                           const uint32_t *index, rote_stream latent, rote_estimate *estimate)
{
  const rote_vae *vae = l->vae;
  const size_t D = vae->pixels, S = l->setting.samples;
  rote_vae_encode(vae, w, x, n, l->encode);
  memcpy(l->z, l->encode->mu, vae->latent * l->block * sizeof *l->z);
  rote_laplace_fit(l, w, x, n);
  for (size_t first = 0; first < n; first += l->drawn_together) {
    const size_t images = n - first < l->drawn_together ? n - first : l->drawn_together;
    for (size_t j = 0; j < images; j++) {
      rote_real *image = l->image + j * D;
      for (size_t d = 0; d < D; d++) {
        image[d] = x[d * l->block + first + j];
      }
      const double per_level =
          vae->options.data.transform == ROTE_TRANSFORM_LOGIT ? rote_logit_correction(D, image) : 0;
      rote_random_normal(latent, index[first + j], (vae->latent + NU) * S, l->noise);
      draw(l, first + j, per_level, l->draws + j * l->padded, l->log_weight + j * S);
    }
    weigh(l, w, images);
    for (size_t j = 0; j < images; j++) {
      summarise(l, l->log_weight + j * S, &estimate[first + j]);
    }
  }
}

void rote_laplace_images(rote_laplace *l, const rote_real *w, const rote_image_set *images,
                         rote_unit unit, size_t epoch, const uint32_t *index, size_t count,
                         float *log_px, float *effective_samples, float *pareto_k)
{
  const rote_options *o = &l->vae->options;
  rote_stream data, latent;
  rote_evaluation_noise(o, unit, epoch, &data, &latent);
  rote_laplace_use(l, w);
  for (size_t done = 0; done < count; done += l->images) {
    const size_t n = count - done < l->images ? count - done : l->images;
    rote_estimate estimate[BLOCK];
    rote_batch_load(l->batch, (rote_transform)o->data.transform, images, index + done, n, data,
                    latent);
    rote_laplace_estimate(l, w, l->batch->x, n, index + done, latent, estimate);
    for (size_t j = 0; j < n; j++) {
      log_px[done + j] = (float)estimate[j].log_px;
      effective_samples[done + j] = (float)estimate[j].effective_samples;
      if (pareto_k != NULL) {
        pareto_k[done + j] = (float)estimate[j].pareto_k;
      }
    }
  }
  rote_laplace_use(l, NULL);
}
