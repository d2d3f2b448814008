/* Rows of projected gradients, for who computes them and who reads them. Letters: N training
 * images, Q numbers of a projected gradient. */
#ifndef ROTE_PROJECTED_H
#define ROTE_PROJECTED_H

#include "targets.h"

/* Of a full model at the end of its training: the N training images, then the targets that are no
 * training images. */
enum { ROTE_PROJECTED_PHI };
extern const rote_array rote_projected_rows[];

enum { ROTE_PROJECTED_PIECE = 256 }; /* rows of a file, so most of what is read at once */

/** Number of rows of a full model. @param[in] images  N */
size_t rote_projected_count(const rote_options *options, size_t images);

/** The row of target t. */
size_t rote_projected_row_of(const rote_options *options, size_t images, size_t t);

/** Q; 0 if there is no memory. */
size_t rote_projected_numbers_of(const rote_options *options, const rote_data_info *info);

extern const rote_measure rote_measure_projected_gradient;

/** Is anybody asking for them? */
bool rote_projected_asked(const rote_options *options);

#endif
