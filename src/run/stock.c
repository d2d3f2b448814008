#include "stock.h"

#include "rote/file.h"
#include "rote/log.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a start looks for in the results, and what it found. */
typedef struct {
  const rote_unit_setting *setting;
  const rote_plan *plan;
  const char *arithmetic;
  rote_queue *queue;
  size_t others;                   /* results of another arithmetic */
  char other[ROTE_ARITHMETIC_MAX]; /* that of the last one */
} stock;

static int remove_temporary(const char *path, const struct stat *info, int kind, struct FTW *where)
{
  const size_t n = strlen(path), m = strlen(".tmp-rote");
  (void)info, (void)where;
  if (kind == FTW_F && n > m && strcmp(path + n - m, ".tmp-rote") == 0) {
    unlink(path);
  }
  return 0;
}

/* Is the file whole, and what the plan expects? What cannot be read now is no answer to that.
 * @return ROTE_OK; ROTE_IO; ROTE_NOMEM */
static rote_status judge(stock *s, const char *path, const char *kind, const char *key,
                         const char *identity, rote_label *label, bool *good)
{
  *good = false;
  if (!rote_file_exists(path)) {
    return ROTE_OK;
  }
  rote_status status = rote_label_read(path, label);
  if (status == ROTE_OK) {
    status = rote_label_expect(path, label, kind, key, identity);
  }
  if (status == ROTE_DATA) {
    rote_log(ROTE_LOG_WARN, "result-unusable", "%s; it is computed again",
             rote_fail_reason(status));
    return ROTE_OK;
  }
  if (status != ROTE_OK) {
    return status;
  }
  if (s->arithmetic != NULL && strcmp(label->arithmetic, s->arithmetic) != 0) {
    s->others++;
    memcpy(s->other, label->arithmetic, sizeof s->other);
  }
  *good = true;
  return ROTE_OK;
}

static rote_status look_for_training(stock *s, size_t group, size_t unit, rote_label *label)
{
  rote_status status = ROTE_OK;
  rote_queue_unit *u = rote_queue_unit_at(s->queue, group, unit);
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT];
  bool good = false;
  u->home = (uint32_t)rote_plan_home(s->plan, s->setting->directory, group, unit);
  rote_plan_unit_key(s->plan, u->home, unit, key);
  ROTE_TRY(rote_plan_unit_identity(s->plan, group, unit, identity));
  ROTE_TRY(rote_plan_training_path(s->plan, s->setting->directory, u->home, unit, path));
  ROTE_TRY(judge(s, path, ROTE_KIND_TRAINING, key, identity, label, &good));
  if (good) {
    u->epochs = (uint32_t)label->count;
    u->trained =
        label->end != ROTE_END_NOT ||
        label->count >= rote_plan_options(s->plan, s->plan->group[group].variant)->training.epochs;
  }
done:
  return status;
}

static rote_status look_for_piece(stock *s, size_t group, size_t unit, size_t task, size_t first,
                                  rote_label *label, bool *good)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT];
  *good = false;
  rote_plan_task_key(s->plan, group, unit, task, key);
  ROTE_TRY(rote_plan_piece_path(s->plan, s->setting->directory, group, unit, task, first, path));
  if (rote_file_exists(path)) {
    ROTE_TRY(rote_plan_task_identity(s->plan, group, unit, task, identity));
    ROTE_TRY(
        judge(s, path, s->plan->group[group].task[task].measure->name, key, identity, label, good));
  }
done:
  return status;
}

/* Files of a large task lie between multiples of its step; a study that has grown has two there. */
static rote_status look_for_pieces(stock *s, size_t group, size_t unit, size_t task)
{
  rote_status status = ROTE_OK;
  const rote_queue_task *t = &rote_queue_look(s->queue, group, unit)->task[task];
  rote_label label = {.count = 0};
  for (uint32_t cell = 0; cell < t->rows; cell += t->step) {
    const uint32_t end = cell + t->step < t->rows ? cell + t->step : t->rows;
    bool good = true;
    for (uint32_t row = cell; row < end && good; row += (uint32_t)label.count) {
      ROTE_TRY(look_for_piece(s, group, unit, task, row, &label, &good));
      good = good && label.first == row && label.count > 0 && label.count <= end - row;
      if (good) {
        rote_queue_have(s->queue, group, unit, task, row, label.count);
      }
    }
  }
done:
  return status;
}

static rote_status look_for_task(stock *s, size_t group, size_t unit, size_t task)
{
  rote_status status = ROTE_OK;
  rote_label label;
  bool good = false;
  const rote_queue_task *t = &rote_queue_look(s->queue, group, unit)->task[task];
  if (t->have != NULL) {
    ROTE_TRY(look_for_pieces(s, group, unit, task));
  } else if (t->rows > 0) {
    ROTE_TRY(look_for_piece(s, group, unit, task, 0, &label, &good));
    if (good && label.first == 0 && label.count == t->rows) {
      rote_queue_have_all(s->queue, group, unit, task);
    }
  }
done:
  return status;
}

