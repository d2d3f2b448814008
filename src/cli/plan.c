#include "plan.h"

#include "rote/clock.h"
#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/train.h"

#include <math.h>

/* Of a rank before it has any work: the program, its libraries and MPI. Largest resident size of a
 * worker of four under mpirun, without the shared data, before its first order: 22 MB; of the
 * coordinator 34 MB. */
#define PROGRAM_BYTES 34e6

/* Images that are evaluated at once in the measurement. */
#define EVALUATED 16

/* What one image costs, counted and timed on a small batch of made-up images with the real code. */
typedef struct {
  double train_flop, held_out_flop, evaluate_flop; /* a step; its loss; with all its samples */
  double train_seconds, held_out_seconds, evaluate_seconds; /* the same, on one core */
  double bytes; /* what the code allocates for the study's number of images */
  size_t parameters;
} image_cost;

/* Bytes of noise: flat images would be kind to the arithmetic. */
static void fill(rote_image_set *set, size_t pixels)
{
  uint32_t x = 1;
  for (size_t i = 0; i < set->count * pixels; i++) {
    x = x * 1664525u + 1013904223u;
    set->pixel[i] = (uint8_t)(x >> 24);
  }
}

static double flop_since(double multiply_adds)
{
  return 2 * (rote_kernels_multiply_adds() - multiply_adds);
}

/* An epoch of one batch, as often as time allows: loading, step and update. */
static void time_training(rote_trainer *t, size_t batch, double seconds, image_cost *cost)
{
  double images = 0;
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_trainer_begin(t, (rote_unit){.full = true});
    for (int again = 0; again < 16 && !t->diverged && rote_seconds() - start < seconds; again++) {
      t->epoch = 0; /* there is room for the losses of the study's epochs only */
      rote_trainer_epoch(t);
      images += (double)batch;
    }
  } while (images == 0 || rote_seconds() - start < seconds);
  cost->train_seconds = (rote_seconds() - start) / images;
  cost->train_flop = flop_since(counted) / images;
}

/* The loss of held-out images, from the FLOP of an epoch that has some. */
static void count_held_out(rote_trainer *t, size_t batch, image_cost *cost)
{
  const double counted = rote_kernels_multiply_adds();
  rote_trainer_begin(t, (rote_unit){.full = true});
  rote_trainer_epoch(t);
  cost->held_out_flop = flop_since(counted) / (double)batch - cost->train_flop;
  cost->held_out_seconds = cost->train_seconds * cost->held_out_flop / cost->train_flop;
}

static void time_evaluation(rote_evaluator *e, const rote_trainer *t, double seconds,
                            image_cost *cost)
{
  float log_px[EVALUATED], effective[EVALUATED];
  double images = 0;
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_evaluate_images(e, t->w, t->images, (rote_unit){.full = true}, 1, 0, EVALUATED, log_px,
                         effective);
    images += EVALUATED;
  } while (rote_seconds() - start < seconds);
  cost->evaluate_seconds = (rote_seconds() - start) / images;
  cost->evaluate_flop = flop_since(counted) / images;
}

/* @param[in] images  N, for which a trainer has room */
static rote_status measure(const rote_options *options, const rote_data_info *given, size_t images,
                           double seconds, image_cost *cost)
{
  rote_status status = ROTE_OK;
  rote_data_info info = *given;
  rote_data *data = NULL;
  rote_trainer *trainer = NULL;
  rote_evaluator *evaluator = NULL;
  const size_t batch = options->training.batch < images ? options->training.batch : images;
  info.train_count = batch > EVALUATED ? batch : EVALUATED;
  info.test_count = batch;
  info.validation_count = 0;
  ROTE_TRY(rote_data_create(&info, &data));
  fill(&data->train, rote_data_pixels(&info));
  fill(&data->test, rote_data_pixels(&info));
  const size_t before = rote_memory_live_bytes();
  rote_image_set train = {.count = images}, test = {.count = 0};
  ROTE_TRY(rote_trainer_create(options, &info, &train, &test, NULL, &trainer));
  if (trainer->vae != NULL) {
    ROTE_TRY(rote_evaluator_create(trainer->vae, &evaluator));
  }
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  cost->parameters = trainer->model->table->total;
  train = data->train;
  train.count = batch;
  rote_trainer_begin(trainer, (rote_unit){.full = true});
  rote_trainer_epoch(trainer); /* touch the memory once */
  time_training(trainer, batch, seconds / 2, cost);
  if (evaluator != NULL) {
    train.count = info.train_count;
    time_evaluation(evaluator, trainer, seconds / 2, cost);
  }
  train.count = batch;
  test = data->test;
  count_held_out(trainer, batch, cost);
done:
  rote_evaluator_destroy(&evaluator);
  rote_trainer_destroy(&trainer);
  rote_data_destroy(&data);
  return status;
}

/* What a worker has besides trainer and evaluator: the weights of a snapshot, the folds of all
 * images, a checkpoint while it is written (it takes shape in memory), the report of a shard. */
static double memory_of_rank(const rote_options *o, size_t images, const image_cost *cost,
                             double model_bytes)
{
  const double shard = 2048 > o->training.epochs ? 2048 : (double)o->training.epochs;
  return PROGRAM_BYTES + cost->bytes + sizeof(rote_real) * (double)cost->parameters +
         sizeof(uint16_t) * (double)(o->folds.count > 0 ? o->folds.repeats * images : 0) +
         model_bytes + 2 * sizeof(float) * shard;
}

/* Files that stay when the study is done: models as checkpoint.keep says, the results of units, and
 * the same numbers once more in study.h5 with 7 scores and a flag. */
