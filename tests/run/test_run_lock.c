#include "check.h"

#include "rote/clock.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/run_lock.h"
#include "rote/sealed_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char directory[64], path[80];

static int setup(void **state)
{
  (void)state;
  strcpy(directory, "/tmp/rote-test-XXXXXX");
  if (mkdtemp(directory) == NULL) {
    return 1;
  }
  snprintf(path, sizeof path, "%s/lock", directory);
  unsetenv("SLURM_JOB_ID");
  unsetenv("SLURM_RESTART_COUNT");
  return 0;
}

static int teardown(void **state)
{
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", directory);
  return system(command);
}

static const rote_run_lock_request quick = {.beat = 0.05, .silence = 0.4};

static void pause_for(double seconds)
{
  const struct timespec t = {.tv_sec = (time_t)seconds,
                             .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&t, NULL);
}

/* Replace "name old" by "name value" in the lock and seal it again, as another host would write it.
 */
static void change(const char *name, const char *value)
{
  char *text, *line, changed[600];
  CHECK_OK(rote_sealed_text_read(path, ROTE_SEALED_PLAIN, &text));
  line = strstr(text, name);
  assert_non_null(line);
  const char *rest = strchr(line, '\n');
  snprintf(changed, sizeof changed, "%.*s%s %s%s", (int)(line - text), text, name, value, rest);
  CHECK_OK(rote_sealed_text_write(path, ROTE_SEALED_PLAIN, changed));
  rote_free(&text);
}

