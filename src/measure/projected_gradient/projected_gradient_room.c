/* The measure "projected_gradient": of every image the gradient of its loss under a full model at
 * the end of its training, projected layer by layer (rote/projection.h). All that gradient leverage
 * says is made of these rows, so that other training images can be made targets without a gradient
 * more. */
#include "projected_gradient_room.h"

#include "projected.h"
#include "rote/clock.h"
#include "rote/memory.h"
#include "target_images.h"

#include <math.h>

_Static_assert(sizeof(rote_real) == sizeof(float), "rows are what the model computes with");

static const rote_array square_array = {
    .name = "projected_gradient/square",
    .dims = "N",
    .type = ROTE_H5_F64,
    .units = "1",
    .long_name = "squared norm of the image's projected gradient at the end of the training"};

static const char *const keys[] = {"influence.projected_draws", "influence.test",
                                   "influence.sample", NULL};

static const rote_measure_bench bench[] = {ROTE_TARGET_BENCH("projected gradients")};

static size_t count_rows(const rote_options *o, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)info;
  return unit.full ? rote_projected_count(o, images) : 0;
}

/* 0 if there is no memory, which run() says. */
static void sizes(const rote_options *o, const rote_data_info *info, rote_sizes *s)
{
  s->length['Q' - 'A'] = rote_projected_numbers_of(o, info);
}

static void leave(void **room)
{
  rote_target_images *images = *room;
  rote_target_images_destroy(&images);
  *room = NULL;
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  const rote_options *o = setting->options;
  rote_target_images *images = NULL;
  ROTE_TRY(rote_target_images_create(setting, model, o->influence.projected_draws, &images));
  *room = images;
  images->images->antithetic = true; /* 8 such are as near to 64 as 16 others are: leverages of
                                        2,000 digits have a rank correlation of 0.96 with theirs */
  ROTE_TRY(rote_per_image_prepare(images->per_image, o->seed));
done:
  if (status != ROTE_OK && images != NULL) {
    leave(room);
  }
  return status;
}

/* The images of rows from `at` on. @return how many are loaded, at most `most` */
static size_t load(rote_target_images *r, size_t at, size_t most)
{
  const size_t images = r->setting->train->count, batch = r->per_image->images;
  if (at >= images) {
    return rote_target_images_load(r, rote_targets_of_training(r->setting->options) + at - images,
                                   most);
  }
  const size_t left = images - at < most ? images - at : most, n = left < batch ? left : batch;
  rote_target_images_load_training(r, at, n);
  return n;
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  rote_target_images *r = room;
  const rote_subject_setting *s = r->setting;
  if (rows->sizes.length['Q' - 'A'] != r->per_image->projections->total) {
    return rote_fail(ROTE_NOMEM, "rows of projected gradients have no room");
  }
  rote_target_images_begin(r, piece);
  for (size_t row = 0, n = 0; row < rows->count; row += n) {
    const size_t left = rows->count - row;
    if (s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    n = load(r, rows->first + row, left);
    rote_per_image_project(r->per_image, piece->w, r->images->batch->x, r->images->eps, n,
                           rote_rows_at(rows, ROTE_PROJECTED_PHI, row));
  }
  return ROTE_OK;
}

static rote_status measure_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_trainer *t = q->trainer;
  const rote_options *o = q->setting.options;
  const size_t before = rote_memory_live_bytes();
  const rote_piece piece = {.unit = {.full = true}, .epoch = 1, .model = t->model, .w = t->w};
  rote_sizes own = {{0}};
  rote_rows *rows = NULL;
  void *room = NULL;
  const size_t n =
      q->setting.train->count < ROTE_TARGET_BATCH ? q->setting.train->count : ROTE_TARGET_BATCH;
  *cost = (rote_cost){0};
  sizes(o, q->setting.info, &own);
  ROTE_TRY(enter(&q->setting, t->model, &room));
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  ROTE_TRY(rote_rows_create(rote_projected_rows, &own, n, &rows));
  rows->count = n;
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  double images = 0;
  do {
    ROTE_TRY(run(room, &piece, rows));
    images += (double)n;
  } while (rote_seconds() - start < q->seconds);
  cost->full_seconds = (rote_seconds() - start) / images;
  cost->full_flop = 2 * (rote_kernels_multiply_adds() - counted) / images;
  cost->full_disk = (double)(4 * own.length['Q' - 'A'] + 8);
done:
  rote_rows_destroy(&rows);
  leave(&room);
  return status;
}

typedef struct {
  double *square; /* [N] sum over models */
  size_t images, models;
  bool missing;
} combiner;

static rote_status take(void *taker, const rote_rows *rows, bool missing)
{
  combiner *c = taker;
  const size_t Q = rows->sizes.length['Q' - 'A'];
  c->missing = c->missing || missing;
  for (size_t i = 0; i < rows->count && rows->first + i < c->images && !missing; i++) {
    const float *phi = rote_rows_at(rows, ROTE_PROJECTED_PHI, i);
    double sum = 0;
    for (size_t q = 0; q < Q; q++) {
      sum += (double)phi[q] * (double)phi[q];
    }
    c->square[rows->first + i] += sum;
  }
  return ROTE_OK;
}

/* Means over the full models that are there. */
static rote_status combine(const rote_pieces *pieces, rote_sink *sink)
{
  rote_status status = ROTE_OK;
  const rote_options *o = pieces->setting.options;
  const size_t units = rote_unit_count(o);
  combiner c = {.images = pieces->setting.train->count};
  ROTE_TRY(rote_alloc(c.images, sizeof *c.square, &c.square));
  for (size_t unit = units - o->folds.full; unit < units; unit++) {
    c.missing = false;
    ROTE_TRY(rote_pieces_read(pieces, unit, 0, rote_projected_rows, take, &c));
    c.models += !c.missing;
  }
  for (size_t i = 0; i < c.images; i++) {
    c.square[i] = c.models > 0 ? c.square[i] / (double)c.models : (double)NAN;
  }
  if (o->folds.full > 0) {
    ROTE_TRY(rote_sink_put(sink, &square_array, ROTE_ALL, c.square));
  }
done:
  rote_free(&c.square);
  return status;
}

static double weight(const rote_options *o)
{
  return 0.7 * (double)o->influence.projected_draws;
}

/* What they say is said by those who read them. */
static rote_status tell(const rote_told *told, rote_lines *lines)
{
  (void)told;
  return lines->status;
}

const rote_measure rote_measure_projected_gradient = {
    .name = "projected_gradient",
    .work = "project",
    .doing = "projected gradients",
    .about = "Projected gradients of the images",
    .subject = ROTE_OF_TRAINED,
    .keys = keys,
    .piece_arrays = rote_projected_rows,
    .rows = count_rows,
    .run = run,
    .combine = combine,
    .weight = weight,
    .cost = measure_cost,
    .tell = tell,
    .asked = rote_projected_asked,
    .batch_rows = ROTE_TARGET_BATCH,
    .piece_rows = ROTE_PROJECTED_PIECE,
    .large = true,
    .roomy = true,
    .sizes = sizes,
    .open = enter,
    .close = leave,
    .check = rote_targets_check,
    .bench = bench,
    .manual = rote_projected_gradient_manual,
};
