#include "rote/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Workers are ranks, but the thread that keeps the lock of a run fails for itself. */
static _Thread_local char reason[2048];

rote_status rote_fail(rote_status status, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return status;
}

rote_status rote_fail_context(rote_status status, const char *format, ...)
{
  char context[512];
  char old[sizeof reason];
  va_list args;
  va_start(args, format);
  vsnprintf(context, sizeof context, format, args);
  va_end(args);
  memcpy(old, rote_fail_reason(status), strlen(rote_fail_reason(status)) + 1);
  snprintf(reason, sizeof reason, "%s: %.1500s", context, old);
  return status;
}

const char *rote_fail_reason(rote_status status)
{
  static const char *const text[] = {
#define X(name, code, words) [ROTE_##name] = words,
      ROTE_STATUS_MAP(X)
#undef X
  };
  return reason[0] != '\0' ? reason : text[status];
}

int rote_status_exit_code(rote_status status)
{
  static const int code[] = {
#define X(name, number, words) [ROTE_##name] = number,
      ROTE_STATUS_MAP(X)
#undef X
  };
  return code[status];
}
