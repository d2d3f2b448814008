#include "run_directory.h"

#include "recover.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/sealed_text.h"
#include "rote/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATA_LINE "# data: sha256 "
#define ARITHMETIC_LINE "# arithmetic: "
#define CORE_LINE "# blas core: "

/* arithmetic, core: what the results were computed with, names with ", " between them */
static rote_status freeze(const char *path, const rote_run_directory_request *request,
                          const char *arithmetic, const char *core)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = request->info;
  char *text = NULL, *all = NULL;
  ROTE_TRY(rote_study_text(request->study, ROTE_STUDY_ALL, &text));
  const size_t room = strlen(text) + 512;
  ROTE_TRY(rote_alloc(room, 1, &all));
  snprintf(all, room,
           "# The study of this run directory, with every option. Not to be edited.\n" DATA_LINE
           "%s, %zu x %zu x %zu\n" ARITHMETIC_LINE "%s\n" CORE_LINE "%s\n%s",
           info->sha256, info->channels, info->height, info->width, arithmetic, core, text);
  ROTE_TRY(rote_sealed_text_write(path, ROTE_SEALED_YAML, all));
done:
  rote_free(&text);
  rote_free(&all);
  return status;
}

/* The rest of the line that begins with `head`, "" if there is none. */
static void line_after(const char *text, const char *head, char *out, size_t size)
{
  const char *line = strstr(text, head);
  line = line == NULL ? "" : line + strlen(head);
  snprintf(out, size, "%.*s", (int)strcspn(line, "\n"), line);
}

rote_status rote_run_directory_frozen(const char *path, rote_study **study, char *data,
                                      char *arithmetic, char *core)
{
  rote_status status = ROTE_OK;
  char file[ROTE_PATH_MAX];
  char *text = NULL;
  *study = NULL;
  ROTE_TRY(rote_path(file, "%s/study.yaml", path));
  ROTE_TRY(rote_sealed_text_read(file, ROTE_SEALED_YAML, &text));
  ROTE_TRY(rote_study_parse(file, text, 0, NULL, study));
  if (data != NULL) {
    line_after(text, DATA_LINE, data, ROTE_DIGEST_TEXT);
  }
  if (arithmetic != NULL) {
    line_after(text, ARITHMETIC_LINE, arithmetic, ROTE_ARITHMETIC_LIST);
  }
  if (core != NULL) {
    line_after(text, CORE_LINE, core, ROTE_CORE_LIST);
  }
done:
  rote_free(&text);
  return status;
}

/* Is `word` one of the names of a list? */
static bool names(const char *list, const char *word)
{
  const size_t n = strlen(word);
  for (const char *at = list; (at = strstr(at, word)) != NULL; at++) {
    if ((at == list || at[-1] == ' ') && (at[n] == '\0' || at[n] == ',')) {
      return true;
    }
  }
  return false;
}

static rote_status refuse_arithmetic(const char *where, const char *there, const char *here)
{
  return rote_fail(ROTE_DATA,
                   "%s: computed with \"%s\" arithmetic, but this processor has \"%s\" (or "
                   "ROTE_ISA asks for it): the numbers would not be the bits of either. Use a "
                   "processor of that kind, or --allow-cpu-change to mix them, which is recorded",
                   where, there, here);
}

static rote_status refuse_core(const char *where, const char *there, const char *here)
{
  return rote_fail(ROTE_DATA,
                   "%s: begun where OpenBLAS took its %s kernels, but here it takes those for %s "
                   "(another kind of processor, or OPENBLAS_CORETYPE). Use a processor of that "
                   "kind, or --allow-cpu-change to go on, which is recorded",
                   where, there, here);
}

/* `list` with `word` behind it. */
static void append_name(char *list, size_t size, const char *word)
{
  const size_t n = strlen(list);
  snprintf(list + n, size - n, "%s%s", n > 0 ? ", " : "", word);
}

/* The processor that began against this one; a change is written down if it is allowed.
 * arithmetic, core: of the frozen study; grow by what is new */
