#include "image_files.h"

#include "rote/file.h"
#include "rote/import.h"
#include "rote/memory.h"

#include <stdbool.h>

enum { H = 10, W = 12 };

static const rote_import_options nothing = {.pad = 0};

/* Every test has a directory of its own; `name` is below it. */
static rote_status import(const char *name, const rote_import_options *options, rote_data **data)
{
  return rote_importer_find("images")->read(in_directory(name), options, data);
}

static void check_bad(const char *name, const rote_import_options *options, const char *words)
{
  const long before = rote_memory_live_blocks();
  rote_data *data = (rote_data *)1;
  CHECK_FAILS(import(name, options, &data), ROTE_DATA, words);
  assert_null(data);
  assert_int_equal(rote_memory_live_blocks(), before);
}

/* Planes of the smooth image. */
static void check_image(const rote_data *data, const rote_image_set *set, size_t i, size_t image,
                        const char *name, int32_t label)
{
  const rote_data_info *info = &data->info;
  const size_t plane = info->height * info->width;
  assert_true(i < set->count);
  assert_string_equal(rote_text_list_get(&set->name, i), name);
  assert_int_equal(set->label[i], label);
  for (size_t p = 0; p < plane * info->channels; p++) {
    const size_t at = p % plane;
    assert_int_equal(set->pixel[i * plane * info->channels + p],
                     smooth_pixel(image, at / info->width, at % info->width, p / plane));
  }
}

static void put_png(const char *name, size_t image, size_t height, size_t width, size_t channels)
{
  put_file(name, encode_smooth_png(image, height, width, channels));
}

/* train/{b,a}/, test/a/: labels by the names of classes, files by name. */
static void make_tree(void)
{
  put_folder("t");
  put_folder("t/train");
  put_folder("t/train/b");
  put_folder("t/train/a");
  put_folder("t/test");
  put_folder("t/test/b");
  put_png("t/train/b/2.png", 2, H, W, 3);
  put_png("t/train/b/10.PNG", 1, H, W, 3);
  put_png("t/train/a/x.png", 3, H, W, 3);
  put_png("t/test/b/y.png", 4, H, W, 3);
  write_bytes("t/train/a/notes.txt", "no image", 8);
  write_bytes("t/train/a/.hidden.png", "no image", 8);
}

static void reads_sets_and_classes(void **state)
{
  (void)state;
  rote_data *data;
  make_tree();
  CHECK_OK(import("t", &nothing, &data));
  assert_string_equal(data->info.name, "t");
  assert_int_equal(data->info.channels, 3);
  assert_int_equal(data->info.height, H);
  assert_int_equal(data->info.width, W);
  assert_int_equal(data->info.train_count, 3);
  assert_int_equal(data->info.validation_count, 0);
  assert_int_equal(data->info.test_count, 1);
  check_image(data, &data->train, 0, 3, "train/a/x.png", 0);
  check_image(data, &data->train, 1, 1, "train/b/10.PNG", 1);
  check_image(data, &data->train, 2, 2, "train/b/2.png", 1);
  check_image(data, &data->test, 0, 4, "test/b/y.png", 1);
  assert_int_equal(data->class_name.count, 2);
  assert_string_equal(rote_text_list_get(&data->class_name, 1), "b");
  assert_int_equal(data->left_out.count, 0);
  rote_data_destroy(&data);
}

/* The checksum of the files is what `sha256sum FILES | sha256sum` prints. */
static void check_sum(const char *files)
{
  rote_data *data;
  char command[512], line[128] = "";
  CHECK_OK(import("t", &nothing, &data));
  snprintf(command, sizeof command, "cd %s/t && LC_ALL=C sha256sum %s | sha256sum", test_directory,
           files);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  assert_non_null(fgets(line, sizeof line, pipe));
  assert_int_equal(pclose(pipe), 0);
  line[64] = '\0';
  assert_string_equal(line, data->files_sha256);
  rote_data_destroy(&data);
}

static void sums_up_the_files(void **state)
{
  (void)state;
  make_tree();
  check_sum("train/a/x.png train/b/10.PNG train/b/2.png test/b/y.png");
}

/* Names that sha256sum of GNU coreutils escapes, and others that it does not. */
static void sums_up_files_with_odd_names(void **state)
{
  (void)state;
  static const char *const names[] = {"t/a\\b.png", "t/a\nb.png",    "t/a\\nb.png",
                                      "t/a b.png",  "t/caf\xE9.png", "t/a\rb.png"};
  put_folder("t");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    put_png(names[i], i, H, W, 3);
    check_sum("*");
  }
}

