/* What study.h5 holds below <variant>/datamodel/. Letters: S attributions, T targets that are
 * training images: of others the leave-out models have no log p. */
#include "datamodel_room.h"

#include "rote/datamodel.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "targets.h"

#include <math.h>

static const rote_array attribution_scale = {.name = "datamodel/attribution",
                                             .dims = "S",
                                             .type = ROTE_H5_U32,
                                             .units = "1",
                                             .long_name = "number of the attribution, from 0",
                                             .scale = true};
static const rote_array target_scale = {.name = "datamodel/target",
                                        .dims = "T",
                                        .type = ROTE_H5_U32,
                                        .units = "1",
                                        .long_name = "training image that is the target",
                                        .scale = true};
static const rote_array title_array = {.name = "datamodel/title",
                                       .dims = "S",
                                       .type = ROTE_H5_TEXT,
                                       .units = "1",
                                       .long_name = "what the attribution is"};
static const rote_array models_array = {
    .name = "datamodel/models",
    .dims = "T",
    .type = ROTE_H5_U32,
    .units = "1",
    .long_name = "leave-out models that were trained with the target and have evaluated it"};
static const rote_array score_array = {
    .name = "datamodel/score",
    .dims = "ST",
    .type = ROTE_H5_F64,
    .units = "1",
    .long_name =
        "Spearman's correlation, over these models, of the influence of what each left out "
        "with its log p of the target"};
static const rote_array mean_array = {.name = "datamodel/mean",
                                      .dims = "S",
                                      .type = ROTE_H5_F64,
                                      .units = "1",
                                      .long_name = "mean of the score over targets"};
static const rote_array error_array = {.name = "datamodel/standard_error",
                                       .dims = "S",
                                       .type = ROTE_H5_F64,
                                       .units = "1",
                                       .long_name = "standard error of the mean over targets"};

enum { ATTRIBUTIONS_MAX = 16 };

typedef struct {
  const rote_pieces *pieces;
  rote_sink *sink;
  rote_datamodel data;
  size_t targets, count; /* T, S */
  uint32_t *image;       /* [T] */
  double *log_p;         /* [R, K, N] at the last evaluated epoch */
  double *tau;           /* [N, targets of an attribution] */
  double *score;         /* [S, T] */
  double mean[ATTRIBUTIONS_MAX], error[ATTRIBUTIONS_MAX];
  rote_text_list title;
} combiner;

/* Log p of the leave-out models, by whoever puts it. */
static rote_status find_log_p(combiner *c, bool *found)
{
  rote_status status = ROTE_OK;
  const rote_options *o = c->pieces->setting.options;
  const size_t numbers = c->data.repeats * c->data.folds * c->data.images;
  char path[ROTE_PATH_MAX];
  *found = false;
  for (const rote_measure *const *m = rote_measure_list; *m != NULL && !*found; m++) {
    if ((*m)->log_p != NULL) {
      ROTE_TRY(rote_path(path, "%s/%s", c->pieces->name, (*m)->log_p));
      *found = rote_sink_has(c->sink, path);
    }
  }
  if (*found) {
    ROTE_TRY(rote_alloc(numbers, sizeof *c->log_p, &c->log_p));
    ROTE_TRY(rote_sink_get_part(c->sink, path, rote_evaluation_count(o) - 1, 1, numbers, c->log_p));
    c->data.log_p = c->log_p;
  }
done:
  return status;
}

/* @param[in] stride  columns of c->tau */
static rote_status score(combiner *c, const char *title, size_t stride)
{
  rote_status status = ROTE_OK;
  double *rho = c->score + c->count * c->targets, sum = 0, squares = 0;
  size_t numbers = 0;
  ROTE_TRY(rote_text_list_add(&c->title, title));
  for (size_t t = 0; t < c->targets; t++) {
    ROTE_TRY(rote_datamodel_score(&c->data, c->tau + t, stride, c->image[t], &rho[t]));
    numbers += isnan(rho[t]) ? 0 : 1;
    sum += isnan(rho[t]) ? 0 : rho[t];
  }
  const double mean = numbers > 0 ? sum / (double)numbers : (double)NAN;
  for (size_t t = 0; t < c->targets; t++) {
    squares += isnan(rho[t]) ? 0 : (rho[t] - mean) * (rho[t] - mean);
  }
  c->mean[c->count] = mean;
  c->error[c->count] =
      numbers > 1 ? sqrt(squares / (double)(numbers - 1) / (double)numbers) : (double)NAN;
  c->count++;
done:
  return status;
}

