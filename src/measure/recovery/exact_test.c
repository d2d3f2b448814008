/* Exact tests. Probabilities are sums of weights relative to the most probable outcome, each from
 * its neighbour by a ratio of whole numbers: no factorial or logarithm is needed, and nothing
 * overflows. */
#include "rote/recovery_score.h"

#include <float.h>

/* Weights that are equal in exact arithmetic may differ by their rounding. */
#define EQUAL (1 + 1e-9)

static double clamp(double p)
{
  return p > 1 ? 1 : p >= DBL_MIN ? p : DBL_MIN;
}

/* weight(k + 1) / weight(k) = (n - k) / (k + 1), from the middle on; the other half mirrors it. */
double rote_mcnemar_p(size_t first, size_t second)
{
  const size_t n = first + second, most = first > second ? first : second, middle = (n + 1) / 2;
  double weight = 1, total = 0, tail = 0;
  for (size_t k = middle; k <= n; k++) {
    const double both = 2 * k == n ? weight : 2 * weight; /* k and n - k */
    total += both;
    tail += k >= most ? both : 0;
    weight *= (double)(n - k) / (double)(k + 1);
  }
  return clamp(tail / total);
}

/* Successes x in the first group of n, of k in all N: hypergeometric. */
typedef struct {
  double n, k, rest; /* rest = N - n - k, may be negative */
} table;

/* weight(x + 1) / weight(x) */
static double ratio(const table *t, double x)
{
  return (t->k - x) * (t->n - x) / ((x + 1) * (t->rest + x + 1));
}

/* Sum of the weights from `mode`, where it is 1, up to `high` and down to `low`, that are at most
 * `limit`. */
static double sum_below(const table *t, double low, double mode, double high, double limit)
{
  double sum = limit >= 1 ? 1 : 0, weight = 1;
  for (double x = mode; x < high; x++) {
    weight *= ratio(t, x);
    sum += weight <= limit ? weight : 0;
  }
  weight = 1;
  for (double x = mode; x > low; x--) {
    weight /= ratio(t, x - 1);
    sum += weight <= limit ? weight : 0;
  }
  return sum;
}

static double weight_of(const table *t, double mode, double at)
{
  double weight = 1;
  for (double x = mode; x < at; x++) {
    weight *= ratio(t, x);
  }
  for (double x = mode; x > at; x--) {
    weight /= ratio(t, x - 1);
  }
  return weight;
}

double rote_fisher_p(size_t a, size_t n, size_t b, size_t m)
{
  const double k = (double)a + (double)b, all = (double)n + (double)m;
  const table t = {.n = (double)n, .k = k, .rest = all - (double)n - k};
  const double low = t.rest < 0 ? -t.rest : 0, high = t.n < k ? t.n : k;
  double mode = low;
  while (mode < high && ratio(&t, mode) > 1) {
    mode++;
  }
  const double seen = weight_of(&t, mode, (double)a);
  return clamp(sum_below(&t, low, mode, high, seen * EQUAL) / sum_below(&t, low, mode, high, 2));
}
