#include "merge_recovery.h"

#include "gather_recovery.h"
#include "rote/label.h"
#include "rote/study_recovery.h"

typedef struct {
  const rote_unit_setting *setting;
  const rote_queue *queue;
  rote_study_file *file;
  size_t variant;
  rote_execution *execution; /* [units] */
} merger;

static rote_status take_shard(void *context, size_t unit, const rote_recovery_file *file,
                              bool missing)
{
  merger *m = context;
  if (!missing) {
    const rote_execution before = m->execution[unit];
    m->execution[unit] = file->execution;
    m->execution[unit].seconds += before.seconds;
    rote_arithmetic_add(m->execution[unit].arithmetic, before.arithmetic);
    m->execution[unit].attempts = rote_queue_look(m->queue, m->variant, unit)->attempts + 1;
  }
  return rote_merge_go_on(m->setting);
}

static rote_status take_part(void *context, size_t model, const rote_recovery_shard *part,
                             const rote_recovery_result *result, bool missing)
{
  const merger *m = context;
  return rote_study_recovery_write(m->file, m->variant, model, part->control, part->first, result,
                                   missing);
}

static rote_status take_rates(void *context, size_t model, const rote_recovery_rates *rates)
{
  const merger *m = context;
  return rote_study_recovery_write_rates(m->file, m->variant, model, rates);
}

static rote_status take_score(void *context, const float *psnr, const uint8_t *recovered,
                              const rote_rank_score *score)
{
  const merger *m = context;
  return rote_study_recovery_write_score(m->file, m->variant, psnr, recovered, score);
}

rote_status rote_merge_recovery(const rote_unit_setting *setting, const rote_queue *queue,
                                rote_study_file *file, size_t variant, rote_execution *execution)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &setting->study->variant[variant].options;
  size_t round[ROTE_CURVE_MAX];
  const size_t curve = rote_curve_rounds(o->recovery.rounds, round);
  merger m = {
      .setting = setting, .queue = queue, .file = file, .variant = variant, .execution = execution};
  const rote_recovery_sink sink = {.context = &m,
                                   .shard = take_shard,
                                   .part = take_part,
                                   .rates = take_rates,
                                   .score = take_score};
  ROTE_TRY(rote_study_recovery_begin(file, variant, o, setting->info, curve, round));
  ROTE_TRY(rote_recovery_gather(setting, variant, &sink));
done:
  return status;
}
