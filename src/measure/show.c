#include "show.h"

#include "rote/order.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

enum { STRIP = 12 };

rote_status rote_show_told(const rote_told *told,
                           rote_status (*tell)(const rote_told *told, rote_lines *lines),
                           rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_lines lines = {.status = ROTE_OK};
  ROTE_TRY(tell(told, &lines));
  ROTE_TRY(lines.status);
  if (lines.length > 0) {
    rote_page_verbatim(page, lines.text + (lines.text[0] == '\n' ? 1 : 0));
  }
done:
  rote_lines_free(&lines);
  return status;
}

void rote_show_image(const rote_told *told, rote_page *page, size_t image, const char *format, ...)
{
  char label[32] = "", text[200] = "";
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (told->train->label[image] >= 0) {
    snprintf(label, sizeof label, ", label %d", told->train->label[image]);
  }
  rote_page_training_image(page, image, "#%zu%s%s%s", image, label, text[0] == '\0' ? "" : "\n",
                           text);
}

rote_status rote_show_highest(const rote_told *told, rote_page *page, size_t n, const double *value,
                              const char *number, const char *what, ...)
{
  rote_status status = ROTE_OK;
  const size_t few = n < STRIP ? n : STRIP;
  char title[ROTE_NAME_MAX + 128];
  size_t highest[STRIP];
  va_list args;
  va_start(args, what);
  vsnprintf(title, sizeof title, what, args);
  va_end(args);
  ROTE_TRY(rote_order_largest(n, value, few, highest));
  rote_page_strip(page, "%s", title);
  for (size_t i = 0; i < few && !isnan(value[highest[i]]); i++) {
    rote_show_image(told, page, highest[i], "%s%.3g", number, value[highest[i]]);
  }
done:
  return status;
}

rote_status rote_show_variants(const rote_told *told, const rote_measure *measure,
                               rote_status (*show)(const rote_told *told, const rote_variant *v,
                                                   rote_page *page),
                               rote_page *page)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    ROTE_TRY(rote_measure_applies(measure, &v->options) ? show(told, v, page) : ROTE_OK);
  }
done:
  return status;
}
