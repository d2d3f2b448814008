#include "told.h"

#include "rote/file.h"

#include <stdarg.h>
#include <stdio.h>

static rote_status put_path(char *path, const char *format, va_list args)
{
  const int n = vsnprintf(path, ROTE_PATH_MAX, format, args);
  return n >= 0 && n < ROTE_PATH_MAX
             ? ROTE_OK
             : rote_fail(ROTE_DATA, "the name of an array is longer than %d bytes: %.60s...",
                         ROTE_PATH_MAX - 1, path);
}

#define PUT_PATH(path, format)                                                                     \
  do {                                                                                             \
    va_list args;                                                                                  \
    va_start(args, format);                                                                        \
    status = put_path(path, format, args);                                                         \
    va_end(args);                                                                                  \
  } while (0)

rote_status rote_told_get(const rote_told *told, rote_range range, double *values,
                          const char *format, ...)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  PUT_PATH(path, format);
  return status != ROTE_OK ? status : rote_study_reader_get(told->reader, path, range, values);
}

bool rote_told_has(const rote_told *told, const char *format, ...)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  PUT_PATH(path, format);
  return status == ROTE_OK && rote_study_reader_has(told->reader, path);
}

rote_status rote_told_shape(const rote_told *told, rote_h5_array *shape, const char *format, ...)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  PUT_PATH(path, format);
  return status != ROTE_OK ? status : rote_study_reader_shape(told->reader, path, shape);
}

rote_status rote_told_texts(const rote_told *told, rote_text_list *list, const char *format, ...)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  PUT_PATH(path, format);
  return status != ROTE_OK ? status : rote_study_reader_texts(told->reader, path, list);
}

rote_range rote_told_last(const rote_variant *variant)
{
  const size_t epochs = rote_evaluation_count(&variant->options);
  return (rote_range){.first = epochs > 0 ? epochs - 1 : 0, .count = 1};
}
