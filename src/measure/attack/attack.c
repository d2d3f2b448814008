#include "rote/attack.h"

#include "rote/memory.h"
#include "rote/roc.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

const char *const rote_attack_name[] = {"base", "lira", "rmia"};

/* log 2, the odds that RMIA asks for. */
#define LOG_GAMMA 0.693147180559945309417

struct rote_attack {
  const rote_design *design;
  const float *log_px; /* [R, K, N] */
  double *gathered;    /* [R K] log p of an image by its references */
  /* What the references of the repeat in hand say of every image, each [N]; NaN: nothing. */
  double *log_mean;                      /* log of the mean likelihood by all of them */
  double *log_balanced;                  /* log (p_in + p_out) / 2 */
  double *mean_in, *mean_out, *variance; /* of log p */
  double *score[ROTE_ATTACKS];           /* [N] of the target in hand */
  double *side, *sorted;                 /* [N] members, then the others; ratios */
  uint32_t *hits[ROTE_ATTACKS], *tries[ROTE_ATTACKS]; /* [N] */
  rote_attack_outcome outcome[ROTE_ATTACKS];
};

rote_status rote_attack_create(const rote_design *d, rote_attack **out)
{
  rote_status status = ROTE_OK;
  rote_attack *a = NULL;
  *out = NULL;
  if (d->repeats < 2 || d->folds < 2) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "an attack needs 2 repeats of 2 folds"));
  }
  const size_t models = d->repeats * d->folds;
  ROTE_TRY(rote_alloc(1, sizeof *a, &a));
  a->design = d;
  ROTE_TRY(rote_alloc(models, sizeof(double), &a->gathered));
  double **const image[] = {&a->log_mean, &a->log_balanced, &a->mean_in, &a->mean_out,
                            &a->variance, &a->side,         &a->sorted};
  for (size_t i = 0; i < sizeof image / sizeof *image; i++) {
    ROTE_TRY(rote_alloc(d->images, sizeof(double), image[i]));
  }
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    rote_attack_outcome *o = &a->outcome[kind];
    ROTE_TRY(rote_alloc(d->images, sizeof(double), &a->score[kind]));
    ROTE_TRY(rote_alloc(d->images, sizeof(uint32_t), &a->hits[kind]));
    ROTE_TRY(rote_alloc(d->images, sizeof(uint32_t), &a->tries[kind]));
    ROTE_TRY(rote_alloc(d->images, sizeof(double), &o->found));
    for (size_t rate = 0; rate < ROTE_ATTACK_RATES; rate++) {
      ROTE_TRY(rote_alloc(models, sizeof(double), &o->of_target[rate]));
    }
  }
  *out = a;
  a = NULL;
done:
  rote_attack_destroy(&a);
  return status;
}

void rote_attack_destroy(rote_attack **attack)
{
  rote_attack *a = *attack;
  if (a == NULL) {
    return;
  }
  double **const own[] = {&a->gathered, &a->log_mean, &a->log_balanced, &a->mean_in,
                          &a->mean_out, &a->variance, &a->side,         &a->sorted};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
    rote_free(own[i]);
  }
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    rote_free(&a->score[kind]);
    rote_free(&a->hits[kind]);
    rote_free(&a->tries[kind]);
    rote_free(&a->outcome[kind].found);
    for (size_t rate = 0; rate < ROTE_ATTACK_RATES; rate++) {
      rote_free(&a->outcome[kind].of_target[rate]);
    }
  }
  rote_free(attack);
}

void rote_attack_begin(rote_attack *a, const float *log_px)
{
  const size_t bytes = a->design->images * sizeof(uint32_t);
  a->log_px = log_px;
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    memset(a->hits[kind], 0, bytes);
    memset(a->tries[kind], 0, bytes);
  }
}

/* log p of an image by its references: from the first of `gathered` on by those with it, from the
 * last on backwards by those without. @return the number of the former */
