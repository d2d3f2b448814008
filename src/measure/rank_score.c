#include "rote/rank_score.h"

#include "rote/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SIGNIFICANCE 0.05

rote_status rote_rank_score_create(size_t count, rote_rank_score **out)
{
  rote_status status = ROTE_OK;
  rote_rank_score *s = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->count = count;
  double **const array[] = {&s->mean_difference, &s->standard_error, &s->p_value, &s->q_value};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) {
    ROTE_TRY(rote_alloc(count, sizeof(double), array[i]));
  }
  ROTE_TRY(rote_alloc(count, sizeof *s->significant, &s->significant));
  *out = s;
  s = NULL;
done:
  rote_rank_score_destroy(&s);
  return status;
}

void rote_rank_score_destroy(rote_rank_score **score)
{
  if (*score != NULL) {
    rote_free(&(*score)->mean_difference);
    rote_free(&(*score)->standard_error);
    rote_free(&(*score)->p_value);
    rote_free(&(*score)->q_value);
    rote_free(&(*score)->significant);
    rote_free(score);
  }
}

size_t rote_design_held_in(const rote_design *d)
{
  return d->held_in > 0 ? d->held_in : d->folds - 1;
}

/* The values of one image. */
typedef struct {
  size_t repeats, folds, held_in;
  double *value;      /* [R, K] */
  uint16_t *held_out; /* [R] fold in which it is held out */
} column;

/* Mean of the models trained without the image, or of those trained with it.
 * @param[out] count  models that are there */
static double mean_of(const column *c, bool held_out, size_t *count)
{
  double sum = 0;
  *count = 0;
  for (size_t r = 0; r < c->repeats; r++) {
    for (size_t k = 0; k < c->folds; k++) {
      const double x = c->value[r * c->folds + k];
      if ((k == c->held_out[r]) == held_out && !isnan(x)) {
        sum += x;
        (*count)++;
      }
    }
  }
  return sum / (double)*count;
}

/* What the complete repeats of an image say. */
typedef struct {
  size_t repeats;          /* complete ones */
  size_t doubled_rank_sum; /* sum of 2 t_r; mid-ranks of ties are halves */
  double standard_error;
} repeat_summary;

/* One repeat. @return false if a model that was asked is missing */
static bool examine_repeat(const column *c, size_t r, size_t *doubled_rank, double *difference)
{
  const size_t out = c->held_out[r];
  const double without = c->value[r * c->folds + out];
  double with = 0;
  size_t above = 0, equal = 0, others = 0;
  for (size_t k = 0; k < c->folds; k++) {
    const double x = c->value[r * c->folds + k];
    if (k != out && !isnan(x)) {
      with += x;
      above += x > without;
      equal += x == without;
      others++;
    }
  }
  *doubled_rank = 2 + 2 * above + equal;
  *difference = with / (double)c->held_in - without;
  return !isnan(without) && others == c->held_in;
}

/* All repeats weigh the same, so the mean difference is the mean of the repeats' differences d, and
 * its delete-one-repeat jackknife is sqrt(sum (d - mean d)^2 / (R (R - 1))). */
static repeat_summary examine_repeats(const column *c, double *difference)
{
  repeat_summary s = {.standard_error = NAN};
  double mean = 0, squares = 0;
  for (size_t r = 0; r < c->repeats; r++) {
    size_t doubled_rank = 0;
    if (examine_repeat(c, r, &doubled_rank, &difference[s.repeats])) {
      s.doubled_rank_sum += doubled_rank;
      mean += difference[s.repeats];
      s.repeats++;
    }
  }
  if (s.repeats >= 2) {
    mean /= (double)s.repeats;
    for (size_t r = 0; r < s.repeats; r++) {
      squares += (difference[r] - mean) * (difference[r] - mean);
    }
    s.standard_error = sqrt(squares / ((double)s.repeats * (double)(s.repeats - 1)));
  }
  return s;
}

/* @param[in,out] tail  [R + 1] tables of the rank test, made when first needed */
static rote_status score_image(const column *c, size_t i, double *difference, double **tail,
                               rote_rank_score *score)
{
  rote_status status = ROTE_OK;
  size_t count_with = 0, count_without = 0;
  const double with = mean_of(c, false, &count_with), without = mean_of(c, true, &count_without);
  if (count_with == 0 || count_without == 0) {
    score->mean_difference[i] = NAN;
    score->standard_error[i] = NAN;
    score->p_value[i] = 1;
    return ROTE_OK;
  }
  const repeat_summary s = examine_repeats(c, difference);
  if (tail[s.repeats] == NULL) {
    const size_t ranks = c->held_in + 1;
    ROTE_TRY(rote_alloc(s.repeats * ranks + 2, sizeof **tail, &tail[s.repeats]));
    ROTE_TRY(rote_rank_sum_tail(s.repeats, ranks, tail[s.repeats]));
  }
  score->mean_difference[i] = with - without;
  score->standard_error[i] = s.standard_error;
  score->p_value[i] = tail[s.repeats][s.doubled_rank_sum / 2];
done:
  return status;
}

/* Values as the caller has them, [R, K, N]: one of the two. */
typedef struct {
  const float *single;
  const double *precise;
} values;

