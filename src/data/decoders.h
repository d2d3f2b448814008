/* One function for each file format of image_file.c. */
#ifndef ROTE_DECODERS_H
#define ROTE_DECODERS_H

#include "rote/image_file.h"

#include <stdbool.h>

/* A file in memory, and what is wanted of it. */
typedef struct {
  const char *name;
  const uint8_t *bytes;
  size_t count;
  bool header_only; /* shape, no pixels */
} rote_encoded;

/** Fill `image`; on error its pixels are left to the caller to release. */
rote_status rote_jpeg_decode(const rote_encoded *file, rote_image *image);
rote_status rote_png_decode(const rote_encoded *file, rote_image *image);

/** Judge the shape in `image`, before anything is allocated by it.
 * @param[in] least  bytes without which no file has so many pixels
 * @return ROTE_OK; ROTE_DATA */
rote_status rote_decoder_check(const rote_encoded *file, const rote_image *image, size_t least);

/** Allocate the pixels, unless only the header is wanted. */
rote_status rote_decoder_allocate(const rote_encoded *file, rote_image *image);

#endif
