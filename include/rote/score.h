/* The leave-out memorization score and its statistics.
 *
 * Letters: N images, K folds, R repeats. Model (r, k) of repeat r was trained without fold k. */
#ifndef ROTE_SCORE_H
#define ROTE_SCORE_H

#include "rote/rank_score.h"
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
 * Models with a NaN log likelihood (a diverged training, or one that was not asked) are not there:
 * u, v and means run over those that are; an image whose models are all missing on one side gets
 * NaN in every field and p = q = 1; rote_rank_score_compute() says which repeats are tested.
 * @param[in]  log_px  [R, K, N] nats; borrowed
 * @param[out] score   count must be N
 * @return ROTE_OK; ROTE_NOMEM; ROTE_INTERNAL as rote_rank_score_compute() */
rote_status rote_score_compute(const rote_design *design, const float *log_px, rote_score *score);

/** The same from double precision, for likelihoods that were not stored as a study stores them. */
rote_status rote_score_compute_double(const rote_design *design, const double *log_px,
                                      rote_score *score);

#endif
