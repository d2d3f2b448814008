#include "rote/array.h"

#include <math.h>
#include <string.h>

size_t rote_array_count(const rote_array *table)
{
  size_t n = 0;
  while (table[n].name != NULL) {
    n++;
  }
  return n;
}

const rote_array *rote_array_find(const rote_array *table, const char *name)
{
  for (; table->name != NULL; table++) {
    if (strcmp(table->name, name) == 0) {
      return table;
    }
  }
  return NULL;
}

rote_h5_array rote_array_shape(const rote_array *array, const rote_sizes *sizes)
{
  rote_h5_array shape = {.type = array->type,
                         .rank = strlen(array->dims),
                         .chunks = array->chunks,
                         .packed = array->packed};
  for (size_t d = 0; d < shape.rank; d++) {
    shape.shape[d] = sizes->length[array->dims[d] - 'A'];
  }
  return shape;
}

size_t rote_array_row(const rote_array *array, const rote_sizes *sizes)
{
  size_t n = 1;
  for (size_t d = 1; d < strlen(array->dims); d++) {
    n *= sizes->length[array->dims[d] - 'A'];
  }
  return n;
}

void *rote_array_values(const rote_array *array, const void *owner)
{
  void *values;
  memcpy(&values, (const char *)owner + array->member, sizeof values);
  return values;
}

void rote_array_miss(const rote_array *array, size_t entries, void *values)
{
  switch (array->type) {
  case ROTE_H5_F32:
    for (size_t i = 0; i < entries; i++) {
      ((float *)values)[i] = NAN;
    }
    break;
  case ROTE_H5_F64:
    for (size_t i = 0; i < entries; i++) {
      ((double *)values)[i] = (double)NAN;
    }
    break;
  case ROTE_H5_U16:
  case ROTE_H5_U32:
  case ROTE_H5_U64:
    memset(values, 0xff, entries * rote_h5_type_bytes(array->type));
    break;
  default:
    memset(values, array->flags != NULL ? 255 : 0, entries * rote_h5_type_bytes(array->type));
  }
}
