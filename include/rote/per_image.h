/* Gradients of the training loss of single images, of many images at once and without keeping them.
 *
 * The loss of an image is that of rote/model.h, of a VAE averaged over S draws of the encoder;
 * batch norm is in evaluation mode. The encoder sees an image once, whatever S: its gradient by all
 * draws is that of their sum. Letters: n images, D numbers of an image, L latent dimensions, T
 * targets, G numbers of all parameters. */
#ifndef ROTE_PER_IMAGE_H
#define ROTE_PER_IMAGE_H

#include "rote/image_gradients.h"
#include "rote/model.h"

/* Owned by one worker and reused. */
typedef struct {
  const rote_model *model; /* borrowed */
  size_t draws;            /* S; 1 for autoencoders */
  size_t images;           /* most at once */
  size_t ld, wide;         /* rows of n columns, and of n S */
  /* of VAEs */
  rote_tape *encoder, *mu, *logvar, *decoder;
  rote_image_gradients *single, *drawn;    /* layers with one column an image, and with S */
  rote_real *deviation, *d_mu, *d_logvar;  /* [L, ld] */
  rote_real *z, *d_z;                      /* [L, wide] */
  rote_real *seen;                         /* [D, wide] */
  rote_real *d_hidden, *d_hidden_2;        /* [H, ld] */
  double *log_px_given_z, *d_own, *square; /* [wide], [wide], [n] */
  rote_autoencoder_workspace *autoencoder; /* of an autoencoder */
  rote_projections *projections;           /* NULL before rote_per_image_prepare() */
  rote_real *projecting;
} rote_per_image;

/** @param[in] draws  S @param[in] images  most images at once, if a worker's memory allows it
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_per_image_create(const rote_model *model, size_t draws, size_t images,
                                  rote_per_image **per_image);
void rote_per_image_destroy(rote_per_image **per_image);

/** Squared norms of the gradients of `n` images, at most per_image->images. Nothing is allocated,
 * and the bits of an image depend on no other nor on n.
 * @param[in]  x      [D, ld] one image a column, 0 from column n on
 * @param[in]  eps    [L, wide] standard normal, draw s of image i in column i S + s; NULL for
 * autoencoders
 * @param[out] square [n] */
void rote_per_image_squares(rote_per_image *per_image, const rote_real *w, const rote_real *x,
                            const rote_real *eps, size_t n, double *square);

/** The gradients themselves. @param[out] kept [n, G]; 0 for what is no target of the optimiser */
void rote_per_image_keep(rote_per_image *per_image, const rote_real *w, const rote_real *x,
                         const rote_real *eps, size_t n, rote_real *kept);

/** Their dot products with gradients that were kept, under the same w.
 * @param[in] kept [T, G] @param[out] square [n] @param[out] dot [n, T] */
void rote_per_image_dots(rote_per_image *per_image, const rote_real *w, const rote_real *x,
                         const rote_real *eps, size_t n, const rote_real *kept, size_t targets,
                         double *square, double *dot);

/** Make the projections of the model's layers, once, before rote_per_image_project().
 * @param[in] seed  of the study @return ROTE_OK; ROTE_NOMEM */
rote_status rote_per_image_prepare(rote_per_image *per_image, uint64_t seed);

/** Projected gradients (rote/projection.h), of the learned scalar of a likelihood none.
 * @param[out] phi [n, per_image->projections->total] */
void rote_per_image_project(rote_per_image *per_image, const rote_real *w, const rote_real *x,
                            const rote_real *eps, size_t n, rote_real *phi);

/** Q of a model. */
size_t rote_per_image_projected_numbers(const rote_model *model);

#endif
