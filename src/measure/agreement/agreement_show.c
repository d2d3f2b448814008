/* What the scores say together, in the report: do outliers explain memorization? */
#include "agreement_room.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/order.h"
#include "show.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define POINTS ((size_t)1500) /* of a scatter, about */

/* The score of a role, of the data or else of the variant. @param[out] title  NULL: there is none
 */
static rote_status read_score(const rote_told *told, const rote_variant *v, rote_score_role role,
                              double *value, const char **title)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  const rote_measure *m = NULL;
  const rote_image_score *s = NULL;
  *title = NULL;
  for (size_t i = 0; (s = rote_image_score_at(i, &m)) != NULL; i++) {
    const rote_range of = m->subject == ROTE_OF_DATA ? ROTE_ALL : rote_told_last(v);
    ROTE_TRY(rote_image_score_path(path, m, s, v->name));
    if (s->role == role && rote_study_reader_has(told->reader, path)) {
      ROTE_TRY(rote_told_get(told, of, value, "%s", path));
      *title = s->title;
    }
  }
done:
  return status;
}

static rote_status get(const rote_told *told, const rote_variant *v, const char *name,
                       double *values, bool *there)
{
  rote_status status = ROTE_OK;
  *there = rote_told_has(told, "%s/agreement/%s", v->name, name);
  if (*there) {
    ROTE_TRY(rote_told_get(told, rote_told_last(v), values, "%s/agreement/%s", v->name, name));
  }
done:
  return status;
}

static rote_status show_matrix(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  char caption[ROTE_NAME_MAX + 64];
  rote_text_list title = {.count = 0};
  const char **column = NULL;
  double *rho = NULL;
  bool there = false;
  ROTE_TRY(rote_told_texts(told, &title, "%s/agreement/title", v->name));
  const size_t n = title.count;
  ROTE_TRY(rote_alloc(n + 1, sizeof *column, &column));
  ROTE_TRY(rote_alloc(n * n, sizeof *rho, &rho));
  ROTE_TRY(get(told, v, "spearman", rho, &there));
  column[0] = "score";
  for (size_t i = 0; i < n; i++) {
    column[1 + i] = rote_text_list_get(&title, i);
  }
  snprintf(caption, sizeof caption, "%s: rank correlations of all scores", v->name);
  rote_page_table(page, caption, n + 1, column);
  for (size_t i = 0; i < n; i++) {
    rote_page_cell(page, "%s", column[1 + i]);
    for (size_t j = 0; j < n; j++) {
      if (isfinite(rho[i * n + j])) {
        rote_page_cell(page, "%.2f", rho[i * n + j]);
      } else {
        rote_page_cell(page, "–");
      }
    }
  }
  rote_page_shade(page);
done:
  rote_text_list_free(&title);
  rote_free(&column);
  rote_free(&rho);
  return status;
}

/* How M_mean_log goes with how far an image stands out. */
typedef struct {
  size_t images;
  const char *title;                   /* of the outlier score */
  double *outlier, *expected, *excess; /* [images] */
} view;

/* Points, and the curve of what is expected, which rises with the outlier score. */
static rote_status draw(const rote_variant *v, const view *w, rote_page *page)
{
  rote_status status = ROTE_OK;
  char name[ROTE_NAME_MAX + 32], title[ROTE_NAME_MAX + 64];
  size_t *order = NULL, n = 0;
  double *x = NULL, *y = NULL, *line = NULL;
  const size_t step = w->images / POINTS + 1;
  ROTE_TRY(rote_alloc(w->images, sizeof *order, &order));
  ROTE_TRY(rote_alloc(w->images, sizeof *x, &x));
  ROTE_TRY(rote_alloc(w->images, sizeof *y, &y));
  ROTE_TRY(rote_alloc(w->images, sizeof *line, &line));
  ROTE_TRY(rote_order_largest(w->images, w->outlier, w->images, order));
  for (size_t k = 0; k < w->images; k += step, n++) {
    x[n] = w->outlier[order[k]];
    y[n] = w->expected[order[k]] + w->excess[order[k]];
    line[n] = w->expected[order[k]];
  }
  snprintf(name, sizeof name, "excess-%s", v->name);
  snprintf(title, sizeof title, "%s: M_mean_log against %s", v->name, w->title);
  rote_page_figure(page, &(rote_figure){.name = name,
                                        .title = title,
                                        .alt = "Points: M_mean_log of images against how far they "
                                               "stand out, with a line of what that predicts. "
                                               "Points far above the line are memorized beyond "
                                               "being outliers.",
                                        .x = w->title,
                                        .y = "M_mean_log (nats)"});
  rote_page_series(page, ROTE_SERIES_POINTS, "images", n, x, y, NULL, NULL);
  rote_page_series(page, ROTE_SERIES_LINE, "expected", n, x, line, NULL, NULL);
done:
  rote_free(&order);
  rote_free(&x);
  rote_free(&y);
  rote_free(&line);
  return status;
}

static rote_status show_excess(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  view w = {.images = told->train->count};
  bool there = false;
  double share = 0;
  size_t best = 0;
  ROTE_TRY(rote_alloc(w.images, sizeof(double), &w.outlier));
  ROTE_TRY(rote_alloc(w.images, sizeof(double), &w.expected));
  ROTE_TRY(rote_alloc(w.images, sizeof(double), &w.excess));
  ROTE_TRY(get(told, v, "M_expected", w.expected, &there));
  ROTE_TRY(there ? get(told, v, "M_excess", w.excess, &there) : ROTE_OK);
  ROTE_TRY(read_score(told, v, ROTE_SCORE_OUTLIER, w.outlier, &w.title));
  if (there && w.title != NULL &&
      rote_agreement_explained(w.images, w.expected, w.excess, &share, &best)) {
    ROTE_TRY(draw(v, &w, page));
    rote_page_verdict(page, ROTE_VERDICT_OUTLIERS,
                      "%s: being an outlier (%s) explains %.0f %% of the variance of M_mean_log; "
                      "the highest excess over it is %.1f nats, of image #%zu.",
                      v->name, w.title, 100 * share, w.excess[best], best);
  }
done:
  rote_free(&w.outlier);
  rote_free(&w.expected);
  rote_free(&w.excess);
  return status;
}

rote_status rote_agreement_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "What the scores say together");
  rote_page_text(page, "A rank correlation near 1 says that two scores put the images in the same "
                       "order, near 0 that they have nothing to do with each other. Where M goes "
                       "with a score of the images alone, that may explain it; what is left over "
                       "is the excess.");
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_told_has(told, "%s/agreement/title", v->name)) {
      ROTE_TRY(show_matrix(told, v, page));
      ROTE_TRY(show_excess(told, v, page));
    }
  }
  ROTE_TRY(rote_show_told(told, rote_agreement_tell, page));
done:
  return status;
}
