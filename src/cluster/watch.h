/* Who dies while all ranks compute together? No MPI call tells, and nobody can send messages from
 * within the linear algebra: a thread of every rank writes a sign of life to the run directory, and
 * looks at that of the next rank. Whoever finds it silent leaves word there for all, and every
 * process ends with 75; the same command repeats the computation. */
#ifndef ROTE_WATCH_H
#define ROTE_WATCH_H

#include "rote/status.h"

typedef struct rote_watch rote_watch;

/** Begin to watch and to be watched.
 * @param[in] directory  the run directory; borrowed @param[in] patience  seconds; 0: nobody watches
 * @return ROTE_OK; ROTE_IO; ROTE_NOMEM; ROTE_INTERNAL if there is no thread to be had */
rote_status rote_watch_begin(const char *directory, double patience, rote_watch **watch);

/** No longer. Not before all ranks are done: until then the others wait for signs of this one. */
void rote_watch_end(rote_watch **watch);

/** Rank 0, when nobody watches any more, or not yet: remove the signs. */
void rote_watch_clean(const char *directory);

#endif
