/* Which order comes next. */
#include "queue_next.h"

/* The epoch to train the unit to next; 0 if there is none. */
static size_t training_target(const rote_queue *q, size_t group, const rote_queue_unit *u,
                              size_t *stage)
{
  const rote_group *g = &q->plan->group[group];
  if (g->of_data || u->running || u->failed) {
    return 0;
  }
  for (*stage = 0; *stage < g->stages; (*stage)++) {
    if (u->stage[*stage] == ROTE_STAGE_MISSING) {
      return g->stage[*stage].epoch;
    }
  }
  *stage = g->stages > 0 ? g->stages - 1 : 0;
  return u->trained ? 0 : rote_plan_options(q->plan, g->variant)->training.epochs;
}

/* Nothing of this unit is to be handed out, now or after what is under way. */
static bool is_closed(const rote_queue *q, size_t group, const rote_queue_unit *u)
{
  const rote_group *g = &q->plan->group[group];
  bool closed = u->failed || (u->trained && !u->running);
  for (size_t t = 0; closed && !u->failed && t < g->tasks; t++) {
    const uint8_t state = u->stage[g->task[t].stage];
    closed = state == ROTE_STAGE_DONE ||
             (state == ROTE_STAGE_READY &&
              (u->task[t].next == u->task[t].rows || !q->open[q->first_task[group] + t]));
  }
  return closed;
}

/* Where looking for work begins in a group: finished units gather at the front. */
static size_t first_in(const rote_queue *q, size_t group)
{
  const size_t first = q->plan->group[group].first_unit;
  return q->first_open > first ? q->first_open : first;
}

static size_t end_of(const rote_queue *q, size_t group)
{
  return q->plan->group[group].first_unit + q->plan->group[group].units;
}

static void pass_closed(rote_queue *q)
{
  rote_queue_count(q);
  for (size_t g = 0; g < q->plan->group_count; g++) {
    for (size_t u = first_in(q, g); u < end_of(q, g); u++) {
      if (!is_closed(q, g, &q->unit[u])) {
        return;
      }
      q->first_open = u + 1;
    }
  }
}

static rote_order order_of(const rote_queue *q, rote_order_kind kind, size_t group, size_t place,
                           size_t stage, size_t epoch)
{
  return (rote_order){.kind = kind,
                      .group = (uint32_t)group,
                      .unit = (uint32_t)(place - q->plan->group[group].first_unit),
                      .home = q->unit[place].home,
                      .stage = (uint32_t)stage,
                      .epoch = (uint32_t)epoch};
}

typedef enum { OWN, UNOWNED, ANY } choice;

static bool take_training(rote_queue *q, int worker, choice whose, rote_order *order)
{
  for (size_t g = 0; g < q->plan->group_count; g++) {
    for (size_t u = first_in(q, g); u < end_of(q, g); u++) {
      rote_queue_unit *unit = &q->unit[u];
      size_t stage = 0;
      if ((whose == OWN && unit->owner != worker) || (whose == UNOWNED && unit->owner >= 0)) {
        continue;
      }
      const size_t epoch = training_target(q, g, unit, &stage);
      if (epoch == 0) {
        continue;
      }
      for (size_t i = 0; i < q->plan->unit_count; i++) {
        if (q->unit[i].owner == worker) {
          q->unit[i].owner = -1; /* a worker has room for one training */
        }
      }
      unit->owner = worker;
      unit->running = true;
      *order = order_of(q, ROTE_ORDER_TRAIN, g, u, stage, epoch);
      return true;
    }
  }
  return false;
}

/* The next piece of a task: up to the end of its cell, or one row that was chosen. */
static void take_rows(rote_queue_task *t, rote_order *order)
{
  const uint32_t cell_end = (t->next / t->step + 1) * t->step;
  const uint32_t rows_end = cell_end < t->rows ? cell_end : t->rows;
  const uint32_t end = t->item != NULL ? t->next + 1 : rows_end;
  order->item = t->item != NULL ? t->item[t->next] : ROTE_NO_ITEM;
  order->first = t->next;
  order->count = end - t->next;
  t->next = end;
  rote_queue_pass_had(t);
}

static bool take_piece(rote_queue *q, rote_order *order)
{
  if (q->returned_count > 0) {
    *order = q->returned[--q->returned_count];
    return true;
  }
  for (size_t g = 0; g < q->plan->group_count; g++) {
    const rote_group *group = &q->plan->group[g];
    for (size_t u = first_in(q, g); u < end_of(q, g); u++) {
      rote_queue_unit *unit = &q->unit[u];
      for (size_t t = 0; t < group->tasks && !unit->failed; t++) {
        const size_t stage = group->task[t].stage;
        if (q->open[q->first_task[g] + t] && unit->stage[stage] == ROTE_STAGE_READY &&
            unit->task[t].next < unit->task[t].rows) {
          *order = order_of(q, ROTE_ORDER_PIECE, g, u, stage, group->stage[stage].epoch);
          order->task = (uint32_t)t;
          order->generation = unit->generation[stage];
          take_rows(&unit->task[t], order);
          return true;
        }
      }
    }
  }
  return false;
}

rote_order rote_queue_next(rote_queue *q, int worker)
{
  rote_order order = {.kind = ROTE_ORDER_NONE};
  pass_closed(q);
  const bool room = rote_queue_count(q).stages_waiting < q->snapshot_bound;
  if (room &&
      (take_training(q, worker, OWN, &order) || take_training(q, worker, UNOWNED, &order))) {
    return order;
  }
  if (take_piece(q, &order) || take_training(q, worker, OWN, &order) ||
      take_training(q, worker, UNOWNED, &order) || take_training(q, worker, ANY, &order)) {
    return order;
  }
  return order;
}

rote_order rote_queue_next_piece(rote_queue *q)
{
  rote_order order = {.kind = ROTE_ORDER_NONE};
  pass_closed(q);
  take_piece(q, &order);
  return order;
}
