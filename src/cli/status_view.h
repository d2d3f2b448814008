/* Where a run stands, from the files of its directory alone: lock, progress.json, DONE, and the
 * names of results where nobody is there to tell. Nothing is written, no MPI. */
#ifndef ROTE_STATUS_VIEW_H
#define ROTE_STATUS_VIEW_H

#include "rote/run.h"
#include "rote/run_lock.h"
#include "rote/text_list.h"

#include <cjson/cJSON.h>

typedef enum {
  ROTE_RUN_NEW,      /* nothing was computed yet */
  ROTE_RUN_STARTING, /* a run has the lock but has not said anything yet */
  ROTE_RUN_RUNNING,
  ROTE_RUN_UNCERTAIN, /* its owner is on another host and may be alive or not */
  ROTE_RUN_STOPPED,   /* the last run ended in good order before the end */
  ROTE_RUN_CRASHED,   /* it ended without a word */
  ROTE_RUN_COMPLETE,
} rote_run_state;

typedef struct {
  rote_study *study;
  rote_data_info info; /* zero if the data file cannot be read */
  rote_plan *plan;
  rote_run_state state;
  rote_run_owner owner;
  rote_owner_state owner_state;
  double silent;        /* seconds since the lock was refreshed */
  cJSON *progress;      /* progress.json; NULL if it is missing or damaged */
  bool listed;          /* the letters come from the names of the results, not from progress.json */
  size_t *first;        /* [variants + 1] where a variant's units begin */
  char *letter;         /* [first[variants]] unit_state.h */
  rote_text_list notes; /* what the user should know */
} rote_status_view;

/** @return ROTE_OK; ROTE_DATA if there is no run in the directory; ROTE_NOMEM */
rote_status rote_status_view_read(const char *directory, rote_status_view **view);
void rote_status_view_destroy(rote_status_view **view);

/** "running", "complete", ... */
const char *rote_run_state_name(rote_run_state state);

/** A number of progress.json, `otherwise` if it is not there. @param[in] item  progress or one of
 * its parts; may be NULL */
double rote_status_number(const cJSON *item, const char *name, double otherwise);

/** A text of it, "" if it is not there. */
const char *rote_status_text(const cJSON *item, const char *name);

/** Epochs done of a unit that is in hand: what its worker said last, or what its checkpoint says,
 * which is later than progress.json but may be of an earlier epoch. */
size_t rote_status_epoch(const char *directory, const rote_plan *plan, const cJSON *running);

#endif
