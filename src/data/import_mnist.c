#include "importers.h"
#include "rote/file.h"
#include "rote/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SIDE_MAX 4096 /* pixels; beyond it the header is not that of a set of small images */

/* Images and labels as they are in the files. */
typedef struct {
  size_t size[3]; /* N, H, W */
  uint8_t *pixel; /* [N, H, W] */
  uint8_t *label; /* [N] */
} mnist_set;

/* Find train-images-idx3-ubyte, or its variants with .gz and with the dot that some archives have.
 */
static rote_status find_file(const char *directory, const char *stem, int dimensions, char *path)
{
  rote_status status = ROTE_OK;
  for (int variant = 0; variant < 4; variant++) {
    ROTE_TRY(rote_path(path, "%s/%s%cidx%d-ubyte%s", directory, stem, variant < 2 ? '-' : '.',
                       dimensions, variant % 2 == 0 ? "" : ".gz"));
    if (rote_file_exists(path)) {
      goto done;
    }
  }
  status = rote_fail(ROTE_DATA,
                     "%s: has no file %s-idx%d-ubyte (looked for %s-idx%d-ubyte and "
                     "%s.idx%d-ubyte, each also with .gz)",
                     directory, stem, dimensions, stem, dimensions, stem, dimensions);
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
  if (set->size[1] > SIDE_MAX || set->size[2] > SIDE_MAX) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: images of %zu x %zu pixels are not sensible; at most %d a side", images,
                       set->size[1], set->size[2], SIDE_MAX));
  }
  ROTE_TRY(rote_idx_read(labels, 1, &label_count, &set->label));
  if (label_count != set->size[0]) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s has %zu images, but %s has %zu labels", images, set->size[0],
                       labels, label_count));
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
  struct stat at;

  *out = NULL;
  if (options->pad > SIDE_MAX) {
    ROTE_TRY(rote_fail(ROTE_USAGE, "pad: %zu is out of range; allowed are 0 to %d pixels",
                       options->pad, SIDE_MAX));
  }
  if (stat(directory, &at) != 0 || !S_ISDIR(at.st_mode)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is not a directory with the four MNIST files", directory));
  }
  ROTE_TRY(read_set(directory, "train", &train));
  ROTE_TRY(read_set(directory, "t10k", &test));
  if (train.size[1] != test.size[1] || train.size[2] != test.size[2]) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: the training images are %zu x %zu pixels, the test images %zu x %zu",
                       directory, train.size[1], train.size[2], test.size[1], test.size[2]));
  }
  const rote_data_info info = {
      .name = "mnist",
      .source = "MNIST handwritten digits, Y. LeCun, C. Cortes and C. J. C. Burges, CC BY-SA 3.0",
      .channels = 1,
      .height = train.size[1] + 2 * options->pad,
      .width = train.size[2] + 2 * options->pad,
      .train_count = train.size[0],
      .test_count = test.size[0],
  };
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
    .summary = "the four files of MNIST (or of a set in its format), plain or with .gz",
    .uses = ROTE_IMPORT_PAD,
    .published = &published,
    .read = read_mnist,
};
