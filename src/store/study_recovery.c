#include "rote/study_recovery.h"

#include "recovery_layout.h"
#include "rote/memory.h"
#include "study_part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RATE(name_, long_name_)                                                                    \
  {                                                                                                \
    .name = name_, .dims = "G", .type = ROTE_H5_F64, .units = "1", .long_name = long_name_         \
  }
#define SCORE(name_, type_, member_, units_, long_name_)                                           \
  {                                                                                                \
    .name = "recovery/score/" name_, .dims = "N", .type = type_, .units = units_,                  \
    .long_name = long_name_, .member = offsetof(rote_rank_score, member_)                          \
  }

/* Rates of a method, below recovery/rate/<method>/. */
static const rote_study_array rate_arrays[] = {
    RATE("training", "share of the training images that the method recovers"),
    RATE("control", "share of the control images that the method recovers"),
    RATE("p_against_control", "Fisher's exact test of the two shares, two-sided"),
};
enum { RATE_TRAINING, RATE_CONTROL, RATE_P, RATES };

static const char between_long_name[] =
    "McNemar's exact test of the two methods on the training images, two-sided";

static const rote_study_array score_arrays[] = {
    SCORE("psnr_gain", ROTE_H5_F64, mean_difference, "dB",
          "mean PSNR of the blind answer of the models trained with the image minus that of those "
          "without"),
    SCORE("standard_error", ROTE_H5_F64, standard_error, "dB",
          "delete-one-repeat jackknife standard error of psnr_gain; NaN with one repeat"),
    SCORE("p_value", ROTE_H5_F64, p_value, "1",
          "exact rank test: the model without the image does not rank it lower than the others do"),
    SCORE("q_value", ROTE_H5_F64, q_value, "1",
          "p_value adjusted for all images (Benjamini-Hochberg)"),
    {.name = "recovery/score/significant",
     .dims = "N",
     .type = ROTE_H5_U8,
     .units = "1",
     .long_name = "whether q_value is at most 0.05",
     .flags = "not_significant significant",
     .member = offsetof(rote_rank_score, significant)},
    {.name = NULL},
};

static const rote_study_array leave_out_psnr = {
    .name = "recovery/leave_out/psnr",
    .dims = "RKN",
    .type = ROTE_H5_F32,
    .units = "dB",
    .long_name = "PSNR of the blind answer of every model for every image, after the last round",
};
static const rote_study_array leave_out_recovered = {
    .name = "recovery/leave_out/recovered",
    .dims = "RKN",
    .type = ROTE_H5_U8,
    .units = "1",
    .long_name = "whether the blind answer is nearest to the right image, at 30 dB or more",
    .flags = "no yes missing",
};

/* An array of a job as one of the study: its path and dimensions. */
typedef struct {
  char name[96], dims[8];
} placed;

static placed place(const rote_recovery_array *a, bool control, const char *group)
{
  placed p;
  snprintf(p.name, sizeof p.name, "recovery/%s%s%s/%s", control ? "control" : "training",
           group[0] == '\0' ? "" : "/", group, a->array.name);
  snprintf(p.dims, sizeof p.dims, "%s%c%s", a->of_model ? "G" : "", control ? 'Q' : 'N',
           a->array.dims + 1);
  return p;
}

static rote_status put_scales(rote_h5 *h5, const rote_study_part *part, const size_t *round)
{
  rote_status status = ROTE_OK;
  uint32_t *value = NULL;
  for (const rote_study_array *s = rote_study_recovery_scales; s->name != NULL; s++) {
    const size_t n = part->sizes.length[s->dims[0] - 'A'];
    if (n == 0) {
      continue;
    }
    ROTE_TRY(rote_alloc(n, sizeof *value, &value));
    for (size_t i = 0; i < n; i++) {
      value[i] = (uint32_t)(s->dims[0] == 'T' ? round[i] : i);
    }
    ROTE_TRY(rote_study_put_array(h5, part->name, s, s->dims, &part->sizes, value));
    rote_free(&value);
  }
done:
  rote_free(&value);
  return status;
}

static rote_status create_table(rote_h5 *h5, const rote_study_part *part,
                                const rote_recovery_array *table, bool control, const char *group)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  for (const rote_recovery_array *a = table; a->array.name != NULL; a++) {
    const placed p = place(a, control, group);
    rote_study_array array = a->array;
    array.name = p.name;
    array.chunks = a->of_model ? ROTE_H5_ROWS : ROTE_H5_BLOCKS;
    ROTE_TRY(rote_study_create_array(h5, part->name, &array, p.dims, &part->sizes, path));
  }
done:
  return status;
}

