/* rote status: where a run stands, for people and for programs. */
#include "command.h"
#include "rote/memory.h"
#include "status_view.h"
#include "unit_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  char letter;
  const char *name;
} states[] = {
    {ROTE_UNIT_DONE, "done"},
    {ROTE_UNIT_TRAINING, "training"},
    {ROTE_UNIT_EVALUATED, "evaluating"},
    {ROTE_UNIT_BEGUN, "begun"},
    {ROTE_UNIT_WAITING, "waiting"},
    {ROTE_UNIT_GIVEN_UP, "failed"},
};

#define STATES (sizeof states / sizeof *states)

static const char *state_name(char letter)
{
  for (size_t i = 0; i < STATES; i++) {
    if (states[i].letter == letter) {
      return states[i].name;
    }
  }
  return "unknown";
}

static size_t count(const rote_status_view *v, char letter)
{
  size_t n = 0;
  for (size_t i = 0; i < v->first[v->study->variant_count]; i++) {
    n += v->letter[i] == letter;
  }
  return n;
}

static const char *alive_name(rote_owner_state state)
{
  return state == ROTE_OWNER_ALIVE  ? "alive"
         : state == ROTE_OWNER_GONE ? "gone"
                                    : "not known to be alive";
}

/* Is what progress.json says of the work under way true now, as far as can be told? */
static bool under_way(const rote_status_view *v)
{
  return v->progress != NULL && (v->state == ROTE_RUN_RUNNING || v->state == ROTE_RUN_UNCERTAIN);
}

/* Share of the whole work done in an hour; negative if unknown. */
static double share_an_hour(const cJSON *p)
{
  const double seconds = rote_status_number(p, "seconds", 0);
  const double share =
      rote_status_number(p, "share_done", 0) - rote_status_number(p, "share_at_start", 0);
  return seconds > 0 && share > 0 ? share / seconds * 3600 : -1;
}

static void print_rate(const rote_status_view *v)
{
  const cJSON *p = v->progress;
  char eta[64];
  const double rate = share_an_hour(p);
  rote_command_duration(rote_status_number(p, "seconds_to_go", -1), eta, sizeof eta);
  printf("  progress  %.1f %% of the work; trainings %.0f of %.0f, evaluations %.0f of %.0f\n",
         100 * rote_status_number(p, "share_done", 0), rote_status_number(p, "trainings_done", 0),
         rote_status_number(p, "trainings", 0), rote_status_number(p, "evaluations_done", 0),
         rote_status_number(p, "evaluations", 0));
  if (rate > 0) {
    printf("  rate      %.2f %% an hour, to go %s\n", 100 * rate, eta);
  }
  printf("  workers   %.0f of %.0f busy\n", rote_status_number(p, "workers_busy", 0),
         rote_status_number(p, "workers", 0));
}

static void print_running(const char *directory, const rote_status_view *v)
{
  const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(v->progress, "running");
  char duration[64], what[96];
  if (cJSON_GetArraySize(list) > 0) {
    printf("\nrunning:\n");
  }
  cJSON_ArrayForEach(item, list)
  {
    const bool training = strcmp(rote_status_text(item, "doing"), "training") == 0;
    const double first = rote_status_number(item, "first_image", 0);
    rote_command_duration(rote_status_number(item, "seconds", 0), duration, sizeof duration);
    if (training) {
      snprintf(what, sizeof what, "training, epoch %zu done, until %.0f",
               rote_status_epoch(directory, v->plan, item), rote_status_number(item, "epoch", 0));
    } else {
      snprintf(what, sizeof what, "%s, epoch %.0f, images %.0f to %.0f",
               rote_status_text(item, "doing"), rote_status_number(item, "epoch", 0), first,
               first + rote_status_number(item, "images", 0) - 1);
    }
    printf("  %-20s %-44s rank %.0f on %s, for %s\n", rote_status_text(item, "unit"), what,
           rote_status_number(item, "rank", 0), rote_status_text(item, "host"), duration);
  }
}

