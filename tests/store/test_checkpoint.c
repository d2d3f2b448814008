#include "damage.h"
#include "rote/checkpoint.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

enum { EPOCHS = 6, ARRAYS = 4 };

/* A model of four arrays and its two moments. */
typedef struct {
  float weight[3][3 * 4], bias[3][4], log_gamma[3][1], kernel[3][2 * 1 * 3 * 3];
  float train[EPOCHS], held_out[EPOCHS];
  rote_tensor tensor[3][ARRAYS];
  rote_tensor_group group[3];
  rote_checkpoint checkpoint;
} model;

/* Bytes of the numbers, which come first and without gaps. */
enum { NUMBERS = offsetof(model, held_out) + EPOCHS * sizeof(float) };

static void describe(model *m)
{
  static const char *const groups[] = {"parameters", "adam_m", "adam_v"};
  memset(m, 0, sizeof *m);
  for (int g = 0; g < 3; g++) {
    m->tensor[g][0] = (rote_tensor){"encoder.0.weight", 2, {4, 3}, m->weight[g]};
    m->tensor[g][1] = (rote_tensor){"encoder.0.bias", 1, {4}, m->bias[g]};
    m->tensor[g][2] = (rote_tensor){"log_gamma", 0, {0}, m->log_gamma[g]};
    m->tensor[g][3] = (rote_tensor){"encoder.1.conv.weight", 4, {2, 1, 3, 3}, m->kernel[g]};
    m->group[g] = (rote_tensor_group){groups[g], ARRAYS, m->tensor[g]};
  }
  m->checkpoint = (rote_checkpoint){.key = "lr3/r03-f07",
                                    .identity = "c0ffee",
                                    .loss_count = EPOCHS,
                                    .loss_train = m->train,
                                    .loss_held_out = m->held_out,
                                    .group_count = 3,
                                    .group = m->group};
}

static void fill(model *m, float start)
{
  float *numbers = &m->weight[0][0];
  size_t n = NUMBERS / sizeof(float);
  for (size_t i = 0; i < n; i++) {
    numbers[i] = start + (float)i / 8;
  }
  m->checkpoint.epoch = 4;
  for (int e = 4; e < EPOCHS; e++) { /* of epochs to come nothing is kept */
    m->train[e] = m->held_out[e] = 0;
  }
  m->checkpoint.batch = 17;
  m->checkpoint.loss_sum = 0.1;
  m->checkpoint.step = 12345678901u;
  m->checkpoint.resumes = 2;
  m->checkpoint.seconds = 17.25;
}

static char directory[64], path[96], previous[128];
static model written;

static int setup(void **state)
{
  (void)state;
  make_directory(directory);
  snprintf(path, sizeof path, "%s/models/lr3/r03-f07.h5", directory);
  snprintf(previous, sizeof previous, "%s.prev", path);
  describe(&written);
  fill(&written, 1);
  CHECK_OK(rote_checkpoint_write(path, previous, &written.checkpoint));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  remove_directory(directory);
  return 0;
}

static rote_status read_all(const char *file)
{
  rote_status status = ROTE_OK;
  model m;
  describe(&m);
  ROTE_TRY(rote_checkpoint_read(file, &m.checkpoint));
  assert_memory_equal(&m, &written, NUMBERS);
  assert_int_equal(m.checkpoint.epoch, 4);
  assert_int_equal(m.checkpoint.step, 12345678901u);
  assert_int_equal(m.checkpoint.batch, 17);
  assert_true(m.checkpoint.loss_sum == 0.1);
  assert_int_equal(m.checkpoint.resumes, 2);
  assert_true(m.checkpoint.seconds == 17.25);
done:
  return status;
}

static void reads_what_was_written(void **state)
{
  (void)state;
  CHECK_OK(read_all(path));
  assert_false(rote_file_exists(previous));
}

static void keeps_the_previous(void **state)
{
  (void)state;
  model newer = written, m;
  describe(&newer);
  fill(&newer, 100);
  CHECK_OK(rote_checkpoint_write(path, previous, &newer.checkpoint));
  CHECK_OK(read_all(previous));
  describe(&m);
  CHECK_OK(rote_checkpoint_read(path, &m.checkpoint));
  assert_memory_equal(&m, &newer, NUMBERS);
}

static void a_snapshot_reader_asks_for_parameters_alone(void **state)
{
  (void)state;
  model m;
  describe(&m);
  m.checkpoint.loss_count = 0;
  m.checkpoint.group_count = 1;
  CHECK_OK(rote_checkpoint_read(path, &m.checkpoint));
  assert_memory_equal(m.weight[0], written.weight[0], sizeof m.weight[0]);
  assert_true(m.log_gamma[0][0] == written.log_gamma[0][0]);
  assert_true(m.weight[1][1] == 0 && m.train[1] == 0);
}

