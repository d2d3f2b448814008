/* The k closest of many images to each of some others, exactly.
 *
 * Products of integers say which images can be among the closest (rote/screen.h); their squared
 * distances
 *   sum over d of (x_d - y_d)^2
 * are then computed in double, in one order, and decide; those of whole numbers are known exactly
 * from the products. So the result is that of all distances in double: it does not depend on
 * instruction set, blocks or how
 * the work is cut. Ties go to the smaller index. Distances between images of whole numbers are
 * exact.
 *
 * Letters: D numbers of an image, M images that are asked about, N others, k. */
#ifndef ROTE_CLOSEST_H
#define ROTE_CLOSEST_H

#include "rote/kernels.h"
#include "rote/status.h"

#define ROTE_CLOSEST_BATCH 960 /* images that are asked about at once */
#define ROTE_CLOSEST_NONE UINT32_MAX

/* Where the others come from: several hundred at a time. */
typedef struct {
  size_t count; /* N, below 2^32 - 1 */
  /* images first .. first + n - 1 @param[out] y [n, D] */
  void (*load)(const void *context, size_t first, size_t n, float *y);
  const void *context;
} rote_closest_source;

typedef struct {
  double square; /* INFINITY: there are not so many */
  uint32_t index;
} rote_closest_one;

typedef struct {
  const float *x; /* [M, D], M at most ROTE_CLOSEST_BATCH; an image with a NaN has nobody close */
  size_t count;   /* M */
  size_t k;
  const uint32_t *self;           /* [M] others that do not count; NULL: all do */
  bool (*abandon)(void *context); /* asked between blocks: give up? NULL: never */
  void *context;
} rote_closest_search;

typedef struct rote_closest rote_closest;

/** Room for searches among images of D numbers. */
rote_status rote_closest_create(size_t numbers, rote_closest **closest);
void rote_closest_destroy(rote_closest **closest);

/** @param[out] found [M, k], closest first @return ROTE_OK; ROTE_STOPPED if given up */
rote_status rote_closest_find(rote_closest *closest, const rote_closest_search *search,
                              const rote_closest_source *source, rote_closest_one *found);

/** The squared distance that decides. */
double rote_closest_square(size_t numbers, const float *x, const float *y);

#endif
