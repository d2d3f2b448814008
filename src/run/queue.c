#include "rote/queue.h"

#include "queue_next.h"
#include "rote/memory.h"

#include <string.h>

size_t rote_queue_step(const rote_measure *m, size_t shard, size_t rows)
{
  const size_t wanted = m->piece_rows > 0 ? m->piece_rows : shard;
  const size_t step = wanted < rows ? wanted : rows > 0 ? rows : 1;
  const size_t batch = m->batch_rows > 0 ? m->batch_rows : 1;
  return (step + batch - 1) / batch * batch;
}

static size_t place_of(const rote_queue *q, size_t group, size_t unit)
{
  return q->plan->group[group].first_unit + unit;
}

static rote_queue_unit *unit_of(rote_queue *q, const rote_order *order)
{
  return &q->unit[place_of(q, order->group, order->unit)];
}

static rote_status create_unit(rote_queue *q, size_t group, size_t unit)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &q->plan->group[group];
  rote_queue_unit *u = &q->unit[place_of(q, group, unit)];
  u->owner = -1;
  u->home = (uint32_t)(g->of_data ? 0 : g->variant);
  u->trained = g->of_data;
  ROTE_TRY(rote_alloc(g->stages, sizeof *u->stage, &u->stage));
  ROTE_TRY(rote_alloc(g->stages, sizeof *u->generation, &u->generation));
  ROTE_TRY(rote_alloc(g->tasks, sizeof *u->task, &u->task));
  for (size_t t = 0; t < g->tasks; t++) {
    const rote_measure *m = g->task[t].measure;
    rote_queue_task *task = &u->task[t];
    task->rows = task->left = task->asked = (uint32_t)rote_plan_rows(q->plan, group, unit, t);
    task->step = (uint32_t)rote_queue_step(m, q->shard, task->rows);
    if (m->large) {
      ROTE_TRY(rote_alloc(task->rows / task->step + 1, sizeof *task->have, &task->have));
    }
  }
  for (size_t s = 0; s < g->stages && g->of_data; s++) {
    u->stage[s] = ROTE_STAGE_READY;
  }
done:
  return status;
}

/* What is known of the tasks of all units together. */
static rote_status create_tasks(rote_queue *q)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = q->plan;
  ROTE_TRY(rote_alloc(plan->group_count + 1, sizeof *q->first_task, &q->first_task));
  for (size_t g = 0; g < plan->group_count; g++) {
    q->first_task[g + 1] = q->first_task[g] + plan->group[g].tasks;
  }
  ROTE_TRY(rote_alloc(q->first_task[plan->group_count], sizeof *q->waiting, &q->waiting));
  ROTE_TRY(rote_alloc(q->first_task[plan->group_count], sizeof *q->open, &q->open));
  ROTE_TRY(rote_alloc(q->first_task[plan->group_count], sizeof *q->together, &q->together));
  for (size_t g = 0; g < plan->group_count; g++) {
    for (size_t t = 0; t < plan->group[g].tasks; t++) {
      const rote_task *task = &plan->group[g].task[t];
      const size_t at = q->first_task[g] + t;
      q->together[at] = rote_measure_is_collective(
          task->measure, rote_plan_options(plan, task->variant), plan->info);
      q->open[at] = task->measure->after == NULL && !q->together[at];
    }
  }
done:
  return status;
}

rote_status rote_queue_create(const rote_plan *plan, size_t shard, size_t workers, rote_queue **out)
{
  rote_status status = ROTE_OK;
  rote_queue *q = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *q, &q));
  q->plan = plan;
  q->shard = shard;
  q->snapshot_bound = 2 * workers > 4 ? 2 * workers : 4;
  ROTE_TRY(rote_alloc(plan->unit_count, sizeof *q->unit, &q->unit));
  q->returned_room = workers; /* a worker holds one piece at a time */
  ROTE_TRY(rote_alloc(workers, sizeof *q->returned, &q->returned));
  q->stale = true;
  ROTE_TRY(create_tasks(q));
  for (size_t g = 0; g < plan->group_count; g++) {
    for (size_t u = 0; u < plan->group[g].units; u++) {
      ROTE_TRY(create_unit(q, g, u));
      rote_queue_settle(q, g, u); /* tasks without rows */
    }
  }
  *out = q;
  q = NULL;
