#include "check.h"

#include "rote/memory.h"
#include "rote/queue.h"

#include <string.h>

/* Tasks whose rows hang on what another measure found: A images of K = 2 leave-out models. */
enum { N = 90, A = 4, LEFT_OUT = 2, UNITS = 3, NO = -1 };

static const char text[] = "training: { epochs: 2 }\nevaluation: { every: 2, audit: 4 }\n"
                           "measures: [score]\nfolds: { count: 2, repeats: 1, full: 1 }\n";

static const rote_data_info info = {
    .name = "made up", .channels = 1, .height = 8, .width = 8, .train_count = N, .test_count = 10};
static rote_study *study;
static rote_plan *plan;
static rote_queue *queue;

static int setup(void **state)
{
  (void)state;
  CHECK_OK(rote_study_parse("queue.yaml", text, 0, NULL, &study));
  CHECK_OK(rote_plan_create(study, &info, N, &plan));
  CHECK_OK(rote_queue_create(plan, 64, 4, &queue));
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

static bool hangs(const rote_order *o)
{
  return o->kind == ROTE_ORDER_PIECE && plan->group[0].task[o->task].measure->after != NULL;
}

static size_t hanging_task(void)
{
  size_t t = 0;
  while (plan->group[0].task[t].measure->after == NULL) {
    t++;
  }
  return t;
}

static void end_order(const rote_order *o, bool diverged)
{
  if (o->kind == ROTE_ORDER_TRAIN) {
    rote_queue_trained(queue, o, diverged || o->epoch == 2, diverged, diverged ? 1 : 2);
  } else {
    rote_queue_done(queue, o);
  }
}

/* All orders that there are, none of them one that hangs on others. @param[in] diverging  a unit */
static void do_what_hangs_on_nothing(int diverging)
{
  size_t group, task;
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    assert_false(hangs(&o));
    assert_false(rote_queue_choice_due(queue, &group, &task));
    end_order(&o, (int)o.unit == diverging);
  }
}

/* Image 10 u + 1 in row 1 of unit u, and so in row 3. */
static void choose_rows(size_t units)
{
  uint32_t item[LEFT_OUT * A];
  size_t group = 9, task = 9;
  for (size_t i = 0; i < LEFT_OUT * A; i++) {
    item[i] = i / A < units && i % 2 == 1 ? (uint32_t)(10 * (i / A) + i % A) : ROTE_NO_ITEM;
  }
  assert_true(rote_queue_choice_due(queue, &group, &task));
  assert_int_equal(group, 0);
  assert_int_equal(task, hanging_task());
  CHECK_OK(rote_queue_choose(queue, group, task, item));
  assert_false(rote_queue_choice_due(queue, &group, &task));
}

static void rows_are_handed_out_when_the_others_are_there(void **state)
{
  (void)state;
  int times[LEFT_OUT][A] = {{0}};
  do_what_hangs_on_nothing(NO);
  assert_false(rote_queue_finished(queue));
  choose_rows(LEFT_OUT);
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    assert_true(hangs(&o));
    assert_int_equal(o.count, 1);
    assert_int_equal(o.item, 10 * o.unit + o.first);
    times[o.unit][o.first]++;
    end_order(&o, false);
  }
  for (size_t i = 0; i < LEFT_OUT * A; i++) {
    assert_int_equal(times[i / A][i % A], i % 2);
  }
  assert_true(rote_queue_finished(queue));
}

static void a_model_of_which_nothing_is_asked_is_done(void **state)
{
  (void)state;
  size_t orders = 0;
  do_what_hangs_on_nothing(NO);
  choose_rows(1);
  assert_int_equal(rote_queue_look(queue, 0, 1)->task[hanging_task()].asked, 0);
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    assert_int_equal(o.unit, 0);
    orders++;
    end_order(&o, false);
  }
  assert_int_equal(orders, A / 2);
  assert_true(rote_queue_finished(queue));
}

static void a_row_that_failed_is_handed_out_again(void **state)
{
  (void)state;
  do_what_hangs_on_nothing(NO);
  choose_rows(LEFT_OUT);
  const rote_order first = rote_queue_next(queue, 0);
  assert_false(rote_queue_failed(queue, &first));
  const rote_order again = rote_queue_next(queue, 0);
  assert_memory_equal(&first, &again, sizeof first);
}

