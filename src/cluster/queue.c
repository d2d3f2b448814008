#include "rote/queue.h"

#include "rote/memory.h"

rote_status rote_queue_create(const rote_study *study, size_t images, size_t shard, size_t workers,
                              rote_queue **out)
{
  rote_status status = ROTE_OK;
  rote_queue *q = NULL;
  const size_t variants = study->variant_count;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *q, &q));
  q->study = study;
  q->images = images;
  q->shard = shard;
  q->snapshot_bound = 2 * workers > 4 ? 2 * workers : 4;
  ROTE_TRY(rote_alloc(variants + 1, sizeof *q->first_unit, &q->first_unit));
  for (size_t v = 0; v < variants; v++) {
    q->first_unit[v + 1] = q->first_unit[v] + rote_unit_count(&study->variant[v].options);
  }
  ROTE_TRY(rote_alloc(q->first_unit[variants], sizeof *q->unit, &q->unit));
  q->returned_room = workers; /* a worker holds one shard at a time */
  ROTE_TRY(rote_alloc(workers, sizeof *q->returned, &q->returned));
  q->stale = true;
  for (size_t v = 0; v < variants; v++) {
    const size_t epochs = rote_evaluation_count(&study->variant[v].options);
    for (size_t u = q->first_unit[v]; u < q->first_unit[v + 1]; u++) {
      q->unit[u].owner = -1;
      ROTE_TRY(rote_alloc(epochs, sizeof *q->unit[u].snapshot, &q->unit[u].snapshot));
      ROTE_TRY(rote_alloc(epochs, sizeof *q->unit[u].next_image, &q->unit[u].next_image));
      ROTE_TRY(rote_alloc(epochs, sizeof *q->unit[u].left, &q->unit[u].left));
      ROTE_TRY(rote_alloc(epochs, sizeof *q->unit[u].generation, &q->unit[u].generation));
      for (size_t e = 0; e < epochs; e++) {
        q->unit[u].left[e] = (uint32_t)images;
      }
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
  for (size_t u = 0; q->unit != NULL && u < q->first_unit[q->study->variant_count]; u++) {
    rote_free(&q->unit[u].snapshot);
    rote_free(&q->unit[u].next_image);
    rote_free(&q->unit[u].left);
    rote_free(&q->unit[u].generation);
  }
  rote_free(&q->unit);
  rote_free(&q->first_unit);
  rote_free(&q->returned);
  rote_free(queue);
}

static const rote_options *options_of(const rote_queue *q, size_t variant)
{
  return &q->study->variant[variant].options;
}

const rote_queue_unit *rote_queue_look(const rote_queue *q, size_t variant, size_t unit)
{
  return &q->unit[q->first_unit[variant] + unit];
}

rote_queue_unit *rote_queue_unit_at(rote_queue *q, size_t variant, size_t unit)
{
  q->stale = true;
  return &q->unit[q->first_unit[variant] + unit];
}

static rote_queue_unit *unit_of(rote_queue *q, const rote_order *order)
{
  return &q->unit[q->first_unit[order->variant] + order->unit];
}

static void add_if(size_t *count, bool condition, size_t step)
{
  *count += condition ? step : 0;
}

/* Put a unit into the counts with step 1, take it out with -1 before it changes. */
static void account(rote_queue *q, size_t variant, const rote_queue_unit *unit, int sign)
{
  const size_t epochs = rote_evaluation_count(options_of(q, variant)), step = (size_t)sign;
  rote_queue_counts *c = &q->counts;
  c->trainings += step;
  add_if(&c->trainings_done, unit->trained && !unit->failed, step);
  add_if(&c->failed, unit->failed, step);
  c->evaluations += epochs * step;
  for (size_t v = 0; v < epochs; v++) {
    add_if(&c->evaluations_done, unit->snapshot[v] == ROTE_SNAPSHOT_DONE, step);
    add_if(&c->snapshots_waiting, unit->snapshot[v] == ROTE_SNAPSHOT_READY, step);
  }
}

rote_queue_counts rote_queue_count(rote_queue *q)
{
  if (q->stale) {
    q->stale = false;
    q->first_open = 0;
    q->counts = (rote_queue_counts){0};
    for (size_t variant = 0; variant < q->study->variant_count; variant++) {
      for (size_t u = q->first_unit[variant]; u < q->first_unit[variant + 1]; u++) {
        account(q, variant, &q->unit[u], 1);
      }
    }
  }
  return q->counts;
}

/* The unit of an order, to be changed: taken out of the counts until put_back(). */
static rote_queue_unit *take_out(rote_queue *q, const rote_order *order)
{
  rote_queue_count(q);
  account(q, order->variant, unit_of(q, order), -1);
  return unit_of(q, order);
}

static void put_back(rote_queue *q, const rote_order *order)
{
  const size_t place = q->first_unit[order->variant] + order->unit;
  account(q, order->variant, &q->unit[place], 1);
  q->first_open = place < q->first_open ? place : q->first_open;
}

/* The epoch to train the unit to next; 0 if there is none. */
static size_t training_target(const rote_queue *q, size_t variant, const rote_queue_unit *u,
                              size_t *v)
{
  const rote_options *o = options_of(q, variant);
  const size_t epochs = rote_evaluation_count(o);
  if (u->running || u->failed) {
    return 0;
  }
  for (*v = 0; *v < epochs; (*v)++) {
    if (u->snapshot[*v] == ROTE_SNAPSHOT_MISSING) {
      return rote_evaluation_epoch(o, *v);
    }
  }
  *v = epochs > 0 ? epochs - 1 : 0;
  return u->trained ? 0 : o->training.epochs;
}

/* Nothing of this unit is to be handed out, now or after what is under way. */
static bool is_closed(const rote_queue *q, size_t variant, const rote_queue_unit *u)
{
  bool closed = u->failed || (u->trained && !u->running);
  for (size_t v = 0; closed && !u->failed && v < rote_evaluation_count(options_of(q, variant));
       v++) {
    closed = u->snapshot[v] == ROTE_SNAPSHOT_DONE ||
             (u->snapshot[v] == ROTE_SNAPSHOT_READY && u->next_image[v] == q->images);
  }
  return closed;
}

/* Where looking for work begins in a variant: finished units gather at the front. */
static size_t first_in(const rote_queue *q, size_t variant)
{
  return q->first_open > q->first_unit[variant] ? q->first_open : q->first_unit[variant];
}

static void pass_closed(rote_queue *q)
{
  rote_queue_count(q);
  for (size_t variant = 0; variant < q->study->variant_count; variant++) {
    for (size_t u = first_in(q, variant); u < q->first_unit[variant + 1]; u++) {
      if (!is_closed(q, variant, &q->unit[u])) {
        return;
      }
      q->first_open = u + 1;
    }
  }
}

typedef enum { OWN, UNOWNED, ANY } choice;

static bool take_training(rote_queue *q, int worker, choice whose, rote_order *order)
{
  for (size_t variant = 0; variant < q->study->variant_count; variant++) {
    for (size_t u = first_in(q, variant); u < q->first_unit[variant + 1]; u++) {
      rote_queue_unit *unit = &q->unit[u];
      size_t v = 0;
      if ((whose == OWN && unit->owner != worker) || (whose == UNOWNED && unit->owner >= 0)) {
        continue;
      }
      const size_t epoch = training_target(q, variant, unit, &v);
      if (epoch == 0) {
        continue;
      }
      for (size_t i = 0; i < q->first_unit[q->study->variant_count]; i++) {
        if (q->unit[i].owner == worker) {
          q->unit[i].owner = -1; /* a worker has room for one training */
        }
      }
      unit->owner = worker;
      unit->running = true;
      *order = (rote_order){.kind = ROTE_ORDER_TRAIN,
                            .variant = (uint32_t)variant,
                            .unit = (uint32_t)(u - q->first_unit[variant]),
                            .epoch = (uint32_t)epoch,
                            .v = (uint32_t)v};
      return true;
    }
  }
  return false;
}

static bool take_shard(rote_queue *q, rote_order *order)
{
  if (q->returned_count > 0) {
    *order = q->returned[--q->returned_count];
    return true;
  }
  for (size_t variant = 0; variant < q->study->variant_count; variant++) {
    const size_t epochs = rote_evaluation_count(options_of(q, variant));
    for (size_t u = first_in(q, variant); u < q->first_unit[variant + 1]; u++) {
      rote_queue_unit *unit = &q->unit[u];
      for (size_t v = 0; v < epochs && !unit->failed; v++) {
        if (unit->snapshot[v] != ROTE_SNAPSHOT_READY || unit->next_image[v] == q->images) {
          continue;
        }
        const size_t left = q->images - unit->next_image[v];
        const size_t n = left < q->shard ? left : q->shard;
        *order = (rote_order){.kind = ROTE_ORDER_EVALUATE,
                              .variant = (uint32_t)variant,
                              .unit = (uint32_t)(u - q->first_unit[variant]),
                              .epoch = (uint32_t)rote_evaluation_epoch(options_of(q, variant), v),
                              .v = (uint32_t)v,
                              .first = unit->next_image[v],
                              .count = (uint32_t)n,
                              .generation = unit->generation[v]};
        unit->next_image[v] += (uint32_t)n;
        return true;
      }
    }
  }
  return false;
}

rote_order rote_queue_next(rote_queue *q, int worker)
{
  rote_order order = {.kind = ROTE_ORDER_NONE};
  pass_closed(q);
  const bool room = rote_queue_count(q).snapshots_waiting < q->snapshot_bound;
  if (room &&
      (take_training(q, worker, OWN, &order) || take_training(q, worker, UNOWNED, &order))) {
    return order;
  }
  if (take_shard(q, &order) || take_training(q, worker, OWN, &order) ||
      take_training(q, worker, UNOWNED, &order) || take_training(q, worker, ANY, &order)) {
    return order;
  }
  return order;
}

rote_order rote_queue_next_shard(rote_queue *q)
{
  rote_order order = {.kind = ROTE_ORDER_NONE};
  pass_closed(q);
  take_shard(q, &order);
  return order;
}

void rote_queue_trained(rote_queue *q, const rote_order *order, bool ended, size_t done)
{
  rote_queue_unit *u = take_out(q, order);
  const rote_options *o = options_of(q, order->variant);
  u->running = false;
  u->losses = 0;
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    const size_t epoch = rote_evaluation_epoch(o, v);
    if (ended && epoch > done) {
      u->snapshot[v] = ROTE_SNAPSHOT_DONE;
    } else if (epoch == order->epoch && u->snapshot[v] == ROTE_SNAPSHOT_MISSING) {
      u->snapshot[v] = ROTE_SNAPSHOT_READY;
    }
  }
  if (ended || order->epoch == o->training.epochs) {
    u->trained = true;
    u->owner = -1;
  }
  put_back(q, order);
}

