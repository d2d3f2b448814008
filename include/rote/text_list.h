/* A growing list of texts in one block of memory: file names, class names, reasons. */
#ifndef ROTE_TEXT_LIST_H
#define ROTE_TEXT_LIST_H

#include "rote/status.h"

#include <stddef.h>

/* All zero is the empty list. */
typedef struct {
  size_t count, room; /* texts; allocated entries of `start` */
  size_t used, bytes; /* of `text` */
  size_t *start;      /* [room] where each text begins */
  char *text;         /* NUL-terminated, one after the other */
} rote_text_list;

/** Append a copy. @return ROTE_OK; ROTE_NOMEM, the list is then as before */
rote_status rote_text_list_add(rote_text_list *list, const char *text);

/** The text at `index`; valid until the next rote_text_list_add(). */
const char *rote_text_list_get(const rote_text_list *list, size_t index);

/** Release and empty the list. */
void rote_text_list_free(rote_text_list *list);

#endif
