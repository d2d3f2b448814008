/* Looking through a run directory: is every file whole, of this study, and are the scores those of
 * the stored likelihoods? Reads files only, also while a run is going on. */
#ifndef ROTE_VERIFY_H
#define ROTE_VERIFY_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum {
  ROTE_FINDING_DAMAGED,    /* a file is not what was written, or two files contradict each other */
  ROTE_FINDING_MISSING,    /* a file is gone that must be there */
  ROTE_FINDING_UNREADABLE, /* a file could not be read, which says nothing about it */
  ROTE_FINDING_NOTE,       /* nothing is wrong, but worth knowing */
} rote_finding_kind;

typedef struct {
  /* Called for each finding. @param[in] what  names the file and what is wrong with it;
   * @param[in] then  what the next run does about it, "" if nothing */
  void (*finding)(void *context, rote_finding_kind kind, const char *what, const char *then);
  void *context;
} rote_verify_listener;

typedef struct {
  size_t files;                          /* that were checked */
  size_t damaged, missing, unreadable;   /* findings of these kinds */
  size_t trainings, trainings_whole;     /* of the study; with a result that can be believed */
  size_t evaluations, evaluations_whole; /* those never to be counted as whole */
  size_t scores;                         /* numbers recomputed and compared */
  bool complete;                         /* DONE is there */
  bool running; /* a run works in the directory: what is missing may come */
} rote_verify_outcome;

/** Check a run directory: study.yaml, provenance.json, progress.json, DONE, lock, the data file,
 * every result, checkpoint and snapshot, and study.h5, whose likelihoods and losses must be the
 * bits of the results and whose scores must be the bits that they give.
 * @return ROTE_OK, also if there are findings; ROTE_DATA if the directory holds no run; ROTE_NOMEM
 */
rote_status rote_verify(const char *directory, const rote_verify_listener *listener,
                        rote_verify_outcome *outcome);

#endif
