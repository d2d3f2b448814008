/* make_finished STUDY.yaml DIRECTORY [UNFINISHED]: a run directory whose units are finished but for
 * the last ones, with invented numbers. For tests and measurements of what a start costs when there
 * is much to look at. */
#include "rote/blas.h"
#include "rote/data_file.h"
#include "rote/file.h"
#include "rote/isa.h"
#include "rote/memory.h"
#include "run_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Numbers that look like log likelihoods. */
static void invent(rote_rows *rows)
{
  for (size_t a = 0; a < rows->arrays; a++) {
    float *values = rows->data[a];
    for (size_t i = 0; i < rows->room; i++) {
      values[i] = -100 - (float)(i % 17) / 16;
    }
  }
  rows->count = rows->room;
}

static rote_status finish_unit(const rote_plan *plan, const char *directory, size_t group,
                               size_t unit, rote_rows *losses, rote_rows *rows)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &plan->group[group];
  rote_execution execution = {.host = "invented", .rank = 1, .attempts = 1, .seconds = 1};
  rote_label label = {.kind = ROTE_KIND_TRAINING, .count = losses->room};
  char path[ROTE_PATH_MAX];
  snprintf(execution.arithmetic, sizeof execution.arithmetic, "%s",
           rote_isa_arithmetic(rote_isa_level()));
  rote_plan_unit_key(plan, g->variant, unit, label.key);
  ROTE_TRY(rote_plan_unit_identity(plan, group, unit, label.identity));
  ROTE_TRY(rote_plan_training_path(plan, directory, g->variant, unit, path));
  ROTE_TRY(rote_piece_file_write(path, &label, losses, &execution));
  label.count = rows->room;
  for (size_t t = 0; t < g->tasks; t++) {
    snprintf(label.kind, sizeof label.kind, "%s", g->task[t].measure->name);
    rote_plan_task_key(plan, group, unit, t, label.key);
    ROTE_TRY(rote_plan_task_identity(plan, group, unit, t, label.identity));
    ROTE_TRY(rote_plan_piece_path(plan, directory, group, unit, t, 0, path));
    ROTE_TRY(rote_piece_file_write(path, &label, rows, &execution));
  }
done:
  return status;
}

/* Groups of VAEs that are evaluated and nothing else. */
static rote_status finish_group(const rote_plan *plan, const char *directory, size_t group,
                                size_t unfinished)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &plan->group[group];
  const rote_sizes sizes = {{0}};
  rote_rows *losses = NULL, *rows = NULL;
  ROTE_TRY(rote_rows_create(rote_training_arrays, &sizes,
                            rote_plan_options(plan, g->variant)->training.epochs, &losses));
  ROTE_TRY(rote_rows_create(g->task[0].measure->piece_arrays, &sizes, plan->images, &rows));
  invent(losses);
  invent(rows);
  for (size_t u = 0; u + unfinished < g->units; u++) {
    ROTE_TRY(finish_unit(plan, directory, group, u, losses, rows));
  }
done:
  rote_rows_destroy(&losses);
  rote_rows_destroy(&rows);
  return status;
}

static rote_status make(const char *study_path, const char *directory, size_t unfinished)
{
  rote_status status = ROTE_OK;
  rote_study *study = NULL;
  rote_plan *plan = NULL;
  rote_data_info info;
  rote_run_directory d = {.lock = NULL};
  ROTE_TRY(rote_study_read(study_path, 0, NULL, &study));
  ROTE_TRY(rote_data_file_info(study->base.data.file, &info));
  const rote_run_directory_request request = {.study = study,
                                              .info = &info,
                                              .arithmetic = rote_isa_arithmetic(rote_isa_level()),
                                              .core = rote_blas_core()};
  ROTE_TRY(rote_run_directory_open(directory, &request, &d));
  ROTE_TRY(rote_run_directory_freeze(&d, &request));
  const size_t limit = study->base.data.limit;
  ROTE_TRY(rote_plan_create(study, &info, limit > 0 ? limit : info.train_count, &plan));
  for (size_t g = 0; g < plan->group_count; g++) {
    if (!plan->group[g].of_data) {
      ROTE_TRY(finish_group(plan, directory, g, unfinished));
    }
  }
done:
  rote_run_directory_close(&d);
  rote_plan_destroy(&plan);
  rote_study_destroy(&study);
  return status;
}

int main(int argc, char **argv)
{
  if (argc < 3) {
    fprintf(stderr, "usage: make_finished STUDY.yaml DIRECTORY [UNFINISHED]\n");
    return 64;
  }
  const rote_status status =
      make(argv[1], argv[2], argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 0);
  if (status != ROTE_OK) {
    fprintf(stderr, "make_finished: %s\n", rote_fail_reason(status));
  }
  return rote_status_exit_code(status);
}
