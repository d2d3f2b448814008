/* Autoencoders: x -> f(x), trained by the mean squared error.
 *
 * Letters: B images of a batch, D numbers of an image, ld distance of rows (rote/kernels.h). Arrays
 * of columns are [D, ld], an image [C, H, W] a column. */
#ifndef ROTE_AUTOENCODER_H
#define ROTE_AUTOENCODER_H

#include "rote/graph.h"
#include "rote/images.h"
#include "rote/study.h"

typedef struct rote_autoencoder {
  rote_options options;
  size_t pixels; /* D */
  rote_parameters table;
  rote_graph graph;
} rote_autoencoder;

/* A kind of autoencoder: fills the graph. One file a kind, one line in the list of autoencoder.c.
 */
typedef struct {
  const char *name;
  /* @return ROTE_OK; ROTE_DATA if images of this shape do not fit the model, naming both */
  rote_status (*build)(rote_autoencoder *autoencoder, const rote_data_info *info);
} rote_autoencoder_kind;

/* fc_ae: `depth` linear layers D -> width -> ... -> width -> D with the activation between.
 * Parameters layer.<i>.weight [out, in], layer.<i>.bias; with prelu activation.<i>.weight [1].
 *
 * unet_ae (Ronneberger, Fischer, Brox 2015), with channels c_0 .. c_last, one level each:
 * down.<l>.0, down.<l>.1 are 3x3 convolutions to c_l, each followed by the activation; level l + 1
 * begins with 2x2 averages of level l. Back up: pixels are doubled, up.<l>.0 is a 3x3 convolution
 * to c_l without activation, joined behind the output of level l (torch.cat([skip, up], 1));
 * up.<l>.1 and up.<l>.2 are 3x3 convolutions to c_l, each followed by the activation. out is a 1x1
 * convolution to the channels of the image. Parameters <name>.weight [out, in, k, k], <name>.bias;
 * with prelu <name>.activation.weight [1]. With model.skips false, an ablation, nothing is joined:
 * up.<l>.1 reads the c_l channels of up.<l>.0 alone, and everything passes the deepest level. */
extern const rote_autoencoder_kind rote_autoencoder_fc, rote_autoencoder_unet;

/** Describe the model that `options` ask for on images of info's shape; it owns no parameters. */
rote_status rote_autoencoder_create(const rote_options *options, const rote_data_info *info,
                                    rote_autoencoder **autoencoder);
void rote_autoencoder_destroy(rote_autoencoder **autoencoder);

/* Room for one batch; owned by one worker and reused. */
typedef struct {
  size_t ld;
  rote_graph_tape *tape;
  double *squares;  /* [ld] squared distances of the last loss or step, summed over D */
  rote_real *piece; /* gradient pieces, see rote_gradient; NULL in inference */
  size_t piece_room;
} rote_autoencoder_workspace;

/** @param[in] training  false: no room for gradients, for forward passes and losses alone */
rote_status rote_autoencoder_workspace_create(const rote_autoencoder *autoencoder, size_t columns,
                                              bool training, rote_autoencoder_workspace **work);
void rote_autoencoder_workspace_destroy(rote_autoencoder_workspace **work);

/** Put the weights in order once for many calls of rote_autoencoder_forward(), which then do not
 * look at their `w` for that; NULL ends that. A workspace for training needs no such call. */
void rote_autoencoder_pack(const rote_autoencoder *autoencoder, const rote_real *w,
                           rote_autoencoder_workspace *work);

/** f(x). Nothing is allocated, and the bits of a column depend on no other column nor on `batch`.
 * @param[in] x [D, ld], first `batch` columns used, zero up to the end of their block
 * @return [D, ld], in the workspace until its next use; may be overwritten */
rote_real *rote_autoencoder_forward(const rote_autoencoder *autoencoder, const rote_real *w,
                                    const rote_real *x, size_t batch,
                                    rote_autoencoder_workspace *work);

/** dx = J^T dy, J the Jacobian of f at the x of the last rote_autoencoder_forward(), for every
 * column. Needs a workspace for training.
 * @param[in]     x  as given to the forward pass
 * @param[in,out] dy [D, ld] 0 from column `batch` to the end of its block; overwritten
 * @param[out]    dx [D, ld] */
void rote_autoencoder_pull_back(const rote_autoencoder *autoencoder, const rote_real *w,
                                const rote_real *x, size_t batch, rote_autoencoder_workspace *work,
                                rote_real *dy, rote_real *dx);

/** Sum over the batch of the mean squared error of an image, 1/D sum over d of (f(x) - x)^2.
 * Fills work->squares. */
double rote_autoencoder_loss(const rote_autoencoder *autoencoder, const rote_real *w,
                             const rote_real *x, size_t batch, rote_autoencoder_workspace *work);

/** The same, and the gradient by all parameters of the mean over batch and pixels, handed over
 * piece by piece. */
double rote_autoencoder_step(const rote_autoencoder *autoencoder, const rote_real *w,
                             const rote_real *x, size_t batch, rote_autoencoder_workspace *work,
                             const rote_gradient *gradient);

#endif
