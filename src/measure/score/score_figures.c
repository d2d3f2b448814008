/* The scores as figures. */
#include "score_room.h"

#include "histogram.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/rank_score.h"
#include "rote/score.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define BARS 60
#define P_BARS 20
#define POINTS 1500 /* of a scatter, about, beside those that are marked */

/* A figure of one variant. */
static void begin(const rote_score_view *w, const char *name, const rote_figure *figure,
                  rote_page *page)
{
  char file[ROTE_NAME_MAX + 32], title[ROTE_NAME_MAX + 96];
  rote_figure one = *figure;
  snprintf(file, sizeof file, "%s-%s", name, w->variant->name);
  snprintf(title, sizeof title, "%s: %s", w->variant->name, figure->title);
  one.name = file;
  one.title = title;
  rote_page_figure(page, &one);
}

static void mark(rote_page *page, const char *name, double x)
{
  const double zero = 0;
  rote_page_series(page, ROTE_SERIES_MARK, name, 1, &x, &zero, NULL, NULL);
}

/* The M that an image would get from one of its held-in models in the place of the one without it,
 * which is left away: what is there without any memorization. (Derived: all models that remain have
 * seen the image, so they differ by their training alone.)
 * @param[out] m [N]; NaN where the design does not give it */
static rote_status read_null(const rote_told *told, const rote_score_view *w, double *m)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &w->variant->options;
  const size_t R = o->folds.repeats, K = o->folds.count, N = w->images;
  double *log_px = NULL, *fold = NULL;
  uint16_t *other = NULL;
  rote_score *score = NULL;
  ROTE_TRY(rote_alloc(R * K * N, sizeof *log_px, &log_px));
  ROTE_TRY(rote_alloc(R * N, sizeof *fold, &fold));
  ROTE_TRY(rote_alloc(R * N, sizeof *other, &other));
  ROTE_TRY(rote_score_create(N, &score));
  ROTE_TRY(rote_told_get(told, (rote_range){.first = w->last, .count = 1}, log_px, "%s/log_px",
                         w->variant->name));
  ROTE_TRY(rote_study_reader_get(told->reader, "fold", ROTE_ALL, fold));
  for (size_t r = 0; r < R; r++) {
    for (size_t i = 0; i < N; i++) {
      const size_t k = (size_t)fold[r * N + i];
      log_px[(r * K + k) * N + i] = (double)NAN;
      other[r * N + i] = (uint16_t)((k + 1) % K);
    }
  }
  const rote_design design = {
      .repeats = R, .folds = K, .images = N, .held_in = K - 2, .fold = other};
  ROTE_TRY(rote_score_compute_double(&design, log_px, score));
  for (size_t i = 0; i < N; i++) {
    m[i] = score->m[i];
  }
done:
  rote_free(&log_px);
  rote_free(&fold);
  rote_free(&other);
  rote_score_destroy(&score);
  return status;
}

static rote_status draw_scores(const rote_told *told, const rote_score_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &w->variant->options;
  const rote_histogram h = rote_histogram_over(w->images, w->m, BARS);
  double count[BARS], median = 0, high = 0, *null = NULL;
  ROTE_TRY(rote_quantile(w->images, w->m, 0.5, &median));
  ROTE_TRY(rote_quantile(w->images, w->m, 0.95, &high));
  begin(w, "M",
        &(rote_figure){.title = "M of all images",
                       .alt = "Histogram of the memorization score M on a logarithmic scale, with "
                              "its median and 0.95 quantile; a line shows what would be expected "
                              "if nothing were memorized.",
                       .x = "M (nats)",
                       .y = "images",
                       .scale = ROTE_SCALE_COUNTS},
        page);
  rote_histogram_count(&h, w->images, w->m, count);
  rote_histogram_show(page, &h, ROTE_SERIES_BARS, "M", count);
  if (o->folds.count >= 3 && o->evaluation.held_in == 0) {
    ROTE_TRY(rote_alloc(w->images, sizeof *null, &null));
    ROTE_TRY(read_null(told, w, null));
    rote_histogram_count(&h, w->images, null, count);
    rote_histogram_show(page, &h, ROTE_SERIES_LINE, "no memorization", count);
  }
  mark(page, "median", median);
  mark(page, "0.95", high);
done:
  rote_free(&null);
  return status;
}

