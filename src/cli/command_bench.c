#include "command.h"
#include "rote/blas.h"
#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/measure.h"
#include "rote/memory.h"
#include "rote/train.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5 /* timed blocks a case; the best counts, as in the PyTorch reference */
#define BLOCK_SECONDS 0.5

/* What a case works with. */
typedef struct {
  rote_study *study;
  rote_data *data;
  rote_trainer *trainer;
  uint32_t *index; /* [images] 0, 1, ... */
  /* of a measure's case */
  const rote_measure *measure;
  rote_subject_setting subject;
  void *room;
  rote_rows *rows;
} bench_room;

/* Made-up images and, unless a measure is of the data alone, a model on them. */
static rote_status prepare(bench_room *r, const rote_measure_bench *c, bool model)
{
  rote_status status = ROTE_OK;
  const rote_data_info info = {.channels = c->channels,
                               .height = c->side,
                               .width = c->side,
                               .train_count = c->images,
                               .test_count = c->test};
  size_t set_count = 0;
  while (c->set[set_count] != NULL) {
    set_count++;
  }
  ROTE_TRY(rote_study_parse("bench", "folds: { count: 0 }", set_count, c->set, &r->study));
  ROTE_TRY(rote_data_create(&info, &r->data));
  rote_image_set_noise(&r->data->train, rote_data_pixels(&info), 1);
  rote_image_set_noise(&r->data->test, rote_data_pixels(&info), 2);
  ROTE_TRY(rote_alloc(c->images, sizeof *r->index, &r->index));
  for (uint32_t i = 0; i < c->images; i++) {
    r->index[i] = i;
  }
  if (model) {
    ROTE_TRY(rote_trainer_create(&r->study->base, &r->data->info, &r->data->train, &r->data->test,
                                 NULL, &r->trainer));
    rote_trainer_begin(r->trainer, (rote_unit){.full = true});
  }
done:
  return status;
}

static rote_status prepare_measure(bench_room *r, const rote_measure *m,
                                   const rote_measure_bench *c)
{
  rote_status status = ROTE_OK;
  const bool of_data = m->subject == ROTE_OF_DATA;
  ROTE_TRY(prepare(r, c, !of_data));
  r->measure = m;
  r->subject = (rote_subject_setting){.options = &r->study->base,
                                      .info = &r->data->info,
                                      .train = &r->data->train,
                                      .test = &r->data->test};
  if (m->open != NULL) {
    ROTE_TRY(m->open(&r->subject, of_data ? NULL : r->trainer->model, &r->room));
  }
  const rote_sizes sizes = rote_measure_sizes(m, &r->study->base, &r->data->info, c->images);
  ROTE_TRY(rote_rows_create(rote_measure_arrays(m, false), &sizes, c->rows, &r->rows));
  r->rows->count = c->rows;
done:
  return status;
}

/* As in a run: the batch is binarized or dequantized and its noise drawn anew in every step. */
static rote_status step_train(bench_room *r)
{
  const rote_stream data = {.seed = 1, .unit = 1, .epoch = 1, .purpose = ROTE_PURPOSE_TRAIN_DATA};
  const rote_stream latent = {
      .seed = 1, .unit = 1, .epoch = 1, .purpose = ROTE_PURPOSE_TRAIN_LATENT};
  rote_batch_load(r->trainer->batch, (rote_transform)r->trainer->options.data.transform,
                  &r->data->train, r->index, r->trainer->batch_size, data, latent);
  rote_trainer_step(r->trainer, r->trainer->batch_size);
  return ROTE_OK;
}

/* All of a piece: noise, products and what is made of them. */
static rote_status step_measure(bench_room *r)
{
  const bool of_data = r->measure->subject == ROTE_OF_DATA;
  const rote_piece piece = {
      .epoch = 1, .model = of_data ? NULL : r->trainer->model, .w = of_data ? NULL : r->trainer->w};
  return r->measure->run(r->room, &piece, r->rows);
}

static rote_status step(bench_room *r)
{
  return r->measure == NULL ? step_train(r) : step_measure(r);
}

