/* Lines of text that are made in one place and printed in another. */
#ifndef ROTE_LINES_H
#define ROTE_LINES_H

#include "rote/status.h"

#include <stdarg.h>
#include <stddef.h>

/* All zero is empty. */
typedef struct {
  char *text; /* NUL-terminated; NULL while empty */
  size_t length, room;
  rote_status status; /* ROTE_NOMEM once a line did not fit: further ones are not added */
} rote_lines;

/** Append, as printf() would print. Check lines->status at the end. */
void rote_lines_add(rote_lines *lines, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void rote_lines_free(rote_lines *lines);

#endif
