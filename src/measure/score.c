#include "rote/score.h"

#include "rote/memory.h"

#include <math.h>
#include <stdbool.h>

rote_status rote_score_create(size_t count, rote_score **out)
{
  rote_status status = ROTE_OK;
  rote_score *s = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->count = count;
  double **const array[] = {&s->u,       &s->v,      &s->m, &s->m_mean_log, &s->standard_error,
                            &s->p_value, &s->q_value};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) {
    ROTE_TRY(rote_alloc(count, sizeof(double), array[i]));
  }
  ROTE_TRY(rote_alloc(count, sizeof *s->significant, &s->significant));
  *out = s;
  s = NULL;
done:
  rote_score_destroy(&s);
  return status;
}

void rote_score_destroy(rote_score **score)
{
  rote_score *s = *score;
  if (s != NULL) {
    rote_free(&s->u);
    rote_free(&s->v);
    rote_free(&s->m);
    rote_free(&s->m_mean_log);
    rote_free(&s->standard_error);
    rote_free(&s->p_value);
    rote_free(&s->q_value);
    rote_free(&s->significant);
    rote_free(score);
  }
}

/* Log likelihoods as the caller has them, [R, K, N]: one of the two. */
typedef struct {
  const rote_design *design;
  const float *single;
  const double *precise;
} likelihoods;

/* @return false if model (r, k) is missing or not of the side: the models trained without the
 * image, or those trained with it */
static bool look_up(const likelihoods *l, size_t i, bool held_out, size_t r, size_t k, double *x)
{
  const rote_design *d = l->design;
  const size_t at = (r * d->folds + k) * d->images + i;
  *x = l->single != NULL ? (double)l->single[at] : l->precise[at];
  return (k == d->fold[r * d->images + i]) == held_out && !isnan(*x);
}

/* Log of the mean likelihood of one side; NaN if no model is there. */
static double log_mean(const likelihoods *l, size_t i, bool held_out)
{
  double largest = -INFINITY, scaled = 0, x;
  size_t count = 0;
  for (size_t r = 0; r < l->design->repeats; r++) {
    for (size_t k = 0; k < l->design->folds; k++) {
      if (look_up(l, i, held_out, r, k, &x)) {
        largest = x > largest ? x : largest;
        count++;
      }
    }
  }
  if (isinf(largest)) { /* nothing there, or likelihoods of 0 alone */
    return count > 0 ? largest : (double)NAN;
  }
  for (size_t r = 0; r < l->design->repeats; r++) {
    for (size_t k = 0; k < l->design->folds; k++) {
      if (look_up(l, i, held_out, r, k, &x)) {
        scaled += exp(x - largest);
      }
    }
  }
  return largest + log(scaled / (double)count);
}

static rote_status compute(const likelihoods *l, rote_score *score)
{
  rote_status status = ROTE_OK;
  rote_rank_score ranks = {.count = score->count,
                           .mean_difference = score->m_mean_log,
                           .standard_error = score->standard_error,
                           .p_value = score->p_value,
                           .q_value = score->q_value,
                           .significant = score->significant};
  ROTE_TRY(l->single != NULL ? rote_rank_score_compute(l->design, l->single, &ranks)
                             : rote_rank_score_compute_double(l->design, l->precise, &ranks));
  for (size_t i = 0; i < l->design->images; i++) {
    const double u = log_mean(l, i, false), v = log_mean(l, i, true);
    const bool both = !isnan(u) && !isnan(v);
    score->u[i] = both ? u : (double)NAN;
    score->v[i] = both ? v : (double)NAN;
    score->m[i] = score->u[i] - score->v[i];
  }
done:
  return status;
}

rote_status rote_score_compute(const rote_design *design, const float *log_px, rote_score *score)
{
  return compute(&(likelihoods){.design = design, .single = log_px}, score);
}

rote_status rote_score_compute_double(const rote_design *design, const double *log_px,
                                      rote_score *score)
{
  return compute(&(likelihoods){.design = design, .precise = log_px}, score);
}
