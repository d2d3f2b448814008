/* Exact p-values by relabelling (Majhi and Bagchi 2026).
 *
 * Given the samples, training and held-out images are exchangeable if the model copied nothing: it
 * could as well have been trained on images that were held out. So any statistic of distances
 * between samples and images can be compared with what it is when the names "training" and
 * "held out" are dealt out anew:
 *   p = (1 + number of permutations that are at least as extreme) / (1 + permutations),
 * which is at most alpha with a probability of at most alpha, whatever the distances are.
 *
 * What it is about is a pool: B training images, drawn by seed alone, and B held-out images. A
 * permutation only deals out 2 B names; distances are there before, as a list for every sample and
 * every image of the pool of the l pooled images closest to it. The nearest training image is the
 * first of the list that is called so. Where none in a list is, its last distance stands for it (a
 * chance of 2^-l), and near-duplicates are counted within a list: both are functions of names and
 * distances that treat all pooled images alike, so the p-values stay exact. The cells of C_T are
 * made of the pool, not of the training images, for the same reason.
 *
 * Statistics, of the images called training (T) and held out (P), and samples Q:
 *   copying         C_T (copying.h); extreme is small
 *   ratio           mean over x in T of d(x, nearest in P) / d(x, nearest in Q); extreme is large
 *   near_duplicates pairs of a sample and an image of T, closer than the smallest distance above 0
 *                   between two images of T; extreme is large
 *
 * Letters: B images of either name, n samples, l length of a list, k cells. */
#ifndef ROTE_RELABEL_H
#define ROTE_RELABEL_H

#include "rote/random.h"
#include "rote/status.h"

#include <stdbool.h>

typedef enum {
  ROTE_RELABEL_COPYING,
  ROTE_RELABEL_RATIO,
  ROTE_RELABEL_NEAR_DUPLICATES,
  ROTE_RELABEL_STATISTICS
} rote_relabel_statistic;

/* An image's or a sample's place among the pool. */
typedef struct {
  size_t count;
  uint32_t *near;   /* [count, l] places in the pool, closest first; UINT32_MAX: no more */
  double *distance; /* [count, l] */
  uint32_t *cell;   /* [count] */
} rote_relabel_side;

typedef struct {
  size_t list, cells, permutations;
  double share;             /* as in rote_copying_test() */
  rote_stream stream;       /* item: number of the permutation */
  rote_relabel_side sample; /* [n] */
  rote_relabel_side pool;   /* [2 B], the training images first; an image is not in its own list */
  double *nearest_sample;   /* [2 B] distance of pooled images to the nearest sample */
  bool (*abandon)(void *context); /* OPTIONAL; asked between permutations */
  void *context;
} rote_relabel_problem;

typedef struct {
  double value[ROTE_RELABEL_STATISTICS];
  double p[ROTE_RELABEL_STATISTICS]; /* NaN without permutations, or if the value is NaN */
} rote_relabel_result;

/** Ratio of two distances: 0 / 0 is 1, anything else / 0 is infinite. */
double rote_distance_ratio(double held_out, double sample);

/** @return ROTE_OK; ROTE_STOPPED; ROTE_NOMEM */
rote_status rote_relabel(const rote_relabel_problem *problem, rote_relabel_result *result);

#endif
