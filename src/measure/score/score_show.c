/* The scores in the report: the verdict, the images, the numbers behind the figures. */
#include "score_room.h"

#include "rote/memory.h"
#include "rote/order.h"
#include "rote/rank_score.h"
#include "show.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define STRIP 12 /* images of a strip */

rote_status rote_score_view_read(const rote_told *told, const rote_variant *v, rote_score_view *w)
{
  rote_status status = ROTE_OK;
  *w = (rote_score_view){
      .variant = v, .images = told->train->count, .last = rote_evaluation_count(&v->options) - 1};
  const struct {
    const char *name;
    double **value;
  } array[] = {{"M", &w->m},
               {"M_mean_log", &w->m_mean_log},
               {"U", &w->u},
               {"standard_error", &w->error},
               {"p_value", &w->p},
               {"q_value", &w->q},
               {"significant", &w->significant}};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) {
    ROTE_TRY(rote_alloc(w->images, sizeof(double), array[i].value));
    ROTE_TRY(rote_told_get(told, (rote_range){.first = w->last, .count = 1}, *array[i].value,
                           "%s/score/%s", v->name, array[i].name));
  }
done:
  return status;
}

void rote_score_view_free(rote_score_view *w)
{
  rote_free(&w->m);
  rote_free(&w->m_mean_log);
  rote_free(&w->u);
  rote_free(&w->error);
  rote_free(&w->p);
  rote_free(&w->q);
  rote_free(&w->significant);
}

static void show_strip(const rote_told *told, const rote_score_view *w, const char *which,
                       const size_t *order, size_t count, rote_page *page)
{
  rote_page_strip(page, "%s: %s, each with the training image that is nearest to it",
                  w->variant->name, which);
  for (size_t i = 0; i < count; i++) {
    const size_t image = order[i];
    rote_show_image(told, page, image, "M %.2f nats\np %.2g, q %.2g", w->m[image], w->p[image],
                    w->q[image]);
    rote_page_nearest(page);
  }
}

/* The highest, the middling and the lowest M. */
static rote_status show_images(const rote_told *told, const rote_score_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  size_t *order = NULL;
  size_t n = 0;
  ROTE_TRY(rote_alloc(w->images, sizeof *order, &order));
  for (size_t i = 0; i < w->images; i++) {
    n += isnan(w->m[i]) ? 0 : 1;
  }
  ROTE_TRY(rote_order_largest(w->images, w->m, w->images, order));
  const size_t few = n < STRIP ? n : STRIP;
  show_strip(told, w, "the highest M", order, few, page);
  if (n >= 3 * STRIP) {
    show_strip(told, w, "in the middle", order + n / 2 - STRIP / 2, STRIP, page);
    show_strip(told, w, "the lowest M", order + n - STRIP, STRIP, page);
  }
done:
  rote_free(&order);
  return status;
}

static rote_status judge(const rote_told *told, const rote_score_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &w->variant->options;
  const double least = rote_score_smallest_p(o), n = (double)w->images;
  double found = 0, smallest = 1, high = 0, poor = 0, poor_highest = 0, largest = -INFINITY;
  char few[80];
  const rote_range last = {.first = w->last, .count = 1};
  for (size_t i = 0; i < w->images; i++) {
    found += w->significant[i] == 1;
    smallest = fmin(smallest, w->p[i]);
    largest = isfinite(w->m[i]) ? fmax(largest, w->m[i]) : largest;
  }
  ROTE_TRY(rote_quantile(w->images, w->m, 0.95, &high));
  ROTE_TRY(rote_told_get(told, last, &poor, "%s/health/poor", w->variant->name));
  ROTE_TRY(rote_told_get(told, last, &poor_highest, "%s/health/poor_of_highest", w->variant->name));
  if (!isfinite(high)) {
    rote_page_verdict(page, ROTE_VERDICT_FOUND,
                      "%s: not known. No image has a score: the models diverged or failed.",
                      w->variant->name);
    return ROTE_OK;
  }
  rote_page_verdict(page, ROTE_VERDICT_FOUND,
                    "%s: %.0f of %zu images (%.1f %%) are memorized at 5 %% false discovery, after "
                    "epoch %zu. M goes up to %.1f nats; its 0.95 quantile is %.1f.",
                    w->variant->name, found, w->images, 100 * found / n,
                    rote_evaluation_epoch(o, w->last), largest, high);
  rote_page_verdict(page, ROTE_VERDICT_SURE,
                    "%s: the smallest p is %.2g (this design can give %.2g). %.1f %% of the "
                    "likelihoods are poor estimates, %.1f %% of those of the images with the "
                    "highest M%s.",
                    w->variant->name, smallest, least, 100 * poor, 100 * poor_highest,
                    fmax(poor, poor_highest) > 0.05 ? ": too many to rest on" : "");
  if (least > 0.05) {
    snprintf(few, sizeof few, "no image can be significant");
  } else {
    snprintf(few, sizeof few, "no fewer than %.0f images can be significant",
             ceil(least * n / 0.05));
  }
  if (found == 0 && ceil(least * n / 0.05) > 1) {
    rote_page_warning(page,
                      "%s: with %zu folds and %zu repeats no p is below %.2g, so at 5 %% false "
                      "discovery %s among %zu. More repeats would help (rote plan).",
                      w->variant->name, o->folds.count, o->folds.repeats, least, few, w->images);
  }
done:
  return status;
}

