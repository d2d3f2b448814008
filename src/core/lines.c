#include "rote/lines.h"

#include "rote/memory.h"

#include <stdio.h>
#include <string.h>

static rote_status make_room(rote_lines *l, size_t needed)
{
  rote_status status = ROTE_OK;
  char *larger = NULL;
  if (needed > l->room) {
    const size_t room = 2 * needed + 256;
    ROTE_TRY(rote_alloc(room, 1, &larger));
    if (l->text != NULL) {
      memcpy(larger, l->text, l->length + 1);
    }
    rote_free(&l->text);
    l->text = larger;
    l->room = room;
  }
done:
  return status;
}

void rote_lines_add(rote_lines *l, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  const int n = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (l->status == ROTE_OK && n >= 0) {
    l->status = make_room(l, l->length + (size_t)n + 1);
  }
  if (l->status == ROTE_OK && n >= 0) {
    va_start(args, format);
    vsnprintf(l->text + l->length, l->room - l->length, format, args);
    va_end(args);
    l->length += (size_t)n;
  }
}

void rote_lines_free(rote_lines *l)
{
  rote_free(&l->text);
  *l = (rote_lines){.status = ROTE_OK};
}
