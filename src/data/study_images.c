#include "rote/study_images.h"

#include "rote/data_file.h"
#include "rote/memory.h"
#include "rote/option.h"
#include "rote/random.h"

#include <stdlib.h>
#include <string.h>

size_t rote_study_images_count(const rote_options *o, const rote_data_info *info)
{
  return o->data.limit > 0 ? o->data.limit : info->train_count;
}

static rote_status check_foreign(const rote_options *o, const rote_data_info *own,
                                 const rote_data_info *foreign)
{
  const char *file = o->plant.foreign_file;
  if (foreign->channels != own->channels || foreign->height != own->height ||
      foreign->width != own->width) {
    return rote_fail(ROTE_DATA,
                     "plant.foreign_file: %s has images of %zu x %zu x %zu; those of %s are %zu x "
                     "%zu x %zu",
                     file, foreign->channels, foreign->height, foreign->width, o->data.file,
                     own->channels, own->height, own->width);
  }
  if (o->plant.foreign > foreign->train_count) {
    return rote_fail(ROTE_DATA, "plant.foreign: %zu images are asked for, but %s has %zu",
                     o->plant.foreign, file, foreign->train_count);
  }
  if (strcmp(foreign->sha256, own->sha256) == 0) {
    return rote_fail(ROTE_DATA,
                     "plant.foreign_file: %s holds the data set of the study itself, so nothing of "
                     "it would be foreign",
                     file);
  }
  return ROTE_OK;
}

rote_status rote_study_images_info(const rote_options *o, rote_data_info *info)
{
  rote_status status = ROTE_OK;
  rote_data_info foreign;
  ROTE_TRY(rote_data_file_info(o->data.file, info));
  if (o->plant.foreign > 0) {
    ROTE_TRY(rote_data_file_info(o->plant.foreign_file, &foreign));
    ROTE_TRY(check_foreign(o, info, &foreign));
    memcpy(info->foreign_sha256, foreign.sha256, sizeof info->foreign_sha256);
    info->foreign_count = foreign.train_count;
  }
done:
  return status;
}

/* An image of the other file and where it goes. */
typedef struct {
  uint32_t from, to;
} transplant;

static int compare_transplants(const void *a, const void *b)
{
  const transplant *p = a, *q = b;
  return (p->from > q->from) - (p->from < q->from);
}

static rote_status plant_foreign(const rote_options *o, const rote_plants *plants, size_t pixels,
                                 rote_image_set *set)
{
  rote_status status = ROTE_OK;
  const size_t count = o->plant.foreign;
  transplant *list = NULL;
  uint32_t *index = NULL;
  uint8_t *pixel = NULL;
  size_t n = 0;
  if (count == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_alloc(count, sizeof *list, &list));
  ROTE_TRY(rote_alloc(count, sizeof *index, &index));
  ROTE_TRY(rote_alloc(count * pixels, 1, &pixel));
  for (size_t i = 0; i < set->count; i++) {
    if (plants->kind[i] == ROTE_PLANT_FOREIGN) {
      list[n++] = (transplant){.from = plants->foreign[i], .to = (uint32_t)i};
    }
  }
  qsort(list, n, sizeof *list, compare_transplants);
  for (size_t i = 0; i < n; i++) {
    index[i] = list[i].from;
  }
  ROTE_TRY(rote_data_file_read_some(o->plant.foreign_file, "train", n, index, pixel));
  for (size_t i = 0; i < n; i++) {
    memcpy(set->pixel + list[i].to * pixels, pixel + i * pixels, pixels);
    set->label[list[i].to] = -1;
  }
done:
  rote_free(&list);
  rote_free(&index);
  rote_free(&pixel);
  return status;
}

static rote_status plant_noise(const rote_options *o, const rote_plants *plants, size_t pixels,
                               rote_image_set *set)
{
  rote_status status = ROTE_OK;
  const rote_stream stream = {.seed = o->seed, .purpose = ROTE_PURPOSE_PLANT_NOISE};
  uint32_t *word = NULL;
  ROTE_TRY(rote_alloc(pixels, sizeof *word, &word));
  for (size_t i = 0; i < set->count; i++) {
    if (plants->kind[i] == ROTE_PLANT_NOISE) {
      rote_random_words(stream, (uint32_t)i, pixels, word);
      for (size_t k = 0; k < pixels; k++) {
        set->pixel[i * pixels + k] = (uint8_t)(word[k] >> 24);
      }
      set->label[i] = -1;
    }
  }
done:
  rote_free(&word);
  return status;
}

rote_status rote_study_images_plant(const rote_options *o, const rote_data_info *info,
                                    rote_image_set *set)
{
  rote_status status = ROTE_OK;
  const size_t pixels = rote_data_pixels(info);
  rote_plants plants = {.images = 0};
  if (rote_options_planted(o) == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(rote_plant_choose(o, set->count, info->foreign_count, &plants));
  for (size_t i = 0; i < set->count; i++) {
    const size_t original = plants.original[i];
    if (original != i) {
      memcpy(set->pixel + i * pixels, set->pixel + original * pixels, pixels);
      set->label[i] = set->label[original];
    }
  }
  ROTE_TRY(plant_foreign(o, &plants, pixels, set));
  ROTE_TRY(plant_noise(o, &plants, pixels, set));
done:
  rote_plant_free(&plants);
  return status;
}

rote_status rote_study_images_read(const rote_options *o, const rote_data_info *info,
                                   rote_image_set *set)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_data_file_read(o->data.file, "train", set));
  ROTE_TRY(rote_study_images_plant(o, info, set));
done:
  return status;
}

rote_status rote_study_images_digest(const rote_options *o, const rote_data_info *info, char *text)
{
  static const char *const keys[] = {
      "seed",        "data.limit", "plant.duplicates", "plant.copies", "plant.foreign",
      "plant.noise", NULL};
  rote_status status = ROTE_OK;
  char options[ROTE_DIGEST_TEXT];
  memcpy(text, info->sha256, ROTE_DIGEST_TEXT);
  if (rote_options_planted(o) > 0) {
    ROTE_TRY(rote_options_digest(o, keys, options));
    const void *block[] = {options, info->sha256, info->foreign_sha256};
    const size_t bytes[] = {strlen(options), strlen(info->sha256), strlen(info->foreign_sha256)};
    ROTE_TRY(rote_digest(3, block, bytes, text));
  }
done:
  return status;
}
