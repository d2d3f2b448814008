#include "rote/study_file.h"

#include "rote/memory.h"
#include "study_layout.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  char name[ROTE_NAME_MAX];
  rote_study_sizes sizes;
  bool has_score, has_likelihood;
  size_t parts; /* written: losses, each evaluated epoch, execution */
} variant_part;

struct rote_study_file {
  rote_h5 h5;
  size_t variant_count;
  variant_part *variant;
};

static size_t size_of(const variant_part *part, char letter)
{
  return part->sizes.length[letter - 'A'];
}

/* Name of the scale of a dimension, seen from an array below `base`. */
static rote_status scale_path(const char *base, char letter, char *path)
{
  static const rote_study_array *const tables[] = {rote_study_root_scales,
                                                   rote_study_variant_scales,
                                                   rote_study_full_scales, rote_study_unit_scales};
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
    for (const rote_study_array *scale = tables[t]; scale->name != NULL; scale++) {
      if (scale->dims[0] == letter) {
        return rote_study_array_path(t == 0 ? "" : base, scale->name, path);
      }
    }
  }
  return rote_fail(ROTE_INTERNAL, "no scale for the dimension %c", letter);
}

/* Create an array below `base` with its attributes and scales. */
static rote_status create_array(rote_h5 *h5, const char *base, const rote_study_array *array,
                                const char *dims, const rote_study_sizes *sizes, char *path)
{
  rote_status status = ROTE_OK;
  const rote_h5_array shape = rote_study_array_shape(array, dims, sizes);
  char scale[ROTE_PATH_MAX];
  ROTE_TRY(rote_study_array_path(base, array->name, path));
  ROTE_TRY(rote_h5_array_create(h5, path, &shape));
  ROTE_TRY(rote_h5_text_put(h5, path, "units", array->units));
  ROTE_TRY(rote_h5_text_put(h5, path, "long_name", array->long_name));
  for (size_t d = 0; d < shape.rank; d++) {
    ROTE_TRY(scale_path(base, dims[d], scale));
    if (strcmp(scale, path) == 0) {
      const char *label = strrchr(path, '/');
      ROTE_TRY(rote_h5_scale_make(h5, path, label == NULL ? path : label + 1));
    } else {
      ROTE_TRY(rote_h5_scale_attach(h5, path, d, scale));
    }
  }
done:
  return status;
}

static rote_status put_array(rote_h5 *h5, const char *base, const rote_study_array *array,
                             const char *dims, const rote_study_sizes *sizes, const void *data)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(create_array(h5, base, array, dims, sizes, path));
  ROTE_TRY(rote_h5_rows_write(h5, path, array->type, 0, sizes->length[dims[0] - 'A'], data));
done:
  return status;
}

/* Scales count 0, 1, ..., except those of epochs. `options` is NULL below the root. */
static rote_status put_scales(rote_h5 *h5, const char *base, const rote_study_array *scale,
                              const rote_study_sizes *sizes, const rote_options *options)
{
  rote_status status = ROTE_OK;
  uint32_t *value = NULL;
  for (; scale->name != NULL; scale++) {
    size_t n = sizes->length[scale->dims[0] - 'A'];
    if (n == 0) {
      continue; /* a study without folds has no repeats */
    }
    ROTE_TRY(rote_alloc(n, sizeof *value, &value));
    for (size_t i = 0; i < n; i++) {
      value[i] = scale->dims[0] == 'V'   ? (uint32_t)rote_evaluation_epoch(options, i)
                 : scale->dims[0] == 'E' ? (uint32_t)i + 1
                                         : (uint32_t)i;
    }
    ROTE_TRY(put_array(h5, base, scale, scale->dims, sizes, value));
    rote_free(&value);
  }
done:
  rote_free(&value);
  return status;
}

static rote_status put_identity(rote_h5 *h5, const rote_data_info *data,
                                const rote_study_file_identity *identity)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_h5_text_put(h5, ".", "study", identity->study_text));
  ROTE_TRY(rote_h5_value_put(h5, ".", "seed", ROTE_H5_U64, 1, &identity->seed));
  ROTE_TRY(rote_h5_text_put(h5, ".", "program_version", identity->program_version));
  ROTE_TRY(rote_h5_text_put(h5, ".", "program_commit", identity->program_commit));
  ROTE_TRY(rote_h5_text_put(h5, ".", "blas_core", identity->blas_core));
  ROTE_TRY(rote_h5_text_put(h5, ".", "data_name", data->name));
  ROTE_TRY(rote_h5_text_put(h5, ".", "data_sha256", data->sha256));
