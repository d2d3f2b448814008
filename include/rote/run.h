/* What a run is asked for, what it shows while it works, and how it ended; rote/cluster.h runs it.
 */
#ifndef ROTE_RUN_H
#define ROTE_RUN_H

#include "rote/images.h"
#include "rote/queue.h"

#include <signal.h>
#include <stdbool.h>

/* Seconds after which a silent rank counts as dead, unless the user says otherwise. */
#define ROTE_PATIENCE 300.0

/* A worker and the order it has in hand. */
typedef struct {
  int rank;
  const char *host;
  rote_order order; /* kind NONE: idle */
  double since;     /* rote_seconds() when it got the order */
  uint32_t epoch;   /* of a training: epochs done, as far as the worker has said */
} rote_running;

/* A unit that failed, for the last reason it gave. */
typedef struct {
  uint32_t group, unit, home; /* as in rote_order */
  uint32_t times;
  bool given_up;
  int rank;
  char host[64];
  char reason[256];
} rote_failure;

/* What `rote run` shows while it works. All borrowed for the call. */
typedef struct {
  rote_queue_counts counts;
  size_t workers, busy;              /* that are not lost; that have an order */
  double seconds;                    /* since this process started working */
  double work_left;                  /* share of the work that is left, 0..1 */
  double work_at_start;              /* the same when this process started */
  const rote_queue_counts *at_start; /* what was there when this process started */
  rote_queue *queue;
  size_t running_count;        /* all workers, those that are lost too */
  const rote_running *running; /* [running_count] */
  size_t failure_count;
  const rote_failure *failure; /* [failure_count] */
} rote_progress;

typedef struct {
  const char *study_path;
  size_t set_count;
  const char *const *set;      /* key=value */
  const char *output;          /* NULL: what the study says */
  double max_hours;            /* 0: no limit */
  long long deadline;          /* seconds since 1970; 0: none */
  double patience;             /* a rank that is silent for so many seconds counts as dead */
  bool survive;                /* go on without it, instead of stopping */
  bool force_unlock;           /* take the lock of the run directory whoever has it */
  bool allow_cpu_change;       /* go on with another arithmetic (rote/isa.h), and record it */
  volatile sig_atomic_t *stop; /* set by signal handlers of every rank */
  /* Called on rank 0 only; may be NULL. */
  void (*started)(void *context, const rote_plan *plan, const rote_queue_counts *there,
                  const char *directory, int ranks);
  void (*progress)(void *context, const char *directory, const rote_progress *progress, bool last);
  void *context;
} rote_run_request;

typedef struct {
  char directory[ROTE_TEXT_MAX];
  size_t diverged, failed; /* units */
  bool already_done;       /* nothing was left to do */
} rote_run_outcome;

#endif
