#include "foretold.h"

#include "rote/file.h"
#include "rote/memory.h"
#include "status_view.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static rote_status say(char **why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static rote_status say(char **why, const char *format, ...)
{
  const rote_status status = rote_alloc(ROTE_PATH_MAX + 100, 1, why);
  va_list args;
  va_start(args, format);
  if (status == ROTE_OK) {
    vsnprintf(*why, ROTE_PATH_MAX + 100, format, args);
  }
  va_end(args);
  return status;
}

/* Of as many images and pieces of work as the plan. */
static bool is_of(const cJSON *json, const rote_plan *plan)
{
  double trainings = 0, tasks = 0;
  for (size_t g = 0; g < plan->group_count; g++) {
    const rote_group *group = &plan->group[g];
    trainings += group->of_data ? 0 : (double)group->units;
    tasks += (double)(group->units * group->tasks);
  }
  return strcmp(rote_status_text(json, "name"), plan->study->base.name) == 0 &&
         rote_status_number(json, "images", 0) == (double)plan->images &&
         rote_status_number(json, "trainings", 0) == trainings &&
         rote_status_number(json, "evaluations", 0) == tasks;
}

static const rote_measure *find_measure(const char *name)
{
  const rote_measure *const *m = rote_measure_list;
  while (*m != NULL && strcmp((*m)->name, name) != 0) {
    m++;
  }
  return *m;
}

static void add(const char *variant, const char *work, double hours, size_t *count,
                rote_foretold *list)
{
  rote_foretold *f = &list[*count];
  if (isfinite(hours)) {
    snprintf(f->variant, sizeof f->variant, "%s", variant);
    snprintf(f->work, sizeof f->work, "%s", work);
    f->core_hours = hours;
    ++*count;
  }
}

static rote_status take(const cJSON *json, size_t *count, rote_foretold **list)
{
  rote_status status = ROTE_OK;
  const cJSON *variants = cJSON_GetObjectItemCaseSensitive(json, "variants"), *v, *m;
  size_t room = 0;
  cJSON_ArrayForEach(v, variants)
  {
    room += 1 + (size_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(v, "measures"));
  }
  ROTE_TRY(rote_alloc(room + 1, sizeof **list, list));
  cJSON_ArrayForEach(v, variants)
  {
    const char *variant = rote_status_text(v, "name");
    if (rote_status_number(v, "trainings", 0) > 0) {
      add(variant, "train", rote_status_number(v, "training_core_hours", (double)NAN), count,
          *list);
    }
    cJSON_ArrayForEach(m, cJSON_GetObjectItemCaseSensitive(v, "measures"))
    {
      const rote_measure *measure = find_measure(rote_status_text(m, "name"));
      if (measure != NULL) {
        add(variant, measure->work, rote_status_number(m, "core_hours", (double)NAN), count, *list);
      }
    }
  }
done:
  return status;
}

rote_status rote_foretold_read(const char *directory, const rote_plan *plan, size_t *count,
                               rote_foretold **foretold, char **why)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX], *text = NULL;
  size_t length = 0;
  cJSON *json = NULL;
  *count = 0;
  *foretold = NULL;
  *why = NULL;
  ROTE_TRY(rote_path(path, "%s/plan.json", directory));
  if (!rote_file_exists(path)) {
    ROTE_TRY(say(why, "There is no %s", path));
    goto done;
  }
  ROTE_TRY(rote_file_read(path, &text, &length));
  json = cJSON_ParseWithLength(text, length);
  if (json == NULL) {
    ROTE_TRY(say(why, "%s is no JSON", path));
  } else if (!is_of(json, plan)) {
    ROTE_TRY(say(why, "%s is the plan of another study, or of this one before it grew", path));
  } else {
    ROTE_TRY(take(json, count, foretold));
    ROTE_TRY(*count == 0 ? say(why, "%s foretells nothing", path) : ROTE_OK);
  }
done:
  cJSON_Delete(json);
  rote_free(&text);
  return status;
}
