#include "command.h"
#include "design.h"
#include "forecast.h"
#include "rote/blas.h"
#include "rote/data_file.h"
#include "rote/file.h"
#include "rote/import.h"
#include "rote/memory.h"
#include "rote/study_images.h"
#include "stock.h"

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

/* "evaluation" as a line of the plan. */
static void print_measure(const rote_forecast_measure *m)
{
  char rows[128];
  if (m->measure->subject == ROTE_OF_DATA) {
    snprintf(rows, sizeof rows, "%.0f images", m->rows);
  } else {
    snprintf(rows, sizeof rows, "%zu times, %.0f images from leave-out and %.0f from full models",
             m->tasks, m->rows, m->full_rows);
  }
  printf("  %-21s %s: %.3g FLOP, %.3g core-hours (%.3g ms an image, measured here)\n",
         m->measure->doing, rows, m->flop, m->hours, 1e3 * m->seconds_per_row);
  const rote_stage_cost *s = &m->cost.stage;
  if (s->rows > 0) {
    printf("    together            on a grid of %zu x %zu ranks: the rank with most has 1/%.3g of "
           "the operations (%.3g hours) and receives %.3g GB in %.3g messages\n",
           s->rows, s->columns, 1 / s->share, m->hours * s->share, 1e-9 * s->bytes, s->messages);
  }
}

static void print_trainings(const rote_forecast *f, const rote_forecast_variant *v)
{
  const rote_options *o = &v->variant->options;
  if (v->trainings == 0) {
    printf("  trainings             none: the models of %s are its own\n",
           f->variant[v->shares].variant->name);
  } else {
    printf(
        "  trainings             %zu (%zu repeats x %zu folds + %zu full), %zu epochs: %.3g FLOP, "
        "%.3g core-hours\n                        (%.3g ms an image, measured here)%s\n",
        v->trainings, o->folds.repeats, o->folds.count, o->folds.full, o->training.epochs,
        v->flop_training, v->training_hours, 1e3 * v->train_seconds,
        o->training.stop_loss > 0 ? "; less if training.stop_loss is reached" : "");
  }
}

/* With other folds, at the same smallest p-value. */
static void print_designs(const rote_forecast *f, const rote_forecast_variant *v)
{
  rote_forecast_design design[ROTE_FORECAST_DESIGNS];
  const size_t count = rote_forecast_designs(f, v, design);
  char held_in[32];
  if (count > 0) {
    printf(
        "  what it shows            K     R  held in  smallest p  trainings  core-hours to train, "
        "evaluate  a model sees\n");
  }
  for (size_t i = 0; i < count; i++) {
    const rote_forecast_design *d = &design[i];
    snprintf(held_in, sizeof held_in, "%zu", d->held_in);
    printf("    %-18s %5zu %5zu %8s %11.2g %10zu %19.3g %9.3g  %zu/%zu of the images\n",
           i == 0 ? "this study" : "or", d->folds, d->repeats, d->held_in > 0 ? held_in : "all",
           d->smallest_p, d->trainings, d->training_hours, d->measure_hours, d->folds - 1,
           d->folds);
  }
}

static void print_variant(const rote_forecast *f, const rote_forecast_variant *v)
{
  double least = 0;
  printf("%s:\n", v->variant == NULL ? "the images alone" : v->variant->name);
  if (v->variant != NULL) {
    print_trainings(f, v);
  }
  for (size_t m = 0; m < v->measures; m++) {
    print_measure(&v->measure[m]);
  }
  printf("  core-hours            %.3g\n", v->core_hours);
  if (v->variant != NULL) {
    printf("  parameters            %zu\n", v->parameters);
    if (v->trainings > 0) {
      printf("  longest training      %.3g hours\n", v->longest_training);
    }
    printf("  memory per rank       %.0f MB beyond the shared data\n", 1e-6 * v->memory_per_rank);
    printf("  disk                  %.1f MB in the end; a checkpoint is %.1f MB\n",
           1e-6 * v->disk_bytes, 1e-6 * v->model_bytes);
  }
  if (!isnan(v->smallest_p_value)) {
    printf("  smallest p-value      %.3g\n", v->smallest_p_value);
    if (rote_forecast_is_weak(f, v, &least)) {
      printf("  warning: at least %.0f images must reach it before any can be significant at 5 %% "
             "false discovery;\n"
             "           more repeats or folds make it smaller\n",
             least);
    }
    print_designs(f, v);
  }
}

