/* rote help: what `man` says, without it; and the pages themselves, for who installs the program.
 */
#include "manual.h"

#include <string.h>

void rote_command_help_list(FILE *out)
{
  rote_manual_writer w = {.format = &rote_manual_plain, .out = out, .fresh = true};
  fprintf(out, "rote measures what a generative model has learned by rote.\n\n");
  for (const rote_command *const *c = rote_command_list; *c != NULL; c++) {
    rote_manual_plain.synopsis(&w, *c);
    rote_manual_plain.item(&w, "", (*c)->help);
  }
  fprintf(
      out,
      "\nrote help COMMAND explains a command, rote help study the study file and study.h5,\n"
      "rote help rote all the rest: clusters, stopping, the run directory, the environment.\n"
      "\nExit codes: 0 complete; 64 usage; 65 bad data, or a training that diverged or failed;\n"
      "70 internal; 74 input/output; 75 stopped early, the same command continues.\n");
}

int rote_command_help_show(const rote_command *command)
{
  rote_manual_writer w = {.format = &rote_manual_plain, .out = stdout};
  rote_manual_command(&w, command);
  return 0;
}

static int show(const char *what)
{
  const rote_command *command = rote_command_find(what);
  if (command != NULL) {
    return rote_command_help_show(command);
  }
  if (rote_manual_page(&rote_manual_plain, what, stdout)) {
    return 0;
  }
  return rote_command_misused(&rote_command_help, "there is no help about \"%s\"", what);
}

static int help_main(int argc, char **argv)
{
  if (argc == 1) {
    rote_command_help_list(stdout);
    return 0;
  }
  if (argc == 2 && strcmp(argv[1], "--bash-completion") == 0) {
    rote_completion_print(stdout);
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], "--mdoc") == 0) {
    return rote_manual_page(&rote_manual_mdoc, argv[2], stdout)
               ? 0
               : rote_command_misused(&rote_command_help, "there is no page \"%s\"", argv[2]);
  }
  if (argc == 2) {
    return show(argv[1]);
  }
  return rote_command_misused(&rote_command_help, "unexpected argument \"%s\"", argv[2]);
}

const rote_command rote_command_help = {
    .name = "help",
    .usage = "[COMMAND | study | rote] | --mdoc rote|study | --bash-completion",
    .help = "explain a command or the study file, or print the manual pages or completion for bash",
    .main = help_main,
};
