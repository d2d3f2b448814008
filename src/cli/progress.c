#include "command.h"
#include "rote/clock.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/sealed_text.h"
#include "unit_state.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Seconds to go, from the share of the work done since this process began; negative if unknown. */
static double seconds_to_go(const rote_progress *p)
{
  const double done = p->work_at_start - p->work_left;
  return done > 0 ? p->seconds * p->work_left / done : -1;
}

void rote_command_duration(double seconds, char *out, size_t size)
{
  const bool known = seconds >= 0 && seconds < 1e12; /* not NaN either */
  const long s = known ? (long)(seconds + 0.5) : 0;
  if (!known) {
    snprintf(out, size, "unknown");
  } else if (s >= 3600) {
    snprintf(out, size, "%ld h %02ld min", s / 3600, s % 3600 / 60);
  } else if (s >= 60) {
    snprintf(out, size, "%ld min %02ld s", s / 60, s % 60);
  } else {
    snprintf(out, size, "%ld s", s);
  }
}

/* Of a unit as a variant sees it: its model and what is computed from it in this variant. */
static char letter_of(const rote_plan *plan, size_t variant, const rote_queue_unit *u)
{
  const rote_group *g = &plan->group[plan->group_of[variant]];
  bool begun = u->running || u->trained, done = true;
  for (size_t t = 0; t < g->tasks; t++) {
    if (g->task[t].variant == variant) {
      const uint8_t state = u->stage[g->task[t].stage];
      done = done && (u->task[t].left == 0 || state == ROTE_STAGE_DONE);
      begun = begun || state != ROTE_STAGE_MISSING;
    }
  }
  return u->failed            ? ROTE_UNIT_GIVEN_UP
         : u->trained && done ? ROTE_UNIT_DONE
         : begun              ? ROTE_UNIT_BEGUN
                              : ROTE_UNIT_WAITING;
}

/* One letter a unit, in the order of rote_unit_at(): small also for thousands of them. */
static void add_units(cJSON *json, const rote_queue *queue)
{
  const rote_plan *plan = queue->plan;
  cJSON *units = cJSON_AddObjectToObject(json, "units");
  for (size_t v = 0; v < plan->study->variant_count; v++) {
    const size_t group = plan->group_of[v], n = plan->group[group].units;
    char *letters = calloc(n + 1, 1);
    for (size_t u = 0; letters != NULL && u < n; u++) {
      letters[u] = letter_of(plan, v, rote_queue_look(queue, group, u));
    }
    cJSON_AddStringToObject(units, plan->study->variant[v].name, letters == NULL ? "" : letters);
    free(letters);
  }
}

/* The unit by its key and its place in progress.json; the data has none. */
static void add_place(cJSON *item, const rote_plan *plan, size_t group, size_t variant, size_t unit)
{
  const bool of_data = plan->group[group].of_data;
  char key[ROTE_KEY_MAX] = "data";
  if (!of_data) {
    rote_plan_unit_key(plan, variant, unit, key);
  }
  cJSON_AddStringToObject(item, "unit", key);
  cJSON_AddNumberToObject(item, "variant_index", of_data ? -1 : (double)variant);
  cJSON_AddNumberToObject(item, "unit_index", of_data ? -1 : (double)unit);
}

static void add_running(cJSON *json, const rote_progress *p)
{
  const rote_plan *plan = p->queue->plan;
  cJSON *list = cJSON_AddArrayToObject(json, "running");
  for (size_t w = 0; w < p->running_count; w++) {
    const rote_running *r = &p->running[w];
    const rote_order *order = &r->order;
    if (order->kind == ROTE_ORDER_NONE) {
      continue;
    }
    const bool training = order->kind == ROTE_ORDER_TRAIN;
    const rote_task *task = training ? NULL : &plan->group[order->group].task[order->task];
    cJSON *item = cJSON_CreateObject();
    add_place(item, plan, order->group, training ? order->home : task->variant, order->unit);
    cJSON_AddStringToObject(item, "doing", training ? "training" : task->measure->doing);
    cJSON_AddNumberToObject(item, "epoch", order->epoch); /* train until, or of the weights */
    if (training) {
      cJSON_AddNumberToObject(item, "epochs_done", r->epoch);
    } else {
      cJSON_AddNumberToObject(item, "first_image", order->first);
      cJSON_AddNumberToObject(item, "images", order->count);
    }
    cJSON_AddNumberToObject(item, "rank", r->rank);
    cJSON_AddStringToObject(item, "host", r->host);
    cJSON_AddNumberToObject(item, "seconds", rote_seconds() - r->since);
    cJSON_AddItemToArray(list, item);
  }
}

