/* Groups and arrays. */
#include "h5_library.h"

#include "rote/fault.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PACKING 4 /* gzip level */

static const size_t type_bytes[] = {
    [ROTE_H5_U8] = 1,  [ROTE_H5_U16] = 2, [ROTE_H5_U32] = 4, [ROTE_H5_U64] = 8,
    [ROTE_H5_I32] = 4, [ROTE_H5_F32] = 4, [ROTE_H5_F64] = 8, [ROTE_H5_TEXT] = 16,
};

size_t rote_h5_type_bytes(rote_h5_type type)
{
  return type_bytes[type];
}

/* Largest even-sized piece of at most `limit`: chunks at the edge are stored whole, so padding is
 * disk. */
static size_t even_piece(size_t n, size_t limit)
{
  if (n <= limit) {
    return n;
  }
  size_t best = limit, least = (n + limit - 1) / limit * limit;
  for (size_t c = limit; c >= (limit + 1) / 2; c--) {
    size_t padded = (n + c - 1) / c * c;
    if (padded < least) {
      least = padded;
      best = c;
    }
  }
  return best;
}

/* Fill a chunk from the last dimension on; dimensions left of the first that does not fit get 1. */
static void choose_chunk(const rote_h5_array *array, hsize_t *chunk)
{
  size_t room = ((size_t)1 << (array->chunks == ROTE_H5_WHOLE ? 30 : 20)) / type_bytes[array->type];
  for (size_t d = array->rank; d-- > 0;) {
    size_t piece = array->chunks == ROTE_H5_ROWS && d == 0 ? 1 : even_piece(array->shape[d], room);
    chunk[d] = piece;
    room = piece < array->shape[d] ? 1 : room / piece;
    room = room == 0 ? 1 : room;
  }
}

static void to_hsize(const rote_h5_array *array, hsize_t *shape)
{
  for (size_t d = 0; d < array->rank; d++) {
    shape[d] = array->shape[d];
  }
}

static bool is_empty(const rote_h5_array *array)
{
  for (size_t d = 0; d < array->rank; d++) {
    if (array->shape[d] == 0) {
      return true;
    }
  }
  return false;
}

static rote_status set_layout(const rote_h5 *h5, const char *name, const rote_h5_array *array,
                              hid_t creation)
{
  rote_status status = ROTE_OK;
  hsize_t chunk[ROTE_H5_RANK_MAX];
  const double missing = NAN;
  ROTE_H5(H5Pset_obj_track_times(creation, 0), "create", name);
  if (array->rank == 0 || is_empty(array)) {
    ROTE_H5(H5Pset_layout(creation, H5D_COMPACT), "create", name);
  } else if (array->type != ROTE_H5_TEXT) {
    choose_chunk(array, chunk);
    ROTE_H5(H5Pset_chunk(creation, (int)array->rank, chunk), "create", name);
    if (array->packed) {
      ROTE_H5(H5Pset_deflate(creation, PACKING), "create", name);
    }
    ROTE_H5(H5Pset_fletcher32(creation), "create", name);
  }
  if (array->type == ROTE_H5_F32 || array->type == ROTE_H5_F64) {
    ROTE_H5(H5Pset_fill_value(creation, H5T_NATIVE_DOUBLE, &missing), "create", name);
  }
done:
  return status;
}

