#include "status_view.h"

#include "rote/file.h"
#include "rote/label.h"
#include "rote/memory.h"
#include "rote/sealed_text.h"
#include "rote/study_images.h"
#include "run_directory.h"
#include "unit_state.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *rote_run_state_name(rote_run_state state)
{
  static const char *const name[] = {
      [ROTE_RUN_NEW] = "new",           [ROTE_RUN_STARTING] = "starting",
      [ROTE_RUN_RUNNING] = "running",   [ROTE_RUN_UNCERTAIN] = "uncertain",
      [ROTE_RUN_STOPPED] = "stopped",   [ROTE_RUN_CRASHED] = "crashed",
      [ROTE_RUN_COMPLETE] = "complete",
  };
  return name[state];
}

double rote_status_number(const cJSON *item, const char *name, double otherwise)
{
  const cJSON *number = item == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(item, name);
  return cJSON_IsNumber(number) ? number->valuedouble : otherwise;
}

const char *rote_status_text(const cJSON *item, const char *name)
{
  const cJSON *text = item == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(item, name);
  return cJSON_IsString(text) ? text->valuestring : "";
}

size_t rote_status_epoch(const char *directory, const rote_plan *plan, const cJSON *running)
{
  const rote_study *study = plan->study;
  char path[ROTE_PATH_MAX];
  rote_label label = {.count = 0};
  const double variant = rote_status_number(running, "variant_index", -1);
  const double unit = rote_status_number(running, "unit_index", -1);
  const double said = rote_status_number(running, "epochs_done", 0);
  if (variant < 0 || variant >= (double)study->variant_count || unit < 0 ||
      unit >= (double)rote_unit_count(&study->variant[(size_t)variant].options) ||
      rote_plan_model_path(plan, directory, (size_t)variant, (size_t)unit, 0, path) != ROTE_OK ||
      rote_label_peek(path, &label) != ROTE_OK) {
    label.count = 0; /* there is no checkpoint yet */
  }
  const double done = fmax(said, (double)label.count);
  const double until = rote_status_number(running, "epoch", 0);
  return (size_t)fmax(0, fmin(done, until)); /* it may have got a later order meanwhile */
}

/* progress.json as far as it can be believed: whole, and of as many units as the study has. */
static rote_status read_progress(const char *directory, rote_status_view *v)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  ROTE_TRY(rote_path(path, "%s/progress.json", directory));
  if (!rote_file_exists(path)) {
    return ROTE_OK;
  }
  const rote_status found = rote_sealed_text_read(path, ROTE_SEALED_JSON, &text);
  if (found == ROTE_IO) {
    ROTE_TRY(rote_text_list_add(&v->notes, rote_fail_reason(found)));
  } else if (found != ROTE_OK || (v->progress = cJSON_Parse(text)) == NULL) {
    ROTE_TRY(rote_text_list_add(&v->notes, "progress.json is damaged; the names of the results are "
                                           "looked at instead, and the next run replaces it"));
  }
done:
  rote_free(&text);
  return status;
}

/* @return false if progress.json is not about these units */
static bool take_letters(rote_status_view *v)
{
  const cJSON *units =
      v->progress == NULL ? NULL : cJSON_GetObjectItemCaseSensitive(v->progress, "units");
  for (size_t i = 0; i < v->study->variant_count; i++) {
    const size_t n = v->first[i + 1] - v->first[i];
    const char *letters = rote_status_text(units, v->study->variant[i].name);
    if (strlen(letters) != n) {
      return false;
    }
    memcpy(v->letter + v->first[i], letters, n);
  }
  return true;
}

/* What the names of the results say of a study's units; nobody opens thousands of files. */
typedef struct {
  bool *trained;  /* [plan->unit_count] */
  size_t *pieces; /* [view->first[variants]] files of pieces */
} listing;

static rote_status list_names(const char *directory, const rote_status_view *v, size_t variant,
                              listing *l)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], key[ROTE_PATH_MAX];
  const char *rest = "";
  const rote_group *g = &v->plan->group[v->plan->group_of[variant]];
  const char *name = v->study->variant[variant].name;
  DIR *d = NULL;
  ROTE_TRY(rote_path(path, "%s/results/%s", directory, name));
  d = opendir(path);
  for (const struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
    size_t of, unit;
    snprintf(key, sizeof key, "%s/%s", name, entry->d_name);
    if (strstr(key, ".tmp-rote") != NULL ||
        !rote_plan_parse_key(v->study, key, &of, &unit, &rest)) {
      continue;
    }
    if (strcmp(rest, ".h5") == 0) {
      l->trained[g->first_unit + unit] = true;
    } else {
      l->pieces[v->first[variant] + unit]++;
    }
  }
