#include "run_directory.h"

#include "recover.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/result.h"
#include "rote/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DATA_LINE "# data: sha256 "

/* One process at a time: flock, which the system drops when its owner dies. The file says who it
 * is. */
static rote_status take_lock(rote_run_directory *d)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], owner[256] = "", host[64] = "";
  ROTE_TRY(rote_path(path, "%s/lock", d->path));
  d->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (d->lock < 0) {
    return rote_fail(ROTE_DATA, "output: cannot write into %s: %s", d->path, strerror(errno));
  }
  if (flock(d->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ssize_t n = read(d->lock, owner, sizeof owner - 1);
    owner[n > 0 ? n : 0] = '\0';
    close(d->lock);
    d->lock = -1;
    return rote_fail(ROTE_DATA,
                     "%s: another run works in this directory (%s); wait for it or stop it",
                     d->path, owner);
  }
  gethostname(host, sizeof host - 1);
  int n = snprintf(owner, sizeof owner, "host %s, pid %ld", host, (long)getpid());
  if (ftruncate(d->lock, 0) != 0 || pwrite(d->lock, owner, (size_t)n, 0) != n) {
    return rote_fail(ROTE_IO, "%s: cannot write: %s", path, strerror(errno));
  }
done:
  return status;
}

static rote_status freeze(const char *path, const rote_study *study, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  char *text = NULL, *all = NULL;
  ROTE_TRY(rote_study_text(study, ROTE_STUDY_ALL, &text));
  const size_t room = strlen(text) + 512;
  ROTE_TRY(rote_alloc(room, 1, &all));
  snprintf(all, room,
           "# The study of this run directory, with every option. Not to be edited.\n" DATA_LINE
           "%s, %zu x %zu x %zu\n%s",
           info->sha256, info->channels, info->height, info->width, text);
  ROTE_TRY(rote_file_write_text(path, all));
done:
  rote_free(&text);
  rote_free(&all);
  return status;
}

static rote_status compare(const char *path, const rote_study *study, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  char *text = NULL;
  char why[1500];
  rote_study *frozen = NULL;
  ROTE_TRY(rote_file_read(path, &text, NULL));
  ROTE_TRY(rote_study_parse(path, text, 0, NULL, &frozen));
  if (rote_study_differs(frozen, study, why, sizeof why)) {
    ROTE_TRY(
        rote_fail(ROTE_DATA,
                  "%s: holds another study; what differs (there -> now):\n%suse another output "
                  "directory, or the study as it was",
                  path, why));
  }
  const char *line = strstr(text, DATA_LINE);
  if (line == NULL || strncmp(line + strlen(DATA_LINE), info->sha256, strlen(info->sha256)) != 0) {
    const char *end = line == NULL ? NULL : strchr(line, '\n');
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "data.file: %s (sha256 %.12s..., %zu x %zu x %zu) is not the data this run "
                       "directory was started with (%.*s)",
                       study->base.data.file, info->sha256, info->channels, info->height,
                       info->width, end == NULL ? 7 : (int)(end - line - 2),
                       end == NULL ? "unknown" : line + 2));
  }
done:
  rote_free(&text);
  rote_study_destroy(&frozen);
  return status;
}

rote_status rote_run_directory_open(const char *path, const rote_study *study,
                                    const rote_data_info *info, rote_run_directory *d)
{
  rote_status status = ROTE_OK;
  char file[ROTE_PATH_MAX];
  d->lock = -1;
  if (strlen(path) >= sizeof d->path) {
    return rote_fail(ROTE_DATA, "output: the path is too long");
  }
  snprintf(d->path, sizeof d->path, "%s", path);
  if (rote_directory_create(path) != ROTE_OK) {
    return rote_fail_context(ROTE_DATA, "output");
  }
  ROTE_TRY(take_lock(d));
  ROTE_TRY(rote_path(file, "%s/study.yaml", path));
  ROTE_TRY(rote_file_exists(file) ? compare(file, study, info) : freeze(file, study, info));
done:
  if (status != ROTE_OK) {
    rote_run_directory_close(d);
  }
  return status;
}

