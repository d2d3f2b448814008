/* A study from YAML. */
#include "rote/study.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/option.h"
#include "study_check.h"
#include "yaml_document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIANTS_MAX 256

/* What is being read, for messages: "file:line: ". */
typedef struct {
  const char *path;
  yaml_document_t *document;
  rote_study_given given;
} reader;

static rote_status fault(const reader *r, const yaml_node_t *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static rote_status fault(const reader *r, const yaml_node_t *node, const char *format, ...)
{
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return rote_fail(ROTE_DATA, "%s:%zu: %s", r->path, node->start_mark.line + 1, text);
}

static const char *scalar(const yaml_node_t *node)
{
  return (const char *)node->data.scalar.value;
}

/* A scalar, or a flow list of scalars joined to "a, b". */
static rote_status value_text(const reader *r, const yaml_node_t *node, const char *key, char *out,
                              size_t size)
{
  size_t n = 0;
  out[0] = '\0';
  if (node->type == YAML_SCALAR_NODE) {
    if (strlen(scalar(node)) >= size) {
      return fault(r, node, "%s: the value is too long", key);
    }
    snprintf(out, size, "%s", scalar(node));
    return ROTE_OK;
  }
  if (node->type != YAML_SEQUENCE_NODE) {
    return fault(r, node, "%s: a value is expected here, not a section", key);
  }
  for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top;
       i++) {
    const yaml_node_t *item = yaml_document_get_node(r->document, *i);
    if (item->type != YAML_SCALAR_NODE) {
      return fault(r, item, "%s: the list may only hold plain values", key);
    }
    n += (size_t)snprintf(out + n, size - n, "%s%s", n > 0 ? ", " : "", scalar(item));
    if (n >= size) {
      return fault(r, item, "%s: the list is too long", key);
    }
  }
  return ROTE_OK;
}

static rote_status read_leaf(reader *r, const yaml_node_t *key_node, const yaml_node_t *node,
                             const char *key, rote_options *options)
{
  rote_status status = ROTE_OK;
  size_t count = 0;
  char text[ROTE_TEXT_MAX];
  const rote_option *table = rote_option_table(&count);
  int at = rote_option_find(key);
  if (at < 0) {
    return fault(r, key_node, "%s: unknown key; did you mean %s?", key, rote_option_nearest(key));
  }
  if (r->given.is[at]) {
    return fault(r, key_node, "%s: is given twice", key);
  }
  const bool is_list = table[at].type == ROTE_OPTION_COUNTS || table[at].type == ROTE_OPTION_SET;
  const bool is_none = table[at].none != NULL && node->type == YAML_SCALAR_NODE &&
                       strcmp((const char *)node->data.scalar.value, table[at].none) == 0;
  if (is_list != (node->type == YAML_SEQUENCE_NODE) && !is_none) {
    return fault(r, node, "%s: %s is expected here", key,
                 is_list ? "a list like [a, b]" : "one value");
  }
  ROTE_TRY(value_text(r, node, key, text, sizeof text));
  if (rote_option_set(&table[at], text, options) != ROTE_OK) {
    char why[1024];
    snprintf(why, sizeof why, "%s", rote_fail_reason(ROTE_DATA));
    return fault(r, node, "%s", why);
  }
  r->given.is[at] = true;
  r->given.line[at] = key_node->start_mark.line + 1;
done:
  return status;
}

/* True if some option key starts with "section.". */
static bool is_section(const char *section)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  size_t n = strlen(section);
  for (size_t i = 0; i < count; i++) {
    if (strncmp(table[i].key, section, n) == 0 && table[i].key[n] == '.') {
      return true;
    }
  }
  return false;
}

static rote_status read_section(reader *r, const yaml_node_t *node, const char *section,
                                rote_options *options)
{
  rote_status status = ROTE_OK;
  if (node->type != YAML_MAPPING_NODE) {
    return fault(r, node, "%s: a section with keys is expected here", section);
  }
  for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
       p++) {
    const yaml_node_t *key_node = yaml_document_get_node(r->document, p->key);
    char key[256];
    if (key_node->type != YAML_SCALAR_NODE) {
      return fault(r, key_node, "%s: a key must be a word", section);
    }
    snprintf(key, sizeof key, "%s.%s", section, scalar(key_node));
    ROTE_TRY(read_leaf(r, key_node, yaml_document_get_node(r->document, p->value), key, options));
  }
done:
  return status;
}

/* "key=value" into options. */
static rote_status apply_setting(const char *setting, bool variant, rote_options *options,
                                 rote_study_given *given)
{
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  const char *equals = strchr(setting, '=');
  char key[128];
  if (equals == NULL || equals == setting || (size_t)(equals - setting) >= sizeof key) {
    return rote_fail(ROTE_USAGE, "\"%s\" is not of the form key=value", setting);
  }
  memcpy(key, setting, (size_t)(equals - setting));
  key[equals - setting] = '\0';
  int at = rote_option_find(key);
  if (at < 0) {
    return rote_fail(ROTE_USAGE, "%s: unknown key; did you mean %s?", key,
                     rote_option_nearest(key));
  }
  if (variant && !table[at].of_variant) {
    return rote_fail(ROTE_USAGE, "%s: is the same for all variants of a study; set it at the top",
                     key);
  }
  if (rote_option_set(&table[at], equals + 1, options) != ROTE_OK) {
    return ROTE_USAGE;
  }
  given->is[at] = true;
  given->line[at] = 0;
  return ROTE_OK;
}