done:
  if (d != NULL) {
    closedir(d);
  }
  return status;
}

/* Files that a unit's pieces have in a variant when all are done.
 * @param[in] last  epoch at which a training diverged; SIZE_MAX: it did not */
static size_t files_of(const rote_status_view *v, size_t variant, size_t unit, size_t last)
{
  const size_t group = v->plan->group_of[variant];
  const rote_group *g = &v->plan->group[group];
  size_t files = 0;
  for (size_t t = 0; t < g->tasks; t++) {
    const rote_stage *stage = &g->stage[g->task[t].stage];
    const rote_measure *m = g->task[t].measure;
    if (g->task[t].variant != variant ||
        (last != SIZE_MAX && (stage->end || stage->epoch > last))) {
      continue;
    }
    const size_t rows = rote_plan_rows(v->plan, group, unit, t), step = rote_queue_step(m, 1, rows);
    files += m->large && rows > 0 ? (rows + step - 1) / step : rows > 0 || v->plan->images == 0;
  }
  return files;
}

/* Epoch at which a training diverged. */
static size_t last_epoch(const char *directory, const rote_status_view *v, size_t variant,
                         size_t unit)
{
  const size_t group = v->plan->group_of[variant];
  char path[ROTE_PATH_MAX];
  rote_label label;
  return rote_plan_training_path(v->plan, directory,
                                 rote_plan_home(v->plan, directory, group, unit), unit,
                                 path) == ROTE_OK &&
                 rote_label_peek(path, &label) == ROTE_OK && label.end == ROTE_END_DIVERGED
             ? label.count
             : SIZE_MAX;
}

static rote_status list_results(const char *directory, rote_status_view *v)
{
  rote_status status = ROTE_OK;
  const size_t variants = v->study->variant_count;
  listing l = {.trained = NULL};
  ROTE_TRY(rote_alloc(v->plan->unit_count, sizeof *l.trained, &l.trained));
  ROTE_TRY(rote_alloc(v->first[variants], sizeof *l.pieces, &l.pieces));
  for (size_t i = 0; i < variants; i++) {
    ROTE_TRY(list_names(directory, v, i, &l));
  }
  for (size_t i = 0; i < variants; i++) {
    const size_t first_unit = v->plan->group[v->plan->group_of[i]].first_unit;
    for (size_t u = 0; u < v->first[i + 1] - v->first[i]; u++) {
      const bool trained = l.trained[first_unit + u];
      const size_t found = l.pieces[v->first[i] + u];
      const bool done = trained && (found >= files_of(v, i, u, SIZE_MAX) ||
                                    found >= files_of(v, i, u, last_epoch(directory, v, i, u)));
      v->letter[v->first[i] + u] = done                   ? ROTE_UNIT_DONE
                                   : trained || found > 0 ? ROTE_UNIT_BEGUN
                                                          : ROTE_UNIT_WAITING;
    }
  }
done:
  rote_free(&l.trained);
  rote_free(&l.pieces);
  return status;
}

/* The plan as far as it can be known: without the data file the number of images may not be. */
static rote_status make_plan(rote_status_view *v)
{
  const rote_options *o = &v->study->base;
  if (rote_study_images_info(o, &v->info) != ROTE_OK) {
    v->info = (rote_data_info){.name = ""};
  }
  return rote_plan_create(v->study, &v->info, rote_study_images_count(o, &v->info), &v->plan);
}

static bool is_complete(const char *directory)
{
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  const bool complete =
      rote_path(path, "%s/DONE", directory) == ROTE_OK && rote_file_exists(path) &&
      rote_sealed_text_read(path, ROTE_SEALED_PLAIN, &text) == ROTE_OK &&
      rote_path(path, "%s/study.h5", directory) == ROTE_OK && rote_file_exists(path);
  rote_free(&text);
  return complete;
}

static rote_run_state state_of(const char *directory, const rote_status_view *v)
{
  const bool by_owner = v->progress != NULL &&
                        (long)rote_status_number(v->progress, "pid", 0) == v->owner.pid &&
                        strcmp(rote_status_text(v->progress, "host"), v->owner.host) == 0;
  const bool ended =
      v->progress != NULL && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(v->progress, "ended"));
  switch (v->owner_state) {
  case ROTE_OWNER_ALIVE:
    return by_owner ? ROTE_RUN_RUNNING : ROTE_RUN_STARTING;
  case ROTE_OWNER_UNKNOWN:
  case ROTE_OWNER_UNREADABLE:
    return ROTE_RUN_UNCERTAIN;
  case ROTE_OWNER_GONE:
    return is_complete(directory) ? ROTE_RUN_COMPLETE : ROTE_RUN_CRASHED;
  case ROTE_OWNER_NONE:
    break;
  }
  return is_complete(directory) ? ROTE_RUN_COMPLETE
         : v->progress == NULL  ? ROTE_RUN_NEW
         : ended                ? ROTE_RUN_STOPPED
                                : ROTE_RUN_CRASHED;
}

