/* The measure "gradient_leverage": influence by projected gradients (Choe et al. 2024, LoGra; Park
 * et al. 2023, TRAK).
 *
 * A row is the projected gradient phi of an image's loss under a full model at the end of its
 * training (rote/projection.h). All that is told comes from these rows, so that other training
 * images can be made targets without a gradient more. */
#include "gradient_leverage_room.h"

#include "rote/clock.h"
#include "rote/memory.h"
#include "rote/noisy_images.h"
#include "targets.h"

enum { BATCH = 16, PIECE = 256 }; /* images at once, and of a file of rows */

_Static_assert(sizeof(rote_real) == sizeof(float), "rows are what the model computes with");

const rote_array rote_gradient_leverage_rows[] = {
    {.name = "phi",
     .dims = "IQ",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = "projected gradient of the image's loss, averaged over the draws"},
    ROTE_ARRAY_END,
};

static const char *const keys[] = {"influence.projected_draws", "influence.test", NULL};

static const rote_measure_bench bench[] = {
    {.name = "mlp_vae projected gradients",
     .rows = 64,
     .images = 64,
     .channels = 1,
     .side = 32,
     .set = {"influence.test=0"}},
    {.name = "conv_vae projected gradients",
     .rows = 64,
     .images = 64,
     .channels = 3,
     .side = 32,
     .set = {"model.kind=conv_vae", "model.latent=32", "model.likelihood=gaussian_constant",
             "data.transform=logit", "influence.test=0"}},
    {.name = NULL},
};

static const rote_image_score scores[] = {
    {.array = "gradient_leverage/h", .title = "gradient leverage"},
    {.array = NULL},
};

static const rote_attribution attributions[] = {
    {.array = "gradient_leverage/on", .title = "gradient leverage"},
    {.array = NULL},
};

typedef struct {
  const rote_subject_setting *setting;
  rote_per_image *per_image;
  rote_noisy_images *images;
} leverage_room;

static size_t count_rows(const rote_options *o, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)info;
  return unit.full ? images + o->influence.test : 0;
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
  leverage_room *r = *room;
  if (r != NULL) {
    rote_noisy_images_destroy(&r->images);
    rote_per_image_destroy(&r->per_image);
    rote_free(room);
  }
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  leverage_room *r = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  *room = r;
  r->setting = setting;
  ROTE_TRY(rote_per_image_create(model, setting->options->influence.projected_draws, BATCH,
                                 &r->per_image));
  ROTE_TRY(rote_per_image_prepare(r->per_image, setting->options->seed));
  ROTE_TRY(rote_noisy_images_create(r->per_image, &r->images));
done:
  if (status != ROTE_OK && r != NULL) {
    leave(room);
  }
  return status;
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  leverage_room *r = room;
  const rote_subject_setting *s = r->setting;
  const size_t images = s->train->count;
  if (rows->sizes.length['Q' - 'A'] != r->per_image->projections->total) {
    return rote_fail(ROTE_NOMEM, "rows of projected gradients have no room");
  }
  for (size_t row = 0, n = 0; row < rows->count; row += n) {
    const size_t at = rows->first + row, left = rows->count - row;
    const bool test = at >= images;
    const size_t most = r->per_image->images, until = test ? left : images - at;
    n = left < most ? left : most;
    n = until < n ? until : n;
    if (s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    rote_noisy_images_load(r->images, s->options, test ? s->test : s->train, test,
                           test ? at - images : at, n);
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
  const size_t n = q->setting.train->count < BATCH ? q->setting.train->count : BATCH;
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
    .batch_rows = BATCH,
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
