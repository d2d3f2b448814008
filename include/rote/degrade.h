/* Degradations: what is left of an image before somebody tries to recover it.
 *
 * y = h x + noise where the mask h is 1, a filling where it is 0. Letters: C channels, P = H W
 * pixels of a channel, D = C P numbers of an image. */
#ifndef ROTE_DEGRADE_H
#define ROTE_DEGRADE_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

typedef enum {
  ROTE_MISSING_PIXELS, /* single pixels at random */
  ROTE_MISSING_BLOCKS, /* squares at random places, which may overlap */
} rote_missing_shape;

/* What a missing pixel shows. */
typedef enum {
  ROTE_FILL_ZERO,
  ROTE_FILL_NOISE, /* uniform in [0, 1), drawn for every number */
  ROTE_FILL_MEAN,  /* mean of what is left of the channel, noise included */
} rote_fill;

typedef struct {
  int shape;      /* rote_missing_shape */
  int fill;       /* rote_fill */
  double missing; /* share of the pixels, in [0, 1) */
  size_t blocks;  /* squares that would do without overlap, at least 1; for blocks alone */
  double noise;   /* standard deviation of the Gaussian noise on what is left, in units of [0, 1];
                     the sum is not clipped */
} rote_degradation;

/** @return ROTE_OK; ROTE_DATA naming what is out of range: missing outside [0, 1), noise negative
 * or not finite, no blocks, an unknown shape or fill */
rote_status rote_degradation_check(const rote_degradation *degradation);

/* Whose random numbers: the same image gets the same degradation for every model of a study, so
 * that models differ by their training alone. */
typedef struct {
  uint64_t seed;  /* of the study */
  uint32_t set;   /* 0: training set; 1: control images, which are numbered apart */
  uint32_t image; /* its number in the set */
} rote_degrade_draw;

/* Room to draw a mask in. */
typedef struct {
  uint32_t *order; /* [P] */
  float *number;   /* [D] */
} rote_degrade_room;

rote_status rote_degrade_room_create(size_t pixels, size_t numbers, rote_degrade_room *room);
void rote_degrade_room_clear(rote_degrade_room *room);

/** Degrade one image. A function of its arguments alone.
 *
 * ROTE_MISSING_PIXELS: exactly round(missing P) pixels, at most P - 1, are missing, a uniform draw
 * from all such masks. ROTE_MISSING_BLOCKS: squares whose side is the nearest whole number to
 * sqrt(missing P / blocks), at least 1 and at most the smaller side of the image, each uniform over
 * the places where it fits; they may overlap, and are drawn until one more would not bring the
 * number of missing pixels nearer to the share (or, for shares near 1, after 100 times as many as
 * cover the image). If they cover it wholly, its last pixel is left.
 * @param[in]  image    [C, H, W] in [0, 1]
 * @param[out] mask     [P] 1 where the pixel is left, shared by the channels
 * @param[out] degraded [C, H, W]
 * @param[out] shown    [C] what a missing pixel of the channel shows: 0, 1/2 (the mean of the
 * noise), or the mean that was filled in. Known to whoever sees such images; it says nothing about
 * where pixels are missing. */
void rote_degrade(const rote_degradation *degradation, size_t channels, size_t height, size_t width,
                  rote_degrade_draw draw, const float *image, rote_degrade_room *room,
                  uint8_t *mask, float *degraded, float *shown);

#endif
