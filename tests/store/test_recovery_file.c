#include "damage.h"
#include "rote/recovery_file.h"

#include <math.h>

/* N images of C H W, T rounds of the curves. */
enum { N = 5, C = 2, H = 3, W = 4, P = H * W, D = C * P };

static char directory[64], path[128];

static const rote_recovery_options everything = {
    .rho = 0.5,
    .rounds = 7,
    .inner = 1,
    .methods = ROTE_RECOVERY_ALL_METHODS,
    .attractor = true,
    .degradation = {.missing = 0.5, .blocks = 1},
};

static rote_recovery_file file_of(const rote_recovery_options *options)
{
  rote_recovery_file f = {
      .key = "base/full-r00-recovery-0001",
      .study = "c0ffee",
      .channels = C,
      .height = H,
      .width = W,
      .execution = {.host = "node-3", .rank = 2, .attempts = 1, .seconds = 2.5}};
  CHECK_OK(rote_recovery_result_create(options, N, D, P, &f.result));
  return f;
}

/* Other bytes in every array. */
static void fill(rote_recovery_result *r)
{
  uint8_t next = 1;
  struct {
    void *values;
    size_t bytes;
  } array[8 + 7 * ROTE_INVERSE_COUNT] = {{r->degraded, N * D},
                                         {r->mask, N * P},
                                         {r->degraded_psnr, N * sizeof(float)},
                                         {r->found_mask, N * P},
                                         {r->mask_accuracy, N * sizeof(float)},
                                         {r->attractor_distance, N * sizeof(float)},
                                         {r->attractor_radius, N * sizeof(float)},
                                         {r->attractor_settled, N}};
  size_t n = 8;
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    const rote_recovery_answers *a = &r->by[m];
    array[n].values = a->psnr, array[n++].bytes = N * r->curve * sizeof(float);
    array[n].values = a->answer, array[n++].bytes = N * D;
    array[n].values = a->nearest, array[n++].bytes = N * sizeof(uint32_t);
    array[n].values = a->distance, array[n++].bytes = N * sizeof(float);
    array[n].values = a->own_distance, array[n++].bytes = N * sizeof(float);
    array[n].values = a->identified, array[n++].bytes = N;
    array[n].values = a->recovered, array[n++].bytes = N;
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < array[i].bytes; j++) {
      ((uint8_t *)array[i].values)[j] = (uint8_t)(next++ * 37 & 63); /* small floats, no NaN */
    }
  }
}

static int setup(void **state)
{
  (void)state;
  rote_recovery_file f = file_of(&everything);
  make_directory(directory);
  snprintf(path, sizeof path, "%s/results/base/full-r00-recovery-0001.h5", directory);
  fill(f.result);
  CHECK_OK(rote_recovery_file_write(path, &f));
  rote_recovery_result_destroy(&f.result);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  remove_directory(directory);
  return 0;
}

static void everything_comes_back(void **state)
{
  (void)state;
  rote_recovery_file wrote = file_of(&everything), read = file_of(&everything);
  const rote_recovery_result *a = wrote.result, *b = read.result;
  fill(wrote.result);
  memset(&read.execution, 0, sizeof read.execution);
  CHECK_OK(rote_recovery_file_read(path, &read));
  assert_memory_equal(a->degraded, b->degraded, N * D);
  assert_memory_equal(a->mask, b->mask, N * P);
  assert_memory_equal(a->degraded_psnr, b->degraded_psnr, N * sizeof(float));
  assert_memory_equal(a->found_mask, b->found_mask, N * P);
  assert_memory_equal(a->mask_accuracy, b->mask_accuracy, N * sizeof(float));
  assert_memory_equal(a->attractor_distance, b->attractor_distance, N * sizeof(float));
  assert_memory_equal(a->attractor_radius, b->attractor_radius, N * sizeof(float));
  assert_memory_equal(a->attractor_settled, b->attractor_settled, N);
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    assert_memory_equal(a->by[m].psnr, b->by[m].psnr, N * a->curve * sizeof(float));
    assert_memory_equal(a->by[m].answer, b->by[m].answer, N * D);
    assert_memory_equal(a->by[m].nearest, b->by[m].nearest, N * sizeof(uint32_t));
    assert_memory_equal(a->by[m].distance, b->by[m].distance, N * sizeof(float));
    assert_memory_equal(a->by[m].own_distance, b->by[m].own_distance, N * sizeof(float));
    assert_memory_equal(a->by[m].identified, b->by[m].identified, N);
    assert_memory_equal(a->by[m].recovered, b->by[m].recovered, N);
  }
  assert_string_equal(read.execution.host, "node-3");
  assert_int_equal(read.execution.rank, 2);
  assert_true(read.execution.seconds == 2.5);
  rote_recovery_result_destroy(&wrote.result);
  rote_recovery_result_destroy(&read.result);
}

