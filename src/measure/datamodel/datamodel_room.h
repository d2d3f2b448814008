#ifndef ROTE_DATAMODEL_ROOM_H
#define ROTE_DATAMODEL_ROOM_H

#include "rote/measure.h"

extern const rote_measure rote_measure_datamodel;
extern const rote_manual rote_datamodel_manual[];

/* Pixels up to which the leverage of images is a baseline: its matrix is 134 MB then. */
#define ROTE_DATAMODEL_PIXELS_MAX ((size_t)4096)

rote_status rote_datamodel_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_datamodel_tell(const rote_told *told, rote_lines *lines);
rote_status rote_datamodel_show(const rote_told *told, rote_page *page);

/* Attributions that need no model, on T of the N images; `stop` may be NULL in `setting`.
 * Leverage: x_z^T (X^T X + a tenth of the mean eigenvalue)^-1 x_i, pixels centred; NaN if all
 * images are equal. Distance: minus the squared distance.
 * @param[in] target [T] @param[out] tau [N, T] @return ROTE_OK; ROTE_STOPPED; ROTE_NOMEM; ROTE_DATA
 * as rote_gram_scatter() */
rote_status rote_datamodel_pixel_leverage(const rote_subject_setting *setting, size_t targets,
                                          const uint32_t *target, double *tau);
rote_status rote_datamodel_pixel_distance(const rote_subject_setting *setting, size_t targets,
                                          const uint32_t *target, double *tau);

#endif
