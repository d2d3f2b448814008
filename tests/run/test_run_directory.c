#include "check.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/sealed_text.h"
#include "run_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char parent[64], directory[96];

static int make_parent(void **state)
{
  (void)state;
  snprintf(parent, sizeof parent, "/tmp/rote-test-XXXXXX");
  if (mkdtemp(parent) == NULL) {
    return 1;
  }
  snprintf(directory, sizeof directory, "%s/runs/one", parent);
  return 0;
}

static int remove_parent(void **state)
{
  (void)state;
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", parent);
  return system(command);
}

static rote_data_info data_named(char digest)
{
  rote_data_info info = {
      .name = "tiny", .channels = 1, .height = 4, .width = 5, .train_count = 100};
  memset(info.sha256, digest, sizeof info.sha256 - 1);
  return info;
}

static rote_status open_with(const char *set, char digest, rote_run_directory *d)
{
  rote_study *study = NULL;
  const rote_data_info info = data_named(digest);
  CHECK_OK(rote_study_parse("s.yaml", "name: tiny\nvariants:\n  - { name: a }\n", set != NULL, &set,
                            &study));
  const rote_run_directory_request request = {
      .study = study, .info = &info, .arithmetic = "fma", .core = "Haswell"};
  rote_status status = rote_run_directory_open(directory, &request, d);
  if (status == ROTE_OK && !d->changed) {
    status = rote_run_directory_freeze(d, &request);
  }
  rote_study_destroy(&study);
  return status;
}

static void open_and_close(const char *set)
{
  rote_run_directory d;
  CHECK_OK(open_with(set, 'a', &d));
  assert_false(d.changed);
  assert_non_null(d.lock);
  rote_run_directory_close(&d);
  assert_null(d.lock);
  rote_run_directory_close(&d); /* harmless */
}

static void freezes_the_study_and_accepts_it_again(void **state)
{
  (void)state;
  char path[ROTE_PATH_MAX];
  char *before = NULL, *after = NULL;
  rote_study *frozen = NULL;
  CHECK_OK(rote_path(path, "%s/study.yaml", directory));
  open_and_close("training.learning_rate=3e-4");
  CHECK_OK(rote_file_read(path, &before, NULL));
  open_and_close("training.learning_rate=0.0003");
  CHECK_OK(rote_file_read(path, &after, NULL));
  assert_string_equal(before, after);
  CHECK_OK(rote_study_read(path, 0, NULL, &frozen));
  assert_true(frozen->base.training.learning_rate == 3e-4);
  rote_study_destroy(&frozen);
  rote_free(&before);
  rote_free(&after);
}

/* Whether it may change is for tests/cli/growth.sh. */
static void another_study_is_noticed_and_the_key_named(void **state)
{
  (void)state;
  static const char *const set[] = {"training.learning_rate=2e-3", "seed=43", "folds.repeats=11"};
  rote_run_directory d;
  open_and_close(NULL);
  for (size_t i = 0; i < 3; i++) {
    char key[64];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(set[i], "="), set[i]);
    CHECK_OK(open_with(set[i], 'a', &d));
    assert_true(d.changed);
    assert_non_null(strstr(d.why, key));
    rote_run_directory_close(&d);
  }
  open_and_close(NULL); /* nothing was frozen */
}

static void a_directory_of_an_earlier_version_is_refused(void **state)
{
  (void)state;
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  rote_run_directory d;
  open_and_close(NULL);
  CHECK_OK(rote_path(path, "%s/study.yaml", directory));
  CHECK_OK(rote_sealed_text_read(path, ROTE_SEALED_YAML, &text));
  memcpy(strstr(text, "# format"), "# foment", strlen("# format"));
  CHECK_OK(rote_sealed_text_write(path, ROTE_SEALED_YAML, text));
  CHECK_FAILS(open_with(NULL, 'a', &d), ROTE_DATA, "earlier version");
  rote_free(&text);
}

static void accepts_what_cannot_change_results(void **state)
{
  (void)state;
  open_and_close(NULL);
  open_and_close("checkpoint.every=7");
  open_and_close("checkpoint.keep=none");
  open_and_close("output=elsewhere");
}

static void refuses_other_data(void **state)
{
  (void)state;
  rote_run_directory d;
  open_and_close(NULL);
  CHECK_FAILS(open_with(NULL, 'b', &d), ROTE_DATA, "data.file");
  assert_non_null(strstr(rote_fail_reason(ROTE_DATA), "bbbb"));
  assert_non_null(strstr(rote_fail_reason(ROTE_DATA), "aaaa"));
  assert_null(d.lock);
}

/* In another process, as a second run would. @return what the child found */
static int open_in_child(const char *words)
{
  int result = -1;
  const pid_t child = fork();
  if (child == 0) {
    rote_run_directory d;
    const rote_status status = open_with(NULL, 'a', &d);
    _exit(status == ROTE_OK                                                        ? 0
          : status == ROTE_DATA && strstr(rote_fail_reason(status), words) != NULL ? 1
                                                                                   : 2);
  }
  assert_int_equal(waitpid(child, &result, 0), child);
  return WEXITSTATUS(result);
}

static void a_second_owner_is_refused_with_the_pid_of_the_first(void **state)
{
  (void)state;
  rote_run_directory d;
  char words[32];
  snprintf(words, sizeof words, "pid %ld", (long)getpid());
  CHECK_OK(open_with(NULL, 'a', &d));
  assert_int_equal(open_in_child(words), 1);
  rote_run_directory_close(&d);
  assert_int_equal(open_in_child(words), 0); /* the child's death is the end of its lock */
  open_and_close(NULL);
}

static void a_directory_that_cannot_be_made_is_bad_input(void **state)
{
  (void)state;
  rote_run_directory d;
  char file[80];
  snprintf(file, sizeof file, "%s/runs", parent);
  CHECK_OK(rote_file_write_text(file, "not a directory\n"));
  CHECK_FAILS(open_with(NULL, 'a', &d), ROTE_DATA, "output");
  assert_non_null(strstr(rote_fail_reason(ROTE_DATA), file));
  assert_null(d.lock);
}

int main(void)
{
#define IN_PARENT(test) cmocka_unit_test_setup_teardown(test, make_parent, remove_parent)
  const struct CMUnitTest tests[] = {
      IN_PARENT(freezes_the_study_and_accepts_it_again),
      IN_PARENT(another_study_is_noticed_and_the_key_named),
      IN_PARENT(a_directory_of_an_earlier_version_is_refused),
      IN_PARENT(accepts_what_cannot_change_results),
      IN_PARENT(refuses_other_data),
      IN_PARENT(a_second_owner_is_refused_with_the_pid_of_the_first),
      IN_PARENT(a_directory_that_cannot_be_made_is_bad_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
