/* Importers: foreign image files to a data set in memory. One file an importer, one line in the
 * list. */
#ifndef ROTE_IMPORT_H
#define ROTE_IMPORT_H

#include "rote/images.h"
#include "rote/team.h"

#include <stdbool.h>

/* A rectangle of pixels; right and bottom are the first column and row outside. All 0: no crop. */
typedef struct {
  size_t left, top, right, bottom;
} rote_crop;

/* All 0: the importer's own values. */
typedef struct {
  size_t pad;     /* zero pixels added on every side */
  rote_crop crop; /* what is cut out of every image */
  size_t size;    /* height and width that this is resized to; 0: left as it is */
  bool gray;      /* colour becomes grey: 0.299 R + 0.587 G + 0.114 B */
  bool skip_bad;  /* leave out files that cannot be read, instead of failing in the end */

  const char *output; /* the data file to be written, to check its disk before the work; or NULL */
  /* Called often with the number of files done, on rank 0; or NULL. */
  void (*progress)(void *context, size_t done, size_t total);
  void *context;
  const rote_team *team; /* ranks to share the files with; NULL: none */
} rote_import_options;

/* The options an importer uses; others are refused on the command line. */
typedef enum {
  ROTE_IMPORT_PAD = 1,
  ROTE_IMPORT_CROP = 2,
  ROTE_IMPORT_SIZE = 4,
  ROTE_IMPORT_GRAY = 8,
  ROTE_IMPORT_SKIP_BAD = 16,
} rote_import_use;

typedef struct {
  const char *name;    /* word on the command line */
  const char *summary; /* one line for --help */
  unsigned uses;       /* rote_import_use, or-ed */
  bool shares;         /* read() is collective over options->team; else rank 0 calls it alone */
  /* Shape and counts of the data set as it is published, imported without options; NULL if the
   * importer is for any data. */
  const rote_data_info *published;
  /* Read `directory`; *data is NULL on ranks other than 0. On error nothing is kept; the message
   * names the file and what was wrong. */
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
 * @return ROTE_OK; ROTE_DATA for a missing, empty, truncated, overlong, corrupt or foreign file, or
 *         for sides of images beyond 4096, before anything is allocated; ROTE_IO; ROTE_NOMEM */
rote_status rote_idx_read(const char *path, size_t dimensions, size_t *size, uint8_t **bytes);

#endif
