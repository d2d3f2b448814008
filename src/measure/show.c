#include "show.h"

#include <stdarg.h>
#include <stdio.h>

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
