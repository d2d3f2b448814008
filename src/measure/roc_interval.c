#include "rote/roc_interval.h"

#include "rote/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
  double score;
  uint32_t group;
  bool wanted;
} point;

typedef struct {
  point *point;  /* [points] by score */
  double *below; /* [groups] twice the sum over its members of the others below them */
  uint32_t *members;
  size_t points, wanted, others, groups;
} curve;

static int compare_points(const void *a, const void *b)
{
  const point *p = a, *q = b;
  return (p->score > q->score) - (p->score < q->score);
}

static rote_status enter(size_t n, const double *score, const uint8_t *is, const uint32_t *group,
                         curve *c)
{
  rote_status status = ROTE_OK;
  *c = (curve){.points = 0};
  ROTE_TRY(rote_alloc(n, sizeof *c->point, &c->point));
  ROTE_TRY(rote_alloc(n, sizeof *c->below, &c->below));
  ROTE_TRY(rote_alloc(n, sizeof *c->members, &c->members));
  for (size_t i = 0; i < n; i++) {
    c->below[i] = 0;
    c->members[i] = 0;
  }
  for (size_t i = 0; i < n; i++) {
    const bool wanted = is[i] == ROTE_ROC_WANTED;
    if (is[i] != ROTE_ROC_APART && !isnan(score[i])) {
      c->point[c->points++] = (point){score[i], wanted ? group[i] : 0, wanted};
      c->wanted += wanted;
      c->others += !wanted;
      c->groups += wanted && c->members[group[i]]++ == 0;
    }
  }
  if (c->points > 1) {
    qsort(c->point, c->points, sizeof *c->point, compare_points);
  }
done:
  return status;
}

/* Points of one score: how many of either kind. */
static size_t end_of_tie(const curve *c, size_t first, size_t *wanted)
{
  size_t end = first;
  *wanted = 0;
  while (end < c->points && c->point[end].score == c->point[first].score) {
    *wanted += c->point[end++].wanted;
  }
  return end;
}

/* Twice the number of pairs in their right order, ties counting once: whole numbers, so exact. Of
 * groups too, into `below`. */
static double count_pairs(curve *c)
{
  double twice = 0;
  size_t others = 0, wanted = 0;
  for (size_t i = 0, end = 0; i < c->points; i = end) {
    end = end_of_tie(c, i, &wanted);
    const size_t equal = end - i - wanted;
    const double below = (double)(2 * others + equal);
    for (size_t k = i; k < end; k++) {
      c->below[c->point[k].group] += c->point[k].wanted ? below : 0;
    }
    twice += below * (double)wanted;
    others += equal;
  }
  return twice;
}

/* Sum over the others of (share of wanted images above them - area)^2. */
static double spread_of_others(const curve *c, double area)
{
  double sum = 0;
  size_t above = c->wanted, wanted = 0;
  for (size_t i = 0, end = 0; i < c->points; i = end) {
    end = end_of_tie(c, i, &wanted);
    above -= wanted;
    const double share = ((double)above + (double)wanted / 2) / (double)c->wanted;
    sum += (double)(end - i - wanted) * (share - area) * (share - area);
  }
  return sum;
}

/* G groups, m wanted images, n others, area A; of the wanted image i the share X_i of others below
 * it, of the other j the share Y_j of wanted ones above it:
 *   variance = G / ((G - 1) m^2) sum over groups of (sum over members of X - A)^2
 *            + 1 / ((n - 1) n) sum of (Y - A)^2 */
static double variance(const curve *c, size_t n, double area)
{
  const double m = (double)c->wanted, others = (double)c->others, groups = (double)c->groups;
  double between = 0;
  for (size_t g = 0; g < n; g++) {
    const double away = c->below[g] / (2 * others) - (double)c->members[g] * area;
    between += away * away;
  }
  return groups / ((groups - 1) * m * m) * between +
         spread_of_others(c, area) / ((others - 1) * others);
}

/* The 0.975 quantile of Student's t: Abramowitz and Stegun 26.7.5 without its last term; 1e-5 short
 * at 20 degrees of freedom, 0.01 at 4, 0.13 at 2. */
static double student(double freedom)
{
  const double z = 1.959963984540054, z2 = z * z, f = freedom;
  return z + z * (z2 + 1) / (4 * f) + z * (z2 * (5 * z2 + 16) + 3) / (96 * f * f) +
         z * (z2 * (z2 * (3 * z2 + 19) + 17) - 15) / (384 * f * f * f);
}

/* Wilson: (p + t^2/2n -+ t sqrt(p (1 - p)/n + t^2/4n^2)) / (1 + t^2/n) of n trials. */
static void bound(double trials, double t, rote_roc_interval *roc)
{
  const double p = roc->area, share = t * t / trials;
  const double middle = p + share / 2;
  const double wide = t * sqrt(p * (1 - p) / trials + share / (4 * trials));
  roc->low = fmax(0, (middle - wide) / (1 + share));
  roc->high = fmin(1, (middle + wide) / (1 + share));
}

rote_status rote_roc_interval_find(size_t n, const double *score, const uint8_t *is,
                                   const uint32_t *group, rote_roc_interval *roc)
{
  rote_status status = ROTE_OK;
  curve c;
  *roc = (rote_roc_interval){NAN, NAN, NAN, NAN};
  ROTE_TRY(enter(n, score, is, group, &c));
  if (c.wanted == 0 || c.others == 0) {
    goto done;
  }
  roc->area = count_pairs(&c) / (2 * (double)c.wanted * (double)c.others);
  if (c.groups < 2 || c.others < 2) {
    goto done;
  }
  const double free_part = roc->area * (1 - roc->area), v = variance(&c, n, roc->area);
  const double fewer = (double)(c.groups < c.others ? c.groups : c.others);
  roc->error = sqrt(v);
  roc->low = roc->high = roc->area; /* all scores are the same */
  if (free_part == 0) {
    bound(fewer, student(fewer - 1), roc);
  } else if (v > 0) {
    bound(free_part / v, student(fewer - 1), roc);
  }
done:
  rote_free(&c.point);
  rote_free(&c.below);
  rote_free(&c.members);
  return status;
}
