/* Gradients of single images: the columns of a backward pass are `draws` of each image, and what is
 * wanted of the gradient that they sum up to is its squared norm, or the gradient itself.
 *
 * Norms are formed from the inputs of layers and the gradients of their outputs where that is
 * cheaper (rote_layer_ops.per_image); else a layer forms the gradient of one image after another,
 * piece by piece, and none is kept. Letters: n images, S draws; column i S + s is draw s of
 * image i. */
#ifndef ROTE_IMAGE_GRADIENTS_H
#define ROTE_IMAGE_GRADIENTS_H

#include "rote/network.h"
#include "rote/projection.h"

struct rote_image_gradients {
  size_t draws;
  double *square; /* [n] squared norms are added; NULL: not wanted */
  /* Called for every piece of every image's gradient, if not NULL. */
  void (*formed)(void *context, size_t image, size_t offset, size_t count, const rote_real *g);
  void *context;
  /* If not NULL, projected gradients are wanted and nothing else: image i's [projections->total]
   * becomes phi + i total; 0 before. */
  const rote_projections *projections;
  rote_real *phi;
  rote_real *projecting; /* [rote_projections_room()] of the caller */
  /* room, see rote_image_gradients_create() */
  rote_real *piece;
  size_t piece_room;
  rote_real *x, *dy; /* the columns of one image, in blocks of its own */
  rote_real *scratch;
  size_t image; /* in hand */
};

/** Room for networks over `table`, which one worker reuses. @param[in] network  [count] */
rote_status rote_image_gradients_create(const rote_parameters *table,
                                        const rote_network *const *network, size_t count,
                                        size_t draws, rote_image_gradients **images);
void rote_image_gradients_destroy(rote_image_gradients **images);

/** *dot += sum of x y. */
void rote_gradient_dot(size_t n, const rote_real *x, const rote_real *y, double *dot);

/** The parameters of one layer; called by rote_network_backward(). */
void rote_image_gradients_of_layer(rote_image_gradients *images, const rote_layer *layer,
                                   const rote_pass *pass, const rote_slot *slot, const rote_real *x,
                                   const rote_real *dy);

#endif
