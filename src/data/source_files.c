#include "source_files.h"

#include "rote/file.h"
#include "rote/image_file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/resize.h"

#include <stdio.h>
#include <string.h>

const char *const rote_set_name[ROTE_SET_COUNT] = {"train", "validation", "test"};

/* An import under way. */
typedef struct {
  const rote_source_files *sources;
  const rote_import_options *options;
  size_t channels, height, width; /* of the data set; height 0: not known yet */
  size_t first;                   /* the file that decided height and width */
  bool *bad;                      /* [n] */
  rote_text_list left_out, sums;
  rote_resizer *resizer;
  size_t done, total;
} import;

static bool has_crop(const rote_crop *crop)
{
  return crop->right > 0;
}

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

rote_status rote_sums_add(rote_text_list *sums, const char *name, const void *bytes, size_t count)
{
  rote_status status = ROTE_OK;
  char digest[ROTE_DIGEST_TEXT], line[ROTE_DIGEST_TEXT + ROTE_PATH_MAX + 4];
  ROTE_TRY(rote_digest(1, &bytes, &count, digest));
  snprintf(line, sizeof line, "%s  %s\n", digest, name);
  ROTE_TRY(rote_text_list_add(sums, line));
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

/* Name the file whose failure is recorded and go on; only a lack of memory ends the import. */
static rote_status mark_bad(import *m, size_t i, rote_status failure)
{
  rote_status status = ROTE_OK;
  if (failure == ROTE_NOMEM || failure == ROTE_INTERNAL) {
    return failure;
  }
  const char *name = rote_text_list_get(&m->sources->name, i);
  /* Reasons begin with the path of the file; what is kept does not need the directory. */
  const char *reason = rote_fail_reason(failure), *tail = strstr(reason, name);
  rote_log(m->options->skip_bad ? ROTE_LOG_WARN : ROTE_LOG_ERROR, "bad-file", "%s", reason);
  ROTE_TRY(rote_text_list_add(&m->left_out, tail != NULL ? tail : reason));
  m->bad[i] = true;
done:
  return status;
}

static void show_progress(import *m)
{
  m->done++;
  if (m->options->progress != NULL) {
    m->options->progress(m->options->context, m->done, m->total);
  }
}

/* @param[out] bytes  released with rote_free() */
static rote_status read_file(const import *m, size_t i, char *path, char **bytes, size_t *count)
{
  rote_status status = ROTE_OK;
  *bytes = NULL;
  ROTE_TRY(
      rote_path(path, "%s/%s", m->sources->directory, rote_text_list_get(&m->sources->name, i)));
  ROTE_TRY(rote_file_read(path, bytes, count));
done:
  return status;
}

/* The part of the image that is used. */
static rote_status find_crop(const import *m, const char *path, const rote_image *image,
                             rote_crop *crop)
{
  *crop = has_crop(&m->options->crop) ? m->options->crop
                                      : (rote_crop){0, 0, image->width, image->height};
  if (crop->right > image->width || crop->bottom > image->height) {
    return rote_fail(ROTE_DATA,
                     "%s: is %zu x %zu pixels large; the crop %zu,%zu,%zu,%zu needs more", path,
                     image->width, image->height, crop->left, crop->top, crop->right, crop->bottom);
  }
  return ROTE_OK;
}

/* Height and width of the data set: --size, or else the size that all images have. */
static rote_status settle_size(import *m, size_t i, const rote_crop *crop)
{
  const size_t size = m->options->size;
  const size_t height = size > 0 ? size : crop->bottom - crop->top;
  const size_t width = size > 0 ? size : crop->right - crop->left;
  if (m->height == 0) {
    m->height = height;
    m->width = width;
    m->first = i;
  } else if (m->height != height || m->width != width) {
    return rote_fail(ROTE_DATA,
                     "%s: the images have different sizes: %s has %zu x %zu pixels, %s has %zu x "
                     "%zu; give --size to resize them",
                     m->sources->directory, rote_text_list_get(&m->sources->name, m->first),
                     m->width, m->height, rote_text_list_get(&m->sources->name, i), width, height);
  }
  return ROTE_OK;
}

/* First pass: sizes and channels from the headers. */
static rote_status survey(import *m)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], *bytes = NULL;
  size_t count = 0;
  for (size_t i = 0; i < m->sources->name.count; i++) {
    rote_image image = {.pixel = NULL};
    rote_crop crop;
    rote_status found = read_file(m, i, path, &bytes, &count);
    found = found != ROTE_OK ? found : rote_image_describe(path, bytes, count, &image);
    found = found != ROTE_OK ? found : find_crop(m, path, &image, &crop);
    rote_free(&bytes);
    if (found != ROTE_OK) {
      ROTE_TRY(mark_bad(m, i, found));
    } else {
      ROTE_TRY(settle_size(m, i, &crop));
      m->channels = image.channels > m->channels ? image.channels : m->channels;
    }
    show_progress(m);
  }
  m->channels = m->options->gray ? 1 : m->channels;
