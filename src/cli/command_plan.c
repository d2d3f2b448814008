#include "command.h"
#include "rote/clock.h"
#include "rote/data_file.h"
#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_defaults(void)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  char *text = NULL;
  ROTE_TRY(rote_study_defaults(&study));
  ROTE_TRY(rote_study_text(study, ROTE_STUDY_COMMENTED, &text));
  printf("%s# variants:               # the same study under changes, in one run\n"
         "#   - { name: lr3, set: [\"training.learning_rate=1e-3\"] }\n"
         "#   - { name: lr4, set: [\"training.learning_rate=1e-4\"] }\n",
         text);
done:
  rote_free(&text);
  rote_study_destroy(&study);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

/* What one image costs, counted and timed on a small batch of made-up images with the real code. */
typedef struct {
  double train_flop, evaluate_flop;       /* an image and step; an image with all its samples */
  double train_seconds, evaluate_seconds; /* the same, on one core */
} image_cost;

#define MEASURE_SECONDS 2.0

static rote_status measure(const rote_options *options, const rote_data_info *given,
                           image_cost *cost)
{
  rote_status status = ROTE_OK;
  rote_options o = *options;
  rote_data_info info = *given;
  rote_data *data = NULL;
  rote_trainer *trainer = NULL;
  rote_evaluator *evaluator = NULL;
  const size_t batch = o.training.batch;
  float log_px = 0, effective = 0;
  double steps = 0, images = 0;
  o.folds.count = 0;
  info.train_count = batch;
  info.validation_count = info.test_count = 0;
  ROTE_TRY(rote_data_create(&info, &data));
  ROTE_TRY(rote_trainer_create(&o, &info, &data->train, &data->test, NULL, &trainer));
  ROTE_TRY(rote_evaluator_create(trainer->vae, &evaluator));
  rote_trainer_begin(trainer, (rote_unit){.full = true});
  rote_trainer_step(trainer, batch); /* touch the memory once */
  double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  while (steps == 0 || rote_seconds() - start < MEASURE_SECONDS) {
    rote_trainer_step(trainer, batch);
    steps += (double)batch;
  }
  cost->train_seconds = (rote_seconds() - start) / steps;
  cost->train_flop = 2 * (rote_kernels_multiply_adds() - counted) / steps;
  start = rote_seconds();
  counted = rote_kernels_multiply_adds();
  while (images == 0 || rote_seconds() - start < MEASURE_SECONDS) {
    rote_evaluate_images(evaluator, trainer->w, &data->train, trainer->unit, 1, 0, 1, &log_px,
                         &effective);
    images += 1;
  }
  cost->evaluate_seconds = (rote_seconds() - start) / images;
  cost->evaluate_flop = 2 * (rote_kernels_multiply_adds() - counted) / images;
done:
  rote_evaluator_destroy(&evaluator);
  rote_trainer_destroy(&trainer);
  rote_data_destroy(&data);
  return status;
}

/* @param[in,out] core_hours  the sum over the variants */
static rote_status print_variant(const rote_variant *v, const rote_data_info *info,
                                 double *core_hours)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &v->options;
  const double images = (double)(o->data.limit > 0 ? o->data.limit : info->train_count);
  const double k = (double)o->folds.count, r = (double)o->folds.repeats,
               full = (double)o->folds.full;
  const double trained = (double)o->training.epochs * images * (k > 0 ? r * (k - 1) + full : full);
  const size_t evaluations = rote_unit_count(o) * rote_evaluation_count(o);
  const double evaluated = (double)evaluations * images;
  image_cost cost = {0};
  rote_vae *vae = NULL;
  ROTE_TRY(rote_vae_create(o, info, &vae));
  ROTE_TRY(measure(o, info, &cost));
  const double hours = (trained * cost.train_seconds + evaluated * cost.evaluate_seconds) / 3600;
  *core_hours += hours;
  printf("%s:\n", v->name);
  printf("  trainings             %zu (%zu repeats x %zu folds + %zu full), %zu epochs\n",
         rote_unit_count(o), o->folds.repeats, o->folds.count, o->folds.full, o->training.epochs);
  printf("  evaluations           %zu of %.0f images, %zu samples\n", evaluations, images,
         o->evaluation.samples);
  printf("  parameters            %zu\n", vae->table.total);
  printf("  FLOP of training      %.3g\n", cost.train_flop * trained);
  printf("  FLOP of evaluation    %.3g\n", cost.evaluate_flop * evaluated);
  printf("  core-hours            %.3g (%.3g ms to train on an image, %.3g ms to evaluate one, "
         "measured here)\n",
         hours, 1e3 * cost.train_seconds, 1e3 * cost.evaluate_seconds);
  printf("  checkpoint            %.1f MB each\n", 12e-6 * (double)vae->table.total);
  printf("  results               %.1f MB\n", 8e-6 * evaluated);
  if (o->folds.count > 1) {
    const double smallest = pow(k, -r);
    printf("  smallest p-value      %.3g\n", smallest);
    if (smallest * images > 0.05) {
      printf("  warning: at least %.0f images must reach it before any can be significant at 5 %% "
             "false discovery;\n"
             "           more repeats or folds make it smaller\n",
             ceil(smallest * images / 0.05));
    }
  }
