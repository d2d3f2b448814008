#include "damage.h"
#include "rote/piece_file.h"

#include <math.h>

enum { ROWS = 11, T = 3 };

static const rote_array table[] = {
    {.name = "log_px", .dims = "I", .type = ROTE_H5_F32},
    {.name = "blind/psnr", .dims = "IT", .type = ROTE_H5_F32},
    {.name = "blind/recovered", .dims = "I", .type = ROTE_H5_U8, .flags = "no yes missing"},
    {.name = "nearest", .dims = "I", .type = ROTE_H5_U32},
    {.name = "image", .dims = "IT", .type = ROTE_H5_U8, .packed = true},
    {.name = "distance", .dims = "I", .type = ROTE_H5_F64},
    ROTE_ARRAY_END,
};
enum { LOG_PX, PSNR, RECOVERED, NEAREST, IMAGE, DISTANCE };

static const rote_sizes sizes = {.length = {['T' - 'A'] = T}};
static const rote_execution execution = {.host = "node-17",
                                         .rank = 3,
                                         .attempts = 2,
                                         .resumes = 1,
                                         .seconds = 12.5,
                                         .arithmetic = "fma"};
static const rote_label label = {.kind = "score",
                                 .key = "base/r00-f01-e0005",
                                 .identity = "c0ffee",
                                 .first = 64,
                                 .count = ROWS,
                                 .end = ROTE_END_NOT,
                                 .arithmetic = "fma"};

static char directory[64], path[96];
static rote_rows *written;

static int setup(void **state)
{
  (void)state;
  make_directory(directory);
  snprintf(path, sizeof path, "%s/results/base/r00-f01-e0005.h5", directory);
  CHECK_OK(rote_rows_create(table, &sizes, ROWS, &written));
  written->first = 64;
  written->count = ROWS;
  for (size_t a = 0; a < written->arrays; a++) {
    unsigned char *bytes = written->data[a];
    const size_t n = ROWS * rote_array_row(&table[a], &sizes) * rote_h5_type_bytes(table[a].type);
    for (size_t i = 0; i < n; i++) {
      bytes[i] = (unsigned char)(i * 37 + a);
    }
  }
  ((float *)written->data[LOG_PX])[2] = NAN;
  CHECK_OK(rote_piece_file_write(path, &label, written, &execution));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  rote_rows_destroy(&written);
  remove_directory(directory);
  return 0;
}

static rote_status read_all(const char *file)
{
  rote_status status = ROTE_OK;
  rote_rows *rows = NULL;
  rote_label found;
  rote_execution e;
  ROTE_TRY(rote_rows_create(table, &sizes, ROWS + 2, &rows));
  ROTE_TRY(rote_label_read(file, &found));
  ROTE_TRY(rote_piece_file_read(file, &found, rows, &e));
  assert_int_equal(rows->first, 64);
  assert_int_equal(rows->count, ROWS);
  for (size_t a = 0; a < rows->arrays; a++) {
    assert_memory_equal(rows->data[a], written->data[a],
                        ROWS * rote_array_row(&table[a], &sizes) *
                            rote_h5_type_bytes(table[a].type));
  }
  assert_string_equal(e.host, execution.host);
  assert_int_equal(e.rank, execution.rank);
  assert_int_equal(e.attempts, execution.attempts);
  assert_int_equal(e.resumes, execution.resumes);
  assert_true(e.seconds == execution.seconds);
  assert_string_equal(e.arithmetic, execution.arithmetic);
done:
  rote_rows_destroy(&rows);
  return status;
}

static void reads_what_was_written(void **state)
{
  (void)state;
  CHECK_OK(read_all(path));
}

static void notices_all_damage(void **state)
{
  (void)state;
  damage_everywhere(path, directory, 97, read_all);
}

