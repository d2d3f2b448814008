#include "merge.h"

#include "merge_pieces.h"
#include "rote/blas.h"
#include "rote/data_file.h"
#include "rote/fault.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/study_images.h"
#include "rote/version.h"
#include "study_arrays.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Letters: U models of a variant, of which the first R K leave out a fold; E epochs; N images. */
typedef struct {
  const rote_unit_setting *setting;
  const rote_queue *queue;
  rote_sink *sink;
  rote_merged *merged;
} merger;

/* Names of the images from the data file, or "train/00042" where it keeps none; planted ones have
 * their own. */
static rote_status read_names(const merger *m, const rote_plants *plants, rote_text_list *name)
{
  rote_status status = ROTE_OK;
  const char *file = m->setting->plan->study->base.data.file;
  const size_t images = m->setting->plan->images;
  rote_text_list kept = {.count = 0};
  char made[48];
  ROTE_TRY(rote_data_file_read_text(file, "train/names", &kept));
  if (kept.count > 0 && kept.count < images) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has names of fewer images than the study has", file));
  }
  for (size_t i = 0; i < images; i++) {
    rote_plant_name(plants, i, made, sizeof made);
    if (made[0] == '\0' && kept.count == 0) {
      snprintf(made, sizeof made, "train/%05zu", i);
    }
    ROTE_TRY(rote_text_list_add(name, made[0] != '\0' ? made : rote_text_list_get(&kept, i)));
  }
done:
  rote_text_list_free(&kept);
  return status;
}

static rote_status put_plants(merger *m, const rote_plants *plants)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_sink_put(m->sink, &rote_study_arrays[ROTE_STUDY_PLANTED], ROTE_ALL, plants->kind));
  ROTE_TRY(rote_sink_put(m->sink, &rote_study_arrays[ROTE_STUDY_COPIES], ROTE_ALL, plants->copies));
  ROTE_TRY(
      rote_sink_put(m->sink, &rote_study_arrays[ROTE_STUDY_ORIGINAL], ROTE_ALL, plants->original));
done:
  return status;
}

/* netCDF tools find a scale only in the groups above an array: so the scale of the images is
 * /image, and /sample/index is a second name for it. */
static rote_status put_samples(merger *m)
{
  rote_status status = ROTE_OK;
  rote_sink *sink = m->sink;
  const rote_options *o = &m->setting->plan->study->base;
  rote_text_list name = {.count = 0};
  rote_plants plants = {.images = 0};
  ROTE_TRY(rote_plant_choose(o, m->setting->plan->images, m->setting->plan->info->foreign_count,
                             &plants));
  ROTE_TRY(rote_sink_base(sink, ""));
  ROTE_TRY(rote_sink_count(sink, &rote_study_arrays[ROTE_STUDY_IMAGE], 0));
  ROTE_TRY(rote_sink_count(sink, &rote_study_arrays[ROTE_STUDY_REPEAT], 0));
  ROTE_TRY(rote_sink_link(sink, "image", "sample/index"));
  ROTE_TRY(rote_sink_put(sink, &rote_study_arrays[ROTE_STUDY_LABEL], ROTE_ALL,
                         m->setting->train->label));
  if (!rote_sink_is_check(sink)) {
    ROTE_TRY(read_names(m, &plants, &name));
    ROTE_TRY(rote_sink_texts(sink, &rote_study_arrays[ROTE_STUDY_NAME], &name));
  }
  if (rote_options_planted(o) > 0) {
    ROTE_TRY(put_plants(m, &plants));
  }
  if (m->setting->fold != NULL) {
    ROTE_TRY(rote_sink_put(sink, &rote_study_arrays[ROTE_STUDY_FOLD], ROTE_ALL, m->setting->fold));
  }
done:
  rote_text_list_free(&name);
  rote_plant_free(&plants);
  return status;
}

