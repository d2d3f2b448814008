/* Values of options from text and back. */
#include "rote/option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rote_status parse_whole(const rote_option *o, const char *text, uint64_t *out)
{
  char *end = NULL;
  errno = 0;
  unsigned long long v = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0') {
    return rote_fail(ROTE_DATA, "%s: \"%s\" is not a whole number from 0 on", o->key, text);
  }
  if (errno == ERANGE || (double)v < o->min || (double)v > o->max) {
    return rote_fail(ROTE_DATA,
                     "%s: %s is out of range; allowed are whole numbers from %.0f to %.0f", o->key,
                     text, o->min, o->max);
  }
  *out = v;
  return ROTE_OK;
}

static rote_status parse_real(const rote_option *o, const char *text, double *out)
{
  char *end = NULL;
  double v = strtod(text, &end);
  if (end == text || *end != '\0' || !isfinite(v)) {
    return rote_fail(ROTE_DATA, "%s: \"%s\" is not a number", o->key, text);
  }
  if (v < o->min || v > o->max || (o->above_min && v <= o->min) || (o->below_max && v >= o->max)) {
    return rote_fail(ROTE_DATA, "%s: %s is out of range; allowed are numbers %s %g and %s %g",
                     o->key, text, o->above_min ? "above" : "from", o->min,
                     o->below_max ? "below" : "at most", o->max);
  }
  *out = v;
  return ROTE_OK;
}

static rote_status parse_choice(const rote_option *o, const char *text, int *out)
{
  char all[256] = "";
  for (int i = 0; o->choices[i] != NULL; i++) {
    if (strcmp(o->choices[i], text) == 0) {
      *out = i;
      return ROTE_OK;
    }
    snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i > 0 ? ", " : "", o->choices[i]);
  }
  return rote_fail(ROTE_DATA, "%s: \"%s\" is not one of: %s", o->key, text, all);
}

/* "[a, b]" or "a, b": calls `item` for each entry. */
static rote_status parse_list(const rote_option *o, const char *text,
                              rote_status (*item)(const rote_option *, const char *, void *),
                              void *field)
{
  rote_status status = ROTE_OK;
  char copy[ROTE_TEXT_MAX];
  if (strlen(text) >= sizeof copy) {
    return rote_fail(ROTE_DATA, "%s: the list is too long", o->key);
  }
  memcpy(copy, text, strlen(text) + 1);
  char *rest = NULL;
  for (char *word = strtok_r(copy, "[], \t", &rest); word != NULL;
       word = strtok_r(NULL, "[], \t", &rest)) {
    ROTE_TRY(item(o, word, field));
  }
done:
  return status;
}

static rote_status add_count(const rote_option *o, const char *word, void *field)
{
  rote_counts *list = field;
  uint64_t v = 0;
  rote_status status = parse_whole(o, word, &v);
  if (status == ROTE_OK && list->n == o->entries) {
    status = rote_fail(ROTE_DATA, "%s: more than %zu entries", o->key, o->entries);
  }
  for (size_t i = 0; i < list->n && o->distinct && status == ROTE_OK; i++) {
    if (list->value[i] == v) {
      status = rote_fail(ROTE_DATA, "%s: %s is there twice", o->key, word);
    }
  }
  if (status == ROTE_OK) {
    list->value[list->n++] = (size_t)v;
  }
  return status;
}

static rote_status add_member(const rote_option *o, const char *word, void *field)
{
  int i = 0;
  rote_status status = parse_choice(o, word, &i);
  if (status == ROTE_OK) {
    *(uint64_t *)field |= (uint64_t)1 << i;
  }
  return status;
}

