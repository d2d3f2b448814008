/* Planted images in the report: which scores know them, and how it goes with the number of copies.
 */
#include "plants_room.h"

#include "rote/memory.h"
#include "rote/order.h"
#include "show.h"
#include "told.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DRAWN ((size_t)5) /* scores of a figure */
#define STRIP ((size_t)4) /* images of a kind */
#define Z95 1.96          /* standard errors in half of a 95 % interval */

static void show_areas(const rote_plants_view *w, rote_page *page)
{
  char title[1 + ROTE_PLANT_KINDS][64], caption[ROTE_NAME_MAX + 96];
  const char *column[1 + ROTE_PLANT_KINDS] = {"score"};
  for (size_t k = 0; k < w->kinds; k++) {
    snprintf(title[k], sizeof title[k], "%.0f %s", w->images[k], rote_plants_word(w->kind[k]));
    column[1 + k] = title[k];
  }
  snprintf(caption, sizeof caption, "%s: area under the ROC curve, with its 95 %% interval",
           w->variant->name);
  rote_page_table(page, caption, 1 + w->kinds, column);
  for (size_t s = 0; s < w->title.count; s++) {
    rote_page_cell(page, "%s", rote_text_list_get(&w->title, s));
    for (size_t k = 0; k < w->kinds; k++) {
      const size_t at = s * w->kinds + k;
      if (isfinite(w->low[at])) {
        rote_page_cell(page, "%.2f (%.2f to %.2f)", w->area[at], w->low[at], w->high[at]);
      } else if (isfinite(w->area[at])) {
        rote_page_cell(page, "%.2f", w->area[at]);
      } else {
        rote_page_cell(page, "–");
      }
    }
  }
}

/* 2: it says what was memorized; 1: it is of models; 0: of the images alone. */
static double rank_of(const rote_plants_view *w, const char *title)
{
  double rank = 0;
  const rote_measure *m = NULL;
  const rote_image_score *s = NULL;
  for (size_t i = 0; (s = rote_image_score_at(i, &m)) != NULL; i++) {
    if (strcmp(s->title, title) == 0 && m->subject != ROTE_OF_DATA &&
        rote_told_has(w->told, "%s/%s", w->variant->name, s->array)) {
      rank = s->role == ROTE_SCORE_PUBLISHED || s->role == ROTE_SCORE_MEAN ? 2 : 1;
    }
  }
  return rank;
}

/* Scores of a figure: what says what was memorized, then what models know best of the first
 * kind.
 * @param[out] order  [count] @param[out] count  at most DRAWN */
static rote_status choose_scores(const rote_plants_view *w, size_t *count, size_t *order)
{
  rote_status status = ROTE_OK;
  double *worth = NULL;
  *count = w->title.count < DRAWN ? w->title.count : DRAWN;
  ROTE_TRY(rote_alloc(w->title.count, sizeof *worth, &worth));
  for (size_t s = 0; s < w->title.count; s++) {
    const double away = fabs(w->area[s * w->kinds] - 0.5);
    worth[s] = rank_of(w, rote_text_list_get(&w->title, s)) + (isfinite(away) ? away : 0);
  }
  ROTE_TRY(rote_order_largest(w->title.count, worth, *count, order));
done:
  rote_free(&worth);
  return status;
}

/* Where images of so many copies stand among those that were not planted. */
static rote_status draw_doses(const rote_plants_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  char name[ROTE_NAME_MAX + 16], title[ROTE_NAME_MAX + 64];
  double low[ROTE_COUNTS_MAX], high[ROTE_COUNTS_MAX];
  size_t order[DRAWN], count = 0;
  ROTE_TRY(choose_scores(w, &count, order));
  snprintf(name, sizeof name, "dose-%s", w->variant->name);
  snprintf(title, sizeof title, "%s: what copies do to the scores", w->variant->name);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Lines of the mean place of copied images among "
                                               "those that were not planted against the number of "
                                               "copies, one for each score, in bands of their 95 % "
                                               "intervals; at 0.5 the score does not know them.",
                                        .x = "copies of the image, itself included",
                                        .y = "mean place among the others"});
  for (size_t i = 0; i < count; i++) {
    const double *place = w->place + order[i] * w->doses, *error = w->error + order[i] * w->doses;
    for (size_t g = 0; g < w->doses; g++) {
      const double half = isfinite(error[g]) ? Z95 * error[g] : 0;
      low[g] = fmax(0, place[g] - half);
      high[g] = fmin(1, place[g] + half);
    }
    rote_page_series(page, ROTE_SERIES_BAND, rote_text_list_get(&w->title, order[i]), w->doses,
                     w->copies, place, low, high);
  }
