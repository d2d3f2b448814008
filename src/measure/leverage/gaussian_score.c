#include "rote/gaussian_score.h"

#include <math.h>

#define LOG_2_PI 1.8378770664093454836

double rote_gaussian_leverage(double d2, size_t n)
{
  return (1 + d2) / (double)n;
}

double rote_gaussian_log_p(double d2, size_t p, double log_determinant)
{
  return -((double)p * LOG_2_PI + log_determinant + d2) / 2;
}

/* log(1 - d2 / (n - 1)): what the determinant loses beside its factor of scale. */
static double log_left(double d2, double others)
{
  return d2 < others ? log1p(-d2 / others) : -INFINITY;
}

/* Without x_i: m' - m = -(x_i - m) / (n - 1), S' = n / (n - 1) [S - (x_i - m)(x_i - m)^T / (n -
 * 1)], so by the matrix determinant lemma and Sherman and Morrison log det S' = log det S + p log(n
 * / (n - 1)) + log(1 - d2 / (n - 1)),   d2' = n d2 / (n - 1 - d2)
 */
double rote_gaussian_left_out_log_p(double d2, size_t n, size_t p, double log_determinant)
{
  const double others = (double)n - 1, left = log_left(d2, others);
  if (!(left > -INFINITY)) {
    return -INFINITY;
  }
  return rote_gaussian_log_p((double)n * d2 / (others - d2), p,
                             log_determinant - (double)p * log1p(-1 / (double)n) + left);
}

double rote_gaussian_score(double d2, size_t n, size_t p)
{
  const double others = (double)n - 1, left = log_left(d2, others);
  if (!(left > -INFINITY)) {
    return INFINITY;
  }
  return ((double)n * d2 / (others - d2) - d2 - (double)p * log1p(-1 / (double)n) + left) / 2;
}
