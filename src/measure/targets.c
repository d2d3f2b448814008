#include "targets.h"

#include "told.h"

#include "rote/memory.h"
#include "rote/order.h"

#include <math.h>

enum { LISTED = 10 };

size_t rote_targets(const rote_options *o)
{
  return rote_targets_of_training(o) + o->influence.test + o->influence.sample;
}

size_t rote_targets_of_training(const rote_options *o)
{
  return o->influence.training + o->influence.images.n;
}

rote_target rote_target_at(const rote_options *o, size_t t)
{
  const size_t training = rote_targets_of_training(o);
  if (t < training) {
    return (rote_target){.set = ROTE_TARGET_TRAINING,
                         .index = t < o->influence.training
                                      ? t
                                      : o->influence.images.value[t - o->influence.training]};
  }
  t -= training;
  return t < o->influence.test
             ? (rote_target){.set = ROTE_TARGET_TEST, .index = t}
             : (rote_target){.set = ROTE_TARGET_SAMPLE, .index = t - o->influence.test};
}

const char *rote_target_word(rote_target_set set)
{
  return set == ROTE_TARGET_TRAINING ? "training" : set == ROTE_TARGET_TEST ? "test" : "sample";
}

bool rote_target_is_of(rote_target target, rote_unit unit)
{
  return target.set != ROTE_TARGET_SAMPLE || unit.repeat == 0;
}

size_t rote_targets_listed(size_t images)
{
  return images < LISTED ? images : LISTED;
}

rote_status rote_targets_check(const rote_options *o, const rote_data_info *info)
{
  const size_t images =
      o->data.limit > 0 && o->data.limit < info->train_count ? o->data.limit : info->train_count;
  if (o->folds.full == 0) {
    return rote_fail(ROTE_DATA, "measures: influence follows models that are trained on all "
                                "images, and there are none; use folds.full: 1");
  }
  if (rote_options_autoencoder(o) && o->influence.method != ROTE_INFLUENCE_LEVERAGE) {
    return rote_fail(ROTE_DATA, "influence.method: TracIn follows evaluated epochs, and an "
                                "autoencoder has none; use influence.method: leverage");
  }
  if (o->influence.training > images) {
    return rote_fail(ROTE_DATA,
                     "influence.training: %zu training images are targets, and the study has %zu",
                     o->influence.training, images);
  }
  for (size_t i = 0; i < o->influence.images.n; i++) {
    const size_t image = o->influence.images.value[i];
    if (image >= images) {
      return rote_fail(ROTE_DATA,
                       "influence.images: there is no training image %zu; the study has 0 to %zu",
                       image, images - 1);
    }
    if (image < o->influence.training) {
      return rote_fail(ROTE_DATA,
                       "influence.images: image %zu is a target twice, for it is one of the first "
                       "%zu, which influence.training asks for",
                       image, o->influence.training);
    }
  }
  if (o->influence.test > info->test_count) {
    return rote_fail(ROTE_DATA, "influence.test: %zu test images are targets, and %s has %zu",
                     o->influence.test, o->data.file, info->test_count);
  }
  return ROTE_OK;
}

void rote_targets_add(const rote_options *o, rote_unit unit, size_t images, const double *on,
                      double *sum)
{
  const size_t T = rote_targets(o);
  for (size_t t = 0; t < T; t++) {
    const bool counts = rote_target_is_of(rote_target_at(o, t), unit);
    for (size_t i = 0; i < images && counts; i++) {
      sum[i * T + t] += on[i * T + t];
    }
  }
}

void rote_targets_mean(const rote_options *o, size_t models, bool first, size_t images, double *sum)
{
  const size_t T = rote_targets(o);
  for (size_t t = 0; t < T; t++) {
    const bool sample = rote_target_at(o, t).set == ROTE_TARGET_SAMPLE;
    const size_t there = sample ? first : models;
    for (size_t i = 0; i < images; i++) {
      sum[i * T + t] = there > 0 ? sum[i * T + t] / (double)there : (double)NAN;
    }
  }
}

