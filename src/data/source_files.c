#include "source_files.h"

#include "rote/file.h"
#include "rote/memory.h"

#include <stdio.h>
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
  char line[ROTE_DIGEST_TEXT + ROTE_PATH_MAX + 4];
  snprintf(line, sizeof line, "%s  %s\n", sha256, name);
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
