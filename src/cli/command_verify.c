/* rote verify: is a run directory whole? */
#include "command.h"
#include "rote/verify.h"

#include <stdio.h>

static void print_finding(void *context, rote_finding_kind kind, const char *what, const char *then)
{
  (void)context;
  printf("%s %s%s%s\n",
         kind == ROTE_FINDING_DAMAGED      ? "damaged:"
         : kind == ROTE_FINDING_MISSING    ? "missing:"
         : kind == ROTE_FINDING_UNREADABLE ? "unreadable:"
                                           : "note:   ",
         what, then[0] == '\0' ? "" : "\n         the next run ", then);
}

static int verify_main(int argc, char **argv)
{
  const rote_verify_listener listener = {.finding = print_finding};
  rote_verify_outcome o;
  if (argc != 2 || argv[1][0] == '-') {
    return rote_command_misused(&rote_command_verify, "one run directory is needed");
  }
  const rote_status status = rote_verify(argv[1], &listener, &o);
  if (status != ROTE_OK) {
    return rote_command_failed(status);
  }
  printf("%zu files: %zu damaged, %zu missing; whole results: %zu of %zu trainings, %zu of %zu "
         "evaluations; %zu numbers of study.h5 compared; %s\n",
         o.files, o.damaged, o.missing, o.trainings_whole, o.trainings, o.evaluations_whole,
         o.evaluations, o.scores,
         o.complete  ? "the study is complete"
         : o.running ? "the study is being computed"
                     : "the study is not complete");
  if (o.unreadable > 0) {
    printf("%zu more could not be read, so nothing is known of them\n", o.unreadable);
  }
  if (o.damaged + o.missing + o.unreadable > 0) {
    return rote_status_exit_code(o.damaged + o.missing > 0 ? ROTE_DATA : ROTE_IO);
  }
  const rote_status health = o.complete ? rote_summary_print_health(argv[1]) : ROTE_OK;
  return health == ROTE_OK ? 0 : rote_command_failed(health);
}

const rote_command rote_command_verify = {
    .name = "verify",
    .usage = "DIR",
    .help = "check every file of a run directory, and recompute the scores of study.h5",
    .main = verify_main,
};
