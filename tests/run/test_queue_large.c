#include "check.h"

#include "rote/memory.h"
#include "rote/queue.h"

/* Tasks whose pieces are files, after the end of a training. Two leave-out models and a full one,
 * of N images in CELLS pieces of STEP rows at most; of the full one there are rows for controls
 * too. */
enum { STEP = 64, N = 2 * STEP + 5, CONTROL = 70, CELLS = 3, UNITS = 3, FULL = 2 };

static const char text[] = "data: { transform: scale }\nmodel: { kind: fc_ae }\n"
                           "training: { epochs: 9, stop_loss: 1 }\n"
                           "recovery: { control: 70 }\nmeasures: [recovery]\n"
                           "folds: { count: 2, repeats: 1, full: 1 }\n";

static const rote_data_info info = {
    .name = "made up", .channels = 1, .height = 8, .width = 8, .train_count = N, .test_count = 100};
static rote_study *study;
static rote_plan *plan;
static rote_queue *queue;

static int setup(void **state)
{
  (void)state;
  CHECK_OK(rote_study_parse("queue.yaml", text, 0, NULL, &study));
  CHECK_OK(rote_plan_create(study, &info, N, &plan));
  CHECK_OK(rote_queue_create(plan, 7, 4, &queue));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  rote_queue_destroy(&queue);
  rote_plan_destroy(&plan);
  rote_study_destroy(&study);
  return 0;
}

static void train_all(void)
{
  for (int i = 0; i < UNITS; i++) {
    const rote_order o = rote_queue_next(queue, 0);
    assert_int_equal(o.kind, ROTE_ORDER_TRAIN);
    assert_int_equal(o.epoch, 9);
    rote_queue_trained(queue, &o, true, false, 9);
  }
}

static size_t rows_of(size_t unit)
{
  return N + (unit == FULL ? CONTROL : 0);
}

typedef struct {
  int times[UNITS][N + CONTROL]; /* that a row was computed */
} record;

static void note(record *r, const rote_order *o)
{
  for (uint32_t i = o->first; i < o->first + o->count; i++) {
    r->times[o->unit][i]++;
  }
}

/* Take orders until there are none. */
static void do_all(record *done)
{
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    assert_int_equal(o.kind, ROTE_ORDER_PIECE);
    assert_true(rote_queue_wants(queue, &o));
    assert_int_equal(o.first / STEP, (o.first + o.count - 1) / STEP);
    assert_true(o.first + o.count <= rows_of(o.unit));
    note(done, &o);
    size_t all = 0;
    for (size_t i = 0; i < rows_of(o.unit); i++) {
      all += done->times[o.unit][i] > 0;
    }
    assert_int_equal(rote_queue_done(queue, &o), all == rows_of(o.unit));
  }
}

static void check_once(const record *done, size_t unit, int times)
{
  for (size_t i = 0; i < N + CONTROL; i++) {
    assert_int_equal(done->times[unit][i], i < rows_of(unit) ? times : 0);
  }
}

static void every_row_is_handed_out_once(void **state)
{
  (void)state;
  record done = {{{0}}};
  train_all();
  assert_false(rote_queue_finished(queue));
  assert_int_equal(rote_queue_count(queue).tasks, UNITS);
  do_all(&done);
  assert_true(rote_queue_finished(queue));
  assert_int_equal(rote_queue_count(queue).tasks_done, UNITS);
  for (size_t u = 0; u < UNITS; u++) {
    check_once(&done, u, 1);
  }
}

static void several_workers_share_one_model(void **state)
{
  (void)state;
  rote_order order[CELLS];
  train_all();
  for (int w = 0; w < CELLS; w++) {
    order[w] = rote_queue_next(queue, w);
    assert_int_equal(order[w].kind, ROTE_ORDER_PIECE);
    assert_int_equal(order[w].unit, 0);
    assert_int_equal(order[w].first, w * STEP);
  }
  assert_false(rote_queue_failed(queue, &order[1])); /* handed out again, before any other */
  rote_order again = rote_queue_next(queue, 1);
  assert_int_equal(again.unit, 0);
  assert_int_equal(again.first, STEP);
  assert_false(rote_queue_done(queue, &order[2]));
  assert_false(rote_queue_done(queue, &again));
  assert_true(rote_queue_done(queue, &order[0]));
}

