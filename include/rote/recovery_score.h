/* What recovery says about memorization: rates with exact p-values. The leave-out score of
 * recovery is rote_rank_score_compute() (rote/rank_score.h) on the PSNR of the blind method. */
#ifndef ROTE_RECOVERY_SCORE_H
#define ROTE_RECOVERY_SCORE_H

#include "rote/inverse.h"

#include <stdint.h>

/** McNemar's exact test, two-sided: of n = first + second pairs of which one member alone
 * succeeded, `first` were the first member. p = P(a fair coin is at least as unequal in n throws);
 * 1 for n = 0. */
double rote_mcnemar_p(size_t first, size_t second);

/** Fisher's exact test, two-sided, of a of n successes against b of m in independent groups: the
 * probability, with the total of successes given, of all tables that are no more probable than
 * this one. 1 if n or m is 0.
 *
 * Of both tests: what is below the smallest normal number is given as that. */
double rote_fisher_p(size_t a, size_t n, size_t b, size_t m);

/* How often images were recovered. Training images are those the models were trained on; control
 * images are others, so the two groups are independent: Fisher's test. Methods work on the same
 * images: McNemar's. A recovery at which training images do not beat control images is inpainting,
 * not memorization. */
typedef struct {
  size_t trained, controls;                     /* images of either group */
  size_t recovered_trained[ROTE_INVERSE_COUNT]; /* how many of them were recovered */
  size_t recovered_control[ROTE_INVERSE_COUNT];
  double rate_trained[ROTE_INVERSE_COUNT]; /* shares; NaN without images or without the method */
  double rate_control[ROTE_INVERSE_COUNT];
  double p_against_control[ROTE_INVERSE_COUNT]; /* Fisher; NaN without the method */
  /* McNemar over the training images, method a against method b; NaN if either is missing */
  double p_between[ROTE_INVERSE_COUNT][ROTE_INVERSE_COUNT];
} rote_recovery_rates;

/** @param[in] trained    [count] 1: training image, 0: control image
 * @param[in] recovered  by method [count]; NULL for a method that was not used */
void rote_recovery_rates_compute(size_t count, const uint8_t *trained,
                                 const uint8_t *const recovered[ROTE_INVERSE_COUNT],
                                 rote_recovery_rates *rates);

#endif
