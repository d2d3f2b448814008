/* Gradient leverage in study.h5: means over the full models, each with a metric of its own. */
#include "gradient_leverage_room.h"

#include "rote/memory.h"

#include <math.h>

static const rote_array h_array = {.name = "gradient_leverage/h",
                                   .dims = "N",
                                   .type = ROTE_H5_F64,
                                   .units = "1",
                                   .long_name = "leverage of the image's projected gradient"};
static const rote_array grid_arrays[] = {
    {.name = "gradient_leverage/grid_rows",
     .dims = "",
     .type = ROTE_H5_U16,
     .units = "1",
     .long_name = "rows of processes that computed it"},
    {.name = "gradient_leverage/grid_columns",
     .dims = "",
     .type = ROTE_H5_U16,
     .units = "1",
     .long_name = "columns of processes that computed it"},
};
static const rote_targets_arrays target_arrays =
    ROTE_TARGETS_ARRAYS("gradient_leverage/",
                        "influence of the image on a target by projected gradients: above 0 it has "
                        "lowered the target's loss");

typedef struct {
  const rote_options *options;
  size_t images, targets;
  double *h, *on, *row; /* [N], [N, T] sums over models; [T] */
  rote_unit unit;       /* in hand */
  bool there;           /* it has leverages: it did not diverge, and not all its gradients are 0 */
  uint16_t grid[2];
} combiner;

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  combiner *c = taker;
  const double *h = rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_H, 0);
  const uint16_t *grid = rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_GRID, 0);
  for (size_t i = 0; i < rows->count && !missing && !isnan(h[i]); i++) {
    const float *on = rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_ON, i);
    const size_t image = rows->first + i;
    for (size_t t = 0; t < c->targets; t++) {
      c->row[t] = (double)on[t];
    }
    c->h[image] += h[i];
    rote_targets_add(c->options, c->unit, 1, c->row, c->on + image * c->targets);
    c->grid[0] = grid[2 * i];
    c->grid[1] = grid[2 * i + 1];
    c->there = true;
  }
  return ROTE_OK;
}

static rote_status put(combiner *c, size_t models, bool first, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < c->images; i++) {
    c->h[i] = models > 0 ? c->h[i] / (double)models : (double)NAN;
  }
  rote_targets_mean(c->options, models, first, c->images, c->on);
  ROTE_TRY(rote_sink_put(sink, &h_array, ROTE_ALL, c->h));
  for (size_t k = 0; k < 2; k++) {
    ROTE_TRY(rote_sink_put(sink, &grid_arrays[k], ROTE_ALL, &c->grid[k]));
  }
  ROTE_TRY(rote_targets_put(sink, &target_arrays, c->options, c->images, c->on));
done:
  return status;
}

rote_status rote_gradient_leverage_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const size_t units = rote_unit_count(o);
  combiner c = {.options = o, .images = pieces->setting.train->count, .targets = rote_targets(o)};
  size_t models = 0;
  bool first = false;
  if (o->folds.full == 0) {
    goto done;
  }
  ROTE_TRY(rote_alloc(c.images, sizeof *c.h, &c.h));
  ROTE_TRY(rote_alloc(c.images * c.targets, sizeof *c.on, &c.on));
  ROTE_TRY(rote_alloc(c.targets, sizeof *c.row, &c.row));
  for (size_t unit = units - o->folds.full; unit < units; unit++) {
    c.unit = rote_unit_at(o, unit);
    c.there = false;
    ROTE_TRY(rote_pieces_read(pieces, unit, 0, rote_gradient_leverage_rows, take, &c));
    models += c.there;
    first = first || (c.there && c.unit.repeat == 0);
  }
  ROTE_TRY(put(&c, models, first, sink));
done:
  rote_free(&c.h);
  rote_free(&c.on);
  rote_free(&c.row);
  return status;
}
