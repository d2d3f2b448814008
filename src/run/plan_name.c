/* Keys, identities and names of files of what a plan has, and back. */
#include "rote/file.h"
#include "rote/memory.h"
#include "rote/plan.h"

#include <stdio.h>
#include <string.h>

void rote_plan_unit_key(const rote_plan *plan, size_t variant, size_t unit, char *key)
{
  const rote_variant *v = &plan->study->variant[variant];
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), 0, key);
}

void rote_plan_task_key(const rote_plan *plan, size_t group, size_t unit, size_t task, char *key)
{
  const rote_group *g = &plan->group[group];
  const rote_task *t = &g->task[task];
  if (g->of_data) {
    snprintf(key, ROTE_KEY_MAX, "%s", t->measure->name);
    return;
  }
  const rote_variant *v = &plan->study->variant[t->variant];
  const rote_stage stage = g->stage[t->stage];
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), stage.end ? 0 : stage.epoch, key);
  const size_t n = strlen(key);
  const bool own = t->measure->suffix != NULL;
  snprintf(key + n, ROTE_KEY_MAX - n, "%s%s", own ? "" : "-",
           own ? t->measure->suffix : t->measure->name);
}

static rote_status digest_words(size_t n, const char *const *word, char *identity)
{
  const void *block[8];
  size_t bytes[8];
  for (size_t i = 0; i < n; i++) {
    block[i] = word[i];
    bytes[i] = strlen(word[i]) + 1; /* the end tells "a", "bc" from "ab", "c" */
  }
  return rote_digest(n, block, bytes, identity);
}

rote_status rote_plan_unit_identity(const rote_plan *plan, size_t group, size_t unit,
                                    char *identity)
{
  const rote_unit u = rote_plan_unit(plan, group, unit);
  char place[64];
  if (u.full) {
    snprintf(place, sizeof place, "full %zu", u.repeat);
  } else {
    snprintf(place, sizeof place, "repeat %zu, fold %zu of %zu", u.repeat, u.fold,
             plan->study->base.folds.count);
  }
  const char *const word[] = {"training", plan->group[group].digest, plan->data, place};
  return digest_words(sizeof word / sizeof *word, word, identity);
}

rote_status rote_plan_task_identity(const rote_plan *plan, size_t group, size_t unit, size_t task,
                                    char *identity)
{
  rote_status status = ROTE_OK;
  const rote_group *g = &plan->group[group];
  const rote_task *t = &g->task[task];
  char of[ROTE_DIGEST_TEXT], number[64], edition[16] = "";
  if (g->of_data) {
    memcpy(of, plan->data, sizeof of);
    snprintf(number, sizeof number, "limit %zu", plan->study->base.data.limit);
  } else {
    ROTE_TRY(rote_plan_unit_identity(plan, group, unit, of));
    snprintf(number, sizeof number, "epoch %zu%s", g->stage[t->stage].epoch,
             g->stage[t->stage].end ? " at most" : "");
  }
  snprintf(edition, sizeof edition, "%u", t->measure->edition);
  const char *const word[] = {t->measure->name, t->digest, of, number, edition};
  ROTE_TRY(digest_words(t->measure->edition > 0 ? 5 : 4, word, identity)); /* as before editions */
done:
  return status;
}

rote_status rote_plan_model_path(const rote_plan *plan, const char *directory, size_t variant,
                                 size_t unit, size_t epoch, char *path)
{
  char key[ROTE_KEY_MAX];
  const rote_variant *v = &plan->study->variant[variant];
  rote_unit_key(v->name, rote_unit_at(&v->options, unit), epoch, key);
  return rote_path(path, "%s/models/%s.h5", directory, key);
}

rote_status rote_plan_training_path(const rote_plan *plan, const char *directory, size_t variant,
                                    size_t unit, char *path)
{
  char key[ROTE_KEY_MAX];
  rote_plan_unit_key(plan, variant, unit, key);
  return rote_path(path, "%s/results/%s.h5", directory, key);
}

rote_status rote_plan_piece_path(const rote_plan *plan, const char *directory, size_t group,
                                 size_t unit, size_t task, size_t first, char *path)
{
  char key[ROTE_KEY_MAX];
  rote_plan_task_key(plan, group, unit, task, key);
  return plan->group[group].task[task].measure->large
             ? rote_path(path, "%s/results/%s-%06zu.h5", directory, key, first)
             : rote_path(path, "%s/results/%s.h5", directory, key);
}

