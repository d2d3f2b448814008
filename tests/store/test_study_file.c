#include "damage.h"
#include "rote/study_file.h"

#include <math.h>

/* Two variants, one with fewer epochs; R repeats, K folds, F full models, N images. */
enum { R = 2, K = 3, F = 2, N = 12, V = 3, EPOCHS = 5, UNITS = R * K + F };

static char directory[64], path[96];
static int32_t label[N];
static uint16_t fold[R * N];
static float values[V * R * K * N];
static rote_text_list files; /* of files; or empty */
static double score_values[8][N];
static uint8_t significant[N];

static rote_score make_score(size_t variant, size_t v)
{
  for (size_t i = 0; i < 8 * N; i++) {
    score_values[i / N][i % N] = (double)(i + 1000 * v) + 0.5 * (double)variant;
  }
  for (size_t i = 0; i < N; i++) {
    significant[i] = (i + v) % 3 == 0;
  }
  return (rote_score){N,
                      score_values[0],
                      score_values[1],
                      score_values[2],
                      score_values[3],
                      score_values[4],
                      score_values[5],
                      score_values[6],
                      significant};
}

static rote_study *make_study(size_t folds)
{
  static const char text[] =
      "name: tiny\nseed: 7\ntraining: { epochs: 5 }\nevaluation: { every: 2 }\n"
      "folds: { repeats: 2, full: 2, count: %zu }\n"
      "variants:\n  - { name: lr3 }\n"
      "  - { name: lr-4, set: [\"training.epochs=2\", \"training.learning_rate=1e-4\"] }\n";
  char filled[sizeof text + 8];
  rote_study *study;
  snprintf(filled, sizeof filled, text, folds);
  CHECK_OK(rote_study_parse("tiny.yaml", filled, 0, NULL, &study));
  return study;
}

static rote_status begin(const char *to, const rote_study *study, rote_study_file **file)
{
  const rote_data_info data = {.name = "tiny", .sha256 = "ab12"};
  const rote_study_file_identity identity = {.study_text = "name: tiny\n",
                                             .seed = 1ull << 63,
                                             .program_version = "0.1.0",
                                             .program_commit = "abc",
                                             .blas_core = "Haswell"};
  return rote_study_file_begin(to, study, &data, &identity, N, label, &files,
                               study->base.folds.count > 0 ? fold : NULL, file);
}

static float log_px_at(size_t variant, size_t v, size_t i)
{
  return -(float)(variant * 10000 + v * 1000 + i);
}

static rote_status write_variant(rote_study_file *file, size_t variant, const rote_options *options,
                                 const char *host)
{
  rote_status status = ROTE_OK;
  bool folds = options->folds.count > 0;
  rote_execution e[V * UNITS];
  for (size_t i = 0; i < V * UNITS; i++) {
    e[i] = (rote_execution){.rank = (int32_t)i, .attempts = 1, .seconds = 0.5 * (double)i};
    snprintf(e[i].host, sizeof e[i].host, "%s%zu", host, i);
  }
  ROTE_TRY(rote_study_file_write_loss(file, variant, folds ? values : NULL, folds ? values : NULL,
                                      values, NULL));
  for (size_t v = 0; v < rote_evaluation_count(options); v++) {
    rote_score score = make_score(variant, v);
    for (size_t i = 0; i < R * K * N; i++) {
      values[i] = log_px_at(variant, v, i);
    }
    ROTE_TRY(rote_study_file_write_epoch(file, variant, v, folds ? values : NULL,
                                         folds ? values : NULL, folds ? &score : NULL, values,
                                         values));
  }
  ROTE_TRY(rote_study_file_write_execution(file, variant, e, e));
done:
  return status;
}

/* Full models alone, all likelihoods 0. */
static rote_status write_empty_variant(rote_study_file *file, size_t variant,
                                       const rote_options *options, size_t images)
{
  rote_status status = ROTE_OK;
  static const rote_execution execution[V * UNITS];
  float *zero = NULL;
  ROTE_TRY(rote_alloc(F * images, sizeof *zero, &zero));
  ROTE_TRY(rote_study_file_write_loss(file, variant, NULL, NULL, zero, NULL));
  for (size_t v = 0; v < rote_evaluation_count(options); v++) {
    ROTE_TRY(rote_study_file_write_epoch(file, variant, v, NULL, NULL, NULL, zero, zero));
  }
  ROTE_TRY(rote_study_file_write_execution(file, variant, execution, execution));
done:
  rote_free(&zero);
  return status;
}