/* Its weights are gone: once they are trained again, its rows are the same that were chosen. */
static void weights_that_were_lost_come_back_with_the_same_rows(void **state)
{
  (void)state;
  size_t orders = 0;
  do_what_hangs_on_nothing(NO);
  choose_rows(LEFT_OUT);
  const rote_order first = rote_queue_next(queue, 0);
  rote_queue_stage_lost(queue, &first);
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    orders += hangs(&o);
    assert_true(!hangs(&o) || o.item == 10 * o.unit + o.first);
    end_order(&o, false);
  }
  assert_int_equal(orders, LEFT_OUT * A / 2);
  assert_true(rote_queue_finished(queue));
}

/* A model that diverged has no rows, and holds up nobody. */
static void a_diverged_model_is_not_waited_for(void **state)
{
  (void)state;
  do_what_hangs_on_nothing(0);
  choose_rows(0);
  assert_true(rote_queue_finished(queue));
}

/* Nor is one that was given up. */
static void a_model_that_was_given_up_is_not_waited_for(void **state)
{
  (void)state;
  size_t group, task;
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    assert_false(hangs(&o));
    assert_false(rote_queue_choice_due(queue, &group, &task));
    if (o.unit == 1) {
      rote_queue_failed(queue, &o);
    } else {
      end_order(&o, false);
    }
  }
  assert_true(rote_queue_look(queue, 0, 1)->failed);
  choose_rows(1);
  assert_int_equal(rote_queue_next(queue, 0).unit, 0);
}

/* Waiting for the others, a model keeps nobody from training: its weights are in the checkpoint. */
static void what_waits_for_others_does_not_fill_the_disk(void **state)
{
  (void)state;
  do_what_hangs_on_nothing(NO);
  assert_int_equal(rote_queue_count(queue).stages_waiting, 0);
  choose_rows(LEFT_OUT);
  assert_int_equal(rote_queue_count(queue).stages_waiting, LEFT_OUT);
}

/* Rows of an earlier run need no choice. */
static void rows_on_disk_are_not_chosen_again(void **state)
{
  (void)state;
  size_t group, task;
  do_what_hangs_on_nothing(NO);
  for (size_t u = 0; u < UNITS; u++) {
    rote_queue_have_all(queue, 0, u, hanging_task());
    rote_queue_settle(queue, 0, u);
  }
  assert_false(rote_queue_choice_due(queue, &group, &task));
  assert_true(rote_queue_finished(queue));
}

/* Some are on disk: the others are handed out. */
static void only_rows_that_are_not_there_are_handed_out(void **state)
{
  (void)state;
  size_t orders = 0;
  do_what_hangs_on_nothing(NO);
  rote_queue_have_all(queue, 0, 0, hanging_task());
  rote_queue_settle(queue, 0, 0);
  choose_rows(LEFT_OUT);
  for (rote_order o = rote_queue_next(queue, 0); o.kind != ROTE_ORDER_NONE;
       o = rote_queue_next(queue, 0)) {
    assert_int_equal(o.unit, 1);
    orders++;
    end_order(&o, false);
  }
  assert_int_equal(orders, A / 2);
  assert_true(rote_queue_finished(queue));
}

/* The weights for the others are gone, those at the end are not. */
static void nothing_is_handed_out_while_others_are_trained_again(void **state)
{
  (void)state;
  rote_order o = rote_queue_next(queue, 0);
  while (o.kind == ROTE_ORDER_TRAIN) {
    end_order(&o, false);
    o = rote_queue_next(queue, 0);
  }
  assert_int_equal(o.unit, 0);
  rote_queue_stage_lost(queue, &o);
  assert_int_equal(rote_queue_next_piece(queue).unit, 1);
  assert_int_equal(rote_queue_next_piece(queue).unit, 1);
  assert_int_equal(rote_queue_next_piece(queue).unit, 2);
}

static void memory_that_is_not_there_is_said(void **state)
{
  (void)state;
  const uint32_t item[LEFT_OUT * A] = {0};
  do_what_hangs_on_nothing(NO);
  rote_memory_fail_at(1);
  assert_int_equal(rote_queue_choose(queue, 0, hanging_task(), item), ROTE_NOMEM);
  rote_memory_fail_at(-1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(rows_are_handed_out_when_the_others_are_there),
      TEST(a_model_of_which_nothing_is_asked_is_done),
      TEST(a_row_that_failed_is_handed_out_again),
      TEST(weights_that_were_lost_come_back_with_the_same_rows),
      TEST(a_diverged_model_is_not_waited_for),
      TEST(a_model_that_was_given_up_is_not_waited_for),
      TEST(what_waits_for_others_does_not_fill_the_disk),
      TEST(rows_on_disk_are_not_chosen_again),
      TEST(only_rows_that_are_not_there_are_handed_out),
      TEST(nothing_is_handed_out_while_others_are_trained_again),
      TEST(memory_that_is_not_there_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
