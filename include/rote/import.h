/* Importers: foreign image files to a data set in memory. One file an importer, one line in the
 * list. */
#ifndef ROTE_IMPORT_H
#define ROTE_IMPORT_H

#include "rote/images.h"

typedef struct {
  size_t pad; /* mnist: zero pixels added on every side */
} rote_import_options;

typedef struct {
  const char *name;    /* word on the command line */
  const char *summary; /* one line for --help */
  /* Read `directory`. On error nothing is kept; the message names the file and what was wrong. */
  rote_status (*read)(const char *directory, const rote_import_options *options, rote_data **data);
} rote_importer;

/** NULL if there is no such importer. */
const rote_importer *rote_importer_find(const char *name);

/** The list. @param[out] count  its length */
const rote_importer *const *rote_importer_list(size_t *count);

/** Read an IDX file of unsigned bytes, plain or gzip-compressed (LeCun's format: magic 0x00000800 +
 * number of dimensions, sizes as big-endian 32-bit numbers, then the bytes).
 * @param[in]  dimensions  how many are expected (3 for images, 1 for labels)
 * @param[out] size        [dimensions]
 * @param[out] bytes       product of size; released with rote_free()
 * @return ROTE_OK; ROTE_DATA for a missing, empty, truncated, overlong, corrupt or foreign file;
 *         ROTE_IO; ROTE_NOMEM */
rote_status rote_idx_read(const char *path, size_t dimensions, size_t *size, uint8_t **bytes);

#endif
