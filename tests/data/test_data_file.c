#include "damage.h"
#include "rote/data_file.h"
#include "seal.h"

#include <signal.h>
#include <sys/resource.h>

enum { N = 13, TEST = 3, D = 2 * 3 * 5 };

static uint8_t pixel[N * D], test_pixel[TEST * D];
static int32_t label[N], test_label[TEST];

static rote_data make_data(void)
{
  for (size_t i = 0; i < sizeof pixel; i++) {
    pixel[i] = (uint8_t)(i * 7 + 1);
  }
  for (size_t i = 0; i < sizeof test_pixel; i++) {
    test_pixel[i] = (uint8_t)(255 - i);
  }
  for (int i = 0; i < N; i++) {
    label[i] = i - 1;
  }
  return (rote_data){
      .info = {.name = "tiny",
               .source = "made up, \xC3\xA9",
               .sha256 = "ab12",
               .channels = 2,
               .height = 3,
               .width = 5,
               .train_count = N,
               .test_count = TEST},
      .train = {.count = N, .pixel = pixel, .label = label},
      .test = {.count = TEST, .pixel = test_pixel, .label = test_label},
  };
}

/* Reads everything and compares; only the status of a refusal is passed on. */
static rote_status read_all(const char *path)
{
  rote_status status = ROTE_OK;
  rote_data data = make_data();
  rote_data_info info;
  uint8_t p[N * D];
  int32_t l[N];
  rote_image_set set = {.count = N, .pixel = p, .label = l};
  ROTE_TRY(rote_data_file_info(path, &info));
  assert_string_equal(info.name, data.info.name);
  assert_string_equal(info.source, data.info.source);
  assert_string_equal(info.sha256, data.info.sha256);
  assert_int_equal(info.channels, 2);
  assert_int_equal(info.height, 3);
  assert_int_equal(info.width, 5);
  assert_int_equal(info.train_count, N);
  assert_int_equal(info.validation_count, 0);
  assert_int_equal(info.test_count, TEST);
  ROTE_TRY(rote_data_file_read(path, "train", &set));
  assert_memory_equal(p, pixel, sizeof pixel);
  assert_memory_equal(l, label, sizeof label);
  set.count = TEST;
  ROTE_TRY(rote_data_file_read(path, "test", &set));
  assert_memory_equal(p, test_pixel, sizeof test_pixel);
  assert_memory_equal(l, test_label, sizeof test_label);
done:
  return status;
}

static char directory[64], path[96];

static int setup(void **state)
{
  (void)state;
  rote_data data = make_data();
  make_directory(directory);
  snprintf(path, sizeof path, "%s/data.h5", directory);
  CHECK_OK(rote_data_file_write(path, &data));
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  remove_directory(directory);
  return 0;
}

static void reads_what_was_written(void **state)
{
  (void)state;
  CHECK_OK(read_all(path));
  assert_int_equal(count_entries(directory), 3); /* ., .., data.h5: no temporary file */
}

static void reads_the_first_images_only(void **state)
{
  (void)state;
  uint8_t p[4 * D + 1] = {[4 * D] = 77};
  int32_t l[4];
  rote_image_set set = {.count = 4, .pixel = p, .label = l};
  CHECK_OK(rote_data_file_read(path, "train", &set));
  assert_memory_equal(p, pixel, 4 * D);
  assert_int_equal(p[4 * D], 77);
  set.count = N + 1;
  CHECK_FAILS(rote_data_file_read(path, "train", &set), ROTE_DATA,
              "has 13 images in train; 14 are needed");
  set.count = 1;
  CHECK_FAILS(rote_data_file_read(path, "validation", &set), ROTE_DATA, "has 0 images");
  CHECK_FAILS(rote_data_file_read(path, "other", &set), ROTE_INTERNAL, "other");
}

static void equal_data_gives_equal_bytes(void **state)
{
  (void)state;
  char again[96];
  rote_data data = make_data();
  snprintf(again, sizeof again, "%s/again.h5", directory);
  sleep(1); /* a stored time would now differ */
  CHECK_OK(rote_data_file_write(again, &data));
  assert_same_bytes(path, again);
}

static void check_list(const char *name, size_t n, const char *const *wanted)
{
  rote_text_list list;
  CHECK_OK(rote_data_file_read_text(path, name, &list));
  assert_int_equal(list.count, n);
  for (size_t i = 0; i < n; i++) {
    assert_string_equal(rote_text_list_get(&list, i), wanted[i]);
  }
  rote_text_list_free(&list);
}

