#include "yaml_document.h"

#include <stdbool.h>
#include <string.h>

static rote_status load(const char *path, yaml_parser_t *parser, yaml_document_t *document)
{
  if (yaml_parser_load(parser, document)) {
    return ROTE_OK;
  }
  /* what is no text at all is noticed before there are lines */
  const size_t line =
      parser->error == YAML_READER_ERROR ? parser->mark.line : parser->problem_mark.line;
  return rote_fail(ROTE_DATA, "%s:%zu: is not valid YAML: %s", path, line + 1,
                   parser->problem != NULL ? parser->problem : "unreadable");
}

/* "a\0b" in quotes is YAML, but would be taken for "a". */
static rote_status check_scalars(const char *path, const yaml_document_t *document)
{
  for (const yaml_node_t *n = document->nodes.start; n < document->nodes.top; n++) {
    const char *text = n->type == YAML_SCALAR_NODE ? (const char *)n->data.scalar.value : "";
    if (n->type == YAML_SCALAR_NODE && strlen(text) != n->data.scalar.length) {
      return rote_fail(ROTE_DATA, "%s:%zu: \"%s\\0...\": a text may not hold a NUL", path,
                       n->start_mark.line + 1, text);
    }
  }
  return ROTE_OK;
}

/* YAML lets another document follow behind --- or ...; nobody would read it. */
static rote_status check_end(const char *path, yaml_parser_t *parser)
{
  rote_status status = ROTE_OK;
  yaml_document_t next;
  ROTE_TRY(load(path, parser, &next));
  if (yaml_document_get_root_node(&next) != NULL) {
    status =
        rote_fail(ROTE_DATA,
                  "%s:%zu: a second document begins here (behind --- or ...), but a study file "
                  "is one; put it into a file of its own, or remove it",
                  path, next.start_mark.line + 1);
  }
  yaml_document_delete(&next);
done:
  return status;
}

rote_status rote_yaml_load(const char *path, const char *text, yaml_document_t *document)
{
  rote_status status = ROTE_OK;
  yaml_parser_t parser;
  bool loaded = false;
  if (!yaml_parser_initialize(&parser)) {
    return rote_fail(ROTE_NOMEM, "out of memory while reading %s", path);
  }
  yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
  ROTE_TRY(load(path, &parser, document));
  loaded = true;
  ROTE_TRY(check_scalars(path, document));
  ROTE_TRY(check_end(path, &parser));
done:
  if (status != ROTE_OK && loaded) {
    yaml_document_delete(document);
  }
  yaml_parser_delete(&parser);
  return status;
}
