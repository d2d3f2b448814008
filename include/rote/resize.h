/* Resizing of images as they are read.
 *
 * Bilinear with antialiasing: the weight of input pixel x for output pixel i falls linearly from
 * its greatest value at the centre c = (i + 1/2) s to nothing at a distance of max(s, 1), where s
 * is input size / output size; weights are divided by their sum. First along the rows, then along
 * the columns, rounded to bytes in between. Same as Pillow's BILINEAR to one grey level. */
#ifndef ROTE_RESIZE_H
#define ROTE_RESIZE_H

#include "rote/status.h"

#include <stddef.h>
#include <stdint.h>

/* Weights and scratch memory, kept from image to image. */
typedef struct rote_resizer rote_resizer;

/** @param[in] height, width  of the results, at least 1 */
rote_status rote_resizer_create(size_t height, size_t width, rote_resizer **resizer);

void rote_resizer_destroy(rote_resizer **resizer);

/** Resize a rectangle of an image.
 * @param[in]  channels, height, width  of the rectangle, at least 1
 * @param[in]  row_bytes                from one row of the image to the next
 * @param[in]  from                     the rectangle's first pixel; rows of [width, C] bytes
 * @param[out] to                       [C, result height, result width]
 * @return ROTE_OK; ROTE_NOMEM */
rote_status rote_resize(rote_resizer *resizer, size_t channels, size_t height, size_t width,
                        size_t row_bytes, const uint8_t *from, uint8_t *to);

#endif
