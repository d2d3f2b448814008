/* Rows of the arrays of a table in memory. */
#include "rote/array.h"

#include "rote/memory.h"

#include <string.h>

/* Bytes of one row of one array. */
static size_t row_bytes(const rote_array *array, const rote_sizes *sizes)
{
  return rote_array_row(array, sizes) * rote_h5_type_bytes(array->type);
}

rote_status rote_rows_create(const rote_array *table, const rote_sizes *sizes, size_t room,
                             rote_rows **out)
{
  rote_status status = ROTE_OK;
  rote_rows *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->table = table;
  r->arrays = rote_array_count(table);
  r->sizes = *sizes;
  r->sizes.length['I' - 'A'] = room;
  r->room = room;
  ROTE_TRY(rote_alloc(r->arrays, sizeof *r->data, &r->data));
  for (size_t a = 0; a < r->arrays; a++) {
    char *bytes = NULL;
    ROTE_TRY(rote_alloc(room, row_bytes(&table[a], sizes), &bytes));
    r->data[a] = bytes;
  }
  *out = r;
  r = NULL;
done:
  rote_rows_destroy(&r);
  return status;
}

void rote_rows_destroy(rote_rows **rows)
{
  if (*rows != NULL) {
    for (size_t a = 0; (*rows)->data != NULL && a < (*rows)->arrays; a++) {
      rote_free(&(*rows)->data[a]);
    }
    rote_free(&(*rows)->data);
    rote_free(rows);
  }
}

size_t rote_rows_bytes(const rote_array *table, const rote_sizes *sizes)
{
  size_t bytes = 0;
  for (; table->name != NULL; table++) {
    bytes += row_bytes(table, sizes);
  }
  return bytes;
}

void *rote_rows_at(const rote_rows *r, size_t array, size_t row)
{
  return (char *)r->data[array] + row * row_bytes(&r->table[array], &r->sizes);
}

void rote_rows_pack(const rote_rows *r, void *bytes)
{
  char *to = bytes;
  for (size_t a = 0; a < r->arrays; a++) {
    const size_t n = r->count * row_bytes(&r->table[a], &r->sizes);
    memcpy(to, r->data[a], n);
    to += n;
  }
}

void rote_rows_unpack(const void *bytes, size_t at, size_t count, rote_rows *r)
{
  const char *from = bytes;
  for (size_t a = 0; a < r->arrays; a++) {
    const size_t n = count * row_bytes(&r->table[a], &r->sizes);
    memcpy(rote_rows_at(r, a, at), from, n);
    from += n;
  }
}

void rote_rows_miss(rote_rows *r)
{
  for (size_t a = 0; a < r->arrays; a++) {
    rote_array_miss(&r->table[a], r->count * rote_array_row(&r->table[a], &r->sizes), r->data[a]);
  }
}
