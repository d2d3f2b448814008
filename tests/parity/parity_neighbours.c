/* neighbours.h5: nearest images, data copying and authenticity against brute force.
 *
 * Letters: N training images, M held-out images and as many samples, D numbers at half size. */
#include "parity.h"

#include "cells.h"
#include "closest.h"
#include "copying.h"
#include "half_size.h"
#include "neighbours_result.h"
#include "rote/memory.h"

#include <math.h>

typedef struct {
  size_t count, numbers;
  float *half; /* [count, D] */
} image_list;

/* Images [n, H, W], averaged 2 x 2. */
static rote_status read_images(hid_t file, const char *name, image_list *images)
{
  rote_status status = ROTE_OK;
  parity_array array = {0};
  float *pixel = NULL;
  ROTE_TRY(parity_read(file, &array, "/%s", name));
  if (array.rank != 3) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/%s is not [n, H, W]", name));
  }
  const rote_data_info info = {.channels = 1, .height = array.shape[1], .width = array.shape[2]};
  const size_t pixels = info.height * info.width;
  images->count = array.shape[0];
  images->numbers = rote_half_numbers(&info);
  ROTE_TRY(rote_alloc(images->count * images->numbers, sizeof(float), &images->half));
  ROTE_TRY(rote_alloc(array.count, sizeof *pixel, &pixel));
  for (size_t i = 0; i < array.count; i++) {
    pixel[i] = (float)array.value[i];
  }
  for (size_t i = 0; i < images->count; i++) {
    rote_half_pixels(&info, pixel + i * pixels, 1, images->half + i * images->numbers);
  }
done:
  rote_free(&array.value);
  rote_free(&pixel);
  return status;
}

static void load(const void *context, size_t first, size_t n, float *y)
{
  const image_list *images = context;
  for (size_t i = 0; i < n * images->numbers; i++) {
    y[i] = images->half[first * images->numbers + i];
  }
}

/* Distance to the nearest of `others`, not itself if they are the same list; its number. */
static rote_status find_nearest(const image_list *images, const image_list *others,
                                const uint32_t *self, double *distance, double *number)
{
  rote_status status = ROTE_OK;
  const rote_closest_source source = {.count = others->count, .load = load, .context = others};
  rote_closest *closest = NULL;
  rote_closest_one *found = NULL;
  ROTE_TRY(rote_closest_create(images->numbers, &closest));
  ROTE_TRY(rote_alloc(images->count, sizeof *found, &found));
  for (size_t first = 0; first < images->count; first += ROTE_CLOSEST_BATCH) {
    const size_t left = images->count - first;
    const rote_closest_search search = {.x = images->half + first * images->numbers,
                                        .count =
                                            left < ROTE_CLOSEST_BATCH ? left : ROTE_CLOSEST_BATCH,
                                        .k = 1,
                                        .self = self != NULL ? self + first : NULL};
    ROTE_TRY(rote_closest_find(closest, &search, &source, found));
    for (size_t i = 0; i < search.count; i++) {
      distance[first + i] = sqrt(found[i].square) / ROTE_HALF_SCALE;
      number[first + i] = (double)found[i].index;
    }
  }
done:
  rote_closest_destroy(&closest);
  rote_free(&found);
  return status;
}

static rote_status compare_with(hid_t file, parity_result *result, const char *group,
                                double tolerance, const char *name, size_t n, const double *got)
{
  parity_array want = {0};
  rote_status status = parity_read_shaped(file, 1, &n, &want, "/%s", name);
  if (status == ROTE_OK) {
    parity_compare(result, group, tolerance, name, n, got, want.value);
    rote_free(&want.value);
  }
  return status;
}

static rote_status compare_ratios(hid_t file, parity_result *result, const image_list *train,
                                  const image_list *held_out, const image_list *sample)
{
  rote_status status = ROTE_OK;
  const size_t n = train->count;
  double *distance[2] = {NULL}, *number[2] = {NULL};
  for (int side = 0; side < 2; side++) {
    ROTE_TRY(rote_alloc(n, sizeof(double), &distance[side]));
    ROTE_TRY(rote_alloc(n, sizeof(double), &number[side]));
    ROTE_TRY(
        find_nearest(train, side == 0 ? held_out : sample, NULL, distance[side], number[side]));
  }
  ROTE_TRY(compare_with(file, result, "indices", 0, "nearest_held_out", n, number[0]));
  ROTE_TRY(compare_with(file, result, "indices", 0, "nearest_sample", n, number[1]));
  ROTE_TRY(
      compare_with(file, result, "distances", PARITY_FLOAT, "distance_held_out", n, distance[0]));
  ROTE_TRY(
      compare_with(file, result, "distances", PARITY_FLOAT, "distance_sample", n, distance[1]));
  for (size_t i = 0; i < n; i++) {
    distance[0][i] = rote_distance_ratio(distance[0][i], distance[1][i]);
  }
  ROTE_TRY(compare_with(file, result, "ratio", PARITY_FLOAT, "ratio", n, distance[0]));
done:
  for (int side = 0; side < 2; side++) {
    rote_free(&distance[side]);
    rote_free(&number[side]);
  }
  return status;
}

