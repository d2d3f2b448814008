/* Results, checkpoints and snapshots of every unit. */
#include "verify.h"

#include "rote/checkpoint.h"
#include "rote/file.h"
#include "rote/result.h"
#include "rote/unit.h"

#include <stdio.h>
#include <string.h>

/* A unit, and what its checkpoints allow. */
typedef struct {
  rote_verifier *v;
  size_t variant, unit;
  const rote_options *options;
  size_t checkpoint;      /* epoch of the best checkpoint that is whole; 0: none */
  bool trained, diverged; /* the training's result is whole */
  size_t trained_epochs;  /* epochs of a training that diverged */
} unit_check;

static rote_status model_path(const unit_check *c, size_t epoch, char *path)
{
  return rote_unit_model_path(c->v->directory, c->v->study, c->variant, c->unit, epoch, path);
}

/* Checkpoint or snapshot: whole, of this unit, study and epoch? A running job may replace or remove
 * it between two looks: what is gone is not damaged.
 * @param[out] epoch  of a whole one @return ROTE_OK; ROTE_DATA with the reason */
static rote_status check_model(const unit_check *c, const char *path, size_t expected,
                               size_t *epoch)
{
  rote_status status = ROTE_OK;
  char key[ROTE_KEY_MAX];
  const rote_variant *variant = &c->v->study->variant[c->variant];
  rote_unit_key(variant->name, rote_unit_at(c->options, c->unit), 0, key);
  ROTE_TRY(rote_checkpoint_check(path, key, c->v->fingerprint, epoch));
  if (expected > 0 && *epoch != expected) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: holds epoch %zu, not %zu", path, *epoch, expected));
  }
done:
  return status;
}

static rote_status check_checkpoints(unit_check *c)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], file[ROTE_PATH_MAX], damage[2][ROTE_PATH_MAX], then[200];
  size_t epoch = 0;
  bool damaged[2] = {false, false};
  ROTE_TRY(model_path(c, 0, path));
  for (int previous = 0; previous <= 1; previous++) {
    ROTE_TRY(rote_path(file, "%s%s", path, previous ? ".prev" : ""));
    if (!rote_file_exists(file)) {
      continue;
    }
    c->v->outcome->files++;
    if (check_model(c, file, 0, &epoch) == ROTE_OK) {
      c->checkpoint = epoch > c->checkpoint ? epoch : c->checkpoint;
    } else if (rote_file_exists(file)) {
      damaged[previous] = true;
      snprintf(damage[previous], sizeof damage[previous], "%s", rote_fail_reason(ROTE_DATA));
    }
  }
  for (int previous = 0; previous <= 1; previous++) {
    if (damaged[previous]) {
      if (c->checkpoint > 0) {
        snprintf(then, sizeof then, "goes on from the checkpoint of epoch %zu, if it needs one",
                 c->checkpoint);
      } else {
        snprintf(then, sizeof then, "trains from the start, if it needs one");
      }
      rote_verify_find(c->v, ROTE_FINDING_DAMAGED, damage[previous], then);
    }
  }
done:
  return status;
}

/* A result that is not whole, and what becomes of it. @param[in] needed  it must be there */
static void report_result(unit_check *c, const char *path, bool needed, const char *then)
{
  char reason[ROTE_PATH_MAX + 200];
  snprintf(reason, sizeof reason, "%s", rote_fail_reason(ROTE_DATA));
  if (rote_file_exists(path)) {
    c->v->result_damage++;
    rote_verify_find(c->v, ROTE_FINDING_DAMAGED, reason, then);
  } else if (needed) {
    c->v->result_damage++;
    rote_verify_find(c->v, ROTE_FINDING_MISSING, reason, then);
  }
}