static void print_failures(const rote_status_view *v)
{
  const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(v->progress, "failures");
  if (cJSON_GetArraySize(list) > 0) {
    printf("\nfailures:\n");
  }
  cJSON_ArrayForEach(item, list)
  {
    printf("  %-20s failed %.0f times%s, last on rank %.0f, %s: %s\n",
           rote_status_text(item, "unit"), rote_status_number(item, "times", 0),
           cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "given_up")) ? " and was given up"
                                                                            : "",
           rote_status_number(item, "rank", 0), rote_status_text(item, "host"),
           rote_status_text(item, "reason"));
  }
}

/* A row of folds for each repeat; the full models in a row of their own. */
static void print_units(const rote_status_view *v)
{
  printf("\nunits, a letter each (");
  for (size_t i = 0; i < STATES; i++) {
    printf("%s%c %s %zu", i == 0 ? "" : ", ", states[i].letter, states[i].name,
           count(v, states[i].letter));
  }
  printf("):\n");
  for (size_t i = 0; i < v->study->variant_count; i++) {
    const rote_options *o = &v->study->variant[i].options;
    const char *letter = v->letter + v->first[i];
    const size_t repeats = o->folds.count > 0 ? o->folds.repeats : 0;
    for (size_t r = 0; r < repeats; r++) {
      printf("  %s/r%02zu  %.*s\n", v->study->variant[i].name, r, (int)o->folds.count,
             letter + r * o->folds.count);
    }
    if (o->folds.full > 0) {
      printf("  %s/full %.*s\n", v->study->variant[i].name, (int)o->folds.full,
             letter + repeats * o->folds.count);
    }
  }
}

static void print_text(const char *directory, const rote_status_view *v)
{
  char owner[256], duration[64];
  printf("%s in %s: %s\n", v->study->base.name, directory, rote_run_state_name(v->state));
  for (size_t i = 0; i < v->notes.count; i++) {
    printf("  note      %s\n", rote_text_list_get(&v->notes, i));
  }
  if (v->owner_state != ROTE_OWNER_NONE) {
    rote_run_owner_text(&v->owner, owner, sizeof owner);
    rote_command_duration(v->silent < 0 ? 0 : v->silent, duration, sizeof duration);
    if (v->owner_state == ROTE_OWNER_UNREADABLE) {
      printf("  owner     %s\n", owner);
    } else {
      printf("  owner     %s; %s, lock refreshed %s ago\n", owner, alive_name(v->owner_state),
             duration);
    }
  }
  if (under_way(v)) {
    print_rate(v);
    print_running(directory, v);
  }
  if (v->progress != NULL && v->state != ROTE_RUN_STARTING) {
    print_failures(v);
  }
  print_units(v);
  if (v->state == ROTE_RUN_COMPLETE) {
    rote_summary_print_health(directory); /* study.h5 is verify's to judge */
  }
}

static void add_owner(cJSON *json, const rote_status_view *v)
{
  cJSON *owner = v->owner_state == ROTE_OWNER_NONE ? cJSON_AddNullToObject(json, "owner")
                                                   : cJSON_AddObjectToObject(json, "owner");
  if (v->owner_state == ROTE_OWNER_NONE) {
    return;
  }
  cJSON_AddStringToObject(owner, "host", v->owner.host);
  cJSON_AddNumberToObject(owner, "pid", (double)v->owner.pid);
  cJSON_AddStringToObject(owner, "job", v->owner.job);
  cJSON_AddStringToObject(owner, "since", v->owner.since);
  cJSON_AddNumberToObject(owner, "seconds_since_refresh", v->silent);
  if (v->owner_state == ROTE_OWNER_UNKNOWN || v->owner_state == ROTE_OWNER_UNREADABLE) {
    cJSON_AddNullToObject(owner, "alive");
  } else {
    cJSON_AddBoolToObject(owner, "alive", v->owner_state == ROTE_OWNER_ALIVE);
  }
}

