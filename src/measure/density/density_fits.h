/* What a worker knows of the densities before it looks at single images. The same on all. */
#ifndef ROTE_DENSITY_FITS_H
#define ROTE_DENSITY_FITS_H

#include "density_points.h"
#include "rote/density.h"

typedef struct {
  const rote_subject_setting *setting;
  const rote_density_points *points;
  rote_density_folds folds;
  size_t *left; /* [R, K] of those */
  double bandwidth;
  rote_knn_search *search;
  double *square; /* [B, N] */
  /* Of the test images. */
  rote_knn *knn;     /* [Z] */
  rote_kde *kde;     /* [Z] */
  double *gmm_log_p; /* [Z] */
  double *at;        /* [Z, rounds, G, d + 2] of the slope */
  /* Mixtures; NULL of pixels. */
  rote_gmm_task task;
  double *start, *room;  /* [N, G] */
  uint32_t *begins;      /* [N] the Gaussian that all of the image is of at first */
  rote_gmm *gmm, *refit; /* of all images; room for one without some */
  rote_gmm **left_out;   /* [R K] */
  rote_gmm_slope *slope; /* NULL where all images have refits */
  size_t refit_every;    /* 1: the mixture is fitted without each image, in turn; 0: without none */
} rote_density_fits;

/** @return ROTE_OK; ROTE_STOPPED; ROTE_NOMEM */
rote_status rote_density_fits_create(const rote_subject_setting *setting,
                                     const rote_density_points *points, rote_density_fits **fits);
void rote_density_fits_destroy(rote_density_fits **fits);

/** rounds G (d + 2), 0 without a slope. */
size_t rote_density_slopes(const rote_density_fits *fits);

/** Bytes that it takes, with a batch of slopes, for Z test images. */
double rote_density_fits_bytes(const rote_options *options, size_t images, size_t dims,
                               size_t tests);

#endif
