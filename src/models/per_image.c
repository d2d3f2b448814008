#include "rote/per_image.h"

#include "rote/memory.h"

#include <string.h>

/* Bytes that the columns of a decoder may take; images at once are fewer for larger ones. */
#define DECODER_BYTES ((size_t)32 << 20)

/* Numbers of a tape for a column. */
static size_t column_numbers(const rote_network *network)
{
  size_t sum = 0, widest = 0;
  for (size_t i = 0; i < network->count; i++) {
    const rote_layer *layer = network->layer[i];
    sum += layer->ops->in_place ? 0 : layer->out;
    widest = layer->out > widest ? layer->out : widest;
  }
  return sum + 2 * widest;
}

static size_t images_at_once(const rote_per_image *p, size_t wanted)
{
  const size_t column = column_numbers(&p->model->vae->decoder) + p->model->pixels;
  const size_t fit = DECODER_BYTES / (column * p->draws * sizeof(rote_real));
  return fit < 1 ? 1 : fit < wanted ? fit : wanted;
}

/* Gradients are wanted, but batch norm as in evaluation. */
static rote_status tape_create(const rote_network *network, size_t columns, rote_tape **tape)
{
  const rote_status status = rote_tape_create(network, columns, true, tape);
  if (status == ROTE_OK) {
    (*tape)->training = false;
  }
  return status;
}

static rote_status create_vae(rote_per_image *p, size_t images)
{
  rote_status status = ROTE_OK;
  const rote_vae *vae = p->model->vae;
  const size_t L = vae->latent, hidden = rote_network_out(&vae->encoder);
  const rote_network *const of_image[] = {&vae->encoder, &vae->mu, &vae->logvar};
  const rote_network *const of_draw[] = {&vae->decoder};
  p->images = images_at_once(p, images);
  p->ld = rote_column_pad(p->images);
  p->wide = rote_column_pad(p->images * p->draws);
  ROTE_TRY(tape_create(&vae->encoder, p->images, &p->encoder));
  ROTE_TRY(tape_create(&vae->mu, p->images, &p->mu));
  ROTE_TRY(tape_create(&vae->logvar, p->images, &p->logvar));
  ROTE_TRY(tape_create(&vae->decoder, p->wide, &p->decoder));
  ROTE_TRY(rote_image_gradients_create(&vae->table, of_image, 3, 1, &p->single));
  ROTE_TRY(rote_image_gradients_create(&vae->table, of_draw, 1, p->draws, &p->drawn));
  rote_real **narrow[] = {&p->deviation, &p->d_mu, &p->d_logvar};
  for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
    ROTE_TRY(rote_alloc(L * p->ld, sizeof(rote_real), narrow[i]));
  }
  ROTE_TRY(rote_alloc(L * p->wide, sizeof(rote_real), &p->z));
  ROTE_TRY(rote_alloc(L * p->wide, sizeof(rote_real), &p->d_z));
  ROTE_TRY(rote_alloc(vae->pixels * p->wide, sizeof(rote_real), &p->seen));
  ROTE_TRY(rote_alloc(hidden * p->ld, sizeof(rote_real), &p->d_hidden));
  ROTE_TRY(rote_alloc(hidden * p->ld, sizeof(rote_real), &p->d_hidden_2));
  ROTE_TRY(rote_alloc(p->wide, sizeof(double), &p->log_px_given_z));
  ROTE_TRY(rote_alloc(p->wide, sizeof(double), &p->d_own));
done:
  return status;
}

static rote_status create_autoencoder(rote_per_image *p, size_t images)
{
  rote_status status = ROTE_OK;
  const rote_autoencoder *a = p->model->autoencoder;
  const rote_network *chain[ROTE_CHAINS_MAX];
  for (size_t i = 0; i < a->graph.count; i++) {
    chain[i] = &a->graph.chain[i].network;
  }
  p->draws = 1;
  p->images = images;
  p->ld = p->wide = rote_column_pad(images);
  ROTE_TRY(rote_autoencoder_workspace_create(a, images, true, &p->autoencoder));
  ROTE_TRY(rote_image_gradients_create(&a->table, chain, a->graph.count, 1, &p->single));
done:
  return status;
}

