#include "command.h"
#include "rote/cluster.h"
#include "rote/fault.h"
#include "rote/isa.h"
#include "rote/log.h"
#include "rote/streams.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const rote_command *const rote_command_list[] = {
    &rote_command_import,
    &rote_command_plan,
    &rote_command_run,
    &rote_command_status,
    &rote_command_verify,
    &rote_command_export,
    &rote_command_bench,
    &rote_command_selftest,
    &rote_command_help,
    &rote_command_version,
    NULL,
};

const rote_command *rote_command_find(const char *name)
{
  const rote_command *const *c = rote_command_list;
  while (*c != NULL && strcmp((*c)->name, name) != 0) {
    c++;
  }
  return *c;
}

static bool is_help(const char *word)
{
  return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
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

static rote_status check_environment(void)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_fault_arm(getenv("ROTE_FAULT")));
  ROTE_TRY(rote_isa_check());
  ROTE_TRY(rote_log_check());
done:
  return status;
}

static int show_list_instead(void)
{
  rote_command_help_list(stderr);
  return rote_status_exit_code(ROTE_USAGE);
}

static int run_command(int argc, char **argv)
{
  if (argc < 2) {
    return show_list_instead();
  }
  const rote_command *command = is_help(argv[1]) ? &rote_command_help : rote_command_find(argv[1]);
  if (command == NULL) {
    fprintf(stderr, "rote: error: \"%s\" is not a command\n\n", argv[1]);
    return show_list_instead();
  }
  for (int i = 2; i < argc; i++) {
    if (is_help(argv[i])) {
      return rote_command_help_show(command); /* as `rote help COMMAND` */
    }
  }
  return command->main(argc - 1, argv + 1);
}

int rote_command_main(int argc, char **argv)
{
  const char *fault = getenv("ROTE_FAULT");
  int code = 0;
  rote_streams_begin();
  program = argc > 0 ? argv[0] : program;
  if (fault != NULL && strcmp(fault, "list") == 0) {
    rote_fault_list(stdout);
  } else {
    const rote_status status = check_environment();
    code = status == ROTE_OK ? run_command(argc, argv) : rote_command_failed(status);
  }
  return rote_streams_end(code);
}
