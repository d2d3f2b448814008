/* Random numbers that are pure functions of what they are for.
 *
 * Generator: Philox4x32-10 (Salmon et al., SC 2011, from Random123). The 64-bit key is the study's
 * seed; the 128-bit counter is block (32 bits), item (32), unit (32), epoch (24) and purpose (8),
 * so that two draws for different ends can never share a counter. Nothing depends on rank, order of
 * work or time. */
#ifndef ROTE_RANDOM_H
#define ROTE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  ROTE_PURPOSE_FOLD = 1,          /* item: repeat */
  ROTE_PURPOSE_WEIGHTS = 2,       /* item: parameter array */
  ROTE_PURPOSE_SHUFFLE = 3,       /* per unit and epoch */
  ROTE_PURPOSE_TRAIN_DATA = 4,    /* binarization or dequantization; item: image */
  ROTE_PURPOSE_TRAIN_LATENT = 5,  /* item: image */
  ROTE_PURPOSE_FLIP = 6,          /* item: batch */
  ROTE_PURPOSE_EVALUATE_DATA = 7, /* item: image */
  ROTE_PURPOSE_EVALUATE_LATENT = 8,
  ROTE_PURPOSE_HELD_OUT_DATA = 9, /* held-out loss after each epoch; item: image */
  ROTE_PURPOSE_HELD_OUT_LATENT = 10,
  ROTE_PURPOSE_TEST_DATA = 11, /* the same for the test images of full models */
  ROTE_PURPOSE_TEST_LATENT = 12,
  ROTE_PURPOSE_REDRAW =
      13, /* fresh fold assignments for checks of the null; item: redraw, repeat */
  ROTE_PURPOSE_RECOVERY_MASK =
      14, /* missing pixels; unit: 0 training set, 1 control; item: image */
  ROTE_PURPOSE_RECOVERY_NOISE = 15, /* on what is left; the same */
  ROTE_PURPOSE_RECOVERY_FILL = 16,  /* in place of what is missing; the same */
  ROTE_PURPOSE_ATTRACTOR = 17,      /* first vector of power iterations; item: 0 */
  ROTE_PURPOSE_HELD_IN = 18,        /* models that evaluate an image; unit: repeat; item: image */
  ROTE_PURPOSE_ANNEALING = 19,      /* starts and momenta; item: image; epoch: number of the move */
  ROTE_PURPOSE_ANNEALING_ACCEPT = 20, /* the same */
  ROTE_PURPOSE_AUDIT = 21,            /* models under which an image is looked at; item: image */
  ROTE_PURPOSE_DENSITY = 22,          /* images that mixtures begin around; item: 0 */
  ROTE_PURPOSE_MODEL_SAMPLE = 23,     /* latents of samples of a model; item: sample */
  ROTE_PURPOSE_NEIGHBOURS_CELLS = 24, /* images that cells begin around; item: set, round */
  ROTE_PURPOSE_NEIGHBOURS_POOL = 25,  /* images that relabelling is about; item: 0 */
  ROTE_PURPOSE_RELABEL = 26,          /* which are called training images; item: permutation */
  ROTE_PURPOSE_INFLUENCE_DATA = 27,   /* unit: 0 training set, 1 test set, 2 samples; item: image */
  ROTE_PURPOSE_INFLUENCE_LATENT = 28, /* the same */
  ROTE_PURPOSE_PLANT = 29,            /* item: 0 places of plants, 1 images of the foreign file */
  ROTE_PURPOSE_PLANT_NOISE = 30,      /* item: image */
  ROTE_PURPOSE_PROJECTION = 31,       /* of gradients; item: layer and side */
} rote_purpose;

typedef struct {
  uint64_t seed;
  uint32_t unit;  /* rote_unit_number(), or 0 where the draw does not depend on the model */
  uint32_t epoch; /* below 2^24 */
  rote_purpose purpose;
} rote_stream;

/** `n` 32-bit words of (stream, item). Words 64 g + 16 c + l (c < 4, l < 16) are component c of
 * block 16 g + l: groups of 64 words suit vector registers. */
void rote_random_words(rote_stream stream, uint32_t item, size_t n, uint32_t *out);

/** `n` standard normal numbers, by Box and Muller from the words of the same group; largest |z|
 * is 5.9. */
void rote_random_normal(rote_stream stream, uint32_t item, size_t n, float *out);

/** `n` uniform numbers in [0, 1), multiples of 2^-24. */
void rote_random_uniform(rote_stream stream, uint32_t item, size_t n, float *out);

/** Binarize pixels: out[i] = 1 with probability level[i]/255 (to within 2^-17), else 0.
 * Level 0 is never and level 255 always 1. */
void rote_random_bernoulli(rote_stream stream, uint32_t item, size_t n, const uint8_t *level,
                           float *out);

/** A uniform random permutation of 0..n-1 (Fisher and Yates with 64-bit draws).
 * @param[out] out  [n] */
void rote_random_permutation(rote_stream stream, uint32_t item, uint32_t n, uint32_t *out);

#endif
