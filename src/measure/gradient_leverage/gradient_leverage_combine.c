/* Gradient leverage in study.h5, means over the full models, each with a metric of its own:
 *
 *   h_i = phi_i^T A phi_i,   tau(z, i) = phi_z^T A phi_i,   A = (sum over i of phi_i phi_i^T +
 * lambda I)^-1,
 *
 * lambda = 0.1 of the mean eigenvalue. The rows are read twice: for the sum, and to be multiplied.
 */
#include "gradient_leverage_room.h"

#include "rote/memory.h"
#include "rote/ridge.h"
#include "targets.h"

#include <math.h>

static const rote_array h_array = {.name = "gradient_leverage/h",
                                   .dims = "N",
                                   .type = ROTE_H5_F64,
                                   .units = "1",
                                   .long_name = "leverage of the image's projected gradient"};
static const rote_targets_arrays target_arrays =
    ROTE_TARGETS_ARRAYS("gradient_leverage/",
                        "influence of the image on a target by projected gradients: above 0 it has "
                        "lowered the target's loss");

enum { AT_ONCE = 64 }; /* rows, as doubles */

typedef struct {
  const rote_pieces *pieces;
  const rote_options *options;
  size_t images, numbers, targets; /* N, Q, T */
  rote_unit unit;                  /* in hand */
  rote_ridge *ridge;               /* of the model in hand */
  double *x;                       /* [AT_ONCE, Q] */
  double *y;                       /* [Q, T] */
  double *h, *tau;                 /* [AT_ONCE], [AT_ONCE, T] */
  double *sum_h, *sum_on;          /* [N], [N, T] over models */
  bool missing, first;             /* of the unit in hand; the first full model is there */
} combiner;

/* Rows from `row` on that are images, as doubles. @return their number, at most AT_ONCE */
static size_t widen(const combiner *c, const rote_rows *rows, size_t row)
{
  const size_t at = rows->first + row;
  const float *phi = rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_PHI, row);
  size_t n = at < c->images ? c->images - at : 0;
  n = rows->count - row < n ? rows->count - row : n;
  n = n < AT_ONCE ? n : AT_ONCE;
  for (size_t i = 0; i < n * c->numbers; i++) {
    c->x[i] = (double)phi[i];
  }
  return n;
}

static rote_status go_on(const combiner *c)
{
  const rote_subject_setting *s = &c->pieces->setting;
  return s->stop != NULL && s->stop(s->context, 0)
             ? rote_fail(ROTE_STOPPED, "stopped between two blocks of projected gradients")
             : ROTE_OK;
}

/* The row of a target. */
static size_t row_of(const combiner *c, size_t t)
{
  const rote_target target = rote_target_at(c->options, t);
  return target.set == ROTE_TARGET_TRAINING ? target.index
                                            : c->images + t - rote_targets_of_training(c->options);
}

static void take_targets(combiner *c, const rote_rows *rows)
{
  for (size_t t = 0; t < c->targets; t++) {
    const size_t row = row_of(c, t);
    if (row < rows->first || row >= rows->first + rows->count) {
      continue;
    }
    const float *phi = rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_PHI, row - rows->first);
    for (size_t q = 0; q < c->numbers; q++) {
      c->y[q * c->targets + t] = (double)phi[q];
    }
  }
}

static rote_status take_sum(void *taker, const rote_rows *rows, bool missing)
{
  rote_status status = ROTE_OK;
  combiner *c = taker;
  c->missing = c->missing || missing;
  if (!missing) {
    take_targets(c, rows);
  }
  for (size_t row = 0, n = 0; row < rows->count && !missing; row += n) {
    n = widen(c, rows, row);
    if (n == 0) {
      break;
    }
    ROTE_TRY(go_on(c));
    rote_ridge_add(c->ridge, n, c->x);
  }
done:
  return status;
}