static size_t gather(const rote_attack *a, size_t repeat, size_t i, size_t *without)
{
  const rote_design *d = a->design;
  size_t in = 0, out = d->repeats * d->folds;
  for (size_t r = 0; r < d->repeats; r++) {
    const size_t held_out = d->fold[r * d->images + i];
    for (size_t k = 0; k < d->folds && r != repeat; k++) {
      const float value = a->log_px[(r * d->folds + k) * d->images + i];
      if (!isnan(value)) {
        a->gathered[k == held_out ? --out : in++] = value;
      }
    }
  }
  *without = d->repeats * d->folds - out;
  return in;
}

/* log of (sum of weight e^x) / sum of weight, over `n` */
static double log_mean_of(size_t n, const double *x, const double *weight)
{
  double largest = -INFINITY, sum = 0, all = 0;
  for (size_t j = 0; j < n; j++) {
    largest = x[j] > largest ? x[j] : largest;
    all += weight != NULL ? weight[j] : 1;
  }
  for (size_t j = 0; j < n && isfinite(largest); j++) {
    sum += (weight != NULL ? weight[j] : 1) * exp(x[j] - largest);
  }
  return n == 0 ? (double)NAN : isfinite(largest) ? largest + log(sum / all) : largest;
}

static double mean_of(size_t n, const double *x)
{
  double sum = 0;
  for (size_t j = 0; j < n; j++) {
    sum += x[j];
  }
  return n > 0 ? sum / (double)n : (double)NAN;
}

static double squares_around(size_t n, const double *x, double mean)
{
  double sum = 0;
  for (size_t j = 0; j < n; j++) {
    sum += (x[j] - mean) * (x[j] - mean);
  }
  return sum;
}

static void look_at_references(rote_attack *a, size_t repeat)
{
  for (size_t i = 0; i < a->design->images; i++) {
    size_t out = 0;
    const size_t in = gather(a, repeat, i, &out);
    const double *with = a->gathered;
    const double *without = with + a->design->repeats * a->design->folds - out;
    const double side[] = {log_mean_of(in, with, NULL), log_mean_of(out, without, NULL)};
    const double number[] = {(double)in, (double)out};
    a->log_mean[i] = in == 0 ? side[1] : out == 0 ? side[0] : log_mean_of(2, side, number);
    a->log_balanced[i] = in == 0 || out == 0 ? (double)NAN : log_mean_of(2, side, NULL);
    a->mean_in[i] = mean_of(in, with);
    a->mean_out[i] = mean_of(out, without);
    a->variance[i] = in > 0 && out > 0 && in + out > 2
                         ? (squares_around(in, with, a->mean_in[i]) +
                            squares_around(out, without, a->mean_out[i])) /
                               (double)(in + out - 2)
                         : (double)NAN;
  }
}

/* In place of the log ratios of target and references: of how many of the others, as a share, an
 * image's ratio is more than twice theirs. */
static void rank_ratios(rote_attack *a, double *ratio)
{
  size_t n = 0;
  for (size_t i = 0; i < a->design->images; i++) {
    if (!isnan(ratio[i])) {
      a->sorted[n++] = ratio[i] + LOG_GAMMA;
    }
  }
  rote_roc_sort(n, a->sorted);
  for (size_t i = 0; i < a->design->images; i++) { /* its own is not below it */
    ratio[i] = isnan(ratio[i]) || n < 2
                   ? (double)NAN
                   : (double)rote_roc_count(n, a->sorted, ratio[i], false) / (double)(n - 1);
  }
}

static void score_target(rote_attack *a, size_t repeat, size_t fold)
{
  const rote_design *d = a->design;
  const float *log_p = a->log_px + (repeat * d->folds + fold) * d->images;
  for (size_t i = 0; i < d->images; i++) {
    const double x = log_p[i], in = x - a->mean_in[i], out = x - a->mean_out[i];
    a->score[ROTE_ATTACK_BASE][i] = x - a->log_mean[i];
    a->score[ROTE_ATTACK_LIRA][i] =
        a->variance[i] > 0 ? (out * out - in * in) / (2 * a->variance[i]) : (double)NAN;
    a->score[ROTE_ATTACK_RMIA][i] = x - a->log_balanced[i];
  }
  rank_ratios(a, a->score[ROTE_ATTACK_RMIA]);
}

