/* Leading principal components of a set of images, in double, by LAPACK on one rank.
 *
 * Letters: N images, D pixels of an image in [0,1], p components. */
#ifndef ROTE_COMPONENTS_H
#define ROTE_COMPONENTS_H

#include "rote/images.h"

/* Pixels that one rank takes; its two matrices are 268 MB then. */
#define ROTE_COMPONENTS_PIXELS_MAX ((size_t)4096)

typedef struct {
  size_t pixels, count; /* D, p */
  double *mean;         /* [D] */
  double *axis;         /* [p, D] orthonormal, the entry that is largest in size is positive */
  double *eigenvalue;   /* [p] variances along the axes (over N), largest first */
  double variance;      /* of all pixels together */
} rote_components;

/** The `count` components that hold most variance. The covariance comes from exact sums of integers
 * (rote/gram.h); the bits depend on the BLAS core alone.
 * @param[in] images  borrowed for the call; at least 2
 * @return ROTE_OK; ROTE_DATA if there are more components asked for than pixels or than images less
 * one, or more than ROTE_COMPONENTS_PIXELS_MAX pixels; ROTE_INTERNAL if LAPACK fails; ROTE_NOMEM */
rote_status rote_components_create(const rote_image_set *images, size_t pixels, size_t count,
                                   rote_components **out);

void rote_components_destroy(rote_components **components);

/** Share of the variance that the components hold; 1 if there is none. */
double rote_components_share(const rote_components *components);

/** Images in the coordinates of the components. A row's bits do not depend on how many images go
 * with it.
 * @param[in] image [n, D] @param[out] score [n, p]
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_components_project(const rote_components *components, const uint8_t *image,
                                    size_t n, double *score);

#endif