static rote_status create_rates(rote_h5 *h5, const rote_study_part *part)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], name[96];
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    for (size_t r = 0; r < RATES; r++) {
      rote_study_array array = rate_arrays[r];
      snprintf(name, sizeof name, "recovery/rate/%s/%s", rote_recovery_groups[m], array.name);
      array.name = name;
      ROTE_TRY(rote_study_create_array(h5, part->name, &array, array.dims, &part->sizes, path));
    }
    for (size_t other = m + 1; other < ROTE_INVERSE_COUNT; other++) {
      const rote_study_array array = RATE(name, between_long_name);
      snprintf(name, sizeof name, "recovery/rate/%s/p_against_%s", rote_recovery_groups[m],
               rote_recovery_groups[other]);
      ROTE_TRY(rote_study_create_array(h5, part->name, &array, array.dims, &part->sizes, path));
    }
  }
done:
  return status;
}

/* The dimensions of a recovery. */
static void set_sizes(rote_study_sizes *sizes, const rote_options *options,
                      const rote_data_info *info, size_t curve)
{
  size_t *length = sizes->length;
  length['G' - 'A'] = options->folds.full;
  length['T' - 'A'] = curve;
  length['Q' - 'A'] = options->recovery.control;
  length['C' - 'A'] = info->channels;
  length['H' - 'A'] = info->height;
  length['W' - 'A'] = info->width;
}

rote_status rote_study_recovery_begin(rote_study_file *file, size_t variant,
                                      const rote_options *options, const rote_data_info *info,
                                      size_t curve, const size_t *round)
{
  rote_status status = ROTE_OK;
  rote_h5 *h5 = &file->h5;
  rote_study_part *part = &file->variant[variant];
  const size_t *length = part->sizes.length;
  set_sizes(&part->sizes, options, info, curve);
  if (length['G' - 'A'] == 0) {
    return ROTE_OK; /* of leave-out models neither curves nor images are kept */
  }
  ROTE_TRY(put_scales(h5, part, round));
  for (int control = 0; control <= 1; control++) {
    if (control && length['Q' - 'A'] == 0) {
      continue;
    }
    ROTE_TRY(create_table(h5, part, rote_recovery_arrays, control, ""));
    for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
      ROTE_TRY(
          create_table(h5, part, rote_recovery_answer_arrays, control, rote_recovery_groups[m]));
    }
  }
  ROTE_TRY(create_rates(h5, part));
done:
  return status;
}

typedef struct {
  rote_study_file *file;
  const rote_study_part *part;
  size_t model, first, count;
  bool control, missing;
} place_in_file;

static rote_status write_array(void *context, const char *group, const rote_recovery_array *a,
                               void *values)
{
  rote_status status = ROTE_OK;
  const place_in_file *at = context;
  const placed p = place(a, at->control, group);
  char path[ROTE_PATH_MAX];
  if (!a->of_model && at->missing && at->model > 0) {
    return ROTE_OK; /* another model has it */
  }
  ROTE_TRY(rote_study_array_path(at->part->name, p.name, path));
  ROTE_TRY(a->of_model ? rote_h5_block_write(&at->file->h5, path, a->array.type, at->model,
                                             at->first, at->count, values)
                       : rote_h5_rows_write(&at->file->h5, path, a->array.type, at->first,
                                            at->count, values));
done:
  return status;
}

rote_status rote_study_recovery_write(rote_study_file *file, size_t variant, size_t model,
                                      bool control, size_t first,
                                      const rote_recovery_result *result, bool missing)
{
  place_in_file at = {.file = file,
                      .part = &file->variant[variant],
                      .model = model,
                      .first = first,
                      .count = result->count,
                      .control = control,
                      .missing = missing};
  return rote_recovery_each(result, false, write_array, &at);
}

typedef rote_status (*rate_visitor)(void *context, size_t model, const char *name, double *value);

/* Call `visit` for every rate of a model, with its name below the variant. */
static rote_status each_rate(rote_recovery_rates *r, size_t model, rate_visitor visit,
                             void *context)
{
  rote_status status = ROTE_OK;
  char name[96];
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    double *const value[] = {[RATE_TRAINING] = &r->rate_trained[m],
                             [RATE_CONTROL] = &r->rate_control[m],
                             [RATE_P] = &r->p_against_control[m]};
    for (size_t k = 0; k < RATES; k++) {
      snprintf(name, sizeof name, "recovery/rate/%s/%s", rote_recovery_groups[m],
               rate_arrays[k].name);
      ROTE_TRY(visit(context, model, name, value[k]));
    }
    for (size_t other = m + 1; other < ROTE_INVERSE_COUNT; other++) {
      snprintf(name, sizeof name, "recovery/rate/%s/p_against_%s", rote_recovery_groups[m],
               rote_recovery_groups[other]);
      ROTE_TRY(visit(context, model, name, &r->p_between[m][other]));
    }
  }