static void add_failures(cJSON *json, const rote_progress *p)
{
  cJSON *list = cJSON_AddArrayToObject(json, "failures");
  for (size_t i = 0; i < p->failure_count; i++) {
    const rote_failure *f = &p->failure[i];
    cJSON *item = cJSON_CreateObject();
    add_place(item, p->queue->plan, f->group, f->home, f->unit);
    cJSON_AddNumberToObject(item, "times", f->times);
    cJSON_AddBoolToObject(item, "given_up", f->given_up);
    cJSON_AddNumberToObject(item, "rank", f->rank);
    cJSON_AddStringToObject(item, "host", f->host);
    cJSON_AddStringToObject(item, "reason", f->reason);
    cJSON_AddItemToArray(list, item);
  }
}

static void write_json(const char *directory, const rote_progress *p, bool last)
{
  char path[ROTE_PATH_MAX], host[64] = "";
  cJSON *json = cJSON_CreateObject();
  gethostname(host, sizeof host - 1);
  cJSON_AddStringToObject(json, "host", host);
  cJSON_AddNumberToObject(json, "pid", (double)getpid());
  cJSON_AddNumberToObject(json, "time", (double)time(NULL));
  cJSON_AddBoolToObject(json, "ended", last);
  cJSON_AddNumberToObject(json, "seconds", p->seconds);
  cJSON_AddNumberToObject(json, "seconds_to_go", seconds_to_go(p));
  cJSON_AddNumberToObject(json, "share_done", 1 - p->work_left);
  cJSON_AddNumberToObject(json, "share_at_start", 1 - p->work_at_start);
  cJSON_AddNumberToObject(json, "workers", (double)p->workers);
  cJSON_AddNumberToObject(json, "workers_busy", (double)p->busy);
  cJSON_AddNumberToObject(json, "trainings", (double)p->counts.trainings);
  cJSON_AddNumberToObject(json, "trainings_done", (double)p->counts.trainings_done);
  cJSON_AddNumberToObject(json, "evaluations", (double)p->counts.tasks);
  cJSON_AddNumberToObject(json, "evaluations_done", (double)p->counts.tasks_done);
  cJSON_AddNumberToObject(json, "failed", (double)p->counts.failed);
  add_running(json, p);
  add_failures(json, p);
  add_units(json, p->queue);
  char *text = cJSON_Print(json);
  cJSON_Delete(json);
  /* A progress file that cannot be written is no reason to stop the run. */
  if (text != NULL && rote_path(path, "%s/progress.json", directory) == ROTE_OK &&
      rote_sealed_text_write(path, ROTE_SEALED_JSON, text) != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "progress", "%s", rote_fail_reason(ROTE_IO));
  }
  free(text);
}

void rote_progress_show(void *context, const char *directory, const rote_progress *p, bool last)
{
  static double next_line = 30;
  const bool terminal = isatty(STDERR_FILENO) != 0;
  char eta[64];
  (void)context;
  write_json(directory, p, last);
  if (!terminal && !last && p->seconds < next_line) {
    return;
  }
  next_line = p->seconds + 30;
  rote_command_duration(seconds_to_go(p), eta, sizeof eta);
  fprintf(stderr, "%s%5.1f %%  trainings %zu/%zu  evaluations %zu/%zu  workers %zu/%zu  to go %s%s",
          terminal ? "\r" : "", 100 * (1 - p->work_left), p->counts.trainings_done,
          p->counts.trainings, p->counts.tasks_done, p->counts.tasks, p->busy, p->workers, eta,
          terminal && !last ? "\033[K" : "\n");
  fflush(stderr);
}
