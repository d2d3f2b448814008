/* Images averaged 2 x 2 to half size, as numbers 0..1020: the sum of four pixels 0..255.
 *
 * At an odd side the last row or column is its own average: its sums count twice (in the corner
 * four times). So images of bytes give whole numbers, whose squared distances are whole numbers
 * below 2^53 and exact in double. A distance in [0, 1] pixels is the root divided by 1020.
 *
 * Letters: C channels, H rows, W columns, D numbers of an image at half size. */
#ifndef ROTE_HALF_SIZE_H
#define ROTE_HALF_SIZE_H

#include "rote/images.h"

#define ROTE_HALF_SCALE 1020.0

/** D: C times half of H times half of W, halves rounded up. */
size_t rote_half_numbers(const rote_data_info *info);

/** @param[in] pixel [C, H, W] @param[out] half [D] */
void rote_half_bytes(const rote_data_info *info, const uint8_t *pixel, float *half);

/** The same of pixels in [0, 1], `step` apart. */
void rote_half_pixels(const rote_data_info *info, const float *pixel, size_t step, float *half);

#endif
