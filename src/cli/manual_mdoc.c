/* Blocks as mdoc(7). Style of its checker (mandoc -Tlint): a new sentence is a new line, and no
 * line is longer than 80 bytes. */
#include "manual.h"

#include <ctype.h>
#include <string.h>

enum { WIDTH = 78 };

/* What stands for a character in running text or in a literal; NULL: itself. */
static const char *escape(char c, bool literal)
{
  switch (c) {
  case '\\':
    return "\\e";
  case '^':
    return "\\(ha";
  case '~':
    return "\\(ti";
  case '-':
    return literal ? "\\-" : NULL;
  case '"':
    return literal ? "\\(dq" : NULL;
  case '\'':
    return literal ? "\\(aq" : NULL;
  default:
    return NULL;
  }
}

static void put_char(FILE *out, char c, bool literal)
{
  const char *escaped = escape(c, literal);
  if (escaped != NULL) {
    fputs(escaped, out);
  } else {
    fputc(c, out);
  }
}

/* Bytes of a word of running text. */
static size_t width(const char *word, size_t length)
{
  size_t bytes = 0;
  for (size_t i = 0; i < length; i++) {
    const char *escaped = escape(word[i], false);
    bytes += escaped == NULL ? 1 : strlen(escaped);
  }
  return bytes;
}

static void put_quoted(FILE *out, const char *text, size_t length)
{
  fputc('"', out);
  if (length == 1) {
    fputs("\\&", out); /* punctuation alone would be put outside of the quotation marks */
  }
  for (size_t i = 0; i < length; i++) {
    put_char(out, text[i], true);
  }
  fputc('"', out);
}

/* A word with a literal in it, as a macro's line: (`literal`), */
static void put_literal(FILE *out, const char *word, size_t length)
{
  const char *first = memchr(word, '`', length);
  const char *last = memchr(first + 1, '`', length - (size_t)(first + 1 - word));
  const char *end = word + length;
  fputs(".Ql", out);
  for (const char *c = word; c < first; c++) {
    fprintf(out, " %c", *c);
  }
  fputc(' ', out);
  put_quoted(out, first + 1, (size_t)(last - first - 1));
  const size_t marks = strspn(last + 1, ".,:;)?!");
  if (last + 1 + marks < end) {
    fputs(" Ns ", out);
    put_quoted(out, last + 1, (size_t)(end - last - 1));
  } else {
    for (const char *c = last + 1; c < end; c++) {
      fprintf(out, " %c", *c);
    }
  }
  fputc('\n', out);
}

static bool ends_sentence(const char *word, size_t length)
{
  while (length > 1 && strchr(")\"'", word[length - 1]) != NULL) {
    length--;
  }
  return strchr(".!?", word[length - 1]) != NULL;
}

/* A page that the word refers to, as its macro. */
static bool put_reference(rote_manual_writer *w, const char *word, size_t length)
{
  static const char *const page[][2] = {{"rote", "1"}, {"rote-study", "5"}};
  char text[32];
  for (size_t i = 0; i < sizeof page / sizeof *page; i++) {
    const size_t n = (size_t)snprintf(text, sizeof text, "%s(%s)", page[i][0], page[i][1]);
    if (length < n || strncmp(word, text, n) != 0 || strspn(word + n, ".,:;)") < length - n) {
      continue;
    }
    if (strcmp(w->title.name, page[i][0]) == 0) {
      fprintf(w->out, "this page%.*s\n", (int)(length - n), word + n);
      return true;
    }
    fprintf(w->out, ".Xr %s %s", page[i][0], page[i][1]);
    for (const char *c = word + n; c < word + length; c++) {
      fprintf(w->out, " %c", *c);
    }
    fputc('\n', w->out);
    return true;
  }
  return false;
}

/* The length of the word at `text`: to a space that is not inside of a literal. */
static size_t word_length(const char *text)
{
  bool literal = false;
  size_t n = 0;
  for (; text[n] != '\0' && (literal || strchr(" \n", text[n]) == NULL); n++) {
    literal = literal != (text[n] == '`');
  }
  return n;
}

static void put_word(FILE *out, const char *word, size_t length, bool first)
{
  fputs(!first ? " " : strchr(".'", *word) != NULL ? "\\&" : "", out);
  for (size_t i = 0; i < length; i++) {
    put_char(out, word[i], false);
  }
}

static void put_words(rote_manual_writer *w, const char *text)
{
  size_t column = 0;
  for (size_t n; *(text += strspn(text, " \n")) != '\0'; text += n) {
    n = word_length(text);
    const bool macro = memchr(text, '`', n) != NULL || strncmp(text, "rote(", 5) == 0 ||
                       strncmp(text, "rote-study(", 11) == 0;
    if (column > 0 && (macro || column + 1 + width(text, n) > WIDTH)) {
      fputc('\n', w->out);
      column = 0;
    }
    if (memchr(text, '`', n) != NULL) {
      put_literal(w->out, text, n);
    } else if (!put_reference(w, text, n)) {
      put_word(w->out, text, n, column == 0);
      column += width(text, n) + (column > 0);
      if (ends_sentence(text, n)) {
        fputc('\n', w->out);
        column = 0;
      }
    }
  }
  fputs(column > 0 ? "\n" : "", w->out);
}

static void mdoc_section(rote_manual_writer *w, const char *text)
{
  fprintf(w->out, ".Sh %s\n", text);
}

static void mdoc_part(rote_manual_writer *w, const char *text)
{
  fprintf(w->out, ".Ss %s\n", text);
}

static void mdoc_text(rote_manual_writer *w, const char *text)
{
  fputs(w->fresh ? "" : ".Pp\n", w->out);
  put_words(w, text);
}

static void mdoc_item(rote_manual_writer *w, const char *tag, const char *text)
{
  fputs(".It Cm ", w->out);
  put_quoted(w->out, tag, strlen(tag));
  fputc('\n', w->out);
  put_words(w, text);
}

static void mdoc_code(rote_manual_writer *w, const char *text)
{
  fputs(".Bd -literal -offset indent\n", w->out);
  for (bool first = true; *text != '\0'; text++) {
    fputs(first && strchr(".'", *text) != NULL ? "\\&" : "", w->out);
    first = *text == '\n';
    put_char(w->out, *text, true);
  }
  fputs("\n.Ed\n", w->out);
}

static void mdoc_list_begin(rote_manual_writer *w)
{
  fputs(".Bl -tag -width Ds\n", w->out);
}

static void mdoc_list_end(rote_manual_writer *w)
{
  fputs(".El\n", w->out);
}

static void mdoc_title(rote_manual_writer *w)
{
  fprintf(w->out, ".\\\" Printed by the program: rote help --mdoc\n.Dd %s\n.Dt ", ROTE_MANUAL_DATE);
  for (const char *c = w->title.name; *c != '\0'; c++) {
    fputc(toupper((unsigned char)*c), w->out);
  }
  fprintf(w->out, " %s\n.Os\n.Sh NAME\n.Nm %s\n.Nd %s\n", w->title.section, w->title.name,
          w->title.about);
}

static void mdoc_synopsis(rote_manual_writer *w, const rote_command *command)
{
  fprintf(w->out, ".Nm\n.Cm %s\n", command->name);
  put_words(w, command->usage);
}

const rote_manual_format rote_manual_mdoc = {
    .section = mdoc_section,
    .part = mdoc_part,
    .text = mdoc_text,
    .item = mdoc_item,
    .code = mdoc_code,
    .list_begin = mdoc_list_begin,
    .list_end = mdoc_list_end,
    .title = mdoc_title,
    .synopsis = mdoc_synopsis,
};