static rote_status add_notes(rote_status_view *v)
{
  rote_status status = ROTE_OK;
  const char *note = NULL;
  if (v->state == ROTE_RUN_CRASHED) {
    note =
        "the last run ended without a word: it was killed, or its node is gone. Nothing finished "
        "is lost; the same command continues";
  } else if (v->owner_state == ROTE_OWNER_UNREADABLE) {
    note =
        "whether a run is alive cannot be told without reading its lock; what follows is the last "
        "that it said";
  } else if (v->state == ROTE_RUN_UNCERTAIN) {
    note = "whether the owner is alive can only be seen by watching its lock for a minute, as the "
           "next run does; what follows is the last that it said";
  }
  if (note != NULL) {
    ROTE_TRY(rote_text_list_add(&v->notes, note));
  }
done:
  return status;
}

/* Letter of the unit that an entry of progress.json is about; NULL if the study has no such unit.
 */
static char *letter_of(const rote_status_view *v, const cJSON *item)
{
  const double variant = rote_status_number(item, "variant_index", -1);
  const double unit = rote_status_number(item, "unit_index", -1);
  if (variant < 0 || variant >= (double)v->study->variant_count || unit < 0 ||
      unit >= (double)(v->first[(size_t)variant + 1] - v->first[(size_t)variant])) {
    return NULL;
  }
  return &v->letter[v->first[(size_t)variant] + (size_t)unit];
}

/* What is in hand stands over what the results say. */
static void mark_running(rote_status_view *v)
{
  const cJSON *item;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(v->progress, "running"))
  {
    char *letter = letter_of(v, item);
    if (letter == NULL) {
      continue;
    }
    if (strcmp(rote_status_text(item, "doing"), "training") == 0) {
      *letter = ROTE_UNIT_TRAINING;
    } else if (*letter != ROTE_UNIT_TRAINING) {
      *letter = ROTE_UNIT_EVALUATED;
    }
  }
}

/* The names of results do not tell a unit that was given up from one that waits. */
static void mark_given_up(rote_status_view *v)
{
  const cJSON *item;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(v->progress, "failures"))
  {
    char *letter = letter_of(v, item);
    if (letter != NULL && *letter != ROTE_UNIT_DONE &&
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "given_up"))) {
      *letter = ROTE_UNIT_GIVEN_UP;
    }
  }
}

rote_status rote_status_view_read(const char *directory, rote_status_view **out)
{
  rote_status status = ROTE_OK;
  rote_status_view *v = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *v, &v));
  ROTE_TRY(rote_run_directory_frozen(directory, &v->study, NULL, NULL, NULL));
  ROTE_TRY(make_plan(v));
  const size_t variants = v->study->variant_count;
  ROTE_TRY(rote_alloc(variants + 1, sizeof *v->first, &v->first));
  for (size_t i = 0; i < variants; i++) {
    v->first[i + 1] = v->first[i] + rote_unit_count(&v->study->variant[i].options);
  }
  ROTE_TRY(rote_alloc(v->first[variants] + 1, 1, &v->letter));
  v->owner_state = rote_run_lock_look(directory, &v->owner, &v->silent);
  ROTE_TRY(read_progress(directory, v));
  v->state = state_of(directory, v);
  ROTE_TRY(add_notes(v));
  const bool told = v->state == ROTE_RUN_RUNNING || v->state == ROTE_RUN_UNCERTAIN;
  v->listed = !told || !take_letters(v);
  if (v->listed) {
    ROTE_TRY(list_results(directory, v));
  }
  if (v->listed && v->progress != NULL) {
    mark_given_up(v);
  }
  if (told && v->progress != NULL) {
    mark_running(v);
  }
  if (v->state == ROTE_RUN_NEW && strspn(v->letter, ".") < v->first[variants]) {
    v->state = ROTE_RUN_STOPPED; /* there are results, and progress.json is lost */
  }
  *out = v;
  v = NULL;
done:
  rote_status_view_destroy(&v);
  return status;
}

void rote_status_view_destroy(rote_status_view **view)
{
  rote_status_view *v = *view;
  if (v != NULL) {
    rote_plan_destroy(&v->plan);
    rote_study_destroy(&v->study);
    cJSON_Delete(v->progress);
    rote_free(&v->first);
    rote_free(&v->letter);
    rote_text_list_free(&v->notes);
    rote_free(view);
  }
}
