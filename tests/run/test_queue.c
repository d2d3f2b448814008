#include "check.h"

#include "rote/memory.h"
#include "rote/queue.h"

#include <string.h>

/* A simulation of W workers that end their orders in a random order, against a plain record of what
 * was trained and evaluated. N images, V evaluated epochs at most, U units of a variant. */
enum { N = 237, SHARD = 64, VARIANTS = 3, UNITS = 7, V = 3, WORKERS_MAX = 50, NOBODY = -1 };

static const rote_data_info info = {
    .name = "made up", .channels = 1, .height = 8, .width = 8, .train_count = N};

static const char study_text[] =
    "name: queue\nfolds: { count: 3, repeats: 2, full: 1 }\nmeasures: [score]\n"
    "variants:\n"
    "  - { name: a, set: [\"training.epochs=7\", \"evaluation.every=3\"] }\n"  /* 3, 6, 7 */
    "  - { name: b, set: [\"training.epochs=4\", \"evaluation.every=2\"] }\n"  /* 2, 4 */
    "  - { name: c, set: [\"training.epochs=2\", \"evaluation.every=2\"] }\n"; /* 2 */

typedef struct {
  int trainer;            /* worker that trains it, or NOBODY */
  bool made[V];           /* the snapshot is there, or was and is evaluated */
  uint32_t generation[V]; /* times it was lost */
  uint8_t handed[V][N], evaluated[V][N];
  bool trained, given_up, diverged;
  unsigned failures;
} unit_record;

typedef struct {
  rote_study *study;
  rote_plan *plan;
  rote_queue *queue;
  size_t workers;
  uint64_t random;
  rote_order held[WORKERS_MAX]; /* kind NONE: idle */
  unit_record unit[VARIANTS][UNITS];
  size_t peak_waiting, peak_evaluations; /* snapshots that wait; shards under way at once */
  /* what goes wrong */
  unsigned lose_percent, return_percent; /* of the reports; a snapshot is lost once at most */
  int doomed;                            /* unit that fails always, of variant 0; NOBODY */
  int diverging;                         /* unit of variant 0 that diverges in epoch 5; NOBODY */
} simulation;

static uint32_t draw(simulation *s, uint32_t below)
{
  s->random = s->random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(s->random >> 33) % below;
}

static void begin(simulation *s, size_t workers, uint64_t seed)
{
  memset(s, 0, sizeof *s);
  s->workers = workers;
  s->random = seed;
  s->doomed = s->diverging = NOBODY;
  for (size_t i = 0; i < VARIANTS * UNITS; i++) {
    s->unit[i / UNITS][i % UNITS].trainer = NOBODY;
  }
  CHECK_OK(rote_study_parse("queue.yaml", study_text, 0, NULL, &s->study));
  CHECK_OK(rote_plan_create(s->study, &info, N, &s->plan));
  assert_int_equal(s->plan->group_count, VARIANTS); /* their trainings are not equally long */
  CHECK_OK(rote_queue_create(s->plan, SHARD, workers, &s->queue));
  assert_int_equal(rote_unit_count(&s->study->variant[0].options), UNITS);
}

static void end(simulation *s)
{
  rote_queue_destroy(&s->queue);
  rote_plan_destroy(&s->plan);
  rote_study_destroy(&s->study);
  assert_null(s->queue);
}

static const rote_options *options_of(const simulation *s, uint32_t variant)
{
  return &s->study->variant[variant].options;
}

static unit_record *record_of(simulation *s, const rote_order *order)
{
  return &s->unit[order->group][order->unit];
}

/* The epoch the unit must be trained to next: the first without a snapshot. */
static void check_training_order(simulation *s, int worker, const rote_order *o)
{
  unit_record *u = record_of(s, o);
  size_t v = 0;
  assert_int_equal(u->trainer, NOBODY);
  assert_false(u->diverged);
  while (v < rote_evaluation_count(options_of(s, o->group)) && u->made[v]) {
    v++;
  }
  assert_true(v < rote_evaluation_count(options_of(s, o->group)));
  assert_int_equal(o->stage, v);
  assert_int_equal(o->epoch, rote_evaluation_epoch(options_of(s, o->group), v));
  u->trainer = worker;
}