static void leave_out_models_keep_what_scores_need(void **state)
{
  (void)state;
  rote_recovery_options blind = everything;
  char brief[160];
  blind.methods = 1u << ROTE_INVERSE_BLIND;
  blind.attractor = false;
  rote_recovery_file wrote = file_of(&blind), read = file_of(&blind);
  wrote.score_only = read.score_only = true;
  for (size_t i = 0; i < N * wrote.result->curve; i++) {
    wrote.result->by[0].psnr[i] = (float)i;
  }
  memset(wrote.result->by[0].recovered, 1, N);
  memset(wrote.result->mask, 1, N * P);
  snprintf(brief, sizeof brief, "%s/brief.h5", directory);
  CHECK_OK(rote_recovery_file_write(brief, &wrote));
  CHECK_OK(rote_recovery_file_read(brief, &read));
  assert_true(read.result->by[0].psnr[N * read.result->curve - 1] ==
              (float)(N * read.result->curve - 1));
  assert_int_equal(read.result->by[0].recovered[N - 1], 1);
  assert_int_equal(read.result->mask[0], 0);
  read.score_only = false;
  CHECK_FAILS(rote_recovery_file_read(brief, &read), ROTE_DATA, "degraded");
  rote_recovery_result_destroy(&wrote.result);
  rote_recovery_result_destroy(&read.result);
}

static void files_of_others_are_refused(void **state)
{
  (void)state;
  rote_recovery_file f = file_of(&everything);
  strcpy(f.key, "base/full-r00-recovery-0002");
  CHECK_FAILS(rote_recovery_file_read(path, &f), ROTE_DATA, "is of the unit");
  strcpy(f.key, "base/full-r00-recovery-0001");
  strcpy(f.study, "decaf");
  CHECK_FAILS(rote_recovery_file_read(path, &f), ROTE_DATA, "another study");
  strcpy(f.study, "c0ffee");
  f.width = W + 1;
  CHECK_FAILS(rote_recovery_file_read(path, &f), ROTE_DATA, "shape");
  rote_recovery_result_destroy(&f.result);
}

static void what_is_missing_is_marked(void **state)
{
  (void)state;
  rote_recovery_file f = file_of(&everything);
  fill(f.result);
  rote_recovery_result_missing(f.result, C);
  for (int i = 0; i < N; i++) {
    assert_true(isnan(f.result->attractor_radius[i]) && isnan(f.result->by[1].psnr[i]));
    assert_int_equal(f.result->by[2].recovered[i], 255);
    assert_int_equal(f.result->by[0].nearest[i], UINT32_MAX);
  }
  for (int i = 0; i < N * D; i++) {
    assert_int_equal(f.result->by[0].answer[i], 0);
  }
  assert_int_equal(f.result->mask[N * P - 1], 255);
  rote_recovery_result_destroy(&f.result);
}

static rote_status read_it(const char *where)
{
  rote_recovery_file f = file_of(&everything);
  const rote_status status = rote_recovery_file_read(where, &f);
  rote_recovery_result_destroy(&f.result);
  return status;
}

static void damage_is_noticed(void **state)
{
  (void)state;
  damage_everywhere(path, directory, 97, read_it);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(everything_comes_back),
      cmocka_unit_test(leave_out_models_keep_what_scores_need),
      cmocka_unit_test(files_of_others_are_refused),
      cmocka_unit_test(what_is_missing_is_marked),
      cmocka_unit_test(damage_is_noticed),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