done:
  return status;
}

/* Colour to grey in place. */
static void make_gray(rote_image *image)
{
  const size_t pixels = image->height * image->width;
  for (size_t i = 0; i < pixels; i++) {
    const uint8_t *p = image->pixel + 3 * i;
    image->pixel[i] = (uint8_t)((299u * p[0] + 587u * p[1] + 114u * p[2] + 500u) / 1000u);
  }
  image->channels = 1;
}

/* Crop and resize into [C, H, W]; grey becomes every channel of a colour image. */
static rote_status place(import *m, rote_image *image, const rote_crop *crop, uint8_t *to)
{
  rote_status status = ROTE_OK;
  if (image->channels > m->channels) {
    make_gray(image);
  }
  const size_t row = image->width * image->channels, plane = m->height * m->width;
  ROTE_TRY(rote_resize(m->resizer, image->channels, crop->bottom - crop->top,
                       crop->right - crop->left, row,
                       image->pixel + crop->top * row + crop->left * image->channels, to));
  for (size_t c = image->channels; c < m->channels; c++) {
    memcpy(to + c * plane, to, plane);
  }
done:
  return status;
}

/* Everything that can be wrong with one file alone. */
static rote_status load_file(import *m, size_t i, uint8_t *to)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], *bytes = NULL;
  size_t count = 0;
  rote_image image = {.pixel = NULL};
  rote_crop crop;
  ROTE_TRY(read_file(m, i, path, &bytes, &count));
  ROTE_TRY(rote_image_decode(path, bytes, count, &image));
  ROTE_TRY(find_crop(m, path, &image, &crop));
  if (m->options->size == 0 &&
      (crop.bottom - crop.top != m->height || crop.right - crop.left != m->width)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: changed while it was imported", path));
  }
  ROTE_TRY(place(m, &image, &crop, to));
  ROTE_TRY(rote_sums_add(&m->sums, rote_text_list_get(&m->sources->name, i), bytes, count));
done:
  rote_free(&image.pixel);
  rote_free(&bytes);
  return status;
}

/* Second pass: files of one set into its arrays; those left out leave no gap. */
static rote_status load_set(import *m, int number, rote_data *data)
{
  rote_status status = ROTE_OK;
  const rote_source_files *sources = m->sources;
  rote_image_set *set = rote_data_set(data, number);
  const size_t pixels = rote_data_pixels(&data->info), attributes = sources->attribute_name.count;
  if (set->count > 0 && sources->attribute != NULL) {
    ROTE_TRY(rote_alloc(set->count, attributes, &set->attribute));
  }
  set->count = 0;
  for (size_t i = 0; i < sources->name.count; i++) {
    if (sources->file[i].set != number || m->bad[i]) {
      continue;
    }
    const rote_status found = load_file(m, i, set->pixel + set->count * pixels);
    show_progress(m);
    if (found != ROTE_OK) {
      ROTE_TRY(mark_bad(m, i, found));
      continue;
    }
    ROTE_TRY(
        rote_text_list_add(&set->name, rote_text_list_get(&sources->name, i) + sources->prefix));
    set->label[set->count] = sources->file[i].label;
    if (set->attribute != NULL) {
      memcpy(set->attribute + set->count * attributes, sources->attribute + i * attributes,
             attributes);
    }
    set->count++;
  }
done:
  return status;
}

static rote_status check_left_out(const import *m, size_t left)
{
  const size_t bad = m->left_out.count;
  if (bad > 0 && !m->options->skip_bad) {
    return rote_fail(
        ROTE_DATA,
        "%s: %zu of %zu files could not be read, and nothing was written (the first is "
        "%s); repair them, or leave them out with --skip-bad",
        m->sources->directory, bad, m->sources->name.count, rote_text_list_get(&m->left_out, 0));
  }
  if (left == 0) {
    return rote_fail(ROTE_DATA, "%s: has no training images that can be read",
                     m->sources->directory);
  }
  return ROTE_OK;
}

