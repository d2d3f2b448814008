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
  assert_non_null(strstr(data->info.source, "not known by checksum")); /* these are not CelebA */
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
  write_text("list_attr_celeba.txt", "4\nBald Smiling Young\n000001.jpg  1 -1  1\n"
                                     "000002.jpg -1 -1 1\n000004.jpg -1 1 -1\n"
                                     "000003.jpg -1 -1 -1\n");
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

static void check_same_set(const rote_data *a, const rote_image_set *x, const rote_image_set *y)
{
  assert_int_equal(x->count, y->count);
  assert_memory_equal(x->pixel, y->pixel, x->count * rote_data_pixels(&a->info));
  assert_memory_equal(x->label, y->label, x->count * sizeof *x->label);
  assert_memory_equal(x->attribute, y->attribute, x->count * a->attribute_name.count);
  for (size_t i = 0; i < x->count; i++) {
    assert_string_equal(rote_text_list_get(&x->name, i), rote_text_list_get(&y->name, i));
  }
}

/* Kaggle's copy: commas, a line of headings, one folder more. It may begin with a byte order mark,
 * and end its lines in CR LF. */
static void reads_the_copy_of_kaggle(void **state)
{
  (void)state;
  rote_data *original, *copy;
  write_text("list_attr_celeba.txt", "4\nBald Smiling\n000001.jpg  1 -1\n000002.jpg -1  1\n"
                                     "000003.jpg -1 -1\n000004.jpg  1  1\n");
  write_text("identity_CelebA.txt", "000001.jpg 1\n000002.jpg 2\n000003.jpg 3\n000004.jpg 4\n");
  CHECK_OK(import(&(rote_import_options){.pad = 0}, &original));
  assert_int_equal(unlink(in_directory("list_eval_partition.txt")), 0);
  assert_int_equal(unlink(in_directory("list_attr_celeba.txt")), 0);
  assert_int_equal(unlink(in_directory("identity_CelebA.txt")), 0);
  assert_int_equal(rename(in_directory("img_align_celeba"), in_directory("inner")), 0);
  put_folder("img_align_celeba");
  assert_int_equal(rename(in_directory("inner"), in_directory("img_align_celeba/img_align_celeba")),
                   0);
  write_text("list_eval_partition.csv", "\xEF\xBB\xBFimage_id,partition\r\n000001.jpg,0\r\n"
                                        "000002.jpg,2\r\n000003.jpg,0\r\n000004.jpg,1\r\n");
  write_text("list_attr_celeba.csv", "image_id,Bald,Smiling\n000001.jpg,1,-1\n000002.jpg,-1,1\n"
                                     "000003.jpg,-1,-1\n000004.jpg,1,1\n");
  put_folder("identity_CelebA.csv"); /* as some archives unpack */
  write_text("identity_CelebA.csv/identity_CelebA.csv",
             "image_id,identity\n000001.jpg,1\n000002.jpg,2\n000003.jpg,3\n000004.jpg,4\n");
  CHECK_OK(import(&(rote_import_options){.pad = 0}, &copy));
  assert_string_equal(original->info.sha256, copy->info.sha256);
  assert_string_equal(original->info.source, copy->info.source);
  assert_string_equal(rote_text_list_get(&copy->attribute_name, 1), "Smiling");
  check_same_set(original, &original->train, &copy->train);
  check_same_set(original, &original->validation, &copy->validation);
  check_same_set(original, &original->test, &copy->test);
  rote_data_destroy(&original);
  rote_data_destroy(&copy);
}

