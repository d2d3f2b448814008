#include "report_run.h"

#include "command.h"
#include "foretold.h"
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/report.h"
#include "rote/sealed_text.h"
#include "unit_state.h"

#include <stdio.h>
#include <stdlib.h>

static size_t count(const rote_status_view *v, char letter)
{
  size_t n = 0;
  for (size_t i = 0; i < v->first[v->study->variant_count]; i++) {
    n += v->letter[i] == letter;
  }
  return n;
}

/* Models that are trained, counted once where variants share them. */
static size_t trainings(const rote_plan *plan)
{
  size_t n = 0;
  for (size_t g = 0; g < plan->group_count; g++) {
    n += plan->group[g].of_data ? 0 : plan->group[g].units;
  }
  return n;
}

static void add_verdict(const rote_status_view *v, size_t diverged, rote_page *page)
{
  const size_t units = v->first[v->study->variant_count];
  const size_t failed = count(v, ROTE_UNIT_GIVEN_UP), done = count(v, ROTE_UNIT_DONE);
  if (v->state == ROTE_RUN_COMPLETE && failed + diverged == 0) {
    rote_page_verdict(page, ROTE_VERDICT_WHOLE,
                      "Yes: all %zu models of the study are trained and looked at.",
                      trainings(v->plan));
  } else if (v->state == ROTE_RUN_COMPLETE) {
    rote_page_verdict(
        page, ROTE_VERDICT_WHOLE,
        "It is complete, but of %zu models (counted for each variant) %zu diverged and "
        "%zu failed for good; they count as missing.",
        units, diverged, failed);
  } else {
    rote_page_verdict(
        page, ROTE_VERDICT_WHOLE,
        "No: the run is %s, and %zu of %zu models (counted for each variant) are "
        "done. The numbers here are not final; the same `rote run` command continues.",
        rote_run_state_name(v->state), done, units);
  }
}

static void add_failures(const rote_status_view *v, rote_page *page)
{
  static const char *const title[] = {"unit", "times", "given up", "host", "reason"};
  const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(v->progress, "failures");
  if (cJSON_GetArraySize(list) > 0) {
    rote_page_table(page, "Units that failed", sizeof title / sizeof *title, title);
  }
  cJSON_ArrayForEach(item, list)
  {
    rote_page_cell(page, "%s", rote_status_text(item, "unit"));
    rote_page_cell(page, "%.0f", rote_status_number(item, "times", 0));
    rote_page_cell(page, "%s",
                   cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "given_up")) ? "yes" : "no");
    rote_page_cell(page, "%s", rote_status_text(item, "host"));
    rote_page_cell(page, "%s", rote_status_text(item, "reason"));
  }
}

/* What each variant has, model by model. */
static void add_units(const rote_status_view *v, rote_page *page)
{
  static const struct {
    char letter;
    const char *name;
  } state[] = {{ROTE_UNIT_DONE, "done"},         {ROTE_UNIT_TRAINING, "training"},
               {ROTE_UNIT_EVALUATED, "in work"}, {ROTE_UNIT_BEGUN, "begun"},
               {ROTE_UNIT_WAITING, "waiting"},   {ROTE_UNIT_GIVEN_UP, "failed"}};
  const char *title[1 + sizeof state / sizeof *state] = {"variant"};
  const size_t states = sizeof state / sizeof *state;
  for (size_t s = 0; s < states; s++) {
    title[1 + s] = state[s].name;
  }
  rote_page_table(page, "Models by state", 1 + states, title);
  for (size_t i = 0; i < v->study->variant_count; i++) {
    rote_page_cell(page, "%s", v->study->variant[i].name);
    for (size_t s = 0; s < states; s++) {
      size_t n = 0;
      for (size_t u = v->first[i]; u < v->first[i + 1]; u++) {
        n += v->letter[u] == state[s].letter;
      }
      rote_page_cell(page, "%zu", n);
    }
  }
}

/* What the work took; and what the forecast rests on. */
static rote_status add_work(const char *directory, const rote_status_view *v, const rote_told *told,
                            rote_page *page)
{
  rote_status status = ROTE_OK;
  rote_foretold *foretold = NULL;
  size_t count = 0;
  char *why = NULL;
  ROTE_TRY(rote_foretold_read(directory, v->plan, &count, &foretold, &why));
  ROTE_TRY(rote_report_work(told, v->plan, count, foretold, page));
  if (count > 0) {
    rote_page_text(page,
                   "Foretold is what `rote plan` said, as %s/plan.json keeps it: from some steps "
                   "that it measured where it was called.",
                   directory);
  } else {
    rote_page_text(page,
                   "%s, so what was foretold rests on the run itself: on what the first piece of "
                   "each kind took for an image, times the images of all. That tells of nodes "
                   "that are slower or busier than the first one. To keep what `rote plan` says: "
                   "rote plan STUDY.yaml --json >%s/plan.json.",
                   why, directory);
  }
done:
  rote_free(&foretold);
  rote_free(&why);
  return status;
}