static rote_status compute(const rote_design *d, values from, rote_rank_score *score)
{
  rote_status status = ROTE_OK;
  const size_t repeats = d->repeats, folds = d->folds, images = d->images;
  column c = {.repeats = repeats, .folds = folds, .held_in = rote_design_held_in(d)};
  double **tail = NULL;
  double *difference = NULL;

  if (folds < 2 || repeats < 1 || c.held_in >= folds || score->count != images) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL,
                       "no score from %zu folds, %zu repeats, %zu held in, %zu images for %zu",
                       folds, repeats, c.held_in, images, score->count));
  }
  ROTE_TRY(rote_alloc(repeats * folds, sizeof *c.value, &c.value));
  ROTE_TRY(rote_alloc(repeats, sizeof *c.held_out, &c.held_out));
  ROTE_TRY(rote_alloc(repeats + 1, sizeof *tail, &tail));
  ROTE_TRY(rote_alloc(repeats, sizeof *difference, &difference));
  for (size_t i = 0; i < images; i++) {
    for (size_t j = 0; j < repeats * folds; j++) {
      c.value[j] =
          from.single != NULL ? (double)from.single[j * images + i] : from.precise[j * images + i];
    }
    for (size_t r = 0; r < repeats; r++) {
      c.held_out[r] = d->fold[r * images + i];
    }
    ROTE_TRY(score_image(&c, i, difference, tail, score));
  }
  ROTE_TRY(rote_q_values(images, score->p_value, score->q_value));
  for (size_t i = 0; i < images; i++) {
    score->significant[i] = score->q_value[i] <= SIGNIFICANCE;
  }

done:
  for (size_t r = 0; tail != NULL && r <= repeats; r++) {
    rote_free(&tail[r]);
  }
  rote_free(&tail);
  rote_free(&difference);
  rote_free(&c.held_out);
  rote_free(&c.value);
  return status;
}

rote_status rote_rank_score_compute(const rote_design *design, const float *value,
                                    rote_rank_score *score)
{
  return compute(design, (values){.single = value}, score);
}

rote_status rote_rank_score_compute_double(const rote_design *design, const double *value,
                                           rote_rank_score *score)
{
  return compute(design, (values){.precise = value}, score);
}

rote_status rote_rank_sum_tail(size_t repeats, size_t folds, double *tail)
{
  rote_status status = ROTE_OK;
  const size_t n = repeats * folds + 1; /* sums 0..R K */
  const double share = 1.0 / (double)folds;
  double *next = NULL;

  ROTE_TRY(rote_alloc(n, sizeof *next, &next));
  memset(tail, 0, (n + 1) * sizeof *tail);
  tail[0] = 1;
  /* First the probabilities of the sums. Only positive terms are added, so the smallest stay
   * accurate. */
  for (size_t r = 0; r < repeats; r++) {
    memset(next, 0, n * sizeof *next);
    for (size_t s = r; s <= r * folds; s++) {
      for (size_t t = 1; t <= folds; t++) {
        next[s + t] += tail[s] * share;
      }
    }
    memcpy(tail, next, n * sizeof *next);
  }
  for (size_t s = n - 1; s-- > 0;) {
    tail[s] = s <= repeats ? 1 : tail[s] + tail[s + 1];
  }
done:
  rote_free(&next);
  return status;
}

typedef struct {
  double value;
  size_t index;
} indexed;

static int compare_indexed(const void *a, const void *b)
{
  const indexed *x = a, *y = b;
  if (x->value != y->value) {
    return x->value < y->value ? -1 : 1;
  }
  return x->index < y->index ? -1 : x->index > y->index;
}

rote_status rote_q_values(size_t n, const double *p, double *q)
{
  rote_status status = ROTE_OK;
  indexed *sorted = NULL;
  double least = 1;

  ROTE_TRY(rote_alloc(n, sizeof *sorted, &sorted));
  for (size_t i = 0; i < n; i++) {
    sorted[i] = (indexed){.value = p[i], .index = i};
  }
  qsort(sorted, n, sizeof *sorted, compare_indexed);
  for (size_t i = n; i-- > 0;) {
    const double adjusted = sorted[i].value * (double)n / (double)(i + 1);
    least = adjusted < least ? adjusted : least;
    q[sorted[i].index] = least;
  }
done:
  rote_free(&sorted);
  return status;
}

static int compare_doubles(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

rote_status rote_quantile(size_t n, const double *x, double probability, double *out)
{
  rote_status status = ROTE_OK;
  double *sorted = NULL;
  size_t count = 0;

  *out = NAN;
  if (!(probability >= 0 && probability <= 1)) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "the quantile of probability %g was asked for", probability));
  }
  ROTE_TRY(rote_alloc(n, sizeof *sorted, &sorted));
  for (size_t i = 0; i < n; i++) {
    if (isfinite(x[i])) {
      sorted[count++] = x[i];
    }
  }
  if (count > 0) {
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    const double at = probability * (double)(count - 1);
    const size_t low = (size_t)at;
    const double a = sorted[low], b = sorted[low + 1 < count ? low + 1 : low];
    *out = a + (b - a) * (at - (double)low);
  }
done:
  rote_free(&sorted);
  return status;
}
