/* Reading the rows of a measure back for its combine(). */
#ifndef ROTE_MERGE_PIECES_H
#define ROTE_MERGE_PIECES_H

#include "rote/unit.h"

/* A measure in a variant. */
typedef struct {
  const rote_unit_setting *setting;
  const rote_queue *queue; /* or NULL */
  size_t group, variant;
  const rote_measure *measure;
  rote_rows *rows[2]; /* of leave-out and full models; made when first needed */
  rote_execution
      *execution; /* [V, U] of the pieces of a unit together: host and rank of the last */
} rote_merge_pieces;

/** @param[out] pieces  to be ended by rote_merge_pieces_free() */
rote_status rote_merge_pieces_begin(const rote_unit_setting *setting, const rote_queue *queue,
                                    size_t group, size_t variant, const rote_measure *measure,
                                    rote_merge_pieces *pieces);
void rote_merge_pieces_free(rote_merge_pieces *pieces);

/** Those that the rows of a measure are made of: of the one that it comes after, if it chooses no
 * rows, and else none. @param[out] before  to be ended by rote_merge_pieces_free()
 * @param[out] after  what a rote_piece borrows @param[in,out] piece  gets it */
rote_status rote_merge_pieces_before(const rote_unit_setting *setting, size_t group, size_t variant,
                                     const rote_measure *measure, rote_merge_pieces *before,
                                     rote_pieces *after, rote_piece *piece);

/** As a measure sees them. Borrows `pieces`. */
rote_pieces rote_merge_pieces_as_seen(rote_merge_pieces *pieces);

/** The workers are answered while results are read, and a stop is obeyed: the next run merges anew.
 */
rote_status rote_merge_go_on(const rote_unit_setting *setting);

#endif