rote_status rote_h5_parents(rote_h5 *h5, const char *name)
{
  rote_status status = ROTE_OK;
  char group[ROTE_PATH_MAX];
  hid_t creation = H5I_INVALID_HID;
  ROTE_H5(creation = H5Pcreate(H5P_GROUP_CREATE), "create a group above", name);
  ROTE_H5(H5Pset_obj_track_times(creation, 0), "create a group above", name);
  ROTE_TRY(rote_path(group, "%s", name));
  for (char *slash = strchr(group, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (!rote_h5_has(h5, group)) {
      hid_t id;
      ROTE_H5(id = H5Gcreate2(h5->id, group, H5P_DEFAULT, creation, H5P_DEFAULT),
              "create the group", group);
      rote_h5_release(id);
    }
    *slash = '/';
  }
done:
  rote_h5_release(creation);
  return status;
}

rote_status rote_h5_array_create(rote_h5 *h5, const char *name, const rote_h5_array *array)
{
  rote_status status = ROTE_OK;
  hid_t space = H5I_INVALID_HID, creation = H5I_INVALID_HID, id = H5I_INVALID_HID;
  hid_t type = rote_h5_type_create(array->type, true);
  hsize_t shape[ROTE_H5_RANK_MAX];
  ROTE_TRY(rote_h5_parents(h5, name));
  to_hsize(array, shape);
  ROTE_H5(space = H5Screate_simple((int)array->rank, shape, NULL), "create", name);
  ROTE_H5(creation = H5Pcreate(H5P_DATASET_CREATE), "create", name);
  ROTE_TRY(set_layout(h5, name, array, creation));
  ROTE_H5(id = H5Dcreate2(h5->id, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT), "create",
          name);
done:
  rote_h5_release(id);
  rote_h5_release(creation);
  rote_h5_release(space);
  rote_h5_release(type);
  return status;
}

/* An open array with a memory space for a part of it. */
typedef struct {
  hid_t id, type, file_space, memory_space;
} selection;

static void selection_close(selection *s)
{
  rote_h5_release(s->memory_space);
  rote_h5_release(s->file_space);
  rote_h5_release(s->type);
  rote_h5_release(s->id);
}

/* A part of an array: `count` indices of the dimension `dimension` from `first` on, at index `row`
 * of the first if that is another. */
typedef struct {
  size_t dimension; /* 0 or 1 */
  size_t row, first, count;
} part;

#define EVERYTHING ((part){.count = SIZE_MAX})

/* The selection is to be closed also on failure. */
static rote_status selection_open(const rote_h5 *h5, const char *name, rote_h5_type type,
                                  part wanted, selection *s)
{
  rote_status status = ROTE_OK;
  const size_t d = wanted.dimension;
  hsize_t size[ROTE_H5_RANK_MAX] = {0}, start[ROTE_H5_RANK_MAX] = {0};
  *s = (selection){H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID};
  ROTE_H5(s->type = rote_h5_type_create(type, false), "open", name);
  ROTE_H5(s->id = H5Dopen2(h5->id, name, H5P_DEFAULT), "find", name);
  ROTE_H5(s->file_space = H5Dget_space(s->id), "open", name);
  int rank = H5Sget_simple_extent_ndims(s->file_space);
  if (rank < 0 || rank > ROTE_H5_RANK_MAX) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: %s has %d dimensions", h5->path, name, rank));
  }
  ROTE_H5(H5Sget_simple_extent_dims(s->file_space, size, NULL), "open", name);
  if (wanted.count != SIZE_MAX) {
    if (rank <= (int)d || wanted.count > size[d] || wanted.first > size[d] - wanted.count ||
        (d > 0 && wanted.row >= size[0])) {
      ROTE_TRY(rote_fail(h5->writing ? ROTE_INTERNAL : ROTE_DATA,
                         "%s: %s has no entries %zu to %zu", h5->path, name, wanted.first,
                         wanted.first + wanted.count));
    }
    if (d > 0) {
      start[0] = wanted.row;
      size[0] = 1;
    }
    start[d] = wanted.first;
    size[d] = wanted.count;
    ROTE_H5(H5Sselect_hyperslab(s->file_space, H5S_SELECT_SET, start, NULL, size, NULL), "open",
            name);
  }
  ROTE_H5(s->memory_space = H5Screate_simple(rank, size, NULL), "open", name);
done:
  return status;
}

static rote_status write_selected(rote_h5 *h5, const char *name, rote_h5_type type, part where,
                                  const void *data)
{
  rote_status status = ROTE_OK;
  selection s;
  ROTE_TRY(selection_open(h5, name, type, where, &s));
  ROTE_FAULT(H5_WRITE, h5->path);
  ROTE_H5(H5Dwrite(s.id, s.type, s.memory_space, s.file_space, H5P_DEFAULT, data), "write", name);
done:
  selection_close(&s);
  return status;
}

rote_status rote_h5_array_put(rote_h5 *h5, const char *name, const rote_h5_array *array,
                              const void *data)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_array_create(h5, name, array));
  if (!is_empty(array)) {
    ROTE_TRY(write_selected(h5, name, array->type, EVERYTHING, data));
  }
done:
  return status;
}

rote_status rote_h5_rows_write(rote_h5 *h5, const char *name, rote_h5_type type, size_t first,
                               size_t count, const void *data)
{
  return write_selected(h5, name, type, (part){.first = first, .count = count}, data);
}

rote_status rote_h5_block_write(rote_h5 *h5, const char *name, rote_h5_type type, size_t row,
                                size_t first, size_t count, const void *data)
{
  const part where = {.dimension = 1, .row = row, .first = first, .count = count};
  return write_selected(h5, name, type, where, data);
}