static bool is_plain_name(const char *name)
{
  const char *good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return name[0] != '\0' && name[0] != '-' && strlen(name) < ROTE_NAME_MAX / 2 &&
         strspn(name, good) == strlen(name);
}

/* Names that study.h5 uses at its root; rote_measures_check() knows those of measures. */
static bool is_reserved_name(const char *name)
{
  static const char *const taken[] = {"sample", "image", "fold", "repeat", "execution", NULL};
  for (int i = 0; taken[i] != NULL; i++) {
    if (strcmp(taken[i], name) == 0) {
      return true;
    }
  }
  return false;
}

static rote_status read_variant(reader *r, const yaml_node_t *node, rote_variant *v,
                                rote_study_given *given)
{
  if (node->type != YAML_MAPPING_NODE) {
    return fault(r, node, "variants: each entry is { name: ..., set: [...] }");
  }
  for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
       p++) {
    const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
    const yaml_node_t *value = yaml_document_get_node(r->document, p->value);
    bool is_name = key->type == YAML_SCALAR_NODE && strcmp(scalar(key), "name") == 0;
    bool is_set = key->type == YAML_SCALAR_NODE && strcmp(scalar(key), "set") == 0;
    if (is_name && value->type == YAML_SCALAR_NODE) {
      if (!is_plain_name(scalar(value)) || is_reserved_name(scalar(value))) {
        return fault(r, value,
                     "variants: \"%s\" is not a usable name: letters, digits, _ and -, at most %d, "
                     "and not a name that study.h5 uses itself",
                     scalar(value), ROTE_NAME_MAX / 2 - 1);
      }
      snprintf(v->name, sizeof v->name, "%s", scalar(value));
    } else if (is_set && value->type == YAML_SEQUENCE_NODE) {
      for (yaml_node_item_t *i = value->data.sequence.items.start;
           i < value->data.sequence.items.top; i++) {
        const yaml_node_t *item = yaml_document_get_node(r->document, *i);
        if (item->type != YAML_SCALAR_NODE) {
          return fault(r, item,
                       "variants: set: entries are texts like \"training.learning_rate=1e-4\"");
        }
        if (apply_setting(scalar(item), true, &v->options, given) != ROTE_OK) {
          char why[1024];
          snprintf(why, sizeof why, "%s", rote_fail_reason(ROTE_USAGE));
          return fault(r, item, "variants: set: %s", why);
        }
      }
    } else {
      return fault(r, key,
                   "variants: an entry has the keys name (a word) and set (a list), nothing else");
    }
  }
  return v->name[0] == '\0' ? fault(r, node, "variants: an entry has no name") : ROTE_OK;
}

static rote_status read_variants(reader *r, const yaml_node_t *node, rote_study *study)
{
  rote_status status = ROTE_OK;
  if (node->type != YAML_SEQUENCE_NODE) {
    return fault(r, node, "variants: a list is expected here");
  }
  size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
  if (n == 0 || n > VARIANTS_MAX) {
    return fault(r, node, "variants: from 1 to %d entries are expected", VARIANTS_MAX);
  }
  ROTE_TRY(rote_alloc(n, sizeof *study->variant, &study->variant));
  study->variant_count = n;
  for (size_t i = 0; i < n; i++) {
    const yaml_node_t *item =
        yaml_document_get_node(r->document, node->data.sequence.items.start[i]);
    rote_variant *v = &study->variant[i];
    rote_study_given given = {0};
    char where[ROTE_PATH_MAX];
    v->options = study->base;
    ROTE_TRY(read_variant(r, item, v, &given));
    for (size_t j = 0; j < i; j++) {
      if (strcmp(study->variant[j].name, v->name) == 0) {
        return fault(r, item, "variants: the name %s is used twice", v->name);
      }
    }
    snprintf(where, sizeof where, "%.3000s:%zu: variant %s", r->path, item->start_mark.line + 1,
             v->name);
    ROTE_TRY(rote_study_check_variant(where, &v->options, &given));
  }
done:
  return status;
}

/* A section or the list of variants that comes a second time; libyaml takes it, YAML does not. */
static bool is_repeated(const reader *r, const yaml_node_t *root, const yaml_node_pair_t *pair)
{
  const char *key = scalar(yaml_document_get_node(r->document, pair->key));
  for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < pair; p++) {
    if (strcmp(scalar(yaml_document_get_node(r->document, p->key)), key) == 0) {
      return true;
    }
  }
  return false;
}

