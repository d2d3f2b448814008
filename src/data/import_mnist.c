#include "importers.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "source_files.h"

#include <stdio.h>
#include <string.h>

#define PAD_MAX 4096 /* pixels */
#define MNIST "MNIST handwritten digits, Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0"

/* Images and labels as they are in the files. */
typedef struct {
  size_t size[3]; /* N, H, W */
  uint8_t *pixel; /* [N, H, W] */
  uint8_t *label; /* [N] */
} mnist_set;

/* A set that is known by its files, uncompressed: training images and labels, test images and
 * labels. MD5 is what is published of the originals. */
enum { FILES = 4 };

static const struct {
  const char *name, *source, *digest[FILES];
} known[] = {
    {"mnist",
     MNIST,
     {"6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624",
      "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"}},
    /* jobs/data */
    {"mnist",
     MNIST "; the first 2000 training and 500 test digits",
     {"729d340c0177402770b27c04f817dfb40ed8844459b35a9f11ae21067b05cf19",
      "90795ea2219655a7281c0d6756d0ae8a33bebac7ec84bac89bbdcc5e3baa9f8c",
      "de0a55d8eb2a23fce4f596c5234b08b9c8ee685583a2b0e52f3a78eca48f9d89",
      "60e902e82445d902e245e1b039469f36936d63cb28e81527a7bbba247c240af3"}},
};

/* Find train-images-idx3-ubyte, or its variants with .gz and with the dot that some archives have.
 */
static rote_status find_file(const char *directory, const char *stem, int dimensions, char *path)
{
  rote_status status = ROTE_OK;
  enum { VARIANTS = 4 };
  char name[VARIANTS][64], found[ROTE_PATH_MAX];
  const char *names[VARIANTS];
  for (int v = 0; v < VARIANTS; v++) {
    snprintf(name[v], sizeof name[v], "%s%cidx%d-ubyte%s", stem, v < 2 ? '-' : '.', dimensions,
             v % 2 == 0 ? "" : ".gz");
    names[v] = name[v];
  }
  ROTE_TRY(rote_source_find(directory, VARIANTS, names, found));
  if (found[0] == '\0') {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: has no file %s (looked for %s and %s, each also with .gz and in a "
                       "directory of its own name)",
                       directory, names[0], names[0], names[2]));
  }
  ROTE_TRY(rote_path(path, "%s/%s", directory, found));
done:
  return status;
}

static rote_status read_set(const char *directory, const char *prefix, mnist_set *set)
{
  rote_status status = ROTE_OK;
  char images[ROTE_PATH_MAX], labels[ROTE_PATH_MAX], stem[32];
  size_t label_count = 0;

  snprintf(stem, sizeof stem, "%s-images", prefix);
  ROTE_TRY(find_file(directory, stem, 3, images));
  snprintf(stem, sizeof stem, "%s-labels", prefix);
  ROTE_TRY(find_file(directory, stem, 1, labels));
  ROTE_TRY(rote_idx_read(images, 3, set->size, &set->pixel));
  ROTE_TRY(rote_idx_read(labels, 1, &label_count, &set->label));
  if (label_count != set->size[0]) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s has %zu images, but %s has %zu labels", images, set->size[0],
                       labels, label_count));
  }
done:
  return status;
}

/* Digests of an IDX file that was read: its header, which is determined by the sizes, and its data.
 */
static rote_status digest_file(size_t dimensions, const size_t *size, const uint8_t *data,
                               char *sha256, char *md5)
{
  rote_status status = ROTE_OK;
  uint8_t header[4 + 4 * 3] = {0, 0, 8, (uint8_t)dimensions};
  size_t bytes[2] = {4 + 4 * dimensions, 1};
  const void *const block[2] = {header, data};
  for (size_t d = 0; d < dimensions; d++) {
    for (size_t b = 0; b < 4; b++) {
      header[4 + 4 * d + b] = (uint8_t)(size[d] >> (24 - 8 * b));
    }
    bytes[1] *= size[d];
  }
  ROTE_TRY(rote_digest(2, block, bytes, sha256));
  if (rote_digest_md5(2, block, bytes, md5) != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "no-md5", "%s: the original files of MNIST are not recognized",
             rote_fail_reason(ROTE_INTERNAL));
    md5[0] = '\0';
  }