rote_status rote_per_image_create(const rote_model *model, size_t draws, size_t images,
                                  rote_per_image **out)
{
  rote_status status = ROTE_OK;
  rote_per_image *p = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *p, &p));
  p->model = model;
  p->draws = draws;
  ROTE_TRY(model->vae != NULL ? create_vae(p, images) : create_autoencoder(p, images));
  ROTE_TRY(rote_alloc(p->images, sizeof(double), &p->square));
  *out = p;
  p = NULL;
done:
  rote_per_image_destroy(&p);
  return status;
}

void rote_per_image_destroy(rote_per_image **per_image)
{
  rote_per_image *p = *per_image;
  if (p == NULL) {
    return;
  }
  rote_tape **tapes[] = {&p->encoder, &p->mu, &p->logvar, &p->decoder};
  for (size_t i = 0; i < sizeof tapes / sizeof *tapes; i++) {
    rote_tape_destroy(tapes[i]);
  }
  rote_image_gradients_destroy(&p->single);
  rote_image_gradients_destroy(&p->drawn);
  rote_real **reals[] = {&p->deviation, &p->d_mu, &p->d_logvar, &p->z,
                         &p->d_z,       &p->seen, &p->d_hidden, &p->d_hidden_2};
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    rote_free(reals[i]);
  }
  rote_free(&p->log_px_given_z);
  rote_free(&p->d_own);
  rote_free(&p->square);
  rote_autoencoder_workspace_destroy(&p->autoencoder);
  rote_projections_destroy(&p->projections);
  rote_free(&p->projecting);
  rote_free(per_image);
}

/* z = mu + exp(logvar / 2) eps, S columns for each of an image; and the image as often. */
static void draw(rote_per_image *p, const rote_real *x, const rote_real *eps, size_t n)
{
  const size_t S = p->draws, latent = p->model->latent, columns = n * S;
  const rote_real *mu = p->mu->output[0], *logvar = p->logvar->output[0];
  for (size_t i = 0; i < latent * p->ld; i++) {
    p->deviation[i] = logvar[i] / 2;
  }
  rote_kernels_get()->exp(latent * p->ld, p->deviation, p->deviation);
  for (size_t l = 0; l < latent; l++) {
    rote_real *z = p->z + l * p->wide;
    for (size_t c = 0; c < columns; c++) {
      const size_t at = l * p->ld + c / S;
      z[c] = mu[at] + p->deviation[at] * eps[l * p->wide + c];
    }
    memset(z + columns, 0, (p->wide - columns) * sizeof *z);
  }
  for (size_t d = 0; d < p->model->pixels; d++) {
    for (size_t i = 0; i < n; i++) {
      for (size_t s = 0; s < S; s++) {
        p->seen[d * p->wide + i * S + s] = x[d * p->ld + i];
      }
    }
  }
}

/* The means over draws of d/dmu = dz + beta mu, d/dlogvar = 1/2 (dz eps deviation + beta
 * (deviation^2 - 1)); d_z is divided by S already. */
static void gather(rote_per_image *p, const rote_real *eps, size_t n)
{
  const size_t S = p->draws;
  const rote_real beta = (rote_real)p->model->vae->options.model.beta;
  for (size_t l = 0; l < p->model->latent; l++) {
    for (size_t i = 0; i < p->ld; i++) {
      const size_t at = l * p->ld + i, from = l * p->wide + i * S;
      rote_real sum = 0, with_eps = 0;
      for (size_t s = 0; s < S && i < n; s++) {
        sum += p->d_z[from + s];
        with_eps += p->d_z[from + s] * eps[from + s];
      }
      const rote_real deviation = p->deviation[at];
      p->d_mu[at] = i < n ? sum + beta * p->mu->output[0][at] : 0;
      p->d_logvar[at] = i < n ? (with_eps * deviation + beta * (deviation * deviation - 1)) / 2 : 0;
    }
  }
}