void rote_run_directory_close(rote_run_directory *d)
{
  if (d->lock >= 0) {
    close(d->lock);
    d->lock = -1;
  }
}

rote_status rote_run_fingerprint(const rote_study *study, const rote_data_info *info, char *text)
{
  rote_status status = ROTE_OK;
  char *words = NULL;
  ROTE_TRY(rote_study_text(study, ROTE_STUDY_RESULTS, &words));
  const void *block[] = {words, info->sha256};
  const size_t bytes[] = {strlen(words), strlen(info->sha256)};
  ROTE_TRY(rote_digest(2, block, bytes, text));
done:
  rote_free(&words);
  return status;
}

static int remove_temporary(const char *path, const struct stat *info, int kind, struct FTW *where)
{
  const size_t n = strlen(path), m = strlen(".tmp-rote");
  (void)info, (void)where;
  if (kind == FTW_F && n > m && strcmp(path + n - m, ".tmp-rote") == 0) {
    unlink(path);
  }
  return 0;
}

/* Room to read any result of a training or evaluation into, to see whether it is whole. */
typedef struct {
  float *a, *b;
} scratch;

static bool train_result_good(const char *directory, const char *fingerprint,
                              const rote_study *study, size_t variant, size_t unit,
                              const scratch *room, rote_train_result *result)
{
  char path[ROTE_PATH_MAX];
  const rote_variant *v = &study->variant[variant];
  *result = (rote_train_result){
      .epochs = v->options.training.epochs, .loss_train = room->a, .loss_held_out = room->b};
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), 0, result->key);
  memcpy(result->study, fingerprint, ROTE_DIGEST_TEXT);
  if (rote_unit_result_path(directory, study, variant, unit, 0, path) != ROTE_OK ||
      !rote_file_exists(path)) {
    return false;
  }
  if (rote_train_result_read(path, result) != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "result-unusable", "%s; it is computed again",
             rote_fail_reason(ROTE_DATA));
    return false;
  }
  return true;
}

static bool evaluate_result_good(const char *directory, const char *fingerprint,
                                 const rote_queue *queue, size_t variant, size_t unit, size_t epoch,
                                 const scratch *room)
{
  char path[ROTE_PATH_MAX];
  const rote_variant *v = &queue->study->variant[variant];
  rote_evaluate_result result = {
      .images = queue->images, .log_px = room->a, .effective_samples = room->b};
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), epoch, result.key);
  memcpy(result.study, fingerprint, ROTE_DIGEST_TEXT);
  if (rote_unit_result_path(directory, queue->study, variant, unit, epoch, path) != ROTE_OK ||
      !rote_file_exists(path)) {
    return false;
  }
  if (rote_evaluate_result_read(path, &result) != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "result-unusable", "%s; it is computed again",
             rote_fail_reason(ROTE_DATA));
    return false;
  }
  return true;
}

static bool recovery_good(const rote_unit_setting *s, size_t variant, size_t unit, size_t shard)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_recovery_file file = {.result = NULL};
  ROTE_TRY(rote_recover_path(s, variant, unit, shard, path));
  if (!rote_file_exists(path)) {
    return false;
  }
  ROTE_TRY(rote_recover_file(s, variant, unit, shard, &file));
  ROTE_TRY(rote_recovery_file_read(path, &file));
done:
  rote_recovery_result_destroy(&file.result);
  if (status != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "result-unusable", "%s; it is computed again",
             rote_fail_reason(status));
  }
  return status == ROTE_OK;
}

/* Which shards of a recovery are there, and whether its model is. */
static void scan_recovery(const rote_unit_setting *s, rote_queue *queue, size_t variant,
                          size_t unit, bool diverged)
{
  rote_queue_unit *u = rote_queue_unit_at(queue, variant, unit);
  char path[ROTE_PATH_MAX];
  if (u->trained && diverged) {
    u->snapshot[0] = ROTE_SNAPSHOT_DONE;
    return;
  }
  for (size_t shard = 0; shard < u->items; shard++) {
    if (recovery_good(s, variant, unit, shard)) {
      rote_queue_recovered(queue, variant, unit, shard);
    }
  }
  if (u->left[0] == 0) {
    u->snapshot[0] = ROTE_SNAPSHOT_DONE;
  } else if (u->trained &&
             rote_unit_model_path(s->directory, s->study, variant, unit, 0, path) == ROTE_OK &&
             rote_file_exists(path)) {
    u->snapshot[0] = ROTE_SNAPSHOT_READY;
  }
}

