#include "image_files.h"

#include "rote/import.h"
#include "rote/memory.h"

#include <stdbool.h>

enum { H = 218, W = 178 };

static rote_status import(const rote_import_options *options, rote_data **data)
{
  return rote_importer_find("celeba")->read(test_directory, options, data);
}

static void write_text(const char *name, const char *text)
{
  write_bytes(name, text, strlen(text));
}

/* Four faces; the order is that of the partition file. */
static int begin(void **state)
{
  if (make_directory(state) != 0) {
    return 1;
  }
  put_folder("img_align_celeba");
  for (size_t i = 1; i <= 4; i++) {
    char name[64];
    snprintf(name, sizeof name, "img_align_celeba/%06zu.jpg", i);
    put_file(name, encode_jpeg(10 * i, H, W, 3));
  }
  write_text("list_eval_partition.txt",
             "000001.jpg 0\r\n000002.jpg 2\n\n000003.jpg 0\n000004.jpg 1");
  return 0;
}

static void reads_images_by_partition(void **state)
{
  (void)state;
  rote_data *data;
  CHECK_OK(import(&(rote_import_options){.pad = 0}, &data));
  assert_string_equal(data->info.name, "celeba");
  assert_non_null(strstr(data->info.source, "crop 15,40,163,188; resized to 32 x 32"));
  assert_int_equal(data->info.channels, 3);
  assert_int_equal(data->info.height, 32);
  assert_int_equal(data->info.width, 32);
  assert_int_equal(data->info.train_count, 2);
  assert_int_equal(data->info.validation_count, 1);
  assert_int_equal(data->info.test_count, 1);
  assert_string_equal(rote_text_list_get(&data->train.name, 1), "000003.jpg");
  assert_string_equal(rote_text_list_get(&data->test.name, 0), "000002.jpg");
  assert_int_equal(data->train.label[0], -1);
  assert_int_equal(data->attribute_name.count, 0);
  assert_null(data->train.attribute);
  rote_data_destroy(&data);
  CHECK_OK(import(&(rote_import_options){.size = 64, .gray = true}, &data));
  assert_int_equal(data->info.channels, 1);
  assert_int_equal(data->info.height, 64);
  rote_data_destroy(&data);
}

static void keeps_attributes_and_identities(void **state)
{
  (void)state;
  rote_data *data;
  write_text("list_attr_celeba.txt", "5\nBald Smiling Young\n000001.jpg  1 -1  1\n"
                                     "000002.jpg -1 -1 1\n000004.jpg -1 1 -1\n"
                                     "000003.jpg -1 -1 -1\n000005.jpg 1 1 1\n");
  write_text("identity_CelebA.txt", "000004.jpg 40\n000003.jpg 30\n000002.jpg 20\n000001.jpg 10\n");
  CHECK_OK(import(&(rote_import_options){.pad = 0}, &data));
  const uint8_t wanted[] = {1, 0, 1, 0, 0, 0};
  assert_int_equal(data->attribute_name.count, 3);
  assert_string_equal(rote_text_list_get(&data->attribute_name, 1), "Smiling");
  assert_memory_equal(data->train.attribute, wanted, sizeof wanted);
  assert_memory_equal(data->validation.attribute, ((uint8_t[]){0, 1, 0}), 3);
  assert_int_equal(data->train.label[0], 10);
  assert_int_equal(data->train.label[1], 30);
  assert_int_equal(data->validation.label[0], 40);
  assert_int_equal(data->test.label[0], 20);
  rote_data_destroy(&data);
}

static void check_bad(const char *words)
{
  const long before = rote_memory_live_blocks();
  rote_data *data = (rote_data *)1;
  CHECK_FAILS(import(&(rote_import_options){.pad = 0}, &data), ROTE_DATA, words);
  assert_null(data);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void names_what_is_wrong(void **state)
{
  (void)state;
  write_text("list_eval_partition.txt", "000001.jpg 0\n000007.jpg 0\n000008.jpg 1\n");
  check_bad("names 2 images of 3 that are absent, the first of them");
  check_bad("img_align_celeba/000007.jpg");
  write_text("list_eval_partition.txt", "000001.jpg 0\n000002.jpg 3\n");
  check_bad("line 2: \"3\" is not a whole number from 0 to 2");
  write_text("list_eval_partition.txt", "000001.jpg\n");
  check_bad("line 1: \"\" is not a whole number");
  write_text("list_eval_partition.txt", "../000001.jpg 0\n");
  check_bad("is not the name of a file");
  write_text("list_eval_partition.txt", "000001.jpg 0\n000001.jpg 0\n");
  check_bad("000001.jpg twice");
  write_text("list_eval_partition.txt", "");
  check_bad("names no images");
  write_text("list_eval_partition.txt", "000001.jpg 0\n000002.jpg 1\n");
  write_text("identity_CelebA.txt", "000001.jpg 10\n");
  check_bad("identity_CelebA.txt: has no line for 000002.jpg");
  write_text("list_attr_celeba.txt", "");
  check_bad("list_attr_celeba.txt: line 0");
  write_text("list_attr_celeba.txt", "1\n");
  check_bad("names no attributes");
  write_text("list_attr_celeba.txt", "1\nBald Young\n000001.jpg 1\n");
  check_bad("line 3: \"\" is not a whole number from -1 to 1");
  write_text("list_attr_celeba.txt", "1\nBald\n000001.jpg 1 1\n");
  check_bad("line 3 has too many values");
  assert_int_equal(unlink(in_directory("list_eval_partition.txt")), 0);
  check_bad("has no list_eval_partition.txt");
}

static void survives_every_failed_allocation(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  rote_status status = ROTE_NOMEM;
  write_text("list_attr_celeba.txt", "1\nBald\n000001.jpg 1\n000003.jpg 1\n");
  write_text("identity_CelebA.txt", "000001.jpg 10\n000003.jpg 11\n");
  write_text("list_eval_partition.txt", "000001.jpg 0\n000003.jpg 2\n");
  for (long n = 0; status != ROTE_OK; n++) {
    rote_data *data = NULL;
    rote_memory_fail_at(n);
    status = import(&(rote_import_options){.pad = 0}, &data);
    rote_memory_fail_at(-1);
    assert_true(status == ROTE_OK ? data != NULL : data == NULL && status == ROTE_NOMEM);
    rote_data_destroy(&data);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
}

#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, begin, remove_directory)

int main(void)
{
  const struct CMUnitTest tests[] = {
      IN_A_DIRECTORY(reads_images_by_partition),
      IN_A_DIRECTORY(keeps_attributes_and_identities),
      IN_A_DIRECTORY(names_what_is_wrong),
      IN_A_DIRECTORY(survives_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
