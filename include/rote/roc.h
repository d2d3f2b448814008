/* How well a score tells positives from negatives: the receiver operating characteristic.
 *
 * Letters: P positives, Q negatives. Larger scores speak for a positive; no score is NaN. */
#ifndef ROTE_ROC_H
#define ROTE_ROC_H

#include <stdbool.h>
#include <stddef.h>

/** Sort numbers, smallest first. No NaN. */
void rote_roc_sort(size_t n, double *x);

/** How many of sorted numbers are below `value`, or with `equal` at most `value`. */
size_t rote_roc_count(size_t n, const double *sorted, double value, bool equal);

/** Area under the curve: the share of the pairs in which the positive has the higher score, ties
 * counting half (Mann and Whitney 1947). NaN if there are no pairs.
 * @param[in] positive  [P] @param[in] negative  [Q] sorted */
double rote_roc_area(size_t positives, const double *positive, size_t negatives,
                     const double *negative);

/** The score that must be exceeded for at most one of `per` negatives to be taken for a positive:
 * with this threshold the number of false positives is at most Q / per, and any lower one that
 * takes another score makes it more. A score that many share is taken whole or not at all. With
 * fewer than `per` negatives there is no false positive. NaN without negatives, which nothing
 * exceeds.
 * @param[in] per  at least 2 @param[in] negative  [Q] sorted */
double rote_roc_threshold(size_t negatives, const double *negative, size_t per);

/** Share of the positives above a threshold; NaN if there are none of either. */
double rote_roc_true_positives(size_t positives, const double *positive, double threshold);

#endif
