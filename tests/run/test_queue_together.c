#include "check.h"

#include "rote/memory.h"
#include "rote/queue.h"

#include <string.h>

/* What all ranks compute together is nobody's order, and comes when all else is done. */
enum { N = 90 };

static const rote_data_info info = {
    .name = "made up", .channels = 1, .height = 8, .width = 8, .train_count = N, .test_count = 10};

typedef struct {
  rote_study *study;
  rote_plan *plan;
  rote_queue *queue;
  size_t group; /* of the data */
} scene;

static scene set_up(const char *grid)
{
  scene s = {.group = 0};
  const char *const set[] = {grid};
  CHECK_OK(rote_study_parse("queue.yaml",
                            "training: { epochs: 1 }\nfolds: { count: 2, repeats: 1, full: 0 }\n"
                            "evaluation: { every: 1 }\nmeasures: [score, duplicates, leverage]\n",
                            1, set, &s.study));
  CHECK_OK(rote_plan_create(s.study, &info, N, &s.plan));
  CHECK_OK(rote_queue_create(s.plan, 64, 2, &s.queue));
  while (!s.plan->group[s.group].of_data) {
    s.group++;
  }
  return s;
}

static void tear_down(scene *s)
{
  rote_queue_destroy(&s->queue);
  rote_plan_destroy(&s->plan);
  rote_study_destroy(&s->study);
}

/* Rows of the measure that asks for a grid among the orders that are handed out; all are done. */
static size_t hand_out(scene *s)
{
  size_t rows = 0;
  for (rote_order o = rote_queue_next(s->queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(s->queue, 0)) {
    assert_int_not_equal(o.kind, ROTE_ORDER_TOGETHER);
    if (o.kind == ROTE_ORDER_TRAIN) {
      rote_queue_trained(s->queue, &o, true, false, 1);
      continue;
    }
    const rote_measure *m = s->plan->group[o.group].task[o.task].measure;
    rows += m->together != NULL ? o.count : 0;
    rote_queue_done(s->queue, &o);
  }
  return rows;
}

static void comes_last_and_once(void **state)
{
  (void)state;
  scene s = set_up("leverage.grid=[2, 2]");
  rote_order order;
  size_t group, task;
  assert_false(rote_queue_farmed(s.queue));
  assert_int_equal(hand_out(&s), 0);
  assert_true(rote_queue_farmed(s.queue));
  assert_false(rote_queue_finished(s.queue));
  assert_false(rote_queue_choice_due(s.queue, &group, &task));
  assert_true(rote_queue_together_due(s.queue, &order));
  assert_int_equal(order.kind, ROTE_ORDER_TOGETHER);
  assert_int_equal(order.group, s.group);
  assert_int_equal(order.first, 0);
  assert_int_equal(order.count, N);
  assert_non_null(s.plan->group[order.group].task[order.task].measure->together);
  rote_queue_done(s.queue, &order);
  assert_false(rote_queue_together_due(s.queue, &order));
  assert_true(rote_queue_finished(s.queue));
  tear_down(&s);
}

static void on_one_rank_it_is_an_order_of_all_rows(void **state)
{
  (void)state;
  scene s = set_up("leverage.grid=auto");
  rote_order order;
  assert_false(rote_queue_together_due(s.queue, &order));
  assert_int_equal(hand_out(&s), N);
  assert_true(rote_queue_finished(s.queue) && rote_queue_farmed(s.queue));
  tear_down(&s);
}

/* Of an earlier run: nothing is done together any more. */
static void what_is_on_disk_is_not_done_again(void **state)
{
  (void)state;
  scene s = set_up("leverage.grid=[1, 2]");
  rote_order order;
  assert_true(rote_queue_together_due(s.queue, &order));
  rote_queue_have(s.queue, order.group, order.unit, order.task, 0, N);
  rote_queue_settle(s.queue, order.group, order.unit);
  assert_false(rote_queue_together_due(s.queue, &order));
  assert_int_equal(hand_out(&s), 0);
  assert_true(rote_queue_finished(s.queue));
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(comes_last_and_once),
      cmocka_unit_test(on_one_rank_it_is_an_order_of_all_rows),
      cmocka_unit_test(what_is_on_disk_is_not_done_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
