/* The recoveries in study.h5 against the shards they were merged from; rates and scores computed
 * again as the merge computes them. */
#include "gather_recovery.h"
#include "rote/file.h"
#include "rote/study_recovery.h"
#include "verify.h"

#include <stdio.h>

typedef struct {
  rote_verifier *v;
  const char *path, *variant;
  rote_study_recovery_check *check;
} recovery_check;

static void note_array(void *context, const char *array, size_t numbers, bool same)
{
  const recovery_check *c = context;
  char what[ROTE_PATH_MAX + 300];
  c->v->outcome->scores += numbers;
  if (!same) {
    snprintf(what, sizeof what, "%s: %s/%s does not hold the numbers of the recovered images",
             c->path, c->variant, array);
    rote_verify_find(c->v, ROTE_FINDING_DAMAGED, what, rote_verify_study_then);
  }
}

static rote_status check_shard(void *context, size_t unit, const rote_recovery_file *file,
                               bool missing)
{
  (void)context, (void)unit, (void)file, (void)missing; /* rote_verify_units() has looked at it */
  return ROTE_OK;
}

static rote_status check_part(void *context, size_t model, const rote_recovery_shard *part,
                              const rote_recovery_result *result, bool missing)
{
  const recovery_check *c = context;
  return rote_study_recovery_check_part(c->check, model, part->control, part->first, result,
                                        missing);
}

static rote_status check_rates(void *context, size_t model, const rote_recovery_rates *rates)
{
  const recovery_check *c = context;
  return rote_study_recovery_check_rates(c->check, model, rates);
}

static rote_status check_score(void *context, const float *psnr, const uint8_t *recovered,
                               const rote_rank_score *score)
{
  const recovery_check *c = context;
  return rote_study_recovery_check_score(c->check, psnr, recovered, score);
}

rote_status rote_verify_recovery(rote_verifier *v, const char *path, size_t variant,
                                 const uint16_t *fold)
{
  rote_status status = ROTE_OK;
  const rote_variant *which = &v->study->variant[variant];
  const rote_image_set images = {.count = v->images};
  const rote_unit_setting setting = {.study = v->study,
                                     .info = &v->info,
                                     .train = &images,
                                     .fold = fold,
                                     .directory = v->directory,
                                     .fingerprint = v->fingerprint};
  recovery_check c = {.v = v, .path = path, .variant = which->name};
  const rote_recovery_sink sink = {.context = &c,
                                   .shard = check_shard,
                                   .part = check_part,
                                   .rates = check_rates,
                                   .score = check_score};
  ROTE_TRY(
      rote_study_recovery_check_begin(path, which, &v->info, v->images, note_array, &c, &c.check));
  ROTE_TRY(rote_recovery_gather(&setting, variant, &sink));
done:
  rote_study_recovery_check_end(&c.check);
  return status;
}
