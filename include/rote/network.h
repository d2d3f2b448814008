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
#include "rote/study.h"

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

typedef struct rote_image_gradients rote_image_gradients; /* rote/image_gradients.h */

/* Where gradients go. A layer asks for room with rote_gradient_room(), fills it, and hands it over
 * with rote_gradient_done(), piece by piece: the optimiser can step while a piece is still in
 * cache. */
typedef struct {
  rote_real *flat;  /* [total]: keep all gradients; NULL: pieces share `piece` */
  rote_real *piece; /* [piece_room], at least rote_gradient_piece() */
  size_t piece_room;
  void (*ready)(void *context, size_t offset, size_t count,
                const rote_real *gradient); /* may be NULL */
  void *context;
  rote_image_gradients *images; /* not NULL: of every image by itself, in the place of the above */
} rote_gradient;

/** Numbers that a piece should hold: 512 KiB, but one row of the largest array at least. */
size_t rote_gradient_piece(const rote_parameters *table);

rote_real *rote_gradient_room(const rote_gradient *gradient, size_t offset);
void rote_gradient_done(const rote_gradient *gradient, size_t offset, size_t count,
                        const rote_real *g);

/* What a layer is called with. */
typedef struct {
  const rote_real *w; /* all parameters */
  size_t columns, ld;
  bool training; /* batch norm: statistics of the batch, not the running ones */
} rote_pass;

/* What a layer does to its output while it is in cache, in the place of the layers behind it: scale
 * and shift [channels] (NULL: none), then the rectifier. Only in tapes for inference. */
typedef struct {
  rote_real *scale, *shift;
  bool rectify;
  rote_real slope;
} rote_follow_up;

/* Room of one layer in a tape; each part NULL if the layer asks for none. */
typedef struct {
  rote_real *packed;  /* weights in another order, made by pack() */
  rote_real *kept;    /* what forward() leaves for backward() and after_step() */
  rote_real *scratch; /* shared by all layers, only within one pack(), forward() or backward() */
  rote_follow_up follow_up;
  bool is_done; /* the layer before does this one's work */
} rote_slot;

typedef struct rote_layer rote_layer;

typedef struct rote_projection rote_projection; /* rote/projection.h */

/* A weight's gradient as a sum over positions of outer products [rows] x [columns]. */
typedef struct {
  size_t rows, columns, positions;
} rote_weight_shape;

/* One kind of layer. Adding a kind: one file layer_<kind>.c with its constructor. */
typedef struct {
  /* REQUIRED */
  const char *name;
  /* y [out, ld] from x [in, ld]; in_place layers get x == y */
  void (*forward)(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                  const rote_real *x, rote_real *y);
  /* dx [in, ld] (may be NULL: not wanted) and the gradients of the parameters (`gradient` may be
   * NULL: not wanted), from dy [out, ld]. Columns from `columns` on are 0 in dy and must be 0 in
   * dx. w is read before gradients are handed over. */
  void (*backward)(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                   const rote_real *x, const rote_real *y, const rote_real *dy, rote_real *dx,
                   const rote_gradient *gradient);
  /* OPTIONAL */
  bool has_parameters; /* backward() hands over gradients, and does without y */
  /* square[i] += the squared norm of the gradient of the parameters by columns i draws .. (i + 1)
   * draws - 1 alone, where that is cheaper than forming it. x and dy as in backward().
   * scratch [per_image_room(draws)] */
  void (*per_image)(const rote_layer *layer, const rote_pass *pass, size_t draws,
                    const rote_real *x, const rote_real *dy, rote_real *scratch, double *square);
  size_t (*per_image_room)(const rote_layer *layer, size_t draws);
  /* Of layers with a weight, both or neither. The projected gradient of it, of every image,
   * averaged as dy is: image i's at phi + i distance. x and dy as in backward(); scratch
   * [(positions + 2) 16 ld] */
  rote_weight_shape (*weight_shape)(const rote_layer *layer);
  void (*project)(const rote_layer *layer, const rote_pass *pass, size_t draws,
                  const rote_projection *projection, const rote_real *x, const rote_real *dy,
                  rote_real *scratch, rote_real *phi, size_t distance);
  bool in_place; /* forward overwrites x with y, backward needs y alone and overwrites dy with dx */
  size_t (*packed_room)(const rote_layer *layer);
  void (*pack)(const rote_layer *layer, const rote_real *w, const rote_slot *slot);
  bool follows_up; /* pack() and forward() heed slot->follow_up */
  /* In evaluation mode y = scale x + shift, one pair [channels] for all pixels. */
  void (*affine)(const rote_layer *layer, const rote_real *w, rote_real *scale, rote_real *shift);
  rote_real (*slope)(const rote_layer *layer); /* a rectifier: its slope below 0 */
  size_t (*kept_room)(const rote_layer *layer);
  size_t (*forward_room)(const rote_layer *layer); /* of scratch, for pack() and every pass */
  size_t (*scratch_room)(const rote_layer *layer, size_t ld); /* of scratch, for backward() */
  /* what changes in w besides the optimiser's step: running statistics */
  void (*after_step)(const rote_layer *layer, const rote_slot *slot, size_t columns, rote_real *w);
} rote_layer_ops;

