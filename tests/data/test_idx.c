#include "idx_files.h"

#include "rote/import.h"
#include "rote/memory.h"

#define DATA 24 /* bytes after the header: 2 x 3 x 4 */

static const uint32_t shape[3] = {2, 3, 4};

/* A good file of 2 x 3 x 4 bytes. */
static size_t good_file(uint8_t *out)
{
  const size_t header = put_header(out, 0x803, 3, shape);
  for (size_t i = 0; i < DATA; i++) {
    out[header + i] = (uint8_t)(37 * i + 11);
  }
  return header + DATA;
}

static void check_good(const char *name)
{
  uint8_t file[128];
  uint8_t *bytes = NULL;
  size_t size[3] = {0};
  const size_t n = good_file(file);
  write_bytes(name, file, n);
  CHECK_OK(rote_idx_read(in_directory(name), 3, size, &bytes));
  assert_int_equal(size[0], 2);
  assert_int_equal(size[1], 3);
  assert_int_equal(size[2], 4);
  assert_memory_equal(bytes, file + n - DATA, DATA);
  rote_free(&bytes);
}

static void reads_plain_and_gzip(void **state)
{
  (void)state;
  check_good("good");
  check_good("good.gz");
}

/* Reading must fail with these words and keep nothing. */
static void check_bad(const char *name, size_t dimensions, const char *words)
{
  const long before = rote_memory_live_blocks();
  uint8_t *bytes = (uint8_t *)1;
  size_t size[3];
  CHECK_FAILS(rote_idx_read(in_directory(name), dimensions, size, &bytes), ROTE_DATA, words);
  assert_non_null(strstr(rote_fail_reason(ROTE_DATA), in_directory(name)));
  assert_null(bytes);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void refuses_what_is_no_file(void **state)
{
  (void)state;
  check_bad("missing", 3, "is missing");
  check_bad(".", 3, "not a regular file");
  write_bytes("empty", "", 0);
  check_bad("empty", 3, "is empty");
}

static void says_what_may_not_be_read(void **state)
{
  (void)state;
  uint8_t file[128];
  uint8_t *bytes = NULL;
  size_t size[3];
  write_bytes("closed", file, good_file(file));
  assert_int_equal(chmod(in_directory("closed"), 0), 0);
  drop_rights();
  CHECK_FAILS(rote_idx_read(in_directory("closed"), 3, size, &bytes), ROTE_IO, "Permission denied");
  regain_rights();
  assert_null(bytes);
}

static void refuses_every_shorter_file(void **state)
{
  (void)state;
  uint8_t file[128];
  const size_t n = good_file(file);
  for (size_t cut = 1; cut < n; cut++) {
    write_bytes("short", file, cut);
    check_bad("short", 3, "truncated");
    write_bytes("short.gz", file, cut);
    check_bad("short.gz", 3, "truncated");
  }
  write_bytes("nothing.gz", "", 0);
  check_bad("nothing.gz", 3, "truncated");
}

static void refuses_longer_files(void **state)
{
  (void)state;
  uint8_t file[128] = {0};
  const size_t n = good_file(file);
  write_bytes("long", file, n + 1);
  check_bad("long", 3, "too long");
  write_bytes("long.gz", file, n + 1);
  check_bad("long.gz", 3, "too long");
}

static void refuses_other_magic_numbers(void **state)
{
  (void)state;
  uint8_t file[128];
  const size_t n = good_file(file);
  write_bytes("images", file, n);
  check_bad("images", 1, "0x00000803");
  check_bad("images", 1, "0x00000801");
  write_bytes("text", "hello", 5);
  check_bad("text", 3, "0x68656c6c");
}

static void refuses_sizes_beyond_the_file(void **state)
{
  (void)state;
  static const uint32_t wrong[][3] = {{UINT32_MAX, 4096, 4096}, {60000, 28, 28}, {65536, 4096, 1}};
  uint8_t file[128];
  good_file(file);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    put_header(file, 0x803, 3, wrong[i]);
    write_bytes("huge", file, 16 + DATA);
    check_bad("huge", 3, "promises");
    write_bytes("huge.gz", file, 16 + DATA);
    check_bad("huge.gz", 3, "promises");
  }
  put_header(file, 0x803, 3, (const uint32_t[3]){UINT32_MAX, 28, UINT32_MAX});
  write_bytes("wide.gz", file, 16 + DATA);
  check_bad("wide.gz", 3, "size 3 in its header is 4294967295 pixels; at most 4096 are sensible");
  put_header(file, 0x803, 3, (const uint32_t[3]){0, 28, 28});
  write_bytes("none", file, 16);
  check_bad("none", 3, "is 0");
}

static void refuses_damaged_gzip(void **state)
{
  (void)state;
  uint8_t file[128], packed[256], damaged[256];
  write_bytes("whole.gz", file, good_file(file));
  const size_t n = read_bytes("whole.gz", packed, sizeof packed);
  assert_true(n > 18 && n < sizeof packed);
  for (size_t cut = 10; cut < n;
       cut++) { /* after the gzip header, to the last byte of the trailer */
    write_raw("cut.gz", packed, cut);
    check_bad("cut.gz", 3, "truncated");
  }
  for (size_t at = n - 8; at < n - 4; at++) { /* the stored CRC */
    memcpy(damaged, packed, n);
    damaged[at] ^= 1;
    write_raw("crc.gz", damaged, n);
    check_bad("crc.gz", 3, "damaged");
  }
  for (size_t at = 10; at < n; at++) { /* a flipped bit: noticed, unless it only pads the stream */
    uint8_t *bytes = NULL;
    size_t size[3];
    memcpy(damaged, packed, n);
    damaged[at] ^= 0x10;
    write_raw("bit.gz", damaged, n);
    if (rote_idx_read(in_directory("bit.gz"), 3, size, &bytes) == ROTE_OK) {
      assert_int_equal(at, n - 9);
      assert_memory_equal(bytes, file + 16, DATA);
    }
    rote_free(&bytes);
  }
}

static void reports_exhausted_memory(void **state)
{
  (void)state;
  uint8_t file[128];
  uint8_t *bytes = NULL;
  size_t size[3];
  write_bytes("good", file, good_file(file));
  const long before = rote_memory_live_blocks();
  rote_memory_fail_at(0);
  CHECK_FAILS(rote_idx_read(in_directory("good"), 3, size, &bytes), ROTE_NOMEM, "memory");
  assert_null(bytes);
  assert_int_equal(rote_memory_live_blocks(), before);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_plain_and_gzip),
      cmocka_unit_test(refuses_what_is_no_file),
      cmocka_unit_test(says_what_may_not_be_read),
      cmocka_unit_test(refuses_every_shorter_file),
      cmocka_unit_test(refuses_longer_files),
      cmocka_unit_test(refuses_other_magic_numbers),
      cmocka_unit_test(refuses_sizes_beyond_the_file),
      cmocka_unit_test(refuses_damaged_gzip),
      cmocka_unit_test(reports_exhausted_memory),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
