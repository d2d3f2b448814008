#include "coordinator.h"

#include "merge_pieces.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "stock.h"
#include "training.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A task whose rows are coming in by messages. */
typedef struct {
  rote_rows *rows; /* all of them; NULL until the first piece */
  double seconds;
} pending;

struct rote_coordinator {
  rote_queue *queue;
  const rote_unit_setting *setting;
  size_t *first; /* [groups + 1] where a group's tasks begin in `pending` */
  pending *pending;
};

void rote_order_key(const rote_plan *plan, const rote_order *order, char *key)
{
  if (order->kind == ROTE_ORDER_TRAIN) {
    rote_plan_unit_key(plan, order->home, order->unit, key);
  } else {
    rote_plan_task_key(plan, order->group, order->unit, order->task, key);
  }
}

rote_status rote_coordinator_create(rote_queue *queue, const rote_unit_setting *setting,
                                    rote_coordinator **out)
{
  rote_status status = ROTE_OK;
  rote_coordinator *c = NULL;
  const rote_plan *plan = setting->plan;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  c->queue = queue;
  c->setting = setting;
  ROTE_TRY(rote_alloc(plan->group_count + 1, sizeof *c->first, &c->first));
  for (size_t g = 0; g < plan->group_count; g++) {
    c->first[g + 1] = c->first[g] + plan->group[g].units * plan->group[g].tasks;
  }
  ROTE_TRY(rote_alloc(c->first[plan->group_count], sizeof *c->pending, &c->pending));
  *out = c;
  c = NULL;
done:
  rote_coordinator_destroy(&c);
  return status;
}

static void drop(pending *p)
{
  rote_rows_destroy(&p->rows);
  p->seconds = 0;
}

void rote_coordinator_destroy(rote_coordinator **coordinator)
{
  rote_coordinator *c = *coordinator;
  if (c != NULL) {
    for (size_t i = 0; c->pending != NULL && i < c->first[c->setting->plan->group_count]; i++) {
      drop(&c->pending[i]);
    }
    rote_free(&c->pending);
    rote_free(&c->first);
    rote_free(coordinator);
  }
}

static pending *pending_of(rote_coordinator *c, const rote_order *order, size_t task)
{
  return &c->pending[c->first[order->group] +
                     order->unit * c->setting->plan->group[order->group].tasks + task];
}

static rote_execution execution_of(rote_coordinator *c, int rank, const rote_report *report)
{
  rote_execution e = {
      .rank = rank,
      .attempts = rote_queue_look(c->queue, report->order.group, report->order.unit)->attempts + 1,
      .resumes = report->resumes,
      .seconds = report->seconds,
  };
  memcpy(e.host, report->host, sizeof e.host);
  memcpy(e.arithmetic, report->arithmetic, sizeof e.arithmetic);
  return e;
}

static rote_status write_training(rote_coordinator *c, int rank, const rote_report *report,
                                  const void *losses)
{
  rote_status status = ROTE_OK;
  const rote_order *order = &report->order;
  const rote_plan *plan = c->setting->plan;
  const rote_execution execution = execution_of(c, rank, report);
  const rote_sizes sizes = {{0}};
  rote_label label = {
      .kind = ROTE_KIND_TRAINING, .count = report->epoch, .end = (uint8_t)report->end};
  rote_rows *rows = NULL;
  char path[ROTE_PATH_MAX];
  rote_plan_unit_key(plan, order->home, order->unit, label.key);
  ROTE_TRY(rote_plan_unit_identity(plan, order->group, order->unit, label.identity));
  ROTE_TRY(rote_rows_create(rote_training_arrays, &sizes, report->epoch, &rows));
  rows->count = report->epoch;
  rote_rows_unpack(losses, 0, report->epoch, rows);
  ROTE_TRY(rote_plan_training_path(plan, c->setting->directory, order->home, order->unit, path));
  ROTE_TRY(rote_piece_file_write(path, &label, rows, &execution));
  if (report->end == ROTE_END_DIVERGED) {
    rote_log(ROTE_LOG_WARN, "diverged", "unit = %s, the loss was not finite in epoch %u", label.key,
             report->epoch + 1);
  }
done:
  rote_rows_destroy(&rows);
  return status;
}

static rote_status take_training(rote_coordinator *c, int rank, const rote_report *report,
                                 const void *losses)
{
  rote_status status = ROTE_OK;
  const rote_order *order = &report->order;
  if (report->ended && !rote_queue_look(c->queue, order->group, order->unit)->trained) {
    ROTE_TRY(write_training(c, rank, report, losses));
  }
  rote_queue_trained(c->queue, order, report->ended != 0, report->end == ROTE_END_DIVERGED,
                     report->epoch);
  rote_stock_tidy(c->setting, c->queue, order->group, order->unit);
done:
  return status;
}

