#include "source_index.h"

#include "rote/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b, void *list)
{
  return strcmp(rote_text_list_get(list, *(const size_t *)a),
                rote_text_list_get(list, *(const size_t *)b));
}

rote_status rote_source_index_create(const rote_source_files *sources, const char *list,
                                     rote_source_index *index)
{
  rote_status status = ROTE_OK;
  rote_text_list name = sources->name; /* qsort_r() wants it writable */
  *index = (rote_source_index){.sources = sources};
  ROTE_TRY(rote_alloc(name.count, sizeof *index->order, &index->order));
  ROTE_TRY(rote_alloc(name.count, sizeof *index->seen, &index->seen));
  for (size_t i = 0; i < name.count; i++) {
    index->order[i] = i;
  }
  qsort_r(index->order, name.count, sizeof *index->order, by_name, &name);
  for (size_t i = 1; i < name.count; i++) {
    if (by_name(&index->order[i - 1], &index->order[i], &name) == 0) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s/%s: names %s twice", sources->directory, list,
                         rote_text_list_get(&name, index->order[i]) + sources->prefix));
    }
  }
done:
  return status;
}

void rote_source_index_free(rote_source_index *index)
{
  rote_free(&index->order);
  rote_free(&index->seen);
}

void rote_source_index_restart(rote_source_index *index)
{
  memset(index->seen, 0, index->sources->name.count * sizeof *index->seen);
}

size_t rote_source_index_find(const rote_source_index *index, const char *name)
{
  const rote_source_files *sources = index->sources;
  size_t low = 0, high = sources->name.count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const int order =
        strcmp(rote_text_list_get(&sources->name, index->order[middle]) + sources->prefix, name);
    if (order == 0) {
      return index->order[middle];
    }
    *(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
  }
  return SIZE_MAX;
}

void rote_source_some(const rote_text_list *list, char *out, size_t room)
{
  enum { SHOWN = 3 };
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < list->count && i < SHOWN && used < room; i++) {
    used += (size_t)snprintf(out + used, room - used, "%s%.100s", i == 0 ? "" : ", ",
                             rote_text_list_get(list, i));
  }
  if (list->count > SHOWN && used < room) {
    snprintf(out + used, room - used, " and %zu more", list->count - SHOWN);
  }
}
