/* make_finished STUDY.yaml DIRECTORY [UNFINISHED]: a run directory whose units are finished but for
 * the last ones, with invented numbers. For tests and measurements of what a start costs when there
 * is much to look at. */
#include "rote/blas.h"
#include "rote/data_file.h"
#include "rote/file.h"
#include "rote/isa.h"
#include "rote/memory.h"
#include "rote/result.h"
#include "rote/unit.h"
#include "run_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const rote_study *study;
  const char *directory;
  char fingerprint[ROTE_DIGEST_TEXT];
  size_t images;
  float *values; /* [max(N, E)] */
} maker;

static rote_status finish_unit(const maker *m, size_t variant, size_t unit)
{
  rote_status status = ROTE_OK;
  const rote_variant *v = &m->study->variant[variant];
  const rote_options *o = &v->options;
  rote_execution execution = {.host = "invented", .rank = 1, .attempts = 1, .seconds = 1};
  char path[ROTE_PATH_MAX];
  snprintf(execution.arithmetic, sizeof execution.arithmetic, "%s",
           rote_isa_arithmetic(rote_isa_level()));
  rote_train_result train = {.epochs = o->training.epochs,
                             .done = o->training.epochs,
                             .loss_train = m->values,
                             .loss_held_out = m->values,
                             .execution = execution};
  rote_unit_key(v->name, rote_unit_at(o, unit), 0, train.key);
  memcpy(train.study, m->fingerprint, ROTE_DIGEST_TEXT);
  ROTE_TRY(rote_unit_result_path(m->directory, m->study, variant, unit, 0, path));
  ROTE_TRY(rote_train_result_write(path, &train));
  for (size_t e = 0; e < rote_evaluation_count(o); e++) {
    const size_t epoch = rote_evaluation_epoch(o, e);
    rote_evaluate_result evaluate = {.images = m->images,
                                     .log_px = m->values,
                                     .effective_samples = m->values,
                                     .execution = execution};
    rote_unit_key(v->name, rote_unit_at(o, unit), epoch, evaluate.key);
    memcpy(evaluate.study, m->fingerprint, ROTE_DIGEST_TEXT);
    ROTE_TRY(rote_unit_result_path(m->directory, m->study, variant, unit, epoch, path));
    ROTE_TRY(rote_evaluate_result_write(path, &evaluate));
  }
done:
  return status;
}

static rote_status make(const char *study_path, const char *directory, size_t unfinished)
{
  rote_status status = ROTE_OK;
  maker m = {.directory = directory};
  rote_study *study = NULL;
  rote_data_info info;
  rote_run_directory d = {.lock = NULL};
  ROTE_TRY(rote_study_read(study_path, 0, NULL, &study));
  ROTE_TRY(rote_data_file_info(study->base.data.file, &info));
  ROTE_TRY(rote_run_fingerprint(study, &info, m.fingerprint));
  const rote_run_directory_request request = {.study = study,
                                              .info = &info,
                                              .arithmetic = rote_isa_arithmetic(rote_isa_level()),
                                              .core = rote_blas_core()};
  ROTE_TRY(rote_run_directory_open(directory, &request, &d));
  m.study = study;
  m.images = study->base.data.limit > 0 ? study->base.data.limit : info.train_count;
  const size_t epochs = study->base.training.epochs;
  const size_t room = m.images > epochs ? m.images : epochs;
  ROTE_TRY(rote_alloc(room, sizeof *m.values, &m.values));
  for (size_t i = 0; i < room; i++) {
    m.values[i] = -100 - (float)(i % 17) / 16;
  }
  for (size_t v = 0; v < study->variant_count; v++) {
    const size_t units = rote_unit_count(&study->variant[v].options);
    for (size_t u = 0; u + unfinished < units; u++) {
      ROTE_TRY(finish_unit(&m, v, u));
    }
  }
done:
  rote_run_directory_close(&d);
  rote_free(&m.values);
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