rote_status rote_option_set(const rote_option *o, const char *text, rote_options *options)
{
  rote_status status = ROTE_OK;
  void *field = (char *)options + o->offset;
  uint64_t whole = 0;
  switch (o->type) {
  case ROTE_OPTION_TEXT:
    if ((double)strlen(text) < o->min || (double)strlen(text) > o->max) {
      return rote_fail(ROTE_DATA, "%s: must have from %.0f to %.0f characters", o->key, o->min,
                       o->max);
    }
    for (const char *c = text; *c != '\0'; c++) {
      if ((unsigned char)*c < ' ') {
        return rote_fail(ROTE_DATA, "%s: may not have tabs or line breaks", o->key);
      }
    }
    memcpy(field, text, strlen(text) + 1);
    break;
  case ROTE_OPTION_SEED:
    status = parse_whole(o, text, field);
    break;
  case ROTE_OPTION_COUNT:
    ROTE_TRY(parse_whole(o, text, &whole));
    *(size_t *)field = (size_t)whole;
    break;
  case ROTE_OPTION_REAL:
    status = parse_real(o, text, field);
    break;
  case ROTE_OPTION_CHOICE:
    status = parse_choice(o, text, field);
    break;
  case ROTE_OPTION_COUNTS: {
    rote_counts list = {0};
    const bool none = o->none != NULL && strcmp(text, o->none) == 0;
    if (!none) {
      ROTE_TRY(parse_list(o, text, add_count, &list));
    }
    if (list.n == 0 && !none) {
      return rote_fail(ROTE_DATA, "%s: the list is empty", o->key);
    }
    *(rote_counts *)field = list;
    break;
  }
  case ROTE_OPTION_SET: {
    uint64_t bits = 0;
    ROTE_TRY(parse_list(o, text, add_member, &bits));
    *(uint64_t *)field = bits;
    break;
  }
  }
done:
  return status;
}

/* Shortest form of a number that reads back to the same bits. */
static void print_real(double v, char *out, size_t size)
{
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(out, size, "%.*g", digits, v);
    if (strtod(out, NULL) == v) {
      return;
    }
  }
}

/* Plain where YAML needs no quotes, else double-quoted. */
static void print_text(const char *v, char *out, size_t size)
{
  size_t n = 0;
  const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  if (v[0] != '\0' && strspn(v, plain) == strlen(v) && v[0] != '-') {
    snprintf(out, size, "%s", v);
    return;
  }
  out[n++] = '"';
  for (; *v != '\0' && n + 3 < size; v++) {
    if (*v == '"' || *v == '\\') {
      out[n++] = '\\';
    }
    out[n++] = *v;
  }
  out[n++] = '"';
  out[n] = '\0';
}

void rote_option_print(const rote_option *o, const rote_options *options, char *out, size_t size)
{
  const void *field = (const char *)options + o->offset;
  size_t n = 0;
  switch (o->type) {
  case ROTE_OPTION_TEXT:
    print_text(field, out, size);
    break;
  case ROTE_OPTION_SEED:
    snprintf(out, size, "%llu", (unsigned long long)*(const uint64_t *)field);
    break;
  case ROTE_OPTION_COUNT:
    snprintf(out, size, "%zu", *(const size_t *)field);
    break;
  case ROTE_OPTION_REAL:
    print_real(*(const double *)field, out, size);
    break;
  case ROTE_OPTION_CHOICE:
    snprintf(out, size, "%s", o->choices[*(const int *)field]);
    break;
  case ROTE_OPTION_COUNTS: {
    const rote_counts *list = field;
    if (list->n == 0 && o->none != NULL) {
      snprintf(out, size, "%s", o->none);
      break;
    }
    n += (size_t)snprintf(out, size, "[");
    for (size_t i = 0; i < list->n && n < size; i++) {
      n += (size_t)snprintf(out + n, size - n, "%s%zu", i > 0 ? ", " : "", list->value[i]);
    }
    snprintf(out + n, n < size ? size - n : 0, "]");
    break;
  }
  case ROTE_OPTION_SET: {
    const char *separator = "";
    n += (size_t)snprintf(out, size, "[");
    for (int i = 0; o->choices[i] != NULL && n < size; i++) {
      if (*(const uint64_t *)field >> i & 1) {
        n += (size_t)snprintf(out + n, size - n, "%s%s", separator, o->choices[i]);
        separator = ", ";
      }
    }
    snprintf(out + n, n < size ? size - n : 0, "]");
    break;
  }
  }
}
