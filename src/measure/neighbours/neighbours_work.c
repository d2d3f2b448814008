/* Rows of the measure "neighbours": a worker's work. */
#include "neighbours_room.h"

#include "cells.h"
#include "closest.h"
#include "half_samples.h"
#include "half_size.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

typedef struct {
  const rote_subject_setting *setting;
  size_t numbers, images, held_out; /* D, N, S */
  rote_samples *samples;
  rote_neighbours_pool *pool;
  rote_closest *closest;
  float *x;                  /* [batch, D] images that are asked about */
  float *y;                  /* [batch, D] the training images nearest to samples */
  uint32_t *self;            /* [batch] */
  rote_closest_one *found;   /* [batch, ROTE_NEIGHBOURS_EXTRACTION] */
  float *cells, *pool_cells; /* [cells, D] centres */
  bool has_cells;
  float *drawn;   /* [S, D] samples of the model in hand; NULL: none yet */
  rote_unit unit; /* which */
  size_t epoch;
} neighbours_room;

void rote_neighbours_leave(void **room)
{
  neighbours_room *r = *room;
  if (r != NULL) {
    rote_samples_destroy(&r->samples);
    rote_neighbours_pool_destroy(&r->pool);
    rote_closest_destroy(&r->closest);
    rote_free(&r->x);
    rote_free(&r->y);
    rote_free(&r->self);
    rote_free(&r->found);
    rote_free(&r->cells);
    rote_free(&r->pool_cells);
    rote_free(&r->drawn);
    rote_free(room);
  }
}

rote_status rote_neighbours_enter(const rote_subject_setting *setting, const rote_model *model,
                                  void **room)
{
  rote_status status = ROTE_OK;
  const size_t cells = setting->options->neighbours.cells;
  neighbours_room *r = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *room = r;
  r->setting = setting;
  r->numbers = rote_half_numbers(setting->info);
  r->images = setting->train->count;
  r->held_out = setting->info->test_count;
  ROTE_TRY(rote_samples_create(model->vae, &r->samples));
  ROTE_TRY(rote_neighbours_pool_create(setting->options->seed, r->images, r->held_out, &r->pool));
  ROTE_TRY(rote_closest_create(r->numbers, &r->closest));
  ROTE_TRY(rote_alloc(ROTE_CLOSEST_BATCH * r->numbers, sizeof *r->x, &r->x));
  ROTE_TRY(rote_alloc(ROTE_CLOSEST_BATCH * r->numbers, sizeof *r->y, &r->y));
  ROTE_TRY(rote_alloc(ROTE_CLOSEST_BATCH, sizeof *r->self, &r->self));
  ROTE_TRY(rote_alloc((size_t)ROTE_CLOSEST_BATCH * ROTE_NEIGHBOURS_EXTRACTION, sizeof *r->found,
                      &r->found));
  ROTE_TRY(rote_alloc(cells * r->numbers, sizeof *r->cells, &r->cells));
  ROTE_TRY(rote_alloc(cells * r->numbers, sizeof *r->pool_cells, &r->pool_cells));
done:
  if (status != ROTE_OK && r != NULL) {
    rote_neighbours_leave(room);
  }
  return status;
}

static const uint8_t *pixels_of(const neighbours_room *r, const rote_image_set *set, size_t image)
{
  return set->pixel + image * rote_data_pixels(r->setting->info);
}

static void load_set(const neighbours_room *r, const rote_image_set *set, size_t first, size_t n,
                     float *y)
{
  for (size_t i = 0; i < n; i++) {
    rote_half_bytes(r->setting->info, pixels_of(r, set, first + i), y + i * r->numbers);
  }
}

static void load_training(const void *room, size_t first, size_t n, float *y)
{
  const neighbours_room *r = room;
  load_set(r, r->setting->train, first, n, y);
}

static void load_held_out(const void *room, size_t first, size_t n, float *y)
{
  const neighbours_room *r = room;
  load_set(r, r->setting->test, first, n, y);
}

