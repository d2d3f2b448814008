/* What the scores say together, as text. */
#include "agreement_room.h"

#include "rote/memory.h"
#include "rote/rank_score.h"
#include "told.h"

#include <math.h>
#include <string.h>

/* What is looked at of a variant: the last evaluated epoch. */
typedef struct {
  const rote_told *told;
  const char *variant;
  size_t images, last, count; /* N, V - 1, S */
  rote_text_list title;
  double *spearman, *low, *high; /* [S, S] */
} view;

static rote_status get(const view *w, const char *name, double *values)
{
  return rote_told_get(w->told, (rote_range){.first = w->last, .count = 1}, values, "%s/%s",
                       w->variant, name);
}

static bool has(const view *w, const char *name)
{
  return rote_told_has(w->told, "%s/%s", w->variant, name);
}

/* The score of this role, if the variant has it; NULL. */
static const rote_image_score *score_of(const view *w, rote_score_role role)
{
  const rote_image_score *s = NULL, *found = NULL;
  const rote_measure *m = NULL;
  char path[ROTE_PATH_MAX];
  for (size_t i = 0; (s = rote_image_score_at(i, &m)) != NULL; i++) {
    const bool there = rote_image_score_path(path, m, s, w->variant) == ROTE_OK &&
                       rote_study_reader_has(w->told->reader, path);
    found = s->role == role && there ? s : found;
  }
  return found;
}

static void tell_correlation(const view *w, size_t at, const char *title, rote_lines *lines)
{
  if (isfinite(w->spearman[at])) {
    rote_lines_add(lines, "    %-34s %5.2f  (%.2f to %.2f)\n", title, w->spearman[at], w->low[at],
                   w->high[at]);
  } else {
    rote_lines_add(lines, "    %-34s    -\n", title);
  }
}

/* Of the memorization score with all others; where there is none, of the first. */
static void tell_correlations(const view *w, rote_lines *lines)
{
  const rote_image_score *score = score_of(w, ROTE_SCORE_MEAN);
  size_t of = 0;
  for (size_t s = 0; score != NULL && s < w->count; s++) {
    of = strcmp(rote_text_list_get(&w->title, s), score->title) == 0 ? s : of;
  }
  if (w->count < 2) {
    rote_lines_add(lines, "  nothing: there is one score\n");
    return;
  }
  rote_lines_add(lines, "  Spearman of %s with (95 %% interval)\n",
                 rote_text_list_get(&w->title, of));
  for (size_t s = 0; s < w->count; s++) {
    if (s != of) {
      tell_correlation(w, of * w->count + s, rote_text_list_get(&w->title, s), lines);
    }
  }
}

/* Share of the images of the highest M whose log p is not among the 5 % at either end. */
static rote_status tell_typicality(const view *w, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double *m = NULL, *typicality = NULL, high = 0;
  size_t memorized = 0, central = 0;
  const rote_image_score *published = score_of(w, ROTE_SCORE_PUBLISHED);
  if (!has(w, "agreement/typicality") || published == NULL) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_alloc(w->images, sizeof *m, &m));
  ROTE_TRY(rote_alloc(w->images, sizeof *typicality, &typicality));
  ROTE_TRY(get(w, published->array, m));
  ROTE_TRY(get(w, "agreement/typicality", typicality));
  ROTE_TRY(rote_quantile(w->images, m, 1 - ROTE_AGREEMENT_HIGH, &high));
  for (size_t i = 0; i < w->images; i++) {
    memorized += m[i] > high;
    central += m[i] > high && typicality[i] >= 0.05 && typicality[i] <= 0.95;
  }
  if (memorized > 0) {
    rote_lines_add(
        lines, "  Of the %zu images of the highest M %.0f %% lie in the central 90 %% of log p.\n",
        memorized, 100 * (double)central / (double)memorized);
  }
done:
  rote_free(&m);
  rote_free(&typicality);
  return status;
}

static rote_status tell_bits(const view *w, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double bits = 0;
  if (has(w, "agreement/bits_per_parameter")) {
    ROTE_TRY(get(w, "agreement/bits_per_parameter", &bits));
    rote_lines_add(lines, "  All positive M together are %.3g bits a parameter of a model.\n",
                   bits);
  }
done:
  return status;
}

bool rote_agreement_explained(size_t images, const double *expected, const double *excess,
                              double *share, size_t *best)
{
  double mean = 0, n = 0, all = 0, left = 0;
  *best = 0;
  for (size_t i = 0; i < images; i++) {
    mean += isfinite(excess[i]) ? expected[i] + excess[i] : 0;
    n += isfinite(excess[i]) ? 1 : 0;
    *best = !isfinite(excess[*best]) || excess[i] > excess[*best] ? i : *best;
  }
  mean /= n;
  for (size_t i = 0; i < images; i++) {
    const double away = expected[i] + excess[i] - mean;
    all += isfinite(away) ? away * away : 0;
    left += isfinite(away) ? excess[i] * excess[i] : 0;
  }
  *share = 1 - left / all;
  return n > 0 && all > 0;
}

/* How much of M_mean_log leverage explains, and who has the highest excess. */
static rote_status tell_excess(const view *w, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double *expected = NULL, *excess = NULL, share = 0;
  size_t best = 0;
  if (!has(w, "agreement/M_excess")) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_alloc(w->images, sizeof *expected, &expected));
  ROTE_TRY(rote_alloc(w->images, sizeof *excess, &excess));
  ROTE_TRY(get(w, "agreement/M_expected", expected));
  ROTE_TRY(get(w, "agreement/M_excess", excess));
  if (rote_agreement_explained(w->images, expected, excess, &share, &best)) {
    rote_lines_add(lines,
                   "  Leverage explains %.0f %% of the variance of M_mean_log; the highest excess "
                   "over it is %.1f nats, of #%zu.\n",
                   100 * share, excess[best], best);
  }
done:
  rote_free(&expected);
  rote_free(&excess);
  return status;
}

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t epochs = rote_evaluation_count(&v->options);
  view w = {.told = told,
            .variant = v->name,
            .images = told->train->count,
            .last = epochs > 0 ? epochs - 1 : 0};
  if (!has(&w, "agreement/title")) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_told_texts(told, &w.title, "%s/agreement/title", v->name));
  w.count = w.title.count;
  double **const pairs[] = {&w.spearman, &w.low, &w.high};
  static const char *const name[] = {"agreement/spearman", "agreement/spearman_low",
                                     "agreement/spearman_high"};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    ROTE_TRY(rote_alloc(w.count * w.count, sizeof **pairs[i], pairs[i]));
    ROTE_TRY(get(&w, name[i], *pairs[i]));
  }
  rote_lines_add(lines, "\n%s: what the scores say together\n", v->name);
  tell_correlations(&w, lines);
  ROTE_TRY(tell_typicality(&w, lines));
  ROTE_TRY(tell_excess(&w, lines));
  ROTE_TRY(tell_bits(&w, lines));
done:
  rote_text_list_free(&w.title);
  rote_free(&w.spearman);
  rote_free(&w.low);
  rote_free(&w.high);
  return status;
}

rote_status rote_agreement_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t v = 0; v < told->study->variant_count; v++) {
    ROTE_TRY(tell_variant(told, &told->study->variant[v], lines));
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
