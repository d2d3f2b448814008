/* Cells of images: k-means, the same whoever computes it.
 *
 * Letters: n images, D numbers of an image, k cells. */
#ifndef ROTE_CELLS_H
#define ROTE_CELLS_H

#include "rote/random.h"
#include "rote/status.h"

#define ROTE_CELLS_ROUNDS 25
#define ROTE_CELLS_IMAGES 5000 /* images that cells are made from, at most */

/** Lloyd's rounds from centres by k-means++ (Arthur and Vassilvitskii 2007), until nothing changes
 * or ROTE_CELLS_ROUNDS are done. Sums run in the order of the images, ties go to the smaller index.
 * A cell that loses all its images begins anew at the image farthest from its centre; where all
 * images are at their centres it stays empty. Cells beyond n are empty, with the first image as
 * their centre.
 * @param[in]  item  of `stream`: item .. item + k - 1 are drawn from
 * @param[in]  x       [n, D], n at least 1
 * @param[out] centre  [k, D] */
rote_status rote_cells_make(rote_stream stream, uint32_t item, size_t n, size_t numbers,
                            const float *x, size_t k, float *centre);

/** The nearest centre, the first of several. NaN: the first. */
size_t rote_cells_of(size_t numbers, const float *x, size_t k, const float *centre);

#endif