static rote_status compare_processor(const char *file, const rote_run_directory_request *request,
                                     char *arithmetic, char *core)
{
  rote_status status = ROTE_OK;
  const bool same_arithmetic = names(arithmetic, request->arithmetic);
  const bool same_core = names(core, request->core);
  if (same_arithmetic && same_core) {
    return ROTE_OK;
  }
  if (!request->allow_cpu_change) {
    ROTE_TRY(same_arithmetic ? refuse_core(file, core, request->core)
                             : refuse_arithmetic(file, arithmetic, request->arithmetic));
  }
  rote_log(ROTE_LOG_WARN, "cpu-change", "arithmetic = %s, BLAS core = %s, until now %s and %s",
           request->arithmetic, request->core, arithmetic, core);
  if (!same_arithmetic) {
    append_name(arithmetic, ROTE_ARITHMETIC_LIST, request->arithmetic);
  }
  if (!same_core) {
    append_name(core, ROTE_CORE_LIST, request->core);
  }
  ROTE_TRY(freeze(file, request, arithmetic, core));
done:
  return status;
}

/* The frozen study against the one that is asked for. */
static rote_status compare(const char *path, const char *file,
                           const rote_run_directory_request *request, bool *mixed)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = request->info;
  char why[1500], data[ROTE_DIGEST_TEXT], arithmetic[ROTE_ARITHMETIC_LIST], core[ROTE_CORE_LIST];
  rote_study *frozen = NULL;
  ROTE_TRY(rote_run_directory_frozen(path, &frozen, data, arithmetic, core));
  if (rote_study_differs(frozen, request->study, why, sizeof why)) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: holds another study; what differs (there -> now):\n%suse another "
                       "output directory, or the study as it was",
                       file, why));
  }
  if (strcmp(data, info->sha256) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "data.file: %s (sha256 %.12s..., %zu x %zu x %zu) is not the data this run "
                       "directory was started with (sha256 %.12s...)",
                       request->study->base.data.file, info->sha256, info->channels, info->height,
                       info->width, data));
  }
  ROTE_TRY(compare_processor(file, request, arithmetic, core));
  *mixed = strchr(arithmetic, ',') != NULL;
done:
  rote_study_destroy(&frozen);
  return status;
}

/* nftw() has no context: what it looks for, and what it found. */
static struct {
  const char *fingerprint;
  char other[ROTE_PATH_MAX];
} search;

static int find_other_study(const char *path, const struct stat *info, int kind, struct FTW *where)
{
  rote_label label;
  (void)info, (void)where;
  const size_t n = strlen(path);
  if (kind == FTW_F && n > 3 && strcmp(path + n - 3, ".h5") == 0 &&
      rote_label_read(path, &label) == ROTE_OK) {
    if (strcmp(label.study, search.fingerprint) != 0) {
      snprintf(search.other, sizeof search.other, "%s", path);
    }
    return 1; /* the first whole one tells */
  }
  return 0;
}

/* No frozen study that can be believed: the results say whether it was this one. */
static rote_status freeze_anew(const char *path, const char *file,
                               const rote_run_directory_request *request)
{
  rote_status status = ROTE_OK;
  char results[ROTE_PATH_MAX], fingerprint[ROTE_DIGEST_TEXT];
  ROTE_TRY(rote_path(results, "%s/results", path));
  ROTE_TRY(rote_run_fingerprint(request->study, request->info, fingerprint));
  search.fingerprint = fingerprint;
  search.other[0] = '\0';
  nftw(results, find_other_study, 16, FTW_PHYS);
  if (search.other[0] != '\0') {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: is gone or damaged, and %s is a result of another study or other data; "
                       "use another output directory, or the study as it was",
                       file, search.other));
  }
  ROTE_TRY(freeze(file, request, request->arithmetic, request->core));
done:
  return status;
}