static rote_status draw_log_p(const rote_score_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_histogram h = rote_histogram_over(w->images, w->u, BARS);
  double count[BARS], high = 0, *marked = NULL;
  ROTE_TRY(rote_alloc(w->images, sizeof *marked, &marked));
  ROTE_TRY(rote_quantile(w->images, w->m, 0.95, &high));
  for (size_t i = 0; i < w->images; i++) {
    marked[i] = w->m[i] > high ? w->u[i] : (double)NAN;
  }
  begin(w, "log-p",
        &(rote_figure){.title = "how likely the images are, and which are memorized",
                       .alt = "Histogram of the log likelihood of all images, and of the 5 % with "
                              "the highest M among them.",
                       .x = "log p under models trained with the image (nats)",
                       .y = "images",
                       .scale = ROTE_SCALE_COUNTS},
        page);
  rote_histogram_count(&h, w->images, w->u, count);
  rote_histogram_show(page, &h, ROTE_SERIES_BARS, "all images", count);
  rote_histogram_count(&h, w->images, marked, count);
  rote_histogram_show(page, &h, ROTE_SERIES_BARS, "the 5 % of the highest M", count);
done:
  rote_free(&marked);
  return status;
}

/* All images that are asked for, or every `step`-th of them. */
static rote_status add_points(const rote_score_view *w, bool significant, size_t most,
                              const char *name, rote_page *page)
{
  rote_status status = ROTE_OK;
  double *x = NULL, *y = NULL;
  size_t all = 0, seen = 0, n = 0;
  for (size_t i = 0; i < w->images; i++) {
    all += (w->significant[i] == 1) == significant;
  }
  const size_t step = all / most + 1;
  ROTE_TRY(rote_alloc(all, sizeof *x, &x));
  ROTE_TRY(rote_alloc(all, sizeof *y, &y));
  for (size_t i = 0; i < w->images; i++) {
    if ((w->significant[i] == 1) == significant && seen++ % step == 0) {
      x[n] = w->u[i];
      y[n++] = w->m[i];
    }
  }
  if (n > 0) {
    rote_page_series(page, ROTE_SERIES_POINTS, name, n, x, y, NULL, NULL);
  }
done:
  rote_free(&x);
  rote_free(&y);
  return status;
}

static rote_status draw_scatter(const rote_score_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  begin(w, "M-log-p",
        &(rote_figure){.title = "M against how likely the image is",
                       .alt = "Points: M of images against their log likelihood; significant "
                              "images have another colour. Of many images some are drawn.",
                       .x = "log p under models trained with the image (nats)",
                       .y = "M (nats)"},
        page);
  ROTE_TRY(add_points(w, false, POINTS, "not significant", page));
  ROTE_TRY(add_points(w, true, POINTS, "significant", page));
done:
  return status;
}

/* p-values, and what they would be without memorization: every sum of ranks by its probability. */
static rote_status draw_p_values(const rote_score_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &w->variant->options;
  const size_t R = o->folds.repeats,
               ranks = o->evaluation.held_in > 0 ? o->evaluation.held_in + 1 : o->folds.count;
  const rote_histogram h = {.bars = P_BARS, .low = 0, .high = 1};
  double count[P_BARS], *tail = NULL;
  begin(w, "p",
        &(rote_figure){.title = "p-values",
                       .alt = "Histogram of the p-values, with points at what is expected if "
                              "nothing were memorized. An excess at the left are memorized images.",
                       .x = "p",
                       .y = "images"},
        page);
  rote_histogram_count(&h, w->images, w->p, count);
  rote_histogram_show(page, &h, ROTE_SERIES_BARS, "p", count);
  ROTE_TRY(rote_alloc(R * ranks + 2, sizeof *tail, &tail));
  ROTE_TRY(rote_rank_sum_tail(R, ranks, tail));
  for (size_t b = 0; b < P_BARS; b++) {
    count[b] = 0;
  }
  for (size_t s = R; s <= R * ranks; s++) {
    const size_t b = (size_t)(tail[s] * P_BARS);
    count[b < P_BARS ? b : P_BARS - 1] += (tail[s] - tail[s + 1]) * (double)w->images;
  }
  rote_histogram_show(page, &h, ROTE_SERIES_POINTS, "no memorization", count);
done:
  rote_free(&tail);
  return status;
}