/* Is anything left of a stage that is computed from weights? */
static bool needs_weights(const rote_group *g, const rote_queue_unit *u, size_t stage)
{
  bool needs = false;
  for (size_t t = 0; t < g->tasks; t++) {
    needs =
        needs || (g->task[t].stage == stage && u->task[t].left > 0 && !g->task[t].measure->of_rows);
  }
  return needs;
}

/* Weights on disk, or never to come. */
static void look_for_stages(stock *s, size_t group, size_t unit, const rote_label *training)
{
  const rote_group *g = &s->plan->group[group];
  rote_queue_unit *u = rote_queue_unit_at(s->queue, group, unit);
  char path[ROTE_PATH_MAX];
  for (size_t i = 0; i < g->stages; i++) {
    const rote_stage stage = g->stage[i];
    const bool never = u->trained && (stage.end ? training->end == ROTE_END_DIVERGED
                                                : stage.epoch > training->count);
    if (never) {
      u->stage[i] = ROTE_STAGE_DONE;
    } else if ((!stage.end || u->trained) && u->stage[i] == ROTE_STAGE_MISSING &&
               ((u->trained && !needs_weights(g, u, i)) ||
                (rote_plan_model_path(s->plan, s->setting->directory, u->home, unit,
                                      stage.end ? 0 : stage.epoch, path) == ROTE_OK &&
                 rote_file_exists(path)))) {
      u->stage[i] = ROTE_STAGE_READY;
    }
  }
}

static rote_status look_at_unit(stock *s, size_t group, size_t unit)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &s->plan->group[group];
  rote_label training = {.end = ROTE_END_NOT};
  if (!g->of_data) {
    ROTE_TRY(look_for_training(s, group, unit, &training));
  }
  for (size_t t = 0; t < g->tasks; t++) {
    if (g->task[t].measure->after == NULL) {
      ROTE_TRY(look_for_task(s, group, unit, t));
    }
  }
  rote_queue_settle(s->queue, group, unit);
  if (!g->of_data) {
    look_for_stages(s, group, unit, &training);
  }
done:
  return status;
}

/* Rows that hang on others are believed only when these are all there: else they may have been
 * chosen otherwise. */
static rote_status look_for_what_hangs_on_others(stock *s, size_t group)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &s->plan->group[group];
  for (size_t t = 0; t < g->tasks; t++) {
    if (g->task[t].measure->after == NULL || !rote_queue_may_choose(s->queue, group, t)) {
      continue;
    }
    for (size_t u = 0; u < g->units; u++) {
      ROTE_TRY(look_for_task(s, group, u, t));
      rote_queue_settle(s->queue, group, u);
    }
  }
done:
  return status;
}

void rote_stock_tidy(const rote_unit_setting *setting, rote_queue *queue, size_t group, size_t unit)
{
  const rote_plan *plan = setting->plan;
  const rote_group *g = &plan->group[group];
  const rote_queue_unit *u = rote_queue_look(queue, group, unit);
  const int keep = plan->study->base.checkpoint.keep;
  char path[ROTE_PATH_MAX], previous[ROTE_PATH_MAX];
  bool all = u->trained && !g->of_data;
  for (size_t s = 0; s < g->stages && !g->of_data; s++) {
    all = all && u->stage[s] == ROTE_STAGE_DONE;
    if (u->stage[s] == ROTE_STAGE_DONE && !g->stage[s].end && keep != ROTE_KEEP_EVALUATED &&
        rote_plan_model_path(plan, setting->directory, u->home, unit, g->stage[s].epoch, path) ==
            ROTE_OK) {
      unlink(path);
    }
  }
  if (all && rote_plan_model_path(plan, setting->directory, u->home, unit, 0, path) == ROTE_OK &&
      rote_path(previous, "%s.prev", path) == ROTE_OK) {
    unlink(previous);
    if (keep == ROTE_KEEP_NONE) {
      unlink(path);
    }
  }
}

void rote_stock_clean(const rote_unit_setting *setting, rote_queue *queue)
{
  nftw(setting->directory, remove_temporary, 16, FTW_PHYS);
  for (size_t g = 0; g < setting->plan->group_count; g++) {
    for (size_t u = 0; u < setting->plan->group[g].units; u++) {
      rote_stock_tidy(setting, queue, g, u);
    }
  }
}

rote_status rote_stock_take(const rote_unit_setting *setting, const char *arithmetic,
                            rote_queue *queue)
{
  rote_status status = ROTE_OK;
  char results[ROTE_PATH_MAX];
  stock s = {.setting = setting, .plan = setting->plan, .arithmetic = arithmetic, .queue = queue};
  for (size_t g = 0; g < s.plan->group_count; g++) {
    for (size_t u = 0; u < s.plan->group[g].units; u++) {
      ROTE_TRY(look_at_unit(&s, g, u));
    }
    ROTE_TRY(look_for_what_hangs_on_others(&s, g));
  }
  if (s.others > 0) { /* the frozen study did not say so: it was lost, or files were copied here */
    ROTE_TRY(rote_path(results, "%s/results: %zu of the results", setting->directory, s.others));
    ROTE_TRY(rote_refuse_arithmetic(results, s.other, arithmetic));
  }
done:
  return status;
}
