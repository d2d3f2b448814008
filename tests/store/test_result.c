#include "damage.h"
#include "rote/result.h"

#include <math.h>

enum { E = 5, N = 11 };

static char directory[64], train_path[96], evaluate_path[96];
static float loss_train[E] = {5, 4, 3, NAN, NAN}, loss_held_out[E] = {6, 5, 4.5f, NAN, NAN};
static float log_px[N], effective[N];

static const rote_execution execution = {.host = "node-17",
                                         .rank = 3,
                                         .attempts = 2,
                                         .resumes = 1,
                                         .seconds = 12.5,
                                         .arithmetic = "fma"};

static int setup(void **state)
{
  (void)state;
  const rote_train_result train = {.key = "base/r00-f01",
                                   .study = "c0ffee",
                                   .epochs = E,
                                   .done = 3,
                                   .diverged = 1,
                                   .loss_train = loss_train,
                                   .loss_held_out = loss_held_out,
                                   .execution = execution};
  const rote_evaluate_result evaluate = {.key = "base/r00-f01-e0005",
                                         .study = "c0ffee",
                                         .images = N,
                                         .log_px = log_px,
                                         .effective_samples = effective,
                                         .execution = execution};
  for (int i = 0; i < N; i++) {
    log_px[i] = -100 - (float)i / 3;
    effective[i] = 1 + (float)i / 7;
  }
  make_directory(directory);
  snprintf(train_path, sizeof train_path, "%s/results/base/r00-f01.h5", directory);
  snprintf(evaluate_path, sizeof evaluate_path, "%s/results/base/r00-f01-e0005.h5", directory);
  CHECK_OK(rote_train_result_write(train_path, &train));
  CHECK_OK(rote_evaluate_result_write(evaluate_path, &evaluate));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  remove_directory(directory);
  return 0;
}

static void check_execution(const rote_execution *e)
{
  assert_string_equal(e->host, execution.host);
  assert_int_equal(e->rank, execution.rank);
  assert_int_equal(e->attempts, execution.attempts);
  assert_int_equal(e->resumes, execution.resumes);
  assert_true(e->seconds == execution.seconds);
  assert_string_equal(e->arithmetic, execution.arithmetic);
}

static rote_status read_train(const char *path)
{
  rote_status status = ROTE_OK;
  float a[E], b[E];
  rote_train_result result = {
      .key = "base/r00-f01", .study = "c0ffee", .epochs = E, .loss_train = a, .loss_held_out = b};
  ROTE_TRY(rote_train_result_read(path, &result));
  assert_int_equal(result.done, 3);
  assert_int_equal(result.diverged, 1);
  assert_memory_equal(a, loss_train, sizeof a);
  assert_memory_equal(b, loss_held_out, sizeof b);
  check_execution(&result.execution);
done:
  return status;
}

static rote_status read_evaluate(const char *path)
{
  rote_status status = ROTE_OK;
  float a[N], b[N];
  rote_evaluate_result result = {.key = "base/r00-f01-e0005",
                                 .study = "c0ffee",
                                 .images = N,
                                 .log_px = a,
                                 .effective_samples = b};
  ROTE_TRY(rote_evaluate_result_read(path, &result));
  assert_memory_equal(a, log_px, sizeof a);
  assert_memory_equal(b, effective, sizeof b);
  check_execution(&result.execution);
done:
  return status;
}

static void reads_what_was_written(void **state)
{
  (void)state;
  CHECK_OK(read_train(train_path));
  CHECK_OK(read_evaluate(evaluate_path));
}

static void refuses_what_was_not_asked_for(void **state)
{
  (void)state;
  float a[N + 1], b[N + 1];
  rote_train_result train = {.key = "base/r00-f01",
                             .study = "c0ffee",
                             .epochs = E - 1,
                             .loss_train = a,
                             .loss_held_out = b};
  rote_evaluate_result evaluate = {.key = "base/r00-f01-e0005",
                                   .study = "c0ffee",
                                   .images = N + 1,
                                   .log_px = a,
                                   .effective_samples = b};
  CHECK_FAILS(rote_train_result_read(train_path, &train), ROTE_DATA,
              "has the shape [5]; [4] is needed");
  CHECK_FAILS(rote_evaluate_result_read(evaluate_path, &evaluate), ROTE_DATA, "[12] is needed");
  CHECK_FAILS(read_train(evaluate_path), ROTE_DATA, "is a \"rote evaluation\" file");
  CHECK_FAILS(read_evaluate(train_path), ROTE_DATA, "is a \"rote training\" file");
  strcpy(train.key, "base/r00-f02");
  CHECK_FAILS(rote_train_result_read(train_path, &train), ROTE_DATA, "not of base/r00-f02");
  strcpy(evaluate.study, "decaf");
  CHECK_FAILS(rote_evaluate_result_read(evaluate_path, &evaluate), ROTE_DATA, "another study");
}

static rote_status read_label(const char *path)
{
  rote_status status = ROTE_OK;
  rote_label label;
  ROTE_TRY(rote_label_read(path, &label));
  assert_string_equal(label.study, "c0ffee");
  assert_string_equal(label.arithmetic, "fma");
  if (label.kind == ROTE_LABEL_TRAINING) {
    assert_string_equal(label.key, "base/r00-f01");
    assert_int_equal(label.epoch, 3);
    assert_int_equal(label.diverged, 1);
  } else {
    assert_int_equal(label.kind, ROTE_LABEL_EVALUATION);
    assert_string_equal(label.key, "base/r00-f01-e0005");
  }
done:
  return status;
}

static void says_what_it_is_in_its_label(void **state)
{
  (void)state;
  rote_label label;
  CHECK_OK(rote_label_peek(train_path, &label));
  assert_int_equal(label.kind, ROTE_LABEL_TRAINING);
  damage_everywhere(train_path, directory, 41, read_label);
  damage_everywhere(evaluate_path, directory, 41, read_label);
}

static void notices_damage(void **state)
{
  (void)state;
  damage_everywhere(train_path, directory, 5, read_train);
  damage_everywhere(evaluate_path, directory, 5, read_evaluate);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_what_was_written, setup, teardown),
      cmocka_unit_test_setup_teardown(refuses_what_was_not_asked_for, setup, teardown),
      cmocka_unit_test_setup_teardown(says_what_it_is_in_its_label, setup, teardown),
      cmocka_unit_test_setup_teardown(notices_damage, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