static rote_status write_task(rote_coordinator *c, int rank, const rote_report *report,
                              const pending *p)
{
  rote_status status = ROTE_OK;
  const rote_order *order = &report->order;
  const rote_plan *plan = c->setting->plan;
  rote_execution execution = execution_of(c, rank, report);
  rote_label label = {.count = p->rows->count};
  char path[ROTE_PATH_MAX];
  execution.seconds = p->seconds;
  snprintf(label.kind, sizeof label.kind, "%s",
           plan->group[order->group].task[order->task].measure->name);
  rote_plan_task_key(plan, order->group, order->unit, order->task, label.key);
  ROTE_TRY(rote_plan_task_identity(plan, order->group, order->unit, order->task, label.identity));
  ROTE_TRY(rote_plan_piece_path(plan, c->setting->directory, order->group, order->unit, order->task,
                                0, path));
  ROTE_TRY(rote_piece_file_write(path, &label, p->rows, &execution));
done:
  return status;
}

/* Room for all rows of a task. */
static rote_status take_room(rote_coordinator *c, const rote_order *order, pending *p)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = c->setting->plan;
  const rote_task *task = &plan->group[order->group].task[order->task];
  const bool full = rote_plan_unit(plan, order->group, order->unit).full;
  const rote_array *table = rote_measure_arrays(task->measure, full);
  const rote_sizes sizes = rote_measure_sizes(task->measure, rote_plan_options(plan, task->variant),
                                              plan->info, plan->images);
  const size_t rows = rote_plan_rows(plan, order->group, order->unit, order->task);
  if (p->rows == NULL) {
    ROTE_TRY(rote_rows_create(table, &sizes, rows, &p->rows));
    p->rows->count = rows;
    if (task->measure->choose != NULL) {
      rote_rows_miss(p->rows); /* not all will come */
    }
  }
done:
  return status;
}

static rote_status take_piece(rote_coordinator *c, int rank, const rote_report *report,
                              const void *bytes)
{
  rote_status status = ROTE_OK;
  const rote_order *order = &report->order;
  pending *p = pending_of(c, order, order->task);
  const bool large = c->setting->plan->group[order->group].task[order->task].measure->large;
  if (!large) {
    ROTE_TRY(take_room(c, order, p));
    rote_rows_unpack(bytes, order->first, order->count, p->rows);
    p->seconds += report->seconds;
  }
  if (!rote_queue_done(c->queue, order)) {
    return ROTE_OK;
  }
  if (!large) {
    ROTE_TRY(write_task(c, rank, report, p));
    drop(p);
  }
  rote_stock_tidy(c->setting, c->queue, order->group, order->unit);
done:
  return status;
}

rote_status rote_coordinator_lost(rote_coordinator *c, int rank, const rote_order *order)
{
  char key[ROTE_KEY_MAX];
  rote_order_key(c->setting->plan, order, key);
  rote_log(ROTE_LOG_WARN, "unit-lost", "unit = %s, rank = %d: it is given to another", key, rank);
  if (rote_queue_lost(c->queue, order)) {
    rote_log(ROTE_LOG_ERROR, "unit-given-up", "unit = %s lost %d workers without any progress", key,
             ROTE_UNIT_ATTEMPTS);
  }
  return rote_coordinator_choose(c);
}

static void take_lost_stage(rote_coordinator *c, const rote_order *order)
{
  const rote_group *g = &c->setting->plan->group[order->group];
  for (size_t t = 0; t < g->tasks; t++) {
    if (g->task[t].stage == order->stage) {
      drop(pending_of(c, order, t));
    }
  }
  rote_queue_stage_lost(c->queue, order);
}

