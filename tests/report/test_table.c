/* Tables of a small study.h5: which rows and columns there are. What the files hold, others read in
 * tests/cli/export.sh. */
#include "check.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 7, V = 2, F = 2, R = 3 };

/* The first score of a variant and of the data that the measures list. */
static const rote_image_score *first_score(bool of_data, bool of_models)
{
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    for (const rote_image_score *s = (*m)->scores; s != NULL && s->array != NULL; s++) {
      if (((*m)->subject == ROTE_OF_DATA) == of_data && s->of_models == of_models) {
        return s;
      }
    }
  }
  fail_msg("no measure has such a score");
  return NULL;
}

static char directory[] = "/tmp/rote-test-table-XXXXXX", path[ROTE_PATH_MAX];
static rote_study *study;
static rote_study_reader *reader;

static const double of_variant[V][N] = {{1, 2, 3, 4, 5, 6, 7}, {2, NAN, 5, -1, 5, INFINITY, 0}};
static const uint32_t of_data[N] = {3, UINT32_MAX, 0, 1, 2, 1, 1};
static const double of_models[F][N] = {{.5, .25, 1, 2, 3, 4, 5}, {9, 9, 9, 9, 9, 9, 9}};

static void put(rote_sink *sink, const char *name, const char *dims, rote_h5_type type,
                const void *data)
{
  const rote_array array = {.name = name,
                            .dims = dims,
                            .type = type,
                            .units = type == ROTE_H5_F64 ? "nats/pixel" : "1",
                            .long_name = "what it is",
                            .scale = strlen(name) == 5 || strcmp(name, "epoch") == 0};
  CHECK_OK(rote_sink_put(sink, &array, ROTE_ALL, data));
}

/* A study.h5 of two variants, of which only "b" has a score at epochs. */
static int set_up(void **state)
{
  (void)state;
  static const uint32_t count[N] = {0, 1, 2, 3, 4, 5, 6};
  static const int32_t label[N] = {-1, 9, 8, 7, 6, 5, 4};
  static const uint16_t fold[R * N] = {1, 0, 1, 0, 1, 0, 1, [2 * N] = 1};
  const char *const set[] = {"training.epochs=4", "evaluation.every=2"};
  const char *text = "name: two\nmodel: { kind: mlp_vae }\nvariants:\n  - { name: a }\n"
                     "  - { name: b }\n";
  rote_text_list names = {.count = 0};
  rote_sink *sink = NULL;
  assert_non_null(mkdtemp(directory));
  CHECK_OK(rote_study_parse("two.yaml", text, 2, set, &study));
  CHECK_OK(rote_path(path, "%s/study.h5", directory));
  CHECK_OK(rote_sink_write(path, &sink));
  rote_sink_size(sink, 'N', N);
  rote_sink_size(sink, 'R', R);
  rote_sink_size(sink, 'V', V);
  rote_sink_size(sink, 'F', F);
  put(sink, "image", "N", ROTE_H5_U32, count);
  put(sink, "round", "R", ROTE_H5_U32, count);
  put(sink, "epoch", "V", ROTE_H5_U32, count);
  put(sink, "model", "F", ROTE_H5_U32, count);
  for (size_t i = 0; i < N; i++) {
    CHECK_OK(rote_text_list_add(&names, i == 2 ? "a,\"b\"" : "plain"));
  }
  CHECK_OK(rote_sink_texts(sink,
                           &(rote_array){.name = "sample/name",
                                         .dims = "N",
                                         .type = ROTE_H5_TEXT,
                                         .units = "1",
                                         .long_name = "file"},
                           &names));
  put(sink, "sample/label", "N", ROTE_H5_I32, label);
  put(sink, "fold", "RN", ROTE_H5_U16, fold);
  put(sink, first_score(true, false)->array, "N", ROTE_H5_U32, of_data);
  CHECK_OK(rote_sink_base(sink, "b"));
  put(sink, first_score(false, false)->array, "VN", ROTE_H5_F64, of_variant);
  put(sink, first_score(false, true)->array, "FN", ROTE_H5_F64, of_models);
  CHECK_OK(rote_sink_end(&sink));
  rote_text_list_free(&names);
  CHECK_OK(rote_study_reader_open(path, &reader));
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  rote_study_reader_close(&reader);
  rote_study_destroy(&study);
  unlink(path);
  rmdir(directory);
  return 0;
}

