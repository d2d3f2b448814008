#include "forecast.h"

#include "rote/clock.h"
#include "rote/memory.h"
#include "rote/train.h"

#include <math.h>
#include <string.h>

/* Of a rank before it has any work: the program, its libraries and MPI. Largest resident size of a
 * worker of four under mpirun, without the shared data, before its first order: 22 MB; of the
 * coordinator 34 MB. */
#define PROGRAM_BYTES 34e6

/* Images that a slow model is trained on. */
#define FEW 16

/* Images that rows are measured with: a measure takes as many as it works on at once. */
#define BATCH 64

/* Images of the measurement of what is computed from the data alone. */
#define MANY 1024

/* What one image costs, counted and timed on a small batch of made-up images with the real code. */
typedef struct {
  double train_flop, held_out_flop;       /* a step; its loss */
  double train_seconds, held_out_seconds; /* the same, on one core */
  double bytes; /* what the code allocates for the study's number of images */
  size_t parameters;
  rote_cost *measure; /* [rote_measure_count()] a row of each */
} image_cost;

static double flop_since(double multiply_adds)
{
  return 2 * (rote_kernels_multiply_adds() - multiply_adds);
}

static double larger(double a, double b)
{
  return a > b ? a : b;
}

/* Seconds of one epoch on the trainer's images, the first after the weights were drawn anew. */
static double time_epoch(rote_trainer *t)
{
  rote_trainer_begin(t, (rote_unit){.full = true});
  const double start = rote_seconds();
  rote_trainer_epoch(t);
  return rote_seconds() - start;
}

/* An epoch of one batch of n images, as often as time allows but once at least: loading, step and
 * update. */
