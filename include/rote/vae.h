/* Variational autoencoders: encoder, two heads, decoder, likelihood (Kingma and Welling 2014).
 *
 * Letters: B images of a batch, D numbers of an image, L latent dimensions, S importance samples,
 * ld distance of rows (rote/kernels.h). Arrays of columns are [features, ld]. */
#ifndef ROTE_VAE_H
#define ROTE_VAE_H

#include "rote/images.h"
#include "rote/likelihood.h"
#include "rote/network.h"
#include "rote/study.h"

typedef struct rote_vae {
  rote_options options;
  size_t pixels, latent;
  rote_parameters table;
  rote_network encoder, decoder;
  rote_network mu, logvar; /* heads: one linear layer each, from the last hidden layer */
  const rote_likelihood *likelihood;
  rote_likelihood_shape shape;
  size_t own; /* index of the likelihood's learned scalar in the table, if it has one */
} rote_vae;

/* A kind of VAE: fills the networks. One file a kind, one line in the list of vae.c. */
typedef struct {
  const char *name;
  /* @return ROTE_OK; ROTE_DATA if images of this shape do not fit the model, naming both */
  rote_status (*build)(rote_vae *vae, const rote_data_info *info);
} rote_vae_kind;

extern const rote_vae_kind rote_vae_mlp, rote_vae_conv;

/** Describe the model that `options` ask for on images of info's shape; it owns no parameters. */
rote_status rote_vae_create(const rote_options *options, const rote_data_info *info,
                            rote_vae **vae);
void rote_vae_destroy(rote_vae **vae);

/* Room for one batch; owned by one worker and reused. */
typedef struct {
  size_t ld;
  rote_tape *encoder, *decoder, *mu_tape, *logvar_tape;
  rote_real *mu, *logvar;           /* [L, ld] in the tapes of the heads */
  rote_real *z, *deviation;         /* [L, ld]; deviation = exp(logvar / 2) */
  rote_real *d_mu, *d_logvar, *d_z; /* [L, ld] */
  rote_real *d_hidden, *d_hidden_2; /* [H, ld] gradient of the last hidden layer, from each head */
  double *log_px_given_z, *kl;      /* [ld] nats */
  double *d_own;                    /* [ld] gradient of the likelihood's learned scalar */
  rote_real *piece;                 /* gradient pieces, see rote_gradient */
  size_t piece_room;
} rote_vae_workspace;

/** @param[in] training  false: no room for gradients, rote_vae_step() must not be called */
rote_status rote_vae_workspace_create(const rote_vae *vae, size_t columns, bool training,
                                      rote_vae_workspace **work);
void rote_vae_workspace_destroy(rote_vae_workspace **work);

/** q(z|x): fills work->mu and work->logvar. @param[in] x [D, ld], first `batch` columns used */
void rote_vae_encode(const rote_vae *vae, const rote_real *w, const rote_real *x, size_t batch,
                     rote_vae_workspace *work);

/** One draw of z a column and its decoder output. Fills work->mu, logvar, z and kl.
 * @param[in] x [D, ld]; eps [L, ld] standard normal
 * @return decoder output [outputs, ld], in the workspace */
rote_real *rote_vae_forward(const rote_vae *vae, const rote_real *w, const rote_real *x,
                            const rote_real *eps, size_t batch, rote_vae_workspace *work);

/** Sum over the batch of -log p(x|z) + beta KL, in nats, without gradients and as in evaluation:
 * batch norm uses its running statistics, whatever the workspace was made for.
 * Sums run in column order. Fills work->log_px_given_z and work->kl. */
double rote_vae_loss(const rote_vae *vae, const rote_real *w, const rote_real *x,
                     const rote_real *eps, size_t batch, rote_vae_workspace *work);

/** The same as in training, with the gradient by all parameters, handed over piece by piece: batch
 * norm uses the statistics of the batch. */
double rote_vae_step(const rote_vae *vae, const rote_real *w, const rote_real *x,
                     const rote_real *eps, size_t batch, rote_vae_workspace *work,
                     const rote_gradient *gradient);

/** Let running statistics follow the last rote_vae_step(). @param[in,out] w the parameters */
void rote_vae_after_step(const rote_vae *vae, size_t batch, const rote_vae_workspace *work,
                         rote_real *w);

/** The likelihood's learned scalar, NULL if it has none. */
const rote_real *rote_vae_own(const rote_vae *vae, const rote_real *w);

#endif