/* Kept names are UTF-8 of one line, and tell the bytes that were there. */
static void escapes_odd_names(void **state)
{
  (void)state;
  rote_data *data;
  put_folder("t");
  put_folder("t/\xFF");
  put_folder("t/b");
  put_png("t/\xFF/caf\xE9.png", 1, H, W, 3);
  put_png("t/b/a\\xE9\n.png", 2, H, W, 3);
  put_png("t/b/caf\xC3\xA9 %41.png", 3, H, W, 3);
  write_bytes("t/b/\x80.png", "not an image", 12);
  CHECK_OK(import("t", &(rote_import_options){.skip_bad = true}, &data));
  assert_string_equal(rote_text_list_get(&data->train.name, 0), "b/a\\\\xE9\\x0a.png");
  assert_string_equal(rote_text_list_get(&data->train.name, 1), "b/caf\xC3\xA9 %41.png");
  assert_string_equal(rote_text_list_get(&data->train.name, 2), "\\xff/caf\\xe9.png");
  assert_string_equal(rote_text_list_get(&data->class_name, 1), "\\xff");
  assert_memory_equal(rote_text_list_get(&data->left_out, 0), "b/\\x80.png: ", 12);
  assert_int_equal(data->escaped, 4); /* two files, a class, one left out */
  rote_data_destroy(&data);
}

/* A file that may not be read is not a bad file, and is not left out. */
static void says_what_may_not_be_read(void **state)
{
  (void)state;
  static const char *const names[] = {"t/a/2.png", "t/a", "t"};
  put_folder("t");
  put_folder("t/a");
  put_png("t/a/1.png", 1, H, W, 3);
  put_png("t/a/2.png", 2, H, W, 3);
  for (size_t i = 0; i < 3; i++) {
    rote_data *data = (rote_data *)1;
    assert_int_equal(chmod(in_directory(names[i]), 0), 0);
    drop_rights();
    CHECK_FAILS(import("t", &(rote_import_options){.skip_bad = true}, &data), ROTE_IO,
                "Permission denied");
    regain_rights();
    assert_null(data);
    assert_int_equal(chmod(in_directory(names[i]), 0755), 0);
  }
}

/* A link that leads nowhere is a bad file like others. */
static void leaves_out_links_to_nothing(void **state)
{
  (void)state;
  rote_data *data;
  put_folder("t");
  put_png("t/1.png", 1, H, W, 3);
  assert_int_equal(symlink("nothing", in_directory("t/2.png")), 0);
  check_bad("t", &nothing, "1 of 2 files could not be read");
  CHECK_OK(import("t", &(rote_import_options){.skip_bad = true}, &data));
  assert_int_equal(data->left_out.count, 1);
  rote_data_destroy(&data);
  assert_int_equal(symlink("nothing", in_directory("t/dog")), 0); /* a class would be lost */
  check_bad("t", &(rote_import_options){.skip_bad = true}, "t/dog: is a link that leads nowhere");
}

/* No levels: everything is training data without labels. Grey files become colour beside colour. */
static void reads_a_flat_folder(void **state)
{
  (void)state;
  rote_data *data;
  put_folder("t");
  put_png("t/2.png", 2, H, W, 1);
  put_png("t/1.png", 1, H, W, 1);
  CHECK_OK(import("t", &nothing, &data));
  assert_int_equal(data->info.channels, 1);
  assert_int_equal(data->info.train_count, 2);
  check_image(data, &data->train, 0, 1, "1.png", -1);
  check_image(data, &data->train, 1, 2, "2.png", -1);
  rote_data_destroy(&data);

  put_png("t/3.png", 3, H, W, 3);
  CHECK_OK(import("t", &nothing, &data));
  assert_int_equal(data->info.channels, 3);
  check_image(data, &data->train, 2, 3, "3.png", -1);
  for (size_t c = 0; c < 3; c++) {
    assert_int_equal(data->train.pixel[c * H * W + 5], smooth_pixel(1, 0, 5, 0));
  }
  rote_data_destroy(&data);

  CHECK_OK(import("t", &(rote_import_options){.gray = true}, &data));
  assert_int_equal(data->info.channels, 1);
  assert_int_equal(data->train.pixel[5], smooth_pixel(1, 0, 5, 0));
  const int grey = (299 * smooth_pixel(3, 0, 5, 0) + 587 * smooth_pixel(3, 0, 5, 1) +
                    114 * smooth_pixel(3, 0, 5, 2) + 500) /
                   1000;
  assert_int_equal(data->train.pixel[2 * H * W + 5], grey);
  rote_data_destroy(&data);
}