/* What a run directory that is there already holds. */
typedef struct {
  bool there;
  char directory[ROTE_TEXT_MAX];
  rote_queue_counts counts;
} plan_left;

static void print_text(const rote_forecast *f, bool assumed, const plan_left *left)
{
  const rote_options *base = &f->plan->study->base;
  const rote_data_info *info = f->plan->info;
  printf("%s: %zu training images of %zu x %zu x %zu in %s\n", base->name, info->train_count,
         info->channels, info->height, info->width, base->data.file);
  if (assumed) {
    printf("  assumed: the file is not there; this is the published data set %s\n", info->name);
  }
  for (size_t v = 0; v < f->count; v++) {
    print_variant(f, &f->variant[v]);
  }
  printf("in all:\n");
  printf("  core-hours            %.3g\n", f->core_hours);
  printf("  tasks                 %zu, beyond which more do not help: %.3g hours at least\n",
         f->ranks, f->longest_training);
  printf("  memory per node       %.1f MB of shared data, and %.0f MB a rank\n",
         1e-6 * f->memory_shared, 1e-6 * f->memory_per_rank);
  printf("  disk                  %.1f MB at most with as many tasks\n", 1e-6 * f->disk_bytes);
  if (left->there) {
    printf(
        "  left to do            %zu of %zu trainings, %zu of %zu evaluations; the others are in "
        "%s\n",
        left->counts.trainings - left->counts.trainings_done, left->counts.trainings,
        left->counts.tasks - left->counts.tasks_done, left->counts.tasks, left->directory);
  }
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

static void add_measures(cJSON *json, const rote_forecast_variant *v)
{
  cJSON *list = cJSON_AddArrayToObject(json, "measures");
  for (size_t i = 0; i < v->measures; i++) {
    const rote_forecast_measure *m = &v->measure[i];
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "name", m->measure->name);
    add_number(item, "tasks", (double)m->tasks);
    add_number(item, "rows", m->rows);
    add_number(item, "rows_of_full_models", m->full_rows);
    add_number(item, "flop", m->flop);
    add_number(item, "core_hours", m->hours);
    add_number(item, "seconds_per_row", m->seconds_per_row);
    if (m->cost.stage.rows > 0) {
      add_number(item, "grid_rows", (double)m->cost.stage.rows);
      add_number(item, "grid_columns", (double)m->cost.stage.columns);
      add_number(item, "share_of_operations", m->cost.stage.share);
      add_number(item, "received_bytes", m->cost.stage.bytes);
      add_number(item, "received_messages", m->cost.stage.messages);
    }
    cJSON_AddItemToArray(list, item);
  }
}

static void add_designs(cJSON *json, const rote_forecast *f, const rote_forecast_variant *v)
{
  rote_forecast_design design[ROTE_FORECAST_DESIGNS];
  const size_t count = rote_forecast_designs(f, v, design);
  cJSON *list = cJSON_AddArrayToObject(json, "designs");
  for (size_t i = 0; i < count; i++) {
    cJSON *item = cJSON_CreateObject();
    add_number(item, "folds", (double)design[i].folds);
    add_number(item, "repeats", (double)design[i].repeats);
    add_number(item, "held_in", (double)design[i].held_in);
    add_number(item, "smallest_p_value", design[i].smallest_p);
    add_number(item, "trainings", (double)design[i].trainings);
    add_number(item, "training_core_hours", design[i].training_hours);
    add_number(item, "measure_core_hours", design[i].measure_hours);
    cJSON_AddItemToArray(list, item);
  }
}

static void add_variant(cJSON *list, const rote_forecast *f, const rote_forecast_variant *v)
{
  cJSON *json = cJSON_CreateObject();
  double tasks = 0, flop = 0;
  for (size_t m = 0; m < v->measures; m++) {
    tasks += (double)v->measure[m].tasks;
    flop += v->measure[m].flop;
  }
  cJSON_AddStringToObject(json, "name", v->variant == NULL ? "" : v->variant->name);
  add_number(json, "units", (double)v->trainings + tasks);
  add_number(json, "trainings", (double)v->trainings);
  add_number(json, "evaluations", tasks);
  add_number(json, "parameters", (double)v->parameters);
  add_number(json, "flop_training", v->flop_training);
  add_number(json, "flop_evaluation", flop);
  add_number(json, "seconds_to_train_image", v->train_seconds);
  add_number(json, "training_core_hours", v->training_hours);
  add_number(json, "core_hours", v->core_hours);
  add_number(json, "longest_training_hours", v->longest_training);
  add_number(json, "memory_per_rank_bytes", ceil(v->memory_per_rank));
  add_number(json, "checkpoint_bytes", v->model_bytes);
  add_number(json, "disk_bytes", v->disk_bytes);
  add_number(json, "smallest_p_value", v->smallest_p_value);
  add_measures(json, v);
  add_designs(json, f, v);
  cJSON_AddItemToArray(list, json);
}

