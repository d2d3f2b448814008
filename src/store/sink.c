#include "rote/sink.h"

#include "rote/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const rote_study_kind = "rote study";

/* A scale of the file: arrays in its group and below are attached to it. */
typedef struct {
  char letter;
  size_t group; /* length of its path up to and without the last name */
  char path[ROTE_PATH_MAX];
} scale;

struct rote_sink {
  rote_h5 h5;
  char base[ROTE_PATH_MAX];
  rote_sizes sizes;
  rote_compared compared; /* NULL: a writer */
  void *context;
  size_t scale_count, scale_room;
  scale *scale;
  size_t bytes; /* room to read what is compared */
  char *stored;
};

static rote_status create(rote_sink **out)
{
  rote_status status = rote_alloc(1, sizeof **out, out);
  if (status == ROTE_OK) {
    (*out)->h5 = ROTE_H5_CLOSED;
  }
  return status;
}

rote_status rote_sink_write(const char *path, rote_sink **out)
{
  rote_status status = ROTE_OK;
  rote_sink *s = NULL;
  *out = NULL;
  ROTE_TRY(create(&s));
  ROTE_TRY(rote_h5_create(path, rote_study_kind, ROTE_H5_ON_DISK, &s->h5));
  *out = s;
  s = NULL;
done:
  rote_sink_abort(&s);
  return status;
}

rote_status rote_sink_check(const char *path, rote_compared compared, void *context,
                            rote_sink **out)
{
  rote_status status = ROTE_OK;
  rote_sink *s = NULL;
  *out = NULL;
  ROTE_TRY(create(&s));
  s->compared = compared;
  s->context = context;
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &s->h5));
  *out = s;
  s = NULL;
done:
  rote_sink_abort(&s);
  return status;
}

bool rote_sink_is_check(const rote_sink *s)
{
  return s->compared != NULL;
}

rote_status rote_sink_base(rote_sink *s, const char *base)
{
  return rote_path(s->base, "%s", base);
}

void rote_sink_sizes(rote_sink *s, const rote_sizes *sizes)
{
  s->sizes = *sizes;
}

void rote_sink_size(rote_sink *s, char letter, size_t length)
{
  s->sizes.length[letter - 'A'] = length;
}

size_t rote_sink_length(const rote_sink *s, char letter)
{
  return s->sizes.length[letter - 'A'];
}

static rote_status path_of(const rote_sink *s, const char *name, char *path)
{
  return rote_path(path, "%s%s%s", s->base, s->base[0] == '\0' ? "" : "/", name);
}

static rote_status remember_scale(rote_sink *s, char letter, const char *path)
{
  rote_status status = ROTE_OK;
  scale *larger = NULL;
  const char *slash = strrchr(path, '/');
  if (s->scale_count == s->scale_room) {
    ROTE_TRY(rote_alloc(2 * s->scale_room + 16, sizeof *larger, &larger));
    if (s->scale_count > 0) {
      memcpy(larger, s->scale, s->scale_count * sizeof *larger);
    }
    rote_free(&s->scale);
    s->scale = larger;
    s->scale_room = 2 * s->scale_room + 16;
  }
  scale *one = &s->scale[s->scale_count++];
  one->letter = letter;
  one->group = slash == NULL ? 0 : (size_t)(slash - path) + 1;
  ROTE_TRY(rote_path(one->path, "%s", path));
done:
  return status;
}

/* The scale of a dimension that is nearest above an array. */
static const scale *find_scale(const rote_sink *s, char letter, const char *path)
{
  const scale *best = NULL;
  for (size_t i = 0; i < s->scale_count; i++) {
    const scale *one = &s->scale[i];
    if (one->letter == letter && strncmp(path, one->path, one->group) == 0 &&
        (best == NULL || one->group >= best->group)) {
      best = one;
    }
  }
  return best;
}

static rote_status attach(rote_sink *s, const rote_array *array, const char *path)
{
  rote_status status = ROTE_OK;
  if (array->scale) {
    const char *label = strrchr(path, '/');
    ROTE_TRY(remember_scale(s, array->dims[0], path));
    return rote_h5_scale_make(&s->h5, path, label == NULL ? path : label + 1);
  }
  for (size_t d = 0; d < strlen(array->dims); d++) {
    const scale *one = find_scale(s, array->dims[d], path);
    if (one == NULL) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "%s: no scale for the dimension %c", path, array->dims[d]));
    }
    ROTE_TRY(rote_h5_scale_attach(&s->h5, path, d, one->path));
  }