static void load_samples(const void *room, size_t first, size_t n, float *y)
{
  const neighbours_room *r = room;
  memcpy(y, r->drawn + first * r->numbers, n * r->numbers * sizeof *y);
}

static void load_pool(const void *room, size_t first, size_t n, float *y)
{
  const neighbours_room *r = room;
  for (size_t i = first; i < first + n; i++, y += r->numbers) {
    load_set(r, i < r->pool->half ? r->setting->train : r->setting->test, r->pool->image[i], 1, y);
  }
}

/* All samples of a model: they are what training images are compared with. */
static rote_status take_samples(neighbours_room *r, const rote_piece *piece)
{
  rote_status status = ROTE_OK;
  if (r->drawn != NULL && rote_unit_number(r->unit) == rote_unit_number(piece->unit) &&
      r->epoch == piece->epoch) {
    return ROTE_OK;
  }
  if (r->drawn == NULL) {
    ROTE_TRY(rote_alloc(r->held_out * r->numbers, sizeof *r->drawn, &r->drawn));
  }
  r->epoch = SIZE_MAX; /* of no model until all are there */
  for (size_t first = 0; first < r->held_out; first += ROTE_CLOSEST_BATCH) {
    const size_t left = r->held_out - first,
                 n = left < ROTE_CLOSEST_BATCH ? left : ROTE_CLOSEST_BATCH;
    if (r->setting->abandon != NULL && r->setting->abandon(r->setting->context)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of samples");
    }
    rote_half_samples(r->samples, r->setting->info, piece->w, piece->unit, first, n,
                      r->drawn + first * r->numbers);
  }
  r->unit = piece->unit;
  r->epoch = piece->epoch;
done:
  return status;
}

static rote_status take_cells(neighbours_room *r)
{
  rote_status status = ROTE_OK;
  if (!r->has_cells) {
    ROTE_TRY(rote_neighbours_make_cells(r->setting, r->numbers, r->cells));
    ROTE_TRY(rote_neighbours_make_pool_cells(r->setting, r->numbers, r->pool, r->pool_cells));
    r->has_cells = true;
  }
done:
  return status;
}

static double distance_of(double square)
{
  return isfinite(square) ? sqrt(square) / ROTE_HALF_SCALE : (double)NAN;
}

/* The closest k of a source to every image in r->x. @param[in] self  NULL: all count */
static rote_status find(neighbours_room *r, size_t n, size_t k, const float *x,
                        const uint32_t *self, rote_closest_source source)
{
  const rote_closest_search search = {.x = x,
                                      .count = n,
                                      .k = k,
                                      .self = self,
                                      .abandon = r->setting->abandon,
                                      .context = r->setting->context};
  source.context = r;
  return rote_closest_find(r->closest, &search, &source, r->found);
}

/* The nearest of each search of k to two arrays of the rows. */
static void keep_nearest(const neighbours_room *r, size_t n, size_t k, rote_rows *rows, size_t at,
                         size_t index, size_t distance)
{
  for (size_t i = 0; i < n; i++) {
    *(uint32_t *)rote_rows_at(rows, index, at + i) = r->found[i * k].index;
    *(double *)rote_rows_at(rows, distance, at + i) = distance_of(r->found[i * k].square);
  }
}

/* Lists of the closest pooled images, and cells. */
static rote_status look_at_pool(neighbours_room *r, size_t n, const uint32_t *self, rote_rows *rows,
                                size_t at)
{
  rote_status status = ROTE_OK;
  const size_t k = ROTE_NEIGHBOURS_LIST;
  const rote_closest_source pool = {.count = 2 * r->pool->half, .load = load_pool};
  ROTE_TRY(take_cells(r));
  ROTE_TRY(find(r, n, k, r->x, self, pool));
  for (size_t i = 0; i < n; i++) {
    uint32_t *near = rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_NEAR, at + i);
    double *distance = rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_NEAR_DISTANCE, at + i);
    for (size_t j = 0; j < k; j++) {
      near[j] = r->found[i * k + j].index;
      distance[j] = distance_of(r->found[i * k + j].square);
    }
    *(uint32_t *)rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_POOL_CELL, at + i) =
        (uint32_t)rote_cells_of(r->numbers, r->x + i * r->numbers,
                                r->setting->options->neighbours.cells, r->pool_cells);
  }
