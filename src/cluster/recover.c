#include "recover.h"

#include "rote/clock.h"
#include "rote/file.h"
#include "rote/fold.h"
#include "rote/isa.h"
#include "rote/memory.h"
#include "rote/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct rote_recoverer {
  const rote_unit_setting *setting;
  size_t variant;
  const rote_autoencoder *model;
  rote_recovery *recovery;    /* for full models or for leave-out models; NULL: neither yet */
  bool full;                  /* which */
  uint32_t *train, *held_out; /* [N] of the model in hand */
  uint32_t *index;            /* [ROTE_RECOVERY_SHARD] images of the shard */
};

rote_recovery_options rote_recover_options(const rote_options *o, rote_unit unit)
{
  return (rote_recovery_options){
      .seed = o->seed,
      .degradation = {.shape = o->recovery.shape,
                      .fill = o->recovery.fill,
                      .missing = o->recovery.missing,
                      .blocks = o->recovery.blocks,
                      .noise = o->recovery.noise},
      .rho = o->recovery.rho,
      .rounds = o->recovery.rounds,
      .inner = o->recovery.inner,
      .methods = unit.full ? ROTE_RECOVERY_ALL_METHODS : 1u << ROTE_INVERSE_BLIND,
      .attractor = unit.full,
  };
}

void rote_recover_key(const rote_variant *v, size_t unit, size_t shard, char *key)
{
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), 0, key);
  const size_t n = strlen(key);
  snprintf(key + n, ROTE_KEY_MAX - n, "-recovery-%04zu", shard);
}

rote_status rote_recover_path(const rote_unit_setting *s, size_t variant, size_t unit, size_t shard,
                              char *path)
{
  char key[ROTE_KEY_MAX];
  rote_recover_key(&s->study->variant[variant], unit, shard, key);
  return rote_path(path, "%s/results/%s.h5", s->directory, key);
}

rote_status rote_recover_file(const rote_unit_setting *s, size_t variant, size_t unit, size_t shard,
                              rote_recovery_file *file)
{
  rote_status status = ROTE_OK;
  const rote_variant *v = &s->study->variant[variant];
  const rote_unit which = rote_unit_at(&v->options, unit);
  const rote_recovery_options options = rote_recover_options(&v->options, which);
  const rote_recovery_shard part = rote_recovery_shard_at(&v->options, s->train->count, shard);
  *file = (rote_recovery_file){.channels = s->info->channels,
                               .height = s->info->height,
                               .width = s->info->width,
                               .score_only = !which.full};
  rote_recover_key(v, unit, shard, file->key);
  memcpy(file->study, s->fingerprint, ROTE_DIGEST_TEXT);
  ROTE_TRY(rote_recovery_result_create(&options, part.count, rote_data_pixels(s->info),
                                       s->info->height * s->info->width, &file->result));
done:
  return status;
}

rote_status rote_recoverer_create(const rote_unit_setting *setting, size_t variant,
                                  const rote_autoencoder *model, rote_recoverer **out)
{
  rote_status status = ROTE_OK;
  rote_recoverer *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = setting;
  r->variant = variant;
  r->model = model;
  ROTE_TRY(rote_alloc(setting->train->count, sizeof *r->train, &r->train));
  ROTE_TRY(rote_alloc(setting->train->count, sizeof *r->held_out, &r->held_out));
  ROTE_TRY(rote_alloc(ROTE_RECOVERY_SHARD, sizeof *r->index, &r->index));
  *out = r;
  r = NULL;
done:
  rote_recoverer_destroy(&r);
  return status;
}

void rote_recoverer_destroy(rote_recoverer **recoverer)
{
  rote_recoverer *r = *recoverer;
  if (r != NULL) {
    rote_recovery_destroy(&r->recovery);
    rote_free(&r->train);
    rote_free(&r->held_out);
    rote_free(&r->index);
    rote_free(recoverer);
  }
}

/* Room for the kind of the unit; full models need more. */
static rote_status take_kind(rote_recoverer *r, const rote_options *o, rote_unit unit)
{
  rote_status status = ROTE_OK;
  const rote_recovery_options options = rote_recover_options(o, unit);
  if (r->recovery != NULL && r->full == unit.full) {
    return ROTE_OK;
  }
  rote_recovery_destroy(&r->recovery);
  ROTE_TRY(rote_recovery_create(r->model, r->setting->info, &options, ROTE_RECOVERY_SHARD,
                                &r->recovery));
  rote_recovery_watch(r->recovery, r->setting->abandon, r->setting->context);
  r->full = unit.full;
done:
  return status;
}

rote_status rote_recoverer_run(rote_recoverer *r, const rote_real *w, size_t unit, size_t shard)
{
  rote_status status = ROTE_OK;
  const rote_unit_setting *s = r->setting;
  const rote_options *o = &s->study->variant[r->variant].options;
  const rote_unit which = rote_unit_at(o, unit);
  const rote_recovery_shard part = rote_recovery_shard_at(o, s->train->count, shard);
  const double start = rote_seconds();
  rote_recovery_file file = {.result = NULL};
  char path[ROTE_PATH_MAX];
  size_t held_out_count = 0;
  rote_recovery_job job = {.images = part.control ? s->test : s->train,
                           .index = r->index,
                           .count = part.count,
                           .control = part.control,
                           .training_set = s->train,
                           .train = r->train};
  ROTE_TRY(take_kind(r, o, which));
  rote_fold_split(s->fold, s->train->count, which, r->train, &job.train_count, r->held_out,
                  &held_out_count);
  for (size_t i = 0; i < part.count; i++) {
    r->index[i] = (uint32_t)(part.first + i);
  }
  ROTE_TRY(rote_recover_file(s, r->variant, unit, shard, &file));
  ROTE_TRY(rote_recover(r->recovery, w, &job, file.result));
  file.execution = (rote_execution){
      .rank = rote_cluster_rank(), .attempts = 1, .seconds = rote_seconds() - start};
  snprintf(file.execution.arithmetic, sizeof file.execution.arithmetic, "%s",
           rote_isa_arithmetic(rote_isa_level()));
  gethostname(file.execution.host, sizeof file.execution.host - 1);
  ROTE_TRY(rote_recover_path(s, r->variant, unit, shard, path));
  ROTE_TRY(rote_recovery_file_write(path, &file));
done:
  rote_recovery_result_destroy(&file.result);
  return status;
}
