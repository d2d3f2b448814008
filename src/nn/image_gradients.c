#include "rote/image_gradients.h"

#include "rote/memory.h"

#include <string.h>

static size_t larger(size_t a, size_t b)
{
  return a > b ? a : b;
}

rote_status rote_image_gradients_create(const rote_parameters *table,
                                        const rote_network *const *network, size_t count,
                                        size_t draws, rote_image_gradients **out)
{
  rote_status status = ROTE_OK;
  rote_image_gradients *g = NULL;
  size_t in = 1, outputs = 1, scratch = 1;
  const size_t width = rote_column_pad(draws);
  *out = NULL;
  for (size_t n = 0; n < count; n++) {
    for (size_t i = 0; i < network[n]->count; i++) {
      const rote_layer *layer = network[n]->layer[i];
      in = larger(in, layer->in);
      outputs = larger(outputs, layer->out);
      if (layer->ops->per_image_room != NULL) {
        scratch = larger(scratch, layer->ops->per_image_room(layer, draws));
      }
    }
  }
  ROTE_TRY(rote_alloc(1, sizeof *g, &g));
  g->draws = draws;
  g->piece_room = rote_gradient_piece(table);
  ROTE_TRY(rote_alloc(g->piece_room, sizeof *g->piece, &g->piece));
  ROTE_TRY(rote_alloc(scratch, sizeof *g->scratch, &g->scratch));
  if (width != draws) {
    ROTE_TRY(rote_alloc(in * width, sizeof *g->x, &g->x));
    ROTE_TRY(rote_alloc(outputs * width, sizeof *g->dy, &g->dy));
  }
  *out = g;
  g = NULL;
done:
  rote_image_gradients_destroy(&g);
  return status;
}

void rote_image_gradients_destroy(rote_image_gradients **images)
{
  rote_image_gradients *g = *images;
  if (g != NULL) {
    rote_free(&g->piece);
    rote_free(&g->x);
    rote_free(&g->dy);
    rote_free(&g->scratch);
    rote_free(images);
  }
}

/* Numbers whose products are summed in rote_real before they go to a double. */
#define AT_ONCE ((size_t)1024)

void rote_gradient_dot(size_t n, const rote_real *x, const rote_real *y, double *dot)
{
  double unused = 0;
  for (size_t first = 0; first < n; first += AT_ONCE) {
    const size_t count = n - first < AT_ONCE ? n - first : AT_ONCE;
    rote_kernels_get()->sum_dot(count, x + first, y + first, &unused, dot);
  }
}

/* A piece of the gradient of the image in hand, while it is in cache. */
static void take(void *context, size_t offset, size_t count, const rote_real *piece)
{
  rote_image_gradients *g = context;
  if (g->square != NULL) {
    rote_gradient_dot(count, piece, piece, &g->square[g->image]);
  }
  if (g->formed != NULL) {
    g->formed(g->context, g->image, offset, count, piece);
  }
}

/* `draws` columns to blocks of their own: a layer may read to the end of a block, and expects
 * nothing of others there. */
static const rote_real *set_apart(size_t rows, size_t draws, const rote_real *from, size_t ld,
                                  rote_real *to)
{
  const size_t width = rote_column_pad(draws);
  for (size_t r = 0; r < rows; r++) {
    memcpy(to + r * width, from + r * ld, draws * sizeof *to);
    memset(to + r * width + draws, 0, (width - draws) * sizeof *to);
  }
  return to;
}

void rote_image_gradients_of_layer(rote_image_gradients *g, const rote_layer *layer,
                                   const rote_pass *pass, const rote_slot *slot, const rote_real *x,
                                   const rote_real *dy)
{
  const size_t images = pass->columns / g->draws, draws = g->draws;
  if (!layer->ops->has_parameters) {
    return;
  }
  if (g->projections != NULL) {
    const rote_projection *p = rote_projection_of(g->projections, layer);
    if (p != NULL) {
      layer->ops->project(layer, pass, draws, p, x, dy, g->projecting, g->phi + p->offset,
                          g->projections->total);
    }
    return;
  }
  if (layer->ops->per_image != NULL && g->formed == NULL) {
    layer->ops->per_image(layer, pass, draws, x, dy, g->scratch, g->square);
    return;
  }
  const rote_gradient pieces = {
      .piece = g->piece, .piece_room = g->piece_room, .ready = take, .context = g};
  rote_pass own = *pass;
  own.columns = draws;
  for (g->image = 0; g->image < images; g->image++) {
    const rote_real *from = x + g->image * draws, *to = dy + g->image * draws;
    if (g->x != NULL) {
      own.ld = rote_column_pad(draws);
      from = set_apart(layer->in, draws, from, pass->ld, g->x);
      to = set_apart(layer->out, draws, to, pass->ld, g->dy);
    }
    layer->ops->backward(layer, &own, slot, from, NULL, to, NULL, &pieces);
  }
}
