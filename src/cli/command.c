#include "command.h"
#include "rote/cluster.h"
#include "rote/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const rote_command *const rote_command_list[] = {
    &rote_command_import,   &rote_command_plan,
    &rote_command_run,      &rote_command_status,
    &rote_command_verify,   &rote_command_bench,
    &rote_command_selftest, &rote_command_help,
    &rote_command_version,  NULL,
};

const rote_command *rote_command_find(const char *name)
{
  const rote_command *const *c = rote_command_list;
  while (*c != NULL && strcmp((*c)->name, name) != 0) {
    c++;
  }
  return *c;
}

int rote_command_failed(rote_status status)
{
  fflush(stdout);
  fprintf(stderr, "rote: error: %s\n", rote_fail_reason(status));
  return rote_status_exit_code(status);
}

int rote_command_misused(const rote_command *command, const char *format, ...)
{
  va_list args;
  if (rote_cluster_rank() == 0) { /* every rank parses its command line; one explains */
    fprintf(stderr, "rote: error: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nusage: rote %s %s\n", command->name, command->usage);
  }
  return rote_status_exit_code(ROTE_USAGE);
}

bool rote_command_number(const char *text, long long min, long long max, long long *out)
{
  char *end = NULL;
  errno = 0;
  const long long v = strtoll(text, &end, 10);
  if (end == text || *end != '\0' || errno == ERANGE || v < min || v > max) {
    return false;
  }
  *out = v;
  return true;
}

static const char *program = "rote";

const char *rote_command_program(void)
{
  return program;
}

/* @return whether ROTE_FAULT was understood and the command is to run */
static bool arm_faults(int *code)
{
  const char *text = getenv("ROTE_FAULT");
  if (text != NULL && strcmp(text, "list") == 0) {
    rote_fault_list(stdout);
    return false;
  }
  const rote_status status = rote_fault_arm(text);
  *code = status == ROTE_OK ? 0 : rote_command_failed(status);
  return status == ROTE_OK;
}

int rote_command_main(int argc, char **argv)
{
  int code = 0;
  if (!arm_faults(&code)) {
    return code;
  }
  program = argc > 0 ? argv[0] : program;
  if (argc < 2) {
    rote_command_help_list(stderr);
    return rote_status_exit_code(ROTE_USAGE);
  }
  const bool asks = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
  const rote_command *command = asks ? &rote_command_help : rote_command_find(argv[1]);
  if (command == NULL) {
    fprintf(stderr, "rote: error: \"%s\" is not a command\n\n", argv[1]);
    rote_command_help_list(stderr);
    return rote_status_exit_code(ROTE_USAGE);
  }
  return command->main(argc - 1, argv + 1);
}
