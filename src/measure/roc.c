#include "rote/roc.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

void rote_roc_sort(size_t n, double *x)
{
  if (n > 1) {
    qsort(x, n, sizeof *x, compare);
  }
}

size_t rote_roc_count(size_t n, const double *sorted, double value, bool equal)
{
  size_t low = 0, high = n; /* those before `low` count, those from `high` on do not */
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (sorted[middle] < value || (equal && sorted[middle] == value)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

double rote_roc_area(size_t positives, const double *positive, size_t negatives,
                     const double *negative)
{
  uint64_t halves = 0; /* pairs, won ones twice: exact in any order */
  for (size_t i = 0; i < positives; i++) {
    const size_t lower = rote_roc_count(negatives, negative, positive[i], false);
    const bool tie = lower < negatives && negative[lower] == positive[i];
    halves += lower + (tie ? rote_roc_count(negatives, negative, positive[i], true) : lower);
  }
  const double pairs = (double)positives * (double)negatives;
  return pairs > 0 ? (double)halves / 2 / pairs : (double)NAN;
}

double rote_roc_threshold(size_t negatives, const double *negative, size_t per)
{
  return negatives > 0 ? negative[negatives - 1 - negatives / per] : (double)NAN;
}

double rote_roc_true_positives(size_t positives, const double *positive, double threshold)
{
  size_t above = 0;
  for (size_t i = 0; i < positives; i++) {
    above += positive[i] > threshold;
  }
  return positives > 0 && !isnan(threshold) ? (double)above / (double)positives : (double)NAN;
}