done:
  return status;
}

/* Names of files, or "train/00042" where there are none. */
static rote_status put_names(rote_h5 *h5, const rote_study_array *array,
                             const rote_study_sizes *sizes, const rote_text_list *given)
{
  rote_status status = ROTE_OK;
  const size_t n = sizes->length['N' - 'A'];
  rote_text_list made = {.count = 0};
  char path[ROTE_PATH_MAX], place[32];
  const bool has_names = given != NULL && given->count > 0;
  for (size_t i = 0; i < n && !has_names; i++) {
    snprintf(place, sizeof place, "train/%05zu", i);
    ROTE_TRY(rote_text_list_add(&made, place));
  }
  ROTE_TRY(create_array(h5, "", array, array->dims, sizes, path));
  ROTE_TRY(rote_h5_texts_write(h5, path, 0, n, has_names ? given : &made));
done:
  rote_text_list_free(&made);
  return status;
}

/* netCDF tools find a scale only in the groups above an array: so the scale of the images is
 * /image, and /sample/index is a second name for it. */
static rote_status put_samples(rote_h5 *h5, const rote_study_sizes *sizes, const int32_t *label,
                               const rote_text_list *name, const uint16_t *fold)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(put_scales(h5, "", rote_study_root_scales, sizes, NULL));
  ROTE_TRY(rote_h5_link(h5, "image", "sample/index"));
  for (const rote_study_array *array = rote_study_sample_arrays; array->name != NULL; array++) {
    ROTE_TRY(array->type == ROTE_H5_TEXT ? put_names(h5, array, sizes, name)
                                         : put_array(h5, "", array, array->dims, sizes, label));
  }
  if (sizes->length['R' - 'A'] > 0) {
    ROTE_TRY(put_array(h5, "", &rote_study_fold_array, rote_study_fold_array.dims, sizes, fold));
  }
done:
  return status;
}

static rote_status create_arrays(rote_h5 *h5, const variant_part *part,
                                 const rote_study_array *array)
{
  rote_status status = ROTE_OK;
  static const uint8_t flags[] = {0, 1};
  char path[ROTE_PATH_MAX];
  for (; array->name != NULL; array++) {
    ROTE_TRY(create_array(h5, part->name, array, array->dims, &part->sizes, path));
    if (array->type == ROTE_H5_U8) {
      ROTE_TRY(rote_h5_value_put(h5, path, "flag_values", ROTE_H5_U8, 2, flags));
      ROTE_TRY(rote_h5_text_put(h5, path, "flag_meanings", "not_significant significant"));
    }
  }
done:
  return status;
}

static rote_status create_variant(rote_h5 *h5, const rote_options *options, variant_part *part)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(put_scales(h5, part->name, rote_study_variant_scales, &part->sizes, options));
  if (size_of(part, 'R') > 0) {
    if (part->has_likelihood) {
      ROTE_TRY(create_arrays(h5, part, rote_study_likelihood_arrays));
    }
    ROTE_TRY(create_arrays(
        h5, part, part->has_likelihood ? rote_study_loss_arrays : rote_study_error_arrays));
  }
  if (part->has_score) {
    ROTE_TRY(create_arrays(h5, part, rote_study_score_arrays));
  }
  if (size_of(part, 'F') > 0) {
    ROTE_TRY(put_scales(h5, part->name, rote_study_full_scales, &part->sizes, options));
    if (part->has_likelihood) {
      ROTE_TRY(create_arrays(h5, part, rote_study_full_likelihood_arrays));
    }
    ROTE_TRY(create_arrays(h5, part,
                           part->has_likelihood ? rote_study_full_loss_arrays
                                                : rote_study_full_error_arrays));
  }
  char base[ROTE_PATH_MAX];
  ROTE_TRY(rote_path(base, "execution/%s", part->name));
  ROTE_TRY(put_scales(h5, base, rote_study_unit_scales, &part->sizes, options));
done:
  return status;
}

static rote_study_sizes sizes_of(const rote_options *options, size_t images)
{
  rote_study_sizes sizes = {{0}};
  size_t folds = options->folds.count;
  sizes.length['N' - 'A'] = images;
  sizes.length['R' - 'A'] = folds > 0 ? options->folds.repeats : 0;
  sizes.length['K' - 'A'] = folds;
  sizes.length['F' - 'A'] = options->folds.full;
  sizes.length['V' - 'A'] = rote_evaluation_count(options);
  sizes.length['E' - 'A'] = options->training.epochs;
  sizes.length['U' - 'A'] = rote_unit_count(options);
  return sizes;
}

