/* The measure "score": log likelihoods of all images under all models, and what leaving an image
 * out does to its own. */
#include "score_room.h"

#include "rote/clock.h"
#include "rote/importance.h"
#include "rote/laplace.h"
#include "rote/memory.h"

#include <math.h>

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
    {.name = "pareto_k",
     .dims = "I",
     .type = ROTE_H5_F32,
     .units = "1",
     .long_name = ROTE_PARETO_MEANS},
    ROTE_ARRAY_END,
};

static const char *const keys[] = {"evaluation.proposal", "evaluation.samples", "evaluation.steps",
                                   "evaluation.held_in",  "evaluation.noise",   NULL};

/* The published MNIST model, and the published CelebA model. */
#define MLP .rows = 64, .images = 64, .channels = 1, .side = 32
#define CONV .rows = 64, .images = 64, .channels = 3, .side = 32
#define CONV_SET                                                                                   \
  "model.kind=conv_vae", "model.latent=32", "model.likelihood=gaussian_constant",                  \
      "data.transform=logit"

static const rote_measure_bench bench[] = {
    {.name = "mlp_vae likelihood", MLP, .set = {"evaluation.proposal=encoder"}},
    {.name = "mlp_vae laplace", MLP},
    {.name = "conv_vae likelihood",
     CONV,
     .set = {CONV_SET, "evaluation.proposal=encoder", "evaluation.samples=128"}},
    {.name = "conv_vae laplace", CONV, .set = {CONV_SET}},
    {.name = NULL},
};

/* One of the two estimates; see evaluation.proposal. */
typedef struct {
  const rote_subject_setting *setting;
  rote_evaluator *encoder;
  rote_laplace *laplace;
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
    rote_evaluator_destroy(&r->encoder);
    rote_laplace_destroy(&r->laplace);
    rote_free(room);
  }
}

static rote_status enter(const rote_subject_setting *setting, const rote_model *model, void **room)
{
  rote_status status = ROTE_OK;
  score_room *r = NULL;
  const rote_options *o = setting->options;
  const rote_laplace_setting fit = {.samples = o->evaluation.samples, .steps = o->evaluation.steps};
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->setting = setting;
  *room = r;
  ROTE_TRY(o->evaluation.proposal == ROTE_PROPOSAL_LAPLACE
               ? rote_laplace_create(model->vae, &fit, &r->laplace)
               : rote_evaluator_create(model->vae, fit.samples, &r->encoder));
done:
  if (status != ROTE_OK && r != NULL) {
    leave(room);
  }
  return status;
}

/* Some images and what is found of them. */
typedef struct {
  size_t count;
  uint32_t index[ROTE_EVALUATE_BATCH];
  float log_px[ROTE_EVALUATE_BATCH], effective[ROTE_EVALUATE_BATCH], pareto[ROTE_EVALUATE_BATCH];
} batch;

/* The next images of the piece that the model is asked for.
 * @param[in,out] row  of the piece; behind the last one that was looked at */
static void gather(const score_room *r, const rote_piece *piece, const rote_rows *rows, size_t *row,
                   batch *b)
{
  const rote_subject_setting *s = r->setting;
  for (b->count = 0; *row < rows->count && b->count < ROTE_EVALUATE_BATCH; ++*row) {
    const size_t image = rows->first + *row;
    if (rote_score_is_asked(s->options, s->fold, s->train->count, piece->unit, image)) {
      b->index[b->count++] = (uint32_t)image;
    }
  }
}

static void evaluate(const score_room *r, const rote_piece *piece, batch *b)
{
  if (r->laplace != NULL) {
    rote_laplace_images(r->laplace, piece->w, r->setting->train, piece->unit, piece->epoch,
                        b->index, b->count, b->log_px, b->effective, b->pareto);
  } else {
    rote_evaluate_images(r->encoder, piece->w, r->setting->train, piece->unit, piece->epoch,
                         b->index, b->count, b->log_px, b->effective, b->pareto);
  }
}

