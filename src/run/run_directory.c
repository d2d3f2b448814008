#include "run_directory.h"

#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/plan.h"
#include "rote/sealed_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORMAT_LINE "# format: 2\n" /* of the files in the directory */
#define DATA_LINE "# data: sha256 "
#define FOREIGN_LINE "# foreign: sha256 " /* of the data file of foreign plants */
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
  const size_t room = strlen(text) + 640;
  ROTE_TRY(rote_alloc(room, 1, &all));
  snprintf(all, room,
           "# The study of this run directory, with every option. Not to be edited.\n" FORMAT_LINE
               DATA_LINE "%s, %zu x %zu x %zu\n%s%s%s" ARITHMETIC_LINE "%s\n" CORE_LINE "%s\n%s",
           info->sha256, info->channels, info->height, info->width,
           info->foreign_count > 0 ? FOREIGN_LINE : "", info->foreign_sha256,
           info->foreign_count > 0 ? "\n" : "", arithmetic, core, text);
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

/* @param[out] old  whether it is whole, but of an earlier version; may be NULL */
static rote_status frozen_of(const char *path, rote_study **study, rote_frozen_data *data,
                             char *arithmetic, char *core, bool *old)
{
  rote_status status = ROTE_OK;
  char file[ROTE_PATH_MAX];
  char *text = NULL;
  *study = NULL;
  ROTE_TRY(rote_path(file, "%s/study.yaml", path));
  ROTE_TRY(rote_sealed_text_read(file, ROTE_SEALED_YAML, &text));
  if (strstr(text, FORMAT_LINE) == NULL) {
    if (old != NULL) {
      *old = true;
    }
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "%s: is of an earlier version of Rote, whose results this one cannot use; "
                       "continue with that version, or use another output directory",
                       file));
  }
  ROTE_TRY(rote_study_parse(file, text, 0, NULL, study));
  if (data != NULL) {
    line_after(text, DATA_LINE, data->own, sizeof data->own);
    line_after(text, FOREIGN_LINE, data->foreign, sizeof data->foreign);
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

rote_status rote_run_directory_frozen(const char *path, rote_study **study, rote_frozen_data *data,
                                      char *arithmetic, char *core)
{
  return frozen_of(path, study, data, arithmetic, core, NULL);
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

rote_status rote_refuse_arithmetic(const char *where, const char *there, const char *here)
{
  return rote_fail(ROTE_DATA,
                   "%s: computed with \"%s\" arithmetic, but here it is \"%s\" (another kind of "
                   "processor, ROTE_ISA, or another version of Rote): the numbers would not be the "
                   "bits of either. Use what it was begun with, or --allow-cpu-change to mix them, "
                   "which is recorded",
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

/* The processor that began against this one; a change is to be written down if it is allowed. */
static rote_status compare_processor(const char *file, const rote_run_directory_request *request,
                                     rote_run_directory *d)
{
  rote_status status = ROTE_OK;
  const bool same_arithmetic = names(d->arithmetic, request->arithmetic);
  const bool same_core = names(d->core, request->core);
  if (same_arithmetic && same_core) {
    return ROTE_OK;
  }
  if (!request->allow_cpu_change) {
    ROTE_TRY(same_arithmetic ? refuse_core(file, d->core, request->core)
                             : rote_refuse_arithmetic(file, d->arithmetic, request->arithmetic));
  }
  rote_log(ROTE_LOG_WARN, "cpu-change", "arithmetic = %s, BLAS core = %s, until now %s and %s",
           request->arithmetic, request->core, d->arithmetic, d->core);
  if (!same_arithmetic) {
    append_name(d->arithmetic, sizeof d->arithmetic, request->arithmetic);
  }
  if (!same_core) {
    append_name(d->core, sizeof d->core, request->core);
  }
  d->to_freeze = true;
done:
  return status;
}

/* The frozen study against the one that is asked for. */
static rote_status compare(const char *file, const rote_run_directory_request *request,
                           const rote_study *frozen, const rote_frozen_data *data,
                           rote_run_directory *d)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = request->info;
  if (strcmp(data->own, info->sha256) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "data.file: %s (sha256 %.12s..., %zu x %zu x %zu) is not the data this run "
                       "directory was started with (sha256 %.12s...)",
                       request->study->base.data.file, info->sha256, info->channels, info->height,
                       info->width, data->own));
  }
  if (data->foreign[0] != '\0' && info->foreign_count > 0 &&
      strcmp(data->foreign, info->foreign_sha256) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "plant.foreign_file: %s (sha256 %.12s...) is not the one this run directory "
                       "was started with (sha256 %.12s...)",
                       request->study->base.plant.foreign_file, info->foreign_sha256,
                       data->foreign));
  }
  d->changed = rote_study_differs(frozen, request->study, d->why, sizeof d->why);
  d->to_freeze = d->changed;
  ROTE_TRY(compare_processor(file, request, d));
  d->mixed = strchr(d->arithmetic, ',') != NULL;