static void keeps_names_attributes_and_what_was_left_out(void **state)
{
  (void)state;
  rote_data data = make_data();
  uint8_t attribute[TEST * 2] = {1, 0, 0, 1, 1, 1};
  const char *const names[] = {"a/1.png", "", "b/\xC3\xA9.png"}, *const attributes[] = {"Bald",
                                                                                        "Young"};
  const char *const left_out[] = {"c.jpg: is empty"};
  const long before = rote_memory_live_blocks();
  rote_text_list list;
  data.test.attribute = attribute;
  for (size_t i = 0; i < TEST; i++) {
    CHECK_OK(rote_text_list_add(&data.test.name, names[i]));
  }
  CHECK_OK(rote_text_list_add(&data.attribute_name, attributes[0]));
  CHECK_OK(rote_text_list_add(&data.attribute_name, attributes[1]));
  CHECK_OK(rote_text_list_add(&data.left_out, left_out[0]));
  CHECK_OK(rote_data_file_write(path, &data));
  rote_text_list_free(&data.test.name);
  rote_text_list_free(&data.attribute_name);
  rote_text_list_free(&data.left_out);
  CHECK_OK(read_all(path));
  check_list("test/names", TEST, names);
  check_list("attribute_names", 2, attributes);
  check_list("left_out", 1, left_out);
  check_list("train/names", 0, NULL);
  check_list("class_names", 0, NULL);
  CHECK_FAILS(rote_data_file_read_text(path, "test/labels", &list), ROTE_DATA,
              "not a list of texts");
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void notices_damage(void **state)
{
  (void)state;
  damage_everywhere(path, directory, 3, read_all);
}

static void notices_damage_behind_the_seal(void **state)
{
  (void)state;
  char *bytes;
  size_t n;
  CHECK_OK(rote_file_read(path, &bytes, &n));
  char *images = memmem(bytes, n, pixel, sizeof pixel);
  assert_non_null(images);
  images[17] ^= 4;
  write_bytes(path, bytes, n - 27);
  CHECK_OK(rote_seal_append(path));
  CHECK_FAILS(read_all(path), ROTE_DATA, "train/images");
  rote_free(&bytes);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
  (void)state;
  rote_data data = make_data();
  CHECK_FAILS(rote_data_file_write("/proc/no/data.h5", &data), ROTE_IO, "/proc/no");
  rote_memory_fail_at(0);
  assert_int_equal(rote_data_file_write(path, &data), ROTE_NOMEM);
  rote_memory_fail_at(-1);
  CHECK_OK(read_all(path));
  assert_int_equal(count_entries(directory), 3);
}

/* HDF5 loses the memory of a file that it cannot close. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
  return "leak:libhdf5";
}

/* HDF5 writes this file itself: the reason must come back, and the test program must still end
 * well. */
static void survives_a_full_disk(void **state)
{
  (void)state;
  struct rlimit old, small;
  rote_data data = make_data();
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  for (rlim_t size = 0; size < 4096; size += 256) {
    small = (struct rlimit){.rlim_cur = size, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rote_status status = rote_data_file_write(path, &data);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, ROTE_IO);
    assert_non_null(strstr(rote_fail_reason(status), path));
    CHECK_OK(read_all(path));
  }
  assert_int_equal(count_entries(directory), 3);
}

/* Some images; none beyond the end. */
static void gives_the_images_that_are_asked_for(void **state)
{
  (void)state;
  const uint32_t image[] = {0, 7, 12}, beyond[] = {3, N};
  uint8_t p[3 * D];
  CHECK_OK(rote_data_file_read_some(path, "train", 3, image, p));
  for (size_t i = 0; i < 3; i++) {
    assert_memory_equal(p + i * D, pixel + image[i] * D, D);
  }
  CHECK_OK(rote_data_file_read_some(path, "test", 1, image, p));
  assert_memory_equal(p, test_pixel, D);
  CHECK_FAILS(rote_data_file_read_some(path, "train", 2, beyond, p), ROTE_DATA, "has 13 images");
  CHECK_FAILS(rote_data_file_read_some(path, "validation", 1, image, p), ROTE_DATA, "has 0 images");
  CHECK_OK(rote_data_file_read_some(path, "train", 0, NULL, NULL));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_what_was_written, setup, teardown),
      cmocka_unit_test_setup_teardown(reads_the_first_images_only, setup, teardown),
      cmocka_unit_test_setup_teardown(equal_data_gives_equal_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(keeps_names_attributes_and_what_was_left_out, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(notices_damage, setup, teardown),
      cmocka_unit_test_setup_teardown(notices_damage_behind_the_seal, setup, teardown),
      cmocka_unit_test_setup_teardown(a_failed_write_leaves_the_old_file, setup, teardown),
      cmocka_unit_test_setup_teardown(survives_a_full_disk, setup, teardown),
      cmocka_unit_test_setup_teardown(gives_the_images_that_are_asked_for, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
