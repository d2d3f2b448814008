/* A data set that comes as one image file a sample: the list of its files, and how they become a
 * data set. The importer makes the list; order, sets and labels are its choice. */
#ifndef ROTE_SOURCE_FILES_H
#define ROTE_SOURCE_FILES_H

#include "rote/import.h"

/* Sets by number, in the order they have in a data file. */
enum { ROTE_SET_TRAIN, ROTE_SET_VALIDATION, ROTE_SET_TEST, ROTE_SET_COUNT };

/* Names of the sets, as folders and in data files. */
extern const char *const rote_set_name[ROTE_SET_COUNT];

/* One image file; its name is the entry of the same index in rote_source_files. */
typedef struct {
  int set;
  int32_t label; /* -1: unknown */
} rote_source_file;

typedef struct {
  const char *directory;  /* above all names; borrowed */
  rote_text_list name;    /* [n] paths below `directory` */
  rote_source_file *file; /* [n] */
  size_t room;            /* allocated entries of `file` */
  size_t channels;        /* of the data set; 0: grey if all files are, else 3 */
  size_t prefix;          /* bytes of `name` that are not kept as the name of an image */
  rote_text_list labels;  /* files with labels, below `directory`; for the checksum only */
  rote_text_list class_name, attribute_name;
  uint8_t *attribute; /* [n, A]; NULL if there are none */
} rote_source_files;

/** Append a file. */
rote_status rote_source_files_add(rote_source_files *sources, const char *name,
                                  rote_source_file file);

void rote_source_files_free(rote_source_files *sources);

/** Decode, crop, resize and gather all files (source_read.c). Collective over options->team: the
 * ranks share the files, and rank 0 gets the data set, the same for any number of ranks.
 *
 * Every file that cannot be read is named in the log and the work goes on; then it fails, or with
 * options->skip_bad the data set lists them in `left_out`.
 * @param[in,out] sources  the list, on rank 0; the others get what they need of it
 * @param[in] name, source  for rote_data_info; what was done to the images is added to `source`
 * @param[out] data  NULL on other ranks than 0
 * @return ROTE_OK; ROTE_DATA; ROTE_IO if the disk of options->output is too small; ROTE_NOMEM */
rote_status rote_source_files_read(rote_source_files *sources, const rote_import_options *options,
                                   const char *name, const char *source, rote_data **data);

/** Allocate a data set after a look at the disk of options->output. */
rote_status rote_import_begin(const rote_data_info *info, const rote_import_options *options,
                              rote_data **data);

/** The last part of the directory's full name, escaped, for rote_data_info. @param[out] name [room]
 */
void rote_source_name(const char *directory, char *name, size_t room);

/** The first of `name` that is a regular file in `directory`, or else in a directory that has such
 * a name itself: some archives unpack so.
 * @param[out] found  [ROTE_PATH_MAX] its path below `directory`; "" if there is none
 * @return ROTE_OK; ROTE_IO if the system does not say; ROTE_DATA */
rote_status rote_source_find(const char *directory, size_t n, const char *const *name, char *found);

/** The bytes of a source file, released with rote_free().
 * @return ROTE_OK; ROTE_DATA if it is not there or no regular file; ROTE_IO if the system does not
 * give it, which says nothing against the file; ROTE_NOMEM */
rote_status rote_source_bytes(const char *path, char **bytes, size_t *count);

/** Add what was done to the images to info->source, for people who find the file. */
void rote_source_describe(const rote_import_options *options, rote_data_info *info);

/** The set of that number. */
rote_image_set *rote_data_set(rote_data *data, int set);

/* A list of lines "SHA-256, two spaces, name", as sha256sum of GNU coreutils prints it: where the
 * name has a backslash, newline or carriage return these are \\, \n and \r, behind one more
 * backslash at the begin of the line. */

/** Append the line of a file. @param[in] sha256  of its bytes */
rote_status rote_sums_add(rote_text_list *sums, const char *name, const char *sha256);

/** The same for bytes in memory. */
rote_status rote_sums_add_bytes(rote_text_list *sums, const char *name, const void *bytes,
                                size_t count);

/** SHA-256 of the list. @param[out] text  [ROTE_DIGEST_TEXT] */
rote_status rote_sums_digest(const rote_text_list *sums, char *text);

#endif