rote_status rote_study_file_begin(const char *path, const rote_study *study,
                                  const rote_data_info *data,
                                  const rote_study_file_identity *identity, size_t images,
                                  const int32_t *label, const rote_text_list *name,
                                  const uint16_t *fold, rote_study_file **out)
{
  rote_status status = ROTE_OK;
  rote_study_file *file = NULL;
  *out = NULL;
  const rote_study_sizes sizes = sizes_of(&study->base, images);
  if (images == 0 || images > UINT32_MAX || (fold == NULL) != (study->base.folds.count == 0)) {
    return rote_fail(ROTE_INTERNAL, "%s: a study of %zu images whose folds do not fit it", path,
                     images);
  }
  if (name != NULL && name->count > 0 && name->count < images) {
    return rote_fail(ROTE_INTERNAL, "%s: %zu names of %zu images", path, name->count, images);
  }
  ROTE_TRY(rote_alloc(1, sizeof *file, &file));
  file->h5 = ROTE_H5_CLOSED;
  file->variant_count = study->variant_count;
  ROTE_TRY(rote_alloc(study->variant_count, sizeof *file->variant, &file->variant));
  ROTE_TRY(rote_h5_create(path, rote_study_kind, ROTE_H5_ON_DISK, &file->h5));
  ROTE_TRY(put_identity(&file->h5, data, identity));
  ROTE_TRY(put_samples(&file->h5, &sizes, label, name, fold));
  for (size_t i = 0; i < study->variant_count; i++) {
    const rote_options *options = &study->variant[i].options;
    variant_part *part = &file->variant[i];
    snprintf(part->name, sizeof part->name, "%s", study->variant[i].name);
    part->sizes = sizes_of(options, images);
    part->has_score = rote_options_scored(options);
    part->has_likelihood = !rote_options_autoencoder(options);
    ROTE_TRY(create_variant(&file->h5, options, part));
  }
  *out = file;
  file = NULL;
done:
  rote_study_file_abort(&file);
  return status;
}

static rote_status write_rows(rote_study_file *file, const variant_part *part, const char *name,
                              rote_h5_type type, size_t first, size_t count, const void *data)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  if (data == NULL) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "%s: %s/%s is missing", file->h5.path, part->name, name));
  }
  ROTE_TRY(rote_study_array_path(part->name, name, path));
  ROTE_TRY(rote_h5_rows_write(&file->h5, path, type, first, count, data));
done:
  return status;
}

/* Written out, because h5diff calls arrays without storage not comparable. */
static rote_status missing_numbers(size_t n, float **numbers)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(n, sizeof **numbers, numbers));
  for (size_t i = 0; i < n; i++) {
    (*numbers)[i] = NAN;
  }
done:
  return status;
}

rote_status rote_study_file_write_loss(rote_study_file *file, size_t variant, const float *train,
                                       const float *held_out, const float *full_train,
                                       const float *full_held_out)
{
  rote_status status = ROTE_OK;
  variant_part *part = &file->variant[variant];
  size_t repeats = size_of(part, 'R'), full = size_of(part, 'F');
  float *missing = NULL;
  if (repeats > 0) {
    ROTE_TRY(write_rows(file, part, "loss/train", ROTE_H5_F32, 0, repeats, train));
    ROTE_TRY(write_rows(file, part, "loss/held_out", ROTE_H5_F32, 0, repeats, held_out));
  }
  if (full > 0) {
    ROTE_TRY(write_rows(file, part, "full/loss/train", ROTE_H5_F32, 0, full, full_train));
    if (full_held_out == NULL) {
      ROTE_TRY(missing_numbers(full * size_of(part, 'E'), &missing));
      full_held_out = missing;
    }
    ROTE_TRY(write_rows(file, part, "full/loss/held_out", ROTE_H5_F32, 0, full, full_held_out));
  }
  part->parts++;
done:
  rote_free(&missing);
  return status;
}

