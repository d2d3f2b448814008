/* What was recovered, as text: a line a model. */
#include "recovery_room.h"

#include "rote/memory.h"
#include "rote/rank_score.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

static bool has_full(const rote_options *o)
{
  return rote_options_ask_for(o, "recovery") && o->folds.full > 0;
}

static bool has_left_out(const rote_options *o)
{
  return rote_options_ask_for(o, "recovery") && o->folds.count > 0;
}

static bool any(const rote_study *study, bool (*has)(const rote_options *o))
{
  bool found = false;
  for (size_t v = 0; v < study->variant_count; v++) {
    found = found || has(&study->variant[v].options);
  }
  return found;
}

static rote_status tell_rate(const rote_told *told, const rote_variant *v, size_t model, int method,
                             const char *set, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  char name[64];
  double share = 0;
  snprintf(name, sizeof name, "rate/%s/%s", rote_recovery_groups[method], set);
  ROTE_TRY(rote_told_get(told, (rote_range){.first = model, .count = 1}, &share, "%s/recovery/%s",
                         v->name, name));
  if (isnan(share)) {
    rote_lines_add(lines, "%10s", "-");
  } else {
    rote_lines_add(lines, "%8.1f %%", 100 * share);
  }
done:
  return status;
}

static rote_status tell_p(const rote_told *told, const rote_variant *v, size_t model,
                          const char *against, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  char name[64];
  double p = 0;
  snprintf(name, sizeof name, "rate/%s/p_against_%s", rote_recovery_groups[ROTE_INVERSE_BLIND],
           against);
  ROTE_TRY(rote_told_get(told, (rote_range){.first = model, .count = 1}, &p, "%s/recovery/%s",
                         v->name, name));
  if (isnan(p)) {
    rote_lines_add(lines, "%11s", "-");
  } else {
    rote_lines_add(lines, "%11.2g", p);
  }
done:
  return status;
}

static rote_status tell_model(const rote_told *told, const rote_variant *v, size_t model,
                              rote_lines *lines)
{
  rote_status status = ROTE_OK;
  char name[ROTE_NAME_MAX + 32];
  if (v->options.folds.full > 1) {
    snprintf(name, sizeof name, "%s, model %zu", v->name, model);
  } else {
    snprintf(name, sizeof name, "%s", v->name);
  }
  rote_lines_add(lines, "%-20s", name);
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    ROTE_TRY(tell_rate(told, v, model, m, "training", lines));
  }
  rote_lines_add(lines, "  ");
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    ROTE_TRY(tell_rate(told, v, model, m, "control", lines));
  }
  rote_lines_add(lines, "  ");
  ROTE_TRY(tell_p(told, v, model, "control", lines));
  ROTE_TRY(tell_p(told, v, model, rote_recovery_groups[ROTE_INVERSE_ITERATE], lines));
  rote_lines_add(lines, "\n");
done:
  return status;
}

static rote_status tell_gain(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t images = told->train->count;
  double *gain = NULL, *flag = NULL, median = 0, q95 = 0, found = 0;
  ROTE_TRY(rote_alloc(images, sizeof *gain, &gain));
  ROTE_TRY(rote_alloc(images, sizeof *flag, &flag));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, gain, "%s/recovery/score/psnr_gain", v->name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, flag, "%s/recovery/score/significant", v->name));
  ROTE_TRY(rote_quantile(images, gain, 0.5, &median));
  ROTE_TRY(rote_quantile(images, gain, 0.95, &q95));
  for (size_t i = 0; i < images; i++) {
    found += flag[i];
  }
  rote_lines_add(lines, "%-20s%9.2f dB%12.2f dB%12.0f of %zu\n", v->name, median, q95, found,
                 images);
done:
  rote_free(&gain);
  rote_free(&flag);
  return status;
}

rote_status rote_recovery_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const rote_study *study = told->study;
  if (any(study, has_full)) {
    rote_lines_add(lines,
                   "\nRecovered images: the answer is nearest to the right one, at %.0f dB or more"
                   "\n%-20s%30s  %30s  %22s\n%-20s%10s%10s%10s  %10s%10s%10s  %11s%11s\n",
                   ROTE_RECOVERED_PSNR, "", "of the training images", "of the control images",
                   "p, blind against", "", "blind", "oracle", "iteration", "blind", "oracle",
                   "iteration", "control", "iteration");
  }
  for (size_t i = 0; i < study->variant_count; i++) {
    const rote_variant *v = &study->variant[i];
    for (size_t f = 0; f < v->options.folds.full && has_full(&v->options); f++) {
      ROTE_TRY(tell_model(told, v, f, lines));
    }
  }
  if (any(study, has_left_out)) {
    rote_lines_add(lines,
                   "\nPSNR of the blind answer, by models trained with the image minus by those "
                   "without\n%-20s%12s%15s%15s\n",
                   "", "median", "0.95 quantile", "significant");
  }
  for (size_t i = 0; i < study->variant_count; i++) {
    if (has_left_out(&study->variant[i].options)) {
      ROTE_TRY(tell_gain(told, &study->variant[i], lines));
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
