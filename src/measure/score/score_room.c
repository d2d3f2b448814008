/* The measure "score": log likelihoods of all images under all models, and what leaving an image
 * out does to its own. */
#include "score_room.h"

#include "rote/clock.h"
#include "rote/importance.h"
#include "rote/laplace.h"
#include "rote/memory.h"

#include <math.h>

/* Images that are evaluated at once when the cost is measured. */
#define FEW 16

const rote_array rote_score_rows[] = {
    {.name = "log_px",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "nats",
     .long_name = ROTE_LOG_PX_MEANS},
    {.name = "effective_samples",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = ROTE_EFFECTIVE_MEANS},
    ROTE_ARRAY_END,
};

static const char *const keys[] = {"evaluation.samples", "evaluation.noise", NULL};

static const rote_measure laplace_bench;

static const rote_measure_bench bench[] = {
    /* the published MNIST model */
    {.name = "mlp_vae likelihood", .rows = 64, .images = 64, .channels = 1, .side = 32},
    /* the published CelebA model */
    {.name = "conv_vae likelihood",
     .rows = 64,
     .images = 64,
     .channels = 3,
     .side = 32,
     .set = {"model.kind=conv_vae", "model.latent=32", "model.likelihood=gaussian_constant",
             "data.transform=logit", "evaluation.samples=128"}},
    /* the same models with a proposal for each image */
    {.name = "mlp_vae laplace",
     .rows = 64,
     .images = 64,
     .channels = 1,
     .side = 32,
     .measure = &laplace_bench},
    {.name = "conv_vae laplace",
     .rows = 64,
     .images = 64,
     .channels = 3,
     .side = 32,
     .set = {"model.kind=conv_vae", "model.latent=32", "model.likelihood=gaussian_constant",
             "data.transform=logit"},
     .measure = &laplace_bench},
    {.name = NULL},
};

typedef struct {
  const rote_subject_setting *setting;
  rote_evaluator *evaluator;
} score_room;

static size_t count_rows(const rote_options *options, const rote_data_info *info, size_t images,
                         rote_unit unit)
{
  (void)options, (void)info, (void)unit;
  return images;
}

static void leave(void **room)
{
  score_room *r = *room;
  if (r != NULL) {
    rote_evaluator_destroy(&r->evaluator);
    rote_free(room);
  }
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  score_room *r = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = setting;
  *room = r;
  ROTE_TRY(rote_evaluator_create(model->vae, &r->evaluator));
done:
  if (status != ROTE_OK && r != NULL) {
    leave(room);
  }
  return status;
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  const score_room *r = room;
  const rote_subject_setting *s = r->setting;
  for (size_t done = 0; done < rows->count; done += ROTE_EVALUATE_BATCH) {
    const size_t left = rows->count - done;
    const size_t n = left < ROTE_EVALUATE_BATCH ? left : ROTE_EVALUATE_BATCH;
    if (s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    rote_evaluate_images(r->evaluator, piece->w, s->train, piece->unit, piece->epoch,
                         rows->first + done, n, rote_rows_at(rows, ROTE_SCORE_LOG_PX, done),
                         rote_rows_at(rows, ROTE_SCORE_EFFECTIVE, done));
  }
  return ROTE_OK;
}

/* What rote bench times of the Laplace proposal: 5 steps, 32 samples. */
typedef struct {
  const rote_subject_setting *setting;
  rote_laplace *laplace;
} laplace_room;

static void leave_laplace(void **room)
{
  laplace_room *r = *room;
  if (r != NULL) {
    rote_laplace_destroy(&r->laplace);
    rote_free(room);
  }
}

static rote_status enter_laplace(const rote_subject_setting *setting, const rote_model *model,
                                 void **room)
{
  rote_status status = ROTE_OK;
  const rote_laplace_setting five = {.samples = 32, .steps = 5};
  laplace_room *r = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = setting;
  *room = r;
  ROTE_TRY(rote_laplace_create(model->vae, &five, &r->laplace));
done:
  if (status != ROTE_OK && r != NULL) {
    leave_laplace(room);
  }
  return status;
}

static rote_status run_laplace(void *room, const rote_piece *piece, rote_rows *rows)
{
  const laplace_room *r = room;
  rote_laplace_images(r->laplace, piece->w, r->setting->train, piece->unit, piece->epoch,
                      rows->first, rows->count, rote_rows_at(rows, ROTE_SCORE_LOG_PX, 0),
                      rote_rows_at(rows, ROTE_SCORE_EFFECTIVE, 0), NULL);
  return ROTE_OK;
}

static const rote_measure laplace_bench = {
    .name = "laplace",
    .subject = ROTE_OF_EVALUATED,
    .piece_arrays = rote_score_rows,
    .run = run_laplace,
    .open = enter_laplace,
    .close = leave_laplace,
};

static double weight(const rote_options *options)
{
  return (double)options->evaluation.samples / 5;
}

static double smallest_p(const rote_options *o)
{
  return o->folds.count > 0 ? pow((double)o->folds.count, -(double)o->folds.repeats) : (double)NAN;
}

/* Bytes of a row: its two numbers, once in the result and once in study.h5; and its share of the 7
 * scores and the flag that an image gets from all leave-out models. */
static void set_disk(const rote_options *o, rote_cost *cost)
{
  cost->disk = cost->full_disk = 4 * sizeof(float);
  if (o->folds.count > 0) {
    cost->disk += (7 * sizeof(double) + 1) / (double)(o->folds.repeats * o->folds.count);
  }
}

static rote_status measure_cost(const rote_cost_request *request, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_trainer *t = request->trainer;
  const rote_image_set *train = request->setting.train;
  const size_t n = train->count < FEW ? train->count : FEW;
  const size_t before = rote_memory_live_bytes();
  rote_evaluator *e = NULL;
  float log_px[FEW], effective[FEW];
  double images = 0;
  *cost = (rote_cost){0};
  ROTE_TRY(rote_evaluator_create(t->vae, &e));
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_evaluate_images(e, t->w, train, (rote_unit){.full = true}, 1, 0, n, log_px, effective);
    images += (double)n;
  } while (rote_seconds() - start < request->seconds);
  cost->seconds = cost->full_seconds = (rote_seconds() - start) / images;
  cost->flop = cost->full_flop = 2 * (rote_kernels_multiply_adds() - counted) / images;
  set_disk(request->setting.options, cost);
done:
  rote_evaluator_destroy(&e);
  return status;
}

const rote_measure rote_measure_score = {
    .name = "score",
    .work = "evaluate",
    .doing = "evaluation",
    .about = "Scores of every image",
    .subject = ROTE_OF_EVALUATED,
    .keys = keys,
    .piece_arrays = rote_score_rows,
    .rows = count_rows,
    .run = run,
    .combine = rote_score_combine,
    .weight = weight,
    .cost = measure_cost,
    .tell = rote_score_tell,
    .suffix = "",
    .batch_rows = ROTE_EVALUATE_BATCH,
    .open = enter,
    .close = leave,
    .smallest_p = smallest_p,
    .bench = bench,
};
