#include "rote/images.h"

#include "rote/memory.h"

#include <stdio.h>
#include <string.h>

/* The digest covers the labels as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a little-endian machine is needed");

size_t rote_data_pixels(const rote_data_info *info)
{
  return info->channels * info->height * info->width;
}

static rote_status create_set(size_t count, size_t pixels, rote_image_set *set)
{
  rote_status status = ROTE_OK;
  if (count == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_alloc(count, pixels, &set->pixel));
  ROTE_TRY(rote_alloc(count, sizeof *set->label, &set->label));
  for (size_t i = 0; i < count; i++) {
    set->label[i] = -1;
  }
  set->count = count;
done:
  return status;
}

rote_status rote_data_create(const rote_data_info *info, rote_data **out)
{
  rote_status status = ROTE_OK;
  rote_data *data = NULL;
  size_t pixels = 0;
  *out = NULL;
  if (__builtin_mul_overflow(info->channels, info->height, &pixels) ||
      __builtin_mul_overflow(pixels, info->width, &pixels)) {
    ROTE_TRY(rote_fail(ROTE_NOMEM, "images of %zu x %zu x %zu pixels are more than memory can hold",
                       info->channels, info->height, info->width));
  }
  ROTE_TRY(rote_alloc(1, sizeof *data, &data));
  data->info = *info;
  ROTE_TRY(create_set(info->train_count, pixels, &data->train));
  ROTE_TRY(create_set(info->validation_count, pixels, &data->validation));
  ROTE_TRY(create_set(info->test_count, pixels, &data->test));
  *out = data;
  data = NULL;
done:
  rote_data_destroy(&data);
  return status;
}

void rote_image_set_noise(rote_image_set *set, size_t pixels, uint32_t seed)
{
  uint32_t x = seed;
  for (size_t i = 0; i < set->count * pixels; i++) {
    x = x * 1664525u + 1013904223u;
    set->pixel[i] = (uint8_t)(x >> 24);
  }
}

static void free_set(rote_image_set *set)
{
  rote_free(&set->pixel);
  rote_free(&set->label);
  rote_free(&set->attribute);
  rote_text_list_free(&set->name);
}

void rote_data_destroy(rote_data **data)
{
  if (*data != NULL) {
    free_set(&(*data)->train);
    free_set(&(*data)->validation);
    free_set(&(*data)->test);
    rote_text_list_free(&(*data)->class_name);
    rote_text_list_free(&(*data)->attribute_name);
    rote_text_list_free(&(*data)->left_out);
    rote_free(data);
  }
}

rote_status rote_data_digest(const rote_data *data, char *text)
{
  const rote_data_info *info = &data->info;
  const rote_image_set *const sets[] = {&data->train, &data->validation, &data->test};
  const void *block[7];
  size_t bytes[7];
  char shape[256];
  /* The shape goes first, so that no two data sets have the same bytes in other arrangements. */
  const int n = snprintf(
      shape, sizeof shape, "rote data: %zu x %zu x %zu, %zu + %zu + %zu images\n", info->channels,
      info->height, info->width, data->train.count, data->validation.count, data->test.count);
  block[0] = shape;
  bytes[0] = (size_t)n;
  for (size_t s = 0; s < 3; s++) {
    block[1 + 2 * s] = sets[s]->pixel;
    bytes[1 + 2 * s] = sets[s]->count * rote_data_pixels(info);
    block[2 + 2 * s] = sets[s]->label;
    bytes[2 + 2 * s] = sets[s]->count * sizeof *sets[s]->label;
  }
  return rote_digest(7, block, bytes, text);
}
