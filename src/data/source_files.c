#include "source_files.h"

#include "rote/escape.h"
#include "rote/file.h"
#include "rote/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const rote_set_name[ROTE_SET_COUNT] = {"train", "validation", "test"};

rote_status rote_source_files_add(rote_source_files *sources, const char *name,
                                  rote_source_file file)
{
  rote_status status = ROTE_OK;
  if (sources->name.count == sources->room) {
    const size_t room = sources->room == 0 ? 256 : 2 * sources->room;
    rote_source_file *wider;
    ROTE_TRY(rote_alloc(room, sizeof *wider, &wider));
    if (sources->room > 0) {
      memcpy(wider, sources->file, sources->room * sizeof *wider);
    }
    rote_free(&sources->file);
    sources->file = wider;
    sources->room = room;
  }
  ROTE_TRY(rote_text_list_add(&sources->name, name));
  sources->file[sources->name.count - 1] = file;
done:
  return status;
}

void rote_source_files_free(rote_source_files *sources)
{
  rote_text_list_free(&sources->name);
  rote_free(&sources->file);
  rote_text_list_free(&sources->labels);
  rote_text_list_free(&sources->class_name);
  rote_text_list_free(&sources->attribute_name);
  rote_free(&sources->attribute);
}

rote_image_set *rote_data_set(rote_data *data, int set)
{
  return set == ROTE_SET_TRAIN        ? &data->train
         : set == ROTE_SET_VALIDATION ? &data->validation
                                      : &data->test;
}

void rote_source_name(const char *directory, char *name, size_t room)
{
  char *full = realpath(directory, NULL);
  const char *slash = full == NULL ? NULL : strrchr(full, '/');
  rote_escape(slash == NULL || slash[1] == '\0' ? "images" : slash + 1, name, room);
  free(full);
}

/* The first regular file of these below directory/middle. */
static rote_status find_in(const char *directory, const char *middle, size_t n,
                           const char *const *name, char *found)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_file_kind kind;
  for (size_t i = 0; i < n; i++) {
    ROTE_TRY(rote_path(found, "%s%s", middle, name[i]));
    ROTE_TRY(rote_path(path, "%s/%s", directory, found));
    ROTE_TRY(rote_file_look(path, &kind));
    if (kind == ROTE_FILE_REGULAR) {
      goto done;
    }
  }
  found[0] = '\0';
done:
  return status;
}

rote_status rote_source_find(const char *directory, size_t n, const char *const *name, char *found)
{
  rote_status status = ROTE_OK;
  char middle[ROTE_PATH_MAX];
  ROTE_TRY(find_in(directory, "", n, name, found));
  for (size_t i = 0; i < n && found[0] == '\0'; i++) {
    ROTE_TRY(rote_path(middle, "%s/", name[i]));
    ROTE_TRY(find_in(directory, middle, n, name, found));
  }
done:
  return status;
}

rote_status rote_source_bytes(const char *path, char **bytes, size_t *count)
{
  rote_file_kind kind;
  const rote_status status = rote_file_read(path, bytes, count);
  char reason[ROTE_PATH_MAX];
  if (status != ROTE_IO) {
    return status;
  }
  snprintf(reason, sizeof reason, "%s", rote_fail_reason(status));
  const bool bad = rote_file_look(path, &kind) == ROTE_OK && kind != ROTE_FILE_REGULAR;
  return rote_fail(bad ? ROTE_DATA : ROTE_IO, "%s", reason);
}

/* Append to `text` what fits of `more`. */
static void append_text(char *text, size_t room, const char *more)
{
  const size_t used = strlen(text);
  snprintf(text + used, room - used, "%s", more);
}

void rote_source_describe(const rote_import_options *options, rote_data_info *info)
{
  const rote_crop *crop = &options->crop;
  char text[128];
  if (crop->right > 0) {
    snprintf(text, sizeof text, "; crop %zu,%zu,%zu,%zu", crop->left, crop->top, crop->right,
             crop->bottom);
    append_text(info->source, sizeof info->source, text);
  }
  if (options->size > 0) {
    snprintf(text, sizeof text, "; resized to %zu x %zu", options->size, options->size);
    append_text(info->source, sizeof info->source, text);
  }
  if (options->gray) {
    append_text(info->source, sizeof info->source, "; grey");
  }
}

rote_status rote_import_begin(const rote_data_info *info, const rote_import_options *options,
                              rote_data **data)
{
  rote_status status = ROTE_OK;
  size_t bytes = 0;
  *data = NULL;
  const size_t count = info->train_count + info->validation_count + info->test_count;
  if (__builtin_mul_overflow(count, rote_data_pixels(info), &bytes)) {
    ROTE_TRY(rote_fail(ROTE_NOMEM, "%zu images of %zu pixels are more than memory can hold", count,
                       rote_data_pixels(info)));
  }
  if (options->output != NULL) {
    ROTE_TRY(rote_file_check_space(options->output, bytes));
  }
  ROTE_TRY(rote_data_create(info, data));
done:
  return status;
}

rote_status rote_sums_add(rote_text_list *sums, const char *name, const char *sha256)
{
  char line[ROTE_DIGEST_TEXT + 2 * ROTE_PATH_MAX + 4];
  const bool escaped = strpbrk(name, "\\\n\r") != NULL;
  int used = snprintf(line, sizeof line, "%s%s  ", escaped ? "\\" : "", sha256);
  for (const char *c = name; *c != '\0'; c++) {
    const char *piece = *c == '\\' ? "\\\\" : *c == '\n' ? "\\n" : *c == '\r' ? "\\r" : NULL;
    used += snprintf(line + used, sizeof line - (size_t)used, "%.*s", piece == NULL ? 1 : 2,
                     piece == NULL ? c : piece);
  }
  snprintf(line + used, sizeof line - (size_t)used, "\n");
  return rote_text_list_add(sums, line);
}

rote_status rote_sums_add_bytes(rote_text_list *sums, const char *name, const void *bytes,
                                size_t count)
{
  rote_status status = ROTE_OK;
  char digest[ROTE_DIGEST_TEXT];
  ROTE_TRY(rote_digest(1, &bytes, &count, digest));
  ROTE_TRY(rote_sums_add(sums, name, digest));
done:
  return status;
}

rote_status rote_sums_digest(const rote_text_list *sums, char *text)
{
  rote_status status = ROTE_OK;
  const void **line = NULL;
  size_t *bytes = NULL;
  ROTE_TRY(rote_alloc(sums->count, sizeof *line, &line));
  ROTE_TRY(rote_alloc(sums->count, sizeof *bytes, &bytes));
  for (size_t i = 0; i < sums->count; i++) {
    line[i] = rote_text_list_get(sums, i);
    bytes[i] = strlen(line[i]);
  }
  ROTE_TRY(rote_digest(sums->count, line, bytes, text));
done:
  rote_free(&line);
  rote_free(&bytes);
  return status;
}
