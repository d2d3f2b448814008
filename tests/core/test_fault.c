#include "check.h"

#include "rote/fault.h"
#include "rote/file.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int disarm(void **state)
{
  (void)state;
  rote_fault_set_rank(0);
  return rote_fault_arm(NULL) == ROTE_OK ? 0 : 1;
}

static rote_status pass(void)
{
  rote_status status = ROTE_OK;
  ROTE_FAULT(FILE_RENAME, "some/file.h5");
done:
  return status;
}

static void unarmed_points_do_nothing(void **state)
{
  (void)state;
  CHECK_OK(rote_fault_arm(""));
  assert_false(rote_fault_armed);
  CHECK_OK(pass());
  CHECK_OK(rote_fault_arm("file.sync=error"));
  CHECK_OK(pass()); /* another point */
}

static void the_nth_time_fails_once(void **state)
{
  (void)state;
  CHECK_OK(rote_fault_arm("file.rename#3=nospace"));
  CHECK_OK(pass());
  CHECK_OK(pass());
  CHECK_FAILS(pass(), ROTE_IO, "some/file.h5: No space left on device");
  assert_int_equal(errno, ENOSPC);
  CHECK_OK(pass());
  CHECK_OK(rote_fault_arm("order.send=error"));
  CHECK_FAILS(rote_fault_reach(ROTE_FAULT_ORDER_SEND, "rank 3"), ROTE_INTERNAL, "rank 3");
}

static void only_the_rank_that_is_meant_fails(void **state)
{
  (void)state;
  CHECK_OK(rote_fault_arm("file.rename@2#1=error"));
  CHECK_OK(pass());
  CHECK_OK(rote_fault_arm("file.rename@2#1=error"));
  rote_fault_set_rank(2);
  CHECK_FAILS(pass(), ROTE_IO, "made to fail at file.rename");
}

static void times_are_counted_for_the_file_that_is_meant(void **state)
{
  (void)state;
  CHECK_OK(rote_fault_arm("file.rename#2:b/b.h5=error"));
  CHECK_OK(rote_fault_reach(ROTE_FAULT_FILE_RENAME, "a/b/b.h5"));
  CHECK_OK(rote_fault_reach(ROTE_FAULT_FILE_RENAME, "a/b.h5"));
  CHECK_OK(rote_fault_reach(ROTE_FAULT_FILE_RENAME, "b.h5"));
  CHECK_OK(rote_fault_reach(ROTE_FAULT_FILE_RENAME, "b/b.h5.old"));
  CHECK_FAILS(rote_fault_reach(ROTE_FAULT_FILE_RENAME, "a/b/b.h5"), ROTE_IO, "a/b/b.h5");
  CHECK_OK(rote_fault_reach(ROTE_FAULT_FILE_RENAME, "a/b/b.h5"));
}

/* @return how a child that comes to the armed point ends */
static int child_ends(const char *fault)
{
  int how = 0;
  const pid_t child = fork();
  if (child == 0) {
    if (rote_fault_arm(fault) != ROTE_OK) {
      _exit(1);
    }
    (void)pass();
    _exit(2);
  }
  assert_int_equal(waitpid(child, &how, 0), child);
  return how;
}

static void killed_and_ended_processes(void **state)
{
  (void)state;
  int how = child_ends("file.rename=kill");
  assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
  how = child_ends("file.rename=exit");
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 70);
}

/* Has it come to where it hangs? */
static bool blocks_signals(pid_t process)
{
  char path[64], line[128];
  unsigned long long blocked = 0;
  snprintf(path, sizeof path, "/proc/%ld/status", (long)process);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f) != NULL && sscanf(line, "SigBlk: %llx", &blocked) != 1) {
  }
  fclose(f);
  return (blocked >> (SIGTERM - 1) & 1) != 0;
}

static void a_hanging_process_obeys_only_the_last_signal(void **state)
{
  (void)state;
  int how = 0;
  const pid_t child = fork();
  if (child == 0) {
    if (rote_fault_arm("file.rename=hang") == ROTE_OK) {
      (void)pass();
    }
    _exit(2);
  }
  while (!blocks_signals(child)) {
    usleep(1000);
  }
  kill(child, SIGTERM);
  usleep(100000);
  assert_int_equal(waitpid(child, &how, WNOHANG), 0);
  kill(child, SIGKILL);
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
}

static void words_that_are_not_understood_are_refused(void **state)
{
  (void)state;
  static const char *const wrong[] = {
      "file.rename",
      "file.rename=",
      "file.rename=die",
      "rename=kill",
      "file.rename#0=kill",
      "file.rename#x=kill",
      "=kill",
      "file.rename@-1=kill",
      "file.rename#1x=kill",
      "file.rename@0#=kill",
      "file.rename=kill ",
      "Trace",
      "order.send=nospace",
      "file.rename#1@0=kill",
      "file.rename=none",
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    CHECK_FAILS(rote_fault_arm(wrong[i]), ROTE_USAGE, "ROTE_FAULT");
    assert_false(rote_fault_armed);
  }
}

static void the_list_has_every_point_once(void **state)
{
  (void)state;
  char *text = NULL, *rest = NULL;
  size_t size = 0, lines = 0;
  FILE *out = open_memstream(&text, &size);
  assert_non_null(out);
  rote_fault_list(out);
  fclose(out);
  for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
    char fault[128];
    snprintf(fault, sizeof fault, "%.*s=kill", (int)strcspn(line, "\t"), line);
    CHECK_OK(rote_fault_arm(fault));
    lines++;
  }
  assert_int_equal(lines, ROTE_FAULT_COUNT);
  free(text);
}

/* Whatever fails on the way to a file: the old one is whole, and nothing is left behind. */
static void a_file_that_fails_leaves_the_old_one(void **state)
{
  (void)state;
  static const char *const fault[] = {"file.create=nospace", "file.write=nospace",
                                      "file.sync=error", "file.rename=error"};
  char directory[] = "/tmp/rote-fault-XXXXXX", path[64];
  char *text = NULL;
  assert_non_null(mkdtemp(directory));
  snprintf(path, sizeof path, "%s/a.txt", directory);
  CHECK_OK(rote_file_write_text(path, "old"));
  for (size_t i = 0; i < sizeof fault / sizeof *fault; i++) {
    CHECK_OK(rote_fault_arm(fault[i]));
    CHECK_FAILS(rote_file_write_text(path, "new"), ROTE_IO, "a.txt");
    CHECK_OK(rote_file_read(path, &text, NULL));
    assert_string_equal(text, "old");
    free(text);
  }
  unlink(path);
  assert_int_equal(rmdir(directory), 0); /* it is empty */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(unarmed_points_do_nothing, disarm),
      cmocka_unit_test_teardown(the_nth_time_fails_once, disarm),
      cmocka_unit_test_teardown(only_the_rank_that_is_meant_fails, disarm),
      cmocka_unit_test_teardown(times_are_counted_for_the_file_that_is_meant, disarm),
      cmocka_unit_test_teardown(killed_and_ended_processes, disarm),
      cmocka_unit_test_teardown(a_hanging_process_obeys_only_the_last_signal, disarm),
      cmocka_unit_test_teardown(words_that_are_not_understood_are_refused, disarm),
      cmocka_unit_test_teardown(the_list_has_every_point_once, disarm),
      cmocka_unit_test_teardown(a_file_that_fails_leaves_the_old_one, disarm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
