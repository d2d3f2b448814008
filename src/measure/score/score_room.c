/* The measure "score": log likelihoods of all images under all models, and what leaving an image
 * out does to its own. */
#include "score_room.h"

#include "rote/clock.h"
#include "rote/importance.h"
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

static const char *const keys[] = {"evaluation.samples", "evaluation.noise", "evaluation.held_in",
                                   NULL};

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

/* The next images of the piece that the model is asked for, at most a batch.
 * @param[in,out] row  of the piece; behind the last one that was looked at @return how many */
static size_t gather(const score_room *r, const rote_piece *piece, const rote_rows *rows,
                     size_t *row, uint32_t *index)
{
  const rote_subject_setting *s = r->setting;
  size_t n = 0;
  for (; *row < rows->count && n < ROTE_EVALUATE_BATCH; ++*row) {
    const size_t image = rows->first + *row;
    if (rote_score_is_asked(s->options, s->fold, s->train->count, piece->unit, image)) {
      index[n++] = (uint32_t)image;
    }
  }
  return n;
}

static rote_status run(void *room, const rote_piece *piece, rote_rows *rows)
{
  const score_room *r = room;
  const rote_subject_setting *s = r->setting;
  uint32_t index[ROTE_EVALUATE_BATCH];
  float log_px[ROTE_EVALUATE_BATCH], effective[ROTE_EVALUATE_BATCH];
  rote_rows_miss(rows);
  for (size_t row = 0; row < rows->count;) {
    const size_t left = rows->count - row, n = gather(r, piece, rows, &row, index);
    if (n > 0 && s->stop != NULL && s->stop(s->context, (double)left * piece->seconds_per_row)) {
      return rote_fail(ROTE_STOPPED, "stopped between two batches of images");
    }
    rote_evaluate_images(r->evaluator, piece->w, s->train, piece->unit, piece->epoch, index, n,
                         log_px, effective);
    for (size_t j = 0; j < n; j++) {
      const size_t at = index[j] - rows->first;
      *(float *)rote_rows_at(rows, ROTE_SCORE_LOG_PX, at) = log_px[j];
      *(float *)rote_rows_at(rows, ROTE_SCORE_EFFECTIVE, at) = effective[j];
    }
  }
  return ROTE_OK;
}

/* Share of the images that a leave-out model evaluates. */
static double asked_share(const rote_options *o)
{
  const size_t m = o->evaluation.held_in;
  return m == 0 || o->folds.count == 0 ? 1 : (double)(m + 1) / (double)o->folds.count;
}

static double weight(const rote_options *options)
{
  return (double)options->evaluation.samples / 5 * asked_share(options);
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
  uint32_t index[FEW];
  float log_px[FEW], effective[FEW];
  double images = 0;
  for (size_t i = 0; i < n; i++) {
    index[i] = (uint32_t)i;
  }
  *cost = (rote_cost){0};
  ROTE_TRY(rote_evaluator_create(t->vae, &e));
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_evaluate_images(e, t->w, train, (rote_unit){.full = true}, 1, index, n, log_px, effective);
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
    .check = check,
    .share = asked_share,
    .smallest_p = smallest_p,
    .bench = bench,
};