rote_status rote_run_directory_open(const char *path, const rote_run_directory_request *request,
                                    rote_run_directory *d)
{
  rote_status status = ROTE_OK;
  char file[ROTE_PATH_MAX];
  rote_study *frozen = NULL;
  const rote_run_lock_request lock = {.force = request->force_unlock, .stop = request->stop};
  d->lock = NULL;
  d->mixed = false;
  if (strlen(path) >= sizeof d->path) {
    return rote_fail(ROTE_DATA, "output: the path is too long");
  }
  snprintf(d->path, sizeof d->path, "%s", path);
  if (rote_directory_create(path) != ROTE_OK) {
    return rote_fail_context(ROTE_DATA, "output");
  }
  ROTE_TRY(rote_run_lock_take(path, &lock, &d->lock));
  ROTE_TRY(rote_path(file, "%s/study.yaml", path));
  if (rote_run_directory_frozen(path, &frozen, NULL, NULL, NULL) == ROTE_OK) {
    ROTE_TRY(compare(path, file, request, &d->mixed));
  } else {
    if (rote_file_exists(file)) {
      rote_log(ROTE_LOG_WARN, "study-unusable", "%s; it is written again",
               rote_fail_reason(ROTE_DATA));
    }
    ROTE_TRY(freeze_anew(path, file, request));
  }
done:
  rote_study_destroy(&frozen);
  if (status != ROTE_OK) {
    rote_run_directory_close(d);
  }
  return status;
}

void rote_run_directory_close(rote_run_directory *d)
{
  rote_run_lock_release(&d->lock);
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

rote_status rote_run_directory_result(const char *directory, const char *fingerprint,
                                      const rote_study *study, size_t variant, size_t unit,
                                      size_t epoch, rote_label *label)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX];
  const rote_variant *v = &study->variant[variant];
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), epoch, key);
  ROTE_TRY(rote_unit_result_path(directory, study, variant, unit, epoch, path));
  ROTE_TRY(rote_label_read(path, label));
  if (strcmp(label->key, key) != 0 ||
      label->kind != (epoch == 0 ? ROTE_LABEL_TRAINING : ROTE_LABEL_EVALUATION)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of the unit %s, not of %s", path, label->key, key));
  }
  if (strcmp(label->study, fingerprint) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is of another study or other data", path));
  }
done:
  return status;
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
  if (!u->trained) {
    return;
  }
  for (size_t i = 0; i < rote_snapshot_count(o); i++) {
    if (u->snapshot[i] != ROTE_SNAPSHOT_DONE) {
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

/* What a start looks for in the results, and what it found. */
typedef struct {
  const rote_unit_setting *setting;
  const char *directory, *fingerprint, *arithmetic;
  rote_queue *queue;
  size_t others;                   /* results of another arithmetic */
  char other[ROTE_ARITHMETIC_MAX]; /* that of the last one */
} scan;

static void note_arithmetic(scan *s, const rote_label *label)
{
  if (s->arithmetic != NULL && strcmp(label->arithmetic, s->arithmetic) != 0) {
    s->others++;
    memcpy(s->other, label->arithmetic, sizeof s->other);
  }
}

static bool result_good(scan *s, size_t variant, size_t unit, size_t epoch, rote_label *label)
{
  char path[ROTE_PATH_MAX];
  if (rote_unit_result_path(s->directory, s->queue->study, variant, unit, epoch, path) != ROTE_OK ||
      !rote_file_exists(path)) {
    return false;
  }
  if (rote_run_directory_result(s->directory, s->fingerprint, s->queue->study, variant, unit, epoch,
                                label) != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "result-unusable", "%s; it is computed again",
             rote_fail_reason(ROTE_DATA));
    return false;
  }
  note_arithmetic(s, label);
  return true;
}

/* By its label: the file is read when it is merged. */
static bool recovery_good(scan *s, size_t variant, size_t unit, size_t shard)
{
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX];
  rote_label label;
  if (rote_recover_path(s->setting, variant, unit, shard, path) != ROTE_OK ||
      !rote_file_exists(path)) {
    return false;
  }
  rote_recover_key(&s->queue->study->variant[variant], unit, shard, key);
  rote_status status = rote_label_read(path, &label);
  if (status == ROTE_OK && (label.kind != ROTE_LABEL_RECOVERY || strcmp(label.key, key) != 0 ||
                            strcmp(label.study, s->fingerprint) != 0)) {
    status =
        rote_fail(ROTE_DATA, "%s: is of %s, not of %s, or of another study", path, label.key, key);
  }
  if (status != ROTE_OK) {
    rote_log(ROTE_LOG_WARN, "result-unusable", "%s; it is computed again",
             rote_fail_reason(status));
    return false;
  }
  note_arithmetic(s, &label);
  return true;
}

