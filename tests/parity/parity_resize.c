/* resize.h5: crop and resize against Pillow; one grey level of difference is allowed. */
#include "parity.h"

#include "rote/memory.h"
#include "rote/resize.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  size_t left, top, right, bottom;
} rectangle;

static rote_status read_crop(hid_t file, const parity_array *image, rectangle *crop)
{
  rote_status status = ROTE_OK;
  char text[PARITY_NAME];
  ROTE_TRY(parity_text(file, "crop", text, sizeof text));
  if (sscanf(text, "left %zu, top %zu, right %zu, bottom %zu", &crop->left, &crop->top,
             &crop->right, &crop->bottom) != 4 ||
      crop->left >= crop->right || crop->top >= crop->bottom || crop->bottom > image->shape[0] ||
      crop->right > image->shape[1]) {
    ROTE_TRY(rote_fail(ROTE_DATA, "the attribute crop is \"%s\"", text));
  }
done:
  return status;
}

/* Largest difference in grey levels between [side, side, C] wanted and [C, side, side] got. */
static double difference(const parity_array *want, const uint8_t *got)
{
  const size_t pixels = want->shape[0] * want->shape[1], channels = want->shape[2];
  double largest = 0;
  for (size_t i = 0; i < want->count; i++) {
    largest = fmax(largest, fabs(want->value[i] - got[i % channels * pixels + i / channels]));
  }
  return largest;
}

static rote_status compare_side(hid_t file, parity_group *group, const parity_array *image,
                                const uint8_t *pixel, const rectangle *crop, const char *name)
{
  rote_status status = ROTE_OK;
  parity_array want = {0};
  rote_resizer *resizer = NULL;
  uint8_t *got = NULL;
  const size_t side = strtoul(name + strlen("resized_"), NULL, 10);
  const size_t width = image->shape[1], channels = image->shape[2];
  ROTE_TRY(parity_read_shaped(file, 3, (size_t[]){side, side, channels}, &want, "/%s", name));
  ROTE_TRY(rote_alloc(want.count, 1, &got));
  ROTE_TRY(rote_resizer_create(side, side, &resizer));
  ROTE_TRY(rote_resize(resizer, channels, crop->bottom - crop->top, crop->right - crop->left,
                       width * channels, pixel + (crop->top * width + crop->left) * channels, got));
  const double error = difference(&want, got);
  if (error > group->error || group->where[0] == '\0') {
    group->error = error;
    snprintf(group->where, sizeof group->where, "%s", name);
  }
done:
  rote_free(&want.value);
  rote_free(&got);
  rote_resizer_destroy(&resizer);
  return status;
}

rote_status parity_resize(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  parity_array image = {0};
  uint8_t *pixel = NULL;
  rectangle crop;
  size_t members = 0;
  parity_group group = {.name = "grey levels", .tolerance = 1};
  ROTE_TRY(parity_read(file, &image, "/image"));
  if (image.rank != 3) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/image is not [H, W, C]"));
  }
  ROTE_TRY(read_crop(file, &image, &crop));
  ROTE_TRY(rote_alloc(image.count, 1, &pixel));
  for (size_t i = 0; i < image.count; i++) {
    pixel[i] = (uint8_t)image.value[i];
  }
  ROTE_TRY(parity_members(file, "/", &members));
  for (size_t i = 0; i < members; i++) {
    char name[PARITY_NAME] = "";
    H5Lget_name_by_idx(file, "/", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)i, name, sizeof name,
                       H5P_DEFAULT);
    if (strncmp(name, "resized_", strlen("resized_")) == 0) {
      ROTE_TRY(compare_side(file, &group, &image, pixel, &crop, name));
      result->group[0] = group;
      result->groups = 1;
    }
  }
done:
  rote_free(&image.value);
  rote_free(&pixel);
  return status;
}
