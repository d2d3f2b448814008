#include "merge.h"

#include "merge_recovery.h"
#include "rote/blas.h"
#include "rote/data_file.h"
#include "rote/fault.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/score.h"
#include "rote/study_file.h"
#include "rote/version.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Letters: U units of a variant, of which the first R K leave out a fold; E epochs; N images; V
 * evaluations. */
typedef struct {
  const rote_unit_setting *setting;
  rote_queue *queue;
  rote_study_file *file;
  size_t diverged;
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* of all units so far */
} merger;

static void fill_nan(float *x, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    x[i] = NAN;
  }
}

rote_status rote_merge_go_on(const rote_unit_setting *s)
{
  return s->stop != NULL && s->stop(s->context, 0)
             ? rote_fail(ROTE_STOPPED, "stopped while the results were put together")
             : ROTE_OK;
}

static rote_status merge_trainings(merger *m, size_t variant, rote_execution *execution)
{
  rote_status status = ROTE_OK;
  const rote_variant *v = &m->setting->study->variant[variant];
  const rote_options *o = &v->options;
  const size_t units = rote_unit_count(o), left_out = o->folds.repeats * o->folds.count;
  const size_t epochs = o->training.epochs;
  char path[ROTE_PATH_MAX];
  float *train = NULL, *held_out = NULL; /* [U, E] */
  ROTE_TRY(rote_alloc(units * epochs, sizeof(float), &train));
  ROTE_TRY(rote_alloc(units * epochs, sizeof(float), &held_out));
  for (size_t u = 0; u < units; u++) {
    ROTE_TRY(rote_merge_go_on(m->setting));
    rote_train_result r = {
        .epochs = epochs, .loss_train = train + u * epochs, .loss_held_out = held_out + u * epochs};
    if (rote_queue_look(m->queue, variant, u)->failed) {
      fill_nan(r.loss_train, epochs);
      fill_nan(r.loss_held_out, epochs);
      continue;
    }
    rote_unit_key(v->name, rote_unit_at(o, u), 0, r.key);
    memcpy(r.study, m->setting->fingerprint, ROTE_DIGEST_TEXT);
    ROTE_TRY(rote_unit_result_path(m->setting->directory, m->setting->study, variant, u, 0, path));
    ROTE_TRY(rote_train_result_read(path, &r));
    execution[u] = r.execution;
    rote_arithmetic_add(m->arithmetic, r.execution.arithmetic);
    m->diverged += r.diverged;
  }
  ROTE_TRY(rote_study_file_write_loss(m->file, variant, left_out > 0 ? train : NULL,
                                      left_out > 0 ? held_out : NULL,
                                      units > left_out ? train + left_out * epochs : NULL,
                                      units > left_out ? held_out + left_out * epochs : NULL));
done:
  rote_free(&train);
  rote_free(&held_out);
  return status;
}

/* One evaluated epoch: log_px and effective_samples [U, N]. */
static rote_status merge_evaluations(merger *m, size_t variant, size_t v, float *log_px,
                                     float *effective, rote_score *score, rote_execution *execution)
{
  rote_status status = ROTE_OK;
  const rote_variant *va = &m->setting->study->variant[variant];
  const rote_options *o = &va->options;
  const size_t images = m->queue->images, units = rote_unit_count(o);
  const size_t left_out = o->folds.repeats * o->folds.count, epoch = rote_evaluation_epoch(o, v);
  char path[ROTE_PATH_MAX];
  ROTE_FAULT(MERGE_EPOCH, va->name);
  for (size_t u = 0; u < units; u++) {
    ROTE_TRY(rote_merge_go_on(m->setting));
    rote_evaluate_result r = {.images = images,
                              .log_px = log_px + u * images,
                              .effective_samples = effective + u * images};
    ROTE_TRY(
        rote_unit_result_path(m->setting->directory, m->setting->study, variant, u, epoch, path));
    if (!rote_file_exists(path)) { /* diverged before, or given up */
      fill_nan(r.log_px, images);
      fill_nan(r.effective_samples, images);
      continue;
    }
    rote_unit_key(va->name, rote_unit_at(o, u), epoch, r.key);
    memcpy(r.study, m->setting->fingerprint, ROTE_DIGEST_TEXT);
    ROTE_TRY(rote_evaluate_result_read(path, &r));
    execution[u] = r.execution;
    rote_arithmetic_add(m->arithmetic, r.execution.arithmetic);
  }
  if (rote_options_scored(o)) {
    ROTE_TRY(rote_score_compute(o->folds.repeats, o->folds.count, images, log_px, m->setting->fold,
                                score));
  }
  ROTE_TRY(rote_study_file_write_epoch(
      m->file, variant, v, left_out > 0 ? log_px : NULL, left_out > 0 ? effective : NULL,
      rote_options_scored(o) ? score : NULL, units > left_out ? log_px + left_out * images : NULL,
      units > left_out ? effective + left_out * images : NULL));
done:
  return status;
}

