#include "influence_room.h"

#include "targets.h"
#include "told.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/rank_score.h"

#include <math.h>

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *self = NULL, median = 0, high = 0;
  char base[ROTE_PATH_MAX];
  size_t first = 0;
  ROTE_TRY(rote_alloc(n, sizeof *self, &self));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, self, "%s/influence/self_influence", v->name));
  if (isnan(self[0])) {
    rote_lines_add(lines, "\n%s: no influence, for a full model was not trained to its end\n",
                   v->name);
    goto done;
  }
  ROTE_TRY(rote_quantile(n, self, 0.5, &median));
  ROTE_TRY(rote_quantile(n, self, 0.95, &high));
  for (size_t i = 1; i < n; i++) {
    first = self[i] > self[first] ? i : first;
  }
  rote_lines_add(lines,
                 "\n%s, influence over %zu checkpoints: of an image on itself %.3g (median), %.3g "
                 "(0.95 quantile), most #%zu with %.3g\n",
                 v->name, rote_evaluation_count(&v->options), median, high, first, self[first]);
  ROTE_TRY(rote_path(base, "%s/influence", v->name));
  ROTE_TRY(rote_targets_tell(told, &v->options, base, lines));
done:
  rote_free(&self);
  return status;
}

rote_status rote_influence_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_influence, &v->options)) {
      ROTE_TRY(tell_variant(told, v, lines));
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
