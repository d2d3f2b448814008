#include "rote/autoencoder.h"

#include "rote/memory.h"

/* In the order of rote_model_kind, VAEs left out. */
static const rote_autoencoder_kind *const kinds[] = {
    [ROTE_MODEL_FC_AE] = &rote_autoencoder_fc,
    [ROTE_MODEL_UNET_AE] = &rote_autoencoder_unet,
};

rote_status rote_autoencoder_create(const rote_options *options, const rote_data_info *info,
                                    rote_autoencoder **out)
{
  rote_status status = ROTE_OK;
  rote_autoencoder *a = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *a, &a));
  a->options = *options;
  a->pixels = rote_data_pixels(info);
  ROTE_TRY(kinds[options->model.kind]->build(a, info));
  *out = a;
  a = NULL;
done:
  rote_autoencoder_destroy(&a);
  return status;
}

void rote_autoencoder_destroy(rote_autoencoder **autoencoder)
{
  if (*autoencoder != NULL) {
    rote_graph_clear(&(*autoencoder)->graph);
    rote_parameters_clear(&(*autoencoder)->table);
    rote_free(autoencoder);
  }
}

rote_status rote_autoencoder_workspace_create(const rote_autoencoder *a, size_t columns,
                                              bool training, rote_autoencoder_workspace **out)
{
  rote_status status = ROTE_OK;
  rote_autoencoder_workspace *work = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *work, &work));
  work->ld = rote_column_pad(columns);
  ROTE_TRY(rote_graph_tape_create(&a->graph, columns, training, &work->tape));
  ROTE_TRY(rote_alloc(work->ld, sizeof *work->squares, &work->squares));
  if (training) {
    work->piece_room = rote_gradient_piece(&a->table);
    ROTE_TRY(rote_alloc(work->piece_room, sizeof *work->piece, &work->piece));
  }
  *out = work;
  work = NULL;
done:
  rote_autoencoder_workspace_destroy(&work);
  return status;
}

void rote_autoencoder_workspace_destroy(rote_autoencoder_workspace **work)
{
  if (*work != NULL) {
    rote_graph_tape_destroy(&(*work)->tape);
    rote_free(&(*work)->squares);
    rote_free(&(*work)->piece);
    rote_free(work);
  }
}

void rote_autoencoder_pack(const rote_autoencoder *a, const rote_real *w,
                           rote_autoencoder_workspace *work)
{
  rote_graph_pack(&a->graph, w, work->tape);
}

rote_real *rote_autoencoder_forward(const rote_autoencoder *a, const rote_real *w,
                                    const rote_real *x, size_t batch,
                                    rote_autoencoder_workspace *work)
{
  return rote_graph_forward(&a->graph, w, x, batch, work->tape);
}

void rote_autoencoder_pull_back(const rote_autoencoder *a, const rote_real *w, const rote_real *x,
                                size_t batch, rote_autoencoder_workspace *work, rote_real *dy,
                                rote_real *dx)
{
  rote_graph_backward(&a->graph, w, x, batch, work->tape, dy, dx, NULL);
}

/* Leaves 2 (f(x) - x) / (B D), the gradient of the mean over batch and pixels, in `y`. */
static double squared_error(const rote_autoencoder *a, const rote_real *x, size_t batch,
                            rote_autoencoder_workspace *work, rote_real *y)
{
  const double numbers = (double)a->pixels;
  double loss = 0;
  rote_kernels_get()->squares_loss(a->pixels, batch, x, y, work->ld,
                                   (rote_real)(2 / ((double)batch * numbers)), work->squares);
  for (size_t j = 0; j < batch; j++) {
    loss += work->squares[j] / numbers;
  }
  return loss;
}

double rote_autoencoder_loss(const rote_autoencoder *a, const rote_real *w, const rote_real *x,
                             size_t batch, rote_autoencoder_workspace *work)
{
  return squared_error(a, x, batch, work, rote_autoencoder_forward(a, w, x, batch, work));
}

double rote_autoencoder_step(const rote_autoencoder *a, const rote_real *w, const rote_real *x,
                             size_t batch, rote_autoencoder_workspace *work,
                             const rote_gradient *gradient)
{
  rote_real *y = rote_autoencoder_forward(a, w, x, batch, work);
  const double loss = squared_error(a, x, batch, work, y);
  rote_graph_backward(&a->graph, w, x, batch, work->tape, y, NULL, gradient);
  return loss;
}
