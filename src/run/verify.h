/* The parts of rote_verify(). */
#ifndef ROTE_RUN_VERIFY_H
#define ROTE_RUN_VERIFY_H

#include "rote/data_file.h"
#include "rote/unit.h"
#include "rote/verify.h"

typedef struct {
  const char *directory;
  const rote_verify_listener *listener;
  rote_verify_outcome *outcome;
  rote_study *study;
  rote_data *data;      /* NULL if the data file cannot be believed; then nothing below is known */
  rote_image_set train; /* the N images of the study */
  uint16_t *fold;       /* [R, N] */
  rote_plan *plan;
  size_t result_damage; /* findings about results and the data */
} rote_verifier;

void rote_verify_find(rote_verifier *v, rote_finding_kind kind, const char *what, const char *then);

/** A file is not as it must be: it could not be read, is gone, or is damaged, as `status` and the
 * system say; the reason is what rote_fail() was told. @param[in] then  if it is gone or damaged */
void rote_verify_find_failed(rote_verifier *v, rote_status status, const char *path,
                             const char *then);

/** What a worker would know of the study. */
rote_unit_setting rote_verify_setting(const rote_verifier *v);

/** All files of the units. */
rote_status rote_verify_units(rote_verifier *v);

/** study.h5 against the results. */
rote_status rote_verify_study_file(rote_verifier *v);

#endif