done:
  rote_queue_destroy(&q);
  return status;
}

void rote_queue_destroy(rote_queue **queue)
{
  rote_queue *q = *queue;
  if (q == NULL) {
    return;
  }
  for (size_t g = 0; q->unit != NULL && g < q->plan->group_count; g++) {
    const rote_group *group = &q->plan->group[g];
    for (size_t u = group->first_unit; u < group->first_unit + group->units; u++) {
      for (size_t t = 0; q->unit[u].task != NULL && t < group->tasks; t++) {
        rote_free(&q->unit[u].task[t].have);
        rote_free(&q->unit[u].task[t].item);
      }
      rote_free(&q->unit[u].stage);
      rote_free(&q->unit[u].generation);
      rote_free(&q->unit[u].task);
    }
  }
  rote_free(&q->unit);
  rote_free(&q->first_task);
  rote_free(&q->waiting);
  rote_free(&q->open);
  rote_free(&q->together);
  rote_free(&q->returned);
  rote_free(queue);
}

const rote_queue_unit *rote_queue_look(const rote_queue *q, size_t group, size_t unit)
{
  return &q->unit[place_of(q, group, unit)];
}

rote_queue_unit *rote_queue_unit_at(rote_queue *q, size_t group, size_t unit)
{
  q->stale = true;
  return &q->unit[place_of(q, group, unit)];
}

static void add_if(size_t *count, bool condition, size_t step)
{
  *count += condition ? step : 0;
}

/* Do rows wait that can be computed from the weights of this stage now? */
static bool has_open_work(const rote_queue *q, size_t group, const rote_queue_unit *unit,
                          size_t stage)
{
  const rote_group *g = &q->plan->group[group];
  for (size_t t = 0; t < g->tasks && unit->stage[stage] == ROTE_STAGE_READY; t++) {
    if (g->task[t].stage == stage && unit->task[t].left > 0 && q->open[q->first_task[group] + t]) {
      return true;
    }
  }
  return false;
}

/* Put a unit into the counts with step 1, take it out with -1 before it changes. */
static void account(rote_queue *q, size_t group, const rote_queue_unit *unit, int sign)
{
  const rote_group *g = &q->plan->group[group];
  const size_t step = (size_t)sign;
  rote_queue_counts *c = &q->counts;
  add_if(&c->trainings, !g->of_data, step);
  add_if(&c->trainings_done, !g->of_data && unit->trained && !unit->failed, step);
  add_if(&c->trainings_begun, !g->of_data && !unit->trained && !unit->failed && unit->epochs > 0,
         step);
  add_if(&c->failed, unit->failed, step);
  add_if(&c->trainings_failed, !g->of_data && unit->failed, step);
  for (size_t t = 0; t < g->tasks; t++) {
    const bool done = unit->task[t].left == 0 || unit->stage[g->task[t].stage] == ROTE_STAGE_DONE;
    if (unit->task[t].rows == 0) {
      continue; /* of other models only */
    }
    c->tasks += step;
    add_if(&c->tasks_done, done, step);
    add_if(&q->waiting[q->first_task[group] + t], !done, step);
  }
  for (size_t s = 0; s < g->stages; s++) {
    add_if(&c->stages_waiting, !g->of_data && has_open_work(q, group, unit, s), step);
  }
}

