/* One traversal, two sinks. */
#include "damage.h"
#include "rote/sink.h"

#include <math.h>

enum { N = 5, V = 2, R = 3 };

static const rote_array image = {.name = "image",
                                 .dims = "N",
                                 .type = ROTE_H5_U32,
                                 .units = "1",
                                 .long_name = "index",
                                 .scale = true};
static const rote_array epoch = {.name = "epoch",
                                 .dims = "V",
                                 .type = ROTE_H5_U32,
                                 .units = "epoch",
                                 .long_name = "epochs",
                                 .scale = true};
static const rote_array names = {
    .name = "sample/name", .dims = "N", .type = ROTE_H5_TEXT, .units = "1", .long_name = "file"};
static const rote_array score = {.name = "score/M",
                                 .dims = "VN",
                                 .type = ROTE_H5_F64,
                                 .units = "nats",
                                 .long_name = "score",
                                 .chunks = ROTE_H5_ROWS};
static const rote_array flag = {.name = "score/significant",
                                .dims = "VN",
                                .type = ROTE_H5_U8,
                                .units = "1",
                                .long_name = "whether",
                                .flags = "no yes"};
static const rote_array folds = {
    .name = "fold", .dims = "RN", .type = ROTE_H5_U16, .units = "1", .long_name = "fold"};
static const rote_array radius = {
    .name = "radius", .dims = "", .type = ROTE_H5_F64, .units = "1", .long_name = "radius"};

/* What is put, and so what must be found. */
static double values[V][N];
static uint8_t flags[V][N];
static double one_number;

static char directory[64], path[96];
static size_t compared;
static char wrong[256]; /* arrays that differ, a space behind each */

static void note(void *context, const char *array, size_t numbers, bool same)
{
  (void)context;
  compared += numbers;
  if (!same) {
    strcat(strcat(wrong, array), " ");
  }
}

static rote_status put_all(rote_sink *sink)
{
  rote_status status = ROTE_OK;
  rote_text_list list = {.count = 0};
  rote_sink_size(sink, 'N', N);
  rote_sink_size(sink, 'V', V);
  rote_sink_size(sink, 'R', 0);
  ROTE_TRY(rote_sink_base(sink, ""));
  ROTE_TRY(rote_sink_count(sink, &image, 0));
  for (int i = 0; i < N; i++) {
    ROTE_TRY(rote_text_list_add(&list, "a.png"));
  }
  ROTE_TRY(rote_sink_texts(sink, &names, &list));
  ROTE_TRY(rote_sink_put(sink, &folds, ROTE_ALL, NULL)); /* there are no folds */
  ROTE_TRY(rote_sink_put(sink, &radius, ROTE_ALL, &one_number));
  ROTE_TRY(rote_sink_attribute(sink, "study", "name: tiny"));
  ROTE_TRY(rote_sink_attribute(sink, "data_sha256", "c0ffee"));
  ROTE_TRY(rote_sink_link(sink, "image", "sample/index"));
  ROTE_TRY(rote_sink_base(sink, "lr3"));
  ROTE_TRY(rote_sink_count(sink, &epoch, 7));
  for (size_t v = 0; v < V; v++) {
    const rote_range row = {.first = v, .count = 1};
    const rote_range tail = {.inner = true, .row = v, .first = 2, .count = N - 2};
    const rote_range head = {.inner = true, .row = v, .first = 0, .count = 2};
    ROTE_TRY(rote_sink_put(sink, &flag, row, flags[v]));
    ROTE_TRY(rote_sink_put(sink, &score, tail, values[v] + 2));
    ROTE_TRY(rote_sink_put(sink, &score, head, values[v]));
  }
done:
  rote_text_list_free(&list);
  return status;
}

static rote_status check_all(void)
{
  rote_status status = ROTE_OK;
  rote_sink *sink = NULL;
  compared = 0;
  wrong[0] = '\0';
  ROTE_TRY(rote_sink_check(path, note, NULL, &sink));
  assert_true(rote_sink_is_check(sink));
  ROTE_TRY(put_all(sink));
  ROTE_TRY(rote_sink_end(&sink));
done:
  rote_sink_abort(&sink);
  return status;
}

static int setup(void **state)
{
  rote_sink *sink = NULL;
  (void)state;
  make_directory(directory);
  snprintf(path, sizeof path, "%s/study.h5", directory);
  for (size_t i = 0; i < V * N; i++) {
    values[i / N][i % N] = (double)i / 3;
    flags[i / N][i % N] = i % 3 == 0;
  }
  values[1][4] = NAN;
  one_number = 2.5;
  CHECK_OK(rote_sink_write(path, &sink));
  assert_false(rote_sink_is_check(sink));
  CHECK_OK(put_all(sink));
  assert_false(rote_file_exists(path));
  CHECK_OK(rote_sink_end(&sink));
  assert_null(sink);
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  remove_directory(directory);
  return 0;
}