static rote_status write_study(const char *to, size_t folds, const char *host)
{
  rote_status status = ROTE_OK;
  rote_study *study = make_study(folds);
  rote_study_file *file = NULL;
  memset(values, 0, sizeof values);
  ROTE_TRY(begin(to, study, &file));
  for (size_t i = 0; i < study->variant_count; i++) {
    ROTE_TRY(write_variant(file, i, &study->variant[i].options, host));
  }
  ROTE_TRY(rote_study_file_write_arithmetic(file, "fma"));
  ROTE_TRY(rote_study_file_commit(&file));
  assert_null(file);
done:
  rote_study_file_abort(&file);
  rote_study_destroy(&study);
  return status;
}

static int setup(void **state)
{
  (void)state;
  for (size_t i = 0; i < N; i++) {
    label[i] = (int32_t)i % 10;
  }
  for (size_t i = 0; i < R * N; i++) {
    fold[i] = (uint16_t)((i + i / N) % K);
  }
  make_directory(directory);
  snprintf(path, sizeof path, "%s/study.h5", directory);
  CHECK_OK(write_study(path, K, "node"));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  rote_text_list_free(&files);
  remove_directory(directory);
  return 0;
}

static rote_status read_all(const char *file)
{
  static const char *const names[] = {"U",       "V",      "M", "M_mean_log", "standard_error",
                                      "p_value", "q_value"};
  static const char *const variants[] = {"lr3", "lr-4"};
  static const size_t evaluated[] = {V, 1};
  rote_status status = ROTE_OK;
  rote_study_file_shape shape;
  float log_px[R * K * N];
  uint16_t f[R * N];
  double x[N];
  for (size_t variant = 0; variant < 2; variant++) {
    ROTE_TRY(rote_study_file_read_shape(file, variants[variant], &shape));
    assert_int_equal(shape.images, N);
    assert_int_equal(shape.repeats, R);
    assert_int_equal(shape.folds, K);
    assert_int_equal(shape.epochs_evaluated, evaluated[variant]);
    assert_true(shape.seed == 1ull << 63);
    size_t v = evaluated[variant] - 1;
    ROTE_TRY(rote_study_file_read_log_px(file, variants[variant], v, log_px, f));
    assert_memory_equal(f, fold, sizeof fold);
    for (size_t i = 0; i < R * K * N; i++) {
      assert_true(log_px[i] == log_px_at(variant, v, i));
    }
    rote_score score = make_score(variant, v);
    const double *expected[] = {
        score.u,       score.v,      score.m, score.m_mean_log, score.standard_error,
        score.p_value, score.q_value};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
      ROTE_TRY(rote_study_file_read_score(file, variants[variant], v, names[i], x));
      assert_memory_equal(x, expected[i], sizeof x);
    }
    ROTE_TRY(rote_study_file_read_score(file, variants[variant], v, "significant", x));
    for (size_t i = 0; i < N; i++) {
      assert_true(x[i] == significant[i]);
    }
  }
done:
  return status;
}

static void reads_what_was_written(void **state)
{
  (void)state;
  CHECK_OK(read_all(path));
  assert_int_equal(count_entries(directory), 3);
}

/* Names of files, more than HDF5 gets at once, of which the study has the first; or places. */
static void names_the_images(void **state)
{
  (void)state;
  enum { MANY = 10000 };
  static int32_t labels[MANY];
  static const rote_study_file_identity identity = {.study_text = "name: tiny\n",
                                                    .program_version = "0.1.0",
                                                    .program_commit = "abc",
                                                    .blas_core = "Haswell"};
  const rote_data_info data = {.name = "tiny", .sha256 = "ab12"};
  for (int named = 0; named < 2; named++) {
    rote_study *study = make_study(0);
    rote_study_file *file = NULL;
    rote_text_list found;
    char text[64];
    for (size_t i = 0; i < MANY + 3 && named; i++) {
      snprintf(text, sizeof text, "train/caf\u00e9/%zu.jpg", i);
      CHECK_OK(rote_text_list_add(&files, text));
    }
    CHECK_OK(rote_study_file_begin(path, study, &data, &identity, MANY, labels,
                                   named ? &files : NULL, NULL, &file));
    for (size_t v = 0; v < study->variant_count; v++) {
      CHECK_OK(write_empty_variant(file, v, &study->variant[v].options, MANY));
    }
    CHECK_OK(rote_study_file_commit(&file));
    CHECK_OK(rote_study_file_read_names(path, &found));
    assert_int_equal(found.count, MANY);
    for (size_t i = 0; i < MANY; i++) {
      snprintf(text, sizeof text, named ? "train/caf\u00e9/%zu.jpg" : "train/%05zu", i);
      assert_string_equal(rote_text_list_get(&found, i), text);
    }
    rote_text_list_free(&found);
    rote_study_destroy(&study);
  }
  rote_text_list_free(&files);
  CHECK_OK(rote_text_list_add(&files, "too few"));
  rote_study *study = make_study(K);
  rote_study_file *file = NULL;
  CHECK_FAILS(begin(path, study, &file), ROTE_INTERNAL, "1 names of 12 images");
  rote_study_destroy(&study);
}

