/* What a variant's leave-out models say of all images, and after the last epoch the score of it:
 * for measures that stand on the score.
 *
 * Letters: N images, K folds, R repeats. */
#ifndef ROTE_SCORE_LAST_H
#define ROTE_SCORE_LAST_H

#include "rote/measure.h"
#include "rote/score.h"

/* The measure itself. */
extern const rote_measure rote_measure_score;

/** After the v-th evaluated epoch. @param[in] pieces  of the score, of a variant with folds
 * @param[out] log_px  [R, K, N] nats; NaN: the model is missing, or was not asked
 * @return as rote_pieces_read() */
rote_status rote_score_log_px_read(const rote_pieces *pieces, size_t v, float *log_px);

typedef struct {
  size_t images;
  float *log_px; /* [R, K, N] nats; NaN: the model is missing, or was not asked */
  rote_score *score;
} rote_score_last;

/** @param[in] pieces  of the score, of a variant with folds
 * @return ROTE_OK; ROTE_NOMEM; as rote_pieces_read() */
rote_status rote_score_last_read(const rote_pieces *pieces, rote_score_last **last);
void rote_score_last_destroy(rote_score_last **last);

#endif