/* @return ROTE_DATA if it is missing though it must be there */
static rote_status read_training(merger *m, size_t group, size_t home, size_t unit, size_t epochs,
                                 float *train, float *held_out, rote_execution *execution)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = m->setting->plan;
  const rote_sizes sizes = {{0}};
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT];
  rote_label label;
  rote_rows *rows = NULL;
  for (size_t e = 0; e < epochs; e++) {
    train[e] = held_out[e] = NAN;
  }
  ROTE_TRY(rote_plan_training_path(plan, m->setting->directory, home, unit, path));
  if (m->queue != NULL && rote_queue_look(m->queue, group, unit)->failed) {
    return ROTE_OK;
  }
  rote_plan_unit_key(plan, home, unit, key);
  ROTE_TRY(rote_plan_unit_identity(plan, group, unit, identity));
  ROTE_TRY(rote_label_read(path, &label));
  ROTE_TRY(rote_label_expect(path, &label, ROTE_KIND_TRAINING, key, identity));
  if (label.count > epochs) {
    ROTE_TRY(
        rote_fail(ROTE_DATA, "%s: has %zu epochs of a study of %zu", path, label.count, epochs));
  }
  ROTE_TRY(rote_rows_create(rote_training_arrays, &sizes, label.count, &rows));
  ROTE_TRY(rote_piece_file_read(path, &label, rows, execution));
  memcpy(train, rote_rows_at(rows, ROTE_LOSS_TRAIN, 0), label.count * sizeof *train);
  memcpy(held_out, rote_rows_at(rows, ROTE_LOSS_HELD_OUT, 0), label.count * sizeof *held_out);
  m->merged->diverged += label.end == ROTE_END_DIVERGED;
  rote_arithmetic_add(m->merged->arithmetic, execution->arithmetic);
done:
  rote_rows_destroy(&rows);
  return status;
}

/* In whose name the files of a model are: the queue knows, or the first variant that has them. */
static size_t home_of(const merger *m, size_t group, size_t unit)
{
  return m->queue != NULL ? rote_queue_look(m->queue, group, unit)->home
                          : rote_plan_home(m->setting->plan, m->setting->directory, group, unit);
}

static rote_status put_losses(merger *m, size_t variant, rote_execution *execution)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = m->setting->plan;
  const rote_options *o = rote_plan_options(plan, variant);
  const size_t group = plan->group_of[variant], units = plan->group[group].units;
  const size_t left_out = o->folds.repeats * o->folds.count, epochs = o->training.epochs;
  const rote_array *arrays = rote_options_autoencoder(o) ? rote_error_arrays : rote_loss_arrays;
  float *train = NULL, *held_out = NULL; /* [U, E] */
  ROTE_TRY(rote_alloc(units * epochs, sizeof *train, &train));
  ROTE_TRY(rote_alloc(units * epochs, sizeof *held_out, &held_out));
  for (size_t u = 0; u < units; u++) {
    ROTE_TRY(rote_merge_go_on(m->setting));
    ROTE_TRY(read_training(m, group, home_of(m, group, u), u, epochs, train + u * epochs,
                           held_out + u * epochs, &execution[u]));
  }
  ROTE_TRY(rote_sink_put(m->sink, &arrays[ROTE_LOSSES_TRAIN], ROTE_ALL, train));
  ROTE_TRY(rote_sink_put(m->sink, &arrays[ROTE_LOSSES_HELD_OUT], ROTE_ALL, held_out));
  ROTE_TRY(
      rote_sink_put(m->sink, &arrays[ROTE_LOSSES_FULL_TRAIN], ROTE_ALL, train + left_out * epochs));
  ROTE_TRY(rote_sink_put(m->sink, &arrays[ROTE_LOSSES_FULL_HELD_OUT], ROTE_ALL,
                         held_out + left_out * epochs));
done:
  rote_free(&train);
  rote_free(&held_out);
  return status;
}

/* One array a member of rote_execution. @param[in] dims  "U", "VU", or "" of the data */
static rote_status put_execution(merger *m, const char *work, const char *dims, size_t n,
                                 const rote_execution *execution)
{
  rote_status status = ROTE_OK;
  char name[64];
  char *buffer = NULL;
  ROTE_TRY(rote_alloc(n, 8, &buffer));
  for (const rote_array *member = rote_execution_arrays; member->name != NULL; member++) {
    rote_array array = *member;
    const bool text = array.type == ROTE_H5_TEXT;
    const size_t bytes = text ? sizeof(char *) : rote_h5_type_bytes(array.type);
    snprintf(name, sizeof name, "%s/%s", work, member->name);
    array.name = name;
    array.dims = dims;
    for (size_t i = 0; i < n; i++) {
      const char *value = (const char *)&execution[i] + member->member;
      memcpy(buffer + i * bytes, text ? (const void *)&value : value, bytes);
    }
    ROTE_TRY(rote_sink_put(m->sink, &array, ROTE_ALL, buffer));
  }
done:
  rote_free(&buffer);
  return status;
}

/* Names below execution/<variant>, or execution of the data. */
static rote_status take_execution_base(merger *m, size_t variant)
{
  rote_status status = ROTE_OK;
  char base[ROTE_PATH_MAX];
  const bool of_data = variant == ROTE_NO_VARIANT;
  ROTE_TRY(rote_path(base, "execution%s%s", of_data ? "" : "/",
                     of_data ? "" : m->setting->plan->study->variant[variant].name));
  ROTE_TRY(rote_sink_base(m->sink, base));
done:
  return status;
}

