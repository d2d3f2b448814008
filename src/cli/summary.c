/* What a finished study found, as text: the lines of its measures. */
#include "command.h"
#include "finished.h"
#include "rote/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rote_status print_measures(const rote_told *told, const char **about)
{
  rote_status status = ROTE_OK;
  rote_lines lines = {.status = ROTE_OK};
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if (rote_measure_is_in(*m, told->study)) {
      ROTE_TRY((*m)->tell(told, &lines));
      ROTE_TRY((*m)->health != NULL ? (*m)->health(told, &lines) : ROTE_OK);
      *about = *about == NULL ? (*m)->about : *about;
    }
  }
  ROTE_TRY(lines.status);
  fputs(lines.text == NULL ? "" : lines.text, stdout);
done:
  rote_lines_free(&lines);
  return status;
}

rote_status rote_summary_print_health(const char *directory)
{
  rote_status status = ROTE_OK;
  rote_finished f = {.study = NULL};
  rote_lines lines = {.status = ROTE_OK};
  ROTE_TRY(rote_finished_open(directory, &f));
  const rote_told told = rote_finished_told(&f);
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if ((*m)->health != NULL && rote_measure_is_in(*m, told.study)) {
      ROTE_TRY((*m)->health(&told, &lines));
    }
  }
  ROTE_TRY(lines.status);
  fputs(lines.text == NULL ? "" : lines.text, stdout);
done:
  rote_lines_free(&lines);
  rote_finished_close(&f);
  return status;
}

/* What stdout can show: blocks where it is a terminal of UTF-8, and colours unless NO_COLOR is set
 * (no-color.org) or the terminal has none. */
static rote_terminal terminal_of_stdout(void)
{
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  const char *kind = getenv("TERM"), *no_colour = getenv("NO_COLOR"), *locale = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && locale == NULL; i++) {
    const char *value = getenv(names[i]);
    locale = value != NULL && value[0] != '\0' ? value : NULL;
  }
  const bool utf8 =
      locale != NULL && (strcasestr(locale, "UTF-8") != NULL || strcasestr(locale, "UTF8") != NULL);
  if (!isatty(STDOUT_FILENO) || !utf8 || kind == NULL || strcmp(kind, "dumb") == 0) {
    return ROTE_TERMINAL_NONE;
  }
  return no_colour != NULL && no_colour[0] != '\0' ? ROTE_TERMINAL_BLOCKS : ROTE_TERMINAL_COLOUR;
}

rote_status rote_summary_print(const char *directory)
{
  rote_status status = ROTE_OK;
  rote_finished f = {.study = NULL};
  const char *about = NULL;
  char line[64];
  ROTE_TRY(rote_finished_open(directory, &f));
  ROTE_TRY(rote_finished_read_images(&f));
  rote_told told = rote_finished_told(&f);
  told.terminal = terminal_of_stdout();
  ROTE_TRY(print_measures(&told, &about));
  snprintf(line, sizeof line, "%s:", about == NULL ? "Losses of every epoch" : about);
  printf("\n%-23s %s\nStudy as it was run:    %s/study.yaml\nProvenance:             "
         "%s/provenance.json\n",
         line, f.path, directory, directory);
done:
  rote_finished_close(&f);
  return status;
}
