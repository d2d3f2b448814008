/* What lies in one directory of image files. */
#ifndef ROTE_LISTING_H
#define ROTE_LISTING_H

#include "rote/text_list.h"

/* Names in byte order; hidden entries do not count. All zero is the empty listing. */
typedef struct {
  rote_text_list folder, image; /* image: by the ending of its name, .jpg, .jpeg or .png */
  size_t others;
} rote_listing;

/** List `directory`; a log line says how many files are no images.
 * @param[in,out] listing  empty before; released with rote_listing_free(), also after an error
 * @return ROTE_OK; ROTE_DATA if it is no directory or has a link to nothing that is not called an
 * image; ROTE_IO with the system's reason if it or an
 * entry cannot be looked at; ROTE_NOMEM */
rote_status rote_listing_read(const char *directory, rote_listing *listing);

void rote_listing_free(rote_listing *listing);

#endif