/* Training steps: the published MNIST model, the published CelebA model, 784-512x5-784 on 100
 * images in one batch, a U-Net. */
static const rote_measure_bench trainings[] = {
    {.name = "mlp_vae train", .rows = 64, .images = 64, .channels = 1, .side = 32, .set = {NULL}},
    {.name = "conv_vae train",
     .rows = 64,
     .images = 64,
     .channels = 3,
     .side = 32,
     .set = {"model.kind=conv_vae", "model.latent=32", "model.likelihood=gaussian_constant",
             "data.transform=logit"}},
    {.name = "fc_ae train",
     .rows = 100,
     .images = 100,
     .channels = 1,
     .side = 28,
     .set = {"model.kind=fc_ae", "data.transform=scale", "training.batch=100"}},
    {.name = "unet_ae train",
     .rows = 50,
     .images = 50,
     .channels = 3,
     .side = 32,
     .set = {"model.kind=unet_ae", "data.transform=scale", "training.batch=50"}},
};

static void release(bench_room *r)
{
  if (r->measure != NULL && r->measure->close != NULL) {
    r->measure->close(&r->room);
  }
  rote_rows_destroy(&r->rows);
  rote_trainer_destroy(&r->trainer);
  rote_data_destroy(&r->data);
  rote_free(&r->index);
  rote_study_destroy(&r->study);
}

/* One timed block. Other programs of the machine take from both what they take, so the share of a
 * block is truer than that of the best times of each. */
typedef struct {
  double seconds;           /* a step */
  double sgemm, own, dgemm; /* GFLOP/s meanwhile; 0: not asked for */
} bench_round;

/* What a case took. */
typedef struct {
  double operations, spared; /* of the products executed; more of direct convolutions */
  bench_round best;          /* the fastest block */
  double share;              /* of the peak: median of the blocks */
} bench_result;

static double peak_of(const bench_round *r)
{
  const double single = r->sgemm > r->own ? r->sgemm : r->own;
  return r->dgemm > 0 ? r->dgemm : single;
}

/* Operations of direct convolutions to those executed. */
static double direct_count(const bench_result *r)
{
  return r->operations > 0 ? 1 + r->spared / r->operations : 1;
}

static void print_text(const rote_measure_bench *c, const bench_result *r)
{
  const bench_round *b = &r->best;
  const double direct = r->share * direct_count(r);
  printf("%-20s %10.3f ms a step  %10.0f images/s  %6.1f GFLOP/s  %3.0f %% of the ", c->name,
         1e3 * b->seconds, (double)c->rows / b->seconds, 1e-9 * r->operations / b->seconds,
         100 * r->share);
  if (c->in_double) {
    printf("dgemm peak (OpenBLAS %s %.0f)\n", rote_blas_core(), b->dgemm);
    return;
  }
  printf("sgemm peak (%.0f: OpenBLAS %s %.0f, own %.0f), %3.0f %% by the count of direct "
         "convolutions\n",
         peak_of(b), rote_blas_core(), b->sgemm, b->own, 100 * direct);
}

static void print_json(const rote_measure_bench *c, const bench_result *r)
{
  const bench_round *b = &r->best;
  const double rate = 1e-9 * r->operations / b->seconds;
  const double direct = direct_count(r);
  cJSON *line = cJSON_CreateObject();
  cJSON_AddStringToObject(line, "case", c->name);
  cJSON_AddNumberToObject(line, "seconds_per_step", b->seconds);
  cJSON_AddNumberToObject(line, "images_per_second", (double)c->rows / b->seconds);
  cJSON_AddNumberToObject(line, "gflops", rate);
  cJSON_AddNumberToObject(line, "share_of_peak", r->share);
  cJSON_AddNumberToObject(line, "direct_gflops", rate * direct);
  cJSON_AddNumberToObject(line, "direct_share_of_peak", r->share * direct);
  if (c->in_double) {
    cJSON_AddNumberToObject(line, "peak_dgemm_gflops", b->dgemm);
  } else {
    cJSON_AddNumberToObject(line, "peak_openblas_gflops", b->sgemm);
    cJSON_AddNumberToObject(line, "peak_own_gflops", b->own);
  }
  cJSON_AddStringToObject(line, "blas_core", rote_blas_core());
  cJSON_AddStringToObject(line, "kernels", rote_kernels_get()->name);
  char *text = cJSON_PrintUnformatted(line);
  if (text != NULL) {
    puts(text);
  }
  free(text);
  cJSON_Delete(line);
}

