/* What the files of this room share. */
#ifndef ROTE_PLANTS_ROOM_H
#define ROTE_PLANTS_ROOM_H

#include "rote/measure.h"
#include "rote/plant.h"

rote_status rote_plants_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_plants_tell(const rote_told *told, rote_lines *lines);

/* Its sections of rote-study(5). */
extern const rote_manual rote_plants_manual[];

#endif