static void check_shard_order(simulation *s, const rote_order *o)
{
  unit_record *u = record_of(s, o);
  assert_true(u->made[o->stage]);
  assert_int_equal(o->epoch, rote_evaluation_epoch(options_of(s, o->group), o->stage));
  assert_int_equal(o->generation, u->generation[o->stage]);
  assert_in_range(o->count, 1, SHARD);
  assert_true(o->first + o->count <= N);
  for (uint32_t i = o->first; i < o->first + o->count; i++) {
    assert_false(u->handed[o->stage][i]);
    u->handed[o->stage][i] = 1;
  }
}

static void hand_out(simulation *s, int worker)
{
  const rote_order o = rote_queue_next(s->queue, worker);
  if (o.kind != ROTE_ORDER_NONE) {
    assert_in_range(o.group, 0, VARIANTS - 1);
    assert_in_range(o.unit, 0, UNITS - 1);
    assert_false(record_of(s, &o)->given_up);
    assert_true(rote_queue_wants(s->queue, &o));
  }
  if (o.kind == ROTE_ORDER_TRAIN) {
    check_training_order(s, worker, &o);
  } else if (o.kind == ROTE_ORDER_PIECE) {
    check_shard_order(s, &o);
  } else {
    assert_int_equal(o.kind, ROTE_ORDER_NONE);
  }
  s->held[worker] = o;
}

static void unhand(unit_record *u, const rote_order *o)
{
  if (o->kind == ROTE_ORDER_TRAIN) {
    u->trainer = NOBODY;
  } else {
    memset(&u->handed[o->stage][o->first], 0, o->count);
  }
}

static void end_training(simulation *s, const rote_order *o)
{
  unit_record *u = record_of(s, o);
  const rote_options *options = options_of(s, o->group);
  u->trainer = NOBODY;
  if (o->group == 0 && (int)o->unit == s->diverging && o->epoch >= 5) {
    u->diverged = u->trained = true;
    rote_queue_trained(s->queue, o, true, true, 4);
    return;
  }
  u->made[o->stage] = true;
  u->trained = u->trained || o->epoch == options->training.epochs;
  rote_queue_trained(s->queue, o, false, false, o->epoch);
}

static void end_shard(simulation *s, const rote_order *o)
{
  unit_record *u = record_of(s, o);
  size_t left = 0;
  if (u->generation[o->stage] == 0 && draw(s, 100) < s->lose_percent) {
    u->made[o->stage] = false;
    u->generation[o->stage]++;
    memset(u->handed[o->stage], 0, N);
    memset(u->evaluated[o->stage], 0, N);
    rote_queue_stage_lost(s->queue, o);
    assert_false(rote_queue_wants(s->queue, o));
    return;
  }
  for (uint32_t i = o->first; i < o->first + o->count; i++) {
    u->evaluated[o->stage][i]++;
  }
  for (size_t i = 0; i < N; i++) {
    left += u->evaluated[o->stage][i] == 0;
  }
  assert_int_equal(rote_queue_done(s->queue, o), left == 0);
}

static void finish_order(simulation *s, int worker)
{
  const rote_order o = s->held[worker];
  unit_record *u = record_of(s, &o);
  const bool stale = o.kind == ROTE_ORDER_PIECE && u->generation[o.stage] != o.generation;
  s->held[worker].kind = ROTE_ORDER_NONE;
  assert_int_equal(rote_queue_wants(s->queue, &o), !stale && !u->given_up);
  if (stale || u->given_up) {
    return;
  }
  if (o.group == 0 && (int)o.unit == s->doomed) {
    unhand(u, &o);
    u->given_up = ++u->failures == ROTE_UNIT_ATTEMPTS;
    assert_int_equal(rote_queue_failed(s->queue, &o), u->given_up);
  } else if (draw(s, 100) < s->return_percent) {
    unhand(u, &o);
    rote_queue_return(s->queue, &o);
  } else if (o.kind == ROTE_ORDER_TRAIN) {
    end_training(s, &o);
  } else {
    end_shard(s, &o);
  }
}

