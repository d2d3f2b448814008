/* Batches: pixels of chosen images to network input, with the noise that goes with each. */
#ifndef ROTE_BATCH_H
#define ROTE_BATCH_H

#include "rote/images.h"
#include "rote/kernels.h"
#include "rote/random.h"
#include "rote/study.h"

/* Room for one batch; owned by one worker and reused. */
typedef struct {
  size_t pixels, latent, ld;
  size_t mirror;  /* 0, or the width of an image: batches are mirrored as they are loaded */
  float *rows;    /* [ld, max(D, L)] one image a row, before it is turned */
  uint8_t *image; /* [D] a mirrored image */
  rote_real *x;   /* [D, ld] */
  rote_real *eps; /* [L, ld] standard normal */
} rote_batch;

rote_status rote_batch_create(size_t pixels, size_t latent, size_t columns, rote_batch **batch);
void rote_batch_destroy(rote_batch **batch);

/** Turn one image into what the model sees: binarized (its noise from `stream`, item = number of
 * the image) or scaled to [0, 1].
 * @param[in] pixel [D] of the image; @param[out] row [D] */
void rote_image_load(rote_transform transform, size_t pixels, const uint8_t *pixel,
                     rote_stream stream, uint32_t item, float *row);

/** What turns log p of t (above) into log p per pixel level:
 * D log(1 - 2 lambda) - D log 256 - sum over d of t - 2 softplus(t). @param[in] t [D] @return nats
 */
double rote_logit_correction(size_t pixels, const rote_real *t);

/** Logits back to pixels in [0, 1]: (sigmoid(t) - lambda) / (1 - 2 lambda), cut off at both ends.
 * @param[in,out] t [n] */
void rote_logit_pixels(size_t n, rote_real *t);

/** Mirror `rows` rows of `width` bytes left-right. @param[out] out  may not overlap pixel */
void rote_image_mirror(size_t rows, size_t width, const uint8_t *pixel, uint8_t *out);

/** Fill x, and eps from `latent` (item = number of the image), with images index[0..n-1].
 * Columns n.. of x and eps are 0. */
void rote_batch_load(rote_batch *batch, rote_transform transform, const rote_image_set *images,
                     const uint32_t *index, size_t n, rote_stream data, rote_stream latent);

#endif
