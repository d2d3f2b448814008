#include "rote/piece_file.h"

#include <stdio.h>
#include <string.h>

static const char *const kind = "rote piece";

static rote_status put_execution(rote_h5 *h5, const rote_execution *e)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_parents(h5, "execution/"));
  ROTE_TRY(rote_h5_text_put(h5, "execution", "host", e->host));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "rank", ROTE_H5_I32, 1, &e->rank));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "attempts", ROTE_H5_U32, 1, &e->attempts));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "resumes", ROTE_H5_U32, 1, &e->resumes));
  ROTE_TRY(rote_h5_value_put(h5, "execution", "seconds", ROTE_H5_F64, 1, &e->seconds));
  ROTE_TRY(rote_h5_text_put(h5, "execution", "arithmetic", e->arithmetic));
done:
  return status;
}

static rote_status get_execution(rote_h5 *h5, rote_execution *e)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_text_get(h5, "execution", "host", e->host, sizeof e->host));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "rank", ROTE_H5_I32, &e->rank));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "attempts", ROTE_H5_U32, &e->attempts));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "resumes", ROTE_H5_U32, &e->resumes));
  ROTE_TRY(rote_h5_value_get(h5, "execution", "seconds", ROTE_H5_F64, &e->seconds));
  ROTE_TRY(rote_h5_text_get(h5, "execution", "arithmetic", e->arithmetic, sizeof e->arithmetic));
done:
  return status;
}

/* Attributes that say the same as the label, to those who open the file. */
static rote_status put_label(rote_h5 *h5, const rote_label *l)
{
  rote_status status = ROTE_OK;
  const uint64_t first = l->first, count = l->count;
  ROTE_TRY(rote_h5_text_put(h5, ".", "of", l->kind));
  ROTE_TRY(rote_h5_text_put(h5, ".", "key", l->key));
  ROTE_TRY(rote_h5_text_put(h5, ".", "identity", l->identity));
  ROTE_TRY(rote_h5_value_put(h5, ".", "first", ROTE_H5_U64, 1, &first));
  ROTE_TRY(rote_h5_value_put(h5, ".", "count", ROTE_H5_U64, 1, &count));
  ROTE_TRY(rote_h5_value_put(h5, ".", "end", ROTE_H5_U8, 1, &l->end));
  rote_label_text(l, h5->label, sizeof h5->label);
done:
  return status;
}

static rote_status check_label(rote_h5 *h5, const rote_label *l)
{
  rote_status status = ROTE_OK;
  rote_label found = {.end = ROTE_END_NOT};
  uint64_t first = 0, count = 0;
  ROTE_TRY(rote_h5_text_get(h5, ".", "of", found.kind, sizeof found.kind));
  ROTE_TRY(rote_h5_text_get(h5, ".", "key", found.key, sizeof found.key));
  ROTE_TRY(rote_h5_text_get(h5, ".", "identity", found.identity, sizeof found.identity));
  ROTE_TRY(rote_h5_value_get(h5, ".", "first", ROTE_H5_U64, &first));
  ROTE_TRY(rote_h5_value_get(h5, ".", "count", ROTE_H5_U64, &count));
  ROTE_TRY(rote_label_expect(h5->path, &found, l->kind, l->key, l->identity));
  if (first != l->first || count != l->count) {
    ROTE_TRY(
        rote_fail(ROTE_DATA, "%s: its label and its content are not of the same rows", h5->path));
  }
done:
  return status;
}

rote_status rote_piece_file_write(const char *path, const rote_label *label, const rote_rows *rows,
                                  const rote_execution *execution)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_label own = *label;
  rote_sizes sizes = rows->sizes;
  sizes.length['I' - 'A'] = rows->count;
  memcpy(own.arithmetic, execution->arithmetic, sizeof own.arithmetic);
  ROTE_TRY(rote_h5_create(path, kind, ROTE_H5_IN_MEMORY, &h5));
  ROTE_TRY(put_label(&h5, &own));
  for (size_t a = 0; a < rows->arrays; a++) {
    rote_h5_array shape = rote_array_shape(&rows->table[a], &sizes);
    shape.chunks = ROTE_H5_WHOLE;
    ROTE_TRY(rote_h5_array_put(&h5, rows->table[a].name, &shape, rows->data[a]));
  }
  ROTE_TRY(put_execution(&h5, execution));
  ROTE_TRY(rote_h5_commit(&h5, NULL));
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_piece_file_read(const char *path, const rote_label *label, rote_rows *rows,
                                 rote_execution *execution)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_sizes sizes = rows->sizes;
  if (label->count > rows->room) {
    return rote_fail(ROTE_INTERNAL, "%s: %zu rows into room for %zu", path, label->count,
                     rows->room);
  }
  sizes.length['I' - 'A'] = label->count;
  ROTE_TRY(rote_h5_open(path, kind, &h5));
  ROTE_TRY(check_label(&h5, label));
  for (size_t a = 0; a < rows->arrays; a++) {
    const rote_h5_array shape = rote_array_shape(&rows->table[a], &sizes);
    ROTE_TRY(rote_h5_array_get(&h5, rows->table[a].name, &shape, rows->data[a]));
  }
  ROTE_TRY(get_execution(&h5, execution));
  rows->first = label->first;
  rows->count = label->count;
done:
  rote_h5_close(&h5);
  return status;
}