static size_t busy_workers(const simulation *s)
{
  size_t busy = 0;
  for (size_t w = 0; w < s->workers; w++) {
    busy += s->held[w].kind != ROTE_ORDER_NONE;
  }
  return busy;
}

static void note_peaks(simulation *s)
{
  size_t evaluations = 0;
  const size_t waiting = rote_queue_count(s->queue).stages_waiting;
  s->peak_waiting = waiting > s->peak_waiting ? waiting : s->peak_waiting;
  for (size_t w = 0; w < s->workers; w++) {
    evaluations += s->held[w].kind == ROTE_ORDER_PIECE;
  }
  s->peak_evaluations = evaluations > s->peak_evaluations ? evaluations : s->peak_evaluations;
}

static void work(simulation *s)
{
  for (long step = 0; !rote_queue_finished(s->queue) || busy_workers(s) > 0; step++) {
    const int worker = (int)draw(s, (uint32_t)s->workers);
    if (step == 1000000) {
      fail_msg("the study does not come to its end");
    }
    if (s->held[worker].kind == ROTE_ORDER_NONE) {
      hand_out(s, worker);
    } else if (draw(s, 3) == 0) {
      finish_order(s, worker);
    }
    if (busy_workers(s) == 0 && !rote_queue_finished(s->queue)) {
      hand_out(s, worker);
      assert_int_not_equal(s->held[worker].kind, ROTE_ORDER_NONE); /* no deadlock */
    }
    note_peaks(s);
  }
  for (size_t w = 0; w < s->workers; w++) {
    assert_int_equal(rote_queue_next(s->queue, (int)w).kind, ROTE_ORDER_NONE);
  }
}

/* Every image of every evaluation exactly once, but for epochs that a unit never reached. */
static void check_complete(simulation *s)
{
  for (uint32_t variant = 0; variant < VARIANTS; variant++) {
    for (size_t unit = 0; unit < UNITS; unit++) {
      const unit_record *u = &s->unit[variant][unit];
      if (u->given_up) {
        continue;
      }
      assert_true(u->trained);
      assert_int_equal(u->trainer, NOBODY);
      for (size_t v = 0; v < rote_evaluation_count(options_of(s, variant)); v++) {
        const bool never = u->diverged && rote_evaluation_epoch(options_of(s, variant), v) > 4;
        for (size_t i = 0; i < N; i++) {
          assert_int_equal(u->evaluated[v][i], never ? 0 : 1);
        }
      }
    }
  }
}

/* A training is handed out only while fewer than `snapshot_bound` snapshots wait, or when every
 * waiting image is with another worker (then fewer than W wait). The last to be handed out may see
 * bound - 1 snapshots wait and W - 1 other trainings under way: at most bound - 1 + W wait ever. */
static void check_bound(const simulation *s, size_t at_start)
{
  const size_t bound = s->queue->snapshot_bound - 1 + s->workers;
  assert_int_equal(s->queue->snapshot_bound, s->workers <= 2 ? 4 : 2 * s->workers);
  assert_true(s->peak_waiting <= (bound > at_start ? bound : at_start));
}

static const size_t worker_counts[] = {1, 2, 5, WORKERS_MAX};
enum { COUNTS = sizeof worker_counts / sizeof *worker_counts, SEEDS = 25 };

static void everything_is_done_once_and_in_order(void **state)
{
  (void)state;
  simulation s;
  for (size_t i = 0; i < COUNTS * SEEDS; i++) {
    begin(&s, worker_counts[i / SEEDS], i);
    work(&s);
    check_complete(&s);
    check_bound(&s, 0);
    const rote_queue_counts c = rote_queue_count(s.queue);
    assert_int_equal(c.trainings, VARIANTS * UNITS);
    assert_int_equal(c.trainings_done, VARIANTS * UNITS);
    assert_int_equal(c.tasks, UNITS * (3 + 2 + 1));
    assert_int_equal(c.tasks_done, c.tasks);
    assert_int_equal(c.failed, 0);
    assert_int_equal(c.stages_waiting, 0);
    end(&s);
  }
}

