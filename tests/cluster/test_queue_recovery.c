#include "check.h"

#include "rote/memory.h"
#include "rote/queue.h"

/* Two leave-out models and a full one, of N images in SHARDS shards; controls make CONTROLS more.
 */
enum { N = 2 * ROTE_RECOVERY_SHARD + 5, SHARDS = 3, CONTROLS = 2, UNITS = 3, FULL = 2 };

static const char text[] = "data: { transform: scale }\nmodel: { kind: fc_ae }\n"
                           "training: { epochs: 9, stop_loss: 1 }\n"
                           "recovery: { control: 65 }\n"
                           "folds: { count: 2, repeats: 1, full: 1 }\n";

static rote_study *study;
static rote_queue *queue;

static int setup(void **state)
{
  (void)state;
  CHECK_OK(rote_study_parse("queue.yaml", text, 0, NULL, &study));
  CHECK_OK(rote_queue_create(study, N, 7, 4, &queue));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  rote_queue_destroy(&queue);
  rote_study_destroy(&study);
  return 0;
}

static void train_all(void)
{
  for (int i = 0; i < UNITS; i++) {
    const rote_order o = rote_queue_next(queue, 0);
    assert_int_equal(o.kind, ROTE_ORDER_TRAIN);
    assert_int_equal(o.epoch, 9);
    rote_queue_trained(queue, &o, true, 9);
  }
}

static size_t shards_of(uint32_t unit)
{
  return SHARDS + (unit == FULL ? CONTROLS : 0);
}

/* Take orders until there are none. @param[in,out] done  [UNITS][SHARDS + CONTROLS] times done */
static void recover_all(int done[UNITS][SHARDS + CONTROLS])
{
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    assert_int_equal(o.kind, ROTE_ORDER_RECOVER);
    assert_true(rote_queue_wants(queue, &o));
    assert_int_equal(o.count, 1);
    assert_true(o.first < shards_of(o.unit));
    done[o.unit][o.first]++;
    size_t all = 0;
    for (size_t s = 0; s < shards_of(o.unit); s++) {
      all += done[o.unit][s] > 0;
    }
    assert_int_equal(rote_queue_evaluated(queue, &o), all == shards_of(o.unit));
  }
}

static void every_shard_is_handed_out_once(void **state)
{
  (void)state;
  int done[UNITS][SHARDS + CONTROLS] = {{0}};
  train_all();
  assert_false(rote_queue_finished(queue));
  assert_int_equal(rote_queue_count(queue).evaluations, UNITS);
  recover_all(done);
  assert_true(rote_queue_finished(queue));
  assert_int_equal(rote_queue_count(queue).evaluations_done, UNITS);
  for (uint32_t u = 0; u < UNITS; u++) {
    for (size_t s = 0; s < SHARDS + CONTROLS; s++) {
      assert_int_equal(done[u][s], s < shards_of(u));
    }
  }
}

static void several_workers_share_one_model(void **state)
{
  (void)state;
  rote_order order[SHARDS];
  train_all();
  for (int w = 0; w < SHARDS; w++) {
    order[w] = rote_queue_next(queue, w);
    assert_int_equal(order[w].kind, ROTE_ORDER_RECOVER);
    assert_int_equal(order[w].unit, 0);
    assert_int_equal(order[w].first, w);
  }
  assert_false(rote_queue_failed(queue, &order[1])); /* handed out again, before any other */
  rote_order again = rote_queue_next(queue, 1);
  assert_int_equal(again.unit, 0);
  assert_int_equal(again.first, 1);
  assert_false(rote_queue_evaluated(queue, &order[2]));
  assert_false(rote_queue_evaluated(queue, &again));
  assert_true(rote_queue_evaluated(queue, &order[0]));
}

