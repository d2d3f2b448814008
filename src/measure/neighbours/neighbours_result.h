/* What is known of one model's samples, on its way from rows to study.h5. Letters as in
 * neighbours_room.h; P cells, X listed pairs. */
#ifndef ROTE_NEIGHBOURS_RESULT_H
#define ROTE_NEIGHBOURS_RESULT_H

#include "neighbours_room.h"
#include "relabel.h"

typedef struct {
  size_t images, held_out, cells, pairs; /* N, S, P, X */
  /* of training images */
  uint32_t *nearest_held_out, *nearest_sample;         /* [N] */
  double *distance_held_out, *distance_sample, *ratio; /* [N] */
  /* of samples */
  uint32_t *sample_nearest, *sample_cell;                   /* [S] */
  double *sample_distance, *sample_neighbour, *sample_mean; /* [S] */
  uint8_t *authentic;                                       /* [S] */
  /* of held-out images */
  uint32_t *held_out_nearest, *held_out_cell; /* [S] */
  double *held_out_distance;                  /* [S] */
  /* of cells */
  double *z;                              /* [P] */
  uint32_t *cell_samples, *cell_held_out; /* [P] */
  /* closest pairs first */
  uint32_t *pair_sample, *pair_image; /* [X] */
  double *pair_distance, *pair_ratio; /* [X] */
  /* of the model, one number each, so that a table can tell where they are */
  double *copying, *authentic_share, *mean_ratio;
  double *value[ROTE_RELABEL_STATISTICS], *p[ROTE_RELABEL_STATISTICS];
  double number[3 + 2 * ROTE_RELABEL_STATISTICS]; /* these */
  bool missing;                                   /* the model diverged or was given up */
} rote_neighbours_result;

rote_status rote_neighbours_result_create(const rote_options *options, size_t images,
                                          size_t held_out, rote_neighbours_result **result);
void rote_neighbours_result_destroy(rote_neighbours_result **result);

/** The scales of the arrays below. */
rote_status rote_neighbours_put_scales(const rote_neighbours_result *result, size_t models,
                                       rote_sink *sink);

/** All arrays of a model. */
rote_status rote_neighbours_put(const rote_neighbours_result *result, size_t model,
                                rote_sink *sink);

/** Authentic: the nearest training image is nearer to another training image than to the sample
 * (255: not known); the share of those that are known. Needs distances and fills the rest. */
void rote_neighbours_authenticity(size_t samples, const double *distance, const double *neighbour,
                                  uint8_t *authentic, double *share);

/** The X samples with the smallest d / (mean / 2), the first of several; fewer if fewer are known.
 * With 0 / 0 = 0. @return ROTE_OK; ROTE_NOMEM */
rote_status rote_neighbours_extract(rote_neighbours_result *result);

#endif