done:
  rote_vae_destroy(&vae);
  return status;
}

typedef struct {
  const char *path; /* of the study; NULL with `defaults` */
  size_t set_count;
  const char **set;         /* [set_count] key=value */
  bool defaults, directory; /* print the commented defaults; the run directory and nothing else */
} plan_request;

/* @return 0, or the exit code of a misuse */
static int parse(int argc, char **argv, plan_request *request)
{
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    if (strcmp(word, "--defaults") == 0) {
      request->defaults = true;
    } else if (strcmp(word, "--directory") == 0) {
      request->directory = true;
    } else if (strcmp(word, "--set") == 0) {
      if (i + 1 == argc) {
        return rote_command_misused(&rote_command_plan, "--set needs a value");
      }
      request->set[request->set_count++] = argv[++i];
    } else if (word[0] == '-') {
      return rote_command_misused(&rote_command_plan, "%s: unknown option", word);
    } else if (request->path == NULL) {
      request->path = word;
    } else {
      return rote_command_misused(&rote_command_plan, "unexpected argument \"%s\"", word);
    }
  }
  return (request->path == NULL) != request->defaults
             ? rote_command_misused(&rote_command_plan, "a study file, or --defaults, is needed")
             : 0;
}

static rote_status print_plan(const rote_study *study)
{
  rote_status status = ROTE_OK;
  rote_data_info info;
  double core_hours = 0;
  ROTE_TRY(rote_data_file_info(study->base.data.file, &info));
  ROTE_TRY(rote_study_check_data(study, info.train_count));
  printf("%s: %zu training images of %zu x %zu x %zu in %s\n", study->base.name, info.train_count,
         info.channels, info.height, info.width, study->base.data.file);
  for (size_t v = 0; v < study->variant_count; v++) {
    ROTE_TRY(print_variant(&study->variant[v], &info, &core_hours));
  }
  const double pixels = (double)rote_data_pixels(&info);
  printf("data set in memory    %.1f MB, once per node\n",
         1e-6 * pixels * (double)(info.train_count + info.test_count));
  printf("core-hours in all     %.3g\n", core_hours);
done:
  return status;
}

static int plan_main(int argc, char **argv)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  plan_request request = {.set = calloc((size_t)argc, sizeof *request.set)};
  if (request.set == NULL) {
    return rote_command_failed(rote_fail(ROTE_NOMEM, "out of memory"));
  }
  int code = parse(argc, argv, &request);
  if (code != 0 || request.defaults) {
    code = code != 0 ? code : print_defaults();
    goto done;
  }
  ROTE_TRY(rote_study_read(request.path, request.set_count, request.set, &study));
  if (request.directory) {
    printf("%s\n", study->base.output);
  } else {
    ROTE_TRY(print_plan(study));
  }
done:
  rote_study_destroy(&study);
  free(request.set);
  return status == ROTE_OK ? code : rote_command_failed(status);
}

const rote_command rote_command_plan = {
    .name = "plan",
    .usage = "STUDY.yaml [--set KEY=VALUE]... [--directory] | --defaults",
    .help =
        "say what a study will cost before it runs, or where it will be (--directory), or print "
        "a study file with every option explained",
    .main = plan_main,
};
