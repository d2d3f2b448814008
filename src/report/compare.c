/* Two studies of the same images: what their scores have in common, column by column. */
#include "rote/memory.h"
#include "rote/order.h"
#include "rote/rank_score.h"
#include "rote/report.h"
#include "rote/spearman.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define POINTS ((size_t)2000) /* of a scatter, about */
enum { STRIP = 16 };          /* images that changed most */
#define LEVEL 0.05            /* of false discovery */

/* A variant of the one study and the one of the other that it is held against. */
typedef struct {
  const rote_column *a, *b; /* of the score that orders images */
  char name[2 * ROTE_NAME_MAX + 16];
} pair;

/* The i-th variant that has the score. */
static const rote_column *ordered(const rote_page *page, size_t i)
{
  const char *title = rote_measure_order_title();
  for (size_t c = 0; title != NULL && c < page->column_count; c++) {
    if (strcmp(page->column[c].title, title) == 0 && i-- == 0) {
      return &page->column[c];
    }
  }
  return NULL;
}

/* Variants of one name belong together, else those of one place. */
static bool find_pair(const rote_page *a, const rote_page *b, size_t i, pair *p)
{
  p->a = ordered(a, i);
  p->b = p->a == NULL ? NULL : rote_page_find_column(b, p->a->variant, p->a->title);
  p->b = p->b != NULL || p->a == NULL ? p->b : ordered(b, i);
  if (p->b == NULL) {
    return false;
  }
  if (strcmp(p->a->variant, p->b->variant) == 0) {
    snprintf(p->name, sizeof p->name, "%s", p->a->variant);
  } else {
    snprintf(p->name, sizeof p->name, "%s-and-%s", p->a->variant, p->b->variant);
  }
  return true;
}

/* Rank correlations of all scores that both have. */
static rote_status show_scores(const rote_page *a, const rote_page *b, const pair *p,
                               rote_page *page)
{
  static const char *const title[] = {"of every image", "rank correlation"};
  rote_status status = ROTE_OK;
  double rho = 0;
  rote_page_table(page, "The same score in both studies", 2, title);
  for (size_t i = 0; i < a->column_count; i++) {
    const rote_column *one = &a->column[i];
    const bool of_data = one->variant[0] == '\0';
    if (one->aside || (!of_data && strcmp(one->variant, p->a->variant) != 0)) {
      continue;
    }
    const rote_column *other = rote_page_find_column(b, of_data ? "" : p->b->variant, one->title);
    if (other != NULL) {
      ROTE_TRY(rote_spearman(a->images, one->value, other->value, &rho));
      rote_page_cell(page, "%s", one->title);
      rote_page_cell(page, isfinite(rho) ? "%.3f" : "–", rho);
    }
  }
done:
  return status;
}

static rote_status add_quantiles(const rote_column *c, size_t n, const char *study, rote_page *page)
{
  static const double at[] = {0.05, 0.5, 0.95, 0.99};
  rote_status status = ROTE_OK;
  double value = 0;
  rote_page_cell(page, "%s", study);
  for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
    ROTE_TRY(rote_quantile(n, c->value, at[i], &value));
    rote_page_cell(page, "%.3f", value);
  }
done:
  return status;
}

static rote_status show_quantiles(const pair *p, size_t n, const char *const *name, rote_page *page)
{
  static const char *const title[] = {"study", "0.05", "median", "0.95", "0.99"};
  rote_status status = ROTE_OK;
  rote_page_table(page, "Quantiles of the score", sizeof title / sizeof *title, title);
  ROTE_TRY(add_quantiles(p->a, n, name[0], page));
  ROTE_TRY(add_quantiles(p->b, n, name[1], page));
done:
  return status;
}

/* How many are significant in both, and how many would be if they had nothing to do with each
 * other: |A| |B| / N. */
