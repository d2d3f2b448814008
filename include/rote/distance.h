/* Exact squared Euclidean distances between images of bytes, and the nearest image to each:
 *
 *   sum over d of (x_d - y_d)^2 = |x|^2 + |y|^2 - 2 x.y
 *
 * in integers, so that the result is the same on every instruction set and in every division of
 * the work.
 *
 * Letters: D pixels of an image, 0..255; M, N images, read as they lie in rote_image_set.pixel.
 *
 * Range: sums of 32 bits hold ROTE_DISTANCE_CHUNK pixels, as 65536 255^2 < 2^32. Longer images are
 * worked on chunk by chunk and added up in 64 bits. */
#ifndef ROTE_DISTANCE_H
#define ROTE_DISTANCE_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROTE_DISTANCE_CHUNK ((size_t)65536)
#define ROTE_DISTANCE_PIXELS_MAX ((size_t)4194304) /* largest distance: 2.8e11 */

/* Buffers for one worker: blocks of images on their way through the caches. Between 1.5 and 4 MB,
 * whatever the number of images (rote_distance_bytes). */
typedef struct rote_distance rote_distance;

/** Bytes that a rote_distance for images of `pixels` takes. */
size_t rote_distance_bytes(size_t pixels);

/** Get ready for images of `pixels` = D bytes.
 * @return ROTE_OK; ROTE_DATA unless 0 < D <= ROTE_DISTANCE_PIXELS_MAX; ROTE_NOMEM */
rote_status rote_distance_create(size_t pixels, rote_distance **out);

/** Accepts the address of NULL. */
void rote_distance_destroy(rote_distance **distance);

/** Instructions in use: "base", "avx2", "avx512bw" or "avx512vnni". */
const char *rote_distance_instructions(const rote_distance *distance);

/** Squared distances of M images to N images.
 * @param[in]  x       [M, D]
 * @param[in]  y       [N, D]; may be x
 * @param[out] square  [M, ld], N numbers of each row written */
void rote_distance_block(rote_distance *distance, size_t m, const uint8_t *x, size_t n,
                         const uint8_t *y, uint64_t *square, size_t ld);

/* What to look for, and where. */
typedef struct {
  const uint8_t *image; /* [M, D]; borrowed */
  size_t first, count;  /* the rows of `image` that are asked about */
  /* [N, D]; borrowed. If it is `image` itself, an image is not among its own neighbours. */
  const uint8_t *other;
  size_t others;  /* N */
  uint64_t bound; /* squared distance up to which, inclusive, an image counts as near */
  /* OPTIONAL; asked every few milliseconds: must the work stop? */
  bool (*stop)(void *context);
  void *context;
} rote_nearest_search;

/* An image's neighbours; the smallest index wins a tie. */
typedef struct {
  uint64_t square;   /* smallest squared distance; UINT64_MAX if there is no other image */
  size_t nearest;    /* its index in `other`; SIZE_MAX if there is none */
  size_t copies;     /* other images at distance 0 */
  size_t first_copy; /* the smallest index of these; SIZE_MAX if there is none */
  size_t within;     /* other images with a squared distance of at most `bound` */
} rote_neighbours;

/** Search all N images for the neighbours of `count` images. Several hundred images at a time keep
 * the cost of bringing the others into order small.
 * @param[out] found  [count]; without meaning if stopped
 * @return ROTE_OK; ROTE_STOPPED if `stop` asked for it */
rote_status rote_nearest(rote_distance *distance, const rote_nearest_search *search,
                         rote_neighbours *found);

/* A few images of a set, chosen by a list, that are compared with each other. */
typedef struct {
  const uint8_t *image;        /* [.., D]; borrowed */
  const uint32_t *candidate;   /* [N] indices into `image`, in any order, each once; borrowed */
  size_t candidates;           /* N */
  size_t first, count;         /* the entries of the list that are asked about */
  uint64_t bound;              /* squared distance, inclusive */
  bool (*stop)(void *context); /* as in rote_nearest_search */
  void *context;
} rote_candidate_search;

/** How many other entries of the list are near to each of `count` entries.
 * @param[out] within  [count]; without meaning if stopped
 * @return ROTE_OK; ROTE_STOPPED if `stop` asked for it */
rote_status rote_count_near(rote_distance *distance, const rote_candidate_search *search,
                            size_t *within);

#endif
