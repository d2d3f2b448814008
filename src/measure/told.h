/* Reading numbers of a finished study by a path that is put together: what tell() and show() of all
 * rooms need. */
#ifndef ROTE_TOLD_H
#define ROTE_TOLD_H

#include "rote/measure.h"

/** A part of an array of numbers as doubles, whatever its type.
 * @param[in]  format  of its path, as printf() has it: "%s/score/%s"
 * @param[out] values  room for the part
 * @return ROTE_OK; ROTE_DATA if it is missing or damaged, or its path too long; ROTE_IO */
rote_status rote_told_get(const rote_told *told, rote_range range, double *values,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Is there such an array? */
bool rote_told_has(const rote_told *told, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Shape of an array of numbers, and the entries of one of texts; see rote/sink.h. */
rote_status rote_told_shape(const rote_told *told, rote_h5_array *shape, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
rote_status rote_told_texts(const rote_told *told, rote_text_list *list, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Of an array [V, ...] of a variant the last evaluated epoch; of an autoencoder, which has none
 * but the end of its training, the first entry. */
rote_range rote_told_last(const rote_variant *variant);

#endif
