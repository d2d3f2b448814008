/* What the files of this room share. */
#ifndef ROTE_DUPLICATES_ROOM_H
#define ROTE_DUPLICATES_ROOM_H

#include "rote/measure.h"

/* Arrays of the rows, in the order of the table. */
enum {
  ROTE_DUPLICATES_SQUARE,
  ROTE_DUPLICATES_NEAREST,
  ROTE_DUPLICATES_COPIES,
  ROTE_DUPLICATES_GROUP
};

extern const rote_array rote_duplicates_rows[];

rote_status rote_duplicates_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_duplicates_tell(const rote_told *told, rote_lines *lines);
rote_status rote_duplicates_show(const rote_told *told, rote_page *page);

/* Its sections of rote-study(5). */
extern const rote_manual rote_duplicates_manual[];

#endif
