#include "command.h"
#include "rote/cluster.h"
#include "rote/fault.h"

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
    return print_help(stderr, rote_status_exit_code(ROTE_USAGE));
  }
  if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
      strcmp(argv[1], "-h") == 0) {
    return print_help(stdout, 0);
  }
  for (size_t i = 0; i < COUNT; i++) {
    if (strcmp(argv[1], commands[i]->name) == 0) {
      return commands[i]->main(argc - 1, argv + 1);
    }
  }
  fprintf(stderr, "rote: error: \"%s\" is not a command\n\n", argv[1]);
  return print_help(stderr, rote_status_exit_code(ROTE_USAGE));
}
