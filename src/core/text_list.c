#include "rote/text_list.h"

#include "rote/memory.h"

#include <string.h>

/* Let `block` hold `needed` items, of which `used` are kept. */
static rote_status grow(void *block, size_t item, size_t used, size_t needed, size_t *room)
{
  rote_status status = ROTE_OK;
  void *old, *wider;
  if (needed <= *room) {
    return ROTE_OK;
  }
  const size_t twice = 2 * *room < 64 ? 64 : 2 * *room, wanted = needed > twice ? needed : twice;
  ROTE_TRY(rote_alloc(wanted, item, &wider));
  memcpy(&old, block, sizeof old);
  if (used > 0) {
    memcpy(wider, old, used * item);
  }
  rote_free(&old);
  memcpy(block, &wider, sizeof wider);
  *room = wanted;
done:
  return status;
}

rote_status rote_text_list_add(rote_text_list *list, const char *text)
{
  rote_status status = ROTE_OK;
  const size_t length = strlen(text) + 1;
  ROTE_TRY(grow(&list->start, sizeof *list->start, list->count, list->count + 1, &list->room));
  ROTE_TRY(grow(&list->text, 1, list->used, list->used + length, &list->bytes));
  memcpy(list->text + list->used, text, length);
  list->start[list->count++] = list->used;
  list->used += length;
done:
  return status;
}

const char *rote_text_list_get(const rote_text_list *list, size_t index)
{
  return list->text + list->start[index];
}

void rote_text_list_free(rote_text_list *list)
{
  rote_free(&list->start);
  rote_free(&list->text);
  *list = (rote_text_list){.count = 0};
}
