/* Writing a study back as YAML, and comparing two. */
#include "rote/memory.h"
#include "rote/option.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  char *text;     /* NULL while only counting */
  size_t n, size; /* n counts on when the room is used up */
} writer;

static void put(writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(writer *w, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  bool room = w->text != NULL && w->n < w->size;
  int n = vsnprintf(room ? w->text + w->n : NULL, room ? w->size - w->n : 0, format, args);
  va_end(args);
  w->n += n > 0 ? (size_t)n : 0;
}

/* One line; that of an option which no model of the study uses is a comment. @param[in,out] section
 * [32] the heading that was written last */
static void write_option(writer *w, const rote_option *o, const rote_options *options, bool used,
                         rote_study_style style, char *section)
{
  char value[ROTE_TEXT_MAX * 2 + 8], heading[32];
  const char *dot = strchr(o->key, '.'), *mark = used ? "" : "# ";
  snprintf(heading, sizeof heading, "%s%.*s", mark, dot == NULL ? 0 : (int)(dot - o->key), o->key);
  if (dot != NULL && strcmp(section, heading) != 0 &&
      (used || strcmp(section, heading + strlen(mark)) != 0)) {
    snprintf(section, sizeof heading, "%s", heading);
    put(w, "%s:\n", section);
  }
  rote_option_print(o, options, value, sizeof value);
  put(w, "%s%s%s: %s", dot == NULL ? "" : "  ", mark, dot == NULL ? o->key : dot + 1, value);
  if (style == ROTE_STUDY_COMMENTED) {
    put(w, "%*s# %s", (int)(strlen(value) < 14 ? 14 - strlen(value) : 1), "", o->help);
    for (int i = 0; o->type == ROTE_OPTION_CHOICE && o->choices[i] != NULL; i++) {
      put(w, "%s%s", i == 0 ? " (" : " | ", o->choices[i]);
    }
    put(w, "%s", o->type == ROTE_OPTION_CHOICE ? ")" : "");
  }
  put(w, "\n");
}

/* Has a variant to set this option itself? @param[out] mine  its value */
static bool changes(const rote_option *o, const rote_study *study, size_t v, char *mine,
                    size_t size)
{
  char base[ROTE_TEXT_MAX * 2 + 8];
  const rote_options *options = &study->variant[v].options;
  rote_option_print(o, options, mine, size);
  rote_option_print(o, &study->base, base, sizeof base);
  return o->of_variant && rote_option_is_used(o, options, NULL) && strcmp(mine, base) != 0;
}

/* The study as it is without a list of variants. */
static bool is_single(const rote_study *study)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  bool single = study->variant_count == 1 && strcmp(study->variant[0].name, "base") == 0;
  for (size_t i = 0; single && i < count; i++) {
    char mine[ROTE_TEXT_MAX * 2 + 8];
    single = !changes(&table[i], study, 0, mine, sizeof mine);
  }
  return single;
}

/* By any variant. */
static bool is_used(const rote_option *o, const rote_study *study)
{
  bool used = false;
  for (size_t v = 0; v < study->variant_count; v++) {
    used = used || rote_option_is_used(o, &study->variant[v].options, NULL);
  }
  return used;
}

static void write_study(writer *w, const rote_study *study, rote_study_style style)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  char section[32] = "";
  for (size_t i = 0; i < count; i++) {
    const bool used = is_used(&table[i], study);
    if ((used || style == ROTE_STUDY_COMMENTED) &&
        (style != ROTE_STUDY_RESULTS || table[i].of_results)) {
      write_option(w, &table[i], &study->base, used, style, section);
    }
  }
  if (is_single(study)) {
    return;
  }
  put(w, "variants:\n");
  for (size_t v = 0; v < study->variant_count; v++) {
    const char *separator = "";
    put(w, "  - { name: %s, set: [", study->variant[v].name);
    for (size_t i = 0; i < count; i++) {
      char mine[ROTE_TEXT_MAX * 2 + 8];
      if (changes(&table[i], study, v, mine, sizeof mine)) {
        put(w, "%s\"%s=%s\"", separator, table[i].key, mine);
        separator = ", ";
      }
    }
    put(w, "] }\n");
  }
}

rote_status rote_study_text(const rote_study *study, rote_study_style style, char **text)
{
  rote_status status = ROTE_OK;
  writer w = {0};
  *text = NULL;
  write_study(&w, study, style);
  w.size = w.n + 1;
  ROTE_TRY(rote_alloc(w.size, 1, &w.text));
  w.n = 0;
  write_study(&w, study, style);
  *text = w.text;
done:
  return status;
}

bool rote_study_differs(const rote_study *a, const rote_study *b, char *why, size_t size)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  writer w = {.text = why, .size = size};
  why[0] = '\0';
  if (a->variant_count != b->variant_count) {
    put(&w, "  number of variants: %zu -> %zu\n", a->variant_count, b->variant_count);
    return true;
  }
  for (size_t v = 0; v < a->variant_count; v++) {
    const rote_variant *va = &a->variant[v], *vb = &b->variant[v];
    if (strcmp(va->name, vb->name) != 0) {
      put(&w, "  variant %zu: name: %s -> %s\n", v + 1, va->name, vb->name);
    }
    for (size_t i = 0; i < count; i++) {
      char ta[ROTE_TEXT_MAX * 2 + 8], tb[sizeof ta];
      rote_option_print(&table[i], &va->options, ta, sizeof ta);
      rote_option_print(&table[i], &vb->options, tb, sizeof tb);
      if (table[i].of_results && strcmp(ta, tb) != 0) {
        put(&w, "  %s: %s: %.80s -> %.80s\n", va->name, table[i].key, ta, tb);
      }
    }
  }
  return w.n > 0;
}