done:
  return status;
}

/* A variant of an open file. */
typedef struct {
  rote_h5 *h5;
  const char *variant;
} rate_place;

static rote_status write_rate(void *context, size_t model, const char *name, double *value)
{
  rote_status status = ROTE_OK;
  const rate_place *at = context;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_study_array_path(at->variant, name, path));
  ROTE_TRY(rote_h5_rows_write(at->h5, path, ROTE_H5_F64, model, 1, value));
done:
  return status;
}

rote_status rote_study_recovery_write_rates(rote_study_file *file, size_t variant, size_t model,
                                            const rote_recovery_rates *rates)
{
  rote_status status = ROTE_OK;
  rote_study_part *part = &file->variant[variant];
  rote_recovery_rates r = *rates;
  rate_place at = {.h5 = &file->h5, .variant = part->name};
  ROTE_TRY(each_rate(&r, model, write_rate, &at));
  part->parts++;
done:
  return status;
}

static const void *values_of(const rote_study_array *array, const rote_rank_score *score)
{
  const void *values;
  memcpy(&values, (const char *)score + array->member, sizeof values);
  return values;
}

rote_status rote_study_recovery_write_score(rote_study_file *file, size_t variant,
                                            const float *psnr, const uint8_t *recovered,
                                            const rote_rank_score *score)
{
  rote_status status = ROTE_OK;
  rote_study_part *part = &file->variant[variant];
  ROTE_TRY(rote_study_put_array(&file->h5, part->name, &leave_out_psnr, leave_out_psnr.dims,
                                &part->sizes, psnr));
  ROTE_TRY(rote_study_put_array(&file->h5, part->name, &leave_out_recovered,
                                leave_out_recovered.dims, &part->sizes, recovered));
  for (const rote_study_array *a = score_arrays; a->name != NULL; a++) {
    ROTE_TRY(
        rote_study_put_array(&file->h5, part->name, a, a->dims, &part->sizes, values_of(a, score)));
  }
  part->parts++;
done:
  return status;
}

static rote_status read_rate(void *context, size_t model, const char *name, double *value)
{
  rote_status status = ROTE_OK;
  const rate_place *at = context;
  char path[ROTE_PATH_MAX];
  rote_h5_array shape;
  ROTE_TRY(rote_study_array_path(at->variant, name, path));
  ROTE_TRY(rote_h5_array_describe(at->h5, path, &shape));
  ROTE_TRY(rote_h5_rows_read(at->h5, path, &shape, model, 1, value));
done:
  return status;
}

rote_status rote_study_recovery_read_rates(const char *path, const char *variant, size_t model,
                                           rote_recovery_rates *r)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rate_place at = {.h5 = &h5, .variant = variant};
  *r = (rote_recovery_rates){0};
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &h5));
  ROTE_TRY(each_rate(r, model, read_rate, &at));
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    for (size_t other = m + 1; other < ROTE_INVERSE_COUNT; other++) {
      r->p_between[other][m] = r->p_between[m][other];
    }
    r->p_between[m][m] = NAN;
  }
done:
  rote_h5_close(&h5);
  return status;
}

rote_status rote_study_recovery_read_score(const char *path, const char *variant, const char *name,
                                           double *values)
{
  rote_status status = ROTE_OK;
  rote_h5 h5 = ROTE_H5_CLOSED;
  rote_h5_array shape;
  uint8_t *flags = NULL;
  char array[64], full_path[ROTE_PATH_MAX];
  snprintf(array, sizeof array, "recovery/score/%s", name);
  ROTE_TRY(rote_study_array_path(variant, array, full_path));
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &h5));
  ROTE_TRY(rote_h5_array_describe(&h5, full_path, &shape));
  if (shape.type == ROTE_H5_F64) {
    ROTE_TRY(rote_h5_array_get(&h5, full_path, &shape, values));
    goto done;
  }
  ROTE_TRY(rote_alloc(shape.shape[0], 1, &flags));
  ROTE_TRY(rote_h5_array_get(&h5, full_path, &shape, flags));
  for (size_t i = 0; i < shape.shape[0]; i++) {
    values[i] = flags[i];
  }
done:
  rote_free(&flags);
  rote_h5_close(&h5);
  return status;
}

struct rote_study_recovery_check {
  rote_h5 h5;
  const char *variant;
  rote_study_sizes sizes;
  rote_study_recovery_compared compared;
  void *context;
};