static double disk_of(const rote_plan_variant *v)
{
  const rote_options *o = &v->variant->options;
  const double trainings = (double)v->trainings, evaluated = (double)rote_evaluation_count(o);
  const double checkpoints = o->checkpoint.keep == ROTE_KEEP_NONE ? 0 : trainings;
  const double snapshots = o->checkpoint.keep == ROTE_KEEP_EVALUATED ? trainings * evaluated : 0;
  const double models =
      checkpoints * v->model_bytes + snapshots * sizeof(rote_real) * (double)v->parameters;
  const double results = 2 * sizeof(float) * (double)v->evaluations * (double)v->images +
                         2 * sizeof(float) * trainings * (double)o->training.epochs;
  const double scores = rote_options_scored(o) ? 57 * evaluated * (double)v->images : 0;
  return models + 2 * results + scores;
}

static rote_status plan_variant(const rote_variant *variant, const rote_data_info *info,
                                double seconds, rote_plan_variant *v)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &variant->options;
  image_cost cost = {0};
  v->variant = variant;
  v->images = o->data.limit > 0 ? o->data.limit : info->train_count;
  v->trainings = rote_unit_count(o);
  v->evaluations = v->trainings * rote_evaluation_count(o);
  ROTE_TRY(measure(o, info, v->images, seconds, &cost));
  const double n = (double)v->images, epochs = (double)o->training.epochs;
  const double k = (double)o->folds.count, r = k > 0 ? (double)o->folds.repeats : 0;
  const double full = (double)o->folds.full;
  const double test = rote_options_autoencoder(o) && v->images < info->test_count
                          ? (double)v->images /* as the trainer does */
                          : (double)info->test_count;
  const double trained = epochs * n * (r * (k - 1) + full);
  const double held_out = epochs * (r * n + full * test);
  const double evaluated = (double)v->evaluations * n;
  v->parameters = cost.parameters;
  v->flop_training = trained * cost.train_flop + held_out * cost.held_out_flop;
  v->flop_evaluation = evaluated * cost.evaluate_flop;
  const double training = trained * cost.train_seconds + held_out * cost.held_out_seconds;
  v->train_seconds = trained > 0 ? training / trained : 0;
  v->evaluate_seconds = cost.evaluate_seconds;
  v->core_hours = (training + evaluated * cost.evaluate_seconds) / 3600;
  const double fold = k > 0 ? n / k : 0;
  v->training_hours = epochs / 3600 *
                      (full > 0 ? n * cost.train_seconds + test * cost.held_out_seconds
                                : (n - fold) * cost.train_seconds + fold * cost.held_out_seconds);
  const double weights = sizeof(rote_real) * (double)cost.parameters;
  v->model_bytes = o->training.optimizer == ROTE_OPTIMIZER_ADAM ? 3 * weights : weights;
  v->memory_per_rank = memory_of_rank(o, v->images, &cost, v->model_bytes);
  v->disk_bytes = disk_of(v);
  /* A checkpoint, the one before and the next, and two waiting snapshots with a third to come. */
  v->in_flight_bytes = 3 * v->model_bytes + (v->evaluations > 0 ? 3 * weights : 0);
  v->smallest_p_value = rote_options_scored(o) ? pow(k, -r) : (double)NAN;
done:
  return status;
}

bool rote_plan_is_weak(const rote_plan_variant *v, double *least)
{
  *least = ceil(v->smallest_p_value * (double)v->images / 0.05);
  return v->smallest_p_value * (double)v->images > 0.05;
}

static double larger(double a, double b)
{
  return a > b ? a : b;
}

static void add_up(rote_plan *plan)
{
  double in_flight = 0;
  for (size_t i = 0; i < plan->study->variant_count; i++) {
    const rote_plan_variant *v = &plan->variant[i];
    plan->trainings += v->trainings;
    plan->evaluations += v->evaluations;
    plan->flop_training += v->flop_training;
    plan->flop_evaluation += v->flop_evaluation;
    plan->core_hours += v->core_hours;
    plan->disk_bytes += v->disk_bytes;
    plan->training_hours = larger(plan->training_hours, v->training_hours);
    plan->memory_per_rank = larger(plan->memory_per_rank, v->memory_per_rank);
    in_flight = larger(in_flight, v->in_flight_bytes);
  }
  /* The longest training is one chain of steps; workers beyond the share it has of all work would
   * wait for it. */
  const double workers = larger(1, ceil(plan->core_hours / plan->training_hours));
  plan->tasks = workers > 1 ? (size_t)workers + 1 : 1;
  plan->disk_bytes += workers * in_flight;
  plan->memory_shared = (double)(rote_data_pixels(&plan->info) + sizeof(int32_t)) *
                        (double)(plan->variant[0].images + plan->info.test_count);
}

rote_status rote_plan_make(const rote_study *study, const rote_data_info *info, double seconds,
                           rote_plan **out)
{
  rote_status status = ROTE_OK;
  rote_plan *plan = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *plan, &plan));
  plan->study = study;
  plan->info = *info;
  ROTE_TRY(rote_alloc(study->variant_count, sizeof *plan->variant, &plan->variant));
  for (size_t i = 0; i < study->variant_count; i++) {
    ROTE_TRY(plan_variant(&study->variant[i], info, seconds / (double)study->variant_count,
                          &plan->variant[i]));
  }
  add_up(plan);
  *out = plan;
  plan = NULL;
done:
  rote_plan_destroy(&plan);
  return status;
}

void rote_plan_destroy(rote_plan **plan)
{
  if (*plan != NULL) {
    rote_free(&(*plan)->variant);
    rote_free(plan);
  }
}
