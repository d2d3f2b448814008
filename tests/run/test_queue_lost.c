/* Lost workers, workers without time, and the counts: without the simulation of test_queue.c. */
#include "check.h"

#include "rote/queue.h"

#include <string.h>

enum { N = 237, SHARD = 64, SEEDS = 200 };

static const rote_data_info info = {
    .name = "made up", .channels = 1, .height = 8, .width = 8, .train_count = N};

static rote_plan *plan;

static rote_queue *queue_of(size_t workers, rote_study **study)
{
  static const char text[] =
      "name: queue\nfolds: { count: 3, repeats: 2, full: 1 }\nmeasures: [score]\n"
      "variants:\n"
      "  - { name: a, set: [\"training.epochs=7\", \"evaluation.every=3\"] }\n"
      "  - { name: b, set: [\"training.epochs=4\", \"evaluation.every=2\"] }\n";
  rote_queue *q = NULL;
  CHECK_OK(rote_study_parse("queue.yaml", text, 0, NULL, study));
  CHECK_OK(rote_plan_create(*study, &info, N, &plan));
  CHECK_OK(rote_queue_create(plan, SHARD, workers, &q));
  return q;
}

static void end(rote_queue **q, rote_study **study)
{
  rote_queue_destroy(q);
  rote_plan_destroy(&plan);
  rote_study_destroy(study);
}

static uint32_t draw(uint64_t *random, uint32_t below)
{
  *random = *random * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*random >> 33) % below;
}

/* A lost worker's order goes to another, a unit that takes its workers along is given up. */
static void orders_of_lost_workers_go_to_others(void **state)
{
  (void)state;
  rote_study *study;
  rote_queue *q = queue_of(3, &study);
  const rote_order lost = rote_queue_next(q, 0);
  const rote_order other = rote_queue_next(q, 1);
  assert_int_equal(lost.kind, ROTE_ORDER_TRAIN);
  assert_false(rote_queue_lost(q, &lost));
  rote_order again = rote_queue_next(q, 2);
  assert_memory_equal(&again, &lost, sizeof lost);
  rote_queue_trained(q, &again, false, false, again.epoch); /* it comes on: counted from anew */
  for (int i = 1; i <= ROTE_UNIT_ATTEMPTS; i++) {
    again = rote_queue_next(q, 2);
    assert_int_equal(again.unit, lost.unit);
    assert_true(again.epoch > lost.epoch);
    assert_int_equal(rote_queue_lost(q, &again), i == ROTE_UNIT_ATTEMPTS);
  }
  assert_int_equal(rote_queue_count(q).failed, 1);
  rote_queue_trained(q, &other, false, false, other.epoch);
  for (rote_order o = rote_queue_next(q, 2); o.kind != ROTE_ORDER_NONE; o = rote_queue_next(q, 2)) {
    assert_false(o.group == lost.group && o.unit == lost.unit);
  }
  end(&q, &study);
}

static void who_may_not_train_gets_pieces_alone(void **state)
{
  (void)state;
  rote_study *study;
  rote_queue *q = queue_of(2, &study);
  const rote_order train = rote_queue_next(q, 0);
  assert_int_equal(rote_queue_next_piece(q).kind, ROTE_ORDER_NONE);
  rote_queue_trained(q, &train, false, false, train.epoch);
  for (uint32_t first = 0; first < N; first += SHARD) {
    const rote_order o = rote_queue_next_piece(q);
    assert_int_equal(o.kind, ROTE_ORDER_PIECE);
    assert_int_equal(o.first, first);
  }
  assert_int_equal(rote_queue_next_piece(q).kind, ROTE_ORDER_NONE);
  end(&q, &study);
}

/* The counts are kept, not counted: they agree with a count after everything that can happen. */
static void counts_are_right_all_the_time(void **state)
{
  (void)state;
  rote_study *study;
  uint64_t random = 1;
  for (size_t i = 0; i < SEEDS; i++) {
    rote_queue *q = queue_of(3, &study);
    for (rote_order o = rote_queue_next(q, 0); o.kind != ROTE_ORDER_NONE;
         o = rote_queue_next(q, (int)draw(&random, 3))) {
      const uint32_t what = draw(&random, 10);
      if (what == 0) {
        rote_queue_lost(q, &o);
      } else if (what == 1) {
        rote_queue_failed(q, &o);
      } else if (what == 2 && o.kind == ROTE_ORDER_PIECE) {
        rote_queue_stage_lost(q, &o);
      } else if (o.kind == ROTE_ORDER_TRAIN) {
        rote_queue_trained(q, &o, what == 3, what == 3, o.epoch - (what == 3));
      } else {
        rote_queue_done(q, &o);
      }
      const rote_queue_counts kept = rote_queue_count(q);
      rote_queue_unit_at(q, 0, 0); /* makes it count */
      const rote_queue_counts counted = rote_queue_count(q);
      assert_memory_equal(&kept, &counted, sizeof kept);
    }
    assert_true(rote_queue_finished(q));
    end(&q, &study);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders_of_lost_workers_go_to_others),
      cmocka_unit_test(who_may_not_train_gets_pieces_alone),
      cmocka_unit_test(counts_are_right_all_the_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