static rote_status write_score(rote_study_file *file, const variant_part *part, size_t v,
                               const rote_score *score)
{
  rote_status status = ROTE_OK;
  if (score == NULL || score->count != size_of(part, 'N')) {
    ROTE_TRY(
        rote_fail(ROTE_INTERNAL, "%s: %s has no score of all images", file->h5.path, part->name));
  }
  for (const rote_study_array *array = rote_study_score_arrays; array->name != NULL; array++) {
    const void *values;
    memcpy(&values, (const char *)score + array->member, sizeof values);
    ROTE_TRY(write_rows(file, part, array->name, array->type, v, 1, values));
  }
done:
  return status;
}

rote_status rote_study_file_write_epoch(rote_study_file *file, size_t variant, size_t v,
                                        const float *log_px, const float *effective_samples,
                                        const rote_score *score, const float *full_log_px,
                                        const float *full_effective_samples)
{
  rote_status status = ROTE_OK;
  variant_part *part = &file->variant[variant];
  if (size_of(part, 'R') > 0) {
    ROTE_TRY(write_rows(file, part, "log_px", ROTE_H5_F32, v, 1, log_px));
    ROTE_TRY(write_rows(file, part, "effective_samples", ROTE_H5_F32, v, 1, effective_samples));
  }
  if (part->has_score) {
    ROTE_TRY(write_score(file, part, v, score));
  }
  if (size_of(part, 'F') > 0) {
    ROTE_TRY(write_rows(file, part, "full/log_px", ROTE_H5_F32, v, 1, full_log_px));
    ROTE_TRY(write_rows(file, part, "full/effective_samples", ROTE_H5_F32, v, 1,
                        full_effective_samples));
  }
  part->parts++;
done:
  return status;
}

/* One array a member of rote_execution. @param[in] buffer [n] of the largest member */
static rote_status put_execution(rote_h5 *h5, const variant_part *part, const char *group,
                                 const char *dims, size_t n, const rote_execution *execution,
                                 char *buffer)
{
  rote_status status = ROTE_OK;
  char base[ROTE_PATH_MAX], name[64];
  ROTE_TRY(rote_path(base, "execution/%s", part->name));
  for (const rote_study_array *m = rote_study_execution_members; m->name != NULL; m++) {
    rote_study_array array = *m;
    size_t bytes = m->type == ROTE_H5_TEXT ? sizeof(char *) : m->type == ROTE_H5_F64 ? 8 : 4;
    snprintf(name, sizeof name, "%s/%s", group, m->name);
    array.name = name;
    for (size_t i = 0; i < n; i++) {
      const char *member = (const char *)&execution[i] + m->member;
      memcpy(buffer + i * bytes, m->type == ROTE_H5_TEXT ? (const void *)&member : member, bytes);
    }
    ROTE_TRY(put_array(h5, base, &array, dims, &part->sizes, buffer));
  }
done:
  return status;
}

rote_status rote_study_file_write_execution(rote_study_file *file, size_t variant,
                                            const rote_execution *train,
                                            const rote_execution *evaluate)
{
  rote_status status = ROTE_OK;
  variant_part *part = &file->variant[variant];
  size_t units = size_of(part, 'U'), evaluations = units * size_of(part, 'V');
  char *buffer = NULL;
  ROTE_TRY(rote_alloc(evaluations > units ? evaluations : units, 8, &buffer));
  ROTE_TRY(put_execution(&file->h5, part, "train", "U", units, train, buffer));
  if (evaluations > 0) {
    ROTE_TRY(put_execution(&file->h5, part, "evaluate", "VU", evaluations, evaluate, buffer));
  }
  part->parts++;
done:
  rote_free(&buffer);
  return status;
}

rote_status rote_study_file_write_arithmetic(rote_study_file *file, const char *arithmetic)
{
  return rote_h5_text_put(&file->h5, ".", "arithmetic", arithmetic);
}

rote_status rote_study_file_commit(rote_study_file **file)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < (*file)->variant_count; i++) {
    const variant_part *part = &(*file)->variant[i];
    if (part->parts != size_of(part, 'V') + 2) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "%s: %s is not complete: %zu of %zu parts are written",
                         (*file)->h5.path, part->name, part->parts, size_of(part, 'V') + 2));
    }
  }
  ROTE_TRY(rote_h5_commit(&(*file)->h5, NULL));
done:
  rote_study_file_abort(file);
  return status;
}

void rote_study_file_abort(rote_study_file **file)
{
  if (*file != NULL) {
    rote_h5_close(&(*file)->h5);
    rote_free(&(*file)->variant);
    rote_free(file);
  }
}
