#include "plan.h"

#include "rote/clock.h"
#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/train.h"

#include <math.h>
#include <string.h>

/* Of a rank before it has any work: the program, its libraries and MPI. Largest resident size of a
 * worker of four under mpirun, without the shared data, before its first order: 22 MB; of the
 * coordinator 34 MB. */
#define PROGRAM_BYTES 34e6

/* Images that are evaluated at once in the measurement, and that a slow model is trained on. */
#define FEW 16

/* What one image costs, counted and timed on a small batch of made-up images with the real code. */
typedef struct {
  double train_flop, held_out_flop, evaluate_flop; /* a step; its loss; with all its samples */
  double train_seconds, held_out_seconds, evaluate_seconds; /* the same, on one core */
  double bytes; /* what the code allocates for the study's number of images */
  size_t parameters;
  rote_plan_recovery_cost recovery;
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

/* Seconds of one epoch on the trainer's images, the first after the weights were drawn anew. */
static double time_epoch(rote_trainer *t)
{
  rote_trainer_begin(t, (rote_unit){.full = true});
  const double start = rote_seconds();
  rote_trainer_epoch(t);
  return rote_seconds() - start;
}

/* An epoch of one batch of n images, as often as time allows: loading, step and update. */
static void time_training(rote_trainer *t, size_t n, double seconds, image_cost *cost)
{
  double images = 0;
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_trainer_begin(t, (rote_unit){.full = true});
    for (int again = 0; again < 16 && !t->diverged && rote_seconds() - start < seconds; again++) {
      t->epoch = 0; /* there is room for the losses of the study's epochs only */
      rote_trainer_epoch(t);
      images += (double)n;
    }
  } while (images == 0);
  cost->train_seconds = (rote_seconds() - start) / images;
  cost->train_flop = flop_since(counted) / images;
}

/* Columns that are computed for each image of a batch of n. */
static double padding(size_t n)
{
  return (double)rote_column_pad(n) / (double)n;
}

/* Training and the loss of held-out images. The first epoch has few images: if that alone takes the
 * time there is, it is the measurement, else a whole batch is timed.
 * @param[in,out] set  images of the trainer; count changes */
static void measure_training(rote_trainer *t, rote_image_set *set, double seconds, image_cost *cost)
{
  const size_t batch = t->batch_size, few = batch < FEW ? batch : FEW;
  double counted = rote_kernels_multiply_adds();
  size_t n = few;
  set->count = few;
  const double first = time_epoch(t);
  cost->train_seconds = first / (double)few;
  cost->train_flop = flop_since(counted) / (double)few;
  if (cost->train_seconds * (double)batch < seconds) {
    set->count = n = batch;
    time_training(t, n, seconds - first, cost);
  }
  counted = rote_kernels_multiply_adds();
  rote_model_loss(t->model, t->w, t->batch->x, t->batch->eps, n, t->work);
  cost->held_out_flop = flop_since(counted) / (double)n;
  /* Of the three products of a step two are over whole blocks of columns, a loss has only such. */
  const double blocks = padding(batch) / padding(n), step = (2 * blocks + 1) / 3;
  cost->train_seconds *= step;
  cost->train_flop *= step;
  cost->held_out_flop *= blocks;
  cost->held_out_seconds = cost->train_seconds * cost->held_out_flop / cost->train_flop;
}

static void time_evaluation(rote_evaluator *e, const rote_trainer *t, double seconds,
                            image_cost *cost)
{
  float log_px[FEW], effective[FEW];
  double images = 0;
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_evaluate_images(e, t->w, t->images, (rote_unit){.full = true}, 1, 0, FEW, log_px,
                         effective);
    images += FEW;
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
  info.train_count = batch > FEW ? batch : FEW;
  info.test_count = 0;
  info.validation_count = 0;
  ROTE_TRY(rote_data_create(&info, &data));
  fill(&data->train, rote_data_pixels(&info));
  const size_t before = rote_memory_live_bytes();
  rote_image_set train = {.count = images};
  const rote_image_set test = {.count = 0};
  ROTE_TRY(rote_trainer_create(options, &info, &train, &test, NULL, &trainer));
  if (trainer->vae != NULL) {
    ROTE_TRY(rote_evaluator_create(trainer->vae, &evaluator));
  }
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  cost->parameters = trainer->model->table->total;
  train = data->train;
  measure_training(trainer, &train, seconds / 2, cost);
  train.count = info.train_count;
  if (evaluator != NULL) {
    time_evaluation(evaluator, trainer, seconds / 2, cost);
  }
  ROTE_TRY(rote_plan_recovery_measure(trainer, &info, &train, seconds / 2, &cost->recovery));
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
  return PROGRAM_BYTES + cost->bytes + cost->recovery.bytes +
         sizeof(rote_real) * (double)cost->parameters +
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
  return models + 2 * results + scores + v->recovery.disk_bytes;
}