/* Work, then the yardstick for half as long, so that both see the same machine. */
static rote_status run_round(bench_room *room, rote_yardstick *yardstick, bool in_double,
                             bench_round *round)
{
  rote_status status = ROTE_OK;
  rote_yardstick_time time = {0};
  const double start = rote_seconds();
  double worked;
  int steps = 0;
  do {
    ROTE_TRY(step(room));
    steps++;
    worked = rote_seconds() - start;
  } while (worked < BLOCK_SECONDS);
  while (time.openblas + time.own < worked / 2) {
    rote_yardstick_multiply(yardstick, &time);
    if (!in_double) {
      rote_yardstick_multiply_own(yardstick, &time);
    }
  }
  const double rate = 1e-9 * time.operations / time.openblas;
  round->seconds = worked / steps;
  round->sgemm = in_double ? 0 : rate;
  round->dgemm = in_double ? rate : 0;
  round->own = in_double ? 0 : 1e-9 * time.own_operations / time.own;
done:
  return status;
}

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* @param[in] measure  NULL: a training step */
static rote_status run_case(const rote_measure *measure, const rote_measure_bench *c, bool json)
{
  rote_status status = ROTE_OK;
  bench_room room = {0};
  bench_result result = {.best.seconds = 1e9};
  rote_yardstick *yardstick = NULL;
  double share[ROUNDS];
  ROTE_TRY(measure == NULL ? prepare(&room, c, true) : prepare_measure(&room, measure, c));
  ROTE_TRY(rote_yardstick_create(c->in_double, &yardstick));
  ROTE_TRY(step(&room));
  const double counted = rote_kernels_multiply_adds();
  const double spared_before = rote_kernels_spared_multiply_adds();
  ROTE_TRY(step(&room));
  result.operations = 2 * (rote_kernels_multiply_adds() - counted);
  result.spared = 2 * (rote_kernels_spared_multiply_adds() - spared_before);
  for (int i = 0; i < ROUNDS; i++) {
    bench_round round;
    ROTE_TRY(run_round(&room, yardstick, c->in_double, &round));
    share[i] = 1e-9 * result.operations / round.seconds / peak_of(&round);
    if (round.seconds < result.best.seconds) {
      result.best = round;
    }
  }
  qsort(share, ROUNDS, sizeof *share, by_value);
  result.share = share[ROUNDS / 2];
  if (json) {
    print_json(c, &result);
  } else {
    print_text(c, &result);
  }
  fflush(stdout);
done:
  rote_yardstick_destroy(&yardstick);
  release(&room);
  return status;
}

#define COORDINATOR_SECONDS 3.0
#define COORDINATOR_RATE 100.0
#define SHARD_FLOATS 4096 /* log p and effective samples of 2,048 images, the largest shard */

/* The coordinator with workers that do nothing: how many units a second it can hand out and what
 * one costs it, with empty reports and with those of the largest shard; how much of a core it takes
 * when little happens and when nothing does. */
typedef struct {
  rote_farm_cost empty, shard, slow, idle;
} coordinator_costs;

