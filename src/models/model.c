#include "rote/model.h"

#include "rote/memory.h"

static rote_status vae_create(const rote_options *options, const rote_data_info *info,
                              rote_model *model)
{
  const rote_status status = rote_vae_create(options, info, &model->vae);
  if (status == ROTE_OK) {
    model->table = &model->vae->table;
    model->pixels = model->vae->pixels;
    model->latent = model->vae->latent;
  }
  return status;
}

static rote_status vae_workspace_create(const rote_model *model, size_t columns,
                                        rote_model_workspace *work)
{
  return rote_vae_workspace_create(model->vae, columns, true, &work->vae);
}

static double vae_step(const rote_model *model, rote_real *w, const rote_real *x,
                       const rote_real *eps, size_t batch, rote_model_workspace *work,
                       const rote_model_sink *sink)
{
  const rote_gradient gradient = {.piece = work->vae->piece,
                                  .piece_room = work->vae->piece_room,
                                  .ready = sink->ready,
                                  .context = sink->context};
  const double loss = rote_vae_step(model->vae, w, x, eps, batch, work->vae, &gradient);
  rote_vae_after_step(model->vae, batch, work->vae, w);
  return loss;
}

static double vae_loss(const rote_model *model, const rote_real *w, const rote_real *x,
                       const rote_real *eps, size_t batch, rote_model_workspace *work)
{
  return rote_vae_loss(model->vae, w, x, eps, batch, work->vae);
}

static const rote_model_family vaes = {
    .name = "variational autoencoder",
    .create = vae_create,
    .workspace_create = vae_workspace_create,
    .step = vae_step,
    .loss = vae_loss,
};

static rote_status autoencoder_create(const rote_options *options, const rote_data_info *info,
                                      rote_model *model)
{
  const rote_status status = rote_autoencoder_create(options, info, &model->autoencoder);
  if (status == ROTE_OK) {
    model->table = &model->autoencoder->table;
    model->pixels = model->autoencoder->pixels;
  }
  return status;
}

static rote_status autoencoder_workspace_create(const rote_model *model, size_t columns,
                                                rote_model_workspace *work)
{
  return rote_autoencoder_workspace_create(model->autoencoder, columns, true, &work->autoencoder);
}

static double autoencoder_step(const rote_model *model, rote_real *w, const rote_real *x,
                               const rote_real *eps, size_t batch, rote_model_workspace *work,
                               const rote_model_sink *sink)
{
  const rote_gradient gradient = {.piece = work->autoencoder->piece,
                                  .piece_room = work->autoencoder->piece_room,
                                  .ready = sink->ready,
                                  .context = sink->context};
  (void)eps;
  return rote_autoencoder_step(model->autoencoder, w, x, batch, work->autoencoder, &gradient);
}

static double autoencoder_loss(const rote_model *model, const rote_real *w, const rote_real *x,
                               const rote_real *eps, size_t batch, rote_model_workspace *work)
{
  (void)eps;
  return rote_autoencoder_loss(model->autoencoder, w, x, batch, work->autoencoder);
}

static const rote_model_family autoencoders = {
    .name = "autoencoder",
    .create = autoencoder_create,
    .workspace_create = autoencoder_workspace_create,
    .step = autoencoder_step,
    .loss = autoencoder_loss,
};

rote_status rote_model_create(const rote_options *options, const rote_data_info *info,
                              rote_model **out)
{
  rote_status status = ROTE_OK;
  rote_model *model = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *model, &model));
  model->family = rote_options_autoencoder(options) ? &autoencoders : &vaes;
  ROTE_TRY(model->family->create(options, info, model));
  *out = model;
  model = NULL;
done:
  rote_model_destroy(&model);
  return status;
}

void rote_model_destroy(rote_model **model)
{
  if (*model != NULL) {
    rote_vae_destroy(&(*model)->vae);
    rote_autoencoder_destroy(&(*model)->autoencoder);
    rote_free(model);
  }
}

rote_status rote_model_workspace_create(const rote_model *model, size_t columns,
                                        rote_model_workspace **out)
{
  rote_status status = ROTE_OK;
  rote_model_workspace *work = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *work, &work));
  ROTE_TRY(model->family->workspace_create(model, columns, work));
  *out = work;
  work = NULL;
done:
  rote_model_workspace_destroy(&work);
  return status;
}

void rote_model_workspace_destroy(rote_model_workspace **work)
{
  if (*work != NULL) {
    rote_vae_workspace_destroy(&(*work)->vae);
    rote_autoencoder_workspace_destroy(&(*work)->autoencoder);
    rote_free(work);
  }
}

double rote_model_step(const rote_model *model, rote_real *w, const rote_real *x,
                       const rote_real *eps, size_t batch, rote_model_workspace *work,
                       const rote_model_sink *sink)
{
  return model->family->step(model, w, x, eps, batch, work, sink);
}

double rote_model_loss(const rote_model *model, const rote_real *w, const rote_real *x,
                       const rote_real *eps, size_t batch, rote_model_workspace *work)
{
  return model->family->loss(model, w, x, eps, batch, work);
}
