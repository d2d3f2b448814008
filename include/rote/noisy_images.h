/* Images as a model is asked for their gradients: with noise of their own, the same for all models,
 * epochs and measures, so that a training image is the same as a target. */
#ifndef ROTE_NOISY_IMAGES_H
#define ROTE_NOISY_IMAGES_H

#include "rote/batch.h"
#include "rote/per_image.h"

/* Owned by one worker and reused. */
typedef struct {
  const rote_per_image *per_image; /* borrowed */
  rote_batch *batch;               /* its x [D, ld] */
  rote_real *eps;                  /* [L, wide] */
  float *drawn;                    /* [S, L] of an image */
  bool
      antithetic; /* every second draw is minus the one before it: means are as right, and closer */
} rote_noisy_images;

/** For as many images as `per_image` takes at once. @return ROTE_OK; ROTE_NOMEM */
rote_status rote_noisy_images_create(const rote_per_image *per_image, rote_noisy_images **images);
void rote_noisy_images_destroy(rote_noisy_images **images);

/** Images index[0..n-1] of a set: x and eps as rote/per_image.h asks for them.
 * @param[in] unit  0 training set, 1 test set, 2 samples: the noise of each is another */
void rote_noisy_images_load(rote_noisy_images *images, const rote_options *options,
                            const rote_image_set *set, uint32_t unit, const uint32_t *index,
                            size_t n);

#endif
