/* The parts of a page, and its frame, as HTML. */
#ifndef ROTE_PARTS_H
#define ROTE_PARTS_H

#include "picture.h"
#include "rote/lines.h"
#include "rote/page.h"

/** One part. @param[in] svg  of a figure, its drawing; NULL: there is none */
rote_status rote_part_write(const rote_part *part, const char *svg, rote_album *album,
                            rote_lines *html);

/** The lines that a report begins with. */
void rote_verdict_write(const rote_page *page, rote_lines *html);

#endif