void rote_run_directory_tidy(const char *directory, rote_queue *queue, size_t variant, size_t unit,
                             size_t v)
{
  const rote_options *o = &queue->study->variant[variant].options;
  const rote_queue_unit *u = rote_queue_look(queue, variant, unit);
  char path[ROTE_PATH_MAX], previous[ROTE_PATH_MAX];
  if (v < rote_evaluation_count(o) && o->checkpoint.keep != ROTE_KEEP_EVALUATED &&
      rote_unit_model_path(directory, queue->study, variant, unit, rote_evaluation_epoch(o, v),
                           path) == ROTE_OK) {
    unlink(path);
  }
  for (size_t i = 0; i < rote_snapshot_count(o); i++) {
    if (!u->trained || u->snapshot[i] != ROTE_SNAPSHOT_DONE) {
      return;
    }
  }
  if (rote_unit_model_path(directory, queue->study, variant, unit, 0, path) == ROTE_OK &&
      rote_path(previous, "%s.prev", path) == ROTE_OK) {
    unlink(previous);
    if (o->checkpoint.keep == ROTE_KEEP_NONE) {
      unlink(path);
    }
  }
}

static void scan_unit(const rote_unit_setting *setting, rote_queue *queue, size_t variant,
                      size_t unit, const scratch *room)
{
  const char *directory = setting->directory, *fingerprint = setting->fingerprint;
  const rote_options *o = &queue->study->variant[variant].options;
  rote_queue_unit *u = rote_queue_unit_at(queue, variant, unit);
  rote_train_result train;
  char path[ROTE_PATH_MAX];
  u->trained = train_result_good(directory, fingerprint, queue->study, variant, unit, room, &train);
  if (rote_options_recovered(o)) {
    scan_recovery(setting, queue, variant, unit, train.diverged);
  }
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    const size_t epoch = rote_evaluation_epoch(o, v);
    if ((u->trained && train.diverged && epoch > train.done) ||
        evaluate_result_good(directory, fingerprint, queue, variant, unit, epoch, room)) {
      u->snapshot[v] = ROTE_SNAPSHOT_DONE;
    } else if (rote_unit_model_path(directory, queue->study, variant, unit, epoch, path) ==
                   ROTE_OK &&
               rote_file_exists(path)) {
      u->snapshot[v] = ROTE_SNAPSHOT_READY;
    }
  }
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    if (u->snapshot[v] == ROTE_SNAPSHOT_DONE) { /* the last run may have died before it tidied */
      rote_run_directory_tidy(directory, queue, variant, unit, v);
    }
  }
  if (rote_evaluation_count(o) == 0) {
    rote_run_directory_tidy(directory, queue, variant, unit, 0);
  }
}

rote_status rote_run_directory_scan(const rote_unit_setting *setting, rote_queue *queue)
{
  rote_status status = ROTE_OK;
  scratch room = {0};
  size_t most = queue->images;
  nftw(setting->directory, remove_temporary, 16, FTW_PHYS);
  for (size_t v = 0; v < queue->study->variant_count; v++) {
    const size_t epochs = queue->study->variant[v].options.training.epochs;
    most = epochs > most ? epochs : most;
  }
  ROTE_TRY(rote_alloc(most, sizeof(float), &room.a));
  ROTE_TRY(rote_alloc(most, sizeof(float), &room.b));
  for (size_t v = 0; v < queue->study->variant_count; v++) {
    for (size_t u = 0; u < rote_unit_count(&queue->study->variant[v].options); u++) {
      scan_unit(setting, queue, v, u, &room);
    }
  }
done:
  rote_free(&room.a);
  rote_free(&room.b);
  return status;
}
