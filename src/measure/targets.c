#include "targets.h"

#include "show.h"
#include "told.h"

#include "rote/memory.h"
#include "rote/order.h"

#include <math.h>

enum { LISTED = 10 };

size_t rote_targets(const rote_options *o)
{
  return o->influence.training + o->influence.test;
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
  if (o->influence.test > info->test_count) {
    return rote_fail(ROTE_DATA, "influence.test: %zu test images are targets, and %s has %zu",
                     o->influence.test, o->data.file, info->test_count);
  }
  return ROTE_OK;
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
    set[t] = t >= o->influence.training;
    index[t] = (uint32_t)(set[t] ? t - o->influence.training : t);
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

enum { TOP = 5, TARGETS = 3, SHOWN = 4 };

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
    const size_t of_training = o->influence.training;
    const bool test = t >= of_training;
    rote_lines_add(lines, "  %s #%zu: for it", test ? "test" : "training",
                   test ? t - of_training : t);
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

rote_status rote_targets_show(const rote_told *told, const rote_variant *v, const char *measure,
                              rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t T = rote_targets(&v->options), n = told->train->count;
  const size_t P = rote_targets_listed(n);
  double *list[2] = {NULL};
  static const char *const name[2] = {"proponent", "opponent"};
  for (size_t k = 0; k < 2 && T > 0; k++) {
    ROTE_TRY(rote_alloc(T * P, sizeof(double), &list[k]));
    ROTE_TRY(rote_told_get(told, ROTE_ALL, list[k], "%s/%s/%s", v->name, measure, name[k]));
  }
  for (size_t t = 0; t < T && t < SHOWN; t++) {
    const bool training = t < v->options.influence.training;
    rote_page_strip(page, "%s: who moves %s image #%zu", v->name, training ? "training" : "test",
                    training ? t : t - v->options.influence.training);
    if (training) {
      rote_show_image(told, page, t, "the image itself");
    }
    for (size_t k = 0; k < 2; k++) {
      for (size_t p = 0; p < P && p < TOP; p++) {
        const double image = list[k][t * P + p];
        if (image < (double)n) {
          rote_show_image(told, page, (size_t)image, k == 0 ? "for it" : "against it");
        }
      }
    }
  }
done:
  rote_free(&list[0]);
  rote_free(&list[1]);
  return status;
}