/* What is wanted of the gradients: see rote_image_gradients. */
typedef struct {
  double *square;
  void (*formed)(void *context, size_t image, size_t offset, size_t count, const rote_real *g);
  void *context;
  const rote_projections *projections;
  rote_real *phi, *projecting;
} wanted;

static rote_gradient ask(rote_image_gradients *images, const wanted *what)
{
  images->square = what->square;
  images->formed = what->formed;
  images->context = what->context;
  images->projections = what->projections;
  images->phi = what->phi;
  images->projecting = what->projecting;
  return (rote_gradient){.images = images};
}

/* The likelihood's learned scalar. */
static void own_gradient(const rote_per_image *p, size_t n, const wanted *what)
{
  const rote_vae *vae = p->model->vae;
  const bool has = vae->likelihood->parameter != NULL && what->projections == NULL;
  for (size_t i = 0; i < n && has; i++) {
    double sum = 0;
    for (size_t s = 0; s < p->draws; s++) {
      sum += p->d_own[i * p->draws + s] / (double)p->draws;
    }
    const rote_real g = (rote_real)sum;
    what->square[i] += (double)g * (double)g;
    if (what->formed != NULL) {
      what->formed(what->context, i, vae->table.parameter[vae->own].offset, 1, &g);
    }
  }
}

static void of_vae(rote_per_image *p, const rote_real *w, const rote_real *x, const rote_real *eps,
                   size_t n, const wanted *what)
{
  const rote_vae *vae = p->model->vae;
  const size_t columns = n * p->draws, hidden = rote_network_out(&vae->encoder) * p->ld;
  const rote_real *h = rote_network_forward(&vae->encoder, w, x, n, p->encoder);
  rote_network_forward(&vae->mu, w, h, n, p->mu);
  rote_network_forward(&vae->logvar, w, h, n, p->logvar);
  draw(p, x, eps, n);
  rote_real *out = rote_network_forward(&vae->decoder, w, p->z, columns, p->decoder);
  vae->likelihood->loss(&vae->shape, columns, p->seen, out, p->wide, rote_vae_own(vae, w),
                        p->log_px_given_z, p->d_own);
  const rote_real share = 1 / (rote_real)p->draws;
  for (size_t i = 0; i < rote_network_out(&vae->decoder) * p->wide; i++) {
    out[i] *= share;
  }
  const rote_gradient drawn = ask(p->drawn, what), single = ask(p->single, what);
  rote_network_backward(&vae->decoder, w, p->z, columns, p->decoder, out, p->d_z, &drawn);
  gather(p, eps, n);
  rote_network_backward(&vae->mu, w, h, n, p->mu, p->d_mu, p->d_hidden, &single);
  rote_network_backward(&vae->logvar, w, h, n, p->logvar, p->d_logvar, p->d_hidden_2, &single);
  for (size_t i = 0; i < hidden; i++) {
    p->d_hidden[i] += p->d_hidden_2[i];
  }
  rote_network_backward(&vae->encoder, w, x, n, p->encoder, p->d_hidden, NULL, &single);
  own_gradient(p, n, what);
}

/* 1/D sum over d of (f(x) - x)^2 */
static void of_autoencoder(rote_per_image *p, const rote_real *w, const rote_real *x, size_t n,
                           const wanted *what)
{
  const rote_autoencoder *a = p->model->autoencoder;
  rote_autoencoder_workspace *work = p->autoencoder;
  const rote_gradient single = ask(p->single, what);
  rote_real *y = rote_autoencoder_forward(a, w, x, n, work);
  rote_kernels_get()->squares_loss(a->pixels, n, x, y, p->ld, (rote_real)(2 / (double)a->pixels),
                                   work->squares);
  rote_graph_backward(&a->graph, w, x, n, work->tape, y, NULL, &single);
}

static void walk(rote_per_image *p, const rote_real *w, const rote_real *x, const rote_real *eps,
                 size_t n, const wanted *what)
{
  if (what->square != NULL) {
    memset(what->square, 0, n * sizeof *what->square);
  }
  if (p->model->vae != NULL) {
    of_vae(p, w, x, eps, n, what);
  } else {
    of_autoencoder(p, w, x, n, what);
  }
}

