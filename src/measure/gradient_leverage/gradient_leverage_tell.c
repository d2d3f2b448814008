#include "gradient_leverage_room.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/rank_score.h"
#include "targets.h"

#include <math.h>

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *h = NULL, median = 0, high = 0, sum = 0;
  char base[ROTE_PATH_MAX], path[ROTE_PATH_MAX];
  size_t first = 0;
  ROTE_TRY(rote_path(base, "%s/gradient_leverage", v->name));
  ROTE_TRY(rote_path(path, "%s/h", base));
  ROTE_TRY(rote_alloc(n, sizeof *h, &h));
  ROTE_TRY(rote_study_reader_get(told->reader, path, ROTE_ALL, h));
  if (isnan(h[0])) {
    rote_lines_add(lines, "\n%s: no gradient leverage, for no full model was trained to its end\n",
                   v->name);
    goto done;
  }
  ROTE_TRY(rote_quantile(n, h, 0.5, &median));
  ROTE_TRY(rote_quantile(n, h, 0.95, &high));
  for (size_t i = 0; i < n; i++) {
    first = h[i] > h[first] ? i : first;
    sum += h[i];
  }
  rote_lines_add(lines,
                 "\n%s, gradient leverage: %.3g (median), %.3g (0.95 quantile), most #%zu with "
                 "%.3g; in all %.1f degrees of freedom\n",
                 v->name, median, high, first, h[first], sum);
  ROTE_TRY(rote_targets_tell(told, &v->options, base, lines));
done:
  rote_free(&h);
  return status;
}

rote_status rote_gradient_leverage_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_measure_applies(&rote_measure_gradient_leverage, &v->options)) {
      ROTE_TRY(tell_variant(told, v, lines));
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
