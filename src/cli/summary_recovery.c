/* What a study of autoencoders found, as text: a line a model. */
#include "command.h"
#include "rote/memory.h"
#include "rote/score.h"
#include "rote/study_recovery.h"

#include <math.h>
#include <stdio.h>

static bool has_full(const rote_options *o)
{
  return rote_options_recovered(o) && o->folds.full > 0;
}

static bool has_left_out(const rote_options *o)
{
  return rote_options_recovered(o) && o->folds.count > 0;
}

static bool any(const rote_study *study, bool (*has)(const rote_options *o))
{
  bool found = false;
  for (size_t v = 0; v < study->variant_count; v++) {
    found = found || has(&study->variant[v].options);
  }
  return found;
}

static void print_share(double share, int width)
{
  if (isnan(share)) {
    printf("%*s", width, "-");
  } else {
    printf("%*.1f %%", width - 2, 100 * share);
  }
}

static void print_p(double p)
{
  if (isnan(p)) {
    printf("%11s", "-");
  } else {
    printf("%11.2g", p);
  }
}

static rote_status print_model(const char *path, const rote_variant *v, size_t model)
{
  rote_status status = ROTE_OK;
  char name[ROTE_NAME_MAX + 16];
  rote_recovery_rates r;
  ROTE_TRY(rote_study_recovery_read_rates(path, v->name, model, &r));
  if (v->options.folds.full > 1) {
    snprintf(name, sizeof name, "%s, model %zu", v->name, model);
  } else {
    snprintf(name, sizeof name, "%s", v->name);
  }
  printf("%-20s", name);
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    print_share(r.rate_trained[m], 10);
  }
  printf("  ");
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    print_share(r.rate_control[m], 10);
  }
  printf("  ");
  print_p(r.p_against_control[ROTE_INVERSE_BLIND]);
  print_p(r.p_between[ROTE_INVERSE_BLIND][ROTE_INVERSE_ITERATE]);
  putchar('\n');
done:
  return status;
}

static rote_status print_gain(const char *path, const rote_variant *v, size_t images)
{
  rote_status status = ROTE_OK;
  double *gain = NULL, *flag = NULL, median = 0, q95 = 0, found = 0;
  ROTE_TRY(rote_alloc(images, sizeof *gain, &gain));
  ROTE_TRY(rote_alloc(images, sizeof *flag, &flag));
  ROTE_TRY(rote_study_recovery_read_score(path, v->name, "psnr_gain", gain));
  ROTE_TRY(rote_study_recovery_read_score(path, v->name, "significant", flag));
  ROTE_TRY(rote_quantile(images, gain, 0.5, &median));
  ROTE_TRY(rote_quantile(images, gain, 0.95, &q95));
  for (size_t i = 0; i < images; i++) {
    found += flag[i];
  }
  printf("%-20s%9.2f dB%12.2f dB%12.0f of %zu\n", v->name, median, q95, found, images);
done:
  rote_free(&gain);
  rote_free(&flag);
  return status;
}

rote_status rote_summary_print_recovery(const char *path, const rote_study *study, size_t images)
{
  rote_status status = ROTE_OK;
  if (any(study, has_full)) {
    printf("\nRecovered images: the answer is nearest to the right one, at %.0f dB or more\n"
           "%-20s%30s  %30s  %22s\n%-20s%10s%10s%10s  %10s%10s%10s  %11s%11s\n",
           ROTE_RECOVERED_PSNR, "", "of the training images", "of the control images",
           "p, blind against", "", "blind", "oracle", "iteration", "blind", "oracle", "iteration",
           "control", "iteration");
  }
  for (size_t v = 0; v < study->variant_count; v++) {
    for (size_t f = 0; f < study->base.folds.full && has_full(&study->variant[v].options); f++) {
      ROTE_TRY(print_model(path, &study->variant[v], f));
    }
  }
  if (any(study, has_left_out)) {
    printf("\nPSNR of the blind answer, by models trained with the image minus by those without\n"
           "%-20s%12s%15s%15s\n",
           "", "median", "0.95 quantile", "significant");
  }
  for (size_t v = 0; v < study->variant_count; v++) {
    if (has_left_out(&study->variant[v].options)) {
      ROTE_TRY(print_gain(path, &study->variant[v], images));
    }
  }
done:
  return status;
}
