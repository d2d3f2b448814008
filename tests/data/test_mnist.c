#include "idx_files.h"

#include "rote/import.h"
#include "rote/memory.h"

#include <stdbool.h>

#define TRAIN 5u
#define TEST 3u
#define HEIGHT 4u
#define WIDTH 3u

static uint8_t pixel_of(size_t image, size_t at)
{
  return (uint8_t)(1 + (image * 31 + at * 7) % 255);
}

static void write_images(const char *name, uint32_t count, uint32_t height, uint32_t width)
{
  uint8_t file[1024];
  const size_t per = (size_t)height * width;
  const size_t header = put_header(file, 0x803, 3, (const uint32_t[3]){count, height, width});
  for (size_t i = 0; i < count * per; i++) {
    file[header + i] = pixel_of(i / per, i % per);
  }
  write_bytes(name, file, header + count * per);
}

static void write_labels(const char *name, uint32_t count)
{
  uint8_t file[64];
  const size_t header = put_header(file, 0x801, 1, &count);
  for (size_t i = 0; i < count; i++) {
    file[header + i] = (uint8_t)(i % 10);
  }
  write_bytes(name, file, header + count);
}

static int begin(void **state)
{
  if (make_directory(state) != 0) {
    return 1;
  }
  write_images("train-images-idx3-ubyte", TRAIN, HEIGHT, WIDTH);
  write_labels("train-labels-idx1-ubyte.gz", TRAIN);
  write_images("t10k-images.idx3-ubyte", TEST, HEIGHT, WIDTH);
  write_labels("t10k-labels.idx1-ubyte.gz", TEST);
  return 0;
}

static rote_status import(size_t pad, rote_data **data)
{
  const rote_importer *mnist = rote_importer_find("mnist");
  assert_non_null(mnist);
  return mnist->read(test_directory, &(rote_import_options){.pad = pad}, data);
}

static void check_set(const rote_image_set *set, size_t count, size_t pad)
{
  const size_t tall = HEIGHT + 2 * pad, wide = WIDTH + 2 * pad;
  assert_int_equal(set->count, count);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(set->label[i], i % 10);
    for (size_t row = 0; row < tall; row++) {
      for (size_t col = 0; col < wide; col++) {
        const bool inside = row >= pad && row < pad + HEIGHT && col >= pad && col < pad + WIDTH;
        const uint8_t expected = inside ? pixel_of(i, (row - pad) * WIDTH + col - pad) : 0;
        assert_int_equal(set->pixel[(i * tall + row) * wide + col], expected);
      }
    }
  }
}

static void reads_all_four_files(void **state)
{
  (void)state;
  for (size_t pad = 0; pad < 3; pad++) {
    rote_data *data = NULL;
    CHECK_OK(import(pad, &data));
    assert_string_equal(data->info.name, strrchr(test_directory, '/') + 1);
    char source[128];
    snprintf(source, sizeof source, "unknown: IDX files in %s", data->info.name);
    assert_string_equal(data->info.source, source); /* these are not MNIST */
    assert_int_equal(data->info.channels, 1);
    assert_int_equal(data->info.height, HEIGHT + 2 * pad);
    assert_int_equal(data->info.width, WIDTH + 2 * pad);
    assert_int_equal(data->info.train_count, TRAIN);
    assert_int_equal(data->info.validation_count, 0);
    assert_int_equal(data->info.test_count, TEST);
    assert_null(data->validation.pixel);
    check_set(&data->train, TRAIN, pad);
    check_set(&data->test, TEST, pad);
    rote_data_destroy(&data);
    assert_null(data);
  }
}

