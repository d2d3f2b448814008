/* How well a score tells some images from others: the area under its ROC curve. */
#ifndef ROTE_ROC_INTERVAL_H
#define ROTE_ROC_INTERVAL_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

/* What an image is to the curve. */
enum { ROTE_ROC_APART, ROTE_ROC_OTHER, ROTE_ROC_WANTED };

typedef struct {
  double area;      /* mean over the wanted images of the share of others below them; 0.5: chance */
  double error;     /* its standard error; NaN with fewer than two groups or two others */
  double low, high; /* 95 % interval; NaN where the error is */
} rote_roc_interval;

/** Area under the ROC curve of a score that is to be higher for wanted images than for others: the
 * probability that a wanted image has the higher one, ties counting half (Mann and Whitney 1947;
 * Hanley and McNeil 1982). An image whose score is NaN is left apart.
 *
 * The standard error is that of DeLong, DeLong and Clarke-Pearson 1988 with wanted images in groups
 * whose members say the same (copies of one image): Obuchowski 1997. With groups of one it is
 * DeLong's. The interval is Wilson's (1927) for so many independent trials as have this standard
 * error, area (1 - area) / error^2, with Student's quantile for the groups or the others, whichever
 * are fewer, less one (derived): it stays within 0 and 1. Where every wanted image is above every
 * other, or below, the error tells nothing, and the trials are as many as these fewer: wide, but
 * right for any distribution.
 *
 * @param[in]  score  [n]
 * @param[in]  is     [n] ROTE_ROC_WANTED, ...
 * @param[in]  group  [n] below n; only of wanted images
 * @param[out] roc    all NaN without wanted images or without others
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_roc_interval_find(size_t n, const double *score, const uint8_t *is,
                                   const uint32_t *group, rote_roc_interval *roc);

#endif