static rote_status check_training(unit_check *c)
{
  rote_status status = ROTE_OK;
  const rote_variant *variant = &c->v->study->variant[c->variant];
  const size_t epochs = c->options->training.epochs;
  char path[ROTE_PATH_MAX], then[128];
  rote_train_result r = {.epochs = epochs, .loss_train = c->v->a, .loss_held_out = c->v->b};
  rote_unit_key(variant->name, rote_unit_at(c->options, c->unit), 0, r.key);
  memcpy(r.study, c->v->fingerprint, ROTE_DIGEST_TEXT);
  ROTE_TRY(rote_unit_result_path(c->v->directory, c->v->study, c->variant, c->unit, 0, path));
  c->v->outcome->trainings++;
  c->v->outcome->files += rote_file_exists(path);
  if (rote_train_result_read(path, &r) == ROTE_OK) {
    c->v->outcome->trainings_whole++;
    c->trained = true;
    c->diverged = r.diverged;
    c->trained_epochs = r.done;
  } else {
    if (c->checkpoint >= epochs) {
      snprintf(then, sizeof then, "writes it again from the checkpoint of the last epoch");
    } else {
      snprintf(then, sizeof then, "trains the unit again from epoch %zu", c->checkpoint);
    }
    report_result(c, path, c->v->outcome->complete, then);
  }
done:
  return status;
}

static rote_status check_evaluation(unit_check *c, size_t epoch)
{
  rote_status status = ROTE_OK;
  const rote_variant *variant = &c->v->study->variant[c->variant];
  char path[ROTE_PATH_MAX], snapshot[ROTE_PATH_MAX], then[128];
  size_t found = 0;
  rote_evaluate_result r = {
      .images = c->v->images, .log_px = c->v->a, .effective_samples = c->v->b};
  if (c->trained && c->diverged && epoch > c->trained_epochs) {
    return ROTE_OK; /* there is none */
  }
  c->v->outcome->evaluations++;
  rote_unit_key(variant->name, rote_unit_at(c->options, c->unit), epoch, r.key);
  memcpy(r.study, c->v->fingerprint, ROTE_DIGEST_TEXT);
  ROTE_TRY(model_path(c, epoch, snapshot));
  /* The snapshot first: it goes only when the result is there. */
  const bool has_snapshot = rote_file_exists(snapshot);
  const bool good_snapshot = has_snapshot && check_model(c, snapshot, epoch, &found) == ROTE_OK;
  c->v->outcome->files += has_snapshot;
  if (has_snapshot && !good_snapshot && rote_file_exists(snapshot)) {
    rote_verify_find(c->v, ROTE_FINDING_DAMAGED, rote_fail_reason(ROTE_DATA),
                     "trains it again, if it is still to be evaluated");
  }
  ROTE_TRY(rote_unit_result_path(c->v->directory, c->v->study, c->variant, c->unit, epoch, path));
  c->v->outcome->files += rote_file_exists(path);
  if (rote_evaluate_result_read(path, &r) == ROTE_OK) {
    c->v->outcome->evaluations_whole++;
  } else {
    if (good_snapshot) {
      snprintf(then, sizeof then, "evaluates the snapshot again");
    } else {
      snprintf(then, sizeof then, "trains the unit again up to epoch %zu, and evaluates it", epoch);
    }
    report_result(c, path, c->v->outcome->complete || (!has_snapshot && c->checkpoint >= epoch),
                  then);
  }
done:
  return status;
}

rote_status rote_verify_units(rote_verifier *v)
{
  rote_status status = ROTE_OK;
  if (v->fingerprint[0] == '\0') {
    rote_verify_find(v, ROTE_FINDING_NOTE,
                     "without the data file only checksums of the results can be verified", "");
    v->result_damage++;
    return ROTE_OK;
  }
  for (size_t variant = 0; variant < v->study->variant_count; variant++) {
    const rote_options *o = &v->study->variant[variant].options;
    for (size_t unit = 0; unit < rote_unit_count(o); unit++) {
      unit_check c = {.v = v, .variant = variant, .unit = unit, .options = o};
      ROTE_TRY(check_checkpoints(&c));
      ROTE_TRY(check_training(&c));
      for (size_t e = 0; e < rote_evaluation_count(o); e++) {
        ROTE_TRY(check_evaluation(&c, rote_evaluation_epoch(o, e)));
      }
    }
  }
done:
  return status;
}
