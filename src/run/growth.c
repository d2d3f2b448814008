/* May a study change into this one? */
#include "rote/file.h"
#include "stock.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>

/* nftw() has no context: what it looks for, and what it found. */
static struct {
  const rote_plan *plan;
  char unused[ROTE_PATH_MAX]; /* a file for which the plan has no use */
  rote_status status;         /* other than ROTE_OK: a file or directory that cannot be read */
} search;

/* Rows that hang on others are computed anew when these have grown, and so are some that hang on
 * all folds. */
static bool hangs_on_others(const rote_label *label)
{
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if (strcmp((*m)->name, label->kind) == 0) {
      return (*m)->after != NULL || (*m)->renewed;
    }
  }
  return false;
}

static int find_unused(const char *path, const struct stat *info, int kind, struct FTW *where)
{
  rote_label label;
  rote_plan_place place;
  (void)info, (void)where;
  const size_t n = strlen(path);
  if (kind == FTW_DNR || (kind == FTW_NS && rote_file_exists(path))) {
    search.status = rote_fail(ROTE_IO, "%s: cannot be looked at", path);
    return 1;
  }
  if (kind != FTW_F || n <= 3 || strcmp(path + n - 3, ".h5") != 0) {
    return 0;
  }
  const rote_status status = rote_label_peek(path, &label);
  if (status == ROTE_OK && !hangs_on_others(&label) &&
      !rote_plan_claims(search.plan, &label, &place)) {
    snprintf(search.unused, sizeof search.unused, "%s", path);
    return 1;
  }
  search.status = status == ROTE_DATA ? ROTE_OK : status;
  return search.status != ROTE_OK;
}

static rote_status refuse(const rote_run_directory *d, const char *what)
{
  return d->unknown
             ? rote_fail(
                   ROTE_DATA,
                   "%s/study.yaml: is gone or damaged, and %s is a result of another study or "
                   "other data; use another output directory, or the study as it was",
                   d->path, what)
             : rote_fail(ROTE_DATA,
                         "%s/study.yaml: holds another study; what differs (there -> now):\n%sand "
                         "%s would be thrown away; use another output directory, or the study as "
                         "it was",
                         d->path, d->why, what);
}

static rote_status refuse_training(const rote_unit_setting *s, const rote_run_directory *d,
                                   size_t unit, size_t variant, const char *why)
{
  char key[ROTE_KEY_MAX], what[ROTE_KEY_MAX + 200];
  rote_plan_unit_key(s->plan, variant, unit, key);
  snprintf(what, sizeof what, "the training %s, since %s", key, why);
  return refuse(d, what);
}

/* Rows are there that were computed from this model. */
static bool has_rows(const rote_group *g, const rote_queue_unit *u)
{
  bool has = false;
  for (size_t t = 0; t < g->tasks; t++) {
    has = has || (u->task[t].rows > 0 && u->task[t].left == 0);
  }
  return has;
}

/* What was trained must not be trained again for weights that are gone. */
static rote_status check_unit(const rote_unit_setting *s, const rote_run_directory *d, size_t group,
                              size_t unit, const rote_queue_unit *u)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &s->plan->group[group];
  char path[ROTE_PATH_MAX], why[64];
  rote_label label = {.count = 0};
  ROTE_TRY(rote_plan_model_path(s->plan, s->directory, u->home, unit, 0, path));
  const rote_status peeked = !rote_file_exists(path) ? ROTE_DATA : rote_label_peek(path, &label);
  ROTE_TRY(peeked == ROTE_DATA ? ROTE_OK : peeked);
  const bool has_weights = peeked == ROTE_OK;
  const bool resumes = has_weights && label.count >= u->epochs;
  const size_t done = resumes ? label.count : u->epochs;
  for (size_t i = 0; i < g->stages; i++) {
    const rote_stage stage = g->stage[i];
    const size_t epoch = stage.end && u->trained ? u->epochs : stage.epoch; /* it may end early */
    if (u->stage[i] == ROTE_STAGE_MISSING && epoch <= done && (!resumes || label.count > epoch)) {
      snprintf(why, sizeof why, "its weights after epoch %zu are not on disk", epoch);
      ROTE_TRY(refuse_training(s, d, unit, u->home, why));
    }
  }
  if (!u->trained && u->epochs > 0 && !resumes) {
    ROTE_TRY(refuse_training(s, d, unit, u->home, "its weights are not on disk (checkpoint.keep)"));
  }
  if (!u->trained && u->epochs == 0 && !has_weights && has_rows(g, u)) {
    ROTE_TRY(refuse_training(s, d, unit, u->home,
                             "its model is another variant's, which is not the same any more"));
  }
done:
  return status;
}

rote_status rote_growth_check(const rote_unit_setting *s, const rote_run_directory *d,
                              const rote_queue *queue)
{
  static const char *const below[] = {"results", "models"};
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  if (!d->changed && !d->unknown) {
    return ROTE_OK;
  }
  search.plan = s->plan;
  search.unused[0] = '\0';
  search.status = ROTE_OK;
  /* checkpoints of an unknown study are not worth a refusal: they are not believed */
  for (int i = 0; i < (d->unknown ? 1 : 2) && search.unused[0] == '\0'; i++) {
    ROTE_TRY(rote_path(path, "%s/%s", d->path, below[i]));
    nftw(path, find_unused, 16, FTW_PHYS);
    ROTE_TRY(search.status);
  }
  if (search.unused[0] != '\0') {
    ROTE_TRY(refuse(d, search.unused));
  }
  for (size_t g = 0; g < s->plan->group_count && !d->unknown; g++) {
    for (size_t u = 0; u < s->plan->group[g].units && !s->plan->group[g].of_data; u++) {
      ROTE_TRY(check_unit(s, d, g, u, rote_queue_look(queue, g, u)));
    }
  }
done:
  return status;
}
