/* What study.h5 holds below <variant>/attack/. */
#include "attack_room.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/score_last.h"

const char *const rote_attack_rate_name[] = {"auc", "tpr_1_percent", "tpr_0_1_percent"};

static const char *const rate_means[] = {
    "area under the ROC curve of the attack",
    "share of the images the model was trained with that score higher than all but 1 % of the "
    "others",
    "share of the images the model was trained with that score higher than all but 0.1 % of the "
    "others",
};

#define FOUND                                                                                      \
  "share of the models trained with the image at which the attack finds it at 1 % false positives"

/* An array of an attack. @param[in] name  "auc" @param[in] what  "_mean", or "" */
static rote_status put(rote_sink *sink, rote_attack_kind kind, const char *name, const char *what,
                       const rote_array *like, size_t v, const double *values)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_array array = *like;
  ROTE_TRY(rote_path(path, "attack/%s/%s%s", rote_attack_name[kind], name, what));
  array.name = path;
  array.type = ROTE_H5_F64;
  array.units = "1";
  array.chunks = ROTE_H5_ROWS;
  ROTE_TRY(rote_sink_put(sink, &array, (rote_range){.first = v, .count = 1}, values));
done:
  return status;
}

static rote_status put_outcome(rote_sink *sink, rote_attack_kind kind, size_t v,
                               const rote_attack_outcome *o)
{
  rote_status status = ROTE_OK;
  const rote_array found = {.dims = "VN", .long_name = FOUND};
  for (size_t rate = 0; rate < ROTE_ATTACK_RATES; rate++) {
    const char *name = rote_attack_rate_name[rate];
    const rote_array of_target = {.dims = "VRK", .long_name = rate_means[rate]};
    const rote_array mean = {.dims = "V", .long_name = "mean over all models"};
    const rote_array error = {.dims = "V", .long_name = "standard error of the mean, over repeats"};
    ROTE_TRY(put(sink, kind, name, "", &of_target, v, o->of_target[rate]));
    ROTE_TRY(put(sink, kind, name, "_mean", &mean, v, &o->mean[rate]));
    ROTE_TRY(put(sink, kind, name, "_standard_error", &error, v, &o->standard_error[rate]));
  }
  ROTE_TRY(put(sink, kind, "found", "", &found, v, o->found));
done:
  return status;
}

static rote_status combine_epoch(const rote_pieces *pieces, size_t v, rote_attack *attack,
                                 float *log_px, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &pieces->setting;
  ROTE_TRY(rote_score_log_px_read(pieces->after, v, log_px));
  rote_attack_begin(attack, log_px);
  for (size_t r = 0; r < s->options->folds.repeats; r++) {
    if (s->stop != NULL && s->stop(s->context, 0)) {
      ROTE_TRY(rote_fail(ROTE_STOPPED, "stopped between two repeats that were attacked"));
    }
    rote_attack_repeat(attack, r);
  }
  rote_attack_end(attack);
  for (rote_attack_kind kind = 0; kind < ROTE_ATTACKS; kind++) {
    ROTE_TRY(put_outcome(sink, kind, v, rote_attack_look(attack, kind)));
  }
done:
  return status;
}

rote_status rote_attack_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const rote_design design = {.repeats = o->folds.repeats,
                              .folds = o->folds.count,
                              .images = pieces->setting.train->count,
                              .fold = pieces->setting.fold};
  rote_attack *attack = NULL;
  float *log_px = NULL; /* [R, K, N] of an epoch */
  ROTE_TRY(rote_attack_create(&design, &attack));
  ROTE_TRY(rote_alloc(design.repeats * design.folds * design.images, sizeof *log_px, &log_px));
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    ROTE_TRY(combine_epoch(pieces, v, attack, log_px, sink));
  }
done:
  rote_free(&log_px);
  rote_attack_destroy(&attack);
  return status;
}