static rote_status print_json(const rote_forecast *f, bool assumed, const plan_left *left)
{
  cJSON *json = cJSON_CreateObject(), *list = cJSON_CreateArray();
  double parameters = 0, smallest = (double)NAN;
  for (size_t i = 0; i < f->count; i++) {
    const rote_forecast_variant *v = &f->variant[i];
    parameters = fmax(parameters, (double)v->parameters);
    smallest = fmin(smallest, v->smallest_p_value); /* a number wins over NaN */
    add_variant(list, f, v);
  }
  cJSON_AddStringToObject(json, "name", f->plan->study->base.name);
  cJSON_AddStringToObject(json, "data_file", f->plan->study->base.data.file);
  cJSON_AddBoolToObject(json, "data_assumed", assumed);
  add_number(json, "images", (double)f->plan->images);
  add_number(json, "units", (double)(f->trainings + f->tasks));
  add_number(json, "trainings", (double)f->trainings);
  add_number(json, "evaluations", (double)f->tasks);
  add_number(json, "parameters", parameters);
  add_number(json, "flop_training", f->flop_training);
  add_number(json, "flop_evaluation", f->flop_measures);
  add_number(json, "core_hours", f->core_hours);
  add_number(json, "longest_training_hours", f->longest_training);
  add_number(json, "recommended_tasks", (double)f->ranks);
  add_number(json, "memory_per_rank_bytes", ceil(f->memory_per_rank));
  add_number(json, "memory_per_node_bytes", ceil(f->memory_shared));
  add_number(json, "disk_bytes", ceil(f->disk_bytes));
  add_number(json, "smallest_p_value", smallest);
  if (left->there) {
    add_number(json, "trainings_left",
               (double)(left->counts.trainings - left->counts.trainings_done));
    add_number(json, "evaluations_left", (double)(left->counts.tasks - left->counts.tasks_done));
  }
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

/* Look at the results in the study's directory, if there are any. */
static rote_status look_at_directory(const rote_plan *plan, plan_left *left)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_queue *queue = NULL;
  const rote_unit_setting setting = {.plan = plan, .directory = plan->study->base.output};
  snprintf(left->directory, sizeof left->directory, "%s", setting.directory);
  ROTE_TRY(rote_path(path, "%s/results", setting.directory));
  left->there = rote_file_exists(path);
  if (left->there) {
    ROTE_TRY(rote_queue_create(plan, 1, 1, &queue));
    ROTE_TRY(rote_stock_take(&setting, NULL, queue));
    left->counts = rote_queue_count(queue);
  }
done:
  rote_queue_destroy(&queue);
  return status;
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
  rote_forecast *forecast = NULL;
  rote_data_info info;
  plan_left left = {.there = false};
  rote_file_kind kind;
  ROTE_TRY(rote_study_read(request->path, request->set_count, request->set, &study));
  if (request->directory) {
    printf("%s\n", study->base.output);
    goto done;
  }
  const char *file = study->base.data.file;
  ROTE_TRY(rote_file_look(file, &kind));
  const bool assumed = kind == ROTE_FILE_NONE && assume_data(file, &info);
  ROTE_TRY(assumed ? ROTE_OK : rote_study_images_info(&study->base, &info));
  ROTE_TRY(rote_study_check_data(study, info.train_count));
  ROTE_TRY(rote_measures_check(study, &info));
  rote_blas_one_thread();
  ROTE_TRY(rote_plan_create(study, &info, rote_study_images_count(&study->base, &info), &plan));
  ROTE_TRY(rote_forecast_make(plan, request->seconds, &forecast));
  ROTE_TRY(assumed ? ROTE_OK : look_at_directory(plan, &left));
  if (request->json) {
    ROTE_TRY(print_json(forecast, assumed, &left));
  } else {
    print_text(forecast, assumed, &left);
  }
done:
  rote_forecast_destroy(&forecast);
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