static rote_status read_root(reader *r, rote_study *study, size_t set_count, const char *const *set)
{
  rote_status status = ROTE_OK;
  const yaml_node_t *root = yaml_document_get_root_node(r->document);
  const yaml_node_t *variants = NULL;
  if (root == NULL || root->type != YAML_MAPPING_NODE) {
    return rote_fail(ROTE_DATA,
                     "%s: is not a study file: keys like name:, data: and model: are expected",
                     r->path);
  }
  for (yaml_node_pair_t *p = root->data.mapping.pairs.start; p < root->data.mapping.pairs.top;
       p++) {
    const yaml_node_t *key = yaml_document_get_node(r->document, p->key);
    const yaml_node_t *value = yaml_document_get_node(r->document, p->value);
    if (key->type != YAML_SCALAR_NODE) {
      return fault(r, key, "a key must be a word");
    }
    if (is_repeated(r, root, p)) {
      return fault(r, key, "%s: is given twice", scalar(key));
    }
    if (strcmp(scalar(key), "variants") == 0) {
      variants = value;
    } else if (is_section(scalar(key))) {
      ROTE_TRY(read_section(r, value, scalar(key), &study->base));
    } else {
      ROTE_TRY(read_leaf(r, key, value, scalar(key), &study->base));
    }
  }
  for (size_t i = 0; i < set_count; i++) {
    if (apply_setting(set[i], false, &study->base, &r->given) != ROTE_OK) {
      return rote_fail_context(ROTE_USAGE, "--set");
    }
  }
  if (!is_plain_name(study->base.name)) {
    return rote_fail(ROTE_DATA,
                     "%s: name: \"%s\" may have letters, digits, _ and -, at most %d of them",
                     r->path, study->base.name, ROTE_NAME_MAX / 2 - 1);
  }
  if (study->base.output[0] == '\0') {
    snprintf(study->base.output, sizeof study->base.output, "runs/%s", study->base.name);
  }
  if (variants != NULL) {
    ROTE_TRY(read_variants(r, variants, study));
  }
  ROTE_TRY(rote_study_check(r->path, study, &r->given));
done:
  return status;
}

static rote_status with_defaults(rote_study **out)
{
  rote_status status = ROTE_OK;
  size_t count = 0;
  const rote_option *table = rote_option_table(&count);
  rote_study *study = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *study, &study));
  for (size_t i = 0; i < count; i++) {
    if (table[i].fallback[0] != '\0') {
      ROTE_TRY(rote_option_set(&table[i], table[i].fallback, &study->base));
    }
  }
  *out = study;
  study = NULL;
done:
  rote_study_destroy(&study);
  return status;
}

/* A study without a list of variants has one, named base. */
static rote_status name_base_variant(rote_study *study)
{
  rote_status status = ROTE_OK;
  if (study->variant_count == 0) {
    ROTE_TRY(rote_alloc(1, sizeof *study->variant, &study->variant));
    study->variant_count = 1;
    snprintf(study->variant[0].name, sizeof study->variant[0].name, "base");
    study->variant[0].options = study->base;
  }
done:
  return status;
}

rote_status rote_study_defaults(rote_study **out)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  *out = NULL;
  const rote_study_given given = {0};
  ROTE_TRY(with_defaults(&study));
  ROTE_TRY(rote_study_check("the defaults", study, &given));
  ROTE_TRY(name_base_variant(study));
  *out = study;
  study = NULL;
done:
  rote_study_destroy(&study);
  return status;
}

rote_status rote_study_parse(const char *path, const char *text, size_t set_count,
                             const char *const *set, rote_study **out)
{
  rote_status status = ROTE_OK;
  yaml_document_t document;
  rote_study *study = NULL;
  bool document_live = false;
  reader r = {.path = path, .document = &document};
  *out = NULL;

  ROTE_TRY(with_defaults(&study));
  ROTE_TRY(rote_yaml_load(path, text, &document));
  document_live = true;
  ROTE_TRY(read_root(&r, study, set_count, set));
  ROTE_TRY(name_base_variant(study));
  *out = study;
  study = NULL;

done:
  if (document_live) {
    yaml_document_delete(&document);
  }
  rote_study_destroy(&study);
  return status;
}

static size_t line_at(const char *text, size_t place)
{
  size_t line = 1;
  for (size_t i = 0; i < place; i++) {
    line += text[i] == '\n';
  }
  return line;
}

rote_status rote_study_read(const char *path, size_t set_count, const char *const *set,
                            rote_study **study)
{
  rote_status status = ROTE_OK;
  char *text = NULL;
  size_t length = 0;
  *study = NULL;
  status = rote_file_read(path, &text, &length);
  if (status == ROTE_IO) {
    status = rote_file_status(errno); /* a file that is not there is bad input */
  }
  ROTE_TRY(status);
  if (strlen(text) != length) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s:%zu: holds a NUL byte: this is not a text file in UTF-8",
                       path, line_at(text, strlen(text))));
  }
  ROTE_TRY(rote_study_parse(path, text, set_count, set, study));
done:
  rote_free(&text);
  return status;
}

void rote_study_destroy(rote_study **study)
{
  if (*study != NULL) {
    rote_free(&(*study)->variant);
    rote_free(study);
  }
}