static void the_label_says_what_it_is(void **state)
{
  (void)state;
  rote_label found;
  CHECK_OK(rote_label_peek(path, &found));
  assert_string_equal(found.kind, label.kind);
  assert_string_equal(found.key, label.key);
  assert_string_equal(found.identity, label.identity);
  assert_int_equal(found.first, 64);
  assert_int_equal(found.count, ROWS);
  assert_int_equal(found.end, ROTE_END_NOT);
  assert_string_equal(found.arithmetic, "fma");
  CHECK_OK(rote_label_expect(path, &found, "score", "base/r00-f01-e0005", "c0ffee"));
  CHECK_FAILS(rote_label_expect(path, &found, "other", "base/r00-f01-e0005", "c0ffee"), ROTE_DATA,
              "base/r00-f01-e0005");
  CHECK_FAILS(rote_label_expect(path, &found, "score", "base/r00-f02-e0005", "c0ffee"), ROTE_DATA,
              "base/r00-f02-e0005");
  CHECK_FAILS(rote_label_expect(path, &found, "score", "base/r00-f01-e0005", "decaf"), ROTE_DATA,
              "another study");
}

/* A file that another one was renamed over since its label was read. */
static void another_content_than_its_label_is_refused(void **state)
{
  (void)state;
  rote_rows *rows = NULL;
  rote_execution e;
  rote_label other = label;
  CHECK_OK(rote_rows_create(table, &sizes, ROWS, &rows));
  other.first = 0;
  CHECK_FAILS(rote_piece_file_read(path, &other, rows, &e), ROTE_DATA, path);
  other = label;
  snprintf(other.identity, sizeof other.identity, "decaf");
  CHECK_FAILS(rote_piece_file_read(path, &other, rows, &e), ROTE_DATA, path);
  other = label;
  other.count = ROWS - 1;
  CHECK_FAILS(rote_piece_file_read(path, &other, rows, &e), ROTE_DATA, path);
  rote_rows_destroy(&rows);
}

/* A message of rows, and rows to their places. */
static void rows_survive_a_message(void **state)
{
  (void)state;
  rote_rows *all = NULL;
  char *bytes = NULL;
  const size_t row = rote_rows_bytes(table, &sizes);
  assert_int_equal(row, 4 + 4 * T + 1 + 4 + T + 8);
  CHECK_OK(rote_alloc(ROWS, row, &bytes));
  CHECK_OK(rote_rows_create(table, &sizes, 2 * ROWS, &all));
  rote_rows_pack(written, bytes);
  rote_rows_unpack(bytes, ROWS, ROWS, all);
  for (size_t a = 0; a < all->arrays; a++) {
    const size_t n = ROWS * rote_array_row(&table[a], &sizes) * rote_h5_type_bytes(table[a].type);
    assert_memory_equal(rote_rows_at(all, a, ROWS), written->data[a], n);
    assert_memory_equal(rote_rows_at(all, a, ROWS + 1), rote_rows_at(written, a, 1), 1);
  }
  all->count = 2 * ROWS;
  rote_rows_miss(all);
  assert_true(isnan(*(float *)rote_rows_at(all, PSNR, 2 * ROWS - 1)));
  assert_true(isnan(*(double *)rote_rows_at(all, DISTANCE, 0)));
  assert_int_equal(*(uint32_t *)rote_rows_at(all, NEAREST, 3), UINT32_MAX);
  assert_int_equal(*(uint8_t *)rote_rows_at(all, RECOVERED, 3), 255);
  assert_int_equal(*(uint8_t *)rote_rows_at(all, IMAGE, 3), 0);
  rote_free(&bytes);
  rote_rows_destroy(&all);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_what_was_written, setup, teardown),
      cmocka_unit_test_setup_teardown(notices_all_damage, setup, teardown),
      cmocka_unit_test_setup_teardown(the_label_says_what_it_is, setup, teardown),
      cmocka_unit_test_setup_teardown(another_content_than_its_label_is_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(rows_survive_a_message, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
