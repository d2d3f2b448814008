/* Targets in the report, with those that move them. */
#include "show.h"
#include "targets.h"
#include "told.h"

#include "rote/memory.h"

enum { SHOWN = 4, TOP = 5 };

/* The first targets, but of samples the first ones too. @return their number */
static size_t choose(const rote_options *o, size_t *shown)
{
  const size_t T = rote_targets(o), samples = o->influence.sample;
  const size_t last = samples < SHOWN / 2 ? samples : SHOWN / 2, rest = T - samples;
  size_t n = 0;
  for (size_t t = 0; t < rest && n < SHOWN - last; t++) {
    shown[n++] = t;
  }
  for (size_t t = rest; t < T && n < SHOWN; t++) {
    shown[n++] = t;
  }
  return n;
}

/* A sample of the first full model, in the strip that was begun last. */
static rote_status show_sample(const rote_told *told, const rote_variant *v, size_t sample,
                               rote_page *page)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = told->info;
  const size_t D = rote_data_pixels(info);
  double *level = NULL;
  float *pixel = NULL;
  if (D > 0 && rote_told_has(told, "%s/model_sample/image", v->name)) { /* 0: data not at hand */
    ROTE_TRY(rote_alloc(D, sizeof *level, &level));
    ROTE_TRY(rote_alloc(D, sizeof *pixel, &pixel));
    ROTE_TRY(rote_told_get(told, (rote_range){.first = sample, .count = 1}, level,
                           "%s/model_sample/image", v->name));
    for (size_t d = 0; d < D; d++) {
      pixel[d] = (float)level[d] / 255;
    }
    rote_page_pixels(page, info->channels, info->height, info->width, pixel, "the sample itself");
  }
done:
  rote_free(&level);
  rote_free(&pixel);
  return status;
}

rote_status rote_targets_show(const rote_told *told, const rote_variant *v, const char *measure,
                              rote_page *page)
{
  rote_status status = ROTE_OK;
  const size_t T = rote_targets(&v->options), n = told->train->count;
  const size_t P = rote_targets_listed(n);
  double *list[2] = {NULL};
  size_t shown[SHOWN];
  static const char *const name[2] = {"proponent", "opponent"};
  for (size_t k = 0; k < 2 && T > 0; k++) {
    ROTE_TRY(rote_alloc(T * P, sizeof(double), &list[k]));
    ROTE_TRY(rote_told_get(told, ROTE_ALL, list[k], "%s/%s/%s", v->name, measure, name[k]));
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
    } /* test images are not at hand */
    for (size_t k = 0; k < 2; k++) {
      for (size_t p = 0; p < P && p < TOP; p++) {
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
