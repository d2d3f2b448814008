#include "command.h"
#include "plan.h"
#include "rote/blas.h"
#include "rote/data_file.h"
#include "rote/file.h"
#include "rote/import.h"
#include "rote/memory.h"

#include <cjson/cJSON.h>
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

/* Shape of a data file that is not there yet: NAME.h5 or NAME-SIDE.h5 stands for the published data
 * set of the importer NAME. */
static bool assume_data(const char *file, rote_data_info *info)
{
  const char *slash = strrchr(file, '/'), *base = slash == NULL ? file : slash + 1;
  size_t count = 0;
  const rote_importer *const *list = rote_importer_list(&count);
  for (size_t i = 0; i < count; i++) {
    const size_t length = strlen(list[i]->name);
    int side = 0, end = 0;
    if (list[i]->published == NULL || strncmp(base, list[i]->name, length) != 0) {
      continue;
    }
    *info = *list[i]->published;
    if (strcmp(base + length, ".h5") == 0) {
      return true;
    }
    if ((list[i]->uses & ROTE_IMPORT_SIZE) != 0 &&
        sscanf(base + length, "-%4d.h5%n", &side, &end) == 1 && side > 0 && end > 0 &&
        base[length + (size_t)end] == '\0') {
      info->height = info->width = (size_t)side;
      return true;
    }
  }
  return false;
}

static void print_variant(const rote_plan_variant *v)
{
  const rote_options *o = &v->variant->options;
  double least = 0;
  printf("%s:\n", v->variant->name);
  printf("  trainings             %zu (%zu repeats x %zu folds + %zu full), %zu epochs\n",
         v->trainings, o->folds.repeats, o->folds.count, o->folds.full, o->training.epochs);
  if (v->evaluations > 0) {
    printf("  evaluations           %zu of %zu images, %zu samples\n", v->evaluations, v->images,
           o->evaluation.samples);
  }
  if (v->recovery.models > 0) {
    printf("  recoveries            %.0f images from full models, %.0f from leave-out models; %zu "
           "rounds\n",
           v->recovery.full_images, v->recovery.left_out_images, o->recovery.rounds);
  }
  printf("  parameters            %zu\n", v->parameters);
  printf("  FLOP of training      %.3g\n", v->flop_training);
  if (v->recovery.models > 0) {
    printf("  FLOP of recovery      %.3g\n", v->recovery.flop);
    printf("  hours of recovery     %.3g of one core at most (%.3g s an image from a full model, "
           "measured here)\n",
           v->recovery.hours, v->recovery.full_seconds);
  }
  if (v->evaluations > 0) {
    printf("  FLOP of evaluation    %.3g\n", v->flop_evaluation);
    printf("  core-hours            %.3g (%.3g ms to train on an image, %.3g ms to evaluate one, "
           "measured here)\n",
           v->core_hours, 1e3 * v->train_seconds, 1e3 * v->evaluate_seconds);
  } else {
    printf("  core-hours            %.3g (%.3g ms to train on an image, measured here)%s\n",
           v->core_hours, 1e3 * v->train_seconds,
           o->training.stop_loss > 0 ? "; less if training.stop_loss is reached" : "");
  }
  printf("  longest training      %.3g hours\n", v->training_hours);
  printf("  memory per rank       %.0f MB beyond the shared data\n", 1e-6 * v->memory_per_rank);
  printf("  disk                  %.1f MB in the end; a checkpoint is %.1f MB\n",
         1e-6 * v->disk_bytes, 1e-6 * v->model_bytes);
  if (!isnan(v->smallest_p_value)) {
    printf("  smallest p-value      %.3g\n", v->smallest_p_value);
    if (rote_plan_is_weak(v, &least)) {
      printf("  warning: at least %.0f images must reach it before any can be significant at 5 %% "
             "false discovery;\n"
             "           more repeats or folds make it smaller\n",
             least);
    }
  }
}