static void has_every_score_at_the_last_epoch(void **state)
{
  (void)state;
  rote_table *t = NULL;
  const rote_table_column *c = NULL;
  CHECK_OK(rote_table_read(reader, study, NULL, &t));
  assert_int_equal(t->images, N);
  assert_int_equal(t->rows, N);
  assert_int_equal(t->scores, 3);
  assert_int_equal(t->columns, 3 + R + 3);
  CHECK_OK(rote_table_find(t, first_score(false, false)->title, &c));
  assert_memory_equal(c->value, of_variant[V - 1], sizeof of_variant[0]);
  assert_int_equal(c->epochs, V);
  assert_string_equal(c->variant->name, "b");
  assert_non_null(strstr(c->name, "_nats_pixel"));
  CHECK_OK(rote_table_find(t, first_score(false, true)->array, &c));
  assert_memory_equal(c->value, of_models[0], sizeof of_models[0]);
  assert_int_equal(c->epochs, 0);
  CHECK_OK(rote_table_find(t, first_score(true, false)->array, &c));
  assert_true(isnan(c->value[1]) && c->value[0] == 3 && c->variant == NULL);
  rote_table_destroy(&t);
  CHECK_OK(rote_table_read(reader, study, "a", &t));
  assert_int_equal(t->scores, 1);
  rote_table_destroy(&t);
  CHECK_FAILS(rote_table_read(reader, study, "c", &t), ROTE_USAGE, "there is a, b");
  assert_null(t);
}

static void keeps_the_highest(void **state)
{
  (void)state;
  static const struct {
    double share;
    size_t count, row[N];
  } kept[] = {
      {0.01, 1, {5}}, {2.0 / 7, 2, {5, 2}}, {0.3, 3, {5, 2, 4}}, {1, 6, {5, 2, 4, 0, 6, 3}}};
  const rote_table_column *c = NULL;
  for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) {
    rote_table *t = NULL;
    CHECK_OK(rote_table_read(reader, study, NULL, &t));
    CHECK_OK(rote_table_find(t, first_score(false, false)->array, &c));
    CHECK_OK(rote_table_keep_top(t, c, kept[k].share));
    assert_int_equal(t->rows, kept[k].count);
    assert_memory_equal(t->row, kept[k].row, t->rows * sizeof *t->row);
    rote_table_destroy(&t);
  }
}

/* Whichever allocation fails: nothing is left in memory or on disk. */
static void gives_back_what_it_took(void **state)
{
  (void)state;
  static const char *const name[] = {"t.csv", "t.json", "t.h5", "t.txt", "long.csv"};
  for (size_t form = 0; form < sizeof name / sizeof *name; form++) {
    char target[ROTE_PATH_MAX];
    rote_status status = ROTE_NOMEM;
    CHECK_OK(rote_path(target, "%s/%s", directory, name[form]));
    for (long n = 0; status != ROTE_OK; n++) {
      const long before = rote_memory_live_blocks();
      rote_table *t = NULL;
      rote_memory_fail_at(n);
      status = rote_table_read(reader, study, NULL, &t);
      if (status == ROTE_OK) {
        status = form == 4 ? rote_table_write_long(t, reader, target)
                           : rote_table_write(t, (rote_table_form)form, target);
      }
      rote_memory_fail_at(-1);
      rote_table_destroy(&t);
      assert_int_equal(rote_memory_live_blocks(), before);
      assert_int_equal(rote_file_exists(target), status == ROTE_OK);
    }
    unlink(target);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_every_score_at_the_last_epoch),
      cmocka_unit_test(keeps_the_highest),
      cmocka_unit_test(gives_back_what_it_took),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
