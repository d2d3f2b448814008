#include "check.h"

#include "rote/shared_memory.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

static int setup(void **state)
{
  (void)state;
  strcpy(directory, "/tmp/rote-shm-XXXXXX");
  return mkdtemp(directory) == NULL || setenv("ROTE_SHM_DIRECTORY", directory, 1) != 0;
}

static int teardown(void **state)
{
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", directory);
  return system(command);
}

enum { BYTES = 3 << 20 };

static void others_see_what_one_writes(void **state)
{
  (void)state;
  rote_shared_memory mine = ROTE_SHARED_MEMORY_NONE, theirs = ROTE_SHARED_MEMORY_NONE;
  CHECK_OK(rote_shared_memory_make(&mine));
  CHECK_OK(rote_shared_memory_join(mine.name, &theirs));
  rote_shared_memory_unname(&mine);
  assert_string_equal(mine.name, "");
  CHECK_OK(rote_shared_memory_reserve(&mine, BYTES));
  CHECK_OK(rote_shared_memory_map(&mine, BYTES));
  CHECK_OK(rote_shared_memory_map(&theirs, BYTES));
  memset(mine.block, 7, BYTES);
  const unsigned char *seen = theirs.block;
  assert_int_equal(seen[0], 7);
  assert_int_equal(seen[BYTES - 1], 7);
  rote_shared_memory_free(&theirs);
  rote_shared_memory_free(&mine);
  assert_int_equal(rmdir(directory), 0); /* nothing is left behind */
}

static void more_than_there_is_is_refused(void **state)
{
  (void)state;
  rote_shared_memory memory = ROTE_SHARED_MEMORY_NONE;
  CHECK_OK(rote_shared_memory_make(&memory));
  CHECK_FAILS(rote_shared_memory_reserve(&memory, (size_t)1 << 60), ROTE_IO, "MB are left");
  rote_shared_memory_free(&memory);
  assert_int_equal(rmdir(directory), 0);
}

static void a_directory_that_is_not_there_is_named(void **state)
{
  (void)state;
  rote_shared_memory memory;
  assert_int_equal(rmdir(directory), 0);
  CHECK_FAILS(rote_shared_memory_make(&memory), ROTE_IO, directory);
  CHECK_FAILS(rote_shared_memory_join("/nothing/here", &memory), ROTE_IO, "/nothing/here");
  rote_shared_memory_free(&memory);
}

/* A file below the directory, with the directories above it. */
static void put(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(const char *name, const char *format, ...)
{
  char path[256];
  va_list values;
  snprintf(path, sizeof path, "%s/%s", directory, name);
  for (char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
    *p = '\0';
    assert_true(mkdir(path, 0777) == 0 || errno == EEXIST);
    *p = '/';
  }
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  va_start(values, format);
  vfprintf(f, format, values);
  va_end(values);
  fclose(f);
}

static double left(void)
{
  char groups[128];
  snprintf(groups, sizeof groups, "%s/groups", directory);
  return rote_memory_limit_left(groups, directory);
}

static void the_least_of_a_group_and_those_above_counts(void **state)
{
  (void)state;
  put("groups", "0::/job/step\n");
  put("job/step/memory.max", "max\n");
  put("job/step/memory.current", "70\n");
  assert_true(isinf(left()));
  put("job/memory.max", "1000\n");
  put("job/memory.current", "900\n");
  put("job/memory.stat", "anon 100\ninactive_file 300\nactive_file 50\nshmem 5\n");
  assert_true(left() == 450);
  put("job/step/memory.max", "100\n");
  assert_true(left() == 30);
  put("memory.max", "20\n");
  put("memory.current", "25\n");
  assert_true(left() == 0);
}

static void limits_of_version_1_count_too(void **state)
{
  (void)state;
  put("groups", "12:cpu,cpuacct:/a\n3:memory:/slurm/job_1\n0::/elsewhere\n");
  put("memory/slurm/job_1/memory.limit_in_bytes", "5000\n");
  put("memory/slurm/job_1/memory.usage_in_bytes", "1000\n");
  put("memory/slurm/job_1/memory.stat", "cache 9\ntotal_inactive_file 500\ntotal_active_file 1\n");
  put("cpu,cpuacct/a/memory.limit_in_bytes", "1\n");
  assert_true(left() == 4501);
}

static void without_groups_there_is_no_limit(void **state)
{
  (void)state;
  assert_true(isinf(left()));
  put("groups", "nonsense\n\n7:memoryless:/a\n");
  put("memory/a/memory.limit_in_bytes", "1\n");
  put("memory/a/memory.usage_in_bytes", "0\n");
  assert_true(isinf(left()));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(others_see_what_one_writes),
      TEST(more_than_there_is_is_refused),
      TEST(a_directory_that_is_not_there_is_named),
      TEST(the_least_of_a_group_and_those_above_counts),
      TEST(limits_of_version_1_count_too),
      TEST(without_groups_there_is_no_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
