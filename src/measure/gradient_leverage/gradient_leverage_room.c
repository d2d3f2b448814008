/* The measure "gradient_leverage": influence by projected gradients (Choe et al. 2024, LoGra; Park
 * et al. 2023, TRAK).
 *
 * A row is the projected gradient phi of an image's loss under a full model at the end of its
 * training (rote/projection.h). All that is told comes from these rows, so that other training
 * images can be made targets without a gradient more. */
#include "gradient_leverage_room.h"

#include "rote/clock.h"
#include "rote/memory.h"
#include "target_images.h"

enum { PIECE = 256 }; /* rows of a file */

_Static_assert(sizeof(rote_real) == sizeof(float), "rows are what the model computes with");

const rote_array rote_gradient_leverage_rows[] = {
    {.name = "phi",
     .dims = "IQ",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "projected gradient of the image's loss, averaged over the draws"},
    ROTE_ARRAY_END,
};

static const char *const keys[] = {"influence.projected_draws", "influence.test",
                                   "influence.sample", NULL};

static const rote_measure_bench bench[] = {ROTE_TARGET_BENCH("projected gradients")};

static const rote_image_score scores[] = {
    {.array = "gradient_leverage/h", .title = "gradient leverage"},
    {.array = NULL},
};

static const rote_attribution attributions[] = {
    {.array = "gradient_leverage/on", .title = "gradient leverage"},
    {.array = NULL},
};

static size_t count_rows(const rote_options *o, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)info;
  return unit.full ? images + rote_targets(o) - rote_targets_of_training(o) : 0;
}

/* 0 if there is no memory, which run() and combine() say. */
static void sizes(const rote_options *o, const rote_data_info *info, rote_sizes *s)
{
  rote_model *model = NULL;
  size_t numbers = 0;
  if (rote_model_create(o, info, &model) == ROTE_OK) {
    numbers = rote_per_image_projected_numbers(model);
  }
  rote_model_destroy(&model);
  s->length['Q' - 'A'] = numbers;
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
                           rote_rows_at(rows, ROTE_GRADIENT_LEVERAGE_PHI, row));
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
  ROTE_TRY(rote_rows_create(rote_gradient_leverage_rows, &own, n, &rows));
  rows->count = n;
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  double images = 0;
  do {
    ROTE_TRY(run(room, &piece, rows));
    images += (double)n;
  } while (rote_seconds() - start < q->seconds);
  cost->full_seconds = (rote_seconds() - start) / images;
  cost->full_flop = 2 * (rote_kernels_multiply_adds() - counted) / images;
  cost->full_disk = (double)(4 * own.length['Q' - 'A'] + 8 * (1 + rote_targets(o)));
done:
  rote_rows_destroy(&rows);
  leave(&room);
  return status;
}

static double weight(const rote_options *o)
{
  return 0.7 * (double)o->influence.projected_draws;
}

/* Of an autoencoder that asks for TracIn rote_targets_check() says what to do. */
static bool asked(const rote_options *o)
{
  return rote_options_ask_for(o, "influence") &&
         (o->influence.method != ROTE_INFLUENCE_TRACIN || rote_options_autoencoder(o));
}

const rote_measure rote_measure_gradient_leverage = {
    .name = "gradient_leverage",
    .work = "gradient_leverage",
    .doing = "projected gradients",
    .about = "Gradient leverages of the images",
    .subject = ROTE_OF_TRAINED,
    .keys = keys,
    .piece_arrays = rote_gradient_leverage_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_gradient_leverage_combine,
    .weight = weight,
    .cost = measure_cost,
    .tell = rote_gradient_leverage_tell,
    .asked = asked,
    .batch_rows = ROTE_TARGET_BATCH,
    .piece_rows = PIECE,
    .large = true,
    .sizes = sizes,
    .open = enter,
    .close = leave,
    .check = rote_targets_check,
    .scores = scores,
    .attributions = attributions,
    .bench = bench,
    .manual = rote_gradient_leverage_manual,
};