struct rote_layer {
  const rote_layer_ops *ops;
  size_t in, out;  /* features */
  size_t channels; /* of images, else 0 */
};

/** y = W x + b, W [out, in]. Parameters `name`.weight and `name`.bias go to the table. */
rote_status rote_layer_dense(rote_parameters *table, const char *name, size_t in, size_t out,
                             rote_layer **layer);

/** y = x where x > 0, else slope x, in place: 0 is ReLU, 0.2 the leaky ReLU of conv_vae. */
rote_status rote_layer_rectifier(size_t features, double slope, rote_layer **layer);

/* Images within a network are [H, W, C]: row (y W + x) C + c of an activation, so that the channels
 * of a pixel and of its right neighbour lie together. */

/** Convolution [high, high, channels] -> [low, low, filters], square kernel, no bias.
 * Parameter `name`.weight [filters, channels, kernel, kernel] as in PyTorch's Conv2d; kernel must
 * be a multiple of stride. */
rote_status rote_layer_convolution(rote_parameters *table, const char *name, size_t high,
                                   size_t channels, size_t filters, size_t kernel, size_t stride,
                                   size_t padding, rote_layer **layer);

/** Transposed convolution [low, low, channels] -> [high, high, filters]: the adjoint of the above.
 * Parameter `name`.weight [channels, filters, kernel, kernel] as in PyTorch's ConvTranspose2d. */
rote_status rote_layer_transposed_convolution(rote_parameters *table, const char *name, size_t low,
                                              size_t channels, size_t filters, size_t kernel,
                                              size_t stride, size_t padding, rote_layer **layer);

/** Batch norm over the batch and `pixels` positions of `channels`, epsilon 1e-5, momentum 0.1
 * (Ioffe and Szegedy 2015; running variance unbiased, as PyTorch). Parameters `name`.weight, bias,
 * running_mean, running_var; the last two are no targets of the optimiser. */
rote_status rote_layer_batch_norm(rote_parameters *table, const char *name, size_t pixels,
                                  size_t channels, rote_layer **layer);

/** Reorder [channels, pixels] to [pixels, channels] (`to_pixels`) or back. */
rote_status rote_layer_permute(size_t channels, size_t pixels, bool to_pixels, rote_layer **layer);

/** y = f(x) of any kind. prelu has the parameter `name`.weight [1], its slope. */
rote_status rote_layer_activation(rote_parameters *table, const char *name,
                                  rote_activation_kind kind, size_t features, rote_layer **layer);

/** Convolution [height, width, channels] -> [height, width, filters] with bias: odd kernel, stride
 * 1, padding (kernel - 1) / 2. Parameters `name`.weight [filters, channels, kernel, kernel] and
 * `name`.bias [filters] as in PyTorch's Conv2d. */
rote_status rote_layer_same_convolution(rote_parameters *table, const char *name, size_t height,
                                        size_t width, size_t channels, size_t filters,
                                        size_t kernel, rote_layer **layer);

/** Averages of 2 x 2 pixels: [height, width, channels] to half of either side, which must be even.
 */
rote_status rote_layer_average_pool(size_t height, size_t width, size_t channels,
                                    rote_layer **layer);

/** Every pixel as 2 x 2 equal ones: [height, width, channels] to twice either side. */
rote_status rote_layer_nearest_double(size_t height, size_t width, size_t channels,
                                      rote_layer **layer);

#define ROTE_LAYERS_MAX 64

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
  rote_slot slot[ROTE_LAYERS_MAX];
  rote_real *scratch; /* of the layer that asks for most */
  bool training;
  bool is_packed; /* rote_network_pack() holds: forward does not pack again */
} rote_tape;

/** @param[in] training  whether rote_network_backward() will be called. If not, batch norms and
 * rectifiers are folded into the convolutions before them, and only the last output is whole. */
rote_status rote_tape_create(const rote_network *network, size_t columns, bool training,
                             rote_tape **tape);
void rote_tape_destroy(rote_tape **tape);

/** Pack the weights once for many forward passes; until the next call the tape's passes use these.
 * NULL ends that. */
void rote_network_pack(const rote_network *network, const rote_real *w, rote_tape *tape);

/** Let layers update what the optimiser does not: running statistics of the last training pass. */
void rote_network_after_step(const rote_network *network, size_t columns, const rote_tape *tape,
                             rote_real *w);

/** Run forwards. @param[in] x [in, ld] @return the last output [out, ld], in the tape */
rote_real *rote_network_forward(const rote_network *network, const rote_real *w, const rote_real *x,
                                size_t columns, rote_tape *tape);

/** Run backwards after a forward pass over the same x.
 * @param[in,out] dy [out, ld] gradient of the last output; overwritten
 * @param[out]    dx [in, ld], or NULL
 * @param[in]     gradient  NULL if the gradients of the parameters are not wanted */
void rote_network_backward(const rote_network *network, const rote_real *w, const rote_real *x,
                           size_t columns, rote_tape *tape, rote_real *dy, rote_real *dx,
                           const rote_gradient *gradient);

#endif
