/* Leave-out folds. */
#ifndef ROTE_FOLD_H
#define ROTE_FOLD_H

#include "rote/study.h"

/** In which fold each image is held out: in every repeat a uniformly random partition of the images
 * into K folds whose sizes differ by at most one. A function of (seed, repeat) alone.
 * @param[in]  purpose  ROTE_PURPOSE_FOLD, or ROTE_PURPOSE_REDRAW for a fresh assignment (`redraw` =
 * which)
 * @param[out] fold     [repeats, images], values 0..folds-1
 * @return ROTE_OK; ROTE_NOMEM; ROTE_DATA unless 2 <= folds <= images */
rote_status rote_fold_assign(uint64_t seed, int purpose, uint32_t redraw, size_t repeats,
                             size_t folds, size_t images, uint16_t *fold);

/** Indices of the images a unit trains on and holds out, each ascending.
 * @param[in]  fold      [repeats, images] from rote_fold_assign(); not read for full units
 * @param[out] train     [images] room for all; *train_count used
 * @param[out] held_out  [images] room for all; *held_out_count used (0 for full units) */
void rote_fold_split(const uint16_t *fold, size_t images, rote_unit unit, uint32_t *train,
                     size_t *train_count, uint32_t *held_out, size_t *held_out_count);

#endif