static void scatter(const batch *b, rote_rows *rows)
{
  for (size_t j = 0; j < b->count; j++) {
    const size_t at = b->index[j] - rows->first;
    *(float *)rote_rows_at(rows, ROTE_SCORE_LOG_PX, at) = b->log_px[j];
    *(float *)rote_rows_at(rows, ROTE_SCORE_EFFECTIVE, at) = b->effective[j];
    *(float *)rote_rows_at(rows, ROTE_SCORE_PARETO, at) = b->pareto[j];
  }
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  const score_room *r = room;
  const rote_subject_setting *s = r->setting;
  batch b;
  rote_rows_miss(rows);
  for (size_t row = 0; row < rows->count;) {
    const size_t left = rows->count - row;
    gather(r, piece, rows, &row, &b);
    if (b.count > 0 && s->stop != NULL &&
        s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    evaluate(r, piece, &b);
    scatter(&b, rows);
  }
  return ROTE_OK;
}

static const rote_image_score scores[] = {
    {.array = "score/M_mean_log", .title = "M_mean_log", .role = ROTE_SCORE_MEAN},
    {.array = "score/standard_error", .title = "standard error", .aside = true},
    {.array = "score/p_value", .title = "p", .aside = true},
    {.array = "score/q_value", .title = "q", .aside = true},
    {.array = "score/significant", .title = "significant", .aside = true},
    {.array = "score/M", .title = "M", .role = ROTE_SCORE_PUBLISHED},
    {.array = "score/U", .title = "log p", .role = ROTE_SCORE_LOG_P},
    {.array = NULL},
};

/* Share of the images that a leave-out model evaluates. */
static double asked_share(const rote_options *o, size_t images)
{
  (void)images;
  const size_t m = o->evaluation.held_in;
  return m == 0 || o->folds.count == 0 ? 1 : (double)(m + 1) / (double)o->folds.count;
}

/* Columns of the decoder that an image takes; one costs a fifth of a training step's. */
static double weight(const rote_options *o)
{
  const double L = (double)o->model.latent, steps = (double)o->evaluation.steps;
  const double fit = o->evaluation.proposal == ROTE_PROPOSAL_LAPLACE ? steps * (L + 5) + L + 1 : 0;
  return (fit + (double)o->evaluation.samples) / 5;
}

static double smallest_p(const rote_options *o)
{
  const size_t m = o->evaluation.held_in, ranks = m > 0 ? m + 1 : o->folds.count;
  return o->folds.count > 0 ? pow((double)ranks, -(double)o->folds.repeats) : (double)NAN;
}

static rote_status check(const rote_options *o, const rote_data_info *info)
{
  (void)info;
  if (o->folds.count > 0 && o->evaluation.held_in >= o->folds.count) {
    return rote_fail(ROTE_DATA,
                     "evaluation.held_in: %zu models of a repeat are asked for beside the one "
                     "without the image, but folds.count %zu leaves %zu; use 0 for all",
                     o->evaluation.held_in, o->folds.count, o->folds.count - 1);
  }
  return ROTE_OK;
}

/* Bytes of a row: its three numbers, once in the result and once in study.h5; and its share of the
 * 7 scores and the flag that an image gets from all leave-out models. */
static void set_disk(const rote_options *o, rote_cost *cost)
{
  cost->disk = cost->full_disk = 6 * sizeof(float);
  if (o->folds.count > 0) {
    cost->disk += (7 * sizeof(double) + 1) / (double)(o->folds.repeats * o->folds.count);
  }
}

/* Images that are evaluated first: if these take the time there is, they are the measurement, else
 * a whole batch is, whose columns fill the decoder's blocks. */
#define FEW 16

static rote_status measure_cost(const rote_cost_request *request, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_trainer *t = request->trainer;
  const size_t all = request->setting.train->count;
  const size_t before = rote_memory_live_bytes();
  const rote_piece piece = {.unit = {.full = true}, .epoch = 1, .model = t->model, .w = t->w};
  void *room = NULL;
  const size_t whole = all < ROTE_EVALUATE_BATCH ? all : ROTE_EVALUATE_BATCH;
  batch b = {.count = whole < FEW ? whole : FEW};
  double images = 0;
  for (size_t i = 0; i < whole; i++) {
    b.index[i] = (uint32_t)i;
  }
  *cost = (rote_cost){0};
  ROTE_TRY(enter(&request->setting, t->model, &room));
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  evaluate(room, &piece, &b);
  const double first = rote_seconds() - start;
  if (first * (double)whole / (double)b.count < request->seconds) {
    b.count = whole;
    start = rote_seconds();
    counted = rote_kernels_multiply_adds();
  } else {
    images = (double)b.count;
  }
  while (images == 0 || rote_seconds() - start < request->seconds) {
    evaluate(room, &piece, &b);
    images += (double)b.count;
  }
  cost->seconds = cost->full_seconds = (rote_seconds() - start) / images;
  cost->flop = cost->full_flop = 2 * (rote_kernels_multiply_adds() - counted) / images;
  set_disk(request->setting.options, cost);
done:
  leave(&room);
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
    .compare = rote_score_compare,
    .health = rote_score_health,
    .check = check,
    .share = asked_share,
    .smallest_p = smallest_p,
    .scores = scores,
    .bench = bench,
    .manual = rote_score_manual,
};