done:
  return status;
}

/* Meanings of the values 0, 1 and, if there is a third, 255. */
static rote_status put_flags(rote_sink *s, const char *path, const char *flags)
{
  static const uint8_t values[] = {0, 1, 255};
  rote_status status = ROTE_OK;
  const bool third = strchr(strchr(flags, ' ') + 1, ' ') != NULL;
  ROTE_TRY(rote_h5_value_put(&s->h5, path, "flag_values", ROTE_H5_U8, third ? 3 : 2, values));
  ROTE_TRY(rote_h5_text_put(&s->h5, path, "flag_meanings", flags));
done:
  return status;
}

static rote_status create_array(rote_sink *s, const rote_array *array, const rote_h5_array *shape,
                                const char *path)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_array_create(&s->h5, path, shape));
  ROTE_TRY(rote_h5_text_put(&s->h5, path, "units", array->units));
  ROTE_TRY(rote_h5_text_put(&s->h5, path, "long_name", array->long_name));
  if (array->flags != NULL) {
    ROTE_TRY(put_flags(s, path, array->flags));
  }
  ROTE_TRY(attach(s, array, path));
done:
  return status;
}

static bool is_empty(const rote_h5_array *shape)
{
  for (size_t d = 0; d < shape->rank; d++) {
    if (shape->shape[d] == 0) {
      return true;
    }
  }
  return false;
}

/* The range with its length where all was meant. */
static rote_range whole(const rote_h5_array *shape, rote_range range)
{
  const size_t d = range.inner ? 1 : 0;
  if (range.count == SIZE_MAX && shape->rank > d) {
    range.count = shape->shape[d] - range.first;
  }
  return range;
}

static size_t entries_of(const rote_h5_array *shape, rote_range range)
{
  size_t n = shape->rank == 0 ? 1 : range.count;
  for (size_t d = range.inner ? 2 : 1; d < shape->rank; d++) {
    n *= shape->shape[d];
  }
  return n;
}

static bool same_numbers(rote_h5_type type, size_t n, const void *a, const void *b)
{
  bool same = memcmp(a, b, n * rote_h5_type_bytes(type)) == 0;
  if (!same && type == ROTE_H5_F64) {
    const double *x = a, *y = b;
    same = true;
    for (size_t i = 0; i < n && same; i++) {
      same = memcmp(&x[i], &y[i], sizeof *x) == 0 || (isnan(x[i]) && isnan(y[i]));
    }
  }
  return same;
}

static rote_status read_part(rote_h5 *h5, const char *path, const rote_h5_array *shape,
                             rote_range range, void *values)
{
  if (shape->rank == 0) {
    return rote_h5_array_get(h5, path, shape, values);
  }
  return range.inner
             ? rote_h5_block_read(h5, path, shape, range.row, range.first, range.count, values)
             : rote_h5_rows_read(h5, path, shape, range.first, range.count, values);
}

static rote_status compare(rote_sink *s, const char *path, const rote_h5_array *shape,
                           rote_range range, const void *data)
{
  rote_status status = ROTE_OK;
  const size_t n = entries_of(shape, range), bytes = n * rote_h5_type_bytes(shape->type);
  if (shape->type == ROTE_H5_TEXT) {
    return ROTE_OK;
  }
  if (bytes > s->bytes) {
    rote_free(&s->stored);
    s->bytes = 0;
    ROTE_TRY(rote_alloc(bytes, 1, &s->stored));
    s->bytes = bytes;
  }
  ROTE_TRY(read_part(&s->h5, path, shape, range, s->stored));
  s->compared(s->context, path, n, same_numbers(shape->type, n, s->stored, data));
done:
  return status;
}