done:
  return status;
}

static rote_status put_cells(neighbours_room *r, size_t n, rote_rows *rows, size_t at)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(take_cells(r));
  for (size_t i = 0; i < n; i++) {
    *(uint32_t *)rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_CELL, at + i) = (uint32_t)rote_cells_of(
        r->numbers, r->x + i * r->numbers, r->setting->options->neighbours.cells, r->cells);
  }
done:
  return status;
}

/* Images that are not pooled have no list. */
static void forget_list(rote_rows *rows, size_t row)
{
  uint32_t *near = rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_NEAR, row);
  double *distance = rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_NEAR_DISTANCE, row);
  *(uint32_t *)rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_POOL_CELL, row) = UINT32_MAX;
  for (size_t j = 0; j < ROTE_NEIGHBOURS_LIST; j++) {
    near[j] = UINT32_MAX;
    distance[j] = (double)NAN;
  }
}

/* @param[in] place  in the pool, of the images that are asked about */
static rote_status look_at_pool_from(neighbours_room *r, const uint32_t *place, size_t n,
                                     rote_rows *rows, size_t at)
{
  rote_status status = ROTE_OK;
  bool any = false;
  for (size_t i = 0; i < n; i++) {
    any = any || place[i] != UINT32_MAX;
  }
  if (!any) {
    return ROTE_OK; /* as missing as they began */
  }
  ROTE_TRY(look_at_pool(r, n, place, rows, at));
  for (size_t i = 0; i < n; i++) {
    if (place[i] == UINT32_MAX) {
      forget_list(rows, at + i);
    }
  }
done:
  return status;
}

static rote_status look_at_training(neighbours_room *r, const rote_piece *piece,
                                    rote_neighbours_part part, rote_rows *rows, size_t at)
{
  rote_status status = ROTE_OK;
  const size_t n = part.count;
  const rote_closest_source held_out = {.count = r->held_out, .load = load_held_out};
  const rote_closest_source samples = {.count = r->held_out, .load = load_samples};
  load_training(r, part.first, n, r->x);
  ROTE_TRY(take_samples(r, piece));
  ROTE_TRY(find(r, n, 1, r->x, NULL, held_out));
  keep_nearest(r, n, 1, rows, at, ROTE_NEIGHBOURS_ROW_FIRST, ROTE_NEIGHBOURS_ROW_FIRST_DISTANCE);
  ROTE_TRY(find(r, n, 1, r->x, NULL, samples));
  keep_nearest(r, n, 1, rows, at, ROTE_NEIGHBOURS_ROW_SECOND, ROTE_NEIGHBOURS_ROW_SECOND_DISTANCE);
  ROTE_TRY(look_at_pool_from(r, r->pool->training + part.first, n, rows, at));
done:
  return status;
}

/* Mean distance to the closest k, or to all there are. */
static double mean_distance(const rote_closest_one *found, size_t k)
{
  double sum = 0;
  size_t count = 0;
  while (count < k && found[count].index != ROTE_CLOSEST_NONE) {
    sum += distance_of(found[count++].square);
  }
  return count > 0 ? sum / (double)count : (double)NAN;
}

