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

static const rote_command *const commands[] = {
    &rote_command_import, &rote_command_plan,  &rote_command_run,     &rote_command_status,
    &rote_command_verify, &rote_command_bench, &rote_command_version,
};

#define COUNT (sizeof commands / sizeof *commands)

static const rote_command *find_command(const char *name)
{
  for (size_t i = 0; i < COUNT; i++) {
    if (strcmp(name, commands[i]->name) == 0) {
      return commands[i];
    }
  }
  return NULL;
}

static int print_help(FILE *out, int code)
{
  fprintf(out, "rote measures what a generative model has learned by rote.\n\n");
  for (size_t i = 0; i < COUNT; i++) {
    fprintf(out, "  rote %s %s\n      %s\n", commands[i]->name, commands[i]->usage,
            commands[i]->help);
  }
  fprintf(
      out,
      "\nExit codes: 0 complete; 64 usage; 65 bad data, or a training that diverged or failed;\n"
      "70 internal; 74 input/output; 75 stopped early, the same command continues.\n");
  return code;
}

static int print_help_of(const rote_command *command)
{
  printf("usage: rote %s %s\n\n      %s\n", command->name, command->usage, command->help);
  return 0;
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

static int misnamed(const char *name)
{
  fprintf(stderr, "rote: error: \"%s\" is not a command\n\n", name);
  return print_help(stderr, rote_status_exit_code(ROTE_USAGE));
}

/* rote help [COMMAND] */
static int help(int argc, char **argv)
{
  if (argc < 2) {
    return print_help(stdout, 0);
  }
  const rote_command *command = find_command(argv[1]);
  return command == NULL ? misnamed(argv[1]) : print_help_of(command);
}

static int run_command(int argc, char **argv)
{
  if (argc < 2) {
    return print_help(stderr, rote_status_exit_code(ROTE_USAGE));
  }
  if (strcmp(argv[1], "help") == 0 || is_help(argv[1])) {
    return help(argc - 1, argv + 1);
  }
  const rote_command *command = find_command(argv[1]);
  if (command == NULL) {
    return misnamed(argv[1]);
  }
  for (int i = 2; i < argc; i++) {
    if (is_help(argv[i])) {
      return print_help_of(command);
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
