/* Decoding of JPEG and PNG files, known by their content and not by their name.
 *
 * 16-bit PNG is scaled to 8 bit, palettes and 1-, 2- and 4-bit grey are expanded, and an alpha
 * channel that is opaque everywhere is dropped. Refused as ROTE_DATA: transparent pixels, CMYK
 * JPEG, files that are cut short or corrupt (also where the libraries would fill in grey and go
 * on), sides beyond ROTE_IMAGE_SIDE_MAX or more pixels than ROTE_IMAGE_PIXELS_MAX or than the file
 * can hold (by its header, before anything is allocated), anything else. Colour profiles and
 * orientation tags are not applied. */
#ifndef ROTE_IMAGE_FILE_H
#define ROTE_IMAGE_FILE_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

#define ROTE_IMAGE_SIDE_MAX 16384
#define ROTE_IMAGE_PIXELS_MAX (1 << 27) /* 400 MB in colour */

typedef struct {
  size_t channels, height, width; /* 1 channel: grey, 3: red, green, blue */
  uint8_t *pixel;                 /* [H, W, C], released with rote_free() */
} rote_image;

/** Shape of an image from its header; `pixel` is NULL.
 * @param[in] name  for messages */
rote_status rote_image_describe(const char *name, const void *bytes, size_t count,
                                rote_image *image);

/** Decode a whole file that is in memory. @return ROTE_OK; ROTE_DATA; ROTE_NOMEM; on error `pixel`
 * is NULL */
rote_status rote_image_decode(const char *name, const void *bytes, size_t count, rote_image *image);

/** An image as PNG, 8 bits a channel; the same pixels give the same bytes.
 * @param[in]  pixel  [C, H, W], as data sets have it; C is 1 or 3
 * @param[out] bytes  [count], released with rote_free(); NULL on error
 * @return ROTE_OK; ROTE_NOMEM; ROTE_INTERNAL for other channels */
rote_status rote_image_encode_png(size_t channels, size_t height, size_t width,
                                  const uint8_t *pixel, uint8_t **bytes, size_t *count);

#endif
