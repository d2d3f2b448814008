/* Images of a page as PNG within it. */
#ifndef ROTE_PICTURE_H
#define ROTE_PICTURE_H

#include "rote/images.h"
#include "rote/lines.h"
#include "rote/page.h"
#include "rote/study.h"

/* Pixels of the training images that a page has, and how much may still be embedded. */
typedef struct {
  rote_data_info info;
  size_t count;    /* 0: there are no pixels to be had */
  uint32_t *image; /* [count] ascending */
  uint8_t *pixel;  /* [count, C, H, W] */
  size_t budget;   /* bytes of HTML left for images */
} rote_album;

/** Read what strips and `others` need. @param[in] options  of the study; NULL: nothing
 * @param[in] other  [others] */
rote_status rote_album_open(const rote_options *options, const rote_page *page, size_t others,
                            const size_t *other, rote_album *album);
void rote_album_close(rote_album *album);

/** An image of at most `side` pixels a side, larger ones by the mean of squares; nothing if there
 * are no pixels, or no room is left in the album. @param[in] alt  "" where text beside it says what
 * it is @return ROTE_OK; ROTE_NOMEM */
rote_status rote_album_add(rote_album *album, const rote_picture *picture, size_t side,
                           const char *alt, rote_lines *html);

#endif