static void crops_and_resizes(void **state)
{
  (void)state;
  rote_data *data;
  put_folder("t");
  put_png("t/1.png", 1, H, W, 3);
  put_png("t/2.png", 2, H + 5, W + 7, 3);
  const rote_crop crop = {3, 2, 9, 7};
  CHECK_OK(import("t", &(rote_import_options){.crop = crop}, &data));
  assert_int_equal(data->info.height, 5);
  assert_int_equal(data->info.width, 6);
  for (size_t i = 0; i < 2; i++) {
    for (size_t p = 0; p < 90; p++) {
      assert_int_equal(data->train.pixel[i * 90 + p],
                       smooth_pixel(i + 1, 2 + p % 30 / 6, 3 + p % 6, p / 30));
    }
  }
  rote_data_destroy(&data);

  CHECK_OK(import("t", &(rote_import_options){.crop = crop, .size = 4}, &data));
  assert_int_equal(data->info.height, 4);
  assert_int_equal(data->info.width, 4);
  assert_non_null(strstr(data->info.source, "crop 3,2,9,7; resized to 4 x 4"));
  rote_data_destroy(&data);
  check_bad("t", &(rote_import_options){.crop = {0, 0, W + 1, H}},
            "1.png: is 12 x 10 pixels large; the crop 0,0,13,10 needs more");
}

static void names_two_files_of_different_size(void **state)
{
  (void)state;
  rote_data *data;
  put_folder("t");
  put_png("t/1.png", 1, H, W, 3);
  put_png("t/2.png", 2, H, W + 1, 3);
  check_bad("t", &nothing, "1.png has 12 x 10 pixels, 2.png has 13 x 10; give --size");
  CHECK_OK(import("t", &(rote_import_options){.size = 8}, &data));
  rote_data_destroy(&data);
}

static void refuses_odd_trees(void **state)
{
  (void)state;
  check_bad("nowhere", &nothing, "nowhere: is not a directory");
  put_folder("t");
  check_bad("t", &nothing, "has no JPEG or PNG files");
  put_folder("t/a");
  put_folder("t/b");
  put_png("t/a/1.png", 1, H, W, 3);
  check_bad("t", &nothing, "t/b: is a class without a JPEG or PNG file");
  put_folder("t/b/c");
  check_bad("t", &nothing, "t/b: is a class, but has a folder c");
  put_png("t/b/1.png", 1, H, W, 3);
  assert_int_equal(rmdir(in_directory("t/b/c")), 0);
  put_png("t/1.png", 1, H, W, 3);
  check_bad("t", &nothing, "has images (1.png) beside folders (a)");
  assert_int_equal(unlink(in_directory("t/1.png")), 0);
  put_folder("t/train");
  check_bad("t", &nothing, "has a folder train, but also b");
}

/* Text, a cut file and CMYK are all named; nothing is given, or what is good. */
static void leaves_out_bad_files_on_request(void **state)
{
  (void)state;
  rote_data *data;
  put_folder("t");
  put_png("t/1.png", 1, H, W, 3);
  write_bytes("t/2.jpg", "not an image", 12);
  encoded jpeg = encode_jpeg(1, H, W, 3);
  write_bytes("t/3.jpg", jpeg.bytes, jpeg.count - 40); /* its header is good */
  free(jpeg.bytes);
  put_file("t/4.jpg", encode_jpeg(1, H, W, 4));
  put_png("t/5.png", 5, H, W, 3);
  check_bad("t", &nothing, "3 of 5 files could not be read, and nothing was written");
  check_bad("t", &(rote_import_options){.size = 8}, "3 of 5 files");

  CHECK_OK(import("t", &(rote_import_options){.skip_bad = true}, &data));
  assert_int_equal(data->info.train_count, 2);
  check_image(data, &data->train, 0, 1, "1.png", -1);
  check_image(data, &data->train, 1, 5, "5.png", -1);
  assert_int_equal(data->train.name.count, 2);
  assert_int_equal(data->left_out.count, 3);
  assert_string_equal(rote_text_list_get(&data->left_out, 0),
                      "2.jpg: is neither a JPEG nor a PNG file; it begins with \"not an image\"");
  assert_non_null(strstr(rote_text_list_get(&data->left_out, 1), "4.jpg: is a CMYK JPEG"));
  assert_non_null(strstr(rote_text_list_get(&data->left_out, 2), "3.jpg: is not a whole JPEG"));
  rote_data_destroy(&data);

  assert_int_equal(unlink(in_directory("t/1.png")), 0);
  assert_int_equal(unlink(in_directory("t/5.png")), 0);
  check_bad("t", &(rote_import_options){.skip_bad = true}, "no training images that can be read");
}