static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_score_view w;
  ROTE_TRY(rote_score_view_read(told, v, &w));
  rote_page_heading(page, "%s, after epoch %zu", v->name,
                    rote_evaluation_epoch(&v->options, w.last));
  ROTE_TRY(judge(told, &w, page));
  ROTE_TRY(show_images(told, &w, page));
  ROTE_TRY(rote_score_draw(told, &w, page));
done:
  rote_score_view_free(&w);
  return status;
}

static void add_methods(const rote_told *told, rote_page *page)
{
  const rote_options *o = &told->study->base;
  char text[1200];
  snprintf(text, sizeof text,
           "In each of %zu repeats the %zu training images were cut at random into %zu folds, and "
           "one model was trained without each fold. The log likelihood of every image was "
           "estimated by importance sampling with %zu samples under %s. The memorization score M "
           "(van den Burg and Williams 2021) is the log of the mean likelihood of an image under "
           "the models trained with it minus that under the models trained without it; M_mean_log "
           "is the difference of the mean log likelihoods, which is zero on average without "
           "memorization. Whether the models trained without an image rank it lower than the "
           "others do was tested exactly, by the distribution of a sum of uniform ranks, and the "
           "p-values of all images were adjusted for false discovery at 5 %% (Benjamini and "
           "Hochberg 1995).",
           o->folds.repeats, told->train->count, o->folds.count, o->evaluation.samples,
           o->evaluation.held_in == 0 ? "every model" : "the model without it and some others");
  rote_page_methods(page, text);
  rote_page_cite(page, "G. J. J. van den Burg and C. K. I. Williams, On Memorization in "
                       "Probabilistic Deep Generative Models, NeurIPS 2021.");
  rote_page_cite(page,
                 "Y. Benjamini and Y. Hochberg, Controlling the False Discovery Rate, Journal "
                 "of the Royal Statistical Society B 57, 1995.");
  rote_page_cite(page, "A. Vehtari, D. Simpson, A. Gelman, Y. Yao and J. Gabry, Pareto Smoothed "
                       "Importance Sampling, Journal of Machine Learning Research 25, 2024.");
}

static bool has_scores(const rote_variant *v)
{
  return rote_options_ask_for(&v->options, "score") && v->options.folds.count > 0 &&
         rote_evaluation_count(&v->options) > 0;
}

rote_status rote_score_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  bool any = false;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (has_scores(v)) {
      if (!any) {
        rote_page_section(page, true, "Memorization");
        rote_page_text(page, "M is how many nats more likely an image is to models that were "
                             "trained on it than to models that were not: near 0, it made no "
                             "difference that the image was there. A small q says that chance does "
                             "not explain it; p is before, q after allowing for the number of "
                             "images that were looked at.");
      }
      any = true;
      ROTE_TRY(show_variant(told, v, page));
    }
  }
  if (any) {
    ROTE_TRY(rote_score_draw_epochs(told, page));
    ROTE_TRY(rote_score_show_comparison(told, page));
    add_methods(told, page);
  }
done:
  return status;
}