/* Also one of a study with fewer rows, which ends within a piece. */
static void files_of_an_earlier_run_are_believed(void **state)
{
  (void)state;
  record done = {{{0}}};
  static const struct {
    size_t unit, first, count;
  } there[] = {{0, 0, STEP}, {0, 2 * STEP, 5}, {FULL, STEP, STEP}, {FULL, 2 * STEP, 15}};
  for (size_t i = 0; i < 4; i++) {
    rote_queue_have(queue, 0, there[i].unit, 0, there[i].first, there[i].count);
    for (size_t k = 0; k < there[i].count; k++) {
      done.times[there[i].unit][there[i].first + k] = 1;
    }
  }
  for (size_t u = 0; u < UNITS; u++) {
    rote_queue_unit *unit = rote_queue_unit_at(queue, 0, u);
    unit->trained = true;
    unit->stage[0] = ROTE_STAGE_READY;
  }
  do_all(&done);
  assert_true(rote_queue_finished(queue));
  for (size_t u = 0; u < UNITS; u++) {
    check_once(&done, u, 1);
  }
}

/* The model is trained again, what was computed from it stays; reports on the lost one are late. */
static void a_lost_model_costs_no_finished_piece(void **state)
{
  (void)state;
  record done = {{{0}}};
  train_all();
  const rote_order first = rote_queue_next(queue, 0), second = rote_queue_next(queue, 1);
  rote_queue_done(queue, &first);
  note(&done, &first);
  rote_queue_stage_lost(queue, &second);
  assert_false(rote_queue_wants(queue, &second));
  const rote_order training = rote_queue_next(queue, 0);
  assert_int_equal(training.kind, ROTE_ORDER_TRAIN);
  assert_int_equal(training.unit, first.unit);
  rote_queue_trained(queue, &training, true, false, 9);
  do_all(&done);
  assert_true(rote_queue_finished(queue));
  check_once(&done, 0, 1);
}

/* A loss that is low enough ends a training early: its weights are the end all the same. */
static void an_early_end_is_an_end(void **state)
{
  (void)state;
  record done = {{{0}}};
  for (int i = 0; i < UNITS; i++) {
    const rote_order o = rote_queue_next(queue, 0);
    rote_queue_trained(queue, &o, true, false, 3);
  }
  do_all(&done);
  assert_true(rote_queue_finished(queue));
  check_once(&done, FULL, 1);
}

static void nothing_is_computed_from_what_diverged_or_was_given_up(void **state)
{
  (void)state;
  record done = {{{0}}};
  rote_order o = rote_queue_next(queue, 0);
  rote_queue_trained(queue, &o, true, true, 4); /* the weights of epoch 9 will never be */
  for (int i = 0; i < ROTE_UNIT_ATTEMPTS; i++) {
    o = rote_queue_next(queue, 0);
    assert_int_equal(o.unit, 1);
    assert_int_equal(rote_queue_failed(queue, &o), i == ROTE_UNIT_ATTEMPTS - 1);
  }
  o = rote_queue_next(queue, 0);
  rote_queue_trained(queue, &o, true, false, 9);
  do_all(&done);
  assert_true(rote_queue_finished(queue));
  assert_int_equal(rote_queue_count(queue).failed, 1);
  check_once(&done, 0, 0);
  check_once(&done, 1, 0);
}

static void fails_cleanly_without_memory(void **state)
{
  (void)state;
  rote_status status = ROTE_NOMEM;
  const long blocks = rote_memory_live_blocks();
  for (long n = 0; status != ROTE_OK; n++) {
    rote_queue *other = (rote_queue *)1;
    rote_memory_fail_at(n);
    status = rote_queue_create(plan, 7, 3, &other);
    assert_true(status == ROTE_OK || (status == ROTE_NOMEM && other == NULL));
    rote_queue_destroy(&other);
    assert_int_equal(rote_memory_live_blocks(), blocks);
  }
  rote_memory_fail_at(-1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_row_is_handed_out_once, setup, teardown),
      cmocka_unit_test_setup_teardown(several_workers_share_one_model, setup, teardown),
      cmocka_unit_test_setup_teardown(files_of_an_earlier_run_are_believed, setup, teardown),
      cmocka_unit_test_setup_teardown(a_lost_model_costs_no_finished_piece, setup, teardown),
      cmocka_unit_test_setup_teardown(an_early_end_is_an_end, setup, teardown),
      cmocka_unit_test_setup_teardown(nothing_is_computed_from_what_diverged_or_was_given_up, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(fails_cleanly_without_memory, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