size_t rote_plan_home(const rote_plan *plan, const char *directory, size_t group, size_t unit)
{
  const rote_group *g = &plan->group[group];
  char path[ROTE_PATH_MAX];
  for (size_t v = g->variant; v < plan->study->variant_count; v++) {
    if (rote_plan_is_in(plan, group, v) &&
        ((rote_plan_training_path(plan, directory, v, unit, path) == ROTE_OK &&
          rote_file_exists(path)) ||
         (rote_plan_model_path(plan, directory, v, unit, 0, path) == ROTE_OK &&
          rote_file_exists(path)))) {
      return v;
    }
  }
  return g->variant;
}

rote_status rote_run_fingerprint(const rote_study *study, const rote_data_info *info, char *text)
{
  rote_status status = ROTE_OK;
  char *words = NULL;
  ROTE_TRY(rote_study_text(study, ROTE_STUDY_RESULTS, &words));
  const void *block[] = {words, info->sha256, info->foreign_sha256};
  const size_t bytes[] = {strlen(words), strlen(info->sha256), strlen(info->foreign_sha256)};
  ROTE_TRY(rote_digest(3, block, bytes, text));
done:
  rote_free(&words);
  return status;
}

bool rote_plan_parse_key(const rote_study *study, const char *key, size_t *variant, size_t *unit,
                         const char **rest)
{
  const rote_options *o = &study->base;
  const char *slash = strchr(key, '/');
  size_t repeat = 0, fold = 0;
  int end = 0;
  *variant = 0;
  while (slash != NULL && *variant < study->variant_count &&
         (strlen(study->variant[*variant].name) != (size_t)(slash - key) ||
          strncmp(study->variant[*variant].name, key, (size_t)(slash - key)) != 0)) {
    ++*variant;
  }
  if (slash == NULL || *variant == study->variant_count) {
    return false;
  }
  if (sscanf(slash + 1, "r%zu-f%zu%n", &repeat, &fold, &end) == 2 && end > 0) {
    *unit = repeat * o->folds.count + fold;
    *rest = slash + 1 + end;
    return repeat < o->folds.repeats && fold < o->folds.count;
  }
  if (sscanf(slash + 1, "full-r%zu%n", &repeat, &end) == 1 && end > 0) {
    *unit = o->folds.repeats * o->folds.count + repeat;
    *rest = slash + 1 + end;
    return repeat < o->folds.full;
  }
  return false;
}

/* The task of a piece, by its key. */
static bool find_task(const rote_plan *plan, const rote_label *label, rote_plan_place *place)
{
  const rote_group *g = &plan->group[place->group];
  char key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT];
  for (place->task = 0; place->task < g->tasks; place->task++) {
    const rote_task *t = &g->task[place->task];
    if (t->variant != place->variant || strcmp(t->measure->name, label->kind) != 0) {
      continue;
    }
    rote_plan_task_key(plan, place->group, place->unit, place->task, key);
    if (strcmp(key, label->key) == 0) {
      return rote_plan_task_identity(plan, place->group, place->unit, place->task, identity) ==
                 ROTE_OK &&
             strcmp(identity, label->identity) == 0 &&
             (plan->images == 0 ||
              label->first + label->count <=
                  rote_plan_rows(plan, place->group, place->unit, place->task));
    }
  }
  return false;
}

bool rote_plan_claims(const rote_plan *plan, const rote_label *label, rote_plan_place *place)
{
  char identity[ROTE_DIGEST_TEXT];
  const char *rest = "";
  *place = (rote_plan_place){.group = plan->group_count - 1, .variant = ROTE_NO_VARIANT};
  if (strchr(label->key, '/') == NULL) {
    return plan->group[place->group].of_data && find_task(plan, label, place);
  }
  if (!rote_plan_parse_key(plan->study, label->key, &place->variant, &place->unit, &rest)) {
    return false;
  }
  place->group = plan->group_of[place->variant];
  place->of_model =
      strcmp(label->kind, ROTE_KIND_TRAINING) == 0 || strcmp(label->kind, "checkpoint") == 0;
  if (!place->of_model) {
    return find_task(plan, label, place);
  }
  return rest[0] == '\0' &&
         rote_plan_unit_identity(plan, place->group, place->unit, identity) == ROTE_OK &&
         strcmp(identity, label->identity) == 0 &&
         label->count <= rote_plan_options(plan, place->variant)->training.epochs;
}
