#include "merge_recovery.h"

#include "recover.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/study_recovery.h"

#include <string.h>

/* Letters: N images of the study, Q controls, R repeats, K folds. */
typedef struct {
  const rote_unit_setting *setting;
  const rote_queue *queue;
  rote_study_file *file;
  size_t variant;
  const rote_options *options;
  /* of the full model in hand, training images before controls */
  uint8_t *trained;                       /* [N + Q] */
  uint8_t *recovered[ROTE_INVERSE_COUNT]; /* [N + Q] */
  /* of the leave-out models */
  float *psnr;               /* [R, K, N] */
  uint8_t *found;            /* [R, K, N] recovered */
  rote_execution *execution; /* [units] */
} merger;

/* One shard. @param[out] missing  it is not there: the model diverged or was given up */
static rote_status read_shard(merger *m, size_t unit, size_t shard, rote_recovery_file *file,
                              bool *missing)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_merge_go_on(m->setting));
  ROTE_TRY(rote_recover_path(m->setting, m->variant, unit, shard, path));
  ROTE_TRY(rote_recover_file(m->setting, m->variant, unit, shard, file));
  *missing = !rote_file_exists(path);
  if (*missing) {
    rote_recovery_result_missing(file->result, file->channels);
  } else {
    ROTE_TRY(rote_recovery_file_read(path, file));
    const rote_execution before = m->execution[unit];
    m->execution[unit] = file->execution;
    m->execution[unit].seconds += before.seconds;
    rote_arithmetic_add(m->execution[unit].arithmetic, before.arithmetic);
    m->execution[unit].attempts = rote_queue_look(m->queue, m->variant, unit)->attempts + 1;
  }
done:
  return status;
}

/* A full model: its images, and what counts for its rates. @param[in,out] whole  false if a shard
 * is missing */
static rote_status merge_full_shard(merger *m, size_t unit, size_t model, size_t shard, bool *whole)
{
  rote_status status = ROTE_OK;
  const size_t images = m->setting->train->count;
  const rote_recovery_shard part = rote_recovery_shard_at(m->options, images, shard);
  rote_recovery_file file = {.result = NULL};
  bool missing = false;
  ROTE_TRY(read_shard(m, unit, shard, &file, &missing));
  ROTE_TRY(rote_study_recovery_write(m->file, m->variant, model, part.control, part.first,
                                     file.result, missing));
  const size_t at = part.control ? images + part.first : part.first;
  memset(m->trained + at, !part.control, part.count);
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    memcpy(m->recovered[method] + at, file.result->by[method].recovered, part.count);
  }
  *whole = *whole && !missing;
done:
  rote_recovery_result_destroy(&file.result);
  return status;
}

static rote_status merge_full(merger *m, size_t unit, size_t model)
{
  rote_status status = ROTE_OK;
  const size_t images = m->setting->train->count;
  const rote_unit which = rote_unit_at(m->options, unit);
  const uint8_t *by_method[ROTE_INVERSE_COUNT];
  rote_recovery_rates rates;
  bool whole = true;
  for (size_t s = 0; s < rote_recovery_shard_count(m->options, images, which); s++) {
    ROTE_TRY(merge_full_shard(m, unit, model, s, &whole));
  }
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    by_method[method] = whole ? m->recovered[method] : NULL;
  }
  rote_recovery_rates_compute(images + m->options->recovery.control, m->trained, by_method, &rates);
  ROTE_TRY(rote_study_recovery_write_rates(m->file, m->variant, model, &rates));
done:
  return status;
}

static rote_status merge_left_out(merger *m, size_t unit)
{
  rote_status status = ROTE_OK;
  const size_t images = m->setting->train->count;
  const rote_unit which = rote_unit_at(m->options, unit);
  rote_recovery_file file = {.result = NULL};
  bool missing = false;
  for (size_t s = 0; s < rote_recovery_shard_count(m->options, images, which); s++) {
    const rote_recovery_shard part = rote_recovery_shard_at(m->options, images, s);
    ROTE_TRY(read_shard(m, unit, s, &file, &missing));
    const rote_recovery_answers *blind = &file.result->by[ROTE_INVERSE_BLIND];
    const size_t curve = file.result->curve, at = unit * images + part.first;
    for (size_t i = 0; i < part.count; i++) {
      m->psnr[at + i] = blind->psnr[i * curve + curve - 1];
      m->found[at + i] = blind->recovered[i];
    }
    rote_recovery_result_destroy(&file.result);
  }
done:
  rote_recovery_result_destroy(&file.result);
  return status;
}

static rote_status merge_score(merger *m)
{
  rote_status status = ROTE_OK;
  const rote_options *o = m->options;
  const size_t images = m->setting->train->count;
  rote_rank_score *score = NULL;
  ROTE_TRY(rote_rank_score_create(images, &score));
  ROTE_TRY(rote_rank_score_compute(o->folds.repeats, o->folds.count, images, m->psnr,
                                   m->setting->fold, score));
  ROTE_TRY(rote_study_recovery_write_score(m->file, m->variant, m->psnr, m->found, score));
done:
  rote_rank_score_destroy(&score);
  return status;
}

rote_status rote_merge_recovery(const rote_unit_setting *setting, const rote_queue *queue,
                                rote_study_file *file, size_t variant, rote_execution *execution)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &setting->study->variant[variant].options;
  const size_t images = setting->train->count, all = images + o->recovery.control;
  const size_t left_out = o->folds.repeats * o->folds.count;
  size_t round[ROTE_CURVE_MAX];
  const size_t curve = rote_curve_rounds(o->recovery.rounds, round);
  merger m = {.setting = setting,
              .queue = queue,
              .file = file,
              .variant = variant,
              .options = o,
              .execution = execution};
  ROTE_TRY(rote_alloc(all, 1, &m.trained));
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    ROTE_TRY(rote_alloc(all, 1, &m.recovered[method]));
  }
  ROTE_TRY(rote_alloc(left_out * images, sizeof *m.psnr, &m.psnr));
  ROTE_TRY(rote_alloc(left_out * images, 1, &m.found));
  ROTE_TRY(rote_study_recovery_begin(file, variant, o, setting->info, curve, round));
  for (size_t u = 0; u < rote_unit_count(o); u++) {
    ROTE_TRY(u < left_out ? merge_left_out(&m, u) : merge_full(&m, u, u - left_out));
  }
  if (left_out > 0) {
    ROTE_TRY(merge_score(&m));
  }
done:
  rote_free(&m.trained);
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    rote_free(&m.recovered[method]);
  }
  rote_free(&m.psnr);
  rote_free(&m.found);
  return status;
}