rote_status rote_h5_array_describe(rote_h5 *h5, const char *name, rote_h5_array *array)
{
  rote_status status = ROTE_OK;
  hid_t stored = H5I_INVALID_HID;
  hsize_t shape[ROTE_H5_RANK_MAX];
  selection s;
  bool known = false;
  ROTE_TRY(selection_open(h5, name, ROTE_H5_U8, EVERYTHING, &s));
  array->rank = (size_t)H5Sget_simple_extent_dims(s.file_space, shape, NULL);
  for (size_t d = 0; d < array->rank; d++) {
    array->shape[d] = (size_t)shape[d];
  }
  ROTE_H5(stored = H5Dget_type(s.id), "read the type of", name);
  for (int t = ROTE_H5_U8; t <= ROTE_H5_TEXT && !known; t++) {
    hid_t candidate = rote_h5_type_create((rote_h5_type)t, true);
    known = H5Tequal(stored, candidate) > 0;
    array->type = (rote_h5_type)t;
    rote_h5_release(candidate);
  }
  if (!known) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: %s has a type that Rote does not write", h5->path, name));
  }
done:
  rote_h5_release(stored);
  selection_close(&s);
  return status;
}

/* "[10, 784]" */
static void print_shape(const rote_h5_array *array, char *out, size_t size)
{
  size_t n = (size_t)snprintf(out, size, "[");
  for (size_t d = 0; d < array->rank && n < size; d++) {
    n += (size_t)snprintf(out + n, size - n, "%s%zu", d == 0 ? "" : ", ", array->shape[d]);
  }
  if (n < size) {
    snprintf(out + n, size - n, "]");
  }
}

static rote_status check_array(rote_h5 *h5, const char *name, const rote_h5_array *wanted)
{
  rote_status status = ROTE_OK;
  rote_h5_array found = {.rank = 0};
  char has[112], needs[112];
  ROTE_TRY(rote_h5_array_describe(h5, name, &found));
  if (found.rank != wanted->rank ||
      memcmp(found.shape, wanted->shape, found.rank * sizeof *found.shape) != 0) {
    print_shape(&found, has, sizeof has);
    print_shape(wanted, needs, sizeof needs);
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: %s has the shape %s; %s is needed here", h5->path, name, has,
                       needs));
  }
  if (found.type != wanted->type) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: %s has another type than Rote writes", h5->path, name));
  }
done:
  return status;
}

static rote_status read_selected(rote_h5 *h5, const char *name, const rote_h5_array *array,
                                 part where, void *data)
{
  rote_status status = ROTE_OK;
  selection s = {H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID};
  ROTE_TRY(check_array(h5, name, array));
  ROTE_TRY(selection_open(h5, name, array->type, where, &s));
  ROTE_H5(H5Dread(s.id, s.type, s.memory_space, s.file_space, H5P_DEFAULT, data), "read", name);
done:
  selection_close(&s);
  return status;
}

rote_status rote_h5_rows_read(rote_h5 *h5, const char *name, const rote_h5_array *array,
                              size_t first, size_t count, void *data)
{
  return read_selected(h5, name, array, (part){.first = first, .count = count}, data);
}

rote_status rote_h5_block_read(rote_h5 *h5, const char *name, const rote_h5_array *array,
                               size_t row, size_t first, size_t count, void *data)
{
  const part where = {.dimension = 1, .row = row, .first = first, .count = count};
  return read_selected(h5, name, array, where, data);
}

rote_status rote_h5_array_get(rote_h5 *h5, const char *name, const rote_h5_array *array, void *data)
{
  return is_empty(array) ? check_array(h5, name, array)
                         : rote_h5_rows_read(h5, name, array, 0, SIZE_MAX, data);
}

rote_status rote_h5_numbers_read(rote_h5 *h5, const char *name, bool inner, size_t row,
                                 size_t first, size_t count, double *values)
{
  rote_status status = ROTE_OK;
  const part where = {.dimension = inner ? 1 : 0, .row = row, .first = first, .count = count};
  selection s = {H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID};
  ROTE_TRY(selection_open(h5, name, ROTE_H5_F64, where, &s));
  ROTE_H5(H5Dread(s.id, s.type, s.memory_space, s.file_space, H5P_DEFAULT, values), "read", name);
done:
  selection_close(&s);
  return status;
}

bool rote_h5_has(rote_h5 *h5, const char *name)
{
  return H5Lexists(h5->id, name, H5P_DEFAULT) > 0; /* negative where a group above it is missing */
}

rote_status rote_h5_count(rote_h5 *h5, const char *group, size_t *count)
{
  rote_status status = ROTE_OK;
  H5G_info_t info;
  ROTE_H5(H5Gget_info_by_name(h5->id, group, &info, H5P_DEFAULT), "find the group", group);
  *count = (size_t)info.nlinks;
done:
  return status;
}