static void a_snapshot_may_have_no_losses(void **state)
{
  (void)state;
  model m = written;
  describe(&m);
  m.checkpoint.loss_count = 0;
  m.checkpoint.group_count = 1;
  CHECK_OK(rote_checkpoint_write(path, NULL, &m.checkpoint));
  CHECK_OK(rote_checkpoint_read(path, &m.checkpoint));
  m.checkpoint.group_count = 2;
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA, "adam_m");
}

static void refuses_another_unit_study_or_architecture(void **state)
{
  (void)state;
  model m;
  describe(&m);
  strcpy(m.checkpoint.key, "lr3/r03-f08");
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA, "is of the unit lr3/r03-f07");
  describe(&m);
  strcpy(m.checkpoint.identity, "decaf");
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA, "another study");
  describe(&m);
  m.tensor[0][0].shape[0] = 2;
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA,
              "has the shape [4, 3]; [2, 3] is needed");
  describe(&m);
  m.tensor[0][2].rank = 1;
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA, "log_gamma");
  describe(&m);
  strcpy(m.tensor[2][1].name, "mu.bias");
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA, "adam_v/mu.bias");
  describe(&m);
  m.group[1].count = 3;
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA, "another architecture");
  describe(&m);
  m.checkpoint.loss_count = EPOCHS - 1; /* the study may have other epochs by now */
  CHECK_OK(rote_checkpoint_read(path, &m.checkpoint));
  m.checkpoint.loss_count = 3;
  CHECK_FAILS(rote_checkpoint_read(path, &m.checkpoint), ROTE_DATA,
              "epoch 4 of a study of 3 epochs");
}

static void equal_content_gives_equal_bytes(void **state)
{
  (void)state;
  char again[96];
  snprintf(again, sizeof again, "%s/again.h5", directory);
  sleep(1);
  CHECK_OK(rote_checkpoint_write(again, NULL, &written.checkpoint));
  assert_same_bytes(path, again);
}

static void notices_damage(void **state)
{
  (void)state;
  damage_everywhere(path, directory, 7, read_all);
}

/* The disk fills up at every possible moment: the old file stays, no temporary one does. */
static void survives_a_full_disk(void **state)
{
  (void)state;
  struct rlimit old, small;
  model newer = written;
  describe(&newer);
  fill(&newer, 100);
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  size_t models = count_entries(directory);
  for (rlim_t size = 0; size < 4096; size += 256) {
    small = (struct rlimit){.rlim_cur = size, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rote_status status = rote_checkpoint_write(path, previous, &newer.checkpoint);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, ROTE_IO);
    assert_non_null(strstr(rote_fail_reason(status), path));
    CHECK_OK(read_all(path));
  }
  assert_false(rote_file_exists(previous));
  assert_int_equal(count_entries(directory), models);
}

/* ROTE_TEST_TIME=1: how long 16 MB take; for the person who asks, not a check. */
static void times_a_large_one(void **state)
{
  (void)state;
  enum { LARGE = 1 << 16, COUNT = 7, ROUNDS = 20 };
  if (getenv("ROTE_TEST_TIME") == NULL) {
    skip();
  }
  rote_tensor tensor[3][COUNT];
  rote_tensor_group group[3];
  float *values;
  CHECK_OK(rote_alloc(3 * COUNT * 3 * LARGE, sizeof *values, &values));
  for (size_t i = 0; i < 3 * COUNT * 3 * LARGE; i++) {
    values[i] = (float)i;
  }
  for (size_t g = 0; g < 3; g++) {
    for (size_t i = 0; i < COUNT; i++) {
      tensor[g][i] = (rote_tensor){
          .rank = 2, .shape = {256, 3 * LARGE / 256}, .data = values + (g * COUNT + i) * 3 * LARGE};
      snprintf(tensor[g][i].name, sizeof tensor[g][i].name, "encoder.%zu.weight", i);
    }
    group[g] = (rote_tensor_group){written.group[g].name, COUNT, tensor[g]};
  }
  rote_checkpoint c = written.checkpoint;
  c.group = group;
  for (int way = 0; way < 2; way++) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < ROUNDS; i++) {
      CHECK_OK(way == 0 ? rote_checkpoint_write(path, previous, &c)
                        : rote_checkpoint_read(path, &c));
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    print_message(
        "%s of %.1f MB: %.1f ms\n", way == 0 ? "write" : "read", 3 * COUNT * 3 * LARGE * 4e-6,
        ((double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) * 1e-6) / ROUNDS);
  }
  rote_free(&values);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_what_was_written, setup, teardown),
      cmocka_unit_test_setup_teardown(keeps_the_previous, setup, teardown),
      cmocka_unit_test_setup_teardown(a_snapshot_reader_asks_for_parameters_alone, setup, teardown),
      cmocka_unit_test_setup_teardown(a_snapshot_may_have_no_losses, setup, teardown),
      cmocka_unit_test_setup_teardown(refuses_another_unit_study_or_architecture, setup, teardown),
      cmocka_unit_test_setup_teardown(equal_content_gives_equal_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(notices_damage, setup, teardown),
      cmocka_unit_test_setup_teardown(survives_a_full_disk, setup, teardown),
      cmocka_unit_test_setup_teardown(times_a_large_one, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
