/* Sums of products of pixels over all images, exact in integers:
 *
 *   S_ab = sum over i of x_ia x_ib      scatter C_ab = S_ab - s_a s_b / N,   s_a = sum over i of
 * x_ia
 *
 * so that covariances are the same however the work is divided, and constant pixels have exactly
 * none. Letters: N images, D pixels of an image, 0..255. */
#ifndef ROTE_GRAM_H
#define ROTE_GRAM_H

#include "rote/images.h"

#include <stdbool.h>

/* A part of the matrix: rows and columns are pixels in rising order. */
typedef struct {
  const rote_image_set *images; /* borrowed */
  size_t pixels;                /* D */
  size_t rows, columns;
  const uint32_t *row, *column; /* [rows], [columns]; may be one array */
  /* OPTIONAL; asked every few milliseconds: must the work stop? */
  bool (*stop)(void *context);
  void *context;
} rote_gram_part;

/** Sums of pixels. @param[out] sum [D] */
void rote_pixel_sums(const rote_image_set *images, size_t pixels, uint64_t *sum);

/** The centred part C in units of pixels in [0,1], that is over 255^2; of its lower triangle, row
 * >= column. What is above is 0 or the right number.
 * @param[in]  sum      [D] of rote_pixel_sums()
 * @param[out] scatter  column after column, [columns, ld >= rows]
 * @return ROTE_OK; ROTE_DATA for more than 11,900,000 images, whose sums do not fit; ROTE_STOPPED;
 * ROTE_NOMEM */
rote_status rote_gram_scatter(const rote_gram_part *part, const uint64_t *sum, double *scatter,
                              size_t ld);

/** Bytes that rote_gram_scatter() takes beside its arguments. */
size_t rote_gram_bytes(size_t rows, size_t columns);

#endif
