/* Samples of a model at half size. */
#ifndef ROTE_HALF_SAMPLES_H
#define ROTE_HALF_SAMPLES_H

#include "samples.h"

/** Samples first .. first + count - 1. @param[out] half [count, D] as in half_size.h */
void rote_half_samples(rote_samples *samples, const rote_data_info *info, const rote_real *w,
                       rote_unit unit, size_t first, size_t count, float *half);

#endif
