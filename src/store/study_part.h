/* study.h5 while it is written: what the files that write its parts share. */
#ifndef ROTE_STUDY_PART_H
#define ROTE_STUDY_PART_H

#include "rote/study_file.h"
#include "study_layout.h"

typedef struct {
  char name[ROTE_NAME_MAX];
  rote_study_sizes sizes;
  bool has_score, has_likelihood, has_recovery;
  size_t parts; /* written: losses, each evaluated epoch, execution, recovery of each full model and
                   its score */
} rote_study_part;

struct rote_study_file {
  rote_h5 h5;
  size_t variant_count;
  rote_study_part *variant;
};

/** Create an array below `base` with its attributes and scales. `dims` stands in for array->dims.
 * @param[out] path [ROTE_PATH_MAX] */
rote_status rote_study_create_array(rote_h5 *h5, const char *base, const rote_study_array *array,
                                    const char *dims, const rote_study_sizes *sizes, char *path);

/** The same, and write all of it. */
rote_status rote_study_put_array(rote_h5 *h5, const char *base, const rote_study_array *array,
                                 const char *dims, const rote_study_sizes *sizes, const void *data);

#endif