bool rote_queue_wants(rote_queue *q, const rote_order *order)
{
  const rote_queue_unit *u = unit_of(q, order);
  return !u->failed &&
         (order->kind != ROTE_ORDER_EVALUATE || (u->snapshot[order->v] == ROTE_SNAPSHOT_READY &&
                                                 u->generation[order->v] == order->generation));
}

bool rote_queue_evaluated(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = unit_of(q, order);
  u->left[order->v] -= order->count;
  if (u->left[order->v] > 0) {
    return false;
  }
  take_out(q, order);
  u->snapshot[order->v] = ROTE_SNAPSHOT_DONE;
  u->losses = 0;
  put_back(q, order);
  return true;
}

/* Forget shards of this snapshot that wait to be handed out again. */
static void drop_returned(rote_queue *q, const rote_order *order)
{
  size_t kept = 0;
  for (size_t i = 0; i < q->returned_count; i++) {
    const rote_order *r = &q->returned[i];
    if (r->variant != order->variant || r->unit != order->unit || r->v != order->v) {
      q->returned[kept++] = *r;
    }
  }
  q->returned_count = kept;
}

void rote_queue_snapshot_lost(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = take_out(q, order);
  drop_returned(q, order);
  u->snapshot[order->v] = ROTE_SNAPSHOT_MISSING;
  u->generation[order->v]++;
  u->next_image[order->v] = 0;
  u->left[order->v] = (uint32_t)q->images;
  put_back(q, order);
}

void rote_queue_return(rote_queue *q, const rote_order *order)
{
  if (order->kind == ROTE_ORDER_TRAIN) {
    unit_of(q, order)->running = false;
  } else if (order->kind == ROTE_ORDER_EVALUATE && rote_queue_wants(q, order) &&
             q->returned_count < q->returned_room) {
    q->returned[q->returned_count++] = *order;
  }
}

static void give_up(rote_queue *q, const rote_order *order)
{
  rote_queue_unit *u = take_out(q, order);
  u->failed = true;
  u->owner = -1;
  for (size_t v = 0; v < rote_evaluation_count(options_of(q, order->variant)); v++) {
    rote_order any = *order;
    any.v = (uint32_t)v;
    drop_returned(q, &any);
    u->snapshot[v] = ROTE_SNAPSHOT_DONE;
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

bool rote_queue_finished(rote_queue *q)
{
  const rote_queue_counts c = rote_queue_count(q);
  return c.trainings_done + c.failed >= c.trainings && c.evaluations_done == c.evaluations;
}
