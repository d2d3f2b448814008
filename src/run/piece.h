/* Piece orders: the rows of a measure, from weights or from the data. */
#ifndef ROTE_PIECE_H
#define ROTE_PIECE_H

#include "rote/unit.h"

typedef struct rote_piece_room rote_piece_room;

/** Room for the measures of one variant at a time. @param[in] setting  borrowed */
rote_status rote_piece_room_create(const rote_unit_setting *setting, rote_piece_room **room);
void rote_piece_room_destroy(rote_piece_room **room);

/** @param[out] rows  of a task that is not large */
rote_status rote_piece_run(rote_piece_room *room, const rote_order *order, rote_report *report,
                           void *rows);

/** A large task's rows as one sealed file in the run directory.
 * @param[in] seconds  that they took */
rote_status rote_piece_write(const rote_unit_setting *setting, const rote_order *order,
                             const rote_rows *rows, double seconds);

#endif
