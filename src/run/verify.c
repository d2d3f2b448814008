#include "verify.h"

#include "rote/file.h"
#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/run_lock.h"
#include "rote/sealed_text.h"
#include "rote/study_images.h"
#include "run_directory.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

void rote_verify_find(rote_verifier *v, rote_finding_kind kind, const char *what, const char *then)
{
  v->outcome->damaged += kind == ROTE_FINDING_DAMAGED;
  v->outcome->missing += kind == ROTE_FINDING_MISSING;
  v->outcome->unreadable += kind == ROTE_FINDING_UNREADABLE;
  v->listener->finding(v->listener->context, kind, what, then);
}

void rote_verify_find_failed(rote_verifier *v, rote_status status, const char *path,
                             const char *then)
{
  const bool unreadable = status != ROTE_DATA;
  rote_verify_find(v,
                   unreadable                ? ROTE_FINDING_UNREADABLE
                   : !rote_file_exists(path) ? ROTE_FINDING_MISSING
                                             : ROTE_FINDING_DAMAGED,
                   rote_fail_reason(status), unreadable ? "" : then);
}

/* A text file that closes with its checksum. @param[in] needed  whether it must be there */
static rote_status check_text(rote_verifier *v, const char *name, rote_sealed_style style,
                              bool needed, const char *then)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  char *text = NULL;
  ROTE_TRY(rote_path(path, "%s/%s", v->directory, name));
  const bool there = rote_file_exists(path);
  if (!there && !needed) {
    return ROTE_OK;
  }
  v->outcome->files += there;
  const rote_status found = rote_sealed_text_read(path, style, &text);
  if (found != ROTE_OK) {
    rote_verify_find_failed(v, found, path, then);
  }
done:
  rote_free(&text);
  return status;
}

static void check_lock(rote_verifier *v)
{
  rote_run_owner owner;
  double silent;
  char text[256], what[512];
  const rote_owner_state state = rote_run_lock_look(v->directory, &owner, &silent);
  v->outcome->running = state == ROTE_OWNER_ALIVE;
  if (state == ROTE_OWNER_NONE) {
    return;
  }
  v->outcome->files++;
  rote_run_owner_text(&owner, text, sizeof text);
  if (state == ROTE_OWNER_UNREADABLE) {
    snprintf(what, sizeof what, "%.200s: %s; a run may work here", v->directory, text);
    rote_verify_find(v, ROTE_FINDING_NOTE, what, "");
  } else if (owner.host[0] == '\0') {
    snprintf(what, sizeof what, "%.300s/lock: is damaged: it does not say who works here",
             v->directory);
    rote_verify_find(v, ROTE_FINDING_DAMAGED, what,
                     "waits for a minute to see whether anybody refreshes it, then takes it");
  } else {
    snprintf(what, sizeof what, "%s: %s",
             state == ROTE_OWNER_ALIVE  ? "a run works here, so more files may come"
             : state == ROTE_OWNER_GONE ? "the last run was killed"
                                        : "a run that cannot be seen from here works here, or was "
                                          "killed",
             text);
    rote_verify_find(v, ROTE_FINDING_NOTE, what, "");
  }
}

/* The data set, if its pixels have the digest that names it. */
static rote_status read_data(const char *path, rote_data **out)
{
  rote_status status = ROTE_OK;
  char digest[ROTE_DIGEST_TEXT];
  rote_data_info info;
  rote_data *data = NULL;
  *out = NULL;
  ROTE_TRY(rote_data_file_info(path, &info));
  ROTE_TRY(rote_data_create(&info, &data));
  ROTE_TRY(rote_data_file_read(path, "train", &data->train));
  if (info.validation_count > 0) {
    ROTE_TRY(rote_data_file_read(path, "validation", &data->validation));
  }
  if (info.test_count > 0) {
    ROTE_TRY(rote_data_file_read(path, "test", &data->test));
  }
  ROTE_TRY(rote_data_digest(data, digest));
  if (strcmp(digest, info.sha256) != 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: its images do not have the SHA-256 that it names", path));
  }
  *out = data;
  data = NULL;
done:
  rote_data_destroy(&data);
  return status;
}

/* What is known once the data is. */
static rote_status make_plan(rote_verifier *v)
{
  rote_status status = ROTE_OK;
  const rote_options *o = &v->study->base;
  v->train = v->data->train;
  v->train.count = rote_study_images_count(o, &v->data->info);
  ROTE_TRY(rote_study_images_plant(o, &v->data->info, &v->train));
  ROTE_TRY(rote_plan_create(v->study, &v->data->info, v->train.count, &v->plan));
  if (o->folds.count > 0) {
    ROTE_TRY(rote_alloc(o->folds.repeats * v->train.count, sizeof *v->fold, &v->fold));
    ROTE_TRY(rote_fold_assign(o->seed, ROTE_PURPOSE_FOLD, 0, o->folds.repeats, o->folds.count,
                              v->train.count, v->fold));
  }
done:
  return status;
}

static const char then_refused[] = "is refused until the data file is as it was";

/* A data set that cannot be believed: without it not much can be verified. */
static void find_other_data(rote_verifier *v, const char *path, const char *digest,
                            const char *frozen)
{
  char what[ROTE_PATH_MAX + 200];
  snprintf(what, sizeof what, "%s: is not the data set of this run: SHA-256 %.12s..., not %.12s...",
           path, digest, frozen);
  rote_verify_find(v, ROTE_FINDING_DAMAGED, what, then_refused);
  rote_data_destroy(&v->data);
}

