/* What follows from the options of a study. */
#include "rote/study.h"

#include <stdio.h>

bool rote_options_autoencoder(const rote_options *o)
{
  return o->model.kind == ROTE_MODEL_FC_AE || o->model.kind == ROTE_MODEL_UNET_AE;
}

size_t rote_options_planted(const rote_options *o)
{
  size_t planted = o->plant.foreign + o->plant.noise;
  for (size_t i = 0; i < o->plant.copies.n; i++) {
    planted += o->plant.duplicates * o->plant.copies.value[i];
  }
  return planted;
}

size_t rote_evaluation_count(const rote_options *o)
{
  if (rote_options_autoencoder(o)) {
    return 0;
  }
  return (o->training.epochs + o->evaluation.every - 1) / o->evaluation.every;
}

size_t rote_evaluation_epoch(const rote_options *o, size_t v)
{
  size_t epoch = (v + 1) * o->evaluation.every;
  return epoch < o->training.epochs ? epoch : o->training.epochs;
}

size_t rote_unit_count(const rote_options *o)
{
  return o->folds.repeats * o->folds.count + o->folds.full;
}

rote_unit rote_unit_at(const rote_options *o, size_t index)
{
  size_t left_out = o->folds.repeats * o->folds.count;
  if (index >= left_out) {
    return (rote_unit){.full = true, .repeat = index - left_out};
  }
  return (rote_unit){.repeat = index / o->folds.count, .fold = index % o->folds.count};
}

uint32_t rote_unit_number(rote_unit unit)
{
  return unit.full ? 0x80000000u | (uint32_t)unit.repeat
                   : (uint32_t)(unit.repeat << 16 | unit.fold) + 1; /* 0 means: no unit */
}

void rote_unit_key(const char *variant, rote_unit unit, size_t epoch, char *key)
{
  int n = unit.full
              ? snprintf(key, ROTE_KEY_MAX, "%s/full-r%02zu", variant, unit.repeat)
              : snprintf(key, ROTE_KEY_MAX, "%s/r%02zu-f%02zu", variant, unit.repeat, unit.fold);
  if (epoch > 0) {
    snprintf(key + n, ROTE_KEY_MAX - (size_t)n, "-e%04zu", epoch);
  }
}
