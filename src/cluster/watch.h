/* Who dies while all ranks compute together, and must the run stop? No MPI call tells, and nobody
 * can send messages from within the linear algebra: a thread of every rank writes a sign of life to
 * the run directory, and looks at that of the next rank. Whoever finds it silent, or on rank 0 that
 * the run must stop, leaves word there for all, and every process ends with 75; the same command
 * repeats the computation, of which nothing is there before its end. */
#ifndef ROTE_WATCH_H
#define ROTE_WATCH_H

#include "rote/status.h"

#include <stdbool.h>

typedef struct rote_watch rote_watch;

typedef struct {
  const char *directory; /* the run directory; borrowed */
  double patience;       /* seconds; 0: nobody is watched */
  /* OPTIONAL, on rank 0, called by the thread. stop: must the run stop? leave: the process is about
   * to end for that */
  bool (*stop)(void *context);
  void (*leave)(void *context);
  void *context;
} rote_watch_setting;

/** Begin to watch and to be watched. @return ROTE_OK; ROTE_IO; ROTE_NOMEM; ROTE_INTERNAL if there
 * is no thread to be had */
rote_status rote_watch_begin(const rote_watch_setting *setting, rote_watch **watch);

/** No longer. Not before all ranks are done: until then the others wait for signs of this one. */
void rote_watch_end(rote_watch **watch);

/** Rank 0, when nobody watches any more, or not yet: remove the signs. */
void rote_watch_clean(const char *directory);

#endif
