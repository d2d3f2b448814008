#include "check.h"

#include "rote/digest.h"
#include "rote/file.h"
#include "rote/memory.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

static int make_directory(void **state)
{
  (void)state;
  snprintf(directory, sizeof directory, "/tmp/rote-test-XXXXXX");
  return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", directory);
  return system(command);
}

static char *in_directory(const char *name)
{
  static char path[4][128];
  static int next;
  next = (next + 1) % 4;
  snprintf(path[next], sizeof path[next], "%s/%s", directory, name);
  return path[next];
}

static size_t entries(const char *path)
{
  size_t n = 0;
  DIR *d = opendir(path);
  assert_non_null(d);
  while (readdir(d) != NULL) {
    n++;
  }
  closedir(d);
  return n - 2; /* . and .. */
}

static void check_content(const char *path, const char *expected)
{
  char *text = NULL;
  size_t length = 0;
  CHECK_OK(rote_file_read(path, &text, &length));
  assert_string_equal(text, expected);
  assert_int_equal(length, strlen(expected));
  rote_free(&text);
}

static void fill(const rote_file *file, const char *text)
{
  FILE *f = fopen(file->path, "w");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  assert_int_equal(fclose(f), 0);
}

static void a_commit_replaces_the_target(void **state)
{
  (void)state;
  rote_file file;
  CHECK_OK(rote_file_begin(in_directory("a/b/c.txt"), &file)); /* directories are made */
  fill(&file, "new");
  assert_false(rote_file_exists(in_directory("a/b/c.txt")));
  CHECK_OK(rote_file_commit(&file));
  check_content(in_directory("a/b/c.txt"), "new");
  CHECK_OK(rote_file_write_text(in_directory("a/b/c.txt"), "newer"));
  check_content(in_directory("a/b/c.txt"), "newer");
  assert_int_equal(entries(in_directory("a/b")), 1);
}

static void an_abort_leaves_nothing(void **state)
{
  (void)state;
  rote_file file;
  CHECK_OK(rote_file_begin(in_directory("abort/x"), &file));
  fill(&file, "half");
  rote_file_abort(&file);
  rote_file_abort(&file);
  assert_int_equal(entries(in_directory("abort")), 0);

  CHECK_OK(rote_file_write_text(in_directory("abort/x"), "old"));
  CHECK_OK(rote_file_begin(in_directory("abort/x"), &file));
  fill(&file, "half");
  rote_file_abort(&file);
  check_content(in_directory("abort/x"), "old");

  CHECK_OK(rote_file_begin(in_directory("abort/x"), &file)); /* begun, never written */
  CHECK_FAILS(rote_file_commit(&file), ROTE_IO, "No such file");
  check_content(in_directory("abort/x"), "old");
  assert_int_equal(entries(in_directory("abort")), 1);

  file = (rote_file){.path = ""};
  rote_file_abort(&file);
}

/* More than are remembered: those that are go, and a place is free again after each commit. */
static void all_temporary_files_go_at_once(void **state)
{
  (void)state;
  rote_file file[3];
  char name[16];
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "all/%d", i);
    CHECK_OK(rote_file_write_text(in_directory(name), ""));
  }
  for (int i = 0; i < 3; i++) {
    snprintf(name, sizeof name, "all/%d", i);
    CHECK_OK(rote_file_begin(in_directory(name), &file[i]));
    fill(&file[i], "half");
  }
  assert_int_equal(entries(in_directory("all")), 43);
  rote_file_abort_all();
  assert_int_equal(entries(in_directory("all")), 40);
  for (int i = 0; i < 3; i++) {
    rote_file_abort(&file[i]);
  }
}

static void a_commit_can_keep_the_previous_file(void **state)
{
  (void)state;
  rote_file file;
  for (int i = 0; i < 3; i++) {
    char text[2] = {(char)('0' + i), '\0'};
    CHECK_OK(rote_file_begin(in_directory("keep/x"), &file));
    fill(&file, text);
    CHECK_OK(rote_file_commit_keeping(&file, in_directory("keep/x.prev")));
    check_content(in_directory("keep/x"), text);
    assert_int_equal(entries(in_directory("keep")), i == 0 ? 1 : 2);
  }
  check_content(in_directory("keep/x.prev"), "1");
}

static void unwritable_places_are_named(void **state)
{
  (void)state;
  rote_file file;
  CHECK_OK(rote_file_write_text(in_directory("plain"), ""));
  CHECK_FAILS(rote_file_begin(in_directory("plain/x"), &file), ROTE_IO, "not a directory");
  CHECK_FAILS(rote_directory_create(in_directory("plain/x/y")), ROTE_IO, "plain");
  CHECK_FAILS(rote_file_write_text("/proc/no/file", "x"), ROTE_IO, "/proc/no");
  if (geteuid() != 0) { /* nothing is forbidden to root */
    CHECK_OK(rote_directory_create(in_directory("locked")));
    assert_int_equal(chmod(in_directory("locked"), 0500), 0);
    CHECK_FAILS(rote_file_begin(in_directory("locked/x"), &file), ROTE_IO, "locked");
  }
}

