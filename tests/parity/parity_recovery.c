/* recovery.h5: the iterates of recovery, in float64 by NumPy, and the Jacobian's spectral radius.
 *
 * In double precision they are followed through all rounds of the file; in floats through the first
 * rounds, and the answers for training images must be as good at the end. What happens to images
 * that the model has not seen is chaotic: theirs are compared in the first rounds alone. Letters: N
 * images, D numbers of an image. */
#include "parity.h"

#include "rote/attractor.h"
#include "rote/inverse.h"
#include "rote/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_ROUNDS = 5 };
#define RADIUS 1e-3 /* power iteration stops before the arithmetic does */

static const bool is_double = sizeof(rote_real) == sizeof(double);

/* As many decibels as floats are sure to reach; more are not asked for. */
static double decibels(void)
{
  return is_double ? 150 : 60;
}

static double tolerance(void)
{
  return is_double ? PARITY_DOUBLE : PARITY_FLOAT;
}

typedef struct {
  hid_t file;
  parity_result *result;
  rote_autoencoder *model;
  rote_inverse *inverse;
  rote_attractor *attractor;
  size_t images, trained, numbers, ld; /* N, training images, D */
  size_t rounds;
  rote_real *w, *clean, *y, *mask, *shown;
  double *got, *want; /* [N, D] */
} recovery_check;

static rote_status read_columns(const recovery_check *c, const char *name, rote_real *columns)
{
  rote_status status = ROTE_OK;
  parity_array array = {0};
  ROTE_TRY(parity_read_shaped(c->file, 2, (size_t[]){c->images, c->numbers}, &array, "%s", name));
  for (size_t i = 0; i < array.count; i++) {
    columns[i % c->numbers * c->ld + i / c->numbers] = (rote_real)array.value[i];
  }
done:
  rote_free(&array.value);
  return status;
}

/* Add the array of a round to `want` [N, D]. */
static rote_status add_wanted(const recovery_check *c, const char *where, double *want)
{
  rote_status status = ROTE_OK;
  parity_array array = {0};
  ROTE_TRY(parity_read_shaped(c->file, 2, (size_t[]){c->images, c->numbers}, &array, "%s", where));
  for (size_t i = 0; i < array.count; i++) {
    want[i] += array.value[i];
  }
done:
  rote_free(&array.value);
  return status;
}

/* Columns against the first `images` rows of an array, or of the sum of two. */
static rote_status compare_iterate(recovery_check *c, const char *method, size_t round,
                                   const char *array, const char *other, size_t images,
                                   const rote_real *columns)
{
  rote_status status = ROTE_OK;
  char where[PARITY_NAME];
  const size_t count = images * c->numbers;
  memset(c->want, 0, c->images * c->numbers * sizeof *c->want);
  if (other != NULL) {
    snprintf(where, sizeof where, "/%s/%zu/%s", method, round, other);
    ROTE_TRY(add_wanted(c, where, c->want));
  }
  snprintf(where, sizeof where, "/%s/%zu/%s", method, round, array);
  ROTE_TRY(add_wanted(c, where, c->want));
  for (size_t i = 0; i < count; i++) {
    c->got[i] = (double)columns[i % c->numbers * c->ld + i / c->numbers];
  }
  parity_compare(c->result, method, tolerance(), where, count, c->got, c->want);
done:
  return status;
}

static rote_status compare_psnr(recovery_check *c, const char *method, size_t round, size_t images)
{
  rote_status status = ROTE_OK;
  parity_array want = {0};
  char where[PARITY_NAME];
  snprintf(where, sizeof where, "/%s/%zu/psnr", method, round);
  ROTE_TRY(parity_read_shaped(c->file, 1, &c->images, &want, "%s", where));
  rote_psnr(c->numbers, c->images, c->ld, c->clean, c->inverse->v, c->got);
  for (size_t i = 0; i < images; i++) {
    c->got[i] = fmin(c->got[i], decibels());
    want.value[i] = fmin(want.value[i], decibels());
  }
  parity_compare(c->result, "psnr", tolerance(), where, images, c->got, want.value);
done:
  rote_free(&want.value);
  return status;
}

static rote_status compare_round(recovery_check *c, rote_inverse_method m, size_t round)
{
  rote_status status = ROTE_OK;
  const char *name = rote_inverse_name(m);
  const rote_inverse *s = c->inverse;
  const bool is_first = round <= FIRST_ROUNDS;
  const size_t images = is_first ? c->images : c->trained;
  if (is_first || is_double || m != ROTE_INVERSE_ITERATE) {
    ROTE_TRY(compare_psnr(c, name, round, images));
  }
  if (!is_first && !is_double) {
    return ROTE_OK;
  }
  if (m == ROTE_INVERSE_ITERATE) {
    return compare_iterate(c, name, round, "x", NULL, images, s->v);
  }
  ROTE_TRY(compare_iterate(c, name, round, "x", NULL, images, s->x));
  ROTE_TRY(compare_iterate(c, name, round, "v", NULL, images, s->v));
  /* u, which goes to 0, with v: what the next x is made of */
  ROTE_TRY(compare_iterate(c, name, round, "u", "v", images, s->input));
  ROTE_TRY(compare_iterate(c, name, round, "mask", NULL, images, s->mask));
done:
  return status;
}

