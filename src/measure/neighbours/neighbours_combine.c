/* What the rows of a model say together. */
#include "copying.h"
#include "neighbours_result.h"

#include "rote/memory.h"

#include <math.h>
#include <string.h>

typedef struct {
  const rote_pieces *pieces;
  const rote_options *options;
  rote_neighbours_pool *pool;
  rote_neighbours_result *result;
  rote_relabel_problem problem; /* owns its arrays */
} combiner;

static uint32_t number_at(const rote_rows *rows, size_t array, size_t row)
{
  return *(const uint32_t *)rote_rows_at(rows, array, row);
}

static double distance_at(const rote_rows *rows, size_t array, size_t row)
{
  return *(const double *)rote_rows_at(rows, array, row);
}

/* An image's place among the pool to place `at` of a side. */
static void take_list(const rote_rows *rows, size_t row, const rote_relabel_side *side, size_t at)
{
  const size_t l = ROTE_NEIGHBOURS_LIST;
  memcpy(side->near + at * l, rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_NEAR, row),
         l * sizeof *side->near);
  memcpy(side->distance + at * l, rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_NEAR_DISTANCE, row),
         l * sizeof *side->distance);
  side->cell[at] = number_at(rows, ROTE_NEIGHBOURS_ROW_POOL_CELL, row);
}

static void take_training(const combiner *c, const rote_rows *rows, size_t row, size_t i)
{
  const rote_neighbours_result *r = c->result;
  const uint32_t place = c->pool->training[i];
  r->nearest_held_out[i] = number_at(rows, ROTE_NEIGHBOURS_ROW_FIRST, row);
  r->nearest_sample[i] = number_at(rows, ROTE_NEIGHBOURS_ROW_SECOND, row);
  r->distance_held_out[i] = distance_at(rows, ROTE_NEIGHBOURS_ROW_FIRST_DISTANCE, row);
  r->distance_sample[i] = distance_at(rows, ROTE_NEIGHBOURS_ROW_SECOND_DISTANCE, row);
  r->ratio[i] = rote_distance_ratio(r->distance_held_out[i], r->distance_sample[i]);
  if (place != UINT32_MAX) {
    take_list(rows, row, &c->problem.pool, place);
    c->problem.nearest_sample[place] = r->distance_sample[i];
  }
}

static void take_sample(const combiner *c, const rote_rows *rows, size_t row, size_t i)
{
  const rote_neighbours_result *r = c->result;
  r->sample_nearest[i] = number_at(rows, ROTE_NEIGHBOURS_ROW_FIRST, row);
  r->sample_cell[i] = number_at(rows, ROTE_NEIGHBOURS_ROW_CELL, row);
  r->sample_distance[i] = distance_at(rows, ROTE_NEIGHBOURS_ROW_FIRST_DISTANCE, row);
  r->sample_neighbour[i] = distance_at(rows, ROTE_NEIGHBOURS_ROW_SECOND_DISTANCE, row);
  r->sample_mean[i] = distance_at(rows, ROTE_NEIGHBOURS_ROW_MEAN, row);
  take_list(rows, row, &c->problem.sample, i);
}

static void take_held_out(const combiner *c, const rote_rows *rows, size_t row, size_t i)
{
  const rote_neighbours_result *r = c->result;
  const uint32_t place = c->pool->held_out[i];
  r->held_out_nearest[i] = number_at(rows, ROTE_NEIGHBOURS_ROW_FIRST, row);
  r->held_out_cell[i] = number_at(rows, ROTE_NEIGHBOURS_ROW_CELL, row);
  r->held_out_distance[i] = distance_at(rows, ROTE_NEIGHBOURS_ROW_FIRST_DISTANCE, row);
  if (place != UINT32_MAX) {
    take_list(rows, row, &c->problem.pool, place);
    c->problem.nearest_sample[place] = distance_at(rows, ROTE_NEIGHBOURS_ROW_SECOND_DISTANCE, row);
  }
}

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  combiner *c = taker;
  const rote_neighbours_result *r = c->result;
  c->result->missing = c->result->missing || missing;
  for (size_t row = 0; row < rows->count; row++) {
    const rote_neighbours_part part =
        rote_neighbours_part_at(r->images, r->held_out, rows->first + row, 1);
    switch (part.kind) {
    case ROTE_NEIGHBOURS_TRAINING:
      take_training(c, rows, row, part.first);
      break;
    case ROTE_NEIGHBOURS_SAMPLE:
      take_sample(c, rows, row, part.first);
      break;
    case ROTE_NEIGHBOURS_HELD_OUT:
      take_held_out(c, rows, row, part.first);
      break;
    }
  }
  return ROTE_OK;
}

static double mean(size_t n, const double *x)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    sum += x[i];
  }
  return sum / (double)n;
}

