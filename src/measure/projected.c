#include "projected.h"

#include "rote/per_image.h"

const rote_array rote_projected_rows[] = {
    {.name = "phi",
     .dims = "IQ",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "projected gradient of the image's loss, averaged over the draws"},
    ROTE_ARRAY_END,
};

size_t rote_projected_count(const rote_options *o, size_t images)
{
  return images + rote_targets(o) - rote_targets_of_training(o);
}

size_t rote_projected_row_of(const rote_options *o, size_t images, size_t t)
{
  const rote_target target = rote_target_at(o, t);
  return target.set == ROTE_TARGET_TRAINING ? target.index
                                            : images + t - rote_targets_of_training(o);
}

size_t rote_projected_numbers_of(const rote_options *o, const rote_data_info *info)
{
  rote_model *model = NULL;
  size_t numbers = 0;
  if (rote_model_create(o, info, &model) == ROTE_OK) {
    numbers = rote_per_image_projected_numbers(model);
  }
  rote_model_destroy(&model);
  return numbers;
}

/* Of an autoencoder that asks for TracIn rote_targets_check() says what to do. */
bool rote_projected_asked(const rote_options *o)
{
  return rote_options_ask_for(o, "influence") &&
         (o->influence.method != ROTE_INFLUENCE_TRACIN || rote_options_autoencoder(o));
}
