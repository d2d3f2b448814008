/* The most memorized images, as text. */
#include "score_room.h"

#include "rote/memory.h"
#include "rote/order.h"
#include "rote/rank_score.h"
#include "told.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOP 10
#define PER_ROW 5

/* Some images beside each other, with what is known of each below it. @param[in] m, p  [N] */
static void tell_row(const rote_told *told, const size_t *which, size_t count, const double *m,
                     const double *p, rote_lines *lines)
{
  const int width = (int)(told->info->width / 2) + 2;
  char cell[80];
  uint32_t image[PER_ROW];
  rote_lines_add(lines, "\n");
  for (size_t i = 0; i < count; i++) {
    image[i] = (uint32_t)which[i];
  }
  if (told->train->pixel != NULL) {
    rote_score_tell_images(told, count, image, lines);
  }
  for (size_t i = 0; i < count; i++) {
    snprintf(cell, sizeof cell, "#%zu label %d", which[i], told->train->label[which[i]]);
    rote_lines_add(lines, "%-*s", width, cell);
  }
  rote_lines_add(lines, "\n");
  for (size_t i = 0; i < count; i++) {
    snprintf(cell, sizeof cell, "M %.1f nats", m[which[i]]);
    rote_lines_add(lines, "%-*s", width, cell);
  }
  rote_lines_add(lines, "\n");
  for (size_t i = 0; i < count; i++) {
    snprintf(cell, sizeof cell, "p %.2g", p[which[i]]);
    rote_lines_add(lines, "%-*s", width, cell);
  }
  rote_lines_add(lines, "\n");
}

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t last = rote_evaluation_count(&v->options) - 1, n = told->train->count;
  const size_t top = n < TOP ? n : TOP;
  double *m = NULL, *p = NULL, *significant = NULL, q95 = 0, found = 0, median = 0;
  size_t order[TOP];
  ROTE_TRY(rote_alloc(n, sizeof *m, &m));
  ROTE_TRY(rote_alloc(n, sizeof *p, &p));
  ROTE_TRY(rote_alloc(n, sizeof *significant, &significant));
  ROTE_TRY(rote_told_get(told, (rote_range){.first = last, .count = 1}, m, "%s/score/M", v->name));
  ROTE_TRY(
      rote_told_get(told, (rote_range){.first = last, .count = 1}, p, "%s/score/p_value", v->name));
  ROTE_TRY(rote_told_get(told, (rote_range){.first = last, .count = 1}, significant,
                         "%s/score/significant", v->name));
  for (size_t i = 0; i < n; i++) {
    found += significant[i];
  }
  ROTE_TRY(rote_quantile(n, m, 0.95, &q95));
  ROTE_TRY(rote_quantile(n, m, 0.5, &median));
  ROTE_TRY(rote_order_largest(n, m, top, order));
  rote_lines_add(lines, "\n%s, after epoch %zu: the %zu most memorized of %zu images\n", v->name,
                 rote_evaluation_epoch(&v->options, last), top, n);
  for (size_t first = 0; first < top; first += PER_ROW) {
    tell_row(told, order + first, top - first < PER_ROW ? top - first : PER_ROW, m, p, lines);
  }
  rote_lines_add(lines,
                 "\nM: median %.2f, 0.95 quantile %.2f nats. Significant at 5 %% false discovery: "
                 "%.0f of %zu images.\n",
                 median, q95, found, n);
  rote_lines_add(lines, "Images by M, in nats:\n");
  rote_score_tell_chart(told, n, m, lines);
done:
  rote_free(&m);
  rote_free(&p);
  rote_free(&significant);
  return status;
}

static bool has_scores(const rote_variant *v)
{
  return rote_options_ask_for(&v->options, "score") && v->options.folds.count > 0;
}

static rote_status tell_line(const rote_told *told, const rote_variant *v, size_t at, int width,
                             rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *m = NULL, *significant = NULL, q95 = 0, median = 0, found = 0;
  ROTE_TRY(rote_alloc(n, sizeof *m, &m));
  ROTE_TRY(rote_alloc(n, sizeof *significant, &significant));
  ROTE_TRY(rote_told_get(told, (rote_range){.first = at, .count = 1}, m, "%s/score/M", v->name));
  ROTE_TRY(rote_told_get(told, (rote_range){.first = at, .count = 1}, significant,
                         "%s/score/significant", v->name));
  for (size_t i = 0; i < n; i++) {
    found += significant[i];
  }
  ROTE_TRY(rote_quantile(n, m, 0.95, &q95));
  ROTE_TRY(rote_quantile(n, m, 0.5, &median));
  rote_lines_add(lines, "  %-*s  %5zu  %9.2f  %14.2f  %11.0f\n", width, v->name,
                 rote_evaluation_epoch(&v->options, at), median, q95, found);
done:
  rote_free(&m);
  rote_free(&significant);
  return status;
}

/* After a quarter, half and all of the evaluated epochs, if there are so many. */
static rote_status tell_epochs(const rote_told *told, const rote_variant *v, int width,
                               rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t count = rote_evaluation_count(&v->options);
  const size_t at[] = {(count + 3) / 4 - 1, (count + 1) / 2 - 1, count - 1};
  for (size_t i = 0; i < 3; i++) {
    if (i == 0 || at[i] != at[i - 1]) {
      ROTE_TRY(tell_line(told, v, at[i], width, lines));
    }
  }
done:
  return status;
}

/* What a change of the study changes, in one place. */
static rote_status tell_variants(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const rote_study *study = told->study;
  size_t count = 0;
  int width = (int)strlen("variant");
  for (size_t i = 0; i < study->variant_count; i++) {
    const int length = (int)strlen(study->variant[i].name);
    count += has_scores(&study->variant[i]);
    width = length > width ? length : width;
  }
  if (count < 2) {
    return ROTE_OK;
  }
  rote_lines_add(lines,
                 "\nM of %zu variants as they are trained (nats)\n  %-*s  epoch     "
                 "median   0.95 quantile  significant\n",
                 count, width, "variant");
  for (size_t i = 0; i < study->variant_count; i++) {
    if (has_scores(&study->variant[i])) {
      ROTE_TRY(tell_epochs(told, &study->variant[i], width, lines));
    }
  }
done:
  return status;
}

rote_status rote_score_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (has_scores(v)) {
      ROTE_TRY(tell_variant(told, v, lines));
    }
  }
  ROTE_TRY(tell_variants(told, lines));
  ROTE_TRY(rote_score_tell_comparison(told, lines));
done:
  return status != ROTE_OK ? status : lines->status;
}