/* Files of one set that are still believed to be good. */
static size_t count_good(const import *m, int set)
{
  size_t count = 0;
  for (size_t i = 0; i < m->sources->name.count; i++) {
    count += m->sources->file[i].set == set && !m->bad[i];
  }
  return count;
}

static rote_status copy_list(const rote_text_list *from, rote_text_list *to)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < from->count; i++) {
    ROTE_TRY(rote_text_list_add(to, rote_text_list_get(from, i)));
  }
done:
  return status;
}

/* What does not depend on single images. */
static rote_status finish(import *m, rote_data *data)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], *bytes = NULL;
  size_t count = 0;
  data->info.train_count = data->train.count;
  data->info.validation_count = data->validation.count;
  data->info.test_count = data->test.count;
  ROTE_TRY(check_left_out(m, data->train.count));
  ROTE_TRY(copy_list(&m->sources->class_name, &data->class_name));
  ROTE_TRY(copy_list(&m->sources->attribute_name, &data->attribute_name));
  ROTE_TRY(copy_list(&m->left_out, &data->left_out));
  for (size_t i = 0; i < m->sources->labels.count; i++) {
    const char *name = rote_text_list_get(&m->sources->labels, i);
    ROTE_TRY(rote_path(path, "%s/%s", m->sources->directory, name));
    ROTE_TRY(rote_file_read(path, &bytes, &count));
    ROTE_TRY(rote_sums_add(&m->sums, name, bytes, count));
    rote_free(&bytes);
  }
  ROTE_TRY(rote_sums_digest(&m->sums, data->files_sha256));
  ROTE_TRY(rote_data_digest(data, data->info.sha256));
done:
  rote_free(&bytes);
  return status;
}

/* What was done to the images, for people who find the file. */
static void describe_work(const import *m, rote_data_info *info)
{
  const rote_crop *crop = &m->options->crop;
  size_t used = strlen(info->source);
  if (has_crop(crop)) {
    snprintf(info->source + used, sizeof info->source - used, "; crop %zu,%zu,%zu,%zu", crop->left,
             crop->top, crop->right, crop->bottom);
    used = strlen(info->source);
  }
  if (m->options->size > 0) {
    snprintf(info->source + used, sizeof info->source - used, "; resized to %zu x %zu",
             m->options->size, m->options->size);
    used = strlen(info->source);
  }
  if (m->options->gray) {
    snprintf(info->source + used, sizeof info->source - used, "; grey");
  }
}

static rote_status read_all(import *m, const char *name, const char *source, rote_data **data)
{
  rote_status status = ROTE_OK;
  const size_t files = m->sources->name.count;
  const bool known = m->options->size > 0 && m->channels > 0;
  m->total = known ? files : 2 * files;
  m->height = m->width = m->options->size;
  ROTE_TRY(rote_alloc(files, sizeof *m->bad, &m->bad));
  if (!known) {
    ROTE_TRY(survey(m));
    ROTE_TRY(m->height == 0 || m->channels == 0 ? check_left_out(m, 0) : ROTE_OK);
  }
  m->total = m->done + files - m->left_out.count;
  rote_data_info info = {.channels = m->channels,
                         .height = m->height,
                         .width = m->width,
                         .train_count = count_good(m, ROTE_SET_TRAIN),
                         .validation_count = count_good(m, ROTE_SET_VALIDATION),
                         .test_count = count_good(m, ROTE_SET_TEST)};
  snprintf(info.name, sizeof info.name, "%s", name);
  snprintf(info.source, sizeof info.source, "%s", source);
  describe_work(m, &info);
  ROTE_TRY(rote_import_begin(&info, m->options, data));
  ROTE_TRY(rote_resizer_create(m->height, m->width, &m->resizer));
  for (int set = 0; set < ROTE_SET_COUNT; set++) {
    ROTE_TRY(load_set(m, set, *data));
  }
  ROTE_TRY(finish(m, *data));
done:
  return status;
}

rote_status rote_source_files_read(const rote_source_files *sources,
                                   const rote_import_options *options, const char *name,
                                   const char *source, rote_data **data)
{
import m = {.sources = sources, .options = options, .channels = options->gray ? 1 :sources->channels };
  *data = NULL;
  const rote_status status = read_all(&m, name, source, data);
  if (status != ROTE_OK) {
    rote_data_destroy(data);
  }
  rote_free(&m.bad);
  rote_text_list_free(&m.left_out);
  rote_text_list_free(&m.sums);
  rote_resizer_destroy(&m.resizer);
  return status;
}
