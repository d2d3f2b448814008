/* A YAML document that is all there is in a text. libyaml is seen in src/core alone. */
#ifndef ROTE_YAML_DOCUMENT_H
#define ROTE_YAML_DOCUMENT_H

#include "rote/status.h"

#include <yaml.h>

/** Read the one document of a text. @param[in] path  for messages
 * @param[out] document  to be released with yaml_document_delete(), unless there is an error
 * @return ROTE_OK; ROTE_DATA with file and line if it is not YAML, if another document follows, or
 * if a scalar holds a NUL; ROTE_NOMEM */
rote_status rote_yaml_load(const char *path, const char *text, yaml_document_t *document);

#endif
