/* What a file of results is known by. */
#include "check.h"

#include "rote/plan.h"

static const char text[] = "training: { epochs: 2 }\nevaluation: { every: 1 }\nmeasures: [score]\n"
                           "folds: { count: 2, repeats: 1, full: 0 }\n";
static const rote_data_info info = {
    .name = "made up", .channels = 1, .height = 8, .width = 8, .train_count = 90};
static rote_study *study;
static rote_plan *plan;

static int setup(void **state)
{
  (void)state;
  CHECK_OK(rote_study_parse("plan.yaml", text, 0, NULL, &study));
  CHECK_OK(rote_plan_create(study, &info, 90, &plan));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  rote_plan_destroy(&plan);
  rote_study_destroy(&study);
  return 0;
}

/* Rows that an earlier edition of a measure left are not those of this one; and where a measure
 * never had another, its rows are known as they were before there were editions. */
static void rows_of_another_edition_are_others(void **state)
{
  (void)state;
  rote_task *task = &plan->group[0].task[0];
  const rote_measure *const own = task->measure;
  rote_measure other = *own;
  char identity[3][ROTE_DIGEST_TEXT], first[ROTE_DIGEST_TEXT];
  assert_int_equal(own->edition, 0);
  CHECK_OK(rote_plan_task_identity(plan, 0, 1, 0, first));
  task->measure = &other;
  for (unsigned e = 0; e < 3; e++) {
    other.edition = e;
    CHECK_OK(rote_plan_task_identity(plan, 0, 1, 0, identity[e]));
  }
  task->measure = own;
  assert_string_equal(identity[0], first);
  assert_string_not_equal(identity[1], first);
  assert_string_not_equal(identity[2], first);
  assert_string_not_equal(identity[2], identity[1]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(rows_of_another_edition_are_others, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