/* A commit onto a directory fails and leaves no temporary file. */
static void a_failed_commit_cleans_up(void **state)
{
  (void)state;
  rote_file file;
  CHECK_OK(rote_directory_create(in_directory("busy/x/y")));
  CHECK_OK(rote_file_begin(in_directory("busy/x"), &file));
  fill(&file, "new");
  CHECK_FAILS(rote_file_commit(&file), ROTE_IO, "busy/x");
  assert_int_equal(entries(in_directory("busy")), 1);
}

static void reading_checks_what_it_reads(void **state)
{
  (void)state;
  char *text = NULL;
  CHECK_FAILS(rote_file_read(in_directory("missing"), &text, NULL), ROTE_IO, "missing");
  CHECK_FAILS(rote_file_read(directory, &text, NULL), ROTE_IO, "not a regular file");
  CHECK_OK(rote_file_write_text(in_directory("empty"), ""));
  check_content(in_directory("empty"), "");
  rote_memory_fail_at(0);
  CHECK_FAILS(rote_file_read(in_directory("empty"), &text, NULL), ROTE_NOMEM, "memory");
  assert_null(text);
}

static void long_paths_are_refused(void **state)
{
  (void)state;
  static char path[2 * ROTE_PATH_MAX];
  rote_file file;
  memset(path, 'a', sizeof path - 1);
  CHECK_FAILS(rote_file_begin(path, &file), ROTE_DATA, "longer than");
  CHECK_FAILS(rote_directory_create(path), ROTE_DATA, "longer than");
}

/* The answers of FIPS 180-2 for "abc", in two blocks, and for nothing. */
static void digests_are_sha256(void **state)
{
  (void)state;
  const void *const block[] = {"a", "bc"};
  const size_t bytes[] = {1, 2};
  char text[ROTE_DIGEST_TEXT];
  CHECK_OK(rote_digest(2, block, bytes, text));
  assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_OK(rote_digest(0, NULL, NULL, text));
  assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void sees_what_a_disk_cannot_hold(void **state)
{
  (void)state;
  char path[128];
  snprintf(path, sizeof path, "%s/not/yet/there.h5", directory);
  CHECK_OK(rote_file_check_space(path, 1));
  CHECK_FAILS(rote_file_check_space(path, SIZE_MAX), ROTE_IO,
              "there.h5: needs 18446744073709.6 MB");
  CHECK_OK(rote_file_check_space("here.h5", 1));
  assert_int_equal(access(path, F_OK), -1);
}

/* Of a call that failed so, would another path help? */
static void reasons_are_told_apart(void **state)
{
  (void)state;
  const int wrong_path[] = {ENOENT, ENOTDIR, EISDIR, EEXIST, ELOOP, ENAMETOOLONG, EINVAL};
  const int unusable[] = {EACCES, EPERM, ENOSPC, EDQUOT, EROFS, EIO, EFBIG, EMFILE, ESTALE};
  for (size_t i = 0; i < sizeof wrong_path / sizeof *wrong_path; i++) {
    assert_int_equal(rote_file_status(wrong_path[i]), ROTE_DATA);
  }
  for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++) {
    assert_int_equal(rote_file_status(unusable[i]), ROTE_IO);
  }
  CHECK_FAILS(rote_directory_create("/proc/no/such"), ROTE_IO, "/proc/no");
  assert_int_equal(errno, ENOENT);
  CHECK_OK(rote_file_write_text(in_directory("text"), ""));
  CHECK_FAILS(rote_directory_create(in_directory("text")), ROTE_IO, "not a directory");
  assert_int_equal(errno, ENOTDIR);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_commit_replaces_the_target),
      cmocka_unit_test(an_abort_leaves_nothing),
      cmocka_unit_test(a_commit_can_keep_the_previous_file),
      cmocka_unit_test(unwritable_places_are_named),
      cmocka_unit_test(a_failed_commit_cleans_up),
      cmocka_unit_test(reading_checks_what_it_reads),
      cmocka_unit_test(long_paths_are_refused),
      cmocka_unit_test(digests_are_sha256),
      cmocka_unit_test(sees_what_a_disk_cannot_hold),
      cmocka_unit_test(reasons_are_told_apart),
      cmocka_unit_test(all_temporary_files_go_at_once),
  };
  return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
