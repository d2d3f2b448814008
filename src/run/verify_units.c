/* Results, checkpoints and snapshots of every unit. */
#include "rote/checkpoint.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "verify.h"

#include <stdio.h>
#include <string.h>

/* A unit, and what its checkpoints allow. */
typedef struct {
  rote_verifier *v;
  size_t group, unit, home;
  size_t checkpoint;      /* epoch of the best checkpoint that is whole; 0: none */
  bool trained, diverged; /* the training's result is whole */
  size_t trained_epochs;  /* epochs of a training that diverged or ended early */
} unit_check;

static rote_status model_path(const unit_check *c, size_t epoch, char *path)
{
  return rote_plan_model_path(c->v->plan, c->v->directory, c->home, c->unit, epoch, path);
}

/* Checkpoint or snapshot: whole, of this training and epoch? A running job may replace or remove it
 * between two looks: what is gone is not damaged.
 * @param[out] epoch  of a whole one @return ROTE_OK; ROTE_DATA with the reason */
static rote_status check_model(const unit_check *c, const char *path, size_t expected,
                               size_t *epoch)
{
  rote_status status = ROTE_OK;
  char key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT];
  rote_plan_unit_key(c->v->plan, c->home, c->unit, key);
  ROTE_TRY(rote_plan_unit_identity(c->v->plan, c->group, c->unit, identity));
  ROTE_TRY(rote_checkpoint_check(path, key, identity, epoch));
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
    const rote_status found = check_model(c, file, 0, &epoch);
    if (found == ROTE_OK) {
      c->checkpoint = epoch > c->checkpoint ? epoch : c->checkpoint;
    } else if (found != ROTE_DATA) {
      rote_verify_find_failed(c->v, found, file, "");
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
static void report_result(unit_check *c, rote_status found, const char *path, bool needed,
                          const char *then)
{
  if (needed || rote_file_exists(path)) {
    c->v->result_damage++;
    rote_verify_find_failed(c->v, found, path, then);
  }
}

/* Whole, and what its label says? @param[in] table  of its rows; sizes without I
 * @return ROTE_OK; ROTE_DATA with the reason */
static rote_status check_piece(const char *path, const char *kind, const char *key,
                               const char *identity, const rote_array *table,
                               const rote_sizes *sizes, rote_label *label)
{
  rote_status status = ROTE_OK;
  rote_rows *rows = NULL;
  rote_execution execution;
  ROTE_TRY(rote_label_read(path, label));
  ROTE_TRY(rote_label_expect(path, label, kind, key, identity));
  ROTE_TRY(rote_rows_create(table, sizes, label->count, &rows));
  ROTE_TRY(rote_piece_file_read(path, label, rows, &execution));
done:
  rote_rows_destroy(&rows);
  return status;
}

static rote_status check_training(unit_check *c)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = c->v->plan;
  const size_t epochs = rote_plan_options(plan, plan->group[c->group].variant)->training.epochs;
  const rote_sizes sizes = {{0}};
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT], then[128];
  rote_label label;
  rote_plan_unit_key(plan, c->home, c->unit, key);
  ROTE_TRY(rote_plan_unit_identity(plan, c->group, c->unit, identity));
  ROTE_TRY(rote_plan_training_path(plan, c->v->directory, c->home, c->unit, path));
  c->v->outcome->trainings++;
  c->v->outcome->files += rote_file_exists(path);
  const rote_status found =
      check_piece(path, ROTE_KIND_TRAINING, key, identity, rote_training_arrays, &sizes, &label);
  if (found == ROTE_OK) {
    c->trained = label.end != ROTE_END_NOT || label.count >= epochs;
    c->v->outcome->trainings_whole += c->trained;
    c->diverged = label.end == ROTE_END_DIVERGED;
    c->trained_epochs = label.count;
  } else {
    if (c->checkpoint >= epochs) {
      snprintf(then, sizeof then, "writes it again from the checkpoint of the last epoch");
    } else {
      snprintf(then, sizeof then, "trains the unit again from epoch %zu", c->checkpoint);
    }
    report_result(c, found, path, c->v->outcome->complete, then);
  }
done:
  return status;
}

