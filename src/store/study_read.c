/* Reading back a finished study.h5. */
#include "rote/memory.h"
#include "rote/study_file.h"
#include "study_layout.h"

#include <stdio.h>
#include <string.h>

/* Lengths of the dimensions of a variant, from its scales; 0 where there is no scale. */
static rote_status read_sizes(rote_h5 *h5, const char *variant, rote_study_sizes *sizes)
{
  rote_status status = ROTE_OK;
  const struct {
    const char *base;
    const rote_study_array *table;
  } places[] = {{"", rote_study_root_scales},
                {variant, rote_study_variant_scales},
                {variant, rote_study_full_scales}};
  char path[ROTE_PATH_MAX];
  *sizes = (rote_study_sizes){{0}};
  ROTE_TRY(rote_study_array_path(variant, rote_study_training_scale, path));
  if (variant[0] == '\0' || !rote_h5_has(h5, path)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: has no variant called \"%s\"", h5->path, variant));
  }
  for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
    for (const rote_study_array *scale = places[p].table; scale->name != NULL; scale++) {
      rote_h5_array found = {.rank = 0};
      ROTE_TRY(rote_study_array_path(places[p].base, scale->name, path));
      if (rote_h5_has(h5, path)) {
        ROTE_TRY(rote_h5_array_describe(h5, path, &found));
        sizes->length[scale->dims[0] - 'A'] = found.rank == 1 ? found.shape[0] : 0;
      }
    }
  }
done:
  return status;
}

/* Read row `v` of an array of a variant, or all of an array below the root if variant is "". */
static rote_status read_array(rote_h5 *h5, const char *variant, const rote_study_array *array,
                              const rote_study_sizes *sizes, size_t v, void *values)
{
  rote_status status = ROTE_OK;
  const rote_h5_array shape = rote_study_array_shape(array, array->dims, sizes);
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_study_array_path(variant, array->name, path));
  ROTE_TRY(variant[0] == '\0' ? rote_h5_array_get(h5, path, &shape, values)
                              : rote_h5_rows_read(h5, path, &shape, v, 1, values));
done:
  return status;
}

/* As rote_run_fingerprint() makes it: of the study's text and the data's digest. */
static rote_status read_fingerprint(rote_h5 *h5, char *fingerprint)
{
  rote_status status = ROTE_OK;
  char data[ROTE_DIGEST_TEXT];
  char *study = NULL; /* HDF5's */
  ROTE_TRY(rote_h5_text_get(h5, ".", "data_sha256", data, sizeof data));
  ROTE_TRY(rote_h5_value_get(h5, ".", "study", ROTE_H5_TEXT, &study));
  const void *block[] = {study == NULL ? "" : study, data};
  const size_t bytes[] = {study == NULL ? 0 : strlen(study), strlen(data)};
  ROTE_TRY(rote_digest(2, block, bytes, fingerprint));
done:
  H5free_memory(study);
  return status;
}

rote_status rote_study_file_read_shape(const char *path, const char *variant,
                                       rote_study_file_shape *shape)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_study_sizes sizes;
  uint64_t seed = 0;
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &h5));
  ROTE_TRY(rote_h5_value_get(&h5, ".", "seed", ROTE_H5_U64, &seed));
  ROTE_TRY(read_sizes(&h5, variant, &sizes));
  *shape = (rote_study_file_shape){.images = sizes.length['N' - 'A'],
                                   .repeats = sizes.length['R' - 'A'],
                                   .folds = sizes.length['K' - 'A'],
                                   .epochs_evaluated = sizes.length['V' - 'A'],
                                   .seed = seed};
  ROTE_TRY(read_fingerprint(&h5, shape->fingerprint));
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_study_file_read_names(const char *path, rote_text_list *name)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  *name = (rote_text_list){.count = 0};
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &h5));
  ROTE_TRY(rote_h5_texts_read(&h5, "sample/name", name));
done:
  rote_h5_close(&h5);
  if (status != ROTE_OK) {
    rote_text_list_free(name);
  }
  return status;
}

rote_status rote_study_file_read_log_px(const char *path, const char *variant, size_t v,
                                        float *log_px, uint16_t *fold)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_study_sizes sizes;
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &h5));
  ROTE_TRY(read_sizes(&h5, variant, &sizes));
  if (log_px != NULL) {
    ROTE_TRY(read_array(&h5, variant, rote_study_array_find(rote_study_likelihood_arrays, "log_px"),
                        &sizes, v, log_px));
  }
  ROTE_TRY(read_array(&h5, "", &rote_study_fold_array, &sizes, 0, fold));
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_study_file_read_score(const char *path, const char *variant, size_t v,
                                       const char *name, double *values)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_study_sizes sizes;
  uint8_t *flags = NULL;
  char full_name[64];
  snprintf(full_name, sizeof full_name, "score/%s", name);
  const rote_study_array *array = rote_study_array_find(rote_study_score_arrays, full_name);
  if (array == NULL) {
    return rote_fail(ROTE_USAGE, "there is no score called \"%s\"", name);
  }
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &h5));
  ROTE_TRY(read_sizes(&h5, variant, &sizes));
  if (array->type == ROTE_H5_F64) {
    ROTE_TRY(read_array(&h5, variant, array, &sizes, v, values));
  } else {
    size_t n = sizes.length['N' - 'A'];
    ROTE_TRY(rote_alloc(n, 1, &flags));
    ROTE_TRY(read_array(&h5, variant, array, &sizes, v, flags));
    for (size_t i = 0; i < n; i++) {
      values[i] = flags[i];
    }
  }
done:
  rote_free(&flags);
  rote_h5_close(&h5);
  return status;
}

rote_status rote_study_file_read_rows(const char *path, const char *variant, const char *name,
                                      size_t first, size_t count, float *values)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_study_sizes sizes;
  char full_name[ROTE_PATH_MAX];
  static const rote_study_array *const tables[] = {
      rote_study_likelihood_arrays, rote_study_loss_arrays, rote_study_full_likelihood_arrays,
      rote_study_full_loss_arrays}; /* the losses of autoencoders have the same shapes */
  const rote_study_array *array = NULL;
  for (size_t t = 0; array == NULL && t < sizeof tables / sizeof *tables; t++) {
    array = rote_study_array_find(tables[t], name);
  }
  if (array == NULL) {
    return rote_fail(ROTE_USAGE, "there is no array called \"%s\"", name);
  }
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &h5));
  ROTE_TRY(read_sizes(&h5, variant, &sizes));
  const rote_h5_array shape = rote_study_array_shape(array, array->dims, &sizes);
  ROTE_TRY(rote_study_array_path(variant, name, full_name));
  ROTE_TRY(rote_h5_rows_read(&h5, full_name, &shape, first, count, values));
done:
  rote_h5_close(&h5);
  return status;
}
