#include "rote/data_file.h"

#include "rote/escape.h"
#include "rote/h5.h"

#include <stdio.h>
#include <string.h>

static const char *const kind = "rote data";

/* A set by its name; `count` is its field in rote_data_info, `set` its field in rote_data. */
typedef struct {
  const char *images, *labels, *names, *attributes, *name;
  size_t count, set;
} set_place;

static const set_place sets[] = {
    {"train/images", "train/labels", "train/names", "train/attributes", "train",
     offsetof(rote_data_info, train_count), offsetof(rote_data, train)},
    {"validation/images", "validation/labels", "validation/names", "validation/attributes",
     "validation", offsetof(rote_data_info, validation_count), offsetof(rote_data, validation)},
    {"test/images", "test/labels", "test/names", "test/attributes", "test",
     offsetof(rote_data_info, test_count), offsetof(rote_data, test)},
};

enum { SET_COUNT = sizeof sets / sizeof *sets };

static rote_h5_array images_of(const rote_data_info *info, size_t count)
{
  return (rote_h5_array){
      .type = ROTE_H5_U8, .rank = 4, .shape = {count, info->channels, info->height, info->width}};
}

static rote_h5_array labels_of(size_t count)
{
  return (rote_h5_array){.type = ROTE_H5_I32, .rank = 1, .shape = {count}};
}

/* An empty list makes no array. */
static rote_status put_text(rote_h5 *h5, const char *name, const rote_text_list *list)
{
  rote_status status = ROTE_OK;
  const rote_h5_array array = {.type = ROTE_H5_TEXT, .rank = 1, .shape = {list->count}};
  if (list->count > 0) {
    ROTE_TRY(rote_h5_array_create(h5, name, &array));
    ROTE_TRY(rote_h5_texts_write(h5, name, 0, list->count, list));
  }
done:
  return status;
}

static rote_status put_set(rote_h5 *h5, const set_place *place, const rote_data *data,
                           const rote_image_set *set)
{
  rote_status status = ROTE_OK;
  const rote_h5_array images = images_of(&data->info, set->count), labels = labels_of(set->count);
  const rote_h5_array attributes = {
      .type = ROTE_H5_U8, .rank = 2, .shape = {set->count, data->attribute_name.count}};
  ROTE_TRY(rote_h5_array_put(h5, place->images, &images, set->pixel));
  ROTE_TRY(rote_h5_array_put(h5, place->labels, &labels, set->label));
  ROTE_TRY(put_text(h5, place->names, &set->name));
  if (set->attribute != NULL) {
    ROTE_TRY(rote_h5_array_put(h5, place->attributes, &attributes, set->attribute));
  }
done:
  return status;
}

static size_t bytes_of(const rote_data *data)
{
  const size_t count = data->train.count + data->validation.count + data->test.count;
  const size_t pixels = data->info.channels * data->info.height * data->info.width;
  return count * (pixels + sizeof(int32_t) + data->attribute_name.count);
}

rote_status rote_data_file_write(const char *path, const rote_data *data)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const uint64_t left_out = data->left_out.count, escaped = data->escaped;
  ROTE_TRY(rote_file_check_space(path, bytes_of(data)));
  ROTE_TRY(rote_h5_create(path, kind, ROTE_H5_ON_DISK, &h5));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "name", data->info.name));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "source", data->info.source));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "sha256", data->info.sha256));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "files_sha256", data->files_sha256));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "left_out", ROTE_H5_U64, 1, &left_out));
  ROTE_TRY(rote_h5_value_put(&h5, ".", "escaped", ROTE_H5_U64, 1, &escaped));
  ROTE_TRY(rote_h5_text_put(&h5, ".", "escape_rule", ROTE_ESCAPE_RULE));
  ROTE_TRY(put_text(&h5, "class_names", &data->class_name));
  ROTE_TRY(put_text(&h5, "attribute_names", &data->attribute_name));
  ROTE_TRY(put_text(&h5, "left_out", &data->left_out));
  for (int i = 0; i < SET_COUNT; i++) {
    const rote_image_set *set = (const rote_image_set *)((const char *)data + sets[i].set);
    if (set->count > 0) {
      ROTE_TRY(put_set(&h5, &sets[i], data, set));
    }
  }
  ROTE_TRY(rote_h5_commit(&h5, NULL));
done:
  rote_h5_close(&h5);
  return status;
}

