/* Images as points: in their leading principal components, as their pixels in [0,1], or by their
 * latent means. */
#ifndef ROTE_DENSITY_POINTS_H
#define ROTE_DENSITY_POINTS_H

#include "rote/distance.h"
#include "rote/measure.h"

/* Rows of distances that are computed together. */
#define ROTE_DENSITY_BATCH ((size_t)16)

typedef struct {
  size_t n, tests, dims;  /* N, Z, d */
  double variance, share; /* of all dimensions; share of the images' variance that they hold */
  /* Components, or latent means. */
  double *point;   /* [N + Z, d], test images last; NULL of pixels */
  double *columns; /* [d, N] */
  /* Pixels, whose squared distances are exact. Borrowed. */
  const uint8_t *train, *test; /* [N, D], [Z, D] */
  rote_distance *distance;
  uint64_t *whole; /* [B, N], at least [Z], in grey levels */
} rote_density_points;

/** d for this many images. */
size_t rote_density_dims(const rote_options *options, const rote_data_info *info, size_t images);

/** Bytes that points of this many images take, and a batch of their distances. */
double rote_density_points_bytes(const rote_options *options, const rote_data_info *info,
                                 size_t images);

/** @param[in] latent  [N + Z, d] the points, test images last, where they are latent means; copied.
 * Else NULL */
rote_status rote_density_points_create(const rote_subject_setting *setting, const double *latent,
                                       rote_density_points **points);
void rote_density_points_destroy(rote_density_points **points);

/** Squared distances of images [first, first + count), of which those from N on are test images, to
 * the N images. Copies are at 0 of each other. @param count at most B, and all of one set
 * @param[out] square [count, N] */
void rote_density_squares(const rote_density_points *points, size_t first, size_t count,
                          double *square);

/** Squared distances of image i of the N to the Z test images. @param[out] square [Z] */
void rote_density_test_squares(const rote_density_points *points, size_t i, double *square);

#endif