rote_status rote_show_run(const char *directory, const rote_status_view *v, const rote_told *told,
                          size_t diverged, rote_page *page)
{
  rote_status status = ROTE_OK;
  const bool complete = v->state == ROTE_RUN_COMPLETE;
  char to_go[64];
  add_verdict(v, diverged, page);
  rote_page_section(page, !complete, "The run");
  rote_page_text(page, "What each model of the study has come to, and what the work took. A model "
                       "that failed for good or diverged is missing in the numbers above.");
  if (told == NULL) {
    rote_page_warning(page,
                      "There is no study.h5 yet: scores come when all work is done. "
                      "`rote report %s` can be called again at any time.",
                      directory);
  } else if (!complete) {
    rote_page_warning(page, "The run is not complete: the scores are those of the study as it was "
                            "before it grew, or was begun again.");
  }
  for (size_t i = 0; i < v->notes.count; i++) {
    rote_page_warning(page, "Note: %s.", rote_text_list_get(&v->notes, i));
  }
  if (!complete && v->progress != NULL) {
    rote_command_duration(rote_status_number(v->progress, "seconds_to_go", -1), to_go,
                          sizeof to_go);
    rote_page_text(page,
                   "%.1f %% of the work is done: %.0f of %.0f trainings, %.0f of %.0f evaluations. "
                   "To go, as it was last said: %s.",
                   100 * rote_status_number(v->progress, "share_done", 0),
                   rote_status_number(v->progress, "trainings_done", 0),
                   rote_status_number(v->progress, "trainings", 0),
                   rote_status_number(v->progress, "evaluations_done", 0),
                   rote_status_number(v->progress, "evaluations", 0), to_go);
  }
  add_units(v, page);
  add_failures(v, page);
  ROTE_TRY(told != NULL ? add_work(directory, v, told, page) : ROTE_OK);
done:
  return status;
}

/* Every start of the run. */
static rote_status add_starts(const char *directory, rote_page *page)
{
  static const char *const name[] = {"started", "host",      "job",       "ranks",   "version",
                                     "commit",  "processor", "blas_core", "compiler"};
  static const size_t columns = sizeof name / sizeof *name;
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  cJSON *json = NULL;
  const cJSON *start;
  ROTE_TRY(rote_path(path, "%s/provenance.json", directory));
  const rote_status found =
      rote_file_exists(path) ? rote_sealed_text_read(path, ROTE_SEALED_JSON, &text) : ROTE_DATA;
  json = found == ROTE_OK ? cJSON_Parse(text) : NULL;
  if (json == NULL) {
    rote_page_warning(page, "%s is missing or damaged.", path);
    goto done;
  }
  rote_page_text(page, "Data: %s, %s; SHA-256 of shape, pixels and labels %s.",
                 rote_status_text(json, "data"), rote_status_text(json, "data_source"),
                 rote_status_text(json, "data_sha256"));
  rote_page_table(page, "Starts of the run", columns, name);
  cJSON_ArrayForEach(start, cJSON_GetObjectItemCaseSensitive(json, "starts"))
  {
    for (size_t i = 0; i < columns; i++) {
      const cJSON *value = cJSON_GetObjectItemCaseSensitive(start, name[i]);
      if (cJSON_IsNumber(value)) {
        rote_page_cell(page, "%.0f", value->valuedouble);
      } else {
        rote_page_cell(page, "%s", rote_status_text(start, name[i]));
      }
    }
  }
done:
  cJSON_Delete(json);
  rote_free(&text);
  return status;
}

rote_status rote_show_provenance(const char *directory, const rote_status_view *v, rote_page *page)
{
  rote_status status = ROTE_OK;
  char *study = NULL;
  rote_page_section(page, false, "Provenance and study file");
  rote_page_text(page, "Who computed this, with what, and what was asked for. The same study file "
                       "and data give the same bits in study.h5, on any number of ranks.");
  ROTE_TRY(add_starts(directory, page));
  rote_page_heading(page, "To make it again");
  rote_page_text(page, "Save the study below as study.yaml beside the data file, and call:");
  rote_page_verbatim(page, "mpirun -n 9 rote run study.yaml      # 8 workers and the coordinator; "
                           "any number will do");
  rote_page_heading(page, "Study file");
  ROTE_TRY(rote_study_text(v->study, ROTE_STUDY_ALL, &study));
  rote_page_verbatim(page, study);
done:
  rote_free(&study);
  return status;
}