static void more_workers_than_models_share_evaluations(void **state)
{
  (void)state;
  simulation s;
  begin(&s, WORKERS_MAX, 1);
  work(&s);
  assert_true(s.peak_evaluations > UNITS * VARIANTS);
  end(&s);
}

static void lost_snapshots_are_trained_and_evaluated_again(void **state)
{
  (void)state;
  simulation s;
  size_t lost = 0;
  for (size_t i = 0; i < COUNTS * SEEDS; i++) {
    begin(&s, worker_counts[i / SEEDS], 1000 + i);
    s.lose_percent = 20;
    work(&s);
    check_complete(&s);
    check_bound(&s, 0);
    for (size_t k = 0; k < VARIANTS * UNITS * V; k++) {
      lost += s.unit[k / (UNITS * V)][k / V % UNITS].generation[k % V];
    }
    end(&s);
  }
  assert_true(lost > COUNTS * SEEDS);
}

static void returned_orders_come_back(void **state)
{
  (void)state;
  simulation s;
  for (size_t i = 0; i < COUNTS * SEEDS; i++) {
    begin(&s, worker_counts[i / SEEDS], 2000 + i);
    s.return_percent = 30;
    s.lose_percent = 5;
    work(&s);
    check_complete(&s);
    check_bound(&s, 0);
    end(&s);
  }
}

static void a_unit_that_fails_always_is_given_up_and_the_others_go_on(void **state)
{
  (void)state;
  simulation s;
  for (size_t i = 0; i < COUNTS * SEEDS; i++) {
    begin(&s, worker_counts[i / SEEDS], 3000 + i);
    s.doomed = (int)(i % UNITS);
    s.return_percent = 10;
    work(&s);
    check_complete(&s);
    assert_true(s.unit[0][s.doomed].given_up);
    assert_int_equal(rote_queue_count(s.queue).failed, 1);
    assert_int_equal(rote_queue_count(s.queue).trainings_done, VARIANTS * UNITS - 1);
    end(&s);
  }
}

/* Shards of a unit that is given up while others of it are under way. */
static void a_unit_given_up_in_its_evaluation_takes_its_shards_along(void **state)
{
  (void)state;
  simulation s;
  begin(&s, WORKERS_MAX, 1);
  rote_order shard[4];
  rote_order train = rote_queue_next(s.queue, 0);
  rote_queue_trained(s.queue, &train, false, false, train.epoch);
  for (size_t v = 1; v < VARIANTS * UNITS + 4; v++) { /* until only shards are left */
    const rote_order o = rote_queue_next(s.queue, (int)v);
    if (o.kind == ROTE_ORDER_PIECE) {
      shard[o.first / SHARD] = o;
    }
  }
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(shard[i].first, i * SHARD);
    assert_int_equal(shard[i].count, i < 3 ? SHARD : N - 3 * SHARD);
  }
  assert_false(rote_queue_failed(s.queue, &shard[0]));
  assert_false(rote_queue_failed(s.queue, &shard[1]));
  assert_true(rote_queue_failed(s.queue, &shard[2]));
  assert_false(rote_queue_wants(s.queue, &shard[3]));
  assert_false(rote_queue_failed(s.queue, &shard[3])); /* it is given up once */
  rote_order more;
  while ((more = rote_queue_next(s.queue, 40)).kind != ROTE_ORDER_NONE) {
    assert_false(more.group == shard[0].group && more.unit == shard[0].unit);
    assert_int_equal(more.kind, ROTE_ORDER_TRAIN);
  }
  end(&s);
}

