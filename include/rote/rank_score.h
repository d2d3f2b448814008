/* Leave-out statistics of any measure of how well a model knows an image, larger for better: log p,
 * or the PSNR at which an autoencoder gives the image back. And quantiles.
 *
 * Letters: N images, K folds, R repeats. Model (r, k) of repeat r was trained without fold k. */
#ifndef ROTE_RANK_SCORE_H
#define ROTE_RANK_SCORE_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

/* Who was left out where, and what it is compared with. */
typedef struct {
  size_t repeats, folds, images; /* R, K, N */
  /* m: models of a repeat trained with an image that it has values of, beside the one without; 0:
   * all K - 1. Which they are must not depend on the values. */
  size_t held_in;
  const uint16_t *fold; /* [R, N] fold in which the image is held out; borrowed */
} rote_design;

/** m, at least 1 and at most K - 1. */
size_t rote_design_held_in(const rote_design *design);

/* Every array [N]; owned by whoever allocated it, rote_rank_score_create() or the caller. */
typedef struct {
  size_t count;            /* N */
  double *mean_difference; /* mean over the models trained with the image minus mean over those
                              without; unbiased under the null, in the unit of the measure */
  double *standard_error;  /* delete-one-repeat jackknife of mean_difference; NaN when R = 1 */
  double *p_value;         /* exact rank test (derived) */
  double *q_value;         /* Benjamini and Hochberg 1995 over the N images */
  uint8_t *significant;    /* 1 where q_value <= 0.05 */
} rote_rank_score;

rote_status rote_rank_score_create(size_t count, rote_rank_score **score);
void rote_rank_score_destroy(rote_rank_score **score);

/** Compute every field.
 *
 * NaN is a model that is missing or was not asked: means run over the models that are there; an
 * image whose models are all missing on one side gets NaN and p = q = 1, and a repeat that has no
 * value of the model without the image or fewer than m of the others is left out of the rank test
 * and the jackknife of that image. The test has m + 1 ranks: under the null the model without the
 * image is any of the m + 1 (derived).
 * @param[in]  value [R, K, N]; borrowed
 * @param[out] score count must be N
 * @return ROTE_OK; ROTE_NOMEM; ROTE_INTERNAL if K < 2, R < 1, m >= K or the counts differ */
rote_status rote_rank_score_compute(const rote_design *design, const float *value,
                                    rote_rank_score *score);

/** The same from double precision. */
rote_status rote_rank_score_compute_double(const rote_design *design, const double *value,
                                           rote_rank_score *score);

/** P(sum of R independent uniforms on 1..K >= s) for s = 0..R K + 1, by exact convolution.
 * @param[out] tail  [R K + 2] */
rote_status rote_rank_sum_tail(size_t repeats, size_t folds, double *tail);

/** Benjamini-Hochberg adjusted p-values. @param[in] p [n] @param[out] q [n], may not overlap p */
rote_status rote_q_values(size_t n, const double *p, double *q);

/** Linear-interpolation quantile (NumPy's default) of the finite entries; NaN if there are none. */
rote_status rote_quantile(size_t n, const double *x, double probability, double *out);

#endif
