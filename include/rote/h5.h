/* Files as tables: whole, sealed HDF5 files in the version 1.8 format, with named arrays and
 * attributes. The library itself is seen in src/store alone.
 *
 * A file is written under a temporary name and appears when it is committed. A reader believes a
 * file whose seal holds (seal.h), whose `kind` attribute is the expected one and whose `complete`
 * attribute, written last, is 1. Arrays have fletcher32 checksums as well, for readers that do not
 * know the seal; scalars and empty arrays lie in the checksummed object header; HDF5 cannot filter
 * arrays of text. No times are stored: equal content gives equal bytes.
 *
 * On failure the functions return ROTE_IO for a file being written, ROTE_DATA for one being read.
 */
#ifndef ROTE_H5_H
#define ROTE_H5_H

#include "rote/file.h"
#include "rote/status.h"
#include "rote/text_list.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a file takes shape. HDF5 does not survive a full disk (it may crash when the program ends),
 * so what fits into memory never meets it. */
typedef enum {
  ROTE_H5_IN_MEMORY, /* and written in one go: checkpoints, results */
  ROTE_H5_ON_DISK,   /* data sets, studies */
} rote_h5_place;

typedef struct {
  int64_t id; /* HDF5's handle; negative: not open */
  bool writing;
  rote_h5_place place;
  rote_file file;           /* where it is written */
  char path[ROTE_PATH_MAX]; /* its name, for messages */
  char label[256]; /* what it says of itself to those who do not open it (seal.h); "": nothing. For
                      files in memory, set before the commit */
} rote_h5;

#define ROTE_H5_CLOSED ((rote_h5){.id = -1})

typedef enum {
  ROTE_H5_U8,
  ROTE_H5_U16,
  ROTE_H5_U32,
  ROTE_H5_U64,
  ROTE_H5_I32,
  ROTE_H5_F32,
  ROTE_H5_F64,
  ROTE_H5_TEXT, /* variable-length UTF-8; in memory const char * */
} rote_h5_type;

typedef enum {
  ROTE_H5_BLOCKS, /* chunks of about 1 MB */
  ROTE_H5_ROWS,   /* the same, but none spans two indices of the first dimension: written row by row
                   */
  ROTE_H5_WHOLE,  /* one chunk, unless the array is huge */
} rote_h5_chunks;

enum { ROTE_H5_RANK_MAX = 5 };

/* What an array is, not where its numbers are. */
typedef struct {
  rote_h5_type type;
  size_t rank;
  size_t shape[ROTE_H5_RANK_MAX];
  rote_h5_chunks chunks;
  bool packed; /* compressed by gzip; not checked when an array is read */
} rote_h5_array;

/** Begin a file. `h5` must be ROTE_H5_CLOSED; ended by rote_h5_commit() or rote_h5_close(). */
rote_status rote_h5_create(const char *path, const char *kind, rote_h5_place place, rote_h5 *h5);

/** Mark the file complete, close, seal, sync and rename it. @param[in] previous  see rote/file.h;
 * may be NULL */
rote_status rote_h5_commit(rote_h5 *h5, const char *previous);

/** Open for reading and check seal, kind and completeness. */
rote_status rote_h5_open(const char *path, const char *kind, rote_h5 *h5);

/** Close; a file that was not committed is removed. Harmless on a closed one. */
void rote_h5_close(rote_h5 *h5);

/** Create the groups above `name`. */
rote_status rote_h5_parents(rote_h5 *h5, const char *name);

/** Create an array and the groups above it; floating-point entries that are never written read as
 * NaN. */
rote_status rote_h5_array_create(rote_h5 *h5, const char *name, const rote_h5_array *array);

/** Create an array and write all of it. @param[in] data  row-major, of the array's type */
rote_status rote_h5_array_put(rote_h5 *h5, const char *name, const rote_h5_array *array,
                              const void *data);

/** Write `count` indices of the first dimension from `first` on. */
rote_status rote_h5_rows_write(rote_h5 *h5, const char *name, rote_h5_type type, size_t first,
                               size_t count, const void *data);

/** Write indices first .. first + count - 1 of the second dimension at index `row` of the first. */
rote_status rote_h5_block_write(rote_h5 *h5, const char *name, rote_h5_type type, size_t row,
                                size_t first, size_t count, const void *data);

/** Read a whole array whose type and shape must be those of `array`. */
rote_status rote_h5_array_get(rote_h5 *h5, const char *name, const rote_h5_array *array,
                              void *data);

/** Read `count` indices of the first dimension from `first` on, after the same check of the whole
 * shape. */
rote_status rote_h5_rows_read(rote_h5 *h5, const char *name, const rote_h5_array *array,
                              size_t first, size_t count, void *data);

/** Read indices first .. first + count - 1 of the second dimension at index `row` of the first,
 * after the same check. */
rote_status rote_h5_block_read(rote_h5 *h5, const char *name, const rote_h5_array *array,
                               size_t row, size_t first, size_t count, void *data);

/** Read indices first .. first + count - 1 of the first dimension, or with `inner` of the second at
 * index `row` of the first, as doubles whatever the type of the numbers; count SIZE_MAX: all. */
rote_status rote_h5_numbers_read(rote_h5 *h5, const char *name, bool inner, size_t row,
                                 size_t first, size_t count, double *values);

/** Bytes of an entry of an array of the type. */
size_t rote_h5_type_bytes(rote_h5_type type);

/** Write `count` texts from index `first` of a one-dimensional array of text on. */
rote_status rote_h5_texts_write(rote_h5 *h5, const char *name, size_t first, size_t count,
                                const rote_text_list *list);

/** Append all texts of an array of text to a list, row by row. */
rote_status rote_h5_texts_read(rote_h5 *h5, const char *name, rote_text_list *list);

/** Rank, shape and type of an array. @param[out] array  `chunks` is left alone */
rote_status rote_h5_array_describe(rote_h5 *h5, const char *name, rote_h5_array *array);

bool rote_h5_has(rote_h5 *h5, const char *name);

/** Number of objects in a group. */
rote_status rote_h5_count(rote_h5 *h5, const char *group, size_t *count);

/** Attributes of the object `name`, "." for the root. Several values make a one-dimensional
 * attribute; values of text are pointers. */
rote_status rote_h5_text_put(rote_h5 *h5, const char *name, const char *attribute,
                             const char *text);
rote_status rote_h5_value_put(rote_h5 *h5, const char *name, const char *attribute,
                              rote_h5_type type, size_t count, const void *values);
rote_status rote_h5_value_get(rote_h5 *h5, const char *name, const char *attribute,
                              rote_h5_type type, void *value);

/** Read a text attribute. @param[out] text [size]; a longer text is ROTE_DATA */
rote_status rote_h5_text_get(rote_h5 *h5, const char *name, const char *attribute, char *text,
                             size_t size);

/** Make a one-dimensional array the scale of a dimension called `label`. */
rote_status rote_h5_scale_make(rote_h5 *h5, const char *name, const char *label);

/** Attach a scale to one dimension of an array. */
rote_status rote_h5_scale_attach(rote_h5 *h5, const char *name, size_t dimension,
                                 const char *scale);

/** A second name for an object. */
rote_status rote_h5_link(rote_h5 *h5, const char *name, const char *second);

#endif
