/* What the files of this room share. */
#ifndef ROTE_RECOVERY_ROOM_H
#define ROTE_RECOVERY_ROOM_H

#include "rote/measure.h"
#include "rote/recovery.h"

/* Images that are recovered at once, and the most rows of a piece. */
#define ROTE_RECOVERY_PIECE 64

/* Of full models: what the methods were given, which no model has a part in; what each made of it.
 * `member` is an offset in rote_recovery_result. */
#define ROTE_RECOVERY_GIVEN 3 /* so many arrays, the first, do not depend on the model */
extern const rote_array rote_recovery_rows[];

/* Of leave-out models: enough for their score. */
extern const rote_array rote_recovery_left_out_rows[];

/* Groups of the methods, in results and study.h5. */
extern const char *const rote_recovery_groups[ROTE_INVERSE_COUNT];

/* Rows of a model that are of one set: images first .. first + count - 1 of the training images or
 * of the control images, whose rows come behind. */
typedef struct {
  bool control;
  size_t first, count;
} rote_recovery_part;

/** The part that begins at a row, of `count` rows at most. @param[in] images  N */
rote_recovery_part rote_recovery_part_at(size_t images, size_t row, size_t count);

/** What the options of a variant mean for a unit's recovery. */
rote_recovery_options rote_recovery_options_of(const rote_options *options, rote_unit unit);

rote_status rote_recovery_combine(const rote_pieces *pieces, rote_sink *sink);
rote_status rote_recovery_cost(const rote_cost_request *request, rote_cost *cost);
rote_status rote_recovery_tell(const rote_told *told, rote_lines *lines);
rote_status rote_recovery_show(const rote_told *told, rote_page *page);

/* Its sections of rote-study(5). */
extern const rote_manual rote_recovery_manual[];

#endif
