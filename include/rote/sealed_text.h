/* Small text files of the run directory that close with a checksum of themselves: study.yaml,
 * provenance.json, progress.json, DONE. */
#ifndef ROTE_SEALED_TEXT_H
#define ROTE_SEALED_TEXT_H

#include "rote/status.h"

#include <stddef.h>

/* Where the checksum stands: a last line, a last line that is a comment, the last member "seal". */
typedef enum { ROTE_SEALED_PLAIN, ROTE_SEALED_YAML, ROTE_SEALED_JSON } rote_sealed_style;

/** The bytes of such a file. @param[out] all [room] NUL-terminated
 * @return ROTE_OK; ROTE_INTERNAL if they do not fit */
rote_status rote_sealed_text_make(rote_sealed_style style, const char *text, char *all,
                                  size_t room);

/** Write `text` and its checksum by the protocol of rote/file.h.
 * @param[in] text  lines that end with a newline; JSON: an object as cJSON_Print() gives it
 * @return ROTE_OK; ROTE_IO; ROTE_NOMEM */
rote_status rote_sealed_text_write(const char *path, rote_sealed_style style, const char *text);

/** Read it back. @param[out] text  without the checksum, released with rote_free(); NULL on error
 * @return ROTE_OK; ROTE_DATA if the file is missing, damaged or was edited; ROTE_IO; ROTE_NOMEM */
rote_status rote_sealed_text_read(const char *path, rote_sealed_style style, char **text);

#endif
