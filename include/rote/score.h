/* The leave-out memorization score and its statistics.
 *
 * Letters: N images, K folds, R repeats. Model (r, k) of repeat r was trained without fold k. */
#ifndef ROTE_SCORE_H
#define ROTE_SCORE_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

/* Every array [N]; owned by whoever allocated it, rote_score_create() or the caller. */
typedef struct {
  size_t count;       /* N */
  double *u;          /* nats: log of the mean likelihood under the models trained with the image */
  double *v;          /* nats: the same under the models trained without it */
  double *m;          /* nats: u - v, the score of van den Burg and Williams, eq. 4 */
  double *m_mean_log; /* nats: mean log p with minus mean log p without; unbiased under the null
                         (derived) */
  double *standard_error; /* nats: delete-one-repeat jackknife of m_mean_log; NaN when R = 1 */
  double *p_value;        /* exact rank test (derived) */
  double *q_value;        /* Benjamini and Hochberg 1995 over the N images */
  uint8_t *significant;   /* 1 where q_value <= 0.05 */
} rote_score;

rote_status rote_score_create(size_t count, rote_score **score);
void rote_score_destroy(rote_score **score);

/** Compute every field of the score.
 *
 * Models with a NaN log likelihood (a diverged training) count as missing: u, v and means run over
 * the models that are there; an image whose models are all missing on one side gets NaN in every
 * field and p = q = 1, and a repeat that misses any model is left out of the rank test and the
 * jackknife of that image.
 * @param[in]  log_px  [R, K, N] nats; borrowed
 * @param[in]  fold    [R, N] fold in which the image is held out; borrowed
 * @param[out] score   count must be N
 * @return ROTE_OK; ROTE_NOMEM; ROTE_INTERNAL if K < 2, R < 1 or the counts differ */
rote_status rote_score_compute(size_t repeats, size_t folds, size_t images, const float *log_px,
                               const uint16_t *fold, rote_score *score);

/** The same from double precision, for likelihoods that were not stored as a study stores them. */
rote_status rote_score_compute_double(size_t repeats, size_t folds, size_t images,
                                      const double *log_px, const uint16_t *fold,
                                      rote_score *score);

#endif
