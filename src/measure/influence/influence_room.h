#ifndef ROTE_INFLUENCE_ROOM_H
#define ROTE_INFLUENCE_ROOM_H

#include "rote/measure.h"

/* Rows of a full model at an evaluated epoch. Letters beside those of measure.h: T targets, P of
 * the strongest that are listed. */
enum { ROTE_INFLUENCE_SELF, ROTE_INFLUENCE_ON };
extern const rote_array rote_influence_rows[];
extern const rote_measure rote_measure_influence;

/** What the v-th evaluated epoch weighs in the sum over checkpoints. @param[in] images  N */
double rote_influence_weight(const rote_options *options, size_t images, size_t v);

rote_status rote_influence_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_influence_cost(const rote_cost_request *request, rote_cost *cost);
rote_status rote_influence_tell(const rote_told *told, rote_lines *lines);
rote_status rote_influence_show(const rote_told *told, rote_page *page);

extern const rote_manual rote_influence_manual[];

/* The work of a piece, for the measurement of its cost. */
rote_status rote_influence_enter(const rote_subject_setting *setting, const rote_model *model,
                                 void **room);
void rote_influence_leave(void **room);
rote_status rote_influence_run(void *room, const rote_piece *piece, rote_rows *rows);

#endif