static void show_overlap(const rote_page *a, const rote_page *b, const pair *p,
                         const char *const *name, rote_page *page)
{
  const rote_column *q = rote_page_find_column(a, p->a->variant, "q"),
                    *other = rote_page_find_column(b, p->b->variant, "q");
  double in_a = 0, in_b = 0, in_both = 0;
  if (q == NULL || other == NULL) {
    return;
  }
  for (size_t i = 0; i < a->images; i++) {
    in_a += q->value[i] <= LEVEL;
    in_b += other->value[i] <= LEVEL;
    in_both += q->value[i] <= LEVEL && other->value[i] <= LEVEL;
  }
  rote_page_text(page,
                 "Significant at 5 %% false discovery: %.0f of %zu images in %s, %.0f in %s, %.0f "
                 "in both; if the studies had nothing to do with each other, %.1f would be.",
                 in_a, a->images, name[0], in_b, name[1], in_both, in_a * in_b / (double)a->images);
}

static rote_status draw(const pair *p, size_t n, const char *const *name, rote_page *page)
{
  rote_status status = ROTE_OK;
  char file[sizeof p->name + 16], title[sizeof p->name + 32];
  double *x = NULL, *y = NULL;
  const size_t step = n / POINTS + 1;
  size_t count = 0;
  ROTE_TRY(rote_alloc(n, sizeof *x, &x));
  ROTE_TRY(rote_alloc(n, sizeof *y, &y));
  for (size_t i = 0; i < n; i += step, count++) {
    x[count] = p->a->value[i];
    y[count] = p->b->value[i];
  }
  snprintf(file, sizeof file, "both-%s", p->name);
  snprintf(title, sizeof title, "%s of every image", p->a->title);
  rote_page_figure(page, &(rote_figure){.name = file,
                                        .title = title,
                                        .alt = "Points: the score of an image in the one study "
                                               "against that in the other. Of many images some "
                                               "are drawn.",
                                        .x = name[0],
                                        .y = name[1]});
  rote_page_series(page, ROTE_SERIES_POINTS, "images", count, x, y, NULL, NULL);
done:
  rote_free(&x);
  rote_free(&y);
  return status;
}

static rote_status show_changed(const pair *p, size_t n, rote_page *page)
{
  rote_status status = ROTE_OK;
  size_t order[STRIP];
  const size_t count = n < STRIP ? n : STRIP;
  double *change = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *change, &change));
  for (size_t i = 0; i < n; i++) {
    change[i] = fabs(p->b->value[i] - p->a->value[i]);
    change[i] = isfinite(change[i]) ? change[i] : (double)NAN;
  }
  ROTE_TRY(rote_order_largest(n, change, count, order));
  rote_page_strip(page, "Images that changed most");
  for (size_t i = 0; i < count && !isnan(change[order[i]]); i++) {
    const size_t image = order[i];
    rote_page_training_image(page, image, "#%zu\n%s %.2f, then %.2f", image, p->a->title,
                             p->a->value[image], p->b->value[image]);
  }
done:
  rote_free(&change);
  return status;
}

rote_status rote_report_compare(const rote_page *a, const rote_page *b, const char *const *name,
                                rote_page *page)
{
  rote_status status = ROTE_OK;
  pair p;
  size_t i = 0;
  for (; find_pair(a, b, i, &p); i++) {
    rote_page_section(page, i == 0, "%s", p.name);
    if (i == 0) {
      rote_page_text(page, "A rank correlation near 1 says that both studies put the images in the "
                           "same order; what chance alone makes of a score is not the same twice. "
                           "Images that changed most are those of which a score says little, or "
                           "which the change between the studies is about.");
    }
    show_overlap(a, b, &p, name, page);
    ROTE_TRY(show_quantiles(&p, a->images, name, page));
    ROTE_TRY(draw(&p, a->images, name, page));
    ROTE_TRY(show_changed(&p, a->images, page));
    ROTE_TRY(show_scores(a, b, &p, page));
  }
  if (i == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "the studies %s and %s have no memorization score in common",
                       name[0], name[1]));
  }
done:
  return status != ROTE_OK ? status : page->status;
}