rote_queue_counts rote_queue_count(rote_queue *q)
{
  if (q->stale) {
    q->stale = false;
    q->first_open = 0;
    q->counts = (rote_queue_counts){0};
    memset(q->waiting, 0, q->first_task[q->plan->group_count] * sizeof *q->waiting);
    for (size_t g = 0; g < q->plan->group_count; g++) {
      for (size_t u = 0; u < q->plan->group[g].units; u++) {
        account(q, g, &q->unit[place_of(q, g, u)], 1);
      }
    }
  }
  return q->counts;
}

/* The unit of an order, to be changed: taken out of the counts until put_back(). */
static rote_queue_unit *take_out(rote_queue *q, const rote_order *order)
{
  rote_queue_count(q);
  account(q, order->group, unit_of(q, order), -1);
  return unit_of(q, order);
}

static void put_back(rote_queue *q, const rote_order *order)
{
  const size_t place = place_of(q, order->group, order->unit);
  account(q, order->group, &q->unit[place], 1);
  q->first_open = place < q->first_open ? place : q->first_open;
}

/* Rows that are on disk are not handed out, nor those that are not asked for. */
void rote_queue_pass_had(rote_queue_task *t)
{
  while (t->have != NULL && t->next < t->rows && t->next % t->step < t->have[t->next / t->step]) {
    t->next += t->have[t->next / t->step] - t->next % t->step;
  }
  while (t->item != NULL && t->next < t->rows && t->item[t->next] == ROTE_NO_ITEM) {
    t->next++;
  }
}

/* A stage that waits is done when all its tasks are. */
static void settle_stage(const rote_group *g, rote_queue_unit *u, size_t stage)
{
  bool done = true;
  for (size_t t = 0; t < g->tasks; t++) {
    done = done && (g->task[t].stage != stage || u->task[t].left == 0);
  }
  if (done) {
    u->stage[stage] = ROTE_STAGE_DONE;
  }
}

void rote_queue_settle(rote_queue *q, size_t group, size_t unit)
{
  rote_queue_unit *u = rote_queue_unit_at(q, group, unit);
  for (size_t s = 0; s < q->plan->group[group].stages; s++) {
    settle_stage(&q->plan->group[group], u, s);
  }
}

void rote_queue_trained(rote_queue *q, const rote_order *order, bool ended, bool diverged,
                        size_t done)
{
  rote_queue_unit *u = take_out(q, order);
  const rote_group *g = &q->plan->group[order->group];
  u->running = false;
  u->losses = 0;
  u->epochs = (uint32_t)done;
  for (size_t s = 0; s < g->stages; s++) {
    const rote_stage stage = g->stage[s];
    const bool stands =
        stage.end ? ended && !diverged : stage.epoch == order->epoch && stage.epoch <= done;
    const bool never = ended && (stage.end ? diverged : stage.epoch > done);
    if (never || (stands && u->stage[s] == ROTE_STAGE_MISSING)) {
      u->stage[s] = never ? ROTE_STAGE_DONE : ROTE_STAGE_READY;
    }
  }
  if (ended || order->epoch == rote_plan_options(q->plan, g->variant)->training.epochs) {
    u->trained = true;
    u->owner = -1;
  }
  put_back(q, order);
}

bool rote_queue_wants(rote_queue *q, const rote_order *order)
{
  const rote_queue_unit *u = unit_of(q, order);
  return !u->failed &&
         (order->kind == ROTE_ORDER_TRAIN || (u->stage[order->stage] == ROTE_STAGE_READY &&
                                              u->generation[order->stage] == order->generation));
}

void rote_queue_have(rote_queue *q, size_t group, size_t unit, size_t task, size_t first,
                     size_t count)
{
  rote_queue_task *t = &rote_queue_unit_at(q, group, unit)->task[task];
  t->have[first / t->step] = (uint32_t)(first % t->step + count);
  t->left -= (uint32_t)count;
  rote_queue_pass_had(t);
}