rote_status rote_study_recovery_check_begin(const char *path, const rote_variant *variant,
                                            const rote_data_info *info, size_t images,
                                            rote_study_recovery_compared compared, void *context,
                                            rote_study_recovery_check **out)
{
  rote_status status = ROTE_OK;
  rote_study_recovery_check *c = NULL;
  const rote_options *o = &variant->options;
  size_t round[ROTE_CURVE_MAX];
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  c->h5 = ROTE_H5_CLOSED;
  c->variant = variant->name;
  c->compared = compared;
  c->context = context;
  set_sizes(&c->sizes, o, info, rote_curve_rounds(o->recovery.rounds, round));
  c->sizes.length['N' - 'A'] = images;
  c->sizes.length['R' - 'A'] = o->folds.repeats;
  c->sizes.length['K' - 'A'] = o->folds.count;
  ROTE_TRY(rote_h5_open(path, rote_study_kind, &c->h5));
  *out = c;
  c = NULL;
done:
  rote_study_recovery_check_end(&c);
  return status;
}

void rote_study_recovery_check_end(rote_study_recovery_check **check)
{
  if (*check != NULL) {
    rote_h5_close(&(*check)->h5);
    rote_free(check);
  }
}

static bool same_numbers(rote_h5_type type, size_t n, const void *a, const void *b)
{
  bool same = memcmp(a, b, n * rote_h5_type_bytes(type)) == 0;
  if (!same && type == ROTE_H5_F64) {
    const double *x = a, *y = b;
    same = true;
    for (size_t i = 0; i < n && same; i++) {
      same = memcmp(&x[i], &y[i], sizeof *x) == 0 || (isnan(x[i]) && isnan(y[i]));
    }
  }
  return same;
}

/* Indices first .. first + count - 1 of the dimension after the models, or of the first one.
 * @param[in] row  the model; SIZE_MAX for an array that has none */
static rote_status compare(rote_study_recovery_check *c, const rote_study_array *array,
                           const char *dims, size_t row, size_t first, size_t count,
                           const void *values)
{
  rote_status status = ROTE_OK;
  const rote_h5_array shape = rote_study_array_shape(array, dims, &c->sizes);
  char path[ROTE_PATH_MAX];
  char *stored = NULL;
  size_t numbers = count;
  for (size_t d = row == SIZE_MAX ? 1 : 2; d < shape.rank; d++) {
    numbers *= shape.shape[d];
  }
  ROTE_TRY(rote_alloc(numbers, rote_h5_type_bytes(shape.type), &stored));
  ROTE_TRY(rote_study_array_path(c->variant, array->name, path));
  ROTE_TRY(row == SIZE_MAX ? rote_h5_rows_read(&c->h5, path, &shape, first, count, stored)
                           : rote_h5_block_read(&c->h5, path, &shape, row, first, count, stored));
  c->compared(c->context, array->name, numbers, same_numbers(shape.type, numbers, stored, values));
done:
  rote_free(&stored);
  return status;
}

typedef struct {
  rote_study_recovery_check *check;
  size_t model, first, count;
  bool control, missing;
} part_check;

static rote_status check_array(void *context, const char *group, const rote_recovery_array *a,
                               void *values)
{
  const part_check *at = context;
  const placed p = place(a, at->control, group);
  rote_study_array array = a->array;
  array.name = p.name;
  if (!a->of_model && at->missing) {
    return ROTE_OK; /* another model may have it */
  }
  return compare(at->check, &array, p.dims, a->of_model ? at->model : SIZE_MAX, at->first,
                 at->count, values);
}

rote_status rote_study_recovery_check_part(rote_study_recovery_check *check, size_t model,
                                           bool control, size_t first,
                                           const rote_recovery_result *result, bool missing)
{
  part_check at = {.check = check,
                   .model = model,
                   .first = first,
                   .count = result->count,
                   .control = control,
                   .missing = missing};
  return rote_recovery_each(result, false, check_array, &at);
}

static rote_status check_rate(void *context, size_t model, const char *name, double *value)
{
  const rote_study_array array = RATE(name, NULL);
  return compare(context, &array, array.dims, SIZE_MAX, model, 1, value);
}

rote_status rote_study_recovery_check_rates(rote_study_recovery_check *check, size_t model,
                                            const rote_recovery_rates *rates)
{
  rote_recovery_rates r = *rates;
  return each_rate(&r, model, check_rate, check);
}

static rote_status check_whole(rote_study_recovery_check *c, const rote_study_array *array,
                               const void *values)
{
  return compare(c, array, array->dims, SIZE_MAX, 0, c->sizes.length[array->dims[0] - 'A'], values);
}

rote_status rote_study_recovery_check_score(rote_study_recovery_check *check, const float *psnr,
                                            const uint8_t *recovered, const rote_rank_score *score)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(check_whole(check, &leave_out_psnr, psnr));
  ROTE_TRY(check_whole(check, &leave_out_recovered, recovered));
  for (const rote_study_array *a = score_arrays; a->name != NULL; a++) {
    ROTE_TRY(check_whole(check, a, values_of(a, score)));
  }
done:
  return status;
}
