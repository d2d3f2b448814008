/* CIFAR-10, binary version: files of records, each a label and 3 x 32 x 32 pixels, plane by plane.
 */
#include "importers.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "source_files.h"

#include <stdio.h>
#include <string.h>

enum { SIDE = 32, CHANNELS = 3, PIXELS = CHANNELS * SIDE * SIDE, RECORD = 1 + PIXELS };

static const struct {
  const char *name;
  int set;
} batches[] = {
    {"data_batch_1.bin", ROTE_SET_TRAIN}, {"data_batch_2.bin", ROTE_SET_TRAIN},
    {"data_batch_3.bin", ROTE_SET_TRAIN}, {"data_batch_4.bin", ROTE_SET_TRAIN},
    {"data_batch_5.bin", ROTE_SET_TRAIN}, {"test_batch.bin", ROTE_SET_TEST},
};

enum { BATCHES = sizeof batches / sizeof *batches };

static const char *const classes[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                      "dog",      "frog",       "horse", "ship", "truck"};

enum { CLASSES = sizeof classes / sizeof *classes };

/* @param[out] bytes  released with rote_free(); @param[out] count  of records */
static rote_status read_batch(const char *directory, const char *name, uint8_t **bytes,
                              size_t *count)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], found[ROTE_PATH_MAX];
  size_t length = 0;
  ROTE_TRY(rote_source_find(directory, 1, &name, found));
  if (found[0] == '\0') {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s/%s: is missing; the binary version of CIFAR-10 has data_batch_1.bin to "
                       "data_batch_5.bin and test_batch.bin",
                       directory, name));
  }
  ROTE_TRY(rote_path(path, "%s/%s", directory, found));
  ROTE_TRY(rote_source_bytes(path, (char **)bytes, &length));
  if (length == 0 || length % RECORD != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: has %zu bytes, not a whole number of records of %d bytes; it is cut "
                       "short or not the binary version",
                       path, length, RECORD));
  }
  *count = length / RECORD;
  for (size_t i = 0; i < *count; i++) {
    const uint8_t label = (*bytes)[i * RECORD];
    if (label >= CLASSES) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: record %zu has the label %d; allowed are 0 to %d", path, i,
                         label, CLASSES - 1));
    }
  }
done:
  return status;
}

static void append(const uint8_t *bytes, size_t count, rote_image_set *set, size_t at)
{
  for (size_t i = 0; i < count; i++) {
    set->label[at + i] = bytes[i * RECORD];
    memcpy(set->pixel + (at + i) * PIXELS, bytes + i * RECORD + 1, PIXELS);
  }
}

static rote_status fill(uint8_t *const *bytes, const size_t *count, rote_data *data)
{
  rote_status status = ROTE_OK;
  size_t at[ROTE_SET_COUNT] = {0};
  rote_text_list sums = {.count = 0};
  for (int b = 0; b < BATCHES; b++) {
    const int set = batches[b].set;
    append(bytes[b], count[b], rote_data_set(data, set), at[set]);
    at[set] += count[b];
    ROTE_TRY(rote_sums_add_bytes(&sums, batches[b].name, bytes[b], count[b] * RECORD));
  }
  for (int c = 0; c < CLASSES; c++) {
    ROTE_TRY(rote_text_list_add(&data->class_name, classes[c]));
  }
  ROTE_TRY(rote_sums_digest(&sums, data->files_sha256));
  ROTE_TRY(rote_data_digest(data, data->info.sha256));
done:
  rote_text_list_free(&sums);
  return status;
}

static rote_status read_cifar10(const char *directory, const rote_import_options *options,
                                rote_data **out)
{
  rote_status status = ROTE_OK;
  uint8_t *bytes[BATCHES] = {NULL};
  size_t count[BATCHES] = {0};
  rote_data *data = NULL;
  rote_data_info info = {
      .name = "cifar10",
      .source = "not known by checksum: files in the format of CIFAR-10 (A. Krizhevsky, Learning "
                "Multiple Layers of Features from Tiny Images)",
      .channels = CHANNELS,
      .height = SIDE,
      .width = SIDE,
  };
  *out = NULL;
  for (int b = 0; b < BATCHES; b++) {
    ROTE_TRY(read_batch(directory, batches[b].name, &bytes[b], &count[b]));
    *(batches[b].set == ROTE_SET_TEST ? &info.test_count : &info.train_count) += count[b];
  }
  ROTE_TRY(rote_import_begin(&info, options, &data));
  ROTE_TRY(fill(bytes, count, data));
  *out = data;
  data = NULL;
done:
  rote_data_destroy(&data);
  for (int b = 0; b < BATCHES; b++) {
    rote_free(&bytes[b]);
  }
  return status;
}

static const rote_data_info published = {
    .name = "cifar10",
    .channels = 3,
    .height = 32,
    .width = 32,
    .train_count = 50000,
    .test_count = 10000,
};

const rote_importer rote_importer_cifar10 = {
    .name = "cifar10",
    .summary = "the six files of the binary version of CIFAR-10, whole or with fewer records",
    .published = &published,
    .read = read_cifar10,
};