static void refuses_what_is_not_there(void **state)
{
  (void)state;
  double x[N];
  float log_px[R * K * N];
  rote_study_file_shape shape;
  CHECK_FAILS(rote_study_file_read_shape(path, "lr5", &shape), ROTE_DATA,
              "has no variant called \"lr5\"");
  CHECK_FAILS(rote_study_file_read_shape(path, "", &shape), ROTE_DATA,
              "has no variant called \"\"");
  CHECK_FAILS(rote_study_file_read_score(path, "lr3", 0, "W", x), ROTE_USAGE,
              "no score called \"W\"");
  CHECK_FAILS(rote_study_file_read_score(path, "lr3", V, "M", x), ROTE_DATA, "lr3/score/M");
  CHECK_FAILS(rote_study_file_read_log_px(path, "lr-4", 1, log_px, fold), ROTE_DATA, "lr-4/log_px");
}

static void a_study_without_folds_has_full_models_only(void **state)
{
  (void)state;
  rote_study_file_shape shape;
  double x[N];
  CHECK_OK(write_study(path, 0, "node"));
  CHECK_OK(rote_study_file_read_shape(path, "lr3", &shape));
  assert_int_equal(shape.images, N);
  assert_int_equal(shape.repeats, 0);
  assert_int_equal(shape.folds, 0);
  CHECK_FAILS(rote_study_file_read_score(path, "lr3", 0, "M", x), ROTE_DATA, "lr3/score/M");
}

static void equal_content_gives_equal_bytes(void **state)
{
  (void)state;
  char again[96], command[512];
  snprintf(again, sizeof again, "%s/again.h5", directory);
  sleep(1);
  CHECK_OK(write_study(again, K, "node"));
  assert_same_bytes(path, again);
  CHECK_OK(write_study(again, K, "other")); /* hosts lie below /execution */
  snprintf(command, sizeof command, "h5diff --exclude-path /execution '%s' '%s'", path, again);
  assert_int_equal(system(command), 0);
}

static void is_not_there_before_the_commit(void **state)
{
  (void)state;
  char other[96];
  rote_study *study = make_study(K);
  rote_study_file *file;
  snprintf(other, sizeof other, "%s/other.h5", directory);
  CHECK_OK(begin(other, study, &file));
  CHECK_OK(write_variant(file, 0, &study->variant[0].options, "node"));
  CHECK_FAILS(rote_study_file_commit(&file), ROTE_INTERNAL, "lr-4 is not complete: 0 of 3");
  assert_null(file);
  assert_int_equal(count_entries(directory), 3);
  rote_study_destroy(&study);
}

static void fails_cleanly_without_memory(void **state)
{
  (void)state;
  rote_status status = ROTE_NOMEM;
  long blocks = rote_memory_live_blocks();
  rote_study *study = make_study(K);
  for (long n = 0; status != ROTE_OK; n++) {
    rote_study_file *file = NULL;
    rote_memory_fail_at(n);
    status = begin(path, study, &file);
    assert_true(status == ROTE_OK || (status == ROTE_NOMEM && file == NULL));
    rote_study_file_abort(&file);
  }
  rote_memory_fail_at(-1);
  rote_study_destroy(&study);
  assert_int_equal(rote_memory_live_blocks(), blocks);
  assert_int_equal(count_entries(directory), 3);
  CHECK_OK(read_all(path));
}

static void notices_damage(void **state)
{
  (void)state;
  damage_everywhere(path, directory, 331, read_all);
}

/* ROTE_TEST_KEEP=FILE: write a study there, for check_readers.py. */
static void keeps_one_for_other_readers(void **state)
{
  (void)state;
  const char *keep = getenv("ROTE_TEST_KEEP");
  if (keep == NULL) {
    skip();
  }
  CHECK_OK(write_study(keep, K, "node"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_what_was_written, setup, teardown),
      cmocka_unit_test_setup_teardown(names_the_images, setup, teardown),
      cmocka_unit_test_setup_teardown(refuses_what_is_not_there, setup, teardown),
      cmocka_unit_test_setup_teardown(a_study_without_folds_has_full_models_only, setup, teardown),
      cmocka_unit_test_setup_teardown(equal_content_gives_equal_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(is_not_there_before_the_commit, setup, teardown),
      cmocka_unit_test_setup_teardown(fails_cleanly_without_memory, setup, teardown),
      cmocka_unit_test_setup_teardown(notices_damage, setup, teardown),
      cmocka_unit_test_setup_teardown(keeps_one_for_other_readers, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
