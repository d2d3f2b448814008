/* results/<key>.h5: the rows that a finished unit or piece of work left. Written once, whole.
 *
 * Layout: attributes of / kind, key, identity, first, count, end, complete; the arrays of a table
 * under their names, dimension I being `count`; attributes of /execution. A label at the end. */
#ifndef ROTE_PIECE_FILE_H
#define ROTE_PIECE_FILE_H

#include "rote/array.h"
#include "rote/label.h"

/* How something was computed: never part of what is compared. */
typedef struct {
  char host[64];
  int32_t rank;
  uint32_t attempts;                    /* orders that ended in an error, plus one */
  uint32_t resumes;                     /* times the unit was continued from a file */
  double seconds;                       /* of work, all parts together */
  char arithmetic[ROTE_ARITHMETIC_MAX]; /* rote_isa_arithmetic(); "mixed" if it changed */
} rote_execution;

/** Write by the protocol of rote/file.h. @param[in] label  first and count are those of the rows;
 * its arithmetic is that of `execution`
 * @return ROTE_OK; ROTE_IO; ROTE_NOMEM */
rote_status rote_piece_file_write(const char *path, const rote_label *label, const rote_rows *rows,
                                  const rote_execution *execution);

/** Read the file whose label is `label`, as rote_label_read() or rote_label_peek() gave it.
 * @param[in,out] rows  with room for label->count; first, count and arrays are filled
 * @return ROTE_OK; ROTE_DATA if the file is missing, damaged, or another than the label says */
rote_status rote_piece_file_read(const char *path, const rote_label *label, rote_rows *rows,
                                 rote_execution *execution);

#endif