static rote_status take_report(rote_coordinator *c, int rank, const rote_report *report,
                               const void *rows)
{
  const rote_order *order = &report->order;
  char key[ROTE_KEY_MAX];
  rote_order_key(c->setting->plan, order, key);
  if (!rote_queue_wants(c->queue, order)) {
    return ROTE_OK;
  }
  switch ((rote_report_kind)report->kind) {
  case ROTE_REPORT_DONE:
    rote_log(ROTE_LOG_DEBUG, order->kind == ROTE_ORDER_TRAIN ? "segment-end" : "shard-end",
             "unit = %s, epoch = %u, rank = %d", key, order->epoch, rank);
    return order->kind == ROTE_ORDER_TRAIN ? take_training(c, rank, report, rows)
                                           : take_piece(c, rank, report, rows);
  case ROTE_REPORT_STOPPED:
    rote_queue_return(c->queue, order);
    break;
  case ROTE_REPORT_LOST:
    take_lost_stage(c, order);
    break;
  case ROTE_REPORT_FAILED:
    if (report->status == ROTE_IO && report->unread == 0) {
      return rote_fail(ROTE_IO, "unit %s on %s: %s", key, report->host, report->reason);
    }
    rote_log(ROTE_LOG_WARN, "unit-failed", "unit = %s, host = %s, rank = %d: %s", key, report->host,
             rank, report->reason);
    if (rote_queue_failed(c->queue, order)) {
      rote_log(ROTE_LOG_ERROR, "unit-given-up", "unit = %s failed %d times", key,
               ROTE_UNIT_ATTEMPTS);
      if (report->unread != 0) { /* the run ends rather than to compute anew what is there */
        return rote_fail(ROTE_IO, "unit %s on %s, %d times: %s", key, report->host,
                         ROTE_UNIT_ATTEMPTS, report->reason);
      }
    }
    break;
  }
  return ROTE_OK;
}

rote_status rote_coordinator_take(rote_coordinator *c, int rank, const rote_report *report,
                                  const void *rows)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(take_report(c, rank, report, rows));
  ROTE_TRY(rote_coordinator_choose(c));
done:
  return status;
}

/* Of a model from which nothing is to be computed, a result says so. */
static rote_status write_nothing(rote_coordinator *c, size_t group, size_t unit, size_t task)
{
  rote_status status = ROTE_OK;
  rote_report report = {
      .order = {.group = (uint32_t)group, .unit = (uint32_t)unit, .task = (uint32_t)task}};
  pending *p = pending_of(c, &report.order, task);
  gethostname(report.host, sizeof report.host - 1);
  snprintf(report.arithmetic, sizeof report.arithmetic, "%s", rote_own_arithmetic());
  ROTE_TRY(take_room(c, &report.order, p));
  ROTE_TRY(write_task(c, 0, &report, p));
  drop(p);
done:
  return status;
}

static rote_status open_task(rote_coordinator *c, size_t group, size_t task, const uint32_t *item)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &c->setting->plan->group[group];
  bool *due = NULL; /* [units] something was to be computed from this model */
  ROTE_TRY(rote_alloc(g->units, sizeof *due, &due));
  for (size_t u = 0; u < g->units; u++) {
    const rote_queue_unit *unit = rote_queue_look(c->queue, group, u);
    due[u] = unit->task[task].left > 0 && unit->stage[g->task[task].stage] != ROTE_STAGE_DONE;
  }
  ROTE_TRY(rote_queue_choose(c->queue, group, task, item));
  for (size_t u = 0; u < g->units; u++) {
    if (due[u] && rote_queue_look(c->queue, group, u)->task[task].asked == 0) {
      ROTE_TRY(write_nothing(c, group, u, task));
      rote_stock_tidy(c->setting, c->queue, group, u);
    }
  }
done:
  rote_free(&due);
  return status;
}

static rote_status choose(rote_coordinator *c, size_t group, size_t task)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = c->setting->plan;
  const rote_task *t = &plan->group[group].task[task];
  rote_merge_pieces p = {.setting = c->setting};
  uint32_t *item = NULL;
  size_t rows = 0;
  if (t->measure->choose == NULL) {
    return rote_queue_choose(c->queue, group, task, NULL);
  }
  for (size_t u = 0; u < plan->group[group].units; u++) {
    rows += rote_plan_rows(plan, group, u, task);
  }
  ROTE_TRY(rote_alloc(rows, sizeof *item, &item));
  ROTE_TRY(rote_merge_pieces_begin(c->setting, c->queue, group, t->variant, t->measure->after, &p));
  const rote_pieces pieces = rote_merge_pieces_as_seen(&p);
  ROTE_TRY(t->measure->choose(&pieces, item));
  ROTE_TRY(open_task(c, group, task, item));
  rote_log(ROTE_LOG_DEBUG, "rows-chosen", "variant = %s, measure = %s", pieces.name,
           t->measure->name);
done:
  rote_merge_pieces_free(&p);
  rote_free(&item);
  return status;
}

rote_status rote_coordinator_choose(rote_coordinator *c)
{
  rote_status status = ROTE_OK;
  size_t group = 0, task = 0;
  while (rote_queue_choice_due(c->queue, &group, &task)) {
    ROTE_TRY(choose(c, group, task));
  }
done:
  return status;
}