static void files_of_an_earlier_run_are_believed(void **state)
{
  (void)state;
  int done[UNITS][SHARDS + CONTROLS] = {{0}};
  static const size_t there[][2] = {{0, 0}, {0, 2}, {FULL, 1}, {FULL, SHARDS + CONTROLS - 1}};
  for (size_t i = 0; i < 4; i++) {
    rote_queue_recovered(queue, 0, there[i][0], there[i][1]);
    done[there[i][0]][there[i][1]] = 1;
  }
  for (size_t u = 0; u < UNITS; u++) {
    rote_queue_unit *unit = rote_queue_unit_at(queue, 0, u);
    unit->trained = true;
    unit->snapshot[0] = ROTE_SNAPSHOT_READY;
  }
  recover_all(done);
  assert_true(rote_queue_finished(queue));
  for (uint32_t u = 0; u < UNITS; u++) {
    for (size_t s = 0; s < shards_of(u); s++) {
      assert_int_equal(done[u][s], 1);
    }
  }
}

/* The model is trained again, what was recovered from it stays; reports on the lost one are late.
 */
static void a_lost_model_costs_no_finished_shard(void **state)
{
  (void)state;
  int done[UNITS][SHARDS + CONTROLS] = {{0}};
  train_all();
  const rote_order first = rote_queue_next(queue, 0), second = rote_queue_next(queue, 1);
  rote_queue_evaluated(queue, &first);
  done[first.unit][first.first] = 1;
  rote_queue_snapshot_lost(queue, &second);
  assert_false(rote_queue_wants(queue, &second));
  const rote_order training = rote_queue_next(queue, 0);
  assert_int_equal(training.kind, ROTE_ORDER_TRAIN);
  assert_int_equal(training.unit, first.unit);
  rote_queue_trained(queue, &training, true, 9);
  recover_all(done);
  assert_true(rote_queue_finished(queue));
  for (size_t s = 0; s < SHARDS; s++) {
    assert_int_equal(done[0][s], 1);
  }
}

static void nothing_is_recovered_from_what_diverged_or_was_given_up(void **state)
{
  (void)state;
  int done[UNITS][SHARDS + CONTROLS] = {{0}};
  rote_order o = rote_queue_next(queue, 0);
  rote_queue_trained(queue, &o, true, 4); /* the weights of epoch 9 will never be */
  for (int i = 0; i < ROTE_UNIT_ATTEMPTS; i++) {
    o = rote_queue_next(queue, 0);
    assert_int_equal(o.unit, 1);
    assert_int_equal(rote_queue_failed(queue, &o), i == ROTE_UNIT_ATTEMPTS - 1);
  }
  o = rote_queue_next(queue, 0);
  rote_queue_trained(queue, &o, true, 9);
  recover_all(done);
  assert_true(rote_queue_finished(queue));
  assert_int_equal(rote_queue_count(queue).failed, 1);
  for (size_t s = 0; s < SHARDS; s++) {
    assert_int_equal(done[0][s] + done[1][s], 0);
  }
}

static void fails_cleanly_without_memory(void **state)
{
  (void)state;
  rote_status status = ROTE_NOMEM;
  const long blocks = rote_memory_live_blocks();
  for (long n = 0; status != ROTE_OK; n++) {
    rote_queue *other = (rote_queue *)1;
    rote_memory_fail_at(n);
    status = rote_queue_create(study, N, 7, 3, &other);
    assert_true(status == ROTE_OK || (status == ROTE_NOMEM && other == NULL));
    rote_queue_destroy(&other);
    assert_int_equal(rote_memory_live_blocks(), blocks);
  }
  rote_memory_fail_at(-1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_shard_is_handed_out_once, setup, teardown),
      cmocka_unit_test_setup_teardown(several_workers_share_one_model, setup, teardown),
      cmocka_unit_test_setup_teardown(files_of_an_earlier_run_are_believed, setup, teardown),
      cmocka_unit_test_setup_teardown(a_lost_model_costs_no_finished_shard, setup, teardown),
      cmocka_unit_test_setup_teardown(nothing_is_recovered_from_what_diverged_or_was_given_up,
                                      setup, teardown),
      cmocka_unit_test_setup_teardown(fails_cleanly_without_memory, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
