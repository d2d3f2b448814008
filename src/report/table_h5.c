/* Tables as HDF5 files. */
#include "rote/memory.h"
#include "table_parts.h"

static rote_status put_texts(const rote_table *t, rote_h5 *h5, const rote_h5_array *array,
                             const char *path)
{
  rote_status status = ROTE_OK;
  rote_text_list list = {.count = 0};
  for (size_t r = 0; r < t->rows; r++) {
    ROTE_TRY(rote_text_list_add(&list, rote_text_list_get(&t->name, t->row[r])));
  }
  ROTE_TRY(rote_h5_array_create(h5, path, array));
  ROTE_TRY(rote_h5_texts_write(h5, path, 0, t->rows, &list));
done:
  rote_text_list_free(&list);
  return status;
}

/* @param[in] room  [rows] of 8 bytes */
static rote_status put_numbers(const rote_table *t, rote_h5 *h5, const rote_h5_array *array,
                               const rote_table_column *c, void *room)
{
  for (size_t r = 0; r < t->rows; r++) {
    const double x = c->value[t->row[r]];
    if (array->type == ROTE_H5_U32) {
      ((uint32_t *)room)[r] = (uint32_t)x;
    } else if (array->type == ROTE_H5_I32) {
      ((int32_t *)room)[r] = (int32_t)x;
    } else {
      ((double *)room)[r] = x;
    }
  }
  return rote_h5_array_put(h5, c->path, array, room);
}

static rote_status put_column(const rote_table *t, rote_h5 *h5, size_t column, void *room)
{
  rote_status status = ROTE_OK;
  const rote_table_column *c = &t->column[column];
  const char *scale = t->column[0].path;
  const rote_h5_array array = {.type = c->type, .rank = 1, .shape = {t->rows}};
  ROTE_TRY(c->type == ROTE_H5_TEXT ? put_texts(t, h5, &array, c->path)
                                   : put_numbers(t, h5, &array, c, room));
  ROTE_TRY(rote_h5_text_put(h5, c->path, "units", c->units));
  ROTE_TRY(rote_h5_text_put(h5, c->path, "long_name", c->long_name));
  ROTE_TRY(column == 0 ? rote_h5_scale_make(h5, scale, scale)
                       : rote_h5_scale_attach(h5, c->path, 0, scale));
done:
  return status;
}

rote_status rote_table_write_h5(const rote_table *t, const char *path)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  double *room = NULL;
  ROTE_TRY(rote_alloc(t->rows, sizeof *room, &room));
  ROTE_TRY(rote_h5_create(path, "rote table", ROTE_H5_ON_DISK, &h5));
  for (size_t c = 0; c < t->columns; c++) {
    ROTE_TRY(put_column(t, &h5, c, room));
  }
  ROTE_TRY(rote_h5_commit(&h5, NULL));
done:
  rote_h5_close(&h5);
  rote_free(&room);
  return status;
}
