/* The state of a unit as one letter: in progress.json and in what `rote status` prints. */
#ifndef ROTE_UNIT_STATE_H
#define ROTE_UNIT_STATE_H

#define ROTE_UNIT_DONE 'd'
#define ROTE_UNIT_BEGUN 'b'   /* there are results or snapshots, but nobody has it in hand */
#define ROTE_UNIT_WAITING '.' /* not begun */
#define ROTE_UNIT_GIVEN_UP 'x'
#define ROTE_UNIT_TRAINING 't'  /* a worker trains it */
#define ROTE_UNIT_EVALUATED 'e' /* workers evaluate it */

#endif