/* Cells around the first training images. */
static rote_status find_cells(const image_list *images, const image_list *train, size_t cells,
                              uint32_t **cell)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(images->count, sizeof **cell, cell));
  for (size_t i = 0; i < images->count; i++) {
    (*cell)[i] = (uint32_t)rote_cells_of(images->numbers, images->half + i * images->numbers, cells,
                                         train->half);
  }
done:
  return status;
}

static rote_status compare_copying(hid_t file, parity_result *result, const image_list *train,
                                   const image_list *held_out, const image_list *sample)
{
  rote_status status = ROTE_OK;
  double cells = 0, share = 0, *far[2] = {NULL}, *number = NULL;
  uint32_t *cell[2] = {NULL};
  rote_copying *copying = NULL;
  parity_array want = {0};
  ROTE_TRY(parity_number(file, "cells", &cells));
  ROTE_TRY(parity_number(file, "minimum_share", &share));
  if (!(cells >= 1 && cells <= (double)train->count)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "the attribute cells is %g", cells));
  }
  ROTE_TRY(rote_alloc(sample->count + held_out->count, sizeof *number, &number));
  for (int side = 0; side < 2; side++) {
    const image_list *images = side == 0 ? sample : held_out;
    ROTE_TRY(rote_alloc(images->count, sizeof(double), &far[side]));
    ROTE_TRY(find_nearest(images, train, NULL, far[side], number));
    ROTE_TRY(find_cells(images, train, (size_t)cells, &cell[side]));
  }
  ROTE_TRY(rote_copying_create(sample->count + held_out->count, (size_t)cells, &copying));
  const rote_copying_side samples = {sample->count, far[0], cell[0]};
  const rote_copying_side others = {held_out->count, far[1], cell[1]};
  const double c_t = rote_copying_test(copying, &samples, &others, share, NULL, NULL, NULL);
  ROTE_TRY(parity_read(file, &want, "/data_copying_c_t"));
  if (want.count != 1) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/data_copying_c_t is not one number"));
  }
  parity_compare(result, "c_t", PARITY_DOUBLE, "data_copying_c_t", 1, &c_t, want.value);
done:
  rote_copying_destroy(&copying);
  rote_free(&number);
  rote_free(&want.value);
  for (int side = 0; side < 2; side++) {
    rote_free(&far[side]);
    rote_free(&cell[side]);
  }
  return status;
}

static rote_status compare_authentic(hid_t file, parity_result *result, const image_list *train,
                                     const image_list *sample)
{
  rote_status status = ROTE_OK;
  const size_t n = sample->count, N = train->count;
  double *distance = NULL, *number = NULL, *among = NULL, *other = NULL, share = 0;
  uint32_t *self = NULL;
  uint8_t *authentic = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *distance, &distance));
  ROTE_TRY(rote_alloc(n, sizeof *number, &number));
  ROTE_TRY(rote_alloc(N, sizeof *among, &among));
  ROTE_TRY(rote_alloc(N, sizeof *other, &other));
  ROTE_TRY(rote_alloc(N, sizeof *self, &self));
  ROTE_TRY(rote_alloc(n, 1, &authentic));
  for (size_t i = 0; i < N; i++) {
    self[i] = (uint32_t)i;
  }
  ROTE_TRY(find_nearest(train, train, self, among, other));
  ROTE_TRY(find_nearest(sample, train, NULL, distance, number));
  for (size_t i = 0; i < n; i++) {
    number[i] = among[(size_t)number[i]];
  }
  rote_neighbours_authenticity(n, distance, number, authentic, &share);
  for (size_t i = 0; i < n; i++) {
    number[i] = authentic[i];
  }
  ROTE_TRY(compare_with(file, result, "authentic", 0, "authentic", n, number));
done:
  rote_free(&distance);
  rote_free(&number);
  rote_free(&among);
  rote_free(&other);
  rote_free(&self);
  rote_free(&authentic);
  return status;
}

rote_status parity_neighbours(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  image_list train = {0}, held_out = {0}, sample = {0};
  ROTE_TRY(read_images(file, "train", &train));
  ROTE_TRY(read_images(file, "held_out", &held_out));
  ROTE_TRY(read_images(file, "sample", &sample));
  if (held_out.numbers != train.numbers || sample.numbers != train.numbers || train.count == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "the images differ in size, or there are none"));
  }
  ROTE_TRY(compare_ratios(file, result, &train, &held_out, &sample));
  ROTE_TRY(compare_copying(file, result, &train, &held_out, &sample));
  ROTE_TRY(compare_authentic(file, result, &train, &sample));
done:
  rote_free(&train.half);
  rote_free(&held_out.half);
  rote_free(&sample.half);
  return status;
}
