#include "influence_room.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/rank_score.h"

#include <math.h>

enum { TOP = 5, TARGETS = 3 };

static rote_status read_array(const rote_told *told, const rote_variant *v, const char *name,
                              double *values)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_path(path, "%s/influence/%s", v->name, name));
  ROTE_TRY(rote_study_reader_get(told->reader, path, ROTE_ALL, values));
done:
  return status;
}

/* The first targets: who has lowered their loss most, and who has raised it. */
static rote_status tell_targets(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t T = rote_influence_targets(&v->options), n = told->train->count;
  const size_t P = n < ROTE_INFLUENCE_LISTED ? n : ROTE_INFLUENCE_LISTED;
  double *proponent = NULL, *opponent = NULL;
  ROTE_TRY(rote_alloc(T * P, sizeof *proponent, &proponent));
  ROTE_TRY(rote_alloc(T * P, sizeof *opponent, &opponent));
  ROTE_TRY(read_array(told, v, "proponent", proponent));
  ROTE_TRY(read_array(told, v, "opponent", opponent));
  for (size_t t = 0; t < T && t < TARGETS; t++) {
    const size_t of_training = v->options.influence.training;
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

static rote_status tell_variant(const rote_told *told, const rote_variant *v, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t n = told->train->count;
  double *self = NULL, median = 0, high = 0;
  size_t first = 0;
  ROTE_TRY(rote_alloc(n, sizeof *self, &self));
  ROTE_TRY(read_array(told, v, "self_influence", self));
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
  if (rote_influence_targets(&v->options) > 0) {
    ROTE_TRY(tell_targets(told, v, lines));
  }
done:
  rote_free(&self);
  return status;
}

rote_status rote_influence_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (rote_options_ask_for(&v->options, "influence")) {
      ROTE_TRY(tell_variant(told, v, lines));
    }
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