/* Which shards of a recovery are there, and whether its model is. */
static void scan_recovery(scan *s, size_t variant, size_t unit, bool diverged)
{
  rote_queue_unit *u = rote_queue_unit_at(s->queue, variant, unit);
  char path[ROTE_PATH_MAX];
  if (u->trained && diverged) {
    u->snapshot[0] = ROTE_SNAPSHOT_DONE;
    return;
  }
  for (size_t shard = 0; shard < u->items; shard++) {
    if (recovery_good(s, variant, unit, shard)) {
      rote_queue_recovered(s->queue, variant, unit, shard);
    }
  }
  if (u->left[0] == 0) {
    u->snapshot[0] = ROTE_SNAPSHOT_DONE;
  } else if (u->trained &&
             rote_unit_model_path(s->directory, s->queue->study, variant, unit, 0, path) ==
                 ROTE_OK &&
             rote_file_exists(path)) {
    u->snapshot[0] = ROTE_SNAPSHOT_READY;
  }
}

static void scan_unit(scan *s, size_t variant, size_t unit)
{
  const rote_options *o = &s->queue->study->variant[variant].options;
  rote_queue_unit *u = rote_queue_unit_at(s->queue, variant, unit);
  rote_label train = {.diverged = 0}, evaluation;
  char path[ROTE_PATH_MAX];
  u->trained = result_good(s, variant, unit, 0, &train);
  if (rote_options_recovered(o)) {
    scan_recovery(s, variant, unit, train.diverged != 0);
  }
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    const size_t epoch = rote_evaluation_epoch(o, v);
    if ((u->trained && train.diverged && epoch > train.epoch) ||
        result_good(s, variant, unit, epoch, &evaluation)) {
      u->snapshot[v] = ROTE_SNAPSHOT_DONE;
    } else if (rote_unit_model_path(s->directory, s->queue->study, variant, unit, epoch, path) ==
                   ROTE_OK &&
               rote_file_exists(path)) {
      u->snapshot[v] = ROTE_SNAPSHOT_READY;
    }
  }
  for (size_t v = 0; v < rote_evaluation_count(o); v++) {
    if (u->snapshot[v] == ROTE_SNAPSHOT_DONE) { /* the last run may have died before it tidied */
      rote_run_directory_tidy(s->directory, s->queue, variant, unit, v);
    }
  }
  if (rote_evaluation_count(o) == 0) {
    rote_run_directory_tidy(s->directory, s->queue, variant, unit, 0);
  }
}

rote_status rote_run_directory_scan(const rote_unit_setting *setting, const char *arithmetic,
                                    rote_queue *queue)
{
  rote_status status = ROTE_OK;
  char results[ROTE_PATH_MAX];
  const char *path = setting->directory;
  scan s = {.setting = setting,
            .directory = path,
            .fingerprint = setting->fingerprint,
            .arithmetic = arithmetic,
            .queue = queue};
  nftw(path, remove_temporary, 16, FTW_PHYS);
  for (size_t v = 0; v < queue->study->variant_count; v++) {
    for (size_t u = 0; u < rote_unit_count(&queue->study->variant[v].options); u++) {
      scan_unit(&s, v, u);
    }
  }
  if (s.others > 0) { /* the frozen study did not say so: it was lost, or files were copied here */
    ROTE_TRY(rote_path(results, "%s/results: %zu of the results", path, s.others));
    ROTE_TRY(refuse_arithmetic(results, s.other, arithmetic));
  }
done:
  return status;
}
