/* Damage a file in many places; its reader must notice each time, and leak nothing. */
#ifndef ROTE_TEST_DAMAGE_H
#define ROTE_TEST_DAMAGE_H

#include "check.h"
#include "rote/file.h"
#include "rote/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A fresh directory; removed by remove_directory(). */
static inline void make_directory(char *directory)
{
  strcpy(directory, "/tmp/rote-test-XXXXXX");
  assert_non_null(mkdtemp(directory));
}

static inline void remove_directory(const char *directory)
{
  char command[ROTE_PATH_MAX];
  snprintf(command, sizeof command, "rm -r '%s'", directory);
  assert_int_equal(system(command), 0);
}

static inline size_t count_entries(const char *directory)
{
  size_t n = 0;
  DIR *d = opendir(directory);
  assert_non_null(d);
  while (readdir(d) != NULL) {
    n++;
  }
  closedir(d);
  return n;
}

static inline void write_bytes(const char *path, const char *bytes, size_t n)
{
  unlink(path); /* ext4 flushes a file that is emptied and written again: slow */
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

static inline void assert_same_bytes(const char *a, const char *b)
{
  char *ta, *tb;
  size_t na, nb;
  CHECK_OK(rote_file_read(a, &ta, &na));
  CHECK_OK(rote_file_read(b, &tb, &nb));
  assert_int_equal(na, nb);
  assert_memory_equal(ta, tb, na);
  rote_free(&ta);
  rote_free(&tb);
}

/* Reads the file; a wrong number in a file that is believed must fail the test. */
typedef rote_status (*damage_reader)(const char *path);

static inline void expect_damage(const char *path, damage_reader read, const char *how,
                                 size_t where)
{
  rote_status status = read(path);
  if (status != ROTE_DATA || strstr(rote_fail_reason(status), path) == NULL) {
    fail_msg("%s at %zu: status %d, %s", how, where, (int)status, rote_fail_reason(status));
  }
}

/* Flip bytes `stride` apart, cut at lengths `stride` apart, and offer things that are no such file.
 */
static inline void damage_everywhere(const char *good, const char *directory, size_t stride,
                                     damage_reader read)
{
  char *bytes;
  size_t n;
  char path[ROTE_PATH_MAX];
  size_t open_files = count_entries("/proc/self/fd");
  snprintf(path, sizeof path, "%s/damaged.h5", directory);
  CHECK_OK(read(good));
  CHECK_OK(rote_file_read(good, &bytes, &n));
  long blocks = rote_memory_live_blocks();
  for (size_t i = 0; i < n; i += stride) {
    char old = bytes[i];
    bytes[i] = (char)(old ^ (i / stride % 2 == 0 ? 1 << i % 8 : 0xff));
    write_bytes(path, bytes, n);
    expect_damage(path, read, "byte flipped", i);
    bytes[i] = old;
  }
  for (size_t length = 0; length < n; length += length + stride < n - 1 ? stride : 1) {
    write_bytes(path, bytes, length);
    expect_damage(path, read, "cut", length);
  }
  write_bytes(path, "name: study\n", 12);
  expect_damage(path, read, "text", 0);
  expect_damage(directory, read, "directory", 0);
  unlink(path);
  expect_damage(path, read, "missing", 0);
  assert_int_equal(rote_memory_live_blocks(), blocks);
  assert_int_equal(count_entries("/proc/self/fd"), open_files);
  CHECK_OK(read(good));
  rote_free(&bytes);
}

#endif