static rote_status take_products(void *taker, const rote_rows *rows, bool missing)
{
  rote_status status = ROTE_OK;
  combiner *c = taker;
  (void)missing;
  for (size_t row = 0, n = 0; row < rows->count; row += n) {
    const size_t first = rows->first + row;
    n = widen(c, rows, row);
    if (n == 0) {
      break;
    }
    ROTE_TRY(go_on(c));
    rote_ridge_leverages(c->ridge, n, c->x, c->h);
    rote_ridge_products(c->ridge, n, c->x, c->targets, c->y, c->tau);
    for (size_t i = 0; i < n; i++) {
      c->sum_h[first + i] += c->h[i];
    }
    rote_targets_add(c->options, c->unit, n, c->tau, c->sum_on + first * c->targets);
  }
done:
  return status;
}

/* Of a model that is not there, or whose gradients are all 0, nothing is added. */
static rote_status add_model(combiner *c, size_t unit, size_t *models)
{
  rote_status status = ROTE_OK;
  c->missing = false;
  c->unit = rote_unit_at(c->options, unit);
  ROTE_TRY(rote_ridge_create(c->numbers, &c->ridge));
  ROTE_TRY(rote_pieces_read(c->pieces, unit, 0, rote_gradient_leverage_rows, take_sum, c));
  if (!c->missing && rote_ridge_factorise(c->ridge, ROTE_GRADIENT_LEVERAGE_RIDGE)) {
    rote_ridge_solve(c->ridge, c->targets, c->y);
    ROTE_TRY(rote_pieces_read(c->pieces, unit, 0, rote_gradient_leverage_rows, take_products, c));
    ++*models;
    c->first = c->first || c->unit.repeat == 0;
  }
done:
  rote_ridge_destroy(&c->ridge);
  return status;
}

static rote_status enter(combiner *c)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(AT_ONCE * c->numbers, sizeof *c->x, &c->x));
  ROTE_TRY(rote_alloc(c->numbers * c->targets, sizeof *c->y, &c->y));
  ROTE_TRY(rote_alloc(AT_ONCE, sizeof *c->h, &c->h));
  ROTE_TRY(rote_alloc(AT_ONCE * c->targets, sizeof *c->tau, &c->tau));
  ROTE_TRY(rote_alloc(c->images, sizeof *c->sum_h, &c->sum_h));
  ROTE_TRY(rote_alloc(c->images * c->targets, sizeof *c->sum_on, &c->sum_on));
done:
  return status;
}

rote_status rote_gradient_leverage_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_subject_setting *s = &pieces->setting;
  const rote_options *o = s->options;
  const size_t n = s->train->count, units = rote_unit_count(o);
  const rote_sizes sizes = rote_measure_sizes(&rote_measure_gradient_leverage, o, s->info, n);
  combiner c = {.pieces = pieces,
                .images = n,
                .numbers = sizes.length['Q' - 'A'],
                .options = o,
                .targets = rote_targets(o)};
  size_t models = 0;
  if (o->folds.full == 0) {
    goto done;
  }
  ROTE_TRY(c.numbers == 0 ? rote_fail(ROTE_NOMEM, "projected gradients have no room") : ROTE_OK);
  ROTE_TRY(enter(&c));
  for (size_t unit = units - o->folds.full; unit < units; unit++) {
    ROTE_TRY(add_model(&c, unit, &models));
  }
  const double share = models > 0 ? 1 / (double)models : (double)NAN;
  for (size_t i = 0; i < n; i++) {
    c.sum_h[i] *= share;
  }
  rote_targets_mean(o, models, c.first, n, c.sum_on);
  ROTE_TRY(rote_sink_put(sink, &h_array, ROTE_ALL, c.sum_h));
  ROTE_TRY(rote_targets_put(sink, &target_arrays, o, n, c.sum_on));
done:
  rote_free(&c.x);
  rote_free(&c.y);
  rote_free(&c.h);
  rote_free(&c.tau);
  rote_free(&c.sum_h);
  rote_free(&c.sum_on);
  return status;
}
