/* What the scores say of planted images, as text. */
#include "plants_room.h"

#include "rote/file.h"
#include "rote/memory.h"

#include <math.h>
#include <stdio.h>

/* What is looked at of a variant: the last evaluated epoch. Letters as in plants_combine.c. */
typedef struct {
  const rote_told *told;
  const char *variant;
  size_t last; /* V - 1 */
  rote_text_list title;
} view;

static bool has(const view *w, const char *name)
{
  char path[ROTE_PATH_MAX];
  return rote_path(path, "%s/plants/%s", w->variant, name) == ROTE_OK &&
         rote_study_reader_has(w->told->reader, path);
}

/* @param[in] columns  length of the last dimension @param[out] values  [S, columns] */
static rote_status get_epoch(const view *w, const char *name, size_t columns, double **values)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_path(path, "%s/plants/%s", w->variant, name));
  ROTE_TRY(rote_alloc(w->title.count * columns, sizeof **values, values));
  ROTE_TRY(rote_study_reader_get(w->told->reader, path, (rote_range){.first = w->last, .count = 1},
                                 *values));
done:
  return status;
}

/* A list of a few numbers. @param[out] values  [most] @param[out] count  how many it has */
static rote_status get_list(const view *w, const char *name, size_t most, size_t *count,
                            double *values)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_h5_array shape;
  ROTE_TRY(rote_path(path, "%s/plants/%s", w->variant, name));
  ROTE_TRY(rote_study_reader_shape(w->told->reader, path, &shape));
  *count = shape.shape[0];
  if (*count > most) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has %zu numbers; %zu are possible", path, *count, most));
  }
  ROTE_TRY(rote_study_reader_get(w->told->reader, path, ROTE_ALL, values));
done:
  return status;
}

static const char *word_of(double kind)
{
  switch ((rote_plant_kind)kind) {
  case ROTE_PLANT_DUPLICATE:
    return "copies";
  case ROTE_PLANT_FOREIGN:
    return "foreign";
  default:
    return "noise";
  }
}

static rote_status tell_areas(const view *w, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double kind[ROTE_PLANT_KINDS], images[ROTE_PLANT_KINDS];
  double *area = NULL, *low = NULL, *high = NULL;
  size_t kinds = 0;
  char text[64];
  ROTE_TRY(get_list(w, "kind", ROTE_PLANT_KINDS, &kinds, kind));
  ROTE_TRY(get_list(w, "images", ROTE_PLANT_KINDS, &kinds, images));
  ROTE_TRY(get_epoch(w, "auc", kinds, &area));
  ROTE_TRY(get_epoch(w, "auc_low", kinds, &low));
  ROTE_TRY(get_epoch(w, "auc_high", kinds, &high));
  rote_lines_add(lines, "  area under the ROC curve (95 %% interval), 0.5: not found\n    %-30s",
                 "");
  for (size_t k = 0; k < kinds; k++) {
    snprintf(text, sizeof text, "%.0f %s", images[k], word_of(kind[k]));
    rote_lines_add(lines, k + 1 < kinds ? "  %-19s" : "  %s", text);
  }
  rote_lines_add(lines, "\n");
  for (size_t s = 0; s < w->title.count; s++) {
    rote_lines_add(lines, "    %-30s", rote_text_list_get(&w->title, s));
    for (size_t k = 0; k < kinds; k++) {
      const size_t at = s * kinds + k;
      if (isfinite(low[at])) {
        rote_lines_add(lines, "  %.2f (%.2f to %.2f)", area[at], low[at], high[at]);
      } else if (isfinite(area[at])) {
        rote_lines_add(lines, k + 1 < kinds ? "  %-19.2f" : "  %.2f", area[at]);
      } else {
        rote_lines_add(lines, k + 1 < kinds ? "  %-19s" : "  %s", "-");
      }
    }
    rote_lines_add(lines, "\n");
  }
done:
  rote_free(&area);
  rote_free(&low);
  rote_free(&high);
  return status;
}

static rote_status tell_doses(const view *w, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  double copies[ROTE_COUNTS_MAX];
  double *place = NULL, *error = NULL;
  size_t doses = 0;
  if (!has(w, "place")) {
    return ROTE_OK;
  }
  ROTE_TRY(get_list(w, "copies", ROTE_COUNTS_MAX, &doses, copies));
  ROTE_TRY(get_epoch(w, "place", doses, &place));
  ROTE_TRY(get_epoch(w, "place_error", doses, &error));
  rote_lines_add(lines,
                 "  mean place among the images not planted by number of copies (standard error), "
                 "0.5: as any\n    %-30s",
                 "");
  for (size_t g = 0; g < doses; g++) {
    rote_lines_add(lines, g + 1 < doses ? "  %-12.0f" : "  %.0f", copies[g]);
  }
  rote_lines_add(lines, "\n");
  for (size_t s = 0; s < w->title.count; s++) {
    rote_lines_add(lines, "    %-30s", rote_text_list_get(&w->title, s));
    for (size_t g = 0; g < doses; g++) {
      const size_t at = s * doses + g;
      if (isfinite(error[at])) {
        rote_lines_add(lines, g + 1 < doses ? "  %.2f (%.2f) " : "  %.2f (%.2f)", place[at],
                       error[at]);
      } else if (isfinite(place[at])) {
        rote_lines_add(lines, g + 1 < doses ? "  %-12.2f" : "  %.2f", place[at]);
      } else {
        rote_lines_add(lines, g + 1 < doses ? "  %-12s" : "  %s", "-");
      }
    }
    rote_lines_add(lines, "\n");
  }
done:
  rote_free(&place);
  rote_free(&error);
  return status;
}

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t epochs = rote_evaluation_count(&v->options);
  view w = {.told = told, .variant = v->name, .last = epochs > 0 ? epochs - 1 : 0};
  char path[ROTE_PATH_MAX];
  if (!has(&w, "title")) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_path(path, "%s/plants/title", v->name));
  ROTE_TRY(rote_study_reader_texts(told->reader, path, &w.title));
  rote_lines_add(lines, "\n%s: what the scores say of planted images\n", v->name);
  ROTE_TRY(tell_areas(&w, lines));
  ROTE_TRY(tell_doses(&w, lines));
done:
  rote_text_list_free(&w.title);
  return status;
}

rote_status rote_plants_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t v = 0; v < told->study->variant_count; v++) {
    ROTE_TRY(tell_variant(told, &told->study->variant[v], lines));
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