void rote_queue_have_all(rote_queue *q, size_t group, size_t unit, size_t task)
{
  rote_queue_task *t = &rote_queue_unit_at(q, group, unit)->task[task];
  t->next = t->rows;
  t->left = 0;
}

bool rote_queue_done(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = unit_of(q, order);
  rote_queue_task *t = &u->task[order->task];
  const bool last = t->left == order->count;
  if (last) { /* only then do counts change */
    take_out(q, order);
  }
  t->left -= order->count;
  if (t->have != NULL) {
    t->have[order->first / t->step] = order->first % t->step + order->count;
  }
  if (last) {
    settle_stage(&q->plan->group[order->group], u, order->stage);
    u->losses = 0;
    put_back(q, order);
  }
  return last;
}

/* Forget pieces of this stage that wait to be handed out again. */
static void drop_returned(rote_queue *q, const rote_order *order, size_t stage)
{
  size_t kept = 0;
  for (size_t i = 0; i < q->returned_count; i++) {
    const rote_order *r = &q->returned[i];
    if (r->group != order->group || r->unit != order->unit || r->stage != stage) {
      q->returned[kept++] = *r;
    }
  }
  q->returned_count = kept;
}

/* All rows are to be computed, but those on disk: they are right whoever trains the model. */
static void restart(rote_queue_task *t)
{
  t->next = 0;
  t->left = t->asked;
  for (uint32_t cell = 0; t->have != NULL && cell * t->step < t->rows; cell++) {
    t->left -= t->have[cell];
  }
  rote_queue_pass_had(t);
}

void rote_queue_stage_lost(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = take_out(q, order);
  const rote_group *g = &q->plan->group[order->group];
  drop_returned(q, order, order->stage);
  u->stage[order->stage] = ROTE_STAGE_MISSING;
  u->generation[order->stage]++;
  for (size_t t = 0; t < g->tasks; t++) {
    if (g->task[t].stage == order->stage && u->task[t].left > 0) {
      restart(&u->task[t]);
    }
  }
  put_back(q, order);
}

void rote_queue_return(rote_queue *q, const rote_order *order)
{
  if (order->kind == ROTE_ORDER_TRAIN) {
    unit_of(q, order)->running = false;
  } else if (rote_queue_wants(q, order) && q->returned_count < q->returned_room) {
    q->returned[q->returned_count++] = *order;
  }
}

static void give_up(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = take_out(q, order);
  u->failed = true;
  u->owner = -1;
  for (size_t s = 0; s < q->plan->group[order->group].stages; s++) {
    drop_returned(q, order, s);
    u->stage[s] = ROTE_STAGE_DONE;
  }
  put_back(q, order);
}

bool rote_queue_failed(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = unit_of(q, order);
  rote_queue_return(q, order);
  if (++u->attempts < ROTE_UNIT_ATTEMPTS || u->failed) {
    return false;
  }
  give_up(q, order);
  return true;
}

bool rote_queue_lost(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = unit_of(q, order);
  rote_queue_return(q, order);
  if (order->kind == ROTE_ORDER_TRAIN) {
    u->owner = -1; /* what was in the worker's memory is gone */
  }
  if (++u->losses < ROTE_UNIT_ATTEMPTS || u->failed) {
    return false;
  }
  give_up(q, order);
  return true;
}

static bool is_finished(rote_queue *q, size_t tasks_apart)
{
  const rote_queue_counts c = rote_queue_count(q);
  return c.trainings_done + c.trainings_failed >= c.trainings &&
         c.tasks_done + tasks_apart == c.tasks;
}

bool rote_queue_finished(rote_queue *q)
{
  return is_finished(q, 0);
}

bool rote_queue_farmed(rote_queue *q)
{
  size_t apart = 0;
  rote_queue_count(q);
  for (size_t at = 0; at < q->first_task[q->plan->group_count]; at++) {
    apart += q->together[at] ? q->waiting[at] : 0;
  }
  return is_finished(q, apart);
}
