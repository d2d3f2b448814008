/* Numbers of many images as bars. */
#ifndef ROTE_HISTOGRAM_H
#define ROTE_HISTOGRAM_H

#include "rote/page.h"

/* Bars of equal width over [low, high]; a number at `high` is in the last one. */
typedef struct {
  size_t bars;
  double low, high;
} rote_histogram;

/** Over the finite ones of x [n]; of a width above 0 also if all are equal, or none is there. */
rote_histogram rote_histogram_over(size_t n, const double *x, size_t bars);

/** How many of x [n] are in each bar; those outside and NaN are in none. @param[out] count [bars]
 */
void rote_histogram_count(const rote_histogram *histogram, size_t n, const double *x,
                          double *count);

/** A series of the figure that was begun last: the counts as bars, or as a line through or points
 * at their middles. Bars and points at 0 are left out. @param[in] count [bars] */
void rote_histogram_show(rote_page *page, const rote_histogram *histogram, rote_series_style style,
                         const char *name, const double *count);

#endif
