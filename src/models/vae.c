#include "rote/vae.h"

#include "rote/memory.h"

#include <stdio.h>

/* In the order of rote_model_kind. */
static const rote_vae_kind *const kinds[] = {
    [ROTE_MODEL_MLP_VAE] = &rote_vae_mlp,
    [ROTE_MODEL_CONV_VAE] = &rote_vae_conv,
};

rote_status rote_vae_create(const rote_options *options, const rote_data_info *info, rote_vae **out)
{
  rote_status status = ROTE_OK;
  rote_vae *vae = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *vae, &vae));
  vae->options = *options;
  vae->pixels = rote_data_pixels(info);
  vae->latent = options->model.latent;
  vae->likelihood = rote_likelihood_get((rote_likelihood_kind)options->model.likelihood);
  vae->shape = (rote_likelihood_shape){
      .pixels = vae->pixels, .channels = info->channels, .mixtures = options->model.mixtures};
  if (vae->likelihood->channels_max != 0 && info->channels > vae->likelihood->channels_max) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "model.likelihood: %s takes images of at most %zu channels, these have %zu",
                       vae->likelihood->name, vae->likelihood->channels_max, info->channels));
  }
  ROTE_TRY(kinds[options->model.kind]->build(vae, info));
  if (vae->likelihood->parameter != NULL) {
    rote_parameter own = {.constant = vae->likelihood->parameter_start};
    snprintf(own.name, sizeof own.name, "%s", vae->likelihood->parameter);
    ROTE_TRY(rote_parameters_add(&vae->table, &own, &vae->own));
  }
  *out = vae;
  vae = NULL;
done:
  rote_vae_destroy(&vae);
  return status;
}

void rote_vae_destroy(rote_vae **vae)
{
  rote_vae *v = *vae;
  if (v != NULL) {
    rote_network_clear(&v->encoder);
    rote_network_clear(&v->decoder);
    rote_network_clear(&v->mu);
    rote_network_clear(&v->logvar);
    rote_parameters_clear(&v->table);
    rote_free(vae);
  }
}

rote_status rote_vae_workspace_create(const rote_vae *vae, size_t columns, bool training,
                                      rote_vae_workspace **out)
{
  rote_status status = ROTE_OK;
  rote_vae_workspace *w = NULL;
  const size_t hidden = rote_network_out(&vae->encoder);
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *w, &w));
  w->ld = rote_column_pad(columns);
  rote_real **latent[] = {&w->z, &w->deviation, &w->d_mu, &w->d_logvar, &w->d_z};
  for (size_t i = 0; i < sizeof latent / sizeof *latent; i++) {
    ROTE_TRY(rote_alloc(vae->latent * w->ld, sizeof(rote_real), latent[i]));
  }
  ROTE_TRY(rote_alloc(w->ld, sizeof(double), &w->log_px_given_z));
  ROTE_TRY(rote_alloc(w->ld, sizeof(double), &w->kl));
  ROTE_TRY(rote_alloc(w->ld, sizeof(double), &w->d_own));
  ROTE_TRY(rote_tape_create(&vae->encoder, columns, training, &w->encoder));
  ROTE_TRY(rote_tape_create(&vae->decoder, columns, training, &w->decoder));
  ROTE_TRY(rote_tape_create(&vae->mu, columns, training, &w->mu_tape));
  ROTE_TRY(rote_tape_create(&vae->logvar, columns, training, &w->logvar_tape));
  w->mu = w->mu_tape->output[0];
  w->logvar = w->logvar_tape->output[0];
  if (training) {
    ROTE_TRY(rote_alloc(hidden * w->ld, sizeof(rote_real), &w->d_hidden));
    ROTE_TRY(rote_alloc(hidden * w->ld, sizeof(rote_real), &w->d_hidden_2));
    w->piece_room = rote_gradient_piece(&vae->table);
    ROTE_TRY(rote_alloc(w->piece_room, sizeof(rote_real), &w->piece));
  }
  *out = w;
  w = NULL;
done:
  rote_vae_workspace_destroy(&w);
  return status;
}

void rote_vae_workspace_destroy(rote_vae_workspace **work)
{
  rote_vae_workspace *w = *work;
  if (w == NULL) {
    return;
  }
  rote_real **arrays[] = {&w->z,   &w->deviation, &w->d_mu,       &w->d_logvar,
                          &w->d_z, &w->d_hidden,  &w->d_hidden_2, &w->piece};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    rote_free(arrays[i]);
  }
  rote_free(&w->log_px_given_z);
  rote_free(&w->kl);
  rote_free(&w->d_own);
  rote_tape_destroy(&w->encoder);
  rote_tape_destroy(&w->decoder);
  rote_tape_destroy(&w->mu_tape);
  rote_tape_destroy(&w->logvar_tape);
  rote_free(work);
}

const rote_real *rote_vae_own(const rote_vae *vae, const rote_real *w)
{
  return vae->likelihood->parameter == NULL ? NULL : w + vae->table.parameter[vae->own].offset;
}

void rote_vae_encode(const rote_vae *vae, const rote_real *w, const rote_real *x, size_t batch,
                     rote_vae_workspace *work)
{
  const rote_real *h = rote_network_forward(&vae->encoder, w, x, batch, work->encoder);
  rote_network_forward(&vae->mu, w, h, batch, work->mu_tape);
  rote_network_forward(&vae->logvar, w, h, batch, work->logvar_tape);
}