static void what_was_written_is_the_same(void **state)
{
  (void)state;
  values[1][4] = -(double)NAN; /* any NaN is as good as another */
  CHECK_OK(check_all());
  assert_string_equal(wrong, "");
  assert_int_equal(compared, N + 1 + V + 2 * V * N);
}

static void every_number_that_differs_is_found(void **state)
{
  (void)state;
  for (size_t i = 0; i < V * N; i++) {
    double *value = &values[i / N][i % N], before = *value;
    *value = 17;
    CHECK_OK(check_all());
    assert_string_equal(wrong, "lr3/score/M ");
    *value = before;
    flags[i / N][i % N] ^= 1;
    CHECK_OK(check_all());
    assert_string_equal(wrong, "lr3/score/significant ");
    flags[i / N][i % N] ^= 1;
  }
  one_number = -0.0 + 2.25;
  CHECK_OK(check_all());
  assert_string_equal(wrong, "radius ");
}

static void another_shape_or_no_array_is_damage(void **state)
{
  (void)state;
  rote_sink *sink = NULL;
  CHECK_OK(rote_sink_check(path, note, NULL, &sink));
  rote_sink_size(sink, 'N', N + 1);
  rote_sink_size(sink, 'V', V);
  CHECK_OK(rote_sink_base(sink, "lr3"));
  CHECK_FAILS(rote_sink_put(sink, &score, (rote_range){.first = 0, .count = 1}, values), ROTE_DATA,
              "lr3/score/M");
  rote_sink_size(sink, 'N', N);
  CHECK_OK(rote_sink_base(sink, "lr4"));
  CHECK_FAILS(rote_sink_put(sink, &score, (rote_range){.first = 0, .count = 1}, values), ROTE_DATA,
              "lr4/score/M");
  rote_sink_abort(&sink);
}

static void a_reader_gives_numbers_of_any_type(void **state)
{
  (void)state;
  rote_study_reader *reader = NULL;
  rote_h5_array shape;
  rote_text_list list = {.count = 0};
  double got[V * N], epochs[V];
  char fingerprint[65];
  CHECK_OK(rote_study_reader_open(path, &reader));
  assert_true(rote_study_reader_has(reader, "lr3/score/M"));
  assert_true(rote_study_reader_has(reader, "sample/index"));
  assert_false(rote_study_reader_has(reader, "fold")); /* a dimension of length 0 */
  CHECK_OK(rote_study_reader_get(reader, "lr3/score/significant", ROTE_ALL, got));
  for (size_t i = 0; i < V * N; i++) {
    assert_true(got[i] == (i % 3 == 0));
  }
  CHECK_OK(rote_study_reader_get(
      reader, "lr3/score/M", (rote_range){.inner = true, .row = 1, .first = 1, .count = 2}, got));
  assert_true(got[0] == values[1][1] && got[1] == values[1][2]);
  CHECK_OK(rote_study_reader_get(reader, "lr3/epoch", ROTE_ALL, epochs));
  assert_true(epochs[0] == 7 && epochs[1] == 8);
  CHECK_OK(rote_study_reader_shape(reader, "lr3/score/M", &shape));
  assert_int_equal(shape.rank, 2);
  assert_int_equal(shape.shape[1], N);
  CHECK_OK(rote_study_reader_texts(reader, "sample/name", &list));
  assert_int_equal(list.count, N);
  CHECK_OK(rote_study_reader_fingerprint(reader, fingerprint));
  assert_int_equal(strlen(fingerprint), 64);
  CHECK_FAILS(rote_study_reader_get(reader, "lr4/score/M", ROTE_ALL, got), ROTE_DATA, "lr4");
  rote_text_list_free(&list);
  rote_study_reader_close(&reader);
}

/* netCDF's rule: the scale is the nearest one above. */
static void arrays_need_a_scale_above_them(void **state)
{
  (void)state;
  rote_sink *sink = NULL;
  char other[128];
  snprintf(other, sizeof other, "%s/other.h5", directory);
  CHECK_OK(rote_sink_write(other, &sink));
  rote_sink_size(sink, 'N', N);
  rote_sink_size(sink, 'V', V);
  CHECK_OK(rote_sink_base(sink, "lr3"));
  CHECK_OK(rote_sink_count(sink, &epoch, 1));
  CHECK_OK(rote_sink_base(sink, "lr4"));
  CHECK_FAILS(rote_sink_put(sink, &score, ROTE_ALL, values), ROTE_INTERNAL, "no scale");
  rote_sink_abort(&sink);
  assert_false(rote_file_exists(other));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_was_written_is_the_same, setup, teardown),
      cmocka_unit_test_setup_teardown(every_number_that_differs_is_found, setup, teardown),
      cmocka_unit_test_setup_teardown(another_shape_or_no_array_is_damage, setup, teardown),
      cmocka_unit_test_setup_teardown(a_reader_gives_numbers_of_any_type, setup, teardown),
      cmocka_unit_test_setup_teardown(arrays_need_a_scale_above_them, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
