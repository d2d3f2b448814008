#include "rote/pareto.h"

#include <math.h>
#include <stdlib.h>

/* The prior is as strong as so many excesses with k = 1/2. */
#define PRIOR_EXCESSES 10.0

/* Of Zhang and Stephens: theta is looked for up to this many times the first quartile. */
#define QUARTILES 3.0

/* Mean of log(1 - theta x): -k in terms of theta = -k / sigma. */
static double mean_log(size_t n, const double *x, double theta)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += log1p(-theta * x[i]);
  }
  return sum / (double)n;
}

/* The first quartile, or where that is 0 the smallest excess above it: there is one. */
static double first_quartile(size_t n, const double *x)
{
  size_t i = (size_t)((double)n / 4 + 0.5) - 1;
  while (x[i] <= 0) {
    i++;
  }
  return x[i];
}

/* The j-th of m points of theta, j from 0. */
static double point(size_t n, const double *x, double quartile, size_t m, size_t j)
{
  return 1 / x[n - 1] + (1 - sqrt((double)m / ((double)j + 0.5))) / (QUARTILES * quartile);
}

/* Profile likelihood of theta: n (log(-theta / k) - k - 1) with k = mean_log(theta). */
static double profile(size_t n, const double *x, double theta)
{
  const double k = mean_log(n, x, theta);
  return (double)n * (log(-theta / k) - k - 1);
}

/* theta is the mean of m = 30 + sqrt n points, weighted by their profile likelihoods; then k =
 * mean_log(theta). */
double rote_pareto_shape(size_t n, const double *x)
{
  const size_t m = 30 + (size_t)sqrt((double)n);
  double largest = -INFINITY, sum = 0, theta = 0;
  if (x[n - 1] <= 0) {
    return 0;
  }
  const double quartile = first_quartile(n, x);
  for (size_t j = 0; j < m; j++) {
    const double l = profile(n, x, point(n, x, quartile, m, j));
    largest = l > largest ? l : largest;
  }
  for (size_t j = 0; j < m; j++) {
    const double at = point(n, x, quartile, m, j), weight = exp(profile(n, x, at) - largest);
    theta += weight * at;
    sum += weight;
  }
  const double k = mean_log(n, x, theta / sum), all = (double)n + PRIOR_EXCESSES;
  return (k * (double)n + PRIOR_EXCESSES / 2) / all;
}

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double rote_pareto_k(size_t samples, const double *log_weight, double *room)
{
  const double share = 0.2 * (double)samples, root = 3 * sqrt((double)samples);
  const size_t n = (size_t)ceil(share < root ? share : root);
  double largest = log_weight[0];
  for (size_t s = 0; s < samples; s++) {
    largest = log_weight[s] > largest ? log_weight[s] : largest;
    room[s] = log_weight[s];
    if (isnan(log_weight[s])) {
      return (double)NAN;
    }
  }
  qsort(room, samples, sizeof *room, ascending);
  double *tail = room + samples - n;
  const double threshold = exp(room[samples - n - 1] - largest);
  for (size_t i = 0; i < n; i++) {
    tail[i] = exp(tail[i] - largest) - threshold;
  }
  return rote_pareto_shape(n, tail);
}
