#include "target_images.h"

#include "rote/memory.h"

static rote_status create_samples(rote_target_images *t, const rote_model *model)
{
  rote_status status = ROTE_OK;
  t->sample.count = t->setting->options->influence.sample;
  if (t->sample.count > 0) {
    ROTE_TRY(rote_samples_create(model->vae, &t->samples));
    ROTE_TRY(rote_alloc(t->sample.count * model->pixels, 1, &t->sample.pixel));
  }
done:
  return status;
}

rote_status rote_target_images_create(const rote_subject_setting *setting, const rote_model *model,
                                      size_t draws, rote_target_images **out)
{
  rote_status status = ROTE_OK;
  rote_target_images *t = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *t, &t));
  t->setting = setting;
  ROTE_TRY(rote_per_image_create(model, draws, ROTE_TARGET_BATCH, &t->per_image));
  ROTE_TRY(rote_noisy_images_create(t->per_image, &t->images));
  ROTE_TRY(rote_alloc(t->per_image->images, sizeof *t->index, &t->index));
  ROTE_TRY(create_samples(t, model));
  *out = t;
  t = NULL;
done:
  rote_target_images_destroy(&t);
  return status;
}

void rote_target_images_destroy(rote_target_images **images)
{
  rote_target_images *t = *images;
  if (t != NULL) {
    rote_samples_destroy(&t->samples);
    rote_noisy_images_destroy(&t->images);
    rote_per_image_destroy(&t->per_image);
    rote_free(&t->sample.pixel);
    rote_free(&t->index);
    rote_free(images);
  }
}

void rote_target_images_begin(rote_target_images *t, const rote_piece *piece)
{
  if (t->samples != NULL) {
    rote_samples_images(t->samples, piece->w, piece->unit, t->sample.count, t->sample.pixel);
  }
}

static void load(rote_target_images *t, rote_target_set set, size_t n)
{
  const rote_subject_setting *s = t->setting;
  const rote_image_set *const of[] = {s->train, s->test, &t->sample};
  rote_noisy_images_load(t->images, s->options, of[set], set, t->index, n);
}

void rote_target_images_load_training(rote_target_images *t, size_t first, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    t->index[i] = (uint32_t)(first + i);
  }
  load(t, ROTE_TARGET_TRAINING, n);
}

size_t rote_target_images_load(rote_target_images *t, size_t first, size_t most)
{
  const rote_options *o = t->setting->options;
  const rote_target_set set = rote_target_at(o, first).set;
  const size_t room = most < t->per_image->images ? most : t->per_image->images;
  size_t n = 0;
  while (n < room && first + n < rote_targets(o) && rote_target_at(o, first + n).set == set) {
    t->index[n] = (uint32_t)rote_target_at(o, first + n).index;
    n++;
  }
  load(t, set, n);
  return n;
}
