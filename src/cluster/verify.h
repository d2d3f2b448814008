/* The parts of rote_verify(). */
#ifndef ROTE_CLUSTER_VERIFY_H
#define ROTE_CLUSTER_VERIFY_H

#include "rote/data_file.h"
#include "rote/label.h"
#include "rote/study.h"
#include "rote/text_list.h"
#include "rote/verify.h"

typedef struct {
  const char *directory;
  const rote_verify_listener *listener;
  rote_verify_outcome *outcome;
  rote_study *study;
  rote_data_info info;                /* of the data file; train_count 0 if it cannot be read */
  char fingerprint[ROTE_DIGEST_TEXT]; /* "" if the data file cannot be read */
  size_t images;                      /* N */
  float *a, *b;                       /* [max(N, E)] room to read a result */
  size_t result_damage;               /* findings about results and the data */
} rote_verifier;

void rote_verify_find(rote_verifier *v, rote_finding_kind kind, const char *what, const char *then);

/** All files of the units. */
rote_status rote_verify_units(rote_verifier *v);

/** study.h5 against the results. */
rote_status rote_verify_study_file(rote_verifier *v);

/** The recoveries of a variant in study.h5, all as in the shards. @param[in] path  of study.h5
 * @param[in] fold  [R, N] of the study; NULL without folds */
rote_status rote_verify_recovery(rote_verifier *v, const char *path, size_t variant,
                                 const uint16_t *fold);

/* What `run` does about wrong numbers in study.h5. */
extern const char rote_verify_study_then[];

#endif
