/* Influence in the report: who is for an image and who against it. */
#include "influence_room.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/order.h"
#include "show.h"
#include "targets.h"

#include <math.h>

#define TARGETS ((size_t)6) /* that are shown */
#define LISTED ((size_t)5)  /* of either kind */
#define STRIP ((size_t)12)

static rote_status get(const rote_told *told, const rote_variant *v, const char *name,
                       double *values)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_path(path, "%s/influence/%s", v->name, name));
  ROTE_TRY(rote_study_reader_get(told->reader, path, ROTE_ALL, values));
done:
  return status;
}

/* The first targets, but of samples the first ones too. @return their number */
static size_t choose(const rote_options *o, size_t *shown)
{
  const size_t T = rote_targets(o), samples = o->influence.sample;
  const size_t last = samples < TARGETS / 2 ? samples : TARGETS / 2, rest = T - samples;
  size_t n = 0;
  for (size_t t = 0; t < rest && n < TARGETS - last; t++) {
    shown[n++] = t;
  }
  for (size_t t = rest; t < T && n < TARGETS; t++) {
    shown[n++] = t;
  }
  return n;
}

/* A sample of the first full model, in the strip that was begun last. */
static rote_status show_sample(const rote_told *told, const rote_variant *v, size_t sample,
                               rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t D = told->info->channels * told->info->height * told->info->width;
  char path[ROTE_PATH_MAX];
  double *level = NULL;
  float *pixel = NULL;
  ROTE_TRY(rote_path(path, "%s/model_sample/image", v->name));
  if (D > 0 && rote_study_reader_has(told->reader, path)) {
    ROTE_TRY(rote_alloc(D, sizeof *level, &level));
    ROTE_TRY(rote_alloc(D, sizeof *pixel, &pixel));
    ROTE_TRY(rote_study_reader_get(told->reader, path, (rote_range){.first = sample, .count = 1},
                                   level));
    for (size_t d = 0; d < D; d++) {
      pixel[d] = (float)level[d] / 255;
    }
    rote_page_pixels(page, told->info->channels, told->info->height, told->info->width, pixel,
                     "the sample itself");
  }
done:
  rote_free(&level);
  rote_free(&pixel);
  return status;
}

/* Targets with their strongest proponents and opponents; test images are not at hand. */
static rote_status show_targets(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t T = rote_targets(&v->options), n = told->train->count;
  const size_t P = rote_targets_listed(n);
  double *list[2] = {NULL};
  size_t shown[TARGETS];
  static const char *const name[2] = {"proponent", "opponent"};
  for (size_t k = 0; k < 2 && T > 0; k++) {
    ROTE_TRY(rote_alloc(T * P, sizeof(double), &list[k]));
    ROTE_TRY(get(told, v, name[k], list[k]));
  }
  const size_t count = choose(&v->options, shown);
  for (size_t t = 0; t < count; t++) {
    const rote_target target = rote_target_at(&v->options, shown[t]);
    rote_page_strip(page, "%s: who moves %s%s #%zu", v->name, rote_target_word(target.set),
                    target.set == ROTE_TARGET_SAMPLE ? "" : " image", target.index);
    if (target.set == ROTE_TARGET_TRAINING) {
      rote_show_image(told, page, target.index, "the image itself");
    } else if (target.set == ROTE_TARGET_SAMPLE) {
      ROTE_TRY(show_sample(told, v, target.index, page));
    }
    for (size_t k = 0; k < 2; k++) {
      for (size_t p = 0; p < P && p < LISTED; p++) {
        const double image = list[k][shown[t] * P + p];
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

static rote_status show_variant(const rote_told *told, const rote_variant *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count, few = n < STRIP ? n : STRIP;
  size_t highest[STRIP];
  double *self = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *self, &self));
  ROTE_TRY(get(told, v, "self_influence", self));
  if (isnan(self[0])) {
    goto done; /* tell() says why */
  }
  ROTE_TRY(rote_order_largest(n, self, few, highest));
  rote_page_strip(page, "%s: the highest influence on itself", v->name);
  for (size_t i = 0; i < few; i++) {
    rote_show_image(told, page, highest[i], "%.3g", self[highest[i]]);
  }
  ROTE_TRY(show_targets(told, v, page));
done:
  rote_free(&self);
  return status;
}

rote_status rote_influence_show(const rote_told *told, rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_page_section(page, false, "Who taught the model an image");
  rote_page_text(page,
                 "Over the checkpoints of a training, every image's gradient pulls the loss of "
                 "a target down (it is for the target) or up (against it). An image that is "
                 "its own strongest proponent was learned from itself; where others are as "
                 "strong, it was learned from those like it.");
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_influence, &v->options)) {
      ROTE_TRY(show_variant(told, v, page));
    }
  }
  ROTE_TRY(rote_show_told(told, rote_influence_tell, page));
  rote_page_cite(page, "Z. Kong and K. Chaudhuri, Understanding Instance-based Interpretability of "
                       "Variational Auto-Encoders, NeurIPS 2021.");
done:
  return status;
}