/* A lock that a process has left behind when it was killed. */
static void leave_behind(void)
{
  int result;
  const pid_t child = fork();
  if (child == 0) {
    rote_run_lock *lock;
    _exit(rote_run_lock_take(directory, &quick, &lock) == ROTE_OK ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_int_equal(result, 0);
  assert_true(rote_file_exists(path));
}

static double take_and_release(void)
{
  rote_run_lock *lock;
  const double before = rote_seconds();
  CHECK_OK(rote_run_lock_take(directory, &quick, &lock));
  const double seconds = rote_seconds() - before;
  rote_run_lock_release(&lock);
  assert_null(lock);
  assert_false(rote_file_exists(path));
  return seconds;
}

static void is_given_back_and_leaves_nothing(void **state)
{
  (void)state;
  const long blocks = rote_memory_live_blocks();
  take_and_release();
  take_and_release();
  assert_int_equal(rmdir(directory), 0); /* empty */
  assert_int_equal(rote_memory_live_blocks(), blocks);
}

static void names_its_owner_and_is_refreshed(void **state)
{
  (void)state;
  rote_run_lock *lock;
  rote_run_owner first, later;
  double silent;
  setenv("SLURM_JOB_ID", "4711", 1);
  CHECK_OK(rote_run_lock_take(directory, &quick, &lock));
  assert_int_equal(rote_run_lock_look(directory, &first, &silent), ROTE_OWNER_ALIVE);
  assert_int_equal(first.pid, getpid());
  assert_string_equal(first.job, "4711");
  do {
    pause_for(0.02);
    assert_int_equal(rote_run_lock_look(directory, &later, &silent), ROTE_OWNER_ALIVE);
  } while (later.beat < first.beat + 3);
  assert_false(rote_run_lock_lost(lock));
  rote_run_lock_release(&lock);
  assert_int_equal(rote_run_lock_look(directory, &first, &silent), ROTE_OWNER_NONE);
}

static void a_live_owner_is_named_to_the_second(void **state)
{
  (void)state;
  rote_run_lock *lock, *second;
  char words[64];
  CHECK_OK(rote_run_lock_take(directory, &quick, &lock));
  snprintf(words, sizeof words, "pid %ld, job none", (long)getpid());
  CHECK_FAILS(rote_run_lock_take(directory, &quick, &second), ROTE_DATA, words);
  assert_null(second);
  assert_non_null(strstr(rote_fail_reason(ROTE_DATA), "--force-unlock"));
  assert_false(rote_run_lock_lost(lock));
  rote_run_lock_release(&lock);
}

static void of_a_dead_process_it_is_taken_at_once(void **state)
{
  (void)state;
  leave_behind();
  take_and_release();
}

static void a_pid_that_was_given_again_is_not_the_owner(void **state)
{
  (void)state;
  char pid[32];
  leave_behind();
  snprintf(pid, sizeof pid, "%ld", (long)getpid()); /* lives, but did not start then */
  change("pid", pid);
  change("started", "12345");
  take_and_release();
}

static void an_earlier_start_of_the_same_job_is_gone_wherever_it_was(void **state)
{
  (void)state;
  setenv("SLURM_JOB_ID", "4711", 1);
  leave_behind();
  change("host", "elsewhere");
  change("machine", "another-boot");
  setenv("SLURM_RESTART_COUNT", "1", 1);
  const rote_run_lock_request patient = {.silence = 3600};
  rote_run_lock *lock;
  CHECK_OK(rote_run_lock_take(directory, &patient, &lock));
  rote_run_lock_release(&lock);
}

static void a_silent_owner_elsewhere_is_watched_then_gone(void **state)
{
  (void)state;
  leave_behind();
  change("host", "elsewhere");
  change("machine", "another-boot");
  assert_true(take_and_release() >= quick.silence); /* not sooner than the rule says */
}

static void an_owner_elsewhere_that_counts_on_is_alive(void **state)
{
  (void)state;
  rote_run_lock *lock;
  int result;
  leave_behind();
  change("host", "elsewhere");
  change("machine", "another-boot");
  const pid_t child = fork();
  if (child == 0) {
    for (int beat = 1; beat < 100; beat++) {
      char text[32];
      pause_for(0.1);
      snprintf(text, sizeof text, "%020d", beat);
      change("beat", text);
    }
    _exit(0);
  }
  CHECK_FAILS(rote_run_lock_take(directory, &(rote_run_lock_request){.silence = 3600}, &lock),
              ROTE_DATA, "host elsewhere");
  kill(child, SIGKILL);
  assert_int_equal(waitpid(child, &result, 0), child);
}

static void a_damaged_lock_is_watched_and_repaired_by_its_owner(void **state)
{
  (void)state;
  rote_run_lock *lock, *second;
  CHECK_OK(rote_run_lock_take(directory, &quick, &lock));
  FILE *f = fopen(path, "w"); /* emptied in place */
  assert_non_null(f);
  fclose(f);
  CHECK_FAILS(rote_run_lock_take(directory, &(rote_run_lock_request){.silence = 3600}, &second),
              ROTE_DATA, "another run works");
  rote_run_lock_release(&lock);
  CHECK_OK(rote_file_write_text(path, "host n1\n"));
  assert_true(take_and_release() >= quick.silence);
}

/* A lock that cannot be read (here a name that leads nowhere, for root too) is not a damaged one.
 */
static void an_unreadable_lock_is_left_alone(void **state)
{
  (void)state;
  rote_run_lock *lock;
  rote_run_owner owner;
  double silent;
  char target[96];
  assert_int_equal(symlink(path, path), 0);
  assert_int_equal(rote_run_lock_look(directory, &owner, &silent), ROTE_OWNER_UNREADABLE);
  assert_int_equal(owner.unreadable, ELOOP);
  CHECK_FAILS(rote_run_lock_take(directory, &quick, &lock), ROTE_IO, "cannot be read");
  assert_null(lock);
  assert_true(readlink(path, target, sizeof target) > 0); /* it is as it was */
  CHECK_OK(rote_run_lock_take(directory, &(rote_run_lock_request){.force = true}, &lock));
  rote_run_lock_release(&lock);
  assert_int_equal(rmdir(directory), 0);
}

static void a_deleted_lock_comes_back(void **state)
{
  (void)state;
  rote_run_lock *lock;
  CHECK_OK(rote_run_lock_take(directory, &quick, &lock));
  unlink(path);
  while (!rote_file_exists(path)) {
    pause_for(0.02);
  }
  assert_false(rote_run_lock_lost(lock));
  rote_run_lock_release(&lock);
  assert_false(rote_file_exists(path));
}

static void pause_for_beats(int beats)
{
  pause_for(beats * quick.beat);
}

/* A name that cannot be opened, or cannot be made again, is not one that another run has taken. */
static void what_cannot_be_seen_is_not_lost(void **state)
{
  (void)state;
  rote_run_lock *lock;
  char away[96];
  volatile sig_atomic_t stop = 0;
  CHECK_OK(
      rote_run_lock_take(directory, &(rote_run_lock_request){.beat = 0.05, .stop = &stop}, &lock));
  snprintf(away, sizeof away, "%s-away", directory);
  assert_int_equal(rename(directory, away), 0); /* nothing can be written there */
  pause_for_beats(6);
  assert_int_equal(rename(away, directory), 0);
  assert_true(rote_file_exists(path));
  pause_for_beats(6);
  unlink(path);
  while (symlink(path, path) != 0) { /* it may be made again just now */
    unlink(path);
  }
  pause_for_beats(6); /* open fails with ELOOP, as root too */
  assert_false(rote_run_lock_lost(lock));
  assert_int_equal(stop, 0);
  unlink(path);
  while (!rote_file_exists(path)) {
    pause_for(0.02);
  }
  assert_false(rote_run_lock_lost(lock));
  rote_run_lock_release(&lock);
  assert_int_equal(rmdir(directory), 0); /* empty */
}

/* The number of a deleted file may be given to the file of another. */
static void another_owner_in_our_file_has_taken_it(void **state)
{
  (void)state;
  rote_run_lock *lock;
  char *text, changed[600], sealed[700];
  CHECK_OK(rote_run_lock_take(directory, &quick, &lock));
  CHECK_OK(rote_sealed_text_read(path, ROTE_SEALED_PLAIN, &text));
  snprintf(changed, sizeof changed, "host elsewhere%s", strchr(text, '\n'));
  rote_free(&text);
  CHECK_OK(rote_sealed_text_make(ROTE_SEALED_PLAIN, changed, sealed, sizeof sealed));
  while (!rote_run_lock_lost(lock)) { /* a beat may just have overwritten it */
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(sealed, f) >= 0);
    fclose(f);
    pause_for(0.02);
  }
  rote_run_lock_release(&lock);
  assert_true(rote_file_exists(path)); /* it is the other's */
}

static void force_takes_it_and_the_owner_notices(void **state)
{
  (void)state;
  rote_run_lock *first, *second;
  volatile sig_atomic_t stop = 0;
  CHECK_OK(
      rote_run_lock_take(directory, &(rote_run_lock_request){.beat = 0.05, .stop = &stop}, &first));
  CHECK_OK(rote_run_lock_take(directory, &(rote_run_lock_request){.beat = 0.05, .force = true},
                              &second));
  while (!rote_run_lock_lost(first)) {
    pause_for(0.02);
  }
  assert_int_equal(stop, 1);
  rote_run_lock_release(&first);
  assert_true(rote_file_exists(path)); /* it is the second's */
  assert_false(rote_run_lock_lost(second));
  rote_run_lock_release(&second);
  assert_false(rote_file_exists(path));
}

static void watching_ends_when_told_to_stop(void **state)
{
  (void)state;
  rote_run_lock *lock;
  volatile sig_atomic_t stop = 1;
  leave_behind();
  change("host", "elsewhere");
  change("machine", "another-boot");
  CHECK_FAILS(rote_run_lock_take(directory,
                                 &(rote_run_lock_request){.silence = 3600, .stop = &stop}, &lock),
              ROTE_STOPPED, "stopped while waiting");
  assert_null(lock);
}

/* Wait for refreshes of the lock, at which the owner sees whether another one took it at the same
 * time. @return whether it is still the owner */
static bool still_has(const rote_run_lock *lock)
{
  rote_run_owner owner;
  double silent;
  unsigned long long first = 0;
  bool seen = false;
  while (!rote_run_lock_lost(lock)) {
    rote_run_lock_look(directory, &owner, &silent);
    if (owner.pid == getpid()) {
      first = seen ? first : owner.beat;
      seen = true;
      if (owner.beat >= first + 3) {
        return true;
      }
    }
    pause_for(0.02);
  }
  return false;
}

/* Many that come at once for the lock of a dead one: one has it. */
static void only_one_of_many_gets_it(void **state)
{
  (void)state;
  enum { MANY = 8 };
  pid_t child[MANY];
  int gate[2], trying[2], got = 0, result;
  leave_behind();
  assert_int_equal(pipe(gate), 0);
  assert_int_equal(pipe(trying), 0); /* at its end when the last one has tried */
  for (int i = 0; i < MANY; i++) {
    child[i] = fork();
    if (child[i] == 0) {
      rote_run_lock *lock;
      char byte;
      close(gate[1]);
      result =
          read(gate[0], &byte, 1) == 0 && rote_run_lock_take(directory, &quick, &lock) == ROTE_OK;
      close(trying[1]);
      if (result) {
        result = read(trying[0], &byte, 1) == 0 && still_has(lock);
        rote_run_lock_release(&lock);
      }
      _exit(result);
    }
  }
  close(trying[0]);
  close(trying[1]);
  close(gate[0]);
  close(gate[1]); /* go */
  for (int i = 0; i < MANY; i++) {
    assert_int_equal(waitpid(child[i], &result, 0), child[i]);
    got += WEXITSTATUS(result);
  }
  assert_int_equal(got, 1);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
  const struct CMUnitTest tests[] = {
      CASE(is_given_back_and_leaves_nothing),
      CASE(names_its_owner_and_is_refreshed),
      CASE(a_live_owner_is_named_to_the_second),
      CASE(of_a_dead_process_it_is_taken_at_once),
      CASE(a_pid_that_was_given_again_is_not_the_owner),
      CASE(an_earlier_start_of_the_same_job_is_gone_wherever_it_was),
      CASE(a_silent_owner_elsewhere_is_watched_then_gone),
      CASE(an_owner_elsewhere_that_counts_on_is_alive),
      CASE(a_damaged_lock_is_watched_and_repaired_by_its_owner),
      CASE(an_unreadable_lock_is_left_alone),
      CASE(a_deleted_lock_comes_back),
      CASE(what_cannot_be_seen_is_not_lost),
      CASE(another_owner_in_our_file_has_taken_it),
      CASE(force_takes_it_and_the_owner_notices),
      CASE(watching_ends_when_told_to_stop),
      CASE(only_one_of_many_gets_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
