#include "rote/spearman.h"

#include "rote/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
  double value;
  size_t place;
} ranked;

static int compare(const void *a, const void *b)
{
  const ranked *x = a, *y = b;
  return (x->value > y->value) - (x->value < y->value);
}

/* Ranks from 1, those of equal values are their mean. @param[in,out] sorted  [n] in any order */
static void rank(size_t n, ranked *sorted, double *ranks)
{
  qsort(sorted, n, sizeof *sorted, compare);
  for (size_t i = 0, end = 0; i < n; i = end) {
    while (end < n && sorted[end].value == sorted[i].value) {
      end++;
    }
    for (size_t j = i; j < end; j++) {
      ranks[sorted[j].place] = (double)(i + 1 + end) / 2;
    }
  }
}

/* Of ranks, whose mean is (n + 1) / 2. */
static double correlation(size_t n, const double *x, const double *y)
{
  const double mean = (double)(n + 1) / 2;
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < n; i++) {
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
    xy += (x[i] - mean) * (y[i] - mean);
  }
  return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

rote_status rote_spearman(size_t n, const double *x, const double *y, double *rho)
{
  rote_status status = ROTE_OK;
  ranked *sorted = NULL;
  double *rank_x = NULL, *rank_y = NULL;
  const double *const side[] = {x, y};
  size_t count = 0;
  *rho = (double)NAN;
  ROTE_TRY(rote_alloc(n, sizeof *sorted, &sorted));
  ROTE_TRY(rote_alloc(n, sizeof *rank_x, &rank_x));
  ROTE_TRY(rote_alloc(n, sizeof *rank_y, &rank_y));
  for (size_t s = 0; s < 2; s++) {
    count = 0;
    for (size_t i = 0; i < n; i++) {
      if (!isnan(x[i]) && !isnan(y[i])) {
        sorted[count] = (ranked){.value = side[s][i], .place = count};
        count++;
      }
    }
    rank(count, sorted, s == 0 ? rank_x : rank_y);
  }
  if (count > 1) {
    *rho = correlation(count, rank_x, rank_y);
  }
done:
  rote_free(&sorted);
  rote_free(&rank_x);
  rote_free(&rank_y);
  return status;
}

/* of the standard normal distribution, at 0.975 */
#define QUANTILE 1.959963984540054

void rote_spearman_interval(size_t pairs, double rho, double *low, double *high)
{
  *low = *high = (double)NAN;
  if (pairs > 3) {
    const double wide = QUANTILE * sqrt((1 + rho * rho / 2) / (double)(pairs - 3));
    *low = tanh(atanh(rho) - wide);
    *high = tanh(atanh(rho) + wide);
  }
}
