/* What the files of this room share. */
#ifndef ROTE_AGREEMENT_ROOM_H
#define ROTE_AGREEMENT_ROOM_H

#include "rote/measure.h"

/* Images that are called high in a score. */
#define ROTE_AGREEMENT_HIGH 0.05

rote_status rote_agreement_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_agreement_tell(const rote_told *told, rote_lines *lines);
rote_status rote_agreement_show(const rote_told *told, rote_page *page);

/** Share of the variance of M_mean_log that is expected, and the image of the highest excess.
 * @param[in] expected, excess [images], of which M_mean_log is the sum
 * @return false if there is no number, or no variance */
bool rote_agreement_explained(size_t images, const double *expected, const double *excess,
                              double *share, size_t *best);

/* Its sections of rote-study(5). */
extern const rote_manual rote_agreement_manual[];

#endif