static void add_units(cJSON *json, const rote_status_view *v)
{
  cJSON *counts = cJSON_AddObjectToObject(json, "counts");
  cJSON *units = cJSON_AddArrayToObject(json, "units");
  char key[ROTE_KEY_MAX];
  for (size_t i = 0; i < STATES; i++) {
    cJSON_AddNumberToObject(counts, states[i].name, (double)count(v, states[i].letter));
  }
  for (size_t i = 0; i < v->study->variant_count; i++) {
    for (size_t u = 0; u < v->first[i + 1] - v->first[i]; u++) {
      cJSON *unit = cJSON_CreateObject();
      rote_unit_key(v->study->variant[i].name, rote_unit_at(&v->study->variant[i].options, u), 0,
                    key);
      cJSON_AddStringToObject(unit, "unit", key);
      cJSON_AddStringToObject(unit, "state", state_name(v->letter[v->first[i] + u]));
      cJSON_AddItemToArray(units, unit);
    }
  }
}

static void add_progress(cJSON *json, const char *directory, rote_status_view *v)
{
  static const char *const number[] = {"seconds",        "seconds_to_go", "share_done",
                                       "workers",        "workers_busy",  "trainings",
                                       "trainings_done", "evaluations",   "evaluations_done"};
  cJSON *item, *running = cJSON_DetachItemFromObjectCaseSensitive(v->progress, "running");
  for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
    cJSON_AddNumberToObject(json, number[i], rote_status_number(v->progress, number[i], -1));
  }
  cJSON_AddNumberToObject(json, "share_per_hour", share_an_hour(v->progress));
  cJSON_ArrayForEach(item, running)
  {
    if (strcmp(rote_status_text(item, "doing"), "training") == 0) {
      const size_t done = rote_status_epoch(directory, v->plan, item);
      cJSON_DeleteItemFromObjectCaseSensitive(item, "epochs_done");
      cJSON_AddNumberToObject(item, "epochs_done", (double)done);
    }
  }
  cJSON_AddItemToObject(json, "running", running);
}

static rote_status print_json(const char *directory, rote_status_view *v)
{
  cJSON *json = cJSON_CreateObject();
  cJSON_AddStringToObject(json, "study", v->study->base.name);
  cJSON_AddStringToObject(json, "directory", directory);
  cJSON_AddStringToObject(json, "state", rote_run_state_name(v->state));
  cJSON *notes = cJSON_AddArrayToObject(json, "notes");
  for (size_t i = 0; i < v->notes.count; i++) {
    cJSON_AddItemToArray(notes, cJSON_CreateString(rote_text_list_get(&v->notes, i)));
  }
  add_owner(json, v);
  if (under_way(v)) {
    add_progress(json, directory, v);
  }
  if (v->progress != NULL) {
    cJSON_AddItemToObject(json, "failures",
                          cJSON_DetachItemFromObjectCaseSensitive(v->progress, "failures"));
  }
  add_units(json, v);
  char *text = cJSON_Print(json);
  cJSON_Delete(json);
  if (text == NULL) {
    return rote_fail(ROTE_NOMEM, "out of memory");
  }
  puts(text);
  free(text);
  return ROTE_OK;
}

static int status_main(int argc, char **argv)
{
  const char *directory = NULL;
  rote_status_view *view = NULL;
  bool json = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (argv[i][0] == '-' || directory != NULL) {
      return rote_command_misused(&rote_command_status, "unexpected argument \"%s\"", argv[i]);
    } else {
      directory = argv[i];
    }
  }
  if (directory == NULL) {
    return rote_command_misused(&rote_command_status, "a run directory is needed");
  }
  rote_status status = rote_status_view_read(directory, &view);
  if (status == ROTE_OK && json) {
    status = print_json(directory, view);
  } else if (status == ROTE_OK) {
    print_text(directory, view);
  }
  rote_status_view_destroy(&view);
  return status == ROTE_OK ? 0 : rote_command_failed(status);
}

const rote_command rote_command_status = {
    .name = "status",
    .usage = "DIR [--json]",
    .help = "where a run stands: reads files only, at any time, from another shell",
    .main = status_main,
};