static void check_bad(rote_status expected, const char *words)
{
  const long before = rote_memory_live_blocks();
  rote_data *data = (rote_data *)1;
  CHECK_FAILS(import(2, &data), expected, words);
  assert_null(data);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static rote_status import_from(const char *directory, rote_data **data)
{
  return rote_importer_find("mnist")->read(directory, &(rote_import_options){.pad = 0}, data);
}

/* MNIST is known by its files, wherever they lie and whatever is done to the images. */
static void names_only_what_it_knows(void **state)
{
  (void)state;
  rote_data *data = NULL;
  uint8_t image[8] = {0};
  char command[512], md5[ROTE_MD5_TEXT];
  const void *const block = "abc";
  CHECK_OK(rote_digest_md5(1, &block, &(size_t){3}, md5)); /* RFC 1321, A.5 */
  assert_string_equal(md5, "900150983cd24fb0d6963f7d28e17f72");
  CHECK_OK(import_from(ROTE_DIGITS, &data));
  assert_string_equal(data->info.name, "mnist");
  assert_non_null(strstr(data->info.source, "CC BY-SA 3.0; the first 2000 training"));
  rote_data_destroy(&data);

  snprintf(command, sizeof command, "mkdir %s && gunzip -c %s/t10k-labels-idx1-ubyte.gz >%s",
           in_directory("other"), ROTE_DIGITS, in_directory("other/t10k-labels-idx1-ubyte"));
  assert_int_equal(system(command), 0);
  snprintf(command, sizeof command, "cp %s/*.gz %s", ROTE_DIGITS, in_directory("other"));
  assert_int_equal(system(command), 0);
  CHECK_OK(import_from(in_directory("other"), &data));
  assert_string_equal(data->info.name, "mnist");
  rote_data_destroy(&data);

  FILE *f = fopen(in_directory("other/t10k-labels-idx1-ubyte"), "r+b"); /* one label differs */
  assert_non_null(f);
  assert_int_equal(fseek(f, 100, SEEK_SET), 0);
  assert_int_equal(fread(image, 1, 1, f), 1);
  assert_int_equal(fseek(f, 100, SEEK_SET), 0);
  assert_int_not_equal(fputc(image[0] ^ 1, f), EOF);
  assert_int_equal(fclose(f), 0);
  CHECK_OK(import_from(in_directory("other"), &data));
  assert_string_equal(data->info.name, "other");
  assert_string_equal(data->info.source, "unknown: IDX files in other");
  rote_data_destroy(&data);
}

/* A directory does not hide the file beside it, and may have the file in it. */
static void looks_past_directories(void **state)
{
  (void)state;
  static const char *const stem = "train-labels-idx1-ubyte";
  rote_data *data = NULL;
  char inner[64];
  assert_int_equal(mkdir(in_directory(stem), 0777), 0);
  CHECK_OK(import(0, &data)); /* the one with .gz */
  check_set(&data->train, TRAIN, 0);
  rote_data_destroy(&data);
  assert_int_equal(rename(in_directory("train-labels-idx1-ubyte.gz"), in_directory("away")), 0);
  check_bad(ROTE_DATA, "has no file train-labels-idx1-ubyte");
  snprintf(inner, sizeof inner, "%s/%s", stem, stem);
  write_labels(inner, TRAIN);
  CHECK_OK(import(0, &data));
  check_set(&data->train, TRAIN, 0);
  rote_data_destroy(&data);
  assert_int_equal(unlink(in_directory(inner)), 0);
  assert_int_equal(rmdir(in_directory(stem)), 0);
  assert_int_equal(rename(in_directory("away"), in_directory("train-labels-idx1-ubyte.gz")), 0);
}

static void says_what_may_not_be_read(void **state)
{
  (void)state;
  static const char *const name = "train-images-idx3-ubyte";
  assert_int_equal(chmod(in_directory(name), 0), 0);
  drop_rights();
  check_bad(ROTE_IO, "Permission denied");
  regain_rights();
  assert_int_equal(chmod(in_directory(name), 0644), 0);
  assert_int_equal(chmod(test_directory, 0700), 0);
  if (geteuid() == 0) { /* others may not even look into it */
    assert_int_equal(seteuid(65534), 0);
    check_bad(ROTE_IO, "Permission denied");
    regain_rights();
  }
}

/* The digest names the content: any change of it changes the digest. */
static void digest_follows_the_content(void **state)
{
  (void)state;
  rote_data *data = NULL;
  char digest[ROTE_DIGEST_TEXT];
  CHECK_OK(import(0, &data));
  CHECK_OK(rote_data_digest(data, digest));
  assert_string_equal(digest, data->info.sha256);
  data->test.pixel[0] ^= 1;
  CHECK_OK(rote_data_digest(data, digest));
  assert_string_not_equal(digest, data->info.sha256);
  data->test.pixel[0] ^= 1;
  data->train.label[4] += 1;
  CHECK_OK(rote_data_digest(data, digest));
  assert_string_not_equal(digest, data->info.sha256);
  data->train.label[4] -= 1;
  const size_t height = data->info.height;
  data->info.height = data->info.width;
  data->info.width = height;
  CHECK_OK(rote_data_digest(data, digest));
  assert_string_not_equal(digest, data->info.sha256);
  rote_data_destroy(&data);
}

static void names_missing_files(void **state)
{
  (void)state;
  assert_int_equal(rename(in_directory("t10k-labels.idx1-ubyte.gz"), in_directory("away")), 0);
  check_bad(ROTE_DATA, "t10k-labels-idx1-ubyte and t10k-labels.idx1-ubyte, each also with .gz");
  assert_int_equal(rename(in_directory("away"), in_directory("t10k-labels.idx1-ubyte.gz")), 0);

  rote_data *data = NULL;
  CHECK_FAILS(
      rote_importer_find("mnist")->read(in_directory("nowhere"), &(rote_import_options){0}, &data),
      ROTE_DATA, "nowhere: is not a directory");
}

static void refuses_files_that_disagree(void **state)
{
  (void)state;
  rote_data *data = NULL;
  write_labels("train-labels-idx1-ubyte", TRAIN + 1); /* found before the one with .gz */
  check_bad(ROTE_DATA, "labels");
  assert_int_equal(unlink(in_directory("train-labels-idx1-ubyte")), 0);

  write_images("t10k-images-idx3-ubyte", TEST, WIDTH, HEIGHT); /* found before the one with a dot */
  check_bad(ROTE_DATA, "the test images 3 x 4");
  write_images("t10k-images-idx3-ubyte", 1, 1, 100);
  check_bad(ROTE_DATA, "has 1 images");
  write_labels("t10k-images-idx3-ubyte", 1);
  check_bad(ROTE_DATA, "0x00000801");
  assert_int_equal(unlink(in_directory("t10k-images-idx3-ubyte")), 0);

  CHECK_FAILS(import(SIZE_MAX / 2, &data), ROTE_USAGE, "pad");
}

static void refuses_images_that_are_too_large(void **state)
{
  (void)state;
  static uint8_t file[16 + 5000];
  put_header(file, 0x803, 3, (const uint32_t[3]){1, 1, 5000});
  write_bytes("t10k-images-idx3-ubyte", file, sizeof file);
  check_bad(ROTE_DATA, "at most 4096 are sensible");
  assert_int_equal(unlink(in_directory("t10k-images-idx3-ubyte")), 0);
}

static void survives_every_failed_allocation(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  long n = 0;
  for (;; n++) {
    rote_data *data = NULL;
    rote_memory_fail_at(n);
    const rote_status status = import(2, &data);
    rote_memory_fail_at(-1);
    if (status == ROTE_OK) {
      rote_data_destroy(&data);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(data);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  assert_int_equal(rote_memory_live_blocks(), before);
  assert_int_equal(n, 9); /* four files, the data set and its four arrays */
}

static void refuses_shapes_beyond_memory(void **state)
{
  (void)state;
  rote_data *data = NULL;
  rote_data_info info = {.channels = SIZE_MAX / 2, .height = 3, .width = 1, .train_count = 1};
  CHECK_FAILS(rote_data_create(&info, &data), ROTE_NOMEM, "more than memory can hold");
  info =
      (rote_data_info){.channels = 1, .height = 1 << 20, .width = 1 << 20, .train_count = SIZE_MAX};
  CHECK_FAILS(rote_data_create(&info, &data), ROTE_NOMEM, "more than memory can hold");
  assert_null(data);
}

static void lists_importers_by_name(void **state)
{
  (void)state;
  size_t count = 0;
  const rote_importer *const *list = rote_importer_list(&count);
  assert_true(count >= 1);
  for (size_t i = 0; i < count; i++) {
    assert_ptr_equal(rote_importer_find(list[i]->name), list[i]);
    assert_true(strlen(list[i]->summary) > 0);
  }
  assert_null(rote_importer_find("no such importer"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_all_four_files),
      cmocka_unit_test(names_only_what_it_knows),
      cmocka_unit_test(looks_past_directories),
      cmocka_unit_test(says_what_may_not_be_read),
      cmocka_unit_test(digest_follows_the_content),
      cmocka_unit_test(names_missing_files),
      cmocka_unit_test(refuses_files_that_disagree),
      cmocka_unit_test(refuses_images_that_are_too_large),
      cmocka_unit_test(survives_every_failed_allocation),
      cmocka_unit_test(refuses_shapes_beyond_memory),
      cmocka_unit_test(lists_importers_by_name),
  };
  return cmocka_run_group_tests(tests, begin, remove_directory);
}
