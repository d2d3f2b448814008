#include "list_file.h"

#include "rote/memory.h"
#include "source_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MARK "\xEF\xBB\xBF" /* UTF-8's byte order mark */
#define BLANKS " \t\r"

static bool ends_in(const char *text, const char *end)
{
  const size_t length = strlen(text), n = strlen(end);
  return length >= n && strcmp(text + length - n, end) == 0;
}

/* C takes a NUL for the end of the text: all that follows would be lost. */
static rote_status check_nul(const rote_list_file *list, size_t length)
{
  const char *nul = memchr(list->text, '\0', length);
  size_t line = 1;
  if (nul == NULL) {
    return ROTE_OK;
  }
  for (const char *c = list->text; c < nul; c++) {
    line += *c == '\n';
  }
  return rote_fail(
      ROTE_DATA, "%s: line %zu: has a NUL byte; the file is damaged or no UTF-8 text, get it again",
      list->path, line);
}

rote_status rote_list_file_open(const char *path, rote_list_file *list)
{
  rote_status status = ROTE_OK;
  size_t length = 0;
  ROTE_TRY(rote_path(list->path, "%s", path));
  ROTE_TRY(rote_source_bytes(path, &list->text, &length));
  ROTE_TRY(check_nul(list, length));
  list->commas = ends_in(path, ".csv");
  list->next = list->text + (strncmp(list->text, MARK, strlen(MARK)) == 0 ? strlen(MARK) : 0);
done:
  return status;
}

void rote_list_file_close(rote_list_file *list)
{
  rote_free(&list->text);
}

bool rote_list_file_line(rote_list_file *list)
{
  while (*list->next != '\0') {
    list->at = list->next;
    const size_t length = strcspn(list->next, "\n");
    list->next += length + (list->next[length] != '\0');
    list->at[length] = '\0';
    list->line++;
    if (list->at[strspn(list->at, BLANKS)] != '\0') {
      return true;
    }
  }
  list->at = NULL;
  return false;
}

/* Up to the next comma; there may be nothing before it. */
static char *comma_field(rote_list_file *list)
{
  char *field = list->at + strspn(list->at, BLANKS), *end = strchr(list->at, ',');
  list->at = end == NULL ? NULL : end + 1;
  end = end == NULL ? field + strlen(field) : end;
  while (end > field && strchr(BLANKS, end[-1]) != NULL) {
    end--;
  }
  *end = '\0';
  return field;
}

char *rote_list_file_field(rote_list_file *list)
{
  if (list->at == NULL || list->commas) {
    return list->at == NULL ? NULL : comma_field(list);
  }
  char *field = list->at + strspn(list->at, BLANKS);
  const size_t length = strcspn(field, BLANKS);
  list->at = length == 0 || field[length] == '\0' ? NULL : field + length + 1;
  field[length] = '\0';
  return length == 0 ? NULL : field;
}

rote_status rote_list_file_number(rote_list_file *list, long min, long max, long *value)
{
  const char *field = rote_list_file_field(list);
  char *end = NULL;
  errno = 0;
  *value = field == NULL ? 0 : strtol(field, &end, 10);
  if (field == NULL || end == field || *end != '\0' || errno != 0 || *value < min || *value > max) {
    return rote_fail(ROTE_DATA, "%s: line %zu: \"%s\" is not a whole number from %ld to %ld",
                     list->path, list->line, field == NULL ? "" : field, min, max);
  }
  return ROTE_OK;
}

rote_status rote_list_file_end(rote_list_file *list)
{
  const char *field = rote_list_file_field(list);
  return field == NULL
             ? ROTE_OK
             : rote_fail(
                   ROTE_DATA,
                   "%s: line %zu: has \"%s\" behind what belongs there; is a line end missing?",
                   list->path, list->line, field);
}