void rote_per_image_squares(rote_per_image *p, const rote_real *w, const rote_real *x,
                            const rote_real *eps, size_t n, double *square)
{
  walk(p, w, x, eps, n, &(wanted){.square = square});
}

/* Gradients of the model's parameters, one a row. */
typedef struct {
  size_t total, targets;
  rote_real *to;         /* [n, total] */
  const rote_real *with; /* [targets, total] */
  double *dot;           /* [n, targets] */
} rows_of_gradients;

static void keep_piece(void *context, size_t image, size_t offset, size_t count, const rote_real *g)
{
  const rows_of_gradients *rows = context;
  memcpy(rows->to + image * rows->total + offset, g, count * sizeof *g);
}

void rote_per_image_keep(rote_per_image *p, const rote_real *w, const rote_real *x,
                         const rote_real *eps, size_t n, rote_real *kept)
{
  rows_of_gradients rows = {.total = p->model->table->total, .to = kept};
  memset(kept, 0, n * rows.total * sizeof *kept);
  walk(p, w, x, eps, n, &(wanted){.square = p->square, .formed = keep_piece, .context = &rows});
}

static void multiply_piece(void *context, size_t image, size_t offset, size_t count,
                           const rote_real *g)
{
  const rows_of_gradients *rows = context;
  for (size_t t = 0; t < rows->targets; t++) {
    rote_gradient_dot(count, g, rows->with + t * rows->total + offset,
                      &rows->dot[image * rows->targets + t]);
  }
}

void rote_per_image_dots(rote_per_image *p, const rote_real *w, const rote_real *x,
                         const rote_real *eps, size_t n, const rote_real *kept, size_t targets,
                         double *square, double *dot)
{
  rows_of_gradients rows = {
      .total = p->model->table->total, .targets = targets, .with = kept, .dot = dot};
  memset(dot, 0, n * targets * sizeof *dot);
  walk(p, w, x, eps, n, &(wanted){.square = square, .formed = multiply_piece, .context = &rows});
}

/* Of the model, in the order of its parameters. @return their number */
static size_t networks_of(const rote_model *model, const rote_network **network)
{
  if (model->vae != NULL) {
    const rote_vae *v = model->vae;
    const rote_network *const of_vae[] = {&v->encoder, &v->mu, &v->logvar, &v->decoder};
    memcpy(network, of_vae, sizeof of_vae);
    return sizeof of_vae / sizeof *of_vae;
  }
  const rote_graph *graph = &model->autoencoder->graph;
  for (size_t i = 0; i < graph->count; i++) {
    network[i] = &graph->chain[i].network;
  }
  return graph->count;
}

enum { NETWORKS_MAX = ROTE_CHAINS_MAX > 4 ? ROTE_CHAINS_MAX : 4 };

size_t rote_per_image_projected_numbers(const rote_model *model)
{
  const rote_network *network[NETWORKS_MAX];
  const size_t count = networks_of(model, network);
  return rote_projected_numbers(network, count);
}

rote_status rote_per_image_prepare(rote_per_image *p, uint64_t seed)
{
  rote_status status = ROTE_OK;
  const rote_network *network[NETWORKS_MAX];
  const size_t count = networks_of(p->model, network);
  ROTE_TRY(rote_projections_create(network, count, seed, &p->projections));
  const size_t room = rote_projections_room(p->projections, p->wide);
  ROTE_TRY(rote_alloc(room, sizeof *p->projecting, &p->projecting));
done:
  return status;
}

void rote_per_image_project(rote_per_image *p, const rote_real *w, const rote_real *x,
                            const rote_real *eps, size_t n, rote_real *phi)
{
  memset(phi, 0, n * p->projections->total * sizeof *phi);
  walk(p, w, x, eps, n,
       &(wanted){.projections = p->projections, .phi = phi, .projecting = p->projecting});
}