/* The data file of foreign plants. */
static void check_foreign(rote_verifier *v, const char *frozen)
{
  const char *path = v->study->base.plant.foreign_file;
  rote_data *foreign = NULL;
  v->outcome->files++;
  rote_status found = read_data(path, &foreign);
  found = found == ROTE_OK ? rote_study_images_info(&v->study->base, &v->data->info) : found;
  if (found != ROTE_OK) {
    rote_verify_find_failed(v, found, path, then_refused);
    rote_data_destroy(&v->data);
  } else if (strcmp(foreign->info.sha256, frozen) != 0) {
    find_other_data(v, path, foreign->info.sha256, frozen);
  }
  rote_data_destroy(&foreign);
}

static rote_status check_data(rote_verifier *v, const rote_frozen_data *frozen)
{
  rote_status status = ROTE_OK;
  const char *path = v->study->base.data.file;
  v->outcome->files++;
  const rote_status found = read_data(path, &v->data);
  if (found != ROTE_OK) {
    rote_verify_find_failed(v, found, path, then_refused);
  } else if (strcmp(v->data->info.sha256, frozen->own) != 0) {
    find_other_data(v, path, v->data->info.sha256, frozen->own);
  } else if (v->study->base.plant.foreign > 0) {
    check_foreign(v, frozen->foreign);
  }
  if (v->data != NULL) {
    ROTE_TRY(make_plan(v));
  }
done:
  return status;
}

rote_unit_setting rote_verify_setting(const rote_verifier *v)
{
  return (rote_unit_setting){.plan = v->plan,
                             .train = &v->train,
                             .test = &v->data->test,
                             .fold = v->fold,
                             .directory = v->directory};
}

/* nftw() has no context. */
static rote_verifier *walker;

static bool ends_with(const char *text, const char *end)
{
  const size_t n = strlen(text), m = strlen(end);
  return n > m && strcmp(text + n - m, end) == 0;
}

/* Left-over files, and files of other studies. Without a study, that is all that can be told apart,
 * and every file's checksum. */
static int look_at_file(const char *path, const struct stat *info, int kind, struct FTW *where)
{
  char what[ROTE_PATH_MAX + 200];
  rote_label label;
  rote_plan_place place;
  (void)info, (void)where;
  if (kind != FTW_F) {
    return 0;
  }
  if (ends_with(path, ".tmp-rote")) {
    if (!walker->outcome->running) {
      snprintf(what, sizeof what, "%s: is left over from a run that was killed", path);
      rote_verify_find(walker, ROTE_FINDING_NOTE, what, "removes it");
    }
  } else if (walker->study == NULL) {
    walker->outcome->files++;
    const rote_status found = rote_label_read(path, &label);
    if (found != ROTE_OK && rote_file_exists(path)) {
      rote_verify_find_failed(walker, found, path, "computes it again");
    }
  } else if (walker->plan != NULL && rote_label_peek(path, &label) == ROTE_OK &&
             !rote_plan_claims(walker->plan, &label, &place)) {
    snprintf(what, sizeof what, "%s: is of another study or other data", path);
    rote_verify_find(walker, ROTE_FINDING_NOTE, what, "does not use it");
  }
  return 0;
}

static rote_status walk(rote_verifier *v)
{
  static const char *const below[] = {"results", "models"};
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  walker = v;
  for (int i = 0; i < 2; i++) {
    ROTE_TRY(rote_path(path, "%s/%s", v->directory, below[i]));
    nftw(path, look_at_file, 16, FTW_PHYS);
  }
done:
  return status;
}

static rote_status check_study(rote_verifier *v, rote_frozen_data *data)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  ROTE_TRY(rote_path(path, "%s/study.yaml", v->directory));
  status = rote_run_directory_frozen(v->directory, &v->study, data, NULL, NULL);
  v->outcome->files += rote_file_exists(path);
  if (status == ROTE_DATA) {
    rote_verify_find_failed(v, status, path,
                            "writes it again, if the results are of the study it is given; until "
                            "then only checksums can be verified");
    status = ROTE_OK;
  }
done:
  return status;
}

rote_status rote_verify(const char *directory, const rote_verify_listener *listener,
                        rote_verify_outcome *outcome)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  rote_frozen_data data = {.own = ""};
  rote_verifier v = {.directory = directory, .listener = listener, .outcome = outcome};
  *outcome = (rote_verify_outcome){.files = 0};
  ROTE_TRY(rote_path(path, "%s/study.yaml", directory));
  if (!rote_file_exists(path)) {
    ROTE_TRY(rote_path(path, "%s/results", directory));
  }
  if (!rote_file_exists(path)) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: is not a run directory", directory));
  }
  check_lock(&v);
  ROTE_TRY(check_study(&v, &data));
  ROTE_TRY(rote_path(path, "%s/DONE", directory));
  outcome->complete = rote_file_exists(path);
  ROTE_TRY(check_text(&v, "DONE", ROTE_SEALED_PLAIN, false, "merges the results again"));
  ROTE_TRY(check_text(&v, "provenance.json", ROTE_SEALED_JSON, outcome->complete,
                      "begins it anew; what it said of earlier starts is lost"));
  ROTE_TRY(check_text(&v, "progress.json", ROTE_SEALED_JSON, false, "replaces it"));
  if (v.study != NULL) {
    ROTE_TRY(check_data(&v, &data));
  }
  ROTE_TRY(walk(&v));
  if (v.study != NULL) {
    ROTE_TRY(rote_verify_units(&v));
    ROTE_TRY(rote_verify_study_file(&v));
  }
done:
  rote_plan_destroy(&v.plan);
  rote_data_destroy(&v.data);
  rote_free(&v.fold);
  rote_study_destroy(&v.study);
  return status;
}
