/* What the scores say of planted images, as text. */
#include "plants_room.h"

#include <math.h>
#include <stdio.h>

static void tell_areas(const rote_plants_view *w, rote_lines *lines)
{
  char text[64];
  rote_lines_add(lines, "  area under the ROC curve (95 %% interval), 0.5: not found\n    %-30s",
                 "");
  for (size_t k = 0; k < w->kinds; k++) {
    snprintf(text, sizeof text, "%.0f %s", w->images[k], rote_plants_word(w->kind[k]));
    rote_lines_add(lines, k + 1 < w->kinds ? "  %-19s" : "  %s", text);
  }
  rote_lines_add(lines, "\n");
  for (size_t s = 0; s < w->title.count; s++) {
    rote_lines_add(lines, "    %-30s", rote_text_list_get(&w->title, s));
    for (size_t k = 0; k < w->kinds; k++) {
      const size_t at = s * w->kinds + k;
      if (isfinite(w->low[at])) {
        rote_lines_add(lines, "  %.2f (%.2f to %.2f)", w->area[at], w->low[at], w->high[at]);
      } else if (isfinite(w->area[at])) {
        rote_lines_add(lines, k + 1 < w->kinds ? "  %-19.2f" : "  %.2f", w->area[at]);
      } else {
        rote_lines_add(lines, k + 1 < w->kinds ? "  %-19s" : "  %s", "-");
      }
    }
    rote_lines_add(lines, "\n");
  }
}

static void tell_doses(const rote_plants_view *w, rote_lines *lines)
{
  if (w->doses == 0) {
    return;
  }
  rote_lines_add(lines,
                 "  mean place among the images not planted by number of copies (standard error), "
                 "0.5: as any\n    %-30s",
                 "");
  for (size_t g = 0; g < w->doses; g++) {
    rote_lines_add(lines, g + 1 < w->doses ? "  %-12.0f" : "  %.0f", w->copies[g]);
  }
  rote_lines_add(lines, "\n");
  for (size_t s = 0; s < w->title.count; s++) {
    rote_lines_add(lines, "    %-30s", rote_text_list_get(&w->title, s));
    for (size_t g = 0; g < w->doses; g++) {
      const size_t at = s * w->doses + g;
      if (isfinite(w->error[at])) {
        rote_lines_add(lines, g + 1 < w->doses ? "  %.2f (%.2f) " : "  %.2f (%.2f)", w->place[at],
                       w->error[at]);
      } else if (isfinite(w->place[at])) {
        rote_lines_add(lines, g + 1 < w->doses ? "  %-12.2f" : "  %.2f", w->place[at]);
      } else {
        rote_lines_add(lines, g + 1 < w->doses ? "  %-12s" : "  %s", "-");
      }
    }
    rote_lines_add(lines, "\n");
  }
}

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  rote_plants_view w;
  ROTE_TRY(rote_plants_view_read(told, v, &w));
  if (w.title.count > 0) {
    rote_lines_add(lines, "\n%s: what the scores say of planted images\n", v->name);
    tell_areas(&w, lines);
    tell_doses(&w, lines);
  }
done:
  rote_plants_view_free(&w);
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