static size_t images_of(const rote_options *o, const rote_data_info *info)
{
  return o->data.limit > 0 ? o->data.limit : info->train_count;
}

static void plan_variant(const rote_variant *variant, const rote_data_info *info,
                         const image_cost *measured, rote_plan_variant *v)
{
  const rote_options *o = &variant->options;
  const image_cost cost = *measured;
  v->variant = variant;
  v->images = images_of(o, info);
  v->trainings = rote_unit_count(o);
  v->evaluations = v->trainings * rote_evaluation_count(o);
  rote_plan_recovery_make(o, info, v->images, &cost.recovery, &v->recovery);
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
  v->core_hours = (training + evaluated * cost.evaluate_seconds) / 3600 + v->recovery.hours;
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
  v->smallest_p_value =
      rote_options_scored(o) || (v->recovery.models > 0 && k > 0) ? pow(k, -r) : (double)NAN;
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
    plan->recoveries += v->recovery.models;
    plan->flop_recovery += v->recovery.flop;
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

/* Does an image cost the same? What does not change that is made equal. Bytes between the fields
 * may differ for no reason, which costs another measurement and nothing else. */
static bool costs_the_same(const rote_variant *a, const rote_variant *b)
{
  rote_options other = b->options;
  other.training.learning_rate = a->options.training.learning_rate;
  other.training.stop_loss = a->options.training.stop_loss;
  other.evaluation.every = a->options.evaluation.every;
  other.model.beta = a->options.model.beta;
  other.recovery = a->options.recovery;
  return memcmp(&a->options, &other, sizeof other) == 0;
}

/* The first variant whose images cost the same as those of variant i. */
static size_t first_alike(const rote_study *study, size_t i)
{
  size_t first = 0;
  while (first < i && !costs_the_same(&study->variant[first], &study->variant[i])) {
    first++;
  }
  return first;
}

/* Measure every kind of variant once. @param[out] cost  [study->variant_count] */
static rote_status measure_all(const rote_study *study, const rote_data_info *info, double seconds,
                               image_cost *cost)
{
  rote_status status = ROTE_OK;
  size_t kinds = 0;
  for (size_t i = 0; i < study->variant_count; i++) {
    kinds += first_alike(study, i) == i;
  }
  for (size_t i = 0; i < study->variant_count; i++) {
    const rote_options *o = &study->variant[i].options;
    const size_t first = first_alike(study, i);
    if (first < i) {
      cost[i] = cost[first];
    } else {
      ROTE_TRY(measure(o, info, images_of(o, info), seconds / (double)kinds, &cost[i]));
    }
  }
done:
  return status;
}

rote_status rote_plan_make(const rote_study *study, const rote_data_info *info, double seconds,
                           rote_plan **out)
{
  rote_status status = ROTE_OK;
  rote_plan *plan = NULL;
  image_cost *cost = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *plan, &plan));
  plan->study = study;
  plan->info = *info;
  ROTE_TRY(rote_alloc(study->variant_count, sizeof *plan->variant, &plan->variant));
  ROTE_TRY(rote_alloc(study->variant_count, sizeof *cost, &cost));
  ROTE_TRY(measure_all(study, info, seconds, cost));
  for (size_t i = 0; i < study->variant_count; i++) {
    plan_variant(&study->variant[i], info, &cost[i], &plan->variant[i]);
  }
  add_up(plan);
  *out = plan;
  plan = NULL;
done:
  rote_free(&cost);
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