static rote_status check_method(recovery_check *c, rote_inverse_method m)
{
  rote_status status = ROTE_OK;
  size_t compared = 0;
  rote_inverse_begin(c->inverse, m, c->images, c->y, c->shown, c->mask);
  for (size_t round = 1; round <= c->rounds; round++) {
    char group[PARITY_NAME];
    rote_inverse_round(c->inverse);
    snprintf(group, sizeof group, "/%s/%zu", rote_inverse_name(m), round);
    if (parity_has(c->file, group)) {
      ROTE_TRY(compare_round(c, m, round));
      compared++;
    }
  }
  if (compared == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "no rounds of %s", rote_inverse_name(m)));
  }
done:
  return status;
}

static rote_status check_radius(recovery_check *c)
{
  rote_status status = ROTE_OK;
  parity_array want = {0};
  double *distance = NULL, *radius = NULL;
  uint8_t *settled = NULL;
  ROTE_TRY(parity_read_shaped(c->file, 1, &c->trained, &want, "/jacobian_spectral_radius"));
  ROTE_TRY(rote_alloc(c->ld, sizeof *distance, &distance));
  ROTE_TRY(rote_alloc(c->ld, sizeof *radius, &radius));
  ROTE_TRY(rote_alloc(c->ld, sizeof *settled, &settled));
  rote_attractor_measure(c->attractor, c->w, c->clean, c->images, distance, radius, settled);
  parity_compare(c->result, "radius", RADIUS, "/jacobian_spectral_radius", c->trained, radius,
                 want.value);
done:
  rote_free(&want.value);
  rote_free(&distance);
  rote_free(&radius);
  rote_free(&settled);
  return status;
}

static rote_status make_room(recovery_check *c)
{
  rote_status status = ROTE_OK;
  rote_options options;
  double side = 0, trained = 0, rounds = 0, rho = 0, inner = 0;
  parity_array mask = {0};
  ROTE_TRY(parity_fc_options(c->file, &options));
  ROTE_TRY(parity_number(c->file, "side", &side));
  ROTE_TRY(parity_number(c->file, "train_images", &trained));
  ROTE_TRY(parity_number(c->file, "outer", &rounds));
  ROTE_TRY(parity_number(c->file, "rho", &rho));
  ROTE_TRY(parity_number(c->file, "inner", &inner));
  ROTE_TRY(parity_read(c->file, &mask, "/true_mask"));
  const rote_data_info info = {.channels = 1, .height = (size_t)side, .width = (size_t)side};
  c->images = mask.shape[0];
  c->trained = (size_t)trained;
  c->rounds = (size_t)rounds;
  c->numbers = rote_data_pixels(&info);
  c->ld = rote_column_pad(c->images);
  if (c->trained > c->images) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%zu training images of %zu", c->trained, c->images));
  }
  ROTE_TRY(rote_autoencoder_create(&options, &info, &c->model));
  ROTE_TRY(rote_inverse_create(c->model, 1, c->images, rho, (size_t)inner, &c->inverse));
  ROTE_TRY(rote_attractor_create(c->model, c->images, 1, &c->attractor));
  rote_real **const arrays[] = {&c->clean, &c->y, &c->mask};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    ROTE_TRY(rote_alloc(c->numbers * c->ld, sizeof(rote_real), arrays[i]));
  }
  ROTE_TRY(rote_alloc(c->ld, sizeof(rote_real), &c->shown)); /* 0 */
  ROTE_TRY(rote_alloc(c->model->table.total, sizeof(rote_real), &c->w));
  ROTE_TRY(rote_alloc(c->numbers * c->images, sizeof(double), &c->got));
  ROTE_TRY(rote_alloc(c->numbers * c->images, sizeof(double), &c->want));
done:
  rote_free(&mask.value);
  return status;
}

rote_status parity_recovery(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  recovery_check c = {.file = file, .result = result};
  ROTE_TRY(make_room(&c));
  ROTE_TRY(parity_autoencoder_parameters(file, "final", c.model, c.w));
  ROTE_TRY(read_columns(&c, "/images", c.clean));
  ROTE_TRY(read_columns(&c, "/degraded", c.y));
  ROTE_TRY(read_columns(&c, "/true_mask", c.mask));
  rote_inverse_take(c.inverse, c.w);
  for (int m = 0; m < ROTE_INVERSE_COUNT; m++) {
    ROTE_TRY(check_method(&c, (rote_inverse_method)m));
  }
  ROTE_TRY(check_radius(&c));
done:
  rote_inverse_destroy(&c.inverse);
  rote_attractor_destroy(&c.attractor);
  rote_autoencoder_destroy(&c.model);
  rote_free(&c.w);
  rote_free(&c.clean);
  rote_free(&c.y);
  rote_free(&c.mask);
  rote_free(&c.shown);
  rote_free(&c.got);
  rote_free(&c.want);
  return status;
}