static void print_text(const rote_plan *plan, bool assumed)
{
  const rote_options *base = &plan->study->base;
  const rote_data_info *info = &plan->info;
  printf("%s: %zu training images of %zu x %zu x %zu in %s\n", base->name, info->train_count,
         info->channels, info->height, info->width, base->data.file);
  if (assumed) {
    printf("  assumed: the file is not there; this is the published data set %s\n", info->name);
  }
  for (size_t v = 0; v < plan->study->variant_count; v++) {
    print_variant(&plan->variant[v]);
  }
  printf("in all:\n");
  printf("  core-hours            %.3g\n", plan->core_hours);
  printf("  tasks                 %zu, beyond which more do not help: %.3g hours at least\n",
         plan->tasks, plan->training_hours);
  printf("  memory per node       %.1f MB of shared data, and %.0f MB a rank\n",
         1e-6 * plan->memory_shared, 1e-6 * plan->memory_per_rank);
  printf("  disk                  %.1f MB at most with as many tasks\n", 1e-6 * plan->disk_bytes);
}

/* JSON has no NaN. */
static void add_number(cJSON *json, const char *name, double value)
{
  if (isnan(value)) {
    cJSON_AddNullToObject(json, name);
  } else {
    cJSON_AddNumberToObject(json, name, value);
  }
}

static void add_variant(cJSON *list, const rote_plan_variant *v)
{
  cJSON *json = cJSON_CreateObject();
  cJSON_AddStringToObject(json, "name", v->variant->name);
  add_number(json, "images", (double)v->images);
  add_number(json, "units", (double)(v->trainings + v->evaluations + v->recovery.models));
  add_number(json, "trainings", (double)v->trainings);
  add_number(json, "evaluations", (double)v->evaluations);
  add_number(json, "parameters", (double)v->parameters);
  add_number(json, "flop_training", v->flop_training);
  add_number(json, "flop_evaluation", v->flop_evaluation);
  add_number(json, "recoveries", (double)v->recovery.models);
  add_number(json, "flop_recovery", v->recovery.flop);
  add_number(json, "recovery_hours", v->recovery.hours);
  add_number(json, "seconds_to_train_image", v->train_seconds);
  add_number(json, "seconds_to_evaluate_image", v->evaluate_seconds);
  add_number(json, "core_hours", v->core_hours);
  add_number(json, "longest_training_hours", v->training_hours);
  add_number(json, "memory_per_rank_bytes", ceil(v->memory_per_rank));
  add_number(json, "checkpoint_bytes", v->model_bytes);
  add_number(json, "disk_bytes", v->disk_bytes);
  add_number(json, "smallest_p_value", v->smallest_p_value);
  cJSON_AddItemToArray(list, json);
}

static rote_status print_json(const rote_plan *plan, bool assumed)
{
  cJSON *json = cJSON_CreateObject(), *list = cJSON_CreateArray();
  double parameters = 0, smallest = (double)NAN;
  for (size_t i = 0; i < plan->study->variant_count; i++) {
    const rote_plan_variant *v = &plan->variant[i];
    parameters = fmax(parameters, (double)v->parameters);
    smallest = fmin(smallest, v->smallest_p_value); /* a number wins over NaN */
    add_variant(list, v);
  }
  cJSON_AddStringToObject(json, "name", plan->study->base.name);
  cJSON_AddStringToObject(json, "data_file", plan->study->base.data.file);
  cJSON_AddBoolToObject(json, "data_assumed", assumed);
  add_number(json, "units", (double)(plan->trainings + plan->evaluations + plan->recoveries));
  add_number(json, "trainings", (double)plan->trainings);
  add_number(json, "evaluations", (double)plan->evaluations);
  add_number(json, "parameters", parameters);
  add_number(json, "flop_training", plan->flop_training);
  add_number(json, "flop_evaluation", plan->flop_evaluation);
  add_number(json, "recoveries", (double)plan->recoveries);
  add_number(json, "flop_recovery", plan->flop_recovery);
  add_number(json, "core_hours", plan->core_hours);
  add_number(json, "longest_training_hours", plan->training_hours);
  add_number(json, "recommended_tasks", (double)plan->tasks);
  add_number(json, "memory_per_rank_bytes", ceil(plan->memory_per_rank));
  add_number(json, "memory_per_node_bytes", ceil(plan->memory_shared));
  add_number(json, "disk_bytes", ceil(plan->disk_bytes));
  add_number(json, "smallest_p_value", smallest);
  cJSON_AddItemToObject(json, "variants", list);
  char *text = cJSON_Print(json);
  cJSON_Delete(json);
  if (text == NULL) {
    return rote_fail(ROTE_NOMEM, "no memory for the plan as JSON");
  }
  printf("%s\n", text);
  free(text);
  return ROTE_OK;
}