static rote_status put_measure_execution(merger *m, const rote_merge_pieces *p)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = m->setting->plan;
  const rote_measure *measure = p->measure;
  const rote_options *o = rote_plan_options(plan, p->variant);
  const size_t units = plan->group[p->group].units, count = rote_measure_snapshots(measure, o);
  for (size_t i = 0; i < units * count; i++) {
    rote_arithmetic_add(m->merged->arithmetic, p->execution[i].arithmetic);
  }
  if (rote_sink_is_check(m->sink)) {
    return ROTE_OK;
  }
  const bool of_data = measure->subject == ROTE_OF_DATA;
  ROTE_TRY(take_execution_base(m, p->variant));
  if (measure->subject == ROTE_OF_EVALUATED) {
    ROTE_TRY(rote_measure_put_epochs(m->sink, o));
  }
  ROTE_TRY(put_execution(m, measure->work,
                         of_data                                 ? ""
                         : measure->subject == ROTE_OF_EVALUATED ? "VU"
                                                                 : "U",
                         units * count, p->execution));
done:
  return status;
}

static rote_status put_measure(merger *m, size_t group, size_t variant, const rote_measure *measure)
{
  rote_status status = ROTE_OK;
  rote_merge_pieces p = {.setting = m->setting}, before = p;
  rote_pieces pieces, after;
  ROTE_TRY(rote_merge_pieces_begin(m->setting, m->queue, group, variant, measure, &p));
  pieces = rote_merge_pieces_as_seen(&p);
  if (measure->after != NULL) {
    ROTE_TRY(
        rote_merge_pieces_begin(m->setting, m->queue, group, variant, measure->after, &before));
    after = rote_merge_pieces_as_seen(&before);
    pieces.after = &after;
  }
  ROTE_TRY(rote_sink_base(m->sink, pieces.name));
  ROTE_TRY(measure->combine(&pieces, m->sink));
  if (measure->subject != ROTE_OF_RESULTS) {
    ROTE_TRY(put_measure_execution(m, &p));
  }
done:
  rote_merge_pieces_free(&p);
  rote_merge_pieces_free(&before);
  return status;
}

/* What variants say only together. */
static rote_status put_comparison(merger *m, const rote_measure *measure)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = m->setting->plan;
  const size_t variants = plan->study->variant_count;
  rote_merge_pieces *p = NULL;
  rote_pieces *pieces = NULL;
  size_t count = 0;
  ROTE_TRY(rote_alloc(variants, sizeof *p, &p));
  ROTE_TRY(rote_alloc(variants, sizeof *pieces, &pieces));
  for (size_t v = 0; v < variants; v++) {
    if (rote_measure_applies(measure, rote_plan_options(plan, v))) {
      ROTE_TRY(
          rote_merge_pieces_begin(m->setting, m->queue, plan->group_of[v], v, measure, &p[count]));
      pieces[count] = rote_merge_pieces_as_seen(&p[count]);
      count++;
    }
  }
  ROTE_TRY(rote_sink_base(m->sink, ""));
  ROTE_TRY(measure->compare(pieces, count, m->sink));
done:
  for (size_t i = 0; p != NULL && i < count; i++) {
    rote_merge_pieces_free(&p[i]);
  }
  rote_free(&p);
  rote_free(&pieces);
  return status;
}

/* All measures of a variant that are computed from such. */
static rote_status put_measures(merger *m, rote_subject subject, size_t variant)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = m->setting->plan;
  const size_t group = variant == ROTE_NO_VARIANT ? plan->group_count - 1 : plan->group_of[variant];
  for (const rote_measure *const *measure = rote_measure_list; *measure != NULL; measure++) {
    if ((*measure)->subject == subject &&
        rote_measure_applies(*measure, rote_plan_options(plan, variant))) {
      ROTE_TRY(put_measure(m, group, variant, *measure));
    }
  }
done:
  return status;
}