static void check_fails(rote_status expected, const char *words)
{
  const long before = rote_memory_live_blocks();
  rote_data *data = (rote_data *)1;
  CHECK_FAILS(import(&(rote_import_options){.pad = 0}, &data), expected, words);
  assert_null(data);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void check_bad(const char *words)
{
  check_fails(ROTE_DATA, words);
}

#define TWO "000001.jpg 0\n000002.jpg 1\n"

static void keep_two_images(void)
{
  assert_int_equal(unlink(in_directory("img_align_celeba/000003.jpg")), 0);
  assert_int_equal(unlink(in_directory("img_align_celeba/000004.jpg")), 0);
  write_text("list_eval_partition.txt", TWO);
}

static void names_what_is_wrong(void **state)
{
  (void)state;
  keep_two_images();
  write_text("list_eval_partition.txt", TWO "000007.jpg 0\n000008.jpg 1\n");
  check_bad("names 2 images of 4 that are absent: img_align_celeba/000007.jpg, img_align_celeba/"
            "000008.jpg; unpack");
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
  write_text("list_eval_partition.txt", TWO);
  write_text("identity_CelebA.txt", "000001.jpg 10\n");
  check_bad("identity_CelebA.txt: has no line for 000002.jpg");
  write_text("list_attr_celeba.txt", "");
  check_bad("list_attr_celeba.txt: line 0");
  write_text("list_attr_celeba.txt", "2\n");
  check_bad("names no attributes");
  write_text("list_attr_celeba.txt", "2\nBald Young\n000001.jpg 1\n");
  check_bad("line 3: \"\" is not a whole number from -1 to 1");
  assert_int_equal(unlink(in_directory("list_eval_partition.txt")), 0);
  check_bad("has no list_eval_partition.txt");
}

/* Every byte of a list counts: nothing is passed over in silence. */
static void reads_lists_to_the_last_byte(void **state)
{
  (void)state;
  static const char zeros[] = "000001.jpg 0\n\0\0\0\0\0\0\0\0\0\0\0\0\0000003.jpg 0\n";
  keep_two_images();
  write_bytes("list_eval_partition.txt", zeros, sizeof zeros - 1);
  check_bad("list_eval_partition.txt: line 2: has a NUL byte");
  write_text("list_eval_partition.txt", "000001.jpg 0 000002.jpg 0\n");
  check_bad("line 1: has \"000002.jpg\" behind what belongs there");
  write_text("list_eval_partition.txt", "000001.jpg 0\r000002.jpg 0\r");
  check_bad("line 1: has \"000002.jpg\" behind what belongs there");
  write_text("list_eval_partition.txt", TWO);

  write_text("identity_CelebA.txt", "000001.jpg 10 000002.jpg 20\n");
  check_bad("identity_CelebA.txt: line 1: has \"000002.jpg\" behind what belongs there");
  write_bytes("identity_CelebA.txt", "000001.jpg 10\n000002.jpg 2\0\n", 28);
  check_bad("identity_CelebA.txt: line 2: has a NUL byte");
  write_text("identity_CelebA.txt", "000001.jpg 10\n000002.jpg 20\n000001.jpg 30\n");
  check_bad("identity_CelebA.txt: line 3: names 000001.jpg a second time");
  write_text("identity_CelebA.txt", "000001.jpg 10\n000002.jpg 20\n000003.jpg 30\n");
  check_bad("identity_CelebA.txt: line 3: 000003.jpg is not named in list_eval_partition.txt");
  assert_int_equal(unlink(in_directory("identity_CelebA.txt")), 0);

  write_text("list_attr_celeba.txt", "2\nBald\n000001.jpg 1 1\n000002.jpg 1\n");
  check_bad("line 3: has \"1\" behind what belongs there");
  write_text("list_attr_celeba.txt", "2 Bald\nYoung\n000001.jpg 1\n000002.jpg 1\n");
  check_bad("line 1: has \"Bald\" behind what belongs there");
  write_text("list_attr_celeba.txt", "3\nYoung\n000001.jpg 1\n000002.jpg 1\n");
  check_bad("line 1 promises 3 images, the partition has 2");
}

static void names_images_that_no_line_names(void **state)
{
  (void)state;
  write_text("list_eval_partition.txt", "000001.jpg 0\n");
  check_bad("has no line for 3 images of 4 in img_align_celeba/: 000002.jpg, 000003.jpg, "
            "000004.jpg; complete");
  write_text("list_eval_partition.txt", "000001.jpg 0\n000002.jp");
  check_bad("line 2: \"\" is not a whole number");
}

static void refuses_odd_copies(void **state)
{
  (void)state;
  keep_two_images();
  assert_int_equal(unlink(in_directory("list_eval_partition.txt")), 0);
  write_text("list_eval_partition.csv", "000001.jpg,0\n000002.jpg,0\n");
  check_bad("line 1: begins with \"000001.jpg\"; the first line has the headings");
  write_text("list_eval_partition.csv", "image_id\n000001.jpg,0\n000002.jpg,0\n");
  check_bad("line 1: has one column");
  write_text("list_eval_partition.csv", "image_id,partition\n000001.jpg,0,\n000002.jpg,0\n");
  check_bad("line 2: has \"\" behind what belongs there");
  write_text("list_eval_partition.csv", "image_id,partition\n000001.jpg,,0\n000002.jpg,0\n");
  check_bad("line 2: \"\" is not a whole number");
  write_text("list_eval_partition.csv", "image_id,partition\n000001.jpg,0\n000002.jpg,0\n");
  write_text("list_attr_celeba.csv", "image_id,Bald,\n000001.jpg,0,0\n000002.jpg,0,0\n");
  check_bad("line 1: an attribute has no name");
  write_text("list_attr_celeba.csv", "image_id,Bald\n000001.jpg,0\n");
  check_bad("list_attr_celeba.csv: has no line for 000002.jpg");
  put_folder("img_align_celeba/img_align_celeba");
  check_bad("has images (000001.jpg) beside a folder img_align_celeba");
}

/* What may not be read is there all the same. */
static void says_what_may_not_be_read(void **state)
{
  (void)state;
  static const char *const names[] = {"list_eval_partition.txt", "identity_CelebA.txt",
                                      "img_align_celeba/000002.jpg", "img_align_celeba"};
  write_text("identity_CelebA.txt", "000001.jpg 1\n000002.jpg 2\n000003.jpg 3\n000004.jpg 4\n");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    assert_int_equal(chmod(in_directory(names[i]), 0), 0);
    drop_rights();
    check_fails(ROTE_IO, "Permission denied");
    assert_non_null(strstr(rote_fail_reason(ROTE_IO), names[i]));
    regain_rights();
    assert_int_equal(chmod(in_directory(names[i]), 0755), 0);
  }
}

static void survives_every_failed_allocation(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  rote_status status = ROTE_NOMEM;
  keep_two_images();
  write_text("list_attr_celeba.txt", "2\nBald\n000001.jpg 1\n000002.jpg 1\n");
  write_text("identity_CelebA.txt", "000001.jpg 10\n000002.jpg 11\n");
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
      IN_A_DIRECTORY(reads_the_copy_of_kaggle),
      IN_A_DIRECTORY(names_what_is_wrong),
      IN_A_DIRECTORY(reads_lists_to_the_last_byte),
      IN_A_DIRECTORY(names_images_that_no_line_names),
      IN_A_DIRECTORY(refuses_odd_copies),
      IN_A_DIRECTORY(says_what_may_not_be_read),
      IN_A_DIRECTORY(survives_every_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