static void print_coordinator(const coordinator_costs *c, bool json)
{
  const double rate = (double)c->empty.units / c->empty.seconds;
  const double shard_rate = (double)c->shard.units / c->shard.seconds;
  const double shard_cost = c->shard.coordinator_seconds / (double)c->shard.units;
  const double slow_rate = (double)c->slow.units / c->slow.seconds;
  const double slow_share = c->slow.coordinator_seconds / c->slow.seconds;
  const double idle_share = c->idle.coordinator_seconds / c->idle.seconds;
  const double fed = 10 / shard_cost;
  if (!json) {
    printf("coordinator, %zu workers: %.0f empty units/s, %.0f units/s of %d numbers; one costs it "
           "%.1f us: enough for %.0f workers with a result in 10 s each; %.2f %% of a core at %.0f "
           "units/s, %.2f %% with nothing to do\n",
           c->empty.workers, rate, shard_rate, SHARD_FLOATS, 1e6 * shard_cost, fed,
           100 * slow_share, slow_rate, 100 * idle_share);
    return;
  }
  cJSON *line = cJSON_CreateObject();
  cJSON_AddStringToObject(line, "case", "coordinator");
  cJSON_AddNumberToObject(line, "workers", (double)c->empty.workers);
  cJSON_AddNumberToObject(line, "units_per_second", rate);
  cJSON_AddNumberToObject(line, "shards_per_second", shard_rate);
  cJSON_AddNumberToObject(line, "seconds_per_shard", shard_cost);
  cJSON_AddNumberToObject(line, "workers_fed_at_10_s", fed);
  cJSON_AddNumberToObject(line, "slow_units_per_second", slow_rate);
  cJSON_AddNumberToObject(line, "slow_share_of_core", slow_share);
  cJSON_AddNumberToObject(line, "idle_share_of_core", idle_share);
  char *text = cJSON_PrintUnformatted(line);
  if (text != NULL) {
    puts(text);
  }
  free(text);
  cJSON_Delete(line);
}

static int bench_coordinator(int argc, char **argv, bool json)
{
  rote_status status = ROTE_OK;
  coordinator_costs c;
  int code = 0;
  ROTE_TRY(rote_cluster_begin(&argc, &argv));
  ROTE_TRY(rote_farm_cost_measure(COORDINATOR_SECONDS, 0, 0, &c.empty));
  ROTE_TRY(rote_farm_cost_measure(COORDINATOR_SECONDS, 0, SHARD_FLOATS, &c.shard));
  ROTE_TRY(rote_farm_cost_measure(COORDINATOR_SECONDS, COORDINATOR_RATE, SHARD_FLOATS, &c.slow));
  ROTE_TRY(rote_farm_cost_measure(COORDINATOR_SECONDS,
                                  (double)c.empty.workers / COORDINATOR_SECONDS, 0, &c.idle));
  if (rote_cluster_rank() == 0) {
    print_coordinator(&c, json);
  }
done:
  if (status != ROTE_OK && rote_cluster_rank() == 0) {
    code = rote_command_failed(status);
  }
  rote_cluster_end(code);
  return code;
}

/* @param[out] any  whether there is such a case */
static rote_status run_cases(const char *only, bool json, bool *any)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < sizeof trainings / sizeof *trainings; i++) {
    if (only == NULL || strcmp(only, trainings[i].name) == 0) {
      ROTE_TRY(run_case(NULL, &trainings[i], json));
      *any = true;
    }
  }
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    for (const rote_measure_bench *c = (*m)->bench; c != NULL && c->name != NULL; c++) {
      if (only == NULL || strcmp(only, c->name) == 0) {
        ROTE_TRY(run_case(*m, c, json));
        *any = true;
      }
    }
  }
done:
  return status;
}

static int bench_main(int argc, char **argv)
{
  const char *only = NULL;
  bool json = false, any = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else {
      return rote_command_misused(&rote_command_bench, "unexpected argument \"%s\"", argv[i]);
    }
  }
  if (only != NULL && strcmp(only, "coordinator") == 0) {
    return bench_coordinator(argc, argv, json);
  }
  rote_blas_one_thread();
  const rote_status status = run_cases(only, json, &any);
  if (status != ROTE_OK) {
    return rote_command_failed(status);
  }
  return any ? 0 : rote_command_misused(&rote_command_bench, "there is no case \"%s\"", only);
}

const rote_command rote_command_bench = {
    .name = "bench",
    .usage = "[--case NAME] [--json]",
    .help = "time the hot loops on one core against the peak of matrix products in this process; "
            "under mpirun, "
            "--case coordinator",
    .main = bench_main,
};