/* The training image nearest to each sample, and the one nearest to that. */
static rote_status look_from_samples(neighbours_room *r, size_t n, rote_rows *rows, size_t at)
{
  rote_status status = ROTE_OK;
  const size_t k = ROTE_NEIGHBOURS_EXTRACTION;
  const rote_closest_source training = {.count = r->images, .load = load_training};
  ROTE_TRY(find(r, n, k, r->x, NULL, training));
  keep_nearest(r, n, k, rows, at, ROTE_NEIGHBOURS_ROW_FIRST, ROTE_NEIGHBOURS_ROW_FIRST_DISTANCE);
  for (size_t i = 0; i < n; i++) {
    r->self[i] = r->found[i * k].index;
    *(double *)rote_rows_at(rows, ROTE_NEIGHBOURS_ROW_MEAN, at + i) =
        mean_distance(r->found + i * k, k);
    load_training(r, r->self[i] != ROTE_CLOSEST_NONE ? r->self[i] : 0, 1, r->y + i * r->numbers);
  }
  ROTE_TRY(find(r, n, 1, r->y, r->self, training));
  for (size_t i = 0; i < n; i++) {
    if (r->self[i] == ROTE_CLOSEST_NONE) { /* a sample that is not a number */
      r->found[i] = (rote_closest_one){.square = (double)INFINITY, .index = ROTE_CLOSEST_NONE};
    }
  }
  keep_nearest(r, n, 1, rows, at, ROTE_NEIGHBOURS_ROW_SECOND, ROTE_NEIGHBOURS_ROW_SECOND_DISTANCE);
done:
  return status;
}

static rote_status look_at_samples(neighbours_room *r, const rote_piece *piece,
                                   rote_neighbours_part part, rote_rows *rows, size_t at)
{
  rote_status status = ROTE_OK;
  rote_half_samples(r->samples, r->setting->info, piece->w, piece->unit, part.first, part.count,
                    r->x);
  ROTE_TRY(look_from_samples(r, part.count, rows, at));
  ROTE_TRY(look_at_pool(r, part.count, NULL, rows, at));
  ROTE_TRY(put_cells(r, part.count, rows, at));
done:
  return status;
}

/* Pooled ones may be called training images: how close samples come to them is needed too. */
static rote_status look_at_held_out(neighbours_room *r, const rote_piece *piece,
                                    rote_neighbours_part part, rote_rows *rows, size_t at)
{
  rote_status status = ROTE_OK;
  const size_t n = part.count;
  const rote_closest_source training = {.count = r->images, .load = load_training};
  const rote_closest_source samples = {.count = r->held_out, .load = load_samples};
  load_held_out(r, part.first, n, r->x);
  ROTE_TRY(find(r, n, 1, r->x, NULL, training));
  keep_nearest(r, n, 1, rows, at, ROTE_NEIGHBOURS_ROW_FIRST, ROTE_NEIGHBOURS_ROW_FIRST_DISTANCE);
  ROTE_TRY(take_samples(r, piece));
  ROTE_TRY(find(r, n, 1, r->x, NULL, samples));
  keep_nearest(r, n, 1, rows, at, ROTE_NEIGHBOURS_ROW_SECOND, ROTE_NEIGHBOURS_ROW_SECOND_DISTANCE);
  ROTE_TRY(look_at_pool_from(r, r->pool->held_out + part.first, n, rows, at));
  ROTE_TRY(put_cells(r, n, rows, at));
done:
  return status;
}

rote_status rote_neighbours_run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  neighbours_room *r = room;
  const rote_subject_setting *s = r->setting;
  rote_rows_miss(rows);
  for (size_t done = 0; done < rows->count;) {
    const size_t left = rows->count - done;
    const rote_neighbours_part part =
        rote_neighbours_part_at(r->images, r->held_out, rows->first + done,
                                left < ROTE_CLOSEST_BATCH ? left : ROTE_CLOSEST_BATCH);
    if (s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    ROTE_TRY(part.kind == ROTE_NEIGHBOURS_TRAINING ? look_at_training(r, piece, part, rows, done)
             : part.kind == ROTE_NEIGHBOURS_SAMPLE ? look_at_samples(r, piece, part, rows, done)
                                                   : look_at_held_out(r, piece, part, rows, done));
    done += part.count;
  }
done:
  return status;
}
