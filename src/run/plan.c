#include "rote/plan.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "rote/study_images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const rote_options *rote_plan_options(const rote_plan *plan, size_t variant)
{
  return variant == ROTE_NO_VARIANT ? &plan->study->base : &plan->study->variant[variant].options;
}

bool rote_plan_is_in(const rote_plan *plan, size_t group, size_t variant)
{
  return variant < plan->study->variant_count && plan->group_of[variant] == group;
}

/* Variants whose trainings are equal and equally long share their models. */
static rote_status group_variants(rote_plan *plan)
{
  rote_status status = ROTE_OK;
  for (size_t v = 0; v < plan->study->variant_count; v++) {
    const rote_options *o = rote_plan_options(plan, v);
    char digest[ROTE_DIGEST_TEXT];
    size_t g = 0;
    ROTE_TRY(rote_options_training_digest(o, digest));
    while (
        g < plan->group_count &&
        (strcmp(plan->group[g].digest, digest) != 0 ||
         rote_plan_options(plan, plan->group[g].variant)->training.epochs != o->training.epochs)) {
      g++;
    }
    plan->group_of[v] = g;
    if (g == plan->group_count) {
      rote_group *group = &plan->group[plan->group_count++];
      *group =
          (rote_group){.variant = v, .units = rote_unit_count(o), .first_unit = plan->unit_count};
      memcpy(group->digest, digest, sizeof digest);
      plan->unit_count += group->units;
    }
  }
done:
  return status;
}

static bool any_data_measure(const rote_plan *plan)
{
  bool any = false;
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    any = any || ((*m)->subject == ROTE_OF_DATA && rote_measure_applies(*m, &plan->study->base));
  }
  return any;
}

static int compare_stages(const void *a, const void *b)
{
  const rote_stage *x = a, *y = b;
  return x->epoch != y->epoch ? (x->epoch > y->epoch) - (x->epoch < y->epoch) : x->end - y->end;
}

/* What is computed in a variant: `take` is called for every measure and snapshot of it. */
static void each_snapshot(const rote_plan *plan, size_t g, size_t variant,
                          void (*take)(rote_group *group, rote_task task, rote_stage stage))
{
  rote_group *group = &plan->group[g];
  const rote_options *o = rote_plan_options(plan, variant);
  for (const rote_measure *const *m = rote_measure_list; *m != NULL; m++) {
    if (!rote_measure_has_rows(*m, group->of_data) || !rote_measure_applies(*m, o)) {
      continue;
    }
    for (size_t v = 0; v < rote_measure_snapshots(*m, o); v++) {
      const rote_stage stage = {.epoch = (*m)->subject == ROTE_OF_EVALUATED
                                             ? rote_evaluation_epoch(o, v)
                                         : group->of_data ? 0
                                                          : o->training.epochs,
                                .end = (*m)->subject == ROTE_OF_TRAINED};
      take(group, (rote_task){.measure = *m, .variant = variant, .v = v}, stage);
    }
  }
}

static size_t stage_of(const rote_group *group, rote_stage stage)
{
  size_t s = 0;
  while (s < group->stages && compare_stages(&group->stage[s], &stage) != 0) {
    s++;
  }
  return s;
}

static void count_task(rote_group *group, rote_task task, rote_stage stage)
{
  (void)task, (void)stage;
  group->tasks++;
}

static void add_stage(rote_group *group, rote_task task, rote_stage stage)
{
  (void)task;
  if (stage_of(group, stage) == group->stages) {
    group->stage[group->stages++] = stage;
  }
}

static void add_task(rote_group *group, rote_task task, rote_stage stage)
{
  task.stage = stage_of(group, stage);
  group->task[group->tasks++] = task;
}

static void each_variant(const rote_plan *plan, size_t g,
                         void (*take)(rote_group *group, rote_task task, rote_stage stage))
{
  if (plan->group[g].of_data) {
    each_snapshot(plan, g, ROTE_NO_VARIANT, take);
  }
  for (size_t v = 0; v < plan->study->variant_count; v++) {
    if (rote_plan_is_in(plan, g, v)) {
      each_snapshot(plan, g, v, take);
    }
  }
}

static int compare_tasks(const void *a, const void *b)
{
  const rote_task *x = a, *y = b;
  if (x->stage != y->stage) {
    return x->stage < y->stage ? -1 : 1;
  }
  if (x->variant != y->variant) {
    return x->variant < y->variant ? -1 : 1;
  }
  const size_t i = rote_measure_index(x->measure), j = rote_measure_index(y->measure);
  return (i > j) - (i < j);
}

static rote_status fill_group(const rote_plan *plan, size_t g)
{
  rote_status status = ROTE_OK;
  rote_group *group = &plan->group[g];
  each_variant(plan, g, count_task);
  ROTE_TRY(rote_alloc(group->tasks, sizeof *group->task, &group->task));
  ROTE_TRY(rote_alloc(group->tasks, sizeof *group->stage, &group->stage));
  each_variant(plan, g, add_stage);
  if (group->stages > 1) {
    qsort(group->stage, group->stages, sizeof *group->stage, compare_stages);
  }
  group->tasks = 0;
  each_variant(plan, g, add_task);
  if (group->tasks > 1) {
    qsort(group->task, group->tasks, sizeof *group->task, compare_tasks);
  }
  for (size_t t = 0; t < group->tasks; t++) {
    rote_task *task = &group->task[t];
    ROTE_TRY(rote_options_digest(rote_plan_options(plan, task->variant), task->measure->keys,
                                 task->digest));
  }
done:
  return status;
}

rote_status rote_plan_create(const rote_study *study, const rote_data_info *info, size_t images,
                             rote_plan **out)
{
  rote_status status = ROTE_OK;
  rote_plan *plan = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *plan, &plan));
  plan->study = study;
  plan->info = info;
  plan->images = images;
  ROTE_TRY(rote_study_images_digest(&study->base, info, plan->data));
  ROTE_TRY(rote_alloc(study->variant_count + 1, sizeof *plan->group, &plan->group));
  ROTE_TRY(rote_alloc(study->variant_count, sizeof *plan->group_of, &plan->group_of));
  ROTE_TRY(group_variants(plan));
  if (any_data_measure(plan)) {
    plan->group[plan->group_count++] = (rote_group){
        .of_data = true, .variant = ROTE_NO_VARIANT, .units = 1, .first_unit = plan->unit_count};
    plan->unit_count++;
  }
  for (size_t g = 0; g < plan->group_count; g++) {
    ROTE_TRY(fill_group(plan, g));
  }
  *out = plan;
  plan = NULL;
done:
  rote_plan_destroy(&plan);
  return status;
}

void rote_plan_destroy(rote_plan **plan)
{
  rote_plan *p = *plan;
  if (p != NULL) {
    for (size_t g = 0; p->group != NULL && g < p->group_count; g++) {
      rote_free(&p->group[g].stage);
      rote_free(&p->group[g].task);
    }
    rote_free(&p->group);
    rote_free(&p->group_of);
    rote_free(plan);
  }
}

rote_unit rote_plan_unit(const rote_plan *plan, size_t group, size_t unit)
{
  return plan->group[group].of_data ? (rote_unit){.full = false}
                                    : rote_unit_at(&plan->study->base, unit);
}

size_t rote_plan_rows(const rote_plan *plan, size_t group, size_t unit, size_t task)
{
  const rote_task *t = &plan->group[group].task[task];
  return plan->images == 0 ? 0
                           : t->measure->rows(rote_plan_options(plan, t->variant), plan->info,
                                              plan->images, rote_plan_unit(plan, group, unit));
}