rote_status rote_score_draw(const rote_told *told, const rote_score_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(draw_scores(told, w, page));
  ROTE_TRY(draw_log_p(w, page));
  ROTE_TRY(draw_scatter(w, page));
  ROTE_TRY(draw_p_values(w, page));
done:
  return status;
}

/* Quantiles of M at every evaluated epoch. */
static rote_status draw_quantiles(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t epochs = rote_evaluation_count(&v->options), n = told->train->count;
  char path[ROTE_PATH_MAX];
  double *m = NULL, *at = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *m, &m));
  ROTE_TRY(rote_alloc(4 * epochs, sizeof *at, &at));
  double *x = at, *high = at + epochs, *median = at + 2 * epochs, *highest = at + 3 * epochs;
  ROTE_TRY(rote_path(path, "%s/score/M", v->name));
  for (size_t e = 0; e < epochs; e++) {
    ROTE_TRY(rote_study_reader_get(told->reader, path, (rote_range){.first = e, .count = 1}, m));
    x[e] = (double)rote_evaluation_epoch(&v->options, e);
    ROTE_TRY(rote_quantile(n, m, 0.5, &median[e]));
    ROTE_TRY(rote_quantile(n, m, 0.95, &high[e]));
    ROTE_TRY(rote_quantile(n, m, 0.99, &highest[e]));
  }
  rote_page_series(page, ROTE_SERIES_BAND, v->name, epochs, x, high, median, highest);
done:
  rote_free(&m);
  rote_free(&at);
  return status;
}

static rote_status draw_health(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t epochs = rote_evaluation_count(&v->options);
  double *at = NULL;
  ROTE_TRY(rote_alloc(2 * epochs, sizeof *at, &at));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, at + epochs, "%s/health/poor", v->name));
  for (size_t e = 0; e < epochs; e++) {
    at[e] = (double)rote_evaluation_epoch(&v->options, e);
    at[epochs + e] *= 100;
  }
  rote_page_series(page, ROTE_SERIES_LINE, v->name, epochs, at, at + epochs, NULL, NULL);
done:
  rote_free(&at);
  return status;
}

rote_status rote_score_draw_epochs(const rote_told *told, rote_page *page)
{
  static const rote_figure quantiles = {
      .name = "M-quantiles",
      .title = "M over the training",
      .alt = "For every variant a line of the 0.95 quantile of M against the epoch, in a band from "
             "the median to the 0.99 quantile.",
      .x = "epoch",
      .y = "M (nats)"};
  static const rote_figure health = {
      .name = "health",
      .title = "Poor estimates of likelihoods",
      .alt = "For every variant a line of the share of likelihoods that are poor estimates against "
             "the epoch.",
      .x = "epoch",
      .y = "poor estimates (%)"};
  rote_status status = ROTE_OK;
  for (size_t figure = 0; figure < 2; figure++) {
    if (figure == 0) {
      rote_page_heading(page, "All variants");
      rote_page_text(page,
                     "The line is the 0.95 quantile of M, the band reaches from its median to "
                     "the 0.99 quantile. An estimate is poor that rests on fewer than 3 "
                     "effective samples or on weights with a Pareto k above 0.7; above 5 %% "
                     "the scores are not to be trusted.");
    }
    rote_page_figure(page, figure == 0 ? &quantiles : &health);
    for (size_t i = 0; i < told->study->variant_count; i++) {
      const rote_variant *v = &told->study->variant[i];
      if (rote_options_ask_for(&v->options, "score") && v->options.folds.count > 0) {
        ROTE_TRY(figure == 0 ? draw_quantiles(told, v, page) : draw_health(told, v, page));
      }
    }
  }
done:
  return status;
}