/* @param[in] sign  -1: the smallest first @param[out] room [n] @param[out] image, value [P] */
static rote_status list(size_t n, size_t T, const double *on, size_t t, double sign, double *room,
                        uint32_t *image, double *value)
{
  rote_status status = ROTE_OK;
  size_t order[LISTED];
  for (size_t i = 0; i < n; i++) {
    room[i] = sign * on[i * T + t];
  }
  ROTE_TRY(rote_order_largest(n, room, rote_targets_listed(n), order));
  for (size_t p = 0; p < rote_targets_listed(n); p++) {
    image[p] = (uint32_t)order[p];
    value[p] = on[order[p] * T + t];
  }
done:
  return status;
}

static rote_status put_lists(rote_sink *sink, const rote_targets_arrays *arrays, size_t n, size_t T,
                             const double *on)
{
  rote_status status = ROTE_OK;
  const size_t P = rote_targets_listed(n);
  uint32_t *image = NULL;
  double *value = NULL, *room = NULL;
  rote_sink_size(sink, 'P', P);
  ROTE_TRY(rote_sink_count(sink, &arrays->rank, 1));
  ROTE_TRY(rote_alloc(n, sizeof *room, &room));
  ROTE_TRY(rote_alloc(T * P, sizeof *image, &image));
  ROTE_TRY(rote_alloc(T * P, sizeof *value, &value));
  for (int k = 0; k < 2; k++) {
    for (size_t t = 0; t < T; t++) {
      ROTE_TRY(list(n, T, on, t, k == 0 ? 1 : -1, room, image + t * P, value + t * P));
    }
    ROTE_TRY(rote_sink_put(sink, &arrays->list[2 * k], ROTE_ALL, image));
    ROTE_TRY(rote_sink_put(sink, &arrays->list[2 * k + 1], ROTE_ALL, value));
  }
done:
  rote_free(&room);
  rote_free(&image);
  rote_free(&value);
  return status;
}

rote_status rote_targets_put(rote_sink *sink, const rote_targets_arrays *arrays,
                             const rote_options *o, size_t images, const double *on)
{
  rote_status status = ROTE_OK;
  const size_t T = rote_targets(o);
  uint32_t *index = NULL;
  uint8_t *set = NULL;
  if (T == 0) {
    return ROTE_OK;
  }
  rote_sink_size(sink, 'T', T);
  ROTE_TRY(rote_alloc(T, sizeof *index, &index));
  ROTE_TRY(rote_alloc(T, sizeof *set, &set));
  for (size_t t = 0; t < T; t++) {
    const rote_target target = rote_target_at(o, t);
    set[t] = (uint8_t)target.set;
    index[t] = (uint32_t)target.index;
  }
  ROTE_TRY(rote_sink_put(sink, &arrays->target, ROTE_ALL, index));
  ROTE_TRY(rote_sink_put(sink, &arrays->set, ROTE_ALL, set));
  ROTE_TRY(rote_sink_put(sink, &arrays->on, ROTE_ALL, on));
  ROTE_TRY(put_lists(sink, arrays, images, T, on));
done:
  rote_free(&index);
  rote_free(&set);
  return status;
}

enum { TOP = 5, TARGETS = 3 };

rote_status rote_targets_tell(const rote_told *told, const rote_options *o, const char *base,
                              rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t T = rote_targets(o), P = rote_targets_listed(told->train->count);
  double *proponent = NULL, *opponent = NULL;
  ROTE_TRY(rote_alloc(T * P, sizeof *proponent, &proponent));
  ROTE_TRY(rote_alloc(T * P, sizeof *opponent, &opponent));
  if (T > 0) {
    ROTE_TRY(rote_told_get(told, ROTE_ALL, proponent, "%s/proponent", base));
    ROTE_TRY(rote_told_get(told, ROTE_ALL, opponent, "%s/opponent", base));
  }
  for (size_t t = 0; t < T && t < TARGETS; t++) {
    const rote_target target = rote_target_at(o, t);
    rote_lines_add(lines, "  %s #%zu: for it", rote_target_word(target.set), target.index);
    for (size_t p = 0; p < P && p < TOP; p++) {
      rote_lines_add(lines, " #%.0f", proponent[t * P + p]);
    }
    rote_lines_add(lines, "; against it");
    for (size_t p = 0; p < P && p < TOP; p++) {
      rote_lines_add(lines, " #%.0f", opponent[t * P + p]);
    }
    rote_lines_add(lines, "\n");
  }
done:
  rote_free(&proponent);
  rote_free(&opponent);
  return status;
}