static void time_training(rote_trainer *t, size_t n, double seconds, image_cost *cost)
{
  double images = 0;
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  rote_trainer_begin(t, (rote_unit){.full = true});
  for (int again = 0;
       again == 0 || (again < 16 && !t->diverged && rote_seconds() - start < seconds); again++) {
    t->epoch = 0; /* there is room for the losses of the study's epochs only */
    rote_trainer_epoch(t);
    images += (double)n;
  }
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

/* Every measure that applies, on the same few images. @param[in] info  of the study
 * @param[in] trainer  NULL: those of the data */
static rote_status measure_rows(const rote_options *o, const rote_data_info *info,
                                const rote_image_set *few, size_t images,
                                const rote_trainer *trainer, double seconds, image_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_image_set none = {.count = 0};
  const rote_cost_request request = {
      .setting = {.options = o, .info = info, .train = few, .test = &none},
      .trainer = trainer,
      .images = images,
      .seconds = seconds};
  for (size_t m = 0; m < rote_measure_count(); m++) {
    const rote_measure *measure = rote_measure_list[m];
    if (rote_measure_has_rows(measure, trainer == NULL) && rote_measure_applies(measure, o)) {
      ROTE_TRY(measure->cost(&request, &cost->measure[m]));
    }
  }
done:
  return status;
}

/* A few made-up images of the data's shape. */
static rote_status make_up(const rote_data_info *given, size_t count, rote_data **data)
{
  rote_status status = ROTE_OK;
  rote_data_info info = *given;
  info.train_count = count;
  info.test_count = 0;
  info.validation_count = 0;
  ROTE_TRY(rote_data_create(&info, data));
  rote_image_set_noise(&(*data)->train, rote_data_pixels(&info), 1);
done:
  return status;
}

/* @param[in] images  N, for which a trainer has room */
static rote_status measure(const rote_options *options, const rote_data_info *given, size_t images,
                           double seconds, image_cost *cost)
{
  rote_status status = ROTE_OK;
  rote_data *data = NULL;
  rote_trainer *trainer = NULL;
  const size_t batch = options->training.batch < images ? options->training.batch : images;
  const size_t count = batch > BATCH ? batch : BATCH;
  ROTE_TRY(make_up(given, count, &data));
  const size_t before = rote_memory_live_bytes();
  rote_image_set train = {.count = images};
  const rote_image_set test = {.count = 0};
  ROTE_TRY(rote_trainer_create(options, &data->info, &train, &test, NULL, &trainer));
  cost->bytes = (double)(rote_memory_live_bytes() - before);
  cost->parameters = trainer->model->table->total;
  train = data->train;
  measure_training(trainer, &train, seconds / 2, cost);
  train.count = BATCH;
  ROTE_TRY(measure_rows(options, given, &train, images, trainer, seconds / 2, cost));
done:
  rote_trainer_destroy(&trainer);
  rote_data_destroy(&data);
  return status;
}

/* What a worker has besides trainer and rooms: the weights of a snapshot, the folds of all images,
 * a checkpoint while it is written (it takes shape in memory), the report of a piece. */
static double memory_of_rank(const rote_options *o, size_t images, const image_cost *cost,
                             double model_bytes, double rooms)
{
  const double shard = 2048 > o->training.epochs ? 2048 : (double)o->training.epochs;
  return PROGRAM_BYTES + cost->bytes + rooms + sizeof(rote_real) * (double)cost->parameters +
         sizeof(uint16_t) * (double)(o->folds.count > 0 ? o->folds.repeats * images : 0) +
         model_bytes + 2 * sizeof(float) * shard;
}

/* Models as checkpoint.keep says, and losses, which study.h5 has once more. */
static double disk_of_models(const rote_options *o, const rote_forecast_variant *v)
{
  const double trainings = (double)v->trainings, evaluated = (double)rote_evaluation_count(o);
  const double checkpoints = o->checkpoint.keep == ROTE_KEEP_NONE ? 0 : trainings;
  const double snapshots = o->checkpoint.keep == ROTE_KEEP_EVALUATED ? trainings * evaluated : 0;
  return checkpoints * v->model_bytes + snapshots * sizeof(rote_real) * (double)v->parameters +
         4 * sizeof(float) * trainings * (double)o->training.epochs;
}

/* What a measure will do; rows are counted by the plan. */
static void plan_measure(const rote_plan *plan, size_t group, size_t variant,
                         const rote_measure *measure, const rote_cost *cost,
                         rote_forecast_measure *f)
{
  const rote_group *g = &plan->group[group];
  *f = (rote_forecast_measure){.measure = measure, .cost = *cost};
  for (size_t t = 0; t < g->tasks; t++) {
    if (g->task[t].measure != measure || g->task[t].variant != variant) {
      continue;
    }
    for (size_t u = 0; u < g->units; u++) {
      const double rows = (double)rote_plan_rows(plan, group, u, t);
      *(rote_plan_unit(plan, group, u).full ? &f->full_rows : &f->rows) += rows;
      f->tasks++;
    }
  }
  f->rows *= rote_measure_share(measure, rote_plan_options(plan, variant), plan->images);
  f->seconds_per_row = f->full_rows > 0 ? cost->full_seconds : cost->seconds;
  f->hours = (f->rows * cost->seconds + f->full_rows * cost->full_seconds) / 3600;
  f->flop = f->rows * cost->flop + f->full_rows * cost->full_flop;
  f->disk = f->rows * cost->disk + f->full_rows * cost->full_disk;
}

static rote_status plan_measures(const rote_plan *plan, size_t group, size_t variant,
                                 const image_cost *cost, rote_forecast_variant *v)
{
  rote_status status = ROTE_OK;
  const rote_options *o = rote_plan_options(plan, variant);
  v->smallest_p_value = (double)NAN;
  ROTE_TRY(rote_alloc(rote_measure_count(), sizeof *v->measure, &v->measure));
  for (size_t m = 0; m < rote_measure_count(); m++) {
    const rote_measure *measure = rote_measure_list[m];
    if (rote_measure_has_rows(measure, plan->group[group].of_data) &&
        rote_measure_applies(measure, o)) {
      plan_measure(plan, group, variant, measure, &cost->measure[m], &v->measure[v->measures++]);
      if (measure->smallest_p != NULL) { /* a number wins over NaN */
        v->smallest_p_value = fmin(v->smallest_p_value, measure->smallest_p(o));
      }
    }
  }
done:
  return status;
}

static void plan_trainings(const rote_plan *plan, size_t variant, const image_cost *cost,
                           rote_forecast_variant *v)
{
  const rote_options *o = rote_plan_options(plan, variant);
  const rote_group *g = &plan->group[plan->group_of[variant]];
  const double n = (double)plan->images, epochs = (double)o->training.epochs;
  const double k = (double)o->folds.count, r = k > 0 ? (double)o->folds.repeats : 0;
  const double full = (double)o->folds.full;
  const double all_test = (double)plan->info->test_count;
  const double test = rote_options_autoencoder(o) && n < all_test ? n : all_test; /* as trained */
  v->shares = g->variant;
  v->trainings = g->variant == variant ? g->units : 0;
  v->parameters = cost->parameters;
  v->image_seconds = cost->train_seconds;
  v->held_out_seconds = cost->held_out_seconds;
  const double trained = epochs * n * (r * (k - 1) + full);
  const double held_out = epochs * (r * n + full * test);
  const double training = trained * cost->train_seconds + held_out * cost->held_out_seconds;
  v->train_seconds = trained > 0 ? training / trained : 0;
  const double fold = k > 0 ? n / k : 0;
  if (v->trainings > 0) {
    v->flop_training = trained * cost->train_flop + held_out * cost->held_out_flop;
    v->training_hours = training / 3600;
    v->longest_training =
        epochs / 3600 *
        (full > 0 ? n * cost->train_seconds + test * cost->held_out_seconds
                  : (n - fold) * cost->train_seconds + fold * cost->held_out_seconds);
  }
  const double weights = sizeof(rote_real) * (double)cost->parameters;
  v->model_bytes = o->training.optimizer == ROTE_OPTIMIZER_ADAM ? 3 * weights : weights;
  /* A checkpoint, the one before and the next, and two waiting snapshots with a third to come. */
  v->in_flight_bytes = 3 * v->model_bytes + (rote_evaluation_count(o) > 0 ? 3 * weights : 0);
}

static rote_status plan_variant(const rote_plan *plan, size_t variant, const image_cost *cost,
                                rote_forecast_variant *v)
{
  rote_status status = ROTE_OK;
  const rote_options *o = rote_plan_options(plan, variant);
  double rooms = 0, one_room = 0; /* of the roomy ones the largest */
  v->variant = &plan->study->variant[variant];
  plan_trainings(plan, variant, cost, v);
  ROTE_TRY(plan_measures(plan, plan->group_of[variant], variant, cost, v));
  v->core_hours = v->training_hours;
  v->disk_bytes = disk_of_models(o, v);
  for (size_t m = 0; m < v->measures; m++) {
    v->core_hours += v->measure[m].hours;
    v->disk_bytes += v->measure[m].disk;
    if (v->measure[m].measure->roomy) {
      one_room = larger(one_room, v->measure[m].cost.bytes);
    } else {
      rooms += v->measure[m].cost.bytes;
    }
  }
  v->memory_per_rank = memory_of_rank(o, plan->images, cost, v->model_bytes, rooms + one_room);
done:
  return status;
}

/* What is computed from the data alone. */
static rote_status plan_data(const rote_plan *plan, double seconds, rote_forecast_variant *v)
{
  rote_status status = ROTE_OK;
  image_cost cost = {.bytes = 0};
  rote_data *data = NULL;
  ROTE_TRY(rote_alloc(rote_measure_count(), sizeof *cost.measure, &cost.measure));
  ROTE_TRY(make_up(plan->info, plan->images < MANY ? plan->images : MANY, &data));
  ROTE_TRY(measure_rows(&plan->study->base, plan->info, &data->train, plan->images, NULL, seconds,
                        &cost));
  ROTE_TRY(plan_measures(plan, plan->group_count - 1, ROTE_NO_VARIANT, &cost, v));
  v->memory_per_rank = PROGRAM_BYTES;
  for (size_t m = 0; m < v->measures; m++) {
    v->core_hours += v->measure[m].hours;
    v->disk_bytes += v->measure[m].disk;
    v->memory_per_rank += v->measure[m].cost.bytes;
  }
done:
  rote_data_destroy(&data);
  rote_free(&cost.measure);
  return status;
}

bool rote_forecast_is_weak(const rote_forecast *f, const rote_forecast_variant *v, double *least)
{
  const double images = (double)f->plan->images;
  *least = ceil(v->smallest_p_value * images / 0.05);
  return v->smallest_p_value * images > 0.05;
}

static void add_up(rote_forecast *f)
{
  double in_flight = 0;
  for (size_t i = 0; i < f->count; i++) {
    const rote_forecast_variant *v = &f->variant[i];
    f->trainings += v->trainings;
    f->flop_training += v->flop_training;
    for (size_t m = 0; m < v->measures; m++) {
      f->tasks += v->measure[m].tasks;
      f->flop_measures += v->measure[m].flop;
    }
    f->core_hours += v->core_hours;
    f->disk_bytes += v->disk_bytes;
    f->longest_training = larger(f->longest_training, v->longest_training);
    f->memory_per_rank = larger(f->memory_per_rank, v->memory_per_rank);
    in_flight = larger(in_flight, v->in_flight_bytes);
  }
  /* The longest training is one chain of steps; workers beyond the share it has of all work would
   * wait for it. */
  const double workers = larger(1, ceil(f->core_hours / f->longest_training));
  f->ranks = workers > 1 ? (size_t)workers + 1 : 1;
  f->disk_bytes += workers * in_flight;
  f->memory_shared = (double)(rote_data_pixels(f->plan->info) + sizeof(int32_t)) *
                     (double)(f->plan->images + f->plan->info->test_count);
}

/* The first variant whose images cost the same as those of variant i. */
static size_t first_alike(const rote_study *study, size_t i)
{
  size_t first = 0;
  while (first < i &&
         !rote_options_cost_the_same(&study->variant[first].options, &study->variant[i].options)) {
    first++;
  }
  return first;
}

/* Measure every kind of variant once. @param[out] cost  [study->variant_count] */
static rote_status measure_all(const rote_plan *plan, double seconds, image_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_study *study = plan->study;
  size_t kinds = 0;
  for (size_t i = 0; i < study->variant_count; i++) {
    kinds += first_alike(study, i) == i;
    ROTE_TRY(rote_alloc(rote_measure_count(), sizeof *cost[i].measure, &cost[i].measure));
  }
  for (size_t i = 0; i < study->variant_count; i++) {
    const size_t first = first_alike(study, i);
    if (first < i) {
      rote_cost *const own = cost[i].measure;
      memcpy(own, cost[first].measure, rote_measure_count() * sizeof *own);
      cost[i] = cost[first];
      cost[i].measure = own;
    } else {
      ROTE_TRY(measure(&study->variant[i].options, plan->info, plan->images,
                       seconds / (double)kinds, &cost[i]));
    }
  }
done:
  return status;
}

rote_status rote_forecast_make(const rote_plan *plan, double seconds, rote_forecast **out)
{
  rote_status status = ROTE_OK;
  rote_forecast *f = NULL;
  image_cost *cost = NULL;
  const size_t variants = plan->study->variant_count;
  const bool of_data = plan->group[plan->group_count - 1].of_data;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *f, &f));
  f->plan = plan;
  ROTE_TRY(rote_alloc(variants + 1, sizeof *f->variant, &f->variant));
  ROTE_TRY(rote_alloc(variants, sizeof *cost, &cost));
  ROTE_TRY(measure_all(plan, of_data ? 0.8 * seconds : seconds, cost));
  for (size_t i = 0; i < variants; i++) {
    ROTE_TRY(plan_variant(plan, i, &cost[i], &f->variant[i]));
    f->count++;
  }
  if (of_data) {
    ROTE_TRY(plan_data(plan, 0.2 * seconds, &f->variant[variants]));
    f->count++;
  }
  add_up(f);
  *out = f;
  f = NULL;
done:
  for (size_t i = 0; cost != NULL && i < variants; i++) {
    rote_free(&cost[i].measure);
  }
  rote_free(&cost);
  rote_forecast_destroy(&f);
  return status;
}

void rote_forecast_destroy(rote_forecast **forecast)
{
  rote_forecast *f = *forecast;
  if (f != NULL) {
    for (size_t i = 0; f->variant != NULL && i <= f->plan->study->variant_count; i++) {
      rote_free(&f->variant[i].measure);
    }
    rote_free(&f->variant);
    rote_free(forecast);
  }
}
