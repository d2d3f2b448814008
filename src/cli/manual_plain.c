/* Blocks as plain text for the terminal. */
#include "manual.h"

#include <string.h>

enum { WIDTH = 96, INDENT = 4, HANGING = 12 };

/* Words from `column` on, further lines from `indent` on. */
static void put_words(FILE *out, const char *text, size_t indent, size_t column)
{
  bool first = true;
  for (size_t n; *(text += strspn(text, " \n")) != '\0'; text += n) {
    n = strcspn(text, " \n");
    if (!first && column + 1 + n > WIDTH) {
      fprintf(out, "\n%*s", (int)indent, "");
      column = indent;
      first = true;
    }
    fprintf(out, "%s%.*s", first ? "" : " ", (int)n, text);
    column += n + !first;
    first = false;
  }
  fputc('\n', out);
}

static void plain_section(rote_manual_writer *w, const char *text)
{
  fprintf(w->out, "\n%s\n", text);
}

static void plain_part(rote_manual_writer *w, const char *text)
{
  fprintf(w->out, "\n  %s\n", text);
}

static void plain_text(rote_manual_writer *w, const char *text)
{
  fprintf(w->out, "%s%*s", w->fresh ? "" : "\n", INDENT, "");
  put_words(w->out, text, INDENT, INDENT);
}

static void plain_item(rote_manual_writer *w, const char *tag, const char *text)
{
  const size_t after = INDENT + strlen(tag) + 2;
  fprintf(w->out, "%*s%s", INDENT, "", tag);
  if (after > HANGING) {
    fprintf(w->out, "\n%*s", HANGING, "");
  } else {
    fprintf(w->out, "%*s", (int)(HANGING - after + 2), "");
  }
  put_words(w->out, text, HANGING, HANGING);
}

static void plain_code(rote_manual_writer *w, const char *text)
{
  fputs(w->fresh ? "" : "\n", w->out);
  for (size_t n; *text != '\0'; text += n + (text[n] == '\n')) {
    n = strcspn(text, "\n");
    fprintf(w->out, "%*s%.*s\n", n > 0 ? INDENT + 2 : 0, "", (int)n, text);
  }
}

static void plain_list_begin(rote_manual_writer *w)
{
  fputs(w->fresh ? "" : "\n", w->out);
}

static void plain_list_end(rote_manual_writer *w)
{
  (void)w;
}

static void plain_title(rote_manual_writer *w)
{
  fprintf(w->out, "%s(%s)\n\nNAME\n%*s%s - %s\n", w->title.name, w->title.section, INDENT, "",
          w->title.name, w->title.about);
}

static void plain_synopsis(rote_manual_writer *w, const rote_command *command)
{
  fprintf(w->out, "%*srote %s ", INDENT, "", command->name);
  put_words(w->out, command->usage, HANGING, INDENT + strlen("rote ") + strlen(command->name) + 1);
}

const rote_manual_format rote_manual_plain = {
    .section = plain_section,
    .part = plain_part,
    .text = plain_text,
    .item = plain_item,
    .code = plain_code,
    .list_begin = plain_list_begin,
    .list_end = plain_list_end,
    .title = plain_title,
    .synopsis = plain_synopsis,
};
