#include "rote/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_name[] = {"error", "warn", "info", "debug"};
static int threshold = -1;
static int log_rank = -1;

void rote_log_set_level(rote_log_level level)
{
  threshold = (int)level;
}

void rote_log_set_rank(int rank)
{
  log_rank = rank;
}

/* -1 if there is no level of this name. */
static int level_of(const char *name)
{
  for (int i = 0; i <= ROTE_LOG_DEBUG; i++) {
    if (strcmp(name, level_name[i]) == 0) {
      return i;
    }
  }
  return -1;
}

rote_status rote_log_check(void)
{
  const char *wanted = getenv("ROTE_LOG");
  if (wanted == NULL || wanted[0] == '\0' || level_of(wanted) >= 0) {
    return ROTE_OK;
  }
  return rote_fail(ROTE_USAGE, "ROTE_LOG: \"%s\" is not error, warn, info or debug", wanted);
}

static void threshold_from_environment(void)
{
  const char *wanted = getenv("ROTE_LOG");
  const int level = wanted == NULL ? -1 : level_of(wanted);
  threshold = level < 0 ? ROTE_LOG_INFO : level;
}

void rote_log(rote_log_level level, const char *event, const char *format, ...)
{
  if (threshold < 0) {
    threshold_from_environment();
  }
  if ((int)level > threshold) {
    return;
  }
  /* One write a line, so that the lines of several ranks do not mix. */
  char line[2600];
  int n = log_rank < 0 ? snprintf(line, sizeof line, "rote: %s %s: ", level_name[level], event)
                       : snprintf(line, sizeof line, "rote[%d]: %s %s: ", log_rank,
                                  level_name[level], event);
  va_list args;
  va_start(args, format);
  int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
  va_end(args);
  size_t length = (size_t)n + (m < 0 ? 0 : (size_t)m);
  if (length > sizeof line - 2) {
    length = sizeof line - 2;
  }
  line[length] = '\n';
  fwrite(line, 1, length + 1, stderr);
}
