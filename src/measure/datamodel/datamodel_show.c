/* The linear datamodeling score in the report. */
#include "datamodel_room.h"

#include "rote/memory.h"
#include "show.h"
#include "targets.h"
#include "told.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What there is of a variant: S attributions of T targets. */
typedef struct {
  const rote_variant *variant;
  rote_text_list title;
  size_t targets;
  double *mean, *error, *score; /* [S], [S], [S, T] */
  double *models;               /* [T] */
} view;

static rote_status view_read(const rote_told *told, const rote_variant *v, view *w)
{
  rote_status status = ROTE_OK;
  *w = (view){.variant = v, .targets = rote_targets_of_training(&v->options)};
  ROTE_TRY(rote_told_texts(told, &w->title, "%s/datamodel/title", v->name));
  ROTE_TRY(rote_alloc(w->title.count, sizeof *w->mean, &w->mean));
  ROTE_TRY(rote_alloc(w->title.count, sizeof *w->error, &w->error));
  ROTE_TRY(rote_alloc(w->title.count * w->targets, sizeof *w->score, &w->score));
  ROTE_TRY(rote_alloc(w->targets, sizeof *w->models, &w->models));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, w->models, "%s/datamodel/models", v->name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, w->mean, "%s/datamodel/mean", v->name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, w->error, "%s/datamodel/standard_error", v->name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, w->score, "%s/datamodel/score", v->name));
done:
  return status;
}

static void view_free(view *w)
{
  rote_text_list_free(&w->title);
  rote_free(&w->mean);
  rote_free(&w->error);
  rote_free(&w->score);
  rote_free(&w->models);
}

static int compare_numbers(const void *a, const void *b)
{
  const double *p = a, *q = b;
  return (*p > *q) - (*p < *q);
}

/* Scores that there are, in their order. @return their number */
static size_t sort_scores(size_t count, double *score)
{
  size_t n = 0;
  for (size_t t = 0; t < count; t++) {
    if (isfinite(score[t])) {
      score[n++] = score[t];
    }
  }
  qsort(score, n, sizeof *score, compare_numbers);
  return n;
}

static void show_table(const view *w, rote_page *page)
{
  static const char *const title[] = {"attribution", "mean score", "standard error", "targets"};
  char caption[ROTE_NAME_MAX + 96];
  double fewest = (double)INFINITY;
  for (size_t t = 0; t < w->targets; t++) {
    fewest = fmin(fewest, w->models[t]);
  }
  snprintf(caption, sizeof caption,
           "%s: linear datamodeling score, by %.0f leave-out models or more of each target",
           w->variant->name, fewest);
  rote_page_table(page, caption, sizeof title / sizeof *title, title);
  for (size_t s = 0; s < w->title.count; s++) {
    size_t n = 0;
    for (size_t t = 0; t < w->targets; t++) {
      n += isfinite(w->score[s * w->targets + t]) ? 1 : 0;
    }
    rote_page_cell(page, "%s", rote_text_list_get(&w->title, s));
    rote_page_cell(page, isfinite(w->mean[s]) ? "%.3f" : "–", w->mean[s]);
    rote_page_cell(page, isfinite(w->error[s]) ? "%.3f" : "–", w->error[s]);
    rote_page_cell(page, "%zu", n);
  }
}

/* How the targets spread: of each attribution the share of targets up to a score. */
static rote_status draw(view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  char name[ROTE_NAME_MAX + 16], title[ROTE_NAME_MAX + 64];
  double *share = NULL;
  ROTE_TRY(rote_alloc(w->targets, sizeof *share, &share));
  snprintf(name, sizeof name, "datamodel-%s", w->variant->name);
  snprintf(title, sizeof title, "%s: scores of the targets", w->variant->name);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Lines of the share of targets that have at most a "
                                               "linear datamodeling score, one for each "
                                               "attribution: the further right, the better.",
                                        .x = "linear datamodeling score",
                                        .y = "share of the targets"});
  for (size_t s = 0; s < w->title.count; s++) {
    double *score = w->score + s * w->targets;
    const size_t n = sort_scores(w->targets, score);
    for (size_t t = 0; t < n; t++) {
      share[t] = (double)(t + 1) / (double)n;
    }
    rote_page_series(page, ROTE_SERIES_LINE, rote_text_list_get(&w->title, s), n, score, share,
                     NULL, NULL);
  }
done:
  rote_free(&share);
  return status;
}

static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  view w;
  ROTE_TRY(view_read(told, v, &w));
  show_table(&w, page);
  ROTE_TRY(draw(&w, page));
done:
  view_free(&w);
  return status;
}

rote_status rote_datamodel_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Is that influence true?");
  rote_page_text(page, "Every leave-out model is an experiment: what it was trained without should "
                       "lower the likelihood of a target by the influence that those images are "
                       "said to have. A score of 1 says that the influences put the models in "
                       "their true order, 0 that they know nothing; a method is worth its cost if "
                       "it does better than the two that know no model, the pixels' leverage and "
                       "distance.");
  bool all = true;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_datamodel, &v->options)) {
      const bool there = rote_told_has(told, "%s/datamodel/mean", v->name);
      ROTE_TRY(there ? show_variant(told, v, page) : ROTE_OK);
      all = all && there;
    }
  }
  ROTE_TRY(all ? ROTE_OK : rote_show_told(told, rote_datamodel_tell, page)); /* says why */
  rote_page_cite(page, "S. M. Park, K. Georgiev, A. Ilyas, G. Leclerc and A. Madry, TRAK: "
                       "Attributing Model Behavior at Scale, ICML 2023.");
done:
  return status;
}
