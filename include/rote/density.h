/* Classical densities of n points, exact and without some of them: k nearest neighbours, Gaussian
 * kernels, mixtures of spherical Gaussians. float64, sums in the order of the points.
 *
 * The memorization score of a point is log p of it under the density of all points minus log p
 * under that of the others; the influence of point i on any z is IF(i, z) = log p(z; all) - log
 * p(z; without i).
 *
 * The first two are functions of one row of numbers, the squared distances of z to the points.
 *
 * Letters: n points, d dimensions, G components of a mixture, R repeats and K folds of a design. */
#ifndef ROTE_DENSITY_H
#define ROTE_DENSITY_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROTE_NO_POINT SIZE_MAX

/* The points that a density does without. All zero is not "none": see ROTE_NONE_OUT. */
typedef struct {
  size_t count;         /* how many they are */
  size_t point;         /* this one; ROTE_NO_POINT */
  const uint16_t *fold; /* [n] and those of fold `of`; NULL */
  uint16_t of;
} rote_left_out;

#define ROTE_NONE_OUT ((rote_left_out){.point = ROTE_NO_POINT})
#define ROTE_ONE_OUT(i) ((rote_left_out){.count = 1, .point = (i)})

/* All densities without a fold of a repeat. Borrowed. */
typedef struct {
  size_t points, repeats, folds; /* n, R, K; 0 repeats: none */
  const uint16_t *fold;          /* [R, n] 0..K-1 */
  const size_t *left;            /* [R, K] points that are left of the n */
} rote_density_folds;

/** The points that the m-th of them, m = r K + k, does without. */
rote_left_out rote_fold_out(const rote_density_folds *folds, size_t m);

static inline bool rote_is_left_out(const rote_left_out *out, size_t i)
{
  return i == out->point || (out->fold != NULL && out->fold[i] == out->of);
}

/** Squared distances of one point to n others.
 * @param[in]  z        [d]
 * @param[in]  columns  [d, ld]: a dimension of the points after the other
 * @param[out] square   [n] */
void rote_point_distances(size_t n, size_t d, const double *z, const double *columns, size_t ld,
                          double *square);

/* --- k nearest neighbours: p(z) = k / (n V_d R_k^d), R_k the distance to the k-th nearest point,
 * V_d the volume of the unit ball. Where k or more points are at z itself, R_k = 0 and p is no
 * number: k is then raised to the first neighbour that is away from z. */

typedef struct {
  size_t points, neighbours; /* of the density; k, or more where it was raised */
  bool raised;
  double
      square;  /* R_k^2; NaN if there is no such neighbour: all points are at z, or fewer than k */
  double next; /* R_{k+1}^2; NaN if there is none */
} rote_knn;

/* The nearest points of a row of distances, found once and looked at for many densities. */
typedef struct rote_knn_search rote_knn_search;

rote_status rote_knn_search_create(size_t n, size_t neighbours, rote_knn_search **search);
void rote_knn_search_destroy(rote_knn_search **search);

/** Begin with another z. @param[in] square [n]; borrowed until the next call */
void rote_knn_begin(rote_knn_search *search, const double *square);

/** The neighbours of z among the points that are not left out. */
rote_knn rote_knn_find(rote_knn_search *search, const rote_left_out *out);

/** log p in nats; NaN if there are no such neighbours. */
double rote_knn_log_p(const rote_knn *knn, size_t d);

/** Influence of a point at squared distance `square` of z that is not left out:
 * log((n-1)/n) + d log(R_{k+1} / R_k) if it is within R_k of z, else the first term alone. */
double rote_knn_influence(const rote_knn *knn, size_t d, double square);

/* --- Gaussian kernels of bandwidth h: p(z) = sum over i of N(z; x_i, h^2 I) / n. */

typedef struct {
  size_t points;
  double bandwidth;
  double log_sum;        /* of exp(-square / (2 h^2)) over the points */
  size_t nearest;        /* a nearest point; ROTE_NO_POINT if there is none */
  double log_sum_others; /* without it */
} rote_kde;

/** Never underflows: the nearest point that is not left out has weight 1.
 * @param[in] square [n] */
rote_kde rote_kde_find(size_t n, const double *square, double bandwidth, const rote_left_out *out);

/** log p in nats; -infinity if there are no points. */
double rote_kde_log_p(const rote_kde *kde, size_t d);

/** Influence of point `i` at squared distance `square`, one of those of the density:
 * log((n-1)/n) + log(p(z) / (p(z) - K(z - x_i) / n)); +infinity if it is the only one. */