static rote_status merge_variant(merger *m, size_t variant)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &m->setting->study->variant[variant].options;
  const size_t images = m->queue->images, units = rote_unit_count(o),
               count = rote_evaluation_count(o);
  float *log_px = NULL, *effective = NULL;
  rote_score *score = NULL;
  rote_execution *train = NULL, *evaluate = NULL, *recover = NULL;
  ROTE_TRY(rote_alloc(units * images, sizeof(float), &log_px));
  ROTE_TRY(rote_alloc(units * images, sizeof(float), &effective));
  ROTE_TRY(rote_score_create(images, &score));
  ROTE_TRY(rote_alloc(units, sizeof *train, &train));
  ROTE_TRY(rote_alloc(units * count, sizeof *evaluate, &evaluate));
  ROTE_TRY(rote_alloc(units, sizeof *recover, &recover));
  ROTE_TRY(merge_trainings(m, variant, train));
  for (size_t v = 0; v < count; v++) {
    ROTE_TRY(merge_evaluations(m, variant, v, log_px, effective, score, evaluate + v * units));
  }
  if (rote_options_recovered(o)) {
    ROTE_TRY(rote_merge_recovery(m->setting, m->queue, m->file, variant, recover));
  }
  for (size_t u = 0; u < units; u++) {
    rote_arithmetic_add(m->arithmetic, recover[u].arithmetic);
  }
  ROTE_TRY(rote_study_file_write_execution(m->file, variant, train, evaluate, recover));
done:
  rote_free(&log_px);
  rote_free(&effective);
  rote_free(&train);
  rote_free(&evaluate);
  rote_free(&recover);
  rote_score_destroy(&score);
  return status;
}

/* Names of the images from the data file, if it keeps them. */
static rote_status read_names(const merger *m, rote_text_list *name)
{
  const char *file = m->setting->study->base.data.file;
  const rote_status status = rote_data_file_read_text(file, "train/names", name);
  if (status == ROTE_OK && name->count > 0 && name->count < m->queue->images) {
    rote_text_list_free(name);
    return rote_fail(ROTE_DATA, "%s: has names of fewer images than the study has", file);
  }
  return status;
}

rote_status rote_merge(const rote_unit_setting *setting, rote_queue *queue, size_t *diverged)
{
  rote_status status = ROTE_OK;
  merger m = {.setting = setting, .queue = queue};
  rote_text_list name = {.count = 0};
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  ROTE_FAULT(MERGE_BEGIN, setting->directory);
  ROTE_TRY(rote_study_text(setting->study, ROTE_STUDY_RESULTS, &text));
  const rote_study_file_identity identity = {
      .study_text = text,
      .seed = setting->study->base.seed,
      .program_version = rote_version(),
      .program_commit = rote_commit(),
      .blas_core = rote_blas_core(),
  };
  ROTE_TRY(rote_path(path, "%s/study.h5", setting->directory));
  ROTE_TRY(read_names(&m, &name));
  ROTE_TRY(rote_study_file_begin(path, setting->study, setting->info, &identity, queue->images,
                                 setting->train->label, &name, setting->fold, &m.file));
  for (size_t v = 0; v < setting->study->variant_count; v++) {
    ROTE_TRY(merge_variant(&m, v));
  }
  ROTE_TRY(rote_study_file_write_arithmetic(m.file, m.arithmetic));
  ROTE_FAULT(MERGE_COMMIT, path);
  ROTE_TRY(rote_study_file_commit(&m.file));
  *diverged = m.diverged;
done:
  rote_study_file_abort(&m.file);
  rote_text_list_free(&name);
  rote_free(&text);
  return status;
}