done:
  return status;
}

/* The area of the first score of memorization over the epochs, a line a kind. */
static rote_status draw_epochs(const rote_plants_view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &w->variant->options;
  const size_t epochs = rote_evaluation_count(o), width = w->title.count * w->kinds;
  static const char *const array[] = {"auc", "auc_low", "auc_high"};
  char name[ROTE_NAME_MAX + 16], title[2 * ROTE_NAME_MAX + 64];
  size_t order[DRAWN], count = 0;
  double *all[3] = {NULL}, *line[3] = {NULL}, *epoch = NULL;
  if (epochs < 2) {
    return ROTE_OK;
  }
  ROTE_TRY(choose_scores(w, &count, order));
  ROTE_TRY(rote_alloc(epochs, sizeof *epoch, &epoch));
  for (size_t a = 0; a < 3; a++) {
    ROTE_TRY(rote_alloc(epochs * width, sizeof(double), &all[a]));
    ROTE_TRY(rote_alloc(epochs, sizeof(double), &line[a]));
    ROTE_TRY(rote_told_get(w->told, ROTE_ALL, all[a], "%s/plants/%s", w->variant->name, array[a]));
  }
  snprintf(name, sizeof name, "plants-%s", w->variant->name);
  snprintf(title, sizeof title, "%s: how well %.40s knows planted images", w->variant->name,
           rote_text_list_get(&w->title, order[0]));
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Lines of the area under the ROC curve of planted "
                                               "against other images over the epochs, one for "
                                               "each kind, in bands of their 95 % intervals.",
                                        .x = "epoch",
                                        .y = "area under the ROC curve"});
  for (size_t k = 0; k < w->kinds; k++) {
    for (size_t e = 0; e < epochs; e++) {
      const size_t at = e * width + order[0] * w->kinds + k;
      const bool interval = isfinite(all[1][at]);
      epoch[e] = (double)rote_evaluation_epoch(o, e);
      line[0][e] = all[0][at];
      line[1][e] = all[interval ? 1 : 0][at];
      line[2][e] = all[interval ? 2 : 0][at];
    }
    rote_page_series(page, ROTE_SERIES_BAND, rote_plants_word(w->kind[k]), epochs, epoch, line[0],
                     line[1], line[2]);
  }
done:
  for (size_t a = 0; a < 3; a++) {
    rote_free(&all[a]);
    rote_free(&line[a]);
  }
  rote_free(&epoch);
  return status;
}

/* Some images of each kind; of copies the original alone. */
static rote_status show_images(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *kind = NULL, *copies = NULL, *original = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *kind, &kind));
  ROTE_TRY(rote_alloc(n, sizeof *copies, &copies));
  ROTE_TRY(rote_alloc(n, sizeof *original, &original));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, kind, "sample/planted"));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, copies, "sample/copies"));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, original, "sample/original"));
  rote_page_strip(page, "Some of the planted images");
  for (double of = ROTE_PLANT_NONE + 1; of < ROTE_PLANT_KINDS; of++) {
    size_t shown = 0;
    for (size_t i = 0; i < n && shown < STRIP; i++) {
      if (kind[i] == of && original[i] == (double)i) {
        if (of == ROTE_PLANT_DUPLICATE) {
          rote_show_image(told, page, i, "%.0f copies", copies[i]);
        } else {
          rote_show_image(told, page, i, "%s", rote_plants_word(of));
        }
        shown++;
      }
    }
  }
done:
  rote_free(&kind);
  rote_free(&copies);
  rote_free(&original);
  return status;
}

static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_plants_view w;
  ROTE_TRY(rote_plants_view_read(told, v, &w));
  if (w.title.count > 0 && w.kinds > 0) {
    show_areas(&w, page);
    ROTE_TRY(w.doses > 0 ? draw_doses(&w, page) : ROTE_OK);
    ROTE_TRY(draw_epochs(&w, page));
  }
done:
  rote_plants_view_free(&w);
  return status;
}

rote_status rote_plants_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Do the scores find what was planted?");
  rote_page_text(page, "Some images were replaced by others about which the truth is known: copies "
                       "of one image, images of another data set, noise. An area of 1 says that a "
                       "score puts all of a kind above all images that were not planted, 0.5 that "
                       "it does not know them and below 0.5 that it puts them last; a score of "
                       "memorization should rise with the number of copies.");
  ROTE_TRY(show_images(told, page));
  for (size_t i = 0; i < told->study->variant_count; i++) {
    ROTE_TRY(show_variant(told, &told->study->variant[i], page));
  }
done:
  return status;
}