double rote_kde_influence(const rote_kde *kde, size_t i, double square);

/** log p of z under the densities without each fold of each repeat, from one pass over the
 * distances; the same as rote_kde_find() without them, to rounding.
 * @param[in]  square  [n]
 * @param[in]  self    the point that z is, ROTE_NO_POINT if it is none of them
 * @param[out] log_p   [R, K] nats
 * @param      room    [2 K + n] */
void rote_kde_folds(const rote_density_folds *folds, const double *square, double bandwidth,
                    size_t d, size_t self, double *log_p, double *room);

/* Bandwidths from 2 h down to h / 16, for a scale h: each 1/sqrt(2) of the one before. */
enum { ROTE_BANDWIDTHS = 11 };
double rote_bandwidth_at(double scale, size_t g);

/** Scott's rule for one bandwidth for all dimensions: h = sigma n^(-1/(d+4)), sigma^2 the mean of
 * the dimensions' variances. */
double rote_bandwidth_scott(size_t n, size_t d, double mean_variance);

/** Add log p of point `self` without itself, by each of the bandwidths. */
void rote_bandwidth_add(size_t n, const double *square, size_t d, double scale, size_t self,
                        double log_likelihood[ROTE_BANDWIDTHS]);

/** That of the largest likelihood; the widest of several. */
double rote_bandwidth_best(double scale, const double log_likelihood[ROTE_BANDWIDTHS]);

/* --- Mixtures of spherical Gaussians: p(z) = sum over g of w_g N(z; m_g, v_g I), by a fixed number
 * of rounds of expectation and maximization from given responsibilities r:
 *   M: w_g = sum r_ig / n,  m_g = sum r_ig x_i / sum r_ig,
 *      v_g = sum r_ig |x_i - m_g|^2 / (d sum r_ig) + floor
 *   E: r_ig = w_g N(x_i; m_g, v_g I) / p(x_i)
 * A component that no point is of keeps weight 0. */

typedef struct {
  size_t components, dims; /* G, d */
  double *weight;          /* [G] */
  double *mean;            /* [G, d] */
  double *variance;        /* [G], floor included */
  double *log_peak;        /* [G] log(w N(m; m, v I)); -infinity with weight 0 */
} rote_gmm;

rote_status rote_gmm_create(size_t components, size_t dims, rote_gmm **mixture);
void rote_gmm_destroy(rote_gmm **mixture);

/* What a fit begins with. All borrowed. */
typedef struct {
  size_t points, dims, components, rounds; /* n, d, G; rounds >= 1, of which the last has no E */
  const double *point;                     /* [n, d] */
  const double *start;                     /* [n, G] responsibilities */
  double floor;
  bool (*stop)(void *context); /* OPTIONAL; asked in every round: must the work stop? */
  void *context;
} rote_gmm_task;

/** Fit without some points. @param room [n, G] @return ROTE_OK; ROTE_STOPPED */
rote_status rote_gmm_fit(const rote_gmm_task *task, const rote_left_out *out, double *room,
                         rote_gmm *mixture);

/** log p in nats. @param[in] z [d] */
double rote_gmm_log_p(const rote_gmm *mixture, const double *z);

/** The responsibilities of a point, and log p of it. @param[out] r [G] */
double rote_gmm_share(const rote_gmm *mixture, const double *z, double *r);

/* What leaving out a point changes, to first order in its weight: the derivative of log p(z) by the
 * weight of point i, through all rounds of the fit. Its error is of order 1/n^2. */
typedef struct rote_gmm_slope rote_gmm_slope;

/** @param[out] mixture  the fit of all points, as of rote_gmm_fit()
 * @return ROTE_OK; ROTE_STOPPED; ROTE_NOMEM */
rote_status rote_gmm_slope_create(const rote_gmm_task *task, rote_gmm *mixture,
                                  rote_gmm_slope **slope);
void rote_gmm_slope_destroy(rote_gmm_slope **slope);

/** Bytes that it takes. */
double rote_gmm_slope_bytes(size_t dims, size_t components, size_t rounds);

/** Get ready for influences on some z. What is found for one does not depend on the others.
 * @param[in]  z   [count, d]
 * @param[out] at  [count, rounds, G, d + 2] */
void rote_gmm_slope_at(const rote_gmm_slope *slope, size_t count, const double *z, double *at);

/** First-order influence of point i on the z of `at`, [rounds, G, d + 2]. */
double rote_gmm_influence(const rote_gmm_slope *slope, size_t i, const double *at);

#endif