rote_status rote_sink_put(rote_sink *s, const rote_array *array, rote_range range, const void *data)
{
  rote_status status = ROTE_OK;
  const rote_h5_array shape = rote_array_shape(array, &s->sizes);
  char path[ROTE_PATH_MAX];
  if (is_empty(&shape)) {
    return ROTE_OK;
  }
  range = whole(&shape, range);
  ROTE_TRY(path_of(s, array->name, path));
  if (rote_sink_is_check(s)) {
    return compare(s, path, &shape, range, data);
  }
  if (!rote_h5_has(&s->h5, path)) {
    ROTE_TRY(create_array(s, array, &shape, path));
  }
  if (shape.rank == 0) {
    range.count = SIZE_MAX;
  }
  ROTE_TRY(range.inner
               ? rote_h5_block_write(&s->h5, path, array->type, range.row, range.first, range.count,
                                     data)
               : rote_h5_rows_write(&s->h5, path, array->type, range.first, range.count, data));
done:
  return status;
}

rote_status rote_sink_count(rote_sink *s, const rote_array *array, size_t start)
{
  rote_status status = ROTE_OK;
  const size_t n = rote_sink_length(s, array->dims[0]);
  uint32_t *value = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *value, &value));
  for (size_t i = 0; i < n; i++) {
    value[i] = (uint32_t)(start + i);
  }
  ROTE_TRY(rote_sink_put(s, array, ROTE_ALL, value));
done:
  rote_free(&value);
  return status;
}

rote_status rote_sink_texts(rote_sink *s, const rote_array *array, const rote_text_list *list)
{
  rote_status status = ROTE_OK;
  const rote_h5_array shape = rote_array_shape(array, &s->sizes);
  char path[ROTE_PATH_MAX];
  if (rote_sink_is_check(s) || is_empty(&shape)) {
    return ROTE_OK;
  }
  ROTE_TRY(path_of(s, array->name, path));
  ROTE_TRY(create_array(s, array, &shape, path));
  ROTE_TRY(rote_h5_texts_write(&s->h5, path, 0, shape.shape[0], list));
done:
  return status;
}

bool rote_sink_has(rote_sink *s, const char *path)
{
  return rote_h5_has(&s->h5, path);
}

rote_status rote_sink_get(rote_sink *s, const char *path, size_t v, size_t images, double *values)
{
  rote_status status = ROTE_OK;
  rote_h5_array array;
  ROTE_TRY(rote_h5_array_describe(&s->h5, path, &array));
  const bool two = array.rank == 2;
  if (array.rank == 0 || array.rank > 2 || array.shape[two] != images ||
      (two && v >= array.shape[0])) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is not a number of each of %zu images", path, images));
  }
  ROTE_TRY(rote_h5_numbers_read(&s->h5, path, false, 0, two ? v : 0, two ? 1 : images, values));
done:
  return status;
}

rote_status rote_sink_get_part(rote_sink *s, const char *path, size_t first, size_t count,
                               size_t numbers, double *values)
{
  rote_status status = ROTE_OK;
  rote_h5_array array;
  size_t found = 1;
  ROTE_TRY(rote_h5_array_describe(&s->h5, path, &array));
  for (size_t d = 1; d < array.rank; d++) {
    found *= array.shape[d];
  }
  if (array.rank == 0 || found != numbers || first + count > array.shape[0]) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has not the shape that is expected", path));
  }
  ROTE_TRY(rote_h5_numbers_read(&s->h5, path, false, 0, first, count, values));
done:
  return status;
}

rote_status rote_sink_link(rote_sink *s, const char *name, const char *second)
{
  return rote_sink_is_check(s) ? ROTE_OK : rote_h5_link(&s->h5, name, second);
}

rote_status rote_sink_attribute(rote_sink *s, const char *name, const char *text)
{
  return rote_sink_is_check(s) ? ROTE_OK : rote_h5_text_put(&s->h5, ".", name, text);
}

rote_status rote_sink_attribute_u64(rote_sink *s, const char *name, uint64_t value)
{
  return rote_sink_is_check(s) ? ROTE_OK
                               : rote_h5_value_put(&s->h5, ".", name, ROTE_H5_U64, 1, &value);
}

rote_status rote_sink_end(rote_sink **sink)
{
  const rote_status status =
      rote_sink_is_check(*sink) ? ROTE_OK : rote_h5_commit(&(*sink)->h5, NULL);
  rote_sink_abort(sink);
  return status;
}

void rote_sink_abort(rote_sink **sink)
{
  if (*sink != NULL) {
    rote_h5_close(&(*sink)->h5);
    rote_free(&(*sink)->scale);
    rote_free(&(*sink)->stored);
    rote_free(sink);
  }
}
