#include "gather_recovery.h"

#include "recover.h"
#include "rote/file.h"
#include "rote/memory.h"

#include <string.h>

/* Letters: N images of the study, Q controls, R repeats, K folds. */
typedef struct {
  const rote_unit_setting *setting;
  const rote_recovery_sink *sink;
  size_t variant;
  const rote_options *options;
  /* of the full model in hand, training images before controls */
  uint8_t *trained;                       /* [N + Q] */
  uint8_t *recovered[ROTE_INVERSE_COUNT]; /* [N + Q] */
  /* of the leave-out models */
  float *psnr;    /* [R, K, N] */
  uint8_t *found; /* [R, K, N] recovered */
} gatherer;

/* One shard. @param[out] missing  it is not there: the model diverged or was given up */
static rote_status read_shard(gatherer *g, size_t unit, size_t shard, rote_recovery_file *file,
                              bool *missing)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_recover_path(g->setting, g->variant, unit, shard, path));
  ROTE_TRY(rote_recover_file(g->setting, g->variant, unit, shard, file));
  *missing = !rote_file_exists(path);
  if (*missing) {
    rote_recovery_result_missing(file->result, file->channels);
  } else {
    ROTE_TRY(rote_recovery_file_read(path, file));
  }
  ROTE_TRY(g->sink->shard(g->sink->context, unit, file, *missing));
done:
  return status;
}

/* A full model: its images, and what counts for its rates. @param[in,out] whole  false if a shard
 * is missing */
static rote_status gather_full_shard(gatherer *g, size_t unit, size_t model, size_t shard,
                                     bool *whole)
{
  rote_status status = ROTE_OK;
  const size_t images = g->setting->train->count;
  const rote_recovery_shard part = rote_recovery_shard_at(g->options, images, shard);
  rote_recovery_file file = {.result = NULL};
  bool missing = false;
  ROTE_TRY(read_shard(g, unit, shard, &file, &missing));
  ROTE_TRY(g->sink->part(g->sink->context, model, &part, file.result, missing));
  const size_t at = part.control ? images + part.first : part.first;
  memset(g->trained + at, !part.control, part.count);
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    memcpy(g->recovered[method] + at, file.result->by[method].recovered, part.count);
  }
  *whole = *whole && !missing;
done:
  rote_recovery_result_destroy(&file.result);
  return status;
}

static rote_status gather_full(gatherer *g, size_t unit, size_t model)
{
  rote_status status = ROTE_OK;
  const size_t images = g->setting->train->count;
  const rote_unit which = rote_unit_at(g->options, unit);
  const uint8_t *by_method[ROTE_INVERSE_COUNT];
  rote_recovery_rates rates;
  bool whole = true;
  for (size_t s = 0; s < rote_recovery_shard_count(g->options, images, which); s++) {
    ROTE_TRY(gather_full_shard(g, unit, model, s, &whole));
  }
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    by_method[method] = whole ? g->recovered[method] : NULL;
  }
  rote_recovery_rates_compute(images + g->options->recovery.control, g->trained, by_method, &rates);
  ROTE_TRY(g->sink->rates(g->sink->context, model, &rates));
done:
  return status;
}

static rote_status gather_left_out(gatherer *g, size_t unit)
{
  rote_status status = ROTE_OK;
  const size_t images = g->setting->train->count;
  const rote_unit which = rote_unit_at(g->options, unit);
  rote_recovery_file file = {.result = NULL};
  bool missing = false;
  for (size_t s = 0; s < rote_recovery_shard_count(g->options, images, which); s++) {
    const rote_recovery_shard part = rote_recovery_shard_at(g->options, images, s);
    ROTE_TRY(read_shard(g, unit, s, &file, &missing));
    const rote_recovery_answers *blind = &file.result->by[ROTE_INVERSE_BLIND];
    const size_t curve = file.result->curve, at = unit * images + part.first;
    for (size_t i = 0; i < part.count; i++) {
      g->psnr[at + i] = blind->psnr[i * curve + curve - 1];
      g->found[at + i] = blind->recovered[i];
    }
    rote_recovery_result_destroy(&file.result);
  }
done:
  rote_recovery_result_destroy(&file.result);
  return status;
}

static rote_status gather_score(gatherer *g)
{
  rote_status status = ROTE_OK;
  const rote_options *o = g->options;
  const size_t images = g->setting->train->count;
  rote_rank_score *score = NULL;
  ROTE_TRY(rote_rank_score_create(images, &score));
  ROTE_TRY(rote_rank_score_compute(o->folds.repeats, o->folds.count, images, g->psnr,
                                   g->setting->fold, score));
  ROTE_TRY(g->sink->score(g->sink->context, g->psnr, g->found, score));
done:
  rote_rank_score_destroy(&score);
  return status;
}

rote_status rote_recovery_gather(const rote_unit_setting *setting, size_t variant,
                                 const rote_recovery_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &setting->study->variant[variant].options;
  const size_t images = setting->train->count, all = images + o->recovery.control;
  const size_t left_out = o->folds.repeats * o->folds.count;
  gatherer g = {.setting = setting, .sink = sink, .variant = variant, .options = o};
  ROTE_TRY(rote_alloc(all, 1, &g.trained));
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    ROTE_TRY(rote_alloc(all, 1, &g.recovered[method]));
  }
  ROTE_TRY(rote_alloc(left_out * images, sizeof *g.psnr, &g.psnr));
  ROTE_TRY(rote_alloc(left_out * images, 1, &g.found));
  for (size_t u = 0; u < rote_unit_count(o); u++) {
    ROTE_TRY(u < left_out ? gather_left_out(&g, u) : gather_full(&g, u, u - left_out));
  }
  if (left_out > 0) {
    ROTE_TRY(gather_score(&g));
  }
done:
  rote_free(&g.trained);
  for (size_t method = 0; method < ROTE_INVERSE_COUNT; method++) {
    rote_free(&g.recovered[method]);
  }
  rote_free(&g.psnr);
  rote_free(&g.found);
  return status;
}
