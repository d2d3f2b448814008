#include "show.h"

#include "rote/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

typedef struct {
  double value;
  size_t place;
} ranked;

static int larger_first(const void *a, const void *b)
{
  const ranked *x = a, *y = b;
  if (x->value != y->value && !(isnan(x->value) && isnan(y->value))) {
    return isnan(x->value) ? 1 : isnan(y->value) ? -1 : x->value > y->value ? -1 : 1;
  }
  return x->place < y->place ? -1 : x->place > y->place;
}

rote_status rote_show_largest(size_t n, const double *x, size_t count, size_t *place)
{
  rote_status status = ROTE_OK;
  ranked *all = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *all, &all));
  for (size_t i = 0; i < n; i++) {
    all[i] = (ranked){.value = x[i], .place = i};
  }
  if (n > 1) {
    qsort(all, n, sizeof *all, larger_first);
  }
  for (size_t i = 0; i < count; i++) {
    place[i] = all[i].place;
  }
done:
  rote_free(&all);
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
