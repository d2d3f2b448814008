#include "datamodel_room.h"

#include "rote/datamodel.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "targets.h"
#include "told.h"

#include <math.h>

/* Why a variant has none; NULL: it has. */
static const char *why_not(const rote_told *told, const rote_variant *v, const char *path)
{
  const rote_options *o = &v->options;
  return rote_targets_of_training(o) == 0 ? "no training image is a target (influence.training: 0)"
         : o->folds.count == 0            ? "there are no leave-out models (folds.count: 0)"
         : rote_study_reader_has(told->reader, path)
             ? NULL
             : "no measure has evaluated log p of the leave-out models (measures: score)";
}

static rote_status tell_scores(const rote_told *told, const rote_variant *v, size_t count,
                               rote_lines *lines)
{
  rote_status status = ROTE_OK;
  const size_t targets = rote_targets_of_training(&v->options);
  rote_text_list title = {0};
  double *mean = NULL, *error = NULL, *models = NULL, fewest = (double)INFINITY;
  ROTE_TRY(rote_alloc(count, sizeof *mean, &mean));
  ROTE_TRY(rote_alloc(count, sizeof *error, &error));
  ROTE_TRY(rote_alloc(targets, sizeof *models, &models));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, mean, "%s/datamodel/mean", v->name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, error, "%s/datamodel/standard_error", v->name));
  ROTE_TRY(rote_told_get(told, ROTE_ALL, models, "%s/datamodel/models", v->name));
  ROTE_TRY(rote_told_texts(told, &title, "%s/datamodel/title", v->name));
  for (size_t t = 0; t < targets; t++) {
    fewest = models[t] < fewest ? models[t] : fewest;
  }
  rote_lines_add(lines,
                 "\n%s, linear datamodeling score (1: influence foretells log p of the models that "
                 "left images out; 0: not at all), %zu targets, %.0f models or more each%s\n",
                 v->name, targets, fewest,
                 fewest < (double)ROTE_DATAMODEL_MODELS_MIN ? ": too few for some" : "");
  for (size_t s = 0; s < count; s++) {
    rote_lines_add(lines, "    %-38s %6.3f +- %.3f\n", rote_text_list_get(&title, s), mean[s],
                   error[s]);
  }
done:
  rote_text_list_free(&title);
  rote_free(&mean);
  rote_free(&error);
  rote_free(&models);
  return status;
}

rote_status rote_datamodel_tell(const rote_told *told, rote_lines *lines)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  for (size_t i = 0; i < told->study->variant_count; i++) {
    const rote_variant *v = &told->study->variant[i];
    if (!rote_measure_applies(&rote_measure_datamodel, &v->options)) {
      continue;
    }
    ROTE_TRY(rote_path(path, "%s/datamodel/mean", v->name));
    const char *why = why_not(told, v, path);
    if (why != NULL) {
      rote_lines_add(lines, "\n%s: no linear datamodeling score, for %s\n", v->name, why);
      continue;
    }
    rote_h5_array shape;
    ROTE_TRY(rote_study_reader_shape(told->reader, path, &shape));
    ROTE_TRY(tell_scores(told, v, shape.shape[0], lines));
  }
done:
  return status != ROTE_OK ? status : lines->status;
}
