/* Membership attacks on leave-out models by their log likelihoods: was an image among those that a
 * model was trained with?
 *
 * Each leave-out model in turn is the target. Its members are the images it was trained with, the
 * others those of the fold it was trained without. The references are the models of all other
 * repeats: of an image (R - 1)(K - 1) that were trained with it, and R - 1 that were not.
 *
 * Letters: N images, K folds, R repeats; model (r, k) of repeat r was trained without fold k. */
#ifndef ROTE_ATTACK_H
#define ROTE_ATTACK_H

#include "rote/rank_score.h"
#include "rote/status.h"

#include <stddef.h>

/* How likely it is that an image x is a member; p_t is the likelihood by the target.
 *   BASE: log p_t(x) - log of the mean likelihood by all references (Lassila et al. 2025)
 *   LIRA: log N(log p_t(x); m_in, s) - log N(log p_t(x); m_out, s), with the means of log p by the
 *         references with and without the image, and one standard deviation within both (Carlini
 *         et al. 2022, online, one variance for both sides)
 *   RMIA: the share of the other images z for which
 *         p_t(x) / p(x) > 2 p_t(z) / p(z),   p = (p_in + p_out) / 2,
 *         with the mean likelihoods p_in and p_out by the references with and without the image
 *         (Zarifzadeh et al. 2024, online, gamma = 2; their z are of another population) */
typedef enum {
  ROTE_ATTACK_BASE,
  ROTE_ATTACK_LIRA,
  ROTE_ATTACK_RMIA,
  ROTE_ATTACKS
} rote_attack_kind;

/** "base", "lira", "rmia". */
extern const char *const rote_attack_name[ROTE_ATTACKS];

/* How well an attack tells members. */
typedef enum {
  ROTE_ATTACK_AREA,         /* under the ROC curve */
  ROTE_ATTACK_PER_HUNDRED,  /* true positive rate where at most 1 % of the others are taken too */
  ROTE_ATTACK_PER_THOUSAND, /* the same of 0.1 % */
  ROTE_ATTACK_RATES
} rote_attack_rate;

/* What an attack achieves. NaN: no model, or too few references for the attack. */
typedef struct {
  double *of_target[ROTE_ATTACK_RATES]; /* [R, K] */
  double mean[ROTE_ATTACK_RATES];       /* over targets */
  /* From the means of the repeats; NaN of fewer than 2. The references of a repeat's targets are
   * targets of others, so the repeats are not quite independent. */
  double standard_error[ROTE_ATTACK_RATES];
  /* [N] of the targets that the image is a member of, the share at which its score exceeds the
   * threshold of 1 % false positives */
  double *found;
} rote_attack_outcome;

/* Holds the outcomes and a workspace of some numbers an image. */
typedef struct rote_attack rote_attack;

/** @param[in] design  borrowed; held_in is not looked at
 * @return ROTE_OK; ROTE_NOMEM; ROTE_INTERNAL if R < 2 or K < 2 */
rote_status rote_attack_create(const rote_design *design, rote_attack **attack);
void rote_attack_destroy(rote_attack **attack);

/** Forget the outcomes, and attack these models next.
 * @param[in] log_px  [R, K, N] nats; NaN: the model is missing. Borrowed until rote_attack_end() */
void rote_attack_begin(rote_attack *attack, const float *log_px);

/** Attack the K models of a repeat. An image is left out of an attack on a target if the target or
 * what the attack needs of its references is missing: LIRA needs 3 of them or more, that differ. */
void rote_attack_repeat(rote_attack *attack, size_t repeat);

/** Means over all targets, and the images that are found. */
void rote_attack_end(rote_attack *attack);

/** Of the latest rote_attack_end(). Borrowed. */
const rote_attack_outcome *rote_attack_look(const rote_attack *attack, rote_attack_kind kind);

#endif
