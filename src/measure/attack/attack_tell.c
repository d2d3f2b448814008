/* The attacks as text, at the last evaluated epoch. */
#include "attack_room.h"

#include "rote/memory.h"
#include "told.h"

#include <math.h>

size_t rote_attack_others(const rote_told *told, const rote_variant *v)
{
  return told->train->count / v->options.folds.count;
}

const char *rote_attack_coarse(const rote_told *told, const rote_variant *v)
{
  const size_t others = rote_attack_others(told, v);
  return others < 100 ? "either rate" : others < 1000 ? "0.1 %" : NULL;
}

rote_status rote_attack_count_found(const rote_told *told, const rote_variant *v,
                                    const char *attack, size_t *count)
{
  rote_status status = ROTE_OK;
  double *found = NULL;
  ROTE_TRY(rote_alloc(told->train->count, sizeof *found, &found));
  ROTE_TRY(rote_told_get(told, rote_told_last(v), found, "%s/attack/%s/found", v->name, attack));
  *count = 0;
  for (size_t i = 0; i < told->train->count; i++) {
    *count += found[i] > 0.5;
  }
done:
  rote_free(&found);
  return status;
}

static rote_status tell_attack(const rote_told *told, const rote_variant *v, const char *attack,
                               rote_lines *lines)
{
  rote_status status = ROTE_OK;
  size_t found = 0;
  rote_lines_add(lines, "  %s", attack);
  for (size_t rate = 0; rate < ROTE_ATTACK_RATES; rate++) {
    double mean = 0, error = 0;
    ROTE_TRY(rote_told_get(told, rote_told_last(v), &mean, "%s/attack/%s/%s_mean", v->name, attack,
                           rote_attack_rate_name[rate]));
    ROTE_TRY(rote_told_get(told, rote_told_last(v), &error, "%s/attack/%s/%s_standard_error",
                           v->name, attack, rote_attack_rate_name[rate]));
    if (isnan(mean)) {
      rote_lines_add(lines, "  %-18s", "-");
    } else if (rate == ROTE_ATTACK_AREA) {
      rote_lines_add(lines, "  %.3f +- %-9.3f", mean, error);
    } else {
      rote_lines_add(lines, "  %5.2f %% +- %-7.2f", 100 * mean, 100 * error);
    }
  }
  ROTE_TRY(rote_attack_count_found(told, v, attack, &found));
  rote_lines_add(lines, "  %zu\n", found);
done:
  return status;
}

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  rote_lines_add(
      lines,
      "\n%s: membership attacks on its leave-out models (0.5 is chance); true positives "
      "at 1 and 0.1 %%\nfalse ones, with standard errors over repeats; images found at 1 "
      "%% at more than half of their models\n"
      "        %-18s%-18s%-20s%s\n",
      v->name, "  AUC", "  at 1 %", "  at 0.1 %", "found");
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    ROTE_TRY(tell_attack(told, v, rote_attack_name[kind], lines));
  }
  if (rote_attack_coarse(told, v) != NULL) {
    rote_lines_add(lines,
                   "  A model has %zu images that it was trained without: %s means no false "
                   "positive.\n",
                   rote_attack_others(told, v), rote_attack_coarse(told, v));
  }
done:
  return status;
}

rote_status rote_attack_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_attack, &v->options)) {
      ROTE_TRY(tell_variant(told, v, lines));
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