static rote_status test_copying(const combiner *c)
{
  rote_status status = ROTE_OK;
  const rote_neighbours_result *r = c->result;
  const rote_copying_side sample = {r->held_out, r->sample_distance, r->sample_cell};
  const rote_copying_side held_out = {r->held_out, r->held_out_distance, r->held_out_cell};
  rote_copying *copying = NULL;
  ROTE_TRY(rote_copying_create(2 * r->held_out, r->cells, &copying));
  *r->copying = rote_copying_test(copying, &sample, &held_out, c->options->neighbours.share, r->z,
                                  r->cell_samples, r->cell_held_out);
done:
  rote_copying_destroy(&copying);
  return status;
}

static rote_status relabel(const combiner *c)
{
  rote_status status = ROTE_OK;
  rote_relabel_result relabelled;
  for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    relabelled.value[s] = relabelled.p[s] = (double)NAN;
  }
  if (!c->result->missing) {
    ROTE_TRY(rote_relabel(&c->problem, &relabelled));
  }
  for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    *c->result->value[s] = relabelled.value[s];
    *c->result->p[s] = relabelled.p[s];
  }
done:
  return status;
}

static rote_status combine_unit(combiner *c, size_t unit)
{
  rote_status status = ROTE_OK;
  rote_neighbours_result *r = c->result;
  r->missing = false;
  ROTE_TRY(rote_pieces_read(c->pieces, unit, 0, rote_neighbours_rows, take, c));
  *r->mean_ratio = mean(r->images, r->ratio);
  rote_neighbours_authenticity(r->held_out, r->sample_distance, r->sample_neighbour, r->authentic,
                               r->authentic_share);
  ROTE_TRY(rote_neighbours_extract(r));
  ROTE_TRY(test_copying(c));
  ROTE_TRY(relabel(c));
done:
  return status;
}

static rote_status create_side(size_t count, rote_relabel_side *side)
{
  rote_status status = ROTE_OK;
  side->count = count;
  ROTE_TRY(rote_alloc(count * ROTE_NEIGHBOURS_LIST, sizeof *side->near, &side->near));
  ROTE_TRY(rote_alloc(count * ROTE_NEIGHBOURS_LIST, sizeof *side->distance, &side->distance));
  ROTE_TRY(rote_alloc(count, sizeof *side->cell, &side->cell));
done:
  return status;
}

static void clear_side(rote_relabel_side *side)
{
  rote_free(&side->near);
  rote_free(&side->distance);
  rote_free(&side->cell);
}

static bool must_stop(void *context)
{
  const rote_subject_setting *s = context;
  return s->stop != NULL && s->stop(s->context, 0);
}

static rote_status create_problem(combiner *c, rote_subject_setting *setting)
{
  rote_status status = ROTE_OK;
  rote_relabel_problem *p = &c->problem;
  p->list = ROTE_NEIGHBOURS_LIST;
  p->cells = c->options->neighbours.cells;
  p->permutations = c->options->neighbours.permutations;
  p->share = c->options->neighbours.share;
  p->stream = (rote_stream){.seed = c->options->seed, .purpose = ROTE_PURPOSE_RELABEL};
  p->abandon = must_stop;
  p->context = setting;
  ROTE_TRY(create_side(c->result->held_out, &p->sample));
  ROTE_TRY(create_side(2 * c->pool->half, &p->pool));
  ROTE_TRY(rote_alloc(p->pool.count, sizeof *p->nearest_sample, &p->nearest_sample));
done:
  return status;
}

rote_status rote_neighbours_combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const size_t images = pieces->setting.train->count;
  const size_t held_out = pieces->setting.info->test_count;
  const size_t left_out = rote_unit_count(o) - o->folds.full;
  rote_subject_setting setting = pieces->setting;
  combiner c = {.pieces = pieces, .options = o};
  if (o->folds.full == 0 || held_out == 0) {
    return ROTE_OK; /* a study that is checked has both */
  }
  ROTE_TRY(rote_neighbours_pool_create(o->seed, images, held_out, &c.pool));
  ROTE_TRY(rote_neighbours_result_create(o, images, held_out, &c.result));
  ROTE_TRY(create_problem(&c, &setting));
  ROTE_TRY(rote_neighbours_put_scales(c.result, o->folds.full, sink));
  for (size_t model = 0; model < o->folds.full; model++) {
    ROTE_TRY(combine_unit(&c, left_out + model));
    ROTE_TRY(rote_neighbours_put(c.result, model, sink));
  }
done:
  rote_neighbours_pool_destroy(&c.pool);
  rote_neighbours_result_destroy(&c.result);
  clear_side(&c.problem.sample);
  clear_side(&c.problem.pool);
  rote_free(&c.problem.nearest_sample);
  return status;
}
