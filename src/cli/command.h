/* Subcommands: one file each, one line in the list of command.c. */
#ifndef ROTE_COMMAND_H
#define ROTE_COMMAND_H

#include "rote/run.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct {
  const char *name;
  const char *usage; /* after "rote NAME" */
  const char *help;  /* one line */
  /* argv[0] is the command's name. @return the exit code */
  int (*main)(int argc, char **argv);
} rote_command;

extern const rote_command rote_command_import, rote_command_plan, rote_command_run,
    rote_command_status, rote_command_verify, rote_command_export, rote_command_bench,
    rote_command_selftest, rote_command_help, rote_command_version;

/** All of them; NULL-terminated. */
extern const rote_command *const rote_command_list[];

/** The command of this name; NULL if there is none. */
const rote_command *rote_command_find(const char *name);

/** The commands, a usage and a line each. */
void rote_command_help_list(FILE *out);

/** What `rote help COMMAND` prints: usage, purpose and every option; returns 0. */
int rote_command_help_show(const rote_command *command);

/** Run the program. @return the exit code */
int rote_command_main(int argc, char **argv);

/** The program as it was called, for messages that say what to type. */
const char *rote_command_program(void);

/** Print "rote: error: reason" and return the exit code of `status`. */
int rote_command_failed(rote_status status);

/** Print a fault of the command line with the usage of the command; returns 64. */
int rote_command_misused(const rote_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Parse a whole number from `text`; false if it is not one or out of [min, max]. */
bool rote_command_number(const char *text, long long min, long long max, long long *out);

/** "1 h 05 min", "3 min 20 s", "12 s"; "unknown" if negative or not finite. */
void rote_command_duration(double seconds, char *out, size_t size);

/** Write RUN/provenance.json: versions, commit, compiler, processor, BLAS core, data. Rank 0. */
rote_status rote_provenance_write(const char *directory, const rote_study *study,
                                  const rote_data_info *info, int ranks);

/** Write RUN/progress.json and show progress on stderr: a live line on a terminal, else one line in
 * 30 s. */
void rote_progress_show(void *context, const char *directory, const rote_progress *progress,
                        bool last);

/** Print what a finished study found: the most memorized images as text, how many are significant,
 * files. */
rote_status rote_summary_print(const char *directory);

/** How far the numbers of a finished study can be trusted, in the words of its measures. */
rote_status rote_summary_print_health(const char *directory);

#endif
