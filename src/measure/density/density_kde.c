/* The density of Gaussian kernels.
 *
 * Weights exp(-square / (2 h^2)) are taken relative to the nearest point that counts, whose weight
 * is then 1: what underflows is nothing beside it. */
#include "rote/density.h"

#include <math.h>

/* Sums of weights below it may have lost terms to underflow: they are taken anew, relative to their
 * own nearest point. */
#define FAINT 1e-200

/* log p of the kernel at its middle: -d/2 log(2 pi h^2) */
static double log_peak(double bandwidth, size_t d)
{
  return -(double)d / 2 * log(2 * acos(-1.0) * bandwidth * bandwidth);
}

/* log(e^a + e^b) */
static double log_add(double a, double b)
{
  const double large = a > b ? a : b, small = a > b ? b : a;
  return small > -INFINITY ? large + log1p(exp(small - large)) : large;
}

rote_kde rote_kde_find(size_t n, const double *square, double bandwidth, const rote_left_out *out)
{
  const double by = 1 / (2 * bandwidth * bandwidth);
  rote_kde kde = {.points = n - out->count,
                  .bandwidth = bandwidth,
                  .log_sum = -INFINITY,
                  .nearest = ROTE_NO_POINT,
                  .log_sum_others = -INFINITY};
  double second = INFINITY, others = 0;
  for (size_t i = 0; i < n; i++) {
    if (rote_is_left_out(out, i)) {
      continue;
    }
    if (kde.nearest == ROTE_NO_POINT || square[i] < square[kde.nearest]) {
      second = kde.nearest == ROTE_NO_POINT ? INFINITY : square[kde.nearest];
      kde.nearest = i;
    } else if (square[i] < second) {
      second = square[i];
    }
  }
  for (size_t i = 0; i < n && second < INFINITY; i++) {
    if (i != kde.nearest && !rote_is_left_out(out, i)) {
      others += exp((second - square[i]) * by);
    }
  }
  if (kde.nearest != ROTE_NO_POINT) {
    kde.log_sum_others = second < INFINITY ? log(others) - second * by : -INFINITY;
    kde.log_sum = log_add(-square[kde.nearest] * by, kde.log_sum_others);
  }
  return kde;
}

double rote_kde_log_p(const rote_kde *kde, size_t d)
{
  return kde->log_sum - log((double)kde->points) + log_peak(kde->bandwidth, d);
}

double rote_kde_influence(const rote_kde *kde, size_t i, double square)
{
  const double fewer = log1p(-1 / (double)kde->points);
  if (i == kde->nearest) { /* the only one that may be most of the sum */
    return fewer + kde->log_sum - kde->log_sum_others;
  }
  const double log_weight = -square / (2 * kde->bandwidth * kde->bandwidth);
  return fewer - log1p(-exp(log_weight - kde->log_sum));
}

typedef struct {
  size_t n, self;
  const double *square; /* [n] */
  double by, nearest;   /* 1 / (2 h^2); squared distance of the nearest other point */
  double *weight;       /* [n] relative to that */
} fold_pass;

static void weigh(fold_pass *p)
{
  p->nearest = INFINITY;
  for (size_t i = 0; i < p->n; i++) {
    if (i != p->self && p->square[i] < p->nearest) {
      p->nearest = p->square[i];
    }
  }
  for (size_t i = 0; i < p->n; i++) {
    p->weight[i] = i == p->self ? 0 : exp((p->nearest - p->square[i]) * p->by);
  }
}

/* Sums over all folds but one: those before it and those behind it, so that nothing is subtracted.
 * @param[out] other  [K] */
static void sum_others(size_t folds, const double *sum, double *other)
{
  double before = 0, behind = 0;
  for (size_t k = 0; k < folds; k++) {
    other[k] = before;
    before += sum[k];
  }
  for (size_t k = folds; k-- > 0;) {
    other[k] += behind;
    behind += sum[k];
  }
}