static rote_status put_variant(merger *m, size_t variant)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = m->setting->plan;
  const rote_options *o = rote_plan_options(plan, variant);
  rote_execution *execution = NULL;
  const rote_sizes sizes = rote_study_sizes(o, plan->info, plan->images);
  rote_sink_sizes(m->sink, &sizes);
  ROTE_TRY(rote_alloc(rote_unit_count(o), sizeof *execution, &execution));
  if (!rote_sink_is_check(m->sink)) {
    ROTE_TRY(take_execution_base(m, variant));
    ROTE_TRY(rote_sink_count(m->sink, &rote_study_arrays[ROTE_STUDY_UNIT], 0));
  }
  ROTE_TRY(rote_sink_base(m->sink, plan->study->variant[variant].name));
  ROTE_TRY(rote_sink_count(m->sink, &rote_study_arrays[ROTE_STUDY_FOLD_NUMBER], 0));
  ROTE_TRY(rote_sink_count(m->sink, &rote_study_arrays[ROTE_STUDY_TRAINING_EPOCH], 1));
  ROTE_TRY(rote_sink_count(m->sink, &rote_study_arrays[ROTE_STUDY_FULL_MODEL], 0));
  ROTE_TRY(put_measures(m, ROTE_OF_EVALUATED, variant));
  ROTE_TRY(rote_sink_base(m->sink, plan->study->variant[variant].name));
  ROTE_TRY(put_losses(m, variant, execution));
  ROTE_TRY(put_measures(m, ROTE_OF_TRAINED, variant));
  ROTE_TRY(put_measures(m, ROTE_OF_RESULTS, variant));
  if (!rote_sink_is_check(m->sink)) {
    ROTE_TRY(take_execution_base(m, variant));
    ROTE_TRY(put_execution(m, "train", "U", rote_unit_count(o), execution));
  }
done:
  rote_free(&execution);
  return status;
}

rote_status rote_merge(const rote_unit_setting *setting, const rote_queue *queue, rote_sink *sink,
                       rote_merged *merged)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = setting->plan;
  merger m = {.setting = setting, .queue = queue, .sink = sink, .merged = merged};
  *merged = (rote_merged){.diverged = 0};
  const rote_sizes sizes = rote_study_sizes(&plan->study->base, plan->info, plan->images);
  rote_sink_sizes(sink, &sizes);
  ROTE_TRY(put_samples(&m));
  ROTE_TRY(put_measures(&m, ROTE_OF_DATA, ROTE_NO_VARIANT)); /* for those of variants to read */
  for (size_t v = 0; v < plan->study->variant_count; v++) {
    ROTE_TRY(put_variant(&m, v));
  }
  for (const rote_measure *const *measure = rote_measure_list; *measure != NULL; measure++) {
    if ((*measure)->compare != NULL) {
      ROTE_TRY(put_comparison(&m, *measure));
    }
  }
done:
  return status;
}

/* Attributes of /: only what any run of the same study has in common, so that files can be
 * compared. */
static rote_status put_identity(const rote_unit_setting *s, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_study *study = s->plan->study;
  char *text = NULL;
  ROTE_TRY(rote_study_text(study, ROTE_STUDY_RESULTS, &text));
  ROTE_TRY(rote_sink_attribute(sink, "study", text));
  ROTE_TRY(rote_sink_attribute_u64(sink, "seed", study->base.seed));
  ROTE_TRY(rote_sink_attribute(sink, "program_version", rote_version()));
  ROTE_TRY(rote_sink_attribute(sink, "program_commit", rote_commit()));
  ROTE_TRY(rote_sink_attribute(sink, "blas_core", rote_blas_core()));
  ROTE_TRY(rote_sink_attribute(sink, "data_name", s->plan->info->name));
  ROTE_TRY(rote_sink_attribute(sink, "data_sha256", s->plan->info->sha256));
  if (s->plan->info->foreign_sha256[0] != '\0') {
    ROTE_TRY(rote_sink_attribute(sink, "foreign_sha256", s->plan->info->foreign_sha256));
  }
done:
  rote_free(&text);
  return status;
}

rote_status rote_merge_to_file(const rote_unit_setting *setting, const rote_queue *queue,
                               size_t *diverged)
{
  rote_status status = ROTE_OK;
  rote_sink *sink = NULL;
  rote_merged merged;
  char path[ROTE_PATH_MAX];
  ROTE_FAULT(MERGE_BEGIN, setting->directory);
  ROTE_TRY(rote_path(path, "%s/study.h5", setting->directory));
  ROTE_TRY(rote_sink_write(path, &sink));
  ROTE_TRY(put_identity(setting, sink));
  ROTE_TRY(rote_merge(setting, queue, sink, &merged));
  ROTE_TRY(rote_sink_attribute(sink, "arithmetic", merged.arithmetic));
  ROTE_FAULT(MERGE_COMMIT, path);
  ROTE_TRY(rote_sink_end(&sink));
  *diverged = merged.diverged;
done:
  rote_sink_abort(&sink);
  return status;
}