done:
  return status;
}

static rote_status read_frozen(const char *file, const rote_run_directory_request *request,
                               rote_run_directory *d)
{
  rote_status status = ROTE_OK;
  rote_study *frozen = NULL;
  rote_frozen_data data;
  bool old = false;
  const rote_status found = frozen_of(d->path, &frozen, &data, d->arithmetic, d->core, &old);
  if (found == ROTE_OK) {
    ROTE_TRY(compare(file, request, frozen, &data, d));
  } else if (found != ROTE_DATA || old) { /* it cannot be read now, or not used: with its reason */
    status = found;
  } else {
    if (rote_file_exists(file)) {
      rote_log(ROTE_LOG_WARN, "study-unusable", "%s; it is written again",
               rote_fail_reason(ROTE_DATA));
    }
    d->unknown = d->to_freeze = true;
    snprintf(d->arithmetic, sizeof d->arithmetic, "%s", request->arithmetic);
    snprintf(d->core, sizeof d->core, "%s", request->core);
  }
done:
  rote_study_destroy(&frozen);
  return status;
}

rote_status rote_run_directory_open(const char *path, const rote_run_directory_request *request,
                                    rote_run_directory *d)
{
  rote_status status = ROTE_OK;
  char file[ROTE_PATH_MAX];
  const rote_run_lock_request lock = {.force = request->force_unlock, .stop = request->stop};
  *d = (rote_run_directory){.lock = NULL};
  if (strlen(path) >= sizeof d->path) {
    return rote_fail(ROTE_DATA, "output: the path is too long");
  }
  snprintf(d->path, sizeof d->path, "%s", path);
  status = rote_directory_create(path);
  if (status != ROTE_OK) {
    return rote_fail_context(status == ROTE_IO ? rote_file_status(errno) : status, "output");
  }
  ROTE_TRY(rote_run_lock_take(path, &lock, &d->lock));
  ROTE_TRY(rote_path(file, "%s/study.yaml", path));
  ROTE_TRY(read_frozen(file, request, d));
done:
  if (status != ROTE_OK) {
    rote_run_directory_close(d);
  }
  return status;
}

rote_status rote_run_directory_freeze(rote_run_directory *d,
                                      const rote_run_directory_request *request)
{
  rote_status status = ROTE_OK;
  char file[ROTE_PATH_MAX];
  if (!d->to_freeze) {
    return ROTE_OK;
  }
  if (d->changed) { /* study.h5 is not of this study any more */
    ROTE_TRY(rote_path(file, "%s/DONE", d->path));
    remove(file);
  }
  ROTE_TRY(rote_path(file, "%s/study.yaml", d->path));
  ROTE_TRY(freeze(file, request, d->arithmetic, d->core));
  d->to_freeze = false;
done:
  return status;
}

void rote_run_directory_close(rote_run_directory *d)
{
  rote_run_lock_release(&d->lock);
}
