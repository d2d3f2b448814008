/* Networks: a chain of layers over one flat buffer of parameters.
 *
 * Config, model and workspace are apart: a rote_network describes shapes, the parameters are one
 * array that rote_parameters describes, activations live in a rote_tape that one worker owns and
 * reuses. Letters: B columns in use (images or samples), ld distance of rows (see rote/kernels.h).
 */
#ifndef ROTE_NETWORK_H
#define ROTE_NETWORK_H

#include "rote/kernels.h"
#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

#define ROTE_PARAMETER_NAME 96

/* One named array of parameters, shaped as in a PyTorch state dict. */
typedef struct {
  char name[ROTE_PARAMETER_NAME]; /* "encoder.0.weight" */
  size_t rank, shape[4];
  size_t count, offset; /* in numbers, within the flat buffer */
  double bound;         /* first values: uniform within +-bound; 0: start at `constant` */
  double constant;
} rote_parameter;

/* The table of all arrays of a model. */
typedef struct {
  size_t count, capacity;
  rote_parameter *parameter;
  size_t total; /* numbers to allocate */
} rote_parameters;

/** Append an array; count and offset are computed. @param[out] index  its place in the table */
rote_status rote_parameters_add(rote_parameters *table, const rote_parameter *parameter,
                                size_t *index);

/** Release the table itself (it lives in its owner). */
void rote_parameters_clear(rote_parameters *table);

/** First values of all parameters, drawn from purpose WEIGHTS of (seed, unit), item = index of the
 * array. PyTorch's defaults: uniform within 1/sqrt(fan_in). @param[out] w [table->total] */
void rote_parameters_initialise(const rote_parameters *table, uint64_t seed, uint32_t unit,
                                rote_real *w);

/* Where gradients go. A layer asks for room with rote_gradient_room(), fills it, and hands it over
 * with rote_gradient_done(), piece by piece: the optimiser can step while a piece is still in
 * cache. */
typedef struct {
  rote_real *flat;  /* [total]: keep all gradients; NULL: pieces share `piece` */
  rote_real *piece; /* [rote_gradient_piece()] */
  size_t piece_room;
  void (*ready)(void *context, size_t offset, size_t count,
                const rote_real *gradient); /* may be NULL */
  void *context;
} rote_gradient;

rote_real *rote_gradient_room(const rote_gradient *gradient, size_t offset);
void rote_gradient_done(const rote_gradient *gradient, size_t offset, size_t count,
                        const rote_real *g);

/* Scratch that layers share while they run backwards. */
typedef struct {
  rote_real *transposed; /* [ld, widest input + ROTE_COLUMN_BLOCK] */
  size_t transposed_room;
} rote_scratch;

typedef struct rote_layer rote_layer;

/* One kind of layer. Adding a kind: one file layer_<kind>.c with its constructor. */
typedef struct {
  /* REQUIRED */
  const char *name;
  /* y [out, ld] from x [in, ld]; in_place layers get x == y */
  void (*forward)(const rote_layer *layer, const rote_real *w, const rote_real *x, size_t columns,
                  size_t ld, rote_real *y);
  /* dx [in, ld] (may be NULL: not wanted) and the gradients of the parameters, from dy [out, ld].
   * Columns from `columns` on are 0 in dy and must be 0 in dx. w is read before gradients are
   * handed over. */
  void (*backward)(const rote_layer *layer, const rote_real *w, const rote_real *x,
                   const rote_real *y, const rote_real *dy, size_t columns, size_t ld,
                   rote_scratch *scratch, rote_real *dx, const rote_gradient *gradient);
  /* OPTIONAL */
  bool in_place; /* forward overwrites x with y, backward needs y alone and overwrites dy with dx */
} rote_layer_ops;

struct rote_layer {
  const rote_layer_ops *ops;
  size_t in, out; /* features */
};

/** y = W x + b, W [out, in]. Parameters `name`.weight and `name`.bias go to the table. */
rote_status rote_layer_dense(rote_parameters *table, const char *name, size_t in, size_t out,
                             rote_layer **layer);

/** y = max(x, 0), in place. */
rote_status rote_layer_relu(size_t features, rote_layer **layer);

#define ROTE_LAYERS_MAX 32

typedef struct {
  size_t count;
  rote_layer *layer[ROTE_LAYERS_MAX]; /* owned */
} rote_network;

/** Take ownership of `layer`, also on error. */
rote_status rote_network_append(rote_network *network, rote_layer *layer);
void rote_network_clear(rote_network *network);

size_t rote_network_in(const rote_network *network);
size_t rote_network_out(const rote_network *network);

/* Outputs of every layer for up to `ld` columns, and room for their gradients. */
typedef struct {
  size_t ld;
  rote_real *output[ROTE_LAYERS_MAX]; /* [out, ld]; the same array for in-place layers */
  rote_real *gradient[2];             /* [widest, ld] in turns; NULL if made for inference */
  rote_scratch scratch;
} rote_tape;

/** @param[in] training  whether rote_network_backward() will be called */
rote_status rote_tape_create(const rote_network *network, size_t columns, bool training,
                             rote_tape **tape);
void rote_tape_destroy(rote_tape **tape);

/** Run forwards. @param[in] x [in, ld] @return the last output [out, ld], in the tape */
rote_real *rote_network_forward(const rote_network *network, const rote_real *w, const rote_real *x,
                                size_t columns, rote_tape *tape);

/** Run backwards after a forward pass over the same x.
 * @param[in,out] dy [out, ld] gradient of the last output; overwritten
 * @param[out]    dx [in, ld], or NULL */
void rote_network_backward(const rote_network *network, const rote_real *w, const rote_real *x,
                           size_t columns, rote_tape *tape, rote_real *dy, rote_real *dx,
                           const rote_gradient *gradient);

#endif
