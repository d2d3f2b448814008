/* Can the log likelihoods be trusted? An estimate is poor that rests on fewer than three effective
 * samples, or on weights without a mean to speak of (Vehtari et al. 2024: Pareto k above 0.7). */
#include "score_room.h"

#include "rote/rank_score.h"
#include "told.h"

#include <math.h>
#include <stdio.h>

#define FEW_SAMPLES 3
#define HEAVY_TAIL 0.7

static const rote_array poor_array = {
    .name = "health/poor",
    .dims = "V",
    .type = ROTE_H5_F64,
    .units = "1",
    .long_name = "share of the log likelihoods of leave-out models that are poor estimates: fewer "
                 "than 3 effective samples, or a Pareto k above 0.7"};
static const rote_array poor_of_highest_array = {
    .name = "health/poor_of_highest",
    .dims = "V",
    .type = ROTE_H5_F64,
    .units = "1",
    .long_name = "the same of the images whose M is at or above its 0.95 quantile"};

static double share(size_t part, size_t all)
{
  return all > 0 ? (double)part / (double)all : (double)NAN;
}

rote_status rote_score_put_health(rote_sink *sink, size_t v, const rote_score_epoch *e)
{
  rote_status status = ROTE_OK;
  size_t all = 0, poor = 0, all_highest = 0, poor_highest = 0;
  double high = 0;
  ROTE_TRY(rote_quantile(e->images, e->m, 0.95, &high));
  for (size_t j = 0; j < e->models; j++) {
    for (size_t i = 0; i < e->images; i++) {
      const float effective = e->effective[j * e->images + i], k = e->pareto[j * e->images + i];
      if (!isnan(effective)) {
        const bool is_poor = effective < FEW_SAMPLES || k > (float)HEAVY_TAIL,
                   is_high = e->m[i] >= high;
        all++;
        poor += is_poor;
        all_highest += is_high;
        poor_highest += is_high && is_poor;
      }
    }
  }
  const double of_all = share(poor, all), of_highest = share(poor_highest, all_highest);
  const rote_range epoch = {.first = v, .count = 1};
  ROTE_TRY(rote_sink_put(sink, &poor_array, epoch, &of_all));
  ROTE_TRY(rote_sink_put(sink, &poor_of_highest_array, epoch, &of_highest));
done:
  return status;
}

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const bool laplace = v->options.evaluation.proposal == ROTE_PROPOSAL_LAPLACE;
  double poor = 0, of_highest = 0;
  ROTE_TRY(rote_told_get(told, rote_told_last(v), &poor, "%s/%s", v->name, poor_array.name));
  ROTE_TRY(rote_told_get(told, rote_told_last(v), &of_highest, "%s/%s", v->name,
                         poor_of_highest_array.name));
  rote_lines_add(lines,
                 "%s: %.1f %% of the log likelihoods are poor estimates, of the images with the "
                 "highest M %.1f %%\n",
                 v->name, 100 * poor, 100 * of_highest);
  if (poor > 0.05) {
    rote_lines_add(lines, "  warning: they rest on a few samples each; %s\n",
                   laplace ? "more evaluation.samples or evaluation.steps would help"
                           : "evaluation.proposal: laplace would help");
  }
  if (of_highest > 0.05 && of_highest > 2 * poor) {
    rote_lines_add(lines, "  warning: the highest scores rest on the poorest estimates\n");
  }
done:
  return status;
}

rote_status rote_score_health(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  bool any = false;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_options_ask_for(&v->options, "score") && v->options.folds.count > 0) {
      rote_lines_add(lines, "%s", any ? "" : "\n");
      ROTE_TRY(tell_variant(told, v, lines));
      any = true;
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