typedef struct {
  const char *path; /* of the study; NULL with `defaults` */
  size_t set_count;
  const char **set; /* [set_count] key=value */
  double seconds;   /* to measure */
  bool json;
  bool defaults, directory; /* print the commented defaults; the run directory and nothing else */
} plan_request;

static rote_status plan_study(const plan_request *request)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  rote_plan *plan = NULL;
  rote_data_info info;
  ROTE_TRY(rote_study_read(request->path, request->set_count, request->set, &study));
  if (request->directory) {
    printf("%s\n", study->base.output);
    goto done;
  }
  const char *file = study->base.data.file;
  const bool assumed = !rote_file_exists(file) && assume_data(file, &info);
  ROTE_TRY(assumed ? ROTE_OK : rote_data_file_info(file, &info));
  ROTE_TRY(rote_study_check_data(study, info.train_count, info.test_count));
  rote_blas_one_thread();
  ROTE_TRY(rote_plan_make(study, &info, request->seconds, &plan));
  if (request->json) {
    ROTE_TRY(print_json(plan, assumed));
  } else {
    print_text(plan, assumed);
  }
done:
  rote_plan_destroy(&plan);
  rote_study_destroy(&study);
  return status;
}

/* @return 0, or the exit code of a misuse */
static int parse(int argc, char **argv, plan_request *request)
{
  for (int i = 1; i < argc; i++) {
    const char *word = argv[i];
    if (strcmp(word, "--defaults") == 0) {
      request->defaults = true;
    } else if (strcmp(word, "--directory") == 0) {
      request->directory = true;
    } else if (strcmp(word, "--json") == 0) {
      request->json = true;
    } else if (strcmp(word, "--seconds") == 0) {
      char *end = NULL;
      request->seconds = i + 1 < argc ? strtod(argv[++i], &end) : 0;
      if (end == NULL || *end != '\0' || !(request->seconds > 0 && request->seconds <= 3600)) {
        return rote_command_misused(&rote_command_plan,
                                    "--seconds needs a number above 0 and at most 3600");
      }
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

static int plan_main(int argc, char **argv)
{
  rote_status status = ROTE_OK;
  plan_request request = {.set = calloc((size_t)argc, sizeof *request.set), .seconds = 5};
  if (request.set == NULL) {
    return rote_command_failed(rote_fail(ROTE_NOMEM, "out of memory"));
  }
  int code = parse(argc, argv, &request);
  if (code == 0 && request.defaults) {
    code = print_defaults();
  } else if (code == 0) {
    status = plan_study(&request);
  }
  free(request.set);
  return status == ROTE_OK ? code : rote_command_failed(status);
}

const rote_command rote_command_plan = {
    .name = "plan",
    .usage = "STUDY.yaml [--set KEY=VALUE]... [--json] [--seconds S] [--directory] | --defaults",
    .help = "say what a study will cost before it runs, from a measurement of S seconds (5), or "
            "only where it will be (--directory); or print a study file with every option "
            "explained",
    .main = plan_main,
};