/* Those that measures of this variant have put. */
static rote_status score_attributions(combiner *c, size_t columns)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    for (const rote_attribution *a = (*m)->attributions; a != NULL && a->array != NULL; a++) {
      ROTE_TRY(rote_path(path, "%s/%s", c->pieces->name, a->array));
      if (rote_sink_has(c->sink, path) && c->count < ATTRIBUTIONS_MAX - 2) {
        ROTE_TRY(rote_sink_get_part(c->sink, path, 0, c->data.images, columns, c->tau));
        ROTE_TRY(score(c, a->title, columns));
      }
    }
  }
done:
  return status;
}

static rote_status score_baselines(combiner *c)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &c->pieces->setting;
  if (rote_data_pixels(s->info) <= ROTE_DATAMODEL_PIXELS_MAX) {
    ROTE_TRY(rote_datamodel_pixel_leverage(s, c->targets, c->image, c->tau));
    ROTE_TRY(score(c, "leverage of pixels", c->targets));
  }
  ROTE_TRY(rote_datamodel_pixel_distance(s, c->targets, c->image, c->tau));
  ROTE_TRY(score(c, "minus the squared distance of pixels", c->targets));
done:
  return status;
}

static rote_status put(combiner *c)
{
  rote_status status = ROTE_OK;
  uint32_t *models = NULL;
  ROTE_TRY(rote_alloc(c->targets, sizeof *models, &models));
  for (size_t t = 0; t < c->targets; t++) {
    models[t] = (uint32_t)rote_datamodel_models(&c->data, c->image[t]);
  }
  rote_sink_size(c->sink, 'S', c->count);
  rote_sink_size(c->sink, 'T', c->targets);
  ROTE_TRY(rote_sink_count(c->sink, &attribution_scale, 0));
  ROTE_TRY(rote_sink_put(c->sink, &target_scale, ROTE_ALL, c->image));
  ROTE_TRY(rote_sink_texts(c->sink, &title_array, &c->title));
  ROTE_TRY(rote_sink_put(c->sink, &models_array, ROTE_ALL, models));
  ROTE_TRY(rote_sink_put(c->sink, &score_array, ROTE_ALL, c->score));
  ROTE_TRY(rote_sink_put(c->sink, &mean_array, ROTE_ALL, c->mean));
  ROTE_TRY(rote_sink_put(c->sink, &error_array, ROTE_ALL, c->error));
done:
  rote_free(&models);
  return status;
}

rote_status rote_datamodel_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &pieces->setting;
  const rote_options *o = s->options;
  combiner c = {.pieces = pieces,
                .sink = sink,
                .data = {.repeats = o->folds.repeats,
                         .folds = o->folds.count,
                         .images = s->train->count,
                         .fold = s->fold},
                .targets = rote_targets_of_training(o)};
  bool found = false;
  if (c.targets == 0 || o->folds.count == 0 || rote_evaluation_count(o) == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(find_log_p(&c, &found));
  if (found) {
    ROTE_TRY(rote_alloc(c.targets, sizeof *c.image, &c.image));
    for (size_t t = 0; t < c.targets; t++) {
      c.image[t] = (uint32_t)rote_target_at(o, t).index;
    }
    ROTE_TRY(rote_alloc(c.data.images * rote_targets(o), sizeof *c.tau, &c.tau));
    ROTE_TRY(rote_alloc(ATTRIBUTIONS_MAX * c.targets, sizeof *c.score, &c.score));
    ROTE_TRY(score_attributions(&c, rote_targets(o)));
    ROTE_TRY(score_baselines(&c));
    ROTE_TRY(put(&c));
  }
done:
  rote_text_list_free(&c.title);
  rote_free(&c.log_p);
  rote_free(&c.image);
  rote_free(&c.tau);
  rote_free(&c.score);
  return status;
}
