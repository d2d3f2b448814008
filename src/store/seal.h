/* The seal: a checksum over a whole file, written as its last line; and the label, a line before it
 * that says what the file is, for those who look at thousands of them.
 *
 * HDF5 1.8 leaves chunk indices and string heaps unchecked, and its library may crash on damaged
 * ones. So a file is checked as a whole before HDF5 sees it. HDF5 ignores bytes after its own end,
 * so that every reader opens a sealed file; one that rewrites it breaks the seal. */
#ifndef ROTE_SEAL_H
#define ROTE_SEAL_H

#include "rote/status.h"

#include <stddef.h>

/** Append the line "rote seal <16 hexadecimal digits>". @return ROTE_OK; ROTE_IO; ROTE_NOMEM */
rote_status rote_seal_append(const char *path);

#define ROTE_LABEL_MAX                                                                             \
  320 /* bytes of a label in the file, filled with blanks; the last is a newline */

/** Write a file of these bytes, its label unless that is "", and its seal over both.
 * @return ROTE_OK; ROTE_IO; ROTE_INTERNAL if the label is too long */
rote_status rote_seal_write(const char *path, const void *content, size_t bytes, const char *label);

/** Check a sealed file. A file that was checked and is still the same one is not read again.
 * @return ROTE_OK; ROTE_DATA if it is missing, cut short, changed or not sealed; ROTE_IO;
 * ROTE_NOMEM */
rote_status rote_seal_check(const char *path);

/** The same, and the label of the file. @param[out] label [ROTE_LABEL_MAX] without the blanks; ""
 * if the file has none */
rote_status rote_seal_check_label(const char *path, char *label);

/** The label alone, without reading the file: to show, not to believe. */
rote_status rote_seal_peek_label(const char *path, char *label);

/** Checksum of bytes in memory, as a seal has it. @param[out] text [17] hexadecimal digits */
void rote_seal_digits(const void *content, size_t bytes, char *text);

#endif
