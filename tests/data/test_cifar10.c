#include "idx_files.h"

#include "rote/import.h"
#include "rote/memory.h"

#include <stdbool.h>

enum { RECORD = 3073 };

static const char *const names[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                    "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin"};

static uint8_t byte_of(size_t file, size_t record, size_t at)
{
  return at == 0 ? (uint8_t)((file + record) % 10) : (uint8_t)(file * 50 + record * 11 + at * 7);
}

static void write_batch(size_t file, size_t records)
{
  static uint8_t bytes[8 * RECORD];
  for (size_t i = 0; i < records * RECORD; i++) {
    bytes[i] = byte_of(file, i / RECORD, i % RECORD);
  }
  write_bytes(names[file], bytes, records * RECORD);
}

static int begin(void **state)
{
  if (make_directory(state) != 0) {
    return 1;
  }
  for (size_t f = 0; f < 6; f++) {
    write_batch(f, f == 5 ? 2 : f + 1); /* 1 + 2 + 3 + 4 + 5 and 2 */
  }
  return 0;
}

static rote_status import(rote_data **data)
{
  return rote_importer_find("cifar10")->read(test_directory, &(rote_import_options){0}, data);
}

static void check_record(const rote_image_set *set, size_t i, size_t file, size_t record)
{
  assert_int_equal(set->label[i], byte_of(file, record, 0));
  for (size_t p = 0; p < RECORD - 1; p++) {
    assert_int_equal(set->pixel[i * (RECORD - 1) + p], byte_of(file, record, p + 1));
  }
}

static void reads_all_six_files(void **state)
{
  (void)state;
  rote_data *data = NULL;
  CHECK_OK(import(&data));
  assert_string_equal(data->info.name, "cifar10");
  assert_int_equal(data->info.channels, 3);
  assert_int_equal(data->info.height, 32);
  assert_int_equal(data->info.width, 32);
  assert_non_null(strstr(data->info.source, "not known by checksum")); /* these are not CIFAR-10 */
  assert_int_equal(data->info.train_count, 15);
  assert_int_equal(data->info.validation_count, 0);
  assert_int_equal(data->info.test_count, 2);
  size_t i = 0;
  for (size_t f = 0; f < 5; f++) {
    for (size_t r = 0; r <= f; r++, i++) {
      check_record(&data->train, i, f, r);
    }
  }
  check_record(&data->test, 1, 5, 1);
  assert_int_equal(data->class_name.count, 10);
  assert_string_equal(rote_text_list_get(&data->class_name, 9), "truck");
  assert_int_equal(strlen(data->files_sha256), 64);
  rote_data_destroy(&data);
}

static void check_bad(const char *words)
{
  const long before = rote_memory_live_blocks();
  rote_data *data = (rote_data *)1;
  CHECK_FAILS(import(&data), ROTE_DATA, words);
  assert_null(data);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void names_what_is_wrong(void **state)
{
  (void)state;
  static uint8_t bytes[2 * RECORD];
  assert_int_equal(rename(in_directory(names[3]), in_directory("away")), 0);
  check_bad("data_batch_4.bin: is missing");
  assert_int_equal(rename(in_directory("away"), in_directory(names[3])), 0);

  write_bytes(names[5], bytes, 2 * RECORD - 1);
  check_bad("test_batch.bin: has 6145 bytes, not a whole number of records of 3073");
  write_bytes(names[5], bytes, 0);
  check_bad("test_batch.bin: has 0 bytes");
  bytes[RECORD] = 10;
  write_bytes(names[5], bytes, 2 * RECORD);
  check_bad("test_batch.bin: record 1 has the label 10");
  write_batch(5, 2);
}

static void looks_past_directories(void **state)
{
  (void)state;
  rote_data *data;
  char inner[64];
  snprintf(inner, sizeof inner, "%s/%s", names[3], names[3]);
  assert_int_equal(rename(in_directory(names[3]), in_directory("away")), 0);
  assert_int_equal(mkdir(in_directory(names[3]), 0777), 0);
  check_bad("data_batch_4.bin: is missing");
  assert_int_equal(rename(in_directory("away"), in_directory(inner)), 0);
  CHECK_OK(import(&data));
  rote_data_destroy(&data);
  assert_int_equal(rename(in_directory(inner), in_directory("away")), 0);
  assert_int_equal(rmdir(in_directory(names[3])), 0);
  assert_int_equal(rename(in_directory("away"), in_directory(names[3])), 0);
}

static void says_what_may_not_be_read(void **state)
{
  (void)state;
  rote_data *data;
  assert_int_equal(chmod(in_directory(names[2]), 0), 0);
  drop_rights();
  CHECK_FAILS(import(&data), ROTE_IO, "data_batch_3.bin: cannot read: Permission denied");
  regain_rights();
  assert_int_equal(chmod(in_directory(names[2]), 0644), 0);
  if (geteuid() == 0) {
    assert_int_equal(chmod(test_directory, 0700), 0);
    assert_int_equal(seteuid(65534), 0);
    CHECK_FAILS(import(&data), ROTE_IO, "data_batch_1.bin: cannot look at: Permission denied");
    regain_rights();
  }
}

static void survives_every_failed_allocation(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  rote_status status = ROTE_NOMEM;
  for (long n = 0; status != ROTE_OK; n++) {
    rote_data *data = NULL;
    rote_memory_fail_at(n);
    status = import(&data);
    rote_memory_fail_at(-1);
    assert_true(status == ROTE_OK ? data != NULL : data == NULL && status == ROTE_NOMEM);
    rote_data_destroy(&data);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_all_six_files),
      cmocka_unit_test(names_what_is_wrong),
      cmocka_unit_test(looks_past_directories),
      cmocka_unit_test(says_what_may_not_be_read),
      cmocka_unit_test(survives_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, begin, remove_directory);
}