static void what_diverged_is_evaluated_as_far_as_it_came(void **state)
{
  (void)state;
  simulation s;
  for (size_t i = 0; i < COUNTS * SEEDS; i++) {
    begin(&s, worker_counts[i / SEEDS], 4000 + i);
    s.diverging = (int)(i % UNITS);
    work(&s);
    check_complete(&s);
    assert_true(s.unit[0][s.diverging].diverged);
    assert_int_equal(rote_queue_count(s.queue).failed, 0);
    assert_int_equal(rote_queue_count(s.queue).tasks_done, UNITS * (3 + 2 + 1));
    end(&s);
  }
}

/* What an earlier run left: evaluations done, snapshots that wait, trainings with their result. */
static size_t resume(simulation *s)
{
  size_t ready = 0;
  for (uint32_t variant = 0; variant < VARIANTS; variant++) {
    const size_t epochs = rote_evaluation_count(options_of(s, variant));
    for (size_t unit = 0; unit < UNITS; unit++) {
      unit_record *u = &s->unit[variant][unit];
      rote_queue_unit *q = rote_queue_unit_at(s->queue, variant, unit);
      for (size_t v = 0; v < epochs; v++) {
        const uint32_t what = draw(s, 3);
        u->made[v] = what != ROTE_STAGE_MISSING;
        q->stage[v] = (uint8_t)what;
        ready += what == ROTE_STAGE_READY;
        memset(u->evaluated[v], what == ROTE_STAGE_DONE, N);
        memset(u->handed[v], what == ROTE_STAGE_DONE, N);
      }
      q->trained = u->trained = u->made[epochs - 1];
    }
  }
  return ready;
}

static void a_resumed_queue_does_only_what_is_missing(void **state)
{
  (void)state;
  simulation s;
  for (size_t i = 0; i < COUNTS * SEEDS; i++) {
    begin(&s, worker_counts[i / SEEDS], 5000 + i);
    const size_t ready = resume(&s);
    s.lose_percent = i % 2 == 0 ? 0 : 20;
    work(&s);
    check_complete(&s);
    check_bound(&s, ready);
    end(&s);
  }
}

/* All snapshots evaluated, but the result of the training is not there. */
static void a_training_without_its_result_is_trained_again(void **state)
{
  (void)state;
  simulation s;
  begin(&s, 2, 1);
  for (size_t i = 0; i < VARIANTS * UNITS; i++) {
    rote_queue_unit *q = rote_queue_unit_at(s.queue, i / UNITS, i % UNITS);
    memset(q->stage, ROTE_STAGE_DONE, rote_evaluation_count(options_of(&s, (uint32_t)(i / UNITS))));
    q->trained = i != 2;
  }
  assert_false(rote_queue_finished(s.queue));
  const rote_order o = rote_queue_next(s.queue, 1);
  assert_int_equal(o.kind, ROTE_ORDER_TRAIN);
  assert_int_equal(o.unit, 2);
  assert_int_equal(o.epoch, 7);
  assert_int_equal(rote_queue_next(s.queue, 0).kind, ROTE_ORDER_NONE);
  rote_queue_trained(s.queue, &o, false, false, 7);
  assert_true(rote_queue_finished(s.queue));
  end(&s);
}

static void a_worker_keeps_the_training_it_has(void **state)
{
  (void)state;
  simulation s;
  rote_order first[2];
  begin(&s, 2, 1);
  for (int w = 0; w < 2; w++) {
    first[w] = rote_queue_next(s.queue, w);
    assert_int_equal(first[w].kind, ROTE_ORDER_TRAIN);
  }
  for (int w = 0; w < 2; w++) {
    rote_queue_trained(s.queue, &first[w], false, false, first[w].epoch);
  }
  for (int w = 1; w >= 0; w--) {
    const rote_order o = rote_queue_next(s.queue, w);
    assert_int_equal(o.kind, ROTE_ORDER_TRAIN);
    assert_int_equal(o.unit, first[w].unit);
    assert_int_equal(o.epoch, 6);
  }
  end(&s);
}

