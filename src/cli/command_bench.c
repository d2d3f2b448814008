#include "command.h"
#include "rote/blas.h"
#include "rote/clock.h"
#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/recovery.h"
#include "rote/train.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5 /* timed blocks a case; the best counts, as in the PyTorch reference */
#define BLOCK_SECONDS 0.5

#define IMAGES 100 /* most images of a case */

/* One case: `step` does the work once, on `images` images. One function and one line in the list.
 */
typedef struct {
  rote_trainer *trainer;
  rote_evaluator *evaluator;
  rote_recovery *recovery;
  rote_recovery_result *recovered;
  rote_data *data;
  uint32_t index[IMAGES];
  float log_px[IMAGES], effective[IMAGES];
} bench_room;

typedef struct {
  const char *name;
  size_t images;
  rote_status (*prepare)(bench_room *room);
  rote_status (*step)(bench_room *room);
} bench_case;

/* Made-up images and a model on them. */
static rote_status prepare(bench_room *r, size_t images, size_t channels, size_t side,
                           const char *const *set, size_t set_count)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  const rote_data_info info = {
      .channels = channels, .height = side, .width = side, .train_count = images};
  ROTE_TRY(rote_study_parse("bench", "folds: { count: 0 }", set_count, set, &study));
  ROTE_TRY(rote_data_create(&info, &r->data));
  for (size_t i = 0; i < info.train_count * rote_data_pixels(&info); i++) {
    r->data->train.pixel[i] = (uint8_t)(i * 2654435761u >> 13);
  }
  for (uint32_t i = 0; i < images; i++) {
    r->index[i] = i;
  }
  ROTE_TRY(
      rote_trainer_create(&study->base, &info, &r->data->train, &r->data->test, NULL, &r->trainer));
  rote_trainer_begin(r->trainer, (rote_unit){.full = true});
  if (r->trainer->vae != NULL) {
    ROTE_TRY(rote_evaluator_create(r->trainer->vae, &r->evaluator));
  }
done:
  rote_study_destroy(&study);
  return status;
}

/* The published MNIST model. */
static rote_status prepare_mlp(bench_room *r)
{
  return prepare(r, 64, 1, 32, NULL, 0);
}

/* The published CelebA model. */
static rote_status prepare_conv(bench_room *r)
{
  static const char *const set[] = {"model.kind=conv_vae", "model.latent=32",
                                    "model.likelihood=gaussian_constant", "data.transform=logit",
                                    "evaluation.samples=128"};
  return prepare(r, 64, 3, 32, set, sizeof set / sizeof *set);
}

/* 784-512x5-784 on 100 images in one batch. */
static rote_status prepare_fc(bench_room *r)
{
  static const char *const set[] = {"model.kind=fc_ae", "data.transform=scale",
                                    "training.batch=100"};
  return prepare(r, 100, 1, 28, set, sizeof set / sizeof *set);
}

/* The same model, and 100 rounds of the blind method. */
static rote_status prepare_recovery(bench_room *r)
{
  rote_status status = ROTE_OK;
  const rote_recovery_options options = {.seed = 1,
                                         .degradation = {.missing = 0.5},
                                         .rho = 0.5,
                                         .rounds = 100,
                                         .inner = 1,
                                         .methods = 1u << ROTE_INVERSE_BLIND};
  ROTE_TRY(prepare_fc(r));
  const rote_data_info *info = &r->data->info;
  const size_t pixels = info->height * info->width;
  ROTE_TRY(
      rote_recovery_create(r->trainer->model->autoencoder, info, &options, IMAGES, &r->recovery));
  ROTE_TRY(rote_recovery_result_create(&options, IMAGES, r->trainer->model->pixels, pixels,
                                       &r->recovered));
done:
  return status;
}