/* log of the sum without fold k and without the point itself. */
static double log_others(const fold_pass *p, const uint16_t *fold, size_t k, double sum)
{
  if (sum >= FAINT) {
    return log(sum) - p->nearest * p->by;
  }
  double nearest = INFINITY, own = 0;
  for (size_t i = 0; i < p->n; i++) {
    if (fold[i] != k && i != p->self && p->square[i] < nearest) {
      nearest = p->square[i];
    }
  }
  for (size_t i = 0; i < p->n && nearest < INFINITY; i++) {
    if (fold[i] != k && i != p->self) {
      own += exp((nearest - p->square[i]) * p->by);
    }
  }
  return nearest < INFINITY ? log(own) - nearest * p->by : -INFINITY;
}

/* One repeat. @param[out] log_sum [K] @param room [2 K] */
static void sum_folds(const fold_pass *p, size_t folds, const uint16_t *fold, double *log_sum,
                      double *room)
{
  double *const sum = room, *const other = room + folds;
  for (size_t k = 0; k < folds; k++) {
    sum[k] = 0;
  }
  for (size_t i = 0; i < p->n; i++) {
    sum[fold[i]] += p->weight[i];
  }
  sum_others(folds, sum, other);
  for (size_t k = 0; k < folds; k++) {
    log_sum[k] = log_others(p, fold, k, other[k]);
    if (p->self != ROTE_NO_POINT && fold[p->self] != k) {
      log_sum[k] = log_add(log_sum[k], -p->square[p->self] * p->by);
    }
  }
}

void rote_kde_folds(const rote_density_folds *f, const double *square, double bandwidth, size_t d,
                    size_t self, double *log_p, double *room)
{
  fold_pass p = {.n = f->points,
                 .self = self,
                 .square = square,
                 .by = 1 / (2 * bandwidth * bandwidth),
                 .weight = room + 2 * f->folds};
  weigh(&p);
  for (size_t r = 0; r < f->repeats; r++) {
    sum_folds(&p, f->folds, f->fold + r * f->points, log_p + r * f->folds, room);
  }
  for (size_t m = 0; m < f->repeats * f->folds; m++) {
    log_p[m] += log_peak(bandwidth, d) - log((double)f->left[m]);
  }
}

double rote_bandwidth_at(double scale, size_t g)
{
  return scale * exp2(1 - (double)g / 2);
}

double rote_bandwidth_scott(size_t n, size_t d, double mean_variance)
{
  return sqrt(mean_variance) * pow((double)n, -1 / ((double)d + 4));
}

/* h_g^2 halves from one to the next, so its weights are the squares of those before. */
void rote_bandwidth_add(size_t n, const double *square, size_t d, double scale, size_t self,
                        double log_likelihood[ROTE_BANDWIDTHS])
{
  const double widest = rote_bandwidth_at(scale, 0), by = 1 / (2 * widest * widest);
  double sum[ROTE_BANDWIDTHS] = {0}, nearest = INFINITY;
  for (size_t i = 0; i < n; i++) {
    if (i != self && square[i] < nearest) {
      nearest = square[i];
    }
  }
  for (size_t i = 0; i < n; i++) {
    double weight = i == self ? 0 : exp((nearest - square[i]) * by);
    for (size_t g = 0; g < ROTE_BANDWIDTHS; g++) {
      sum[g] += weight;
      weight *= weight;
    }
  }
  for (size_t g = 0; g < ROTE_BANDWIDTHS; g++) {
    const double h = rote_bandwidth_at(scale, g);
    log_likelihood[g] += log(sum[g]) - nearest / (2 * h * h) - log((double)n - 1) + log_peak(h, d);
  }
}

double rote_bandwidth_best(double scale, const double log_likelihood[ROTE_BANDWIDTHS])
{
  size_t best = 0;
  for (size_t g = 1; g < ROTE_BANDWIDTHS; g++) {
    if (log_likelihood[g] > log_likelihood[best]) {
      best = g;
    }
  }
  return rote_bandwidth_at(scale, best);
}
