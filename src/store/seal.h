/* The seal: a checksum over a whole file, written as its last line.
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

/** Write a file of these bytes and its seal. @return ROTE_OK; ROTE_IO */
rote_status rote_seal_write(const char *path, const void *content, size_t bytes);

/** Check a sealed file. A file that was checked and is still the same one is not read again.
 * @return ROTE_OK; ROTE_DATA if it is missing, cut short, changed or not sealed; ROTE_IO;
 * ROTE_NOMEM */
rote_status rote_seal_check(const char *path);

#endif
