/* Small IDX files in a temporary directory. */
#ifndef ROTE_TEST_IDX_FILES_H
#define ROTE_TEST_IDX_FILES_H

#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char test_directory[64];

static inline int make_directory(void **state)
{
  (void)state;
  snprintf(test_directory, sizeof test_directory, "/tmp/rote-test-XXXXXX");
  return mkdtemp(test_directory) == NULL;
}

static inline int remove_directory(void **state)
{
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", test_directory);
  return system(command);
}

/* Valid until four calls later. */
static inline const char *in_directory(const char *name)
{
  static char path[4][128];
  static int next;
  next = (next + 1) % 4;
  snprintf(path[next], sizeof path[next], "%s/%s", test_directory, name);
  return path[next];
}

/* Plain, or gzip if the name ends so. */
static inline void write_bytes(const char *name, const void *bytes, size_t n)
{
  const size_t length = strlen(name);
  if (length > 3 && strcmp(name + length - 3, ".gz") == 0) {
    gzFile f = gzopen(in_directory(name), "wb9");
    assert_non_null(f);
    if (n > 0) {
      assert_int_equal(gzwrite(f, bytes, (unsigned)n), (int)n);
    }
    assert_int_equal(gzclose(f), Z_OK);
  } else {
    FILE *f = fopen(in_directory(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
  }
}

static inline size_t put_header(uint8_t *out, uint32_t magic, size_t dimensions,
                                const uint32_t *size)
{
  for (size_t d = 0; d <= dimensions; d++) {
    const uint32_t v = d == 0 ? magic : size[d - 1];
    for (int b = 0; b < 4; b++) {
      out[4 * d + (size_t)b] = (uint8_t)(v >> (24 - 8 * b));
    }
  }
  return 4 * (dimensions + 1);
}

/* The whole file again, to damage it. */
static inline size_t read_bytes(const char *name, uint8_t *out, size_t room)
{
  FILE *f = fopen(in_directory(name), "rb");
  assert_non_null(f);
  const size_t n = fread(out, 1, room, f);
  fclose(f);
  return n;
}

/* Permissions bind only those who are not root. */
static inline void drop_rights(void)
{
  assert_int_equal(chmod(test_directory, 0755), 0);
  assert_true(geteuid() != 0 || seteuid(65534) == 0);
}

static inline void regain_rights(void)
{
  assert_true(getuid() != 0 || seteuid(0) == 0);
}

/* Bytes as they are, whatever the name. */
static inline void write_raw(const char *name, const uint8_t *bytes, size_t n)
{
  write_bytes("raw", bytes, n);
  assert_int_equal(rename(in_directory("raw"), in_directory(name)), 0);
}

#endif
