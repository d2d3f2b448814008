/* Looking options up, comparing and digesting them. */
#include "rote/option.h"

#include "rote/digest.h"
#include "rote/lines.h"

#include <string.h>

int rote_option_find(const char *key)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(table[i].key, key) == 0) {
      return (int)i;
    }
  }
  return -1;
}

/* The word that a choice has, as its index. */
static int choice_of(const char *key, const rote_options *options)
{
  size_t count = 0;
  const rote_option *o = &rote_option_table(&count)[rote_option_find(key)];
  return *(const int *)((const char *)options + o->offset);
}

bool rote_option_is_used(const rote_option *o, const rote_options *options, const char **why_not)
{
  const bool by_model = o->models == 0 || (o->models >> options->model.kind & 1);
  const bool by_word = o->when == NULL || (o->words >> choice_of(o->when, options) & 1) != 0;
  if (why_not != NULL) {
    *why_not = !by_model ? "model.kind" : !by_word ? o->when : NULL;
  }
  return by_model && by_word;
}

/* Levenshtein distance of two short strings. */
static size_t spelling_distance(const char *a, const char *b)
{
  size_t row[128];
  size_t n = strlen(b) < 127 ? strlen(b) : 127;
  for (size_t j = 0; j <= n; j++) {
    row[j] = j;
  }
  for (size_t i = 1; a[i - 1] != '\0'; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= n; j++) {
      size_t best = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      if (row[j] + 1 < best) {
        best = row[j] + 1;
      }
      if (row[j - 1] + 1 < best) {
        best = row[j - 1] + 1;
      }
      row[j] = best;
    }
  }
  return row[n];
}

const char *rote_option_nearest(const char *key)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  const char *best = table[0].key;
  for (size_t i = 1; i < count; i++) {
    if (spelling_distance(key, table[i].key) < spelling_distance(key, best)) {
      best = table[i].key;
    }
  }
  return best;
}

bool rote_options_ask_for(const rote_options *options, const char *measure)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  const char *const *word = table[rote_option_find("measures")].choices;
  for (size_t i = 0; word[i] != NULL; i++) {
    if (strcmp(word[i], measure) == 0) {
      return (options->measures >> i & 1) != 0;
    }
  }
  return false;
}

bool rote_options_cost_the_same(const rote_options *a, const rote_options *b)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  bool same = true;
  for (size_t i = 0; i < count && same; i++) {
    char mine[ROTE_OPTION_TEXT_MAX], other[ROTE_OPTION_TEXT_MAX];
    if (table[i].of_cost) {
      rote_option_print(&table[i], a, mine, sizeof mine);
      rote_option_print(&table[i], b, other, sizeof other);
      same = strcmp(mine, other) == 0;
    }
  }
  return same;
}

static void add_option(rote_lines *lines, const rote_option *option, const rote_options *options)
{
  char value[ROTE_OPTION_TEXT_MAX];
  rote_option_print(option, options, value, sizeof value);
  rote_lines_add(lines, "%s: %s\n", option->key, value);
}

static rote_status digest_lines(const rote_lines *lines, char *text)
{
  const void *const block[] = {lines->text};
  return lines->status == ROTE_OK ? rote_digest(1, block, &lines->length, text) : lines->status;
}

rote_status rote_options_training_digest(const rote_options *options, char *text)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  rote_lines lines = {0};
  for (size_t i = 0; i < count; i++) {
    if (table[i].of_training && rote_option_is_used(&table[i], options, NULL)) {
      add_option(&lines, &table[i], options);
    }
  }
  const rote_status status = digest_lines(&lines, text);
  rote_lines_free(&lines);
  return status;
}

rote_status rote_options_digest(const rote_options *options, const char *const *keys, char *text)
{
  rote_status status = ROTE_OK;
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  rote_lines lines = {0};
  for (; *keys != NULL; keys++) {
    const int at = rote_option_find(*keys);
    if (at < 0) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "there is no option called %s", *keys));
    }
    add_option(&lines, &table[at], options);
  }
  ROTE_TRY(digest_lines(&lines, text));
done:
  rote_lines_free(&lines);
  return status;
}
