/* What the options of a study have to do with each other. */
#ifndef ROTE_STUDY_CHECK_H
#define ROTE_STUDY_CHECK_H

#include "rote/option.h"

/* Options that the user set, by their place in the table. */
typedef struct {
  bool is[ROTE_OPTION_MAX];
  size_t line[ROTE_OPTION_MAX]; /* of the study file; 0: set elsewhere */
} rote_study_given;

/** Check one variant. @param[in] where  begins every message @param[in] given  what it sets itself
 */
rote_status rote_study_check_variant(const char *where, const rote_options *options,
                                     const rote_study_given *given);

/** Check what is set at the top, and all of a study without variants. A measure that no model of
 * the study can have is taken out, unless the user set it. */
rote_status rote_study_check(const char *path, rote_study *study, const rote_study_given *given);

#endif
