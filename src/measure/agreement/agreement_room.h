/* What the files of this room share. */
#ifndef ROTE_AGREEMENT_ROOM_H
#define ROTE_AGREEMENT_ROOM_H

#include "rote/measure.h"

/* Images that are called high in a score. */
#define ROTE_AGREEMENT_HIGH 0.05

rote_status rote_agreement_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_agreement_tell(const rote_told *told, rote_lines *lines);

/* Its sections of rote-study(5). */
extern const rote_manual rote_agreement_manual[];

#endif