static rote_status prepare_unet(bench_room *r)
{
  static const char *const set[] = {"model.kind=unet_ae", "data.transform=scale",
                                    "training.batch=50"};
  return prepare(r, 50, 3, 32, set, sizeof set / sizeof *set);
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

static rote_status step_likelihood(bench_room *r)
{
  rote_evaluate_images(r->evaluator, r->trainer->w, &r->data->train, (rote_unit){.full = true}, 1,
                       0, 64, r->log_px, r->effective);
  return ROTE_OK;
}

/* All of it: degraded images, rounds, curves and the nearest training image of every answer. */
static rote_status step_recovery(bench_room *r)
{
  const rote_recovery_job job = {.images = &r->data->train,
                                 .index = r->index,
                                 .count = IMAGES,
                                 .training_set = &r->data->train,
                                 .train = r->index,
                                 .train_count = IMAGES};
  return rote_recover(r->recovery, r->trainer->w, &job, r->recovered);
}

static const bench_case cases[] = {
    {"mlp_vae train", 64, prepare_mlp, step_train},
    {"mlp_vae likelihood", 64, prepare_mlp, step_likelihood},
    {"conv_vae train", 64, prepare_conv, step_train},
    {"conv_vae likelihood", 64, prepare_conv, step_likelihood},
    {"fc_ae train", 100, prepare_fc, step_train},
    {"fc_ae recovery", 100, prepare_recovery, step_recovery},
    {"unet_ae train", 50, prepare_unet, step_train},
};

static void release(bench_room *r)
{
  rote_evaluator_destroy(&r->evaluator);
  rote_recovery_destroy(&r->recovery);
  rote_recovery_result_destroy(&r->recovered);
  rote_trainer_destroy(&r->trainer);
  rote_data_destroy(&r->data);
}

static void print_case(const bench_case *c, double seconds, double operations, double openblas,
                       double own, bool json)
{
  const double gflops = 1e-9 * operations / seconds, peak = openblas > own ? openblas : own;
  if (!json) {
    printf("%-20s %10.3f ms a step  %10.0f images/s  %6.1f GFLOP/s  %3.0f %% of the sgemm peak "
           "(%.0f: OpenBLAS "
           "%s %.0f, own %.0f)\n",
           c->name, 1e3 * seconds, (double)c->images / seconds, gflops, 100 * gflops / peak, peak,
           rote_blas_core(), openblas, own);
    return;
  }
  cJSON *line = cJSON_CreateObject();
  cJSON_AddStringToObject(line, "case", c->name);
  cJSON_AddNumberToObject(line, "seconds_per_step", seconds);
  cJSON_AddNumberToObject(line, "images_per_second", (double)c->images / seconds);
  cJSON_AddNumberToObject(line, "gflops", gflops);
  cJSON_AddNumberToObject(line, "share_of_peak", gflops / peak);
  cJSON_AddNumberToObject(line, "peak_openblas_gflops", openblas);
  cJSON_AddNumberToObject(line, "peak_own_gflops", own);
  cJSON_AddStringToObject(line, "blas_core", rote_blas_core());
  cJSON_AddStringToObject(line, "kernels", rote_kernels_get()->name);
  char *text = cJSON_PrintUnformatted(line);
  if (text != NULL) {
    puts(text);
  }
  free(text);
  cJSON_Delete(line);
}

static rote_status run_case(const bench_case *c, bool json)
{
  rote_status status = ROTE_OK;
  bench_room room = {0};
  double best = 1e9, operations = 0, openblas = 0, own = 0;
  ROTE_TRY(c->prepare(&room));
  ROTE_TRY(c->step(&room));
  double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  ROTE_TRY(c->step(&room));
  const double once = rote_seconds() - start;
  operations = 2 * (rote_kernels_multiply_adds() - counted);
  const int repeats = once < BLOCK_SECONDS ? (int)(BLOCK_SECONDS / once) : 1;
  for (int round = 0; round < ROUNDS; round++) {
    double block_openblas = 0, block_own = 0;
    start = rote_seconds();
    for (int i = 0; i < repeats; i++) {
      ROTE_TRY(c->step(&room));
    }
    const double seconds = (rote_seconds() - start) / repeats;
    best = seconds < best ? seconds : best;
    /* the yardstick in turn with the work, so that both see the same machine */
    ROTE_TRY(rote_blas_peak(&block_openblas, &block_own));
    openblas = block_openblas > openblas ? block_openblas : openblas;
    own = block_own > own ? block_own : own;
  }
  print_case(c, best, operations, openblas, own, json);
  fflush(stdout);
done:
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
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (only == NULL || strcmp(only, cases[i].name) == 0) {
      const rote_status status = run_case(&cases[i], json);
      any = true;
      if (status != ROTE_OK) {
        return rote_command_failed(status);
      }
    }
  }
  return any ? 0 : rote_command_misused(&rote_command_bench, "there is no case \"%s\"", only);
}

const rote_command rote_command_bench = {
    .name = "bench",
    .usage = "[--case NAME] [--json]",
    .help = "time the hot loops on one core against the sgemm peak of this process; under mpirun, "
            "--case coordinator",
    .main = bench_main,
};