static bool is_member(const rote_attack *a, size_t repeat, size_t fold, size_t i)
{
  return a->design->fold[repeat * a->design->images + i] != fold;
}

/* How well the scores of an attack tell the members of a target, and which ones it finds. */
static void judge(rote_attack *a, size_t kind, size_t repeat, size_t fold)
{
  const size_t n = a->design->images, at = repeat * a->design->folds + fold;
  const double *score = a->score[kind];
  double *const *rate = a->outcome[kind].of_target;
  size_t members = 0, others = 0;
  for (size_t i = 0; i < n; i++) {
    if (isnan(score[i])) {
      continue;
    }
    if (is_member(a, repeat, fold, i)) {
      a->side[members++] = score[i];
    } else {
      a->side[n - ++others] = score[i];
    }
  }
  const double *other = a->side + n - others;
  rote_roc_sort(others, a->side + n - others);
  const double found = rote_roc_threshold(others, other, 100);
  rate[ROTE_ATTACK_AREA][at] = rote_roc_area(members, a->side, others, other);
  rate[ROTE_ATTACK_PER_HUNDRED][at] = rote_roc_true_positives(members, a->side, found);
  rate[ROTE_ATTACK_PER_THOUSAND][at] =
      rote_roc_true_positives(members, a->side, rote_roc_threshold(others, other, 1000));
  for (size_t i = 0; i < n && others > 0; i++) {
    if (!isnan(score[i]) && is_member(a, repeat, fold, i)) {
      a->tries[kind][i]++;
      a->hits[kind][i] += score[i] > found;
    }
  }
}

void rote_attack_repeat(rote_attack *a, size_t repeat)
{
  look_at_references(a, repeat);
  for (size_t k = 0; k < a->design->folds; k++) {
    score_target(a, repeat, k);
    for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
      judge(a, kind, repeat, k);
    }
  }
}

/* Sum over the targets of a repeat that are there. @return their number */
static double sum_of_repeat(const rote_design *d, const double *of_target, size_t r, double *sum)
{
  double n = 0;
  *sum = 0;
  for (size_t k = 0; k < d->folds; k++) {
    const double x = of_target[r * d->folds + k];
    *sum += isnan(x) ? 0 : x;
    n += isnan(x) ? 0 : 1;
  }
  return n;
}

/* Mean over the targets, and its standard error from the R means m_r of repeats:
 * sqrt(sum (m_r - their mean)^2 / (R (R - 1))). */
static void average(const rote_design *d, const double *of_target, double *mean, double *error)
{
  double all = 0, targets = 0, means = 0, repeats = 0, squares = 0, sum = 0;
  for (size_t r = 0; r < d->repeats; r++) {
    const double n = sum_of_repeat(d, of_target, r, &sum);
    all += sum;
    targets += n;
    means += n > 0 ? sum / n : 0;
    repeats += n > 0 ? 1 : 0;
  }
  for (size_t r = 0; r < d->repeats; r++) {
    const double n = sum_of_repeat(d, of_target, r, &sum);
    const double away = n > 0 ? sum / n - means / repeats : 0;
    squares += away * away;
  }
  *mean = targets > 0 ? all / targets : (double)NAN;
  *error = repeats > 1 ? sqrt(squares / (repeats * (repeats - 1))) : (double)NAN;
}

void rote_attack_end(rote_attack *a)
{
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    rote_attack_outcome *o = &a->outcome[kind];
    for (size_t rate = 0; rate < ROTE_ATTACK_RATES; rate++) {
      average(a->design, o->of_target[rate], &o->mean[rate], &o->standard_error[rate]);
    }
    for (size_t i = 0; i < a->design->images; i++) {
      const double tries = a->tries[kind][i];
      o->found[i] = tries > 0 ? a->hits[kind][i] / tries : (double)NAN;
    }
  }
}

const rote_attack_outcome *rote_attack_look(const rote_attack *a, rote_attack_kind kind)
{
  return &a->outcome[kind];
}
