/* Influence in study.h5: the sums over checkpoints, means over the full models, and for every
 * target who matters most. */
#include "influence_room.h"

#include "targets.h"

#include "rote/memory.h"

#include <math.h>
#include <string.h>

static const rote_array checkpoint_array = {
    .name = "influence/gradient",
    .dims = "VN",
    .type = ROTE_H5_F64,
    .chunks = ROTE_H5_ROWS,
    .units = "1",
    .long_name = "squared norm of the gradient of the image's loss at an evaluated epoch"};
static const rote_array weight_array = {
    .name = "influence/weight",
    .dims = "V",
    .type = ROTE_H5_F64,
    .units = "1",
    .long_name = "what an evaluated epoch weighs: learning rate x batch x steps since the last one "
                 "/ number of images"};
static const rote_array self_array = {.name = "influence/self_influence",
                                      .dims = "N",
                                      .type = ROTE_H5_F64,
                                      .units = "1",
                                      .long_name =
                                          "TracIn of the image on its own loss, over all epochs"};
static const rote_targets_arrays target_arrays = ROTE_TARGETS_ARRAYS(
    "influence/", "TracIn of the image on the loss of a target: above 0 it has lowered that");

/* With B images of N a step, rate eta: an image is in steps B / N of those since the last
 * checkpoint. */
double rote_influence_weight(const rote_options *o, size_t images, size_t v)
{
  const size_t before = v == 0 ? 0 : rote_evaluation_epoch(o, v - 1);
  const size_t batch = o->training.batch < images ? o->training.batch : images;
  const size_t steps = (rote_evaluation_epoch(o, v) - before) * ((images + batch - 1) / batch);
  return o->training.learning_rate * (double)batch * (double)steps / (double)images;
}

typedef struct {
  const rote_pieces *pieces;
  rote_sink *sink;
  size_t images, targets;
  double *gradient;          /* [N] of an epoch, sum over models */
  double *self, *on;         /* [N], [N, T] */
  double *epoch_on, *row;    /* [N, T] as gradient, [T] */
  size_t unit, last, models; /* in hand; last one that was counted; of the epoch that are there */
  bool first;                /* the first full model is one of them */
} combiner;

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  combiner *c = taker;
  if (missing) {
    return ROTE_OK;
  }
  const rote_unit unit = rote_unit_at(c->pieces->setting.options, c->unit);
  c->models += c->unit != c->last;
  c->first = c->first || unit.repeat == 0;
  c->last = c->unit;
  for (size_t i = 0; i < rows->count; i++) {
    const size_t image = rows->first + i;
    const float *on = rote_rows_at(rows, ROTE_INFLUENCE_ON, i);
    c->gradient[image] += (double)*(const float *)rote_rows_at(rows, ROTE_INFLUENCE_SELF, i);
    for (size_t t = 0; t < c->targets; t++) {
      c->row[t] = (double)on[t];
    }
    rote_targets_add(c->pieces->setting.options, unit, 1, c->row, c->epoch_on + image * c->targets);
  }
  return ROTE_OK;
}

/* Means over the full models that are there, and NaN of none: a sum over checkpoints of which one
 * is missing says nothing. */
static rote_status combine_epoch(combiner *c, size_t v)
{
  rote_status status = ROTE_OK;
  const rote_options *o = c->pieces->setting.options;
  const size_t units = rote_unit_count(o), numbers = c->images * c->targets;
  const double weight = rote_influence_weight(o, c->images, v);
  const rote_range epoch = {.first = v, .count = 1};
  memset(c->gradient, 0, c->images * sizeof *c->gradient);
  memset(c->epoch_on, 0, numbers * sizeof *c->epoch_on);
  c->models = 0;
  c->first = false;
  c->last = units;
  for (c->unit = units - o->folds.full; c->unit < units; c->unit++) {
    ROTE_TRY(rote_pieces_read(c->pieces, c->unit, v, rote_influence_rows, take, c));
  }
  const double share = c->models > 0 ? 1 / (double)c->models : (double)NAN;
  for (size_t i = 0; i < c->images; i++) {
    c->gradient[i] *= share;
    c->self[i] += weight * c->gradient[i];
  }
  rote_targets_mean(o, c->models, c->first, c->images, c->epoch_on);
  for (size_t i = 0; i < numbers; i++) {
    c->on[i] += weight * c->epoch_on[i];
  }
  ROTE_TRY(rote_sink_put(c->sink, &checkpoint_array, epoch, c->gradient));
  ROTE_TRY(rote_sink_put(c->sink, &weight_array, epoch, &weight));
done:
  return status;
}

rote_status rote_influence_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  combiner c = {.pieces = pieces,
                .sink = sink,
                .images = pieces->setting.train->count,
                .targets = rote_targets(o)};
  if (o->folds.full == 0) {
    goto done;
  }
  ROTE_TRY(rote_alloc(c.images, sizeof *c.gradient, &c.gradient));
  ROTE_TRY(rote_alloc(c.images, sizeof *c.self, &c.self));
  ROTE_TRY(rote_alloc(c.images * c.targets, sizeof *c.on, &c.on));
  ROTE_TRY(rote_alloc(c.images * c.targets, sizeof *c.epoch_on, &c.epoch_on));
  ROTE_TRY(rote_alloc(c.targets, sizeof *c.row, &c.row));
  ROTE_TRY(rote_measure_put_epochs(sink, o));
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    ROTE_TRY(combine_epoch(&c, v));
  }
  ROTE_TRY(rote_sink_put(sink, &self_array, ROTE_ALL, c.self));
  if (c.targets > 0) {
    ROTE_TRY(rote_targets_put(sink, &target_arrays, o, c.images, c.on));
  }
done:
  rote_free(&c.gradient);
  rote_free(&c.self);
  rote_free(&c.on);
  rote_free(&c.epoch_on);
  rote_free(&c.row);
  return status;
}