/* z = mu + exp(logvar / 2) eps,  KL = -1/2 sum over L of 1 + logvar - mu^2 - exp(logvar) */
static void sample_latents(const rote_vae *vae, const rote_real *eps, size_t batch,
                           rote_vae_workspace *work)
{
  const size_t ld = work->ld;
  for (size_t j = 0; j < batch; j++) {
    work->kl[j] = 0;
  }
  for (size_t i = 0; i < vae->latent * ld; i++) {
    work->deviation[i] = work->logvar[i] / 2;
  }
  rote_kernels_get()->exp(vae->latent * ld, work->deviation, work->deviation);
  for (size_t l = 0; l < vae->latent; l++) {
    for (size_t j = 0; j < ld; j++) {
      const size_t i = l * ld + j;
      if (j >= batch) {
        work->z[i] = 0;
        continue;
      }
      const double mu = (double)work->mu[i], deviation = (double)work->deviation[i];
      work->z[i] = work->mu[i] + work->deviation[i] * eps[i];
      work->kl[j] -= 0.5 * (1 + (double)work->logvar[i] - mu * mu - deviation * deviation);
    }
  }
}

rote_real *rote_vae_forward(const rote_vae *vae, const rote_real *w, const rote_real *x,
                            const rote_real *eps, size_t batch, rote_vae_workspace *work)
{
  rote_vae_encode(vae, w, x, batch, work);
  sample_latents(vae, eps, batch, work);
  return rote_network_forward(&vae->decoder, w, work->z, batch, work->decoder);
}

/* Leaves the gradient of the decoder's output in `out`. */
static double batch_loss(const rote_vae *vae, const rote_real *w, const rote_real *x, size_t batch,
                         rote_vae_workspace *work, rote_real *out)
{
  double loss = 0;
  vae->likelihood->loss(&vae->shape, batch, x, out, work->ld, rote_vae_own(vae, w),
                        work->log_px_given_z, work->d_own);
  for (size_t j = 0; j < batch; j++) {
    loss += -work->log_px_given_z[j] + vae->options.model.beta * work->kl[j];
  }
  return loss;
}

double rote_vae_loss(const rote_vae *vae, const rote_real *w, const rote_real *x,
                     const rote_real *eps, size_t batch, rote_vae_workspace *work)
{
  const bool training = work->encoder->training;
  work->encoder->training = work->decoder->training = false;
  const double loss =
      batch_loss(vae, w, x, batch, work, rote_vae_forward(vae, w, x, eps, batch, work));
  work->encoder->training = work->decoder->training = training;
  return loss;
}

double rote_vae_step(const rote_vae *vae, const rote_real *w, const rote_real *x,
                     const rote_real *eps, size_t batch, rote_vae_workspace *work,
                     const rote_gradient *gradient)
{
  const size_t ld = work->ld, hidden = rote_network_out(&vae->encoder);
  const rote_real beta = (rote_real)vae->options.model.beta;
  rote_real *out = rote_vae_forward(vae, w, x, eps, batch, work);
  const double loss = batch_loss(vae, w, x, batch, work, out);

  rote_network_backward(&vae->decoder, w, work->z, batch, work->decoder, out, work->d_z, gradient);
  /* d/dmu = dz + beta mu,  d/dlogvar = 1/2 (dz eps deviation + beta (deviation^2 - 1)) */
  for (size_t l = 0; l < vae->latent; l++) {
    for (size_t j = 0; j < ld; j++) {
      const size_t i = l * ld + j;
      const rote_real dz = work->d_z[i], s = work->deviation[i];
      work->d_mu[i] = j < batch ? dz + beta * work->mu[i] : 0;
      work->d_logvar[i] = j < batch ? (dz * eps[i] * s + beta * (s * s - 1)) / 2 : 0;
    }
  }
  const rote_real *h = work->encoder->output[vae->encoder.count - 1];
  rote_network_backward(&vae->mu, w, h, batch, work->mu_tape, work->d_mu, work->d_hidden, gradient);
  rote_network_backward(&vae->logvar, w, h, batch, work->logvar_tape, work->d_logvar,
                        work->d_hidden_2, gradient);
  for (size_t i = 0; i < hidden * ld; i++) {
    work->d_hidden[i] += work->d_hidden_2[i];
  }
  rote_network_backward(&vae->encoder, w, x, batch, work->encoder, work->d_hidden, NULL, gradient);
  if (vae->likelihood->parameter != NULL) {
    const size_t offset = vae->table.parameter[vae->own].offset;
    rote_real *g = rote_gradient_room(gradient, offset);
    double d_own = 0;
    for (size_t j = 0; j < batch; j++) {
      d_own += work->d_own[j];
    }
    *g = (rote_real)d_own;
    rote_gradient_done(gradient, offset, 1, g);
  }
  return loss;
}

void rote_vae_after_step(const rote_vae *vae, size_t batch, const rote_vae_workspace *work,
                         rote_real *w)
{
  rote_network_after_step(&vae->encoder, batch, work->encoder, w);
  rote_network_after_step(&vae->decoder, batch, work->decoder, w);
}