/* Counts and shape of one set; the first set found decides the shape of all. */
static rote_status describe_set(rote_h5 *h5, const set_place *place, rote_data_info *info)
{
  rote_status status = ROTE_OK;
  rote_h5_array images = {.rank = 0}, labels = {.rank = 0};
  size_t *s = images.shape;
  ROTE_TRY(rote_h5_array_describe(h5, place->images, &images));
  ROTE_TRY(rote_h5_array_describe(h5, place->labels, &labels));
  if (images.type != ROTE_H5_U8 || images.rank != 4 || s[0] == 0 || s[1] == 0 || s[2] == 0 ||
      s[3] == 0) {
    ROTE_TRY(
        rote_fail(ROTE_DATA, "%s: %s is not a uint8 array [N, C, H, W]", h5->path, place->images));
  }
  if (labels.type != ROTE_H5_I32 || labels.rank != 1 || labels.shape[0] != s[0]) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: %s is not an int32 array of one label an image", h5->path,
                       place->labels));
  }
  if (info->channels == 0) {
    info->channels = s[1];
    info->height = s[2];
    info->width = s[3];
  }
  if (s[1] != info->channels || s[2] != info->height || s[3] != info->width) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: the images of %s have another shape than those before",
                       h5->path, place->name));
  }
  memcpy((char *)info + place->count, &s[0], sizeof s[0]);
done:
  return status;
}

rote_status rote_data_file_info(const char *path, rote_data_info *info)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_data_info found = {.channels = 0};
  ROTE_TRY(rote_h5_open(path, kind, &h5));
  ROTE_TRY(rote_h5_text_get(&h5, ".", "name", found.name, sizeof found.name));
  ROTE_TRY(rote_h5_text_get(&h5, ".", "source", found.source, sizeof found.source));
  ROTE_TRY(rote_h5_text_get(&h5, ".", "sha256", found.sha256, sizeof found.sha256));
  for (int i = 0; i < SET_COUNT; i++) {
    if (rote_h5_has(&h5, sets[i].images)) {
      ROTE_TRY(describe_set(&h5, &sets[i], &found));
    }
  }
  if (found.train_count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has no training images", path));
  }
  *info = found;
done:
  rote_h5_close(&h5);
  return status;
}

/* Open the file and find a set of it that has so many images.
 * @param[out] info  its shape @param[out] count  the images it has */
static rote_status open_set(const char *path, const char *which, size_t needed, rote_h5 *h5,
                            const set_place **found, rote_data_info *info, size_t *count)
{
  rote_status status = ROTE_OK;
  const set_place *place = NULL;
  *info = (rote_data_info){.channels = 0};
  *count = 0;
  for (int i = 0; i < SET_COUNT; i++) {
    place = strcmp(sets[i].name, which) == 0 ? &sets[i] : place;
  }
  if (place == NULL) {
    return rote_fail(ROTE_INTERNAL, "there is no set of images called %s", which);
  }
  ROTE_TRY(rote_h5_open(path, kind, h5));
  if (rote_h5_has(h5, place->images)) {
    ROTE_TRY(describe_set(h5, place, info));
    memcpy(count, (char *)info + place->count, sizeof *count);
  }
  if (needed > *count) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has %zu images in %s; %zu are needed", path, *count, which,
                       needed));
  }
  *found = place;
done:
  return status;
}

rote_status rote_data_file_read(const char *path, const char *which, rote_image_set *set)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const set_place *place = NULL;
  rote_data_info info;
  size_t count = 0;
  ROTE_TRY(open_set(path, which, set->count, &h5, &place, &info, &count));
  if (set->count > 0) {
    const rote_h5_array images = images_of(&info, count), labels = labels_of(count);
    ROTE_TRY(rote_h5_rows_read(&h5, place->images, &images, 0, set->count, set->pixel));
    ROTE_TRY(rote_h5_rows_read(&h5, place->labels, &labels, 0, set->count, set->label));
  }
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_data_file_read_some(const char *path, const char *which, size_t n,
                                     const uint32_t *index, uint8_t *pixel)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  const set_place *place = NULL;
  rote_data_info info;
  size_t count = 0;
  ROTE_TRY(open_set(path, which, n > 0 ? (size_t)index[n - 1] + 1 : 0, &h5, &place, &info, &count));
  const rote_h5_array images = images_of(&info, count);
  for (size_t i = 0, row = 1; i < n; i += row, row = 1) {
    while (i + row < n && index[i + row] == index[i] + row) { /* in the file beside each other */
      row++;
    }
    ROTE_TRY(rote_h5_rows_read(&h5, place->images, &images, index[i], row,
                               pixel + i * rote_data_pixels(&info)));
  }
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_data_file_read_text(const char *path, const char *name, rote_text_list *list)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  *list = (rote_text_list){.count = 0};
  ROTE_TRY(rote_h5_open(path, kind, &h5));
  if (rote_h5_has(&h5, name)) {
    ROTE_TRY(rote_h5_texts_read(&h5, name, list));
  }
done:
  rote_h5_close(&h5);
  if (status != ROTE_OK) {
    rote_text_list_free(list);
  }
  return status;
}