/* The snapshot of a stage. @return whether there is one that is good */
static bool check_snapshot(unit_check *c, size_t epoch, bool *there)
{
  char path[ROTE_PATH_MAX];
  size_t found = 0;
  *there = model_path(c, epoch, path) == ROTE_OK && rote_file_exists(path);
  const rote_status status = *there ? check_model(c, path, epoch, &found) : ROTE_DATA;
  c->v->outcome->files += *there;
  if (*there && status != ROTE_OK && rote_file_exists(path)) {
    rote_verify_find_failed(c->v, status, path, "trains it again, if it is still to be evaluated");
  }
  return status == ROTE_OK;
}

/* What the next run does about a piece that is not whole. */
static void say_what_then(const unit_check *c, const rote_group *g, const rote_stage *stage,
                          bool snapshot, char *then, size_t size)
{
  if (g->of_data || (stage->end && c->checkpoint > 0)) {
    snprintf(then, size, "computes these rows again%s",
             g->of_data ? "" : ", from the model if it is there");
  } else if (stage->end) {
    snprintf(then, size, "trains the unit again, and computes these rows");
  } else if (snapshot) {
    snprintf(then, size, "evaluates the snapshot again");
  } else {
    snprintf(then, size, "trains the unit again up to epoch %zu, and evaluates it", stage->epoch);
  }
}

static rote_status check_task(unit_check *c, size_t task)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = c->v->plan;
  const rote_group *g = &plan->group[c->group];
  const rote_measure *m = g->task[task].measure;
  const rote_stage *stage = &g->stage[g->task[task].stage];
  const rote_sizes sizes = rote_measure_sizes(m, rote_plan_options(plan, g->task[task].variant),
                                              plan->info, plan->images);
  const size_t rows = rote_plan_rows(plan, c->group, c->unit, task);
  const size_t step = m->large ? rote_queue_step(m, 1, rows) : rows;
  const rote_array *table = rote_measure_arrays(m, rote_plan_unit(plan, c->group, c->unit).full);
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT], then[128];
  rote_label label;
  bool there = false;
  if (c->trained && (stage->end ? c->diverged : stage->epoch > c->trained_epochs)) {
    return ROTE_OK; /* there is none */
  }
  rote_plan_task_key(plan, c->group, c->unit, task, key);
  ROTE_TRY(rote_plan_task_identity(plan, c->group, c->unit, task, identity));
  /* The snapshot first: it goes only when the result is there. */
  const bool snapshot = !g->of_data && !stage->end && check_snapshot(c, stage->epoch, &there);
  for (size_t row = 0; row < rows;) {
    const size_t end = (row / step + 1) * step < rows ? (row / step + 1) * step : rows;
    ROTE_TRY(rote_plan_piece_path(plan, c->v->directory, c->group, c->unit, task, row, path));
    c->v->outcome->evaluations++;
    c->v->outcome->files += rote_file_exists(path);
    const rote_status found = check_piece(path, m->name, key, identity, table, &sizes, &label);
    if (found == ROTE_OK && label.first == row && label.count > 0 && label.count <= end - row) {
      c->v->outcome->evaluations_whole++;
      row += label.count;
      continue;
    }
    say_what_then(c, g, stage, snapshot, then, sizeof then);
    report_result(c, found == ROTE_OK ? ROTE_DATA : found, path,
                  c->v->outcome->complete ||
                      (!g->of_data && !stage->end && !there && c->checkpoint >= stage->epoch),
                  then);
    row = end;
  }
done:
  return status;
}

static rote_status check_unit(rote_verifier *v, size_t group, size_t unit)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &v->plan->group[group];
  unit_check c = {.v = v, .group = group, .unit = unit};
  if (!g->of_data) {
    c.home = rote_plan_home(v->plan, v->directory, group, unit);
    ROTE_TRY(check_checkpoints(&c));
    ROTE_TRY(check_training(&c));
  }
  for (size_t t = 0; t < g->tasks; t++) {
    ROTE_TRY(check_task(&c, t));
  }
done:
  return status;
}

rote_status rote_verify_units(rote_verifier *v)
{
  rote_status status = ROTE_OK;
  if (v->plan == NULL) {
    rote_verify_find(v, ROTE_FINDING_NOTE,
                     "without the data file only checksums of the results can be verified", "");
    v->result_damage++;
    return ROTE_OK;
  }
  for (size_t g = 0; g < v->plan->group_count; g++) {
    for (size_t u = 0; u < v->plan->group[g].units; u++) {
      ROTE_TRY(check_unit(v, g, u));
    }
  }
done:
  return status;
}
