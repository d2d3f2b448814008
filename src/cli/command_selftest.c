/* rote selftest: what a site runs after installing. */
#include "command.h"
#include "rote/isa.h"
#include "selftest.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
  (void)info;
  (void)kind;
  (void)place;
  return remove(path);
}

static rote_status make_room(rote_selftest_room *room)
{
  rote_status status = ROTE_OK;
  const char *temporary = getenv("TMPDIR");
  const ssize_t n = readlink("/proc/self/exe", room->program, sizeof room->program - 1);
  if (n < 0) {
    ROTE_TRY(rote_path(room->program, "%s", rote_command_program()));
  } else {
    room->program[n] = '\0';
  }
  ROTE_TRY(rote_path(room->directory, "%s/rote-selftest-XXXXXX",
                     temporary != NULL && temporary[0] == '/' ? temporary : "/tmp"));
  if (mkdtemp(room->directory) == NULL) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: %s", room->directory, strerror(errno)));
  }
done:
  return status;
}

/* @return how many failed */
static size_t make_checks(const rote_selftest *list, const rote_selftest_room *room)
{
  size_t failed = 0;
  for (; list->what != NULL; list++) {
    const rote_status status = list->check(room);
    const bool skipped = status == ROTE_STOPPED;
    printf("%s  %s%s%s\n",
           status == ROTE_OK ? "PASS"
           : skipped         ? "SKIP"
                             : "FAIL",
           list->what, status == ROTE_OK ? "" : ": ",
           status == ROTE_OK ? "" : rote_fail_reason(status));
    fflush(stdout);
    failed += status != ROTE_OK && !skipped;
  }
  return failed;
}

static int selftest_main(int argc, char **argv)
{
  rote_selftest_room room;
  const bool keep = argc == 2 && strcmp(argv[1], "--keep") == 0;
  if (argc > 1 && !keep) {
    return rote_command_misused(&rote_command_selftest, "unexpected argument \"%s\"",
                                argv[argc - 1]);
  }
  const rote_status status = make_room(&room);
  if (status != ROTE_OK) {
    return rote_command_failed(status);
  }
  printf("kernels: %s, arithmetic: %s\n", rote_isa_name(rote_isa_level()),
         rote_isa_arithmetic(rote_isa_level()));
  const size_t failed =
      make_checks(rote_selftest_kernels, &room) + make_checks(rote_selftest_study, &room);
  if (keep || failed > 0) {
    printf("kept: %s; log.txt has what the programs said\n", room.directory);
  } else if (nftw(room.directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0) {
    fprintf(stderr, "rote: warning: %s cannot be removed: %s\n", room.directory, strerror(errno));
  }
  puts(failed > 0 ? "FAIL" : "PASS");
  return failed > 0 ? rote_status_exit_code(ROTE_INTERNAL) : 0;
}

const rote_command rote_command_selftest = {
    .name = "selftest",
    .usage = "[--keep]",
    .help = "check the installed program on this machine, in less than a minute",
    .main = selftest_main,
};