done:
  return status;
}

/* Name and source: only what is known from all four files. */
static rote_status name_data(const char *directory, const mnist_set *train, const mnist_set *test,
                             rote_data_info *info)
{
  rote_status status = ROTE_OK;
  char sha256[FILES][ROTE_DIGEST_TEXT], md5[FILES][ROTE_MD5_TEXT];
  const mnist_set *const sets[] = {train, test};
  for (size_t s = 0; s < 2; s++) {
    ROTE_TRY(digest_file(3, sets[s]->size, sets[s]->pixel, sha256[2 * s], md5[2 * s]));
    ROTE_TRY(digest_file(1, sets[s]->size, sets[s]->label, sha256[2 * s + 1], md5[2 * s + 1]));
  }
  rote_source_name(directory, info->name, sizeof info->name);
  snprintf(info->source, sizeof info->source, "unknown: IDX files in %s", info->name);
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    int same = 0;
    while (same < FILES && (strcmp(known[k].digest[same], sha256[same]) == 0 ||
                            strcmp(known[k].digest[same], md5[same]) == 0)) {
      same++;
    }
    if (same == FILES) {
      snprintf(info->name, sizeof info->name, "%s", known[k].name);
      snprintf(info->source, sizeof info->source, "%s", known[k].source);
    }
  }
done:
  return status;
}

static void free_set(mnist_set *set)
{
  rote_free(&set->pixel);
  rote_free(&set->label);
}

/* Copy with `pad` zero pixels on every side; the target comes zeroed. */
static void place(const mnist_set *from, size_t pad, rote_image_set *to)
{
  const size_t height = from->size[1], width = from->size[2];
  const size_t wide = width + 2 * pad, tall = height + 2 * pad;
  for (size_t i = 0; i < to->count; i++) {
    to->label[i] = from->label[i];
    for (size_t row = 0; row < height; row++) {
      memcpy(to->pixel + (i * tall + row + pad) * wide + pad,
             from->pixel + (i * height + row) * width, width);
    }
  }
}

static rote_status read_mnist(const char *directory, const rote_import_options *options,
                              rote_data **out)
{
  rote_status status = ROTE_OK;
  mnist_set train = {.pixel = NULL}, test = {.pixel = NULL};
  rote_data *data = NULL;
  rote_file_kind kind;

  *out = NULL;
  if (options->pad > PAD_MAX) {
    ROTE_TRY(rote_fail(ROTE_USAGE, "pad: %zu is out of range; allowed are 0 to %d pixels",
                       options->pad, PAD_MAX));
  }
  ROTE_TRY(rote_file_look(directory, &kind));
  if (kind != ROTE_FILE_DIRECTORY) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is not a directory with the four IDX files", directory));
  }
  ROTE_TRY(read_set(directory, "train", &train));
  ROTE_TRY(read_set(directory, "t10k", &test));
  if (train.size[1] != test.size[1] || train.size[2] != test.size[2]) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: the training images are %zu x %zu pixels, the test images %zu x %zu",
                       directory, train.size[1], train.size[2], test.size[1], test.size[2]));
  }
  rote_data_info info = {
      .channels = 1,
      .height = train.size[1] + 2 * options->pad,
      .width = train.size[2] + 2 * options->pad,
      .train_count = train.size[0],
      .test_count = test.size[0],
  };
  ROTE_TRY(name_data(directory, &train, &test, &info));
  ROTE_TRY(rote_data_create(&info, &data));
  place(&train, options->pad, &data->train);
  place(&test, options->pad, &data->test);
  ROTE_TRY(rote_data_digest(data, data->info.sha256));
  *out = data;
  data = NULL;

done:
  rote_data_destroy(&data);
  free_set(&test);
  free_set(&train);
  return status;
}

static const rote_data_info published = {
    .name = "mnist",
    .channels = 1,
    .height = 32,
    .width = 32,
    .train_count = 60000,
    .test_count = 10000,
};

const rote_importer rote_importer_mnist = {
    .name = "mnist",
    .summary = "the four IDX files of MNIST or of a set in its format, plain or with .gz",
    .uses = ROTE_IMPORT_PAD,
    .published = &published,
    .read = read_mnist,
};
