/* What study.h5 holds: one line an array, which writer and readers share.
 *
 * Dimensions are letters: N images, V evaluated epochs, R repeats, K folds, E epochs, F full
 * models, U units. Each has one scale; all arrays of that dimension are attached to it. */
#ifndef ROTE_STUDY_LAYOUT_H
#define ROTE_STUDY_LAYOUT_H

#include "h5.h"

extern const char *const rote_study_kind;

/* An array of the file. A scale has the one letter of its own dimension. */
typedef struct {
  const char *name; /* below its base: "/", a variant, or the execution of a variant */
  const char *dims; /* letters */
  rote_h5_type type;
  rote_h5_chunks chunks;
  const char *units, *long_name;
  size_t
      member; /* offset in rote_score or rote_execution, where the values come from one of these */
} rote_study_array;

/* Tables end with a NULL name. */
extern const rote_study_array rote_study_root_scales[];    /* N, R: /image, /repeat */
extern const rote_study_array rote_study_variant_scales[]; /* V, K, E */
extern const char *const rote_study_training_scale;        /* E: the scale that every variant has */
extern const rote_study_array rote_study_full_scales[];    /* F */
extern const rote_study_array rote_study_unit_scales[];    /* V, U, below execution/<variant> */
extern const rote_study_array
    rote_study_sample_arrays[]; /* label, name; the index is a link to /image */
extern const rote_study_array rote_study_fold_array;
/* Of a variant with folds; and the same of its full models. */
extern const rote_study_array rote_study_likelihood_arrays[], rote_study_full_likelihood_arrays[];
extern const rote_study_array rote_study_loss_arrays[], rote_study_full_loss_arrays[];
/* the losses of autoencoders */
extern const rote_study_array rote_study_error_arrays[], rote_study_full_error_arrays[];
extern const rote_study_array rote_study_score_arrays[];
extern const rote_study_array rote_study_execution_members[]; /* no dims: [U] or [V, U] */

/** Line of a table by name; NULL if there is none. */
const rote_study_array *rote_study_array_find(const rote_study_array *table, const char *name);

/* Lengths of the dimensions, by letter - 'A'. */
typedef struct {
  size_t length[26];
} rote_study_sizes;

/** The array as it is stored. `dims` stands in for array->dims. */
rote_h5_array rote_study_array_shape(const rote_study_array *array, const char *dims,
                                     const rote_study_sizes *sizes);

/** "base/name", or "name" below the root. @param[out] path [ROTE_PATH_MAX] */
rote_status rote_study_array_path(const char *base, const char *name, char *path);

#endif
