#include "command.h"
#include "rote/file.h"
#include "rote/log.h"

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
  const long s = (long)(seconds + 0.5);
  if (seconds < 0) {
    snprintf(out, size, "unknown");
  } else if (s >= 3600) {
    snprintf(out, size, "%ld h %02ld min", s / 3600, s % 3600 / 60);
  } else if (s >= 60) {
    snprintf(out, size, "%ld min %02ld s", s / 60, s % 60);
  } else {
    snprintf(out, size, "%ld s", s);
  }
}

static void write_json(const char *directory, const rote_progress *p)
{
  char path[ROTE_PATH_MAX];
  cJSON *json = cJSON_CreateObject();
  cJSON_AddNumberToObject(json, "time", (double)time(NULL));
  cJSON_AddNumberToObject(json, "seconds", p->seconds);
  cJSON_AddNumberToObject(json, "seconds_to_go", seconds_to_go(p));
  cJSON_AddNumberToObject(json, "share_done", 1 - p->work_left);
  cJSON_AddNumberToObject(json, "workers", (double)p->workers);
  cJSON_AddNumberToObject(json, "workers_busy", (double)p->busy);
  cJSON_AddNumberToObject(json, "trainings", (double)p->counts.trainings);
  cJSON_AddNumberToObject(json, "trainings_done", (double)p->counts.trainings_done);
  cJSON_AddNumberToObject(json, "evaluations", (double)p->counts.evaluations);
  cJSON_AddNumberToObject(json, "evaluations_done", (double)p->counts.evaluations_done);
  cJSON_AddNumberToObject(json, "failed", (double)p->counts.failed);
  char *text = cJSON_Print(json);
  cJSON_Delete(json);
  /* A progress file that cannot be written is no reason to stop the run. */
  if (text != NULL && rote_path(path, "%s/progress.json", directory) == ROTE_OK &&
      rote_file_write_text(path, text) != ROTE_OK) {
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
  write_json(directory, p);
  if (!terminal && !last && p->seconds < next_line) {
    return;
  }
  next_line = p->seconds + 30;
  rote_command_duration(seconds_to_go(p), eta, sizeof eta);
  fprintf(stderr, "%s%5.1f %%  trainings %zu/%zu  evaluations %zu/%zu  workers %zu/%zu  to go %s%s",
          terminal ? "\r" : "", 100 * (1 - p->work_left), p->counts.trainings_done,
          p->counts.trainings, p->counts.evaluations_done, p->counts.evaluations, p->busy,
          p->workers, eta, terminal && !last ? "\033[K" : "\n");
  fflush(stderr);
}