/* A set that is larger than any disk: the same file under many names. */
static void looks_at_the_disk_first(void **state)
{
  (void)state;
  rote_data *data = NULL;
  put_folder("t");
  put_png("t/0.png", 1, H, W, 3);
  for (int i = 1; i < 20000; i++) {
    char name[32];
    snprintf(name, sizeof name, "t/%d.png", i);
    assert_int_equal(link(in_directory("t/0.png"), in_directory(name)), 0);
  }
  const rote_import_options huge = {.size = 30000, .output = in_directory("new/place/data.h5")};
  const rote_status status = import("t", &huge, &data);
  assert_int_equal(status, ROTE_IO);
  assert_non_null(strstr(rote_fail_reason(status), "new/place/data.h5: needs 54000000.0 MB, but"));
  assert_false(rote_file_exists(in_directory("new")));
}

static void survives_every_failed_allocation(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  rote_status status = ROTE_NOMEM;
  put_folder("t");
  put_folder("t/a");
  put_png("t/a/1.png", 1, H, W, 3);
  put_file("t/a/2.jpg", encode_jpeg(1, H, W, 3));
  write_bytes("t/a/3.jpg", "not an image", 12);
  for (long n = 0; status != ROTE_OK; n++) {
    rote_data *data = NULL;
    rote_memory_fail_at(n);
    status = import("t", &(rote_import_options){.skip_bad = true}, &data);
    rote_memory_fail_at(-1);
    assert_true(status == ROTE_OK ? data != NULL : data == NULL && status == ROTE_NOMEM);
    rote_data_destroy(&data);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
}

static void count_calls(void *context, size_t done, size_t total)
{
  size_t *calls = context;
  calls[0]++;
  assert_int_equal(done, calls[0]);
  calls[1] = total;
}

/* Real JPEG files: 2,000 and 500 images of ten classes. */
static void reads_cifar_as_jpeg(void **state)
{
  (void)state;
  const char *directory = getenv("ROTE_CIFAR_JPEG");
  char first[ROTE_DIGEST_TEXT] = "";
  if (directory == NULL || !rote_file_exists(directory)) {
    skip();
  }
  for (int round = 0; round < 2; round++) {
    rote_data *data;
    size_t calls[2] = {0};
    int32_t labels[10] = {0};
    double sum = 0;
    const rote_import_options options = {.progress = count_calls, .context = calls};
    CHECK_OK(rote_importer_find("images")->read(directory, &options, &data));
    assert_int_equal(data->info.train_count, 2000);
    assert_int_equal(data->info.test_count, 500);
    assert_int_equal(data->info.channels, 3);
    assert_int_equal(data->info.height, 32);
    assert_int_equal(data->class_name.count, 10);
    assert_int_equal(calls[0], 5000);
    assert_int_equal(calls[1], 5000);
    for (size_t i = 0; i < 2000; i++) {
      labels[data->train.label[i]]++;
    }
    for (size_t i = 0; i < 2000 * 3072; i++) {
      sum += data->train.pixel[i];
    }
    assert_in_range(sum / (2000 * 3072), 115, 127); /* 121 in all of CIFAR-10 */
    for (int k = 0; k < 10; k++) {
      assert_true(labels[k] > 100);
    }
    if (round > 0) {
      assert_string_equal(first, data->info.sha256);
    }
    memcpy(first, data->info.sha256, sizeof first);
    rote_data_destroy(&data);
  }
}

#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
  const struct CMUnitTest tests[] = {
      IN_A_DIRECTORY(reads_sets_and_classes),
      IN_A_DIRECTORY(sums_up_the_files),
      IN_A_DIRECTORY(sums_up_files_with_odd_names),
      IN_A_DIRECTORY(escapes_odd_names),
      IN_A_DIRECTORY(says_what_may_not_be_read),
      IN_A_DIRECTORY(leaves_out_links_to_nothing),
      IN_A_DIRECTORY(reads_a_flat_folder),
      IN_A_DIRECTORY(crops_and_resizes),
      IN_A_DIRECTORY(names_two_files_of_different_size),
      IN_A_DIRECTORY(refuses_odd_trees),
      IN_A_DIRECTORY(leaves_out_bad_files_on_request),
      IN_A_DIRECTORY(looks_at_the_disk_first),
      IN_A_DIRECTORY(survives_every_failed_allocation),
      cmocka_unit_test(reads_cifar_as_jpeg),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
