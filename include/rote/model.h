/* What a trainer trains: any model, behind one table of operations a family.
 *
 * Letters as in rote/vae.h: D numbers of an image, L latent dimensions (0 without a latent space),
 * ld distance of rows. */
#ifndef ROTE_MODEL_H
#define ROTE_MODEL_H

#include "rote/autoencoder.h"
#include "rote/vae.h"

typedef struct rote_model_family rote_model_family;

typedef struct {
  const rote_model_family *family;
  /* One of them, owned. It says what can be asked of the trained model: the likelihood of a VAE
   * (rote/importance.h), the output of an autoencoder (rote/autoencoder.h). */
  rote_vae *vae;
  rote_autoencoder *autoencoder;
  const rote_parameters *table; /* of either */
  size_t pixels, latent;        /* D, L */
} rote_model;

/* Room for a batch of either family, for training. */
typedef struct {
  rote_vae_workspace *vae; /* one of them, owned */
  rote_autoencoder_workspace *autoencoder;
} rote_model_workspace;

/* Where the pieces of a gradient go: ready and context of a rote_gradient. */
typedef struct {
  void (*ready)(void *context, size_t offset, size_t count, const rote_real *gradient);
  void *context;
} rote_model_sink;

/* All slots are REQUIRED. */
struct rote_model_family {
  const char *name;
  rote_status (*create)(const rote_options *options, const rote_data_info *info, rote_model *model);
  rote_status (*workspace_create)(const rote_model *model, size_t columns,
                                  rote_model_workspace *work);
  /* sum over the batch of the loss of an image, before the step; x [D, ld], eps [L, ld] */
  double (*step)(const rote_model *model, rote_real *w, const rote_real *x, const rote_real *eps,
                 size_t batch, rote_model_workspace *work, const rote_model_sink *sink);
  /* the same without gradients, as in evaluation */
  double (*loss)(const rote_model *model, const rote_real *w, const rote_real *x,
                 const rote_real *eps, size_t batch, rote_model_workspace *work);
};

/** Describe the model that `options` ask for on images of info's shape; it owns no parameters.
 * @return ROTE_OK; ROTE_DATA if images of this shape do not fit the model, naming both; ROTE_NOMEM
 */
rote_status rote_model_create(const rote_options *options, const rote_data_info *info,
                              rote_model **model);
void rote_model_destroy(rote_model **model);

rote_status rote_model_workspace_create(const rote_model *model, size_t columns,
                                        rote_model_workspace **work);
void rote_model_workspace_destroy(rote_model_workspace **work);

/** One pass forwards and back over a batch: the gradient goes to `sink` piece by piece, which may
 * step `w` at once; then what is no target of the optimiser is updated in `w`.
 * @return the sum over the batch of the loss of an image: nats, or mean squared errors */
double rote_model_step(const rote_model *model, rote_real *w, const rote_real *x,
                       const rote_real *eps, size_t batch, rote_model_workspace *work,
                       const rote_model_sink *sink);

/** The same loss without gradients, as in evaluation. */
double rote_model_loss(const rote_model *model, const rote_real *w, const rote_real *x,
                       const rote_real *eps, size_t batch, rote_model_workspace *work);

#endif
