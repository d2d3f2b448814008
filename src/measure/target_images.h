/* What measures by gradients of single images load: training images, and the targets (targets.h).
 * Samples among these are drawn from the model in hand. */
#ifndef ROTE_TARGET_IMAGES_H
#define ROTE_TARGET_IMAGES_H

#include "rote/measure.h"
#include "rote/noisy_images.h"
#include "samples.h"
#include "targets.h"

enum { ROTE_TARGET_BATCH = 16 }; /* images at once, if they fit */

/* Owned by one worker and reused; after a load `images` has x and eps. */
typedef struct {
  const rote_subject_setting *setting; /* borrowed */
  rote_per_image *per_image;
  rote_noisy_images *images;
  rote_samples *samples; /* NULL: no target is a sample */
  rote_image_set sample; /* [influence.sample] */
  uint32_t *index;       /* [n at most] of the images that are loaded */
} rote_target_images;

/** @param[in] setting  borrowed @param[in] draws  S of rote/per_image.h
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_target_images_create(const rote_subject_setting *setting, const rote_model *model,
                                      size_t draws, rote_target_images **images);
void rote_target_images_destroy(rote_target_images **images);

/** Draw the samples of the model that the piece is of, before any is loaded. */
void rote_target_images_begin(rote_target_images *images, const rote_piece *piece);

/** Training images first .. first + n - 1, at most per_image->images. */
void rote_target_images_load_training(rote_target_images *images, size_t first, size_t n);

/** Targets from `first` on, at most `most`, per_image->images and those of one kind. @return how
 * many there are, 1 or more */
size_t rote_target_images_load(rote_target_images *images, size_t first, size_t most);

/* Lines of `rote bench`: 64 images without targets under the published models. */
#define ROTE_TARGET_BENCH(what)                                                                    \
  {.name = "mlp_vae " what,                                                                        \
   .rows = 64,                                                                                     \
   .images = 64,                                                                                   \
   .channels = 1,                                                                                  \
   .side = 32,                                                                                     \
   .set = {"influence.test=0"}},                                                                   \
      {.name = "conv_vae " what,                                                                   \
       .rows = 64,                                                                                 \
       .images = 64,                                                                               \
       .channels = 3,                                                                              \
       .side = 32,                                                                                 \
       .set = {"model.kind=conv_vae", "model.latent=32", "model.likelihood=gaussian_constant",     \
               "data.transform=logit", "influence.test=0"}},                                       \
  {                                                                                                \
    .name = NULL                                                                                   \
  }

#endif