/* An autoencoder has no evaluated epochs: one order trains it to the end, or to an early one. */
static void a_training_without_evaluations_is_one_order(void **state)
{
  (void)state;
  static const char text[] = "data: { transform: scale }\nmodel: { kind: fc_ae }\n"
                             "training: { epochs: 9, stop_loss: 1 }\nmeasures: []\n"
                             "folds: { count: 2, repeats: 1, full: 1 }\n";
  rote_study *study = NULL;
  rote_plan *plan = NULL;
  rote_queue *queue = NULL;
  CHECK_OK(rote_study_parse("queue.yaml", text, 0, NULL, &study));
  CHECK_OK(rote_plan_create(study, &info, N, &plan));
  CHECK_OK(rote_queue_create(plan, SHARD, 2, &queue));
  rote_order order[3];
  for (int w = 0; w < 2; w++) {
    order[w] = rote_queue_next(queue, w);
    assert_int_equal(order[w].kind, ROTE_ORDER_TRAIN);
    assert_int_equal(order[w].epoch, 9);
  }
  assert_true(rote_queue_wants(queue, &order[0]));
  rote_queue_trained(queue, &order[0], true, false, 4); /* its loss was low enough */
  rote_queue_return(queue, &order[1]);                  /* told to stop */
  assert_false(rote_queue_finished(queue));
  order[2] = rote_queue_next(queue, 0);
  order[1] = rote_queue_next(queue, 1);
  assert_int_equal(order[1].unit + order[2].unit, 1 + 2);
  assert_int_equal(rote_queue_next(queue, 0).kind, ROTE_ORDER_NONE);
  rote_queue_trained(queue, &order[1], true, false, 9);
  assert_false(rote_queue_failed(queue, &order[2]));
  order[2] = rote_queue_next(queue, 1);
  rote_queue_trained(queue, &order[2], true, false, 9);
  assert_true(rote_queue_finished(queue));
  const rote_queue_counts c = rote_queue_count(queue);
  assert_int_equal(c.trainings_done, 3);
  assert_int_equal(c.tasks + c.failed + c.stages_waiting, 0);
  rote_queue_destroy(&queue);
  rote_plan_destroy(&plan);
  rote_study_destroy(&study);
}

static void fails_cleanly_without_memory(void **state)
{
  (void)state;
  rote_status status = ROTE_NOMEM;
  rote_study *study = NULL;
  rote_plan *plan = NULL;
  long n = 0;
  CHECK_OK(rote_study_parse("queue.yaml", study_text, 0, NULL, &study));
  CHECK_OK(rote_plan_create(study, &info, N, &plan));
  const long blocks = rote_memory_live_blocks();
  for (; status != ROTE_OK; n++) {
    rote_queue *queue = (rote_queue *)1;
    rote_memory_fail_at(n);
    status = rote_queue_create(plan, SHARD, 3, &queue);
    assert_true(status == ROTE_OK || (status == ROTE_NOMEM && queue == NULL));
    rote_queue_destroy(&queue);
    assert_int_equal(rote_memory_live_blocks(), blocks);
  }
  rote_memory_fail_at(-1);
  assert_true(n > 3 * VARIANTS * UNITS);
  rote_plan_destroy(&plan);
  rote_study_destroy(&study);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_is_done_once_and_in_order),
      cmocka_unit_test(more_workers_than_models_share_evaluations),
      cmocka_unit_test(lost_snapshots_are_trained_and_evaluated_again),
      cmocka_unit_test(returned_orders_come_back),
      cmocka_unit_test(a_unit_that_fails_always_is_given_up_and_the_others_go_on),
      cmocka_unit_test(a_unit_given_up_in_its_evaluation_takes_its_shards_along),
      cmocka_unit_test(what_diverged_is_evaluated_as_far_as_it_came),
      cmocka_unit_test(a_resumed_queue_does_only_what_is_missing),
      cmocka_unit_test(a_training_without_its_result_is_trained_again),
      cmocka_unit_test(a_worker_keeps_the_training_it_has),
      cmocka_unit_test(a_training_without_evaluations_is_one_order),
      cmocka_unit_test(fails_cleanly_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
