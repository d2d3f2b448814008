#include "merge_pieces.h"

#include "rote/fault.h"
#include "rote/file.h"
#include "rote/memory.h"

#include <string.h>

rote_status rote_merge_go_on(const rote_unit_setting *s)
{
  return s->stop != NULL && s->stop(s->context, 0)
             ? rote_fail(ROTE_STOPPED, "stopped while the results were put together")
             : ROTE_OK;
}

rote_status rote_merge_pieces_begin(const rote_unit_setting *setting, const rote_queue *queue,
                                    size_t group, size_t variant, const rote_measure *measure,
                                    rote_merge_pieces *p)
{
  const rote_options *o = rote_plan_options(setting->plan, variant);
  *p = (rote_merge_pieces){
      .setting = setting, .queue = queue, .group = group, .variant = variant, .measure = measure};
  return rote_alloc(setting->plan->group[group].units * rote_measure_snapshots(measure, o),
                    sizeof *p->execution, &p->execution);
}

void rote_merge_pieces_free(rote_merge_pieces *p)
{
  rote_rows_destroy(&p->rows[0]);
  rote_rows_destroy(&p->rows[1]);
  rote_free(&p->execution);
}

static size_t task_of(const rote_merge_pieces *p, size_t v)
{
  const rote_group *g = &p->setting->plan->group[p->group];
  size_t t = 0;
  while (t < g->tasks && (g->task[t].measure != p->measure || g->task[t].variant != p->variant ||
                          g->task[t].v != v)) {
    t++;
  }
  return t;
}

/* Memory for `room` rows of a unit. */
static rote_status take_room(rote_merge_pieces *p, bool full, const rote_array *table, size_t room,
                             rote_rows **rows)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = p->setting->plan;
  const rote_sizes sizes =
      rote_measure_sizes(p->measure, rote_plan_options(plan, p->variant), plan->info, plan->images);
  if (p->rows[full] != NULL && p->rows[full]->room < room) {
    rote_rows_destroy(&p->rows[full]);
  }
  if (p->rows[full] == NULL) {
    ROTE_TRY(rote_rows_create(table, &sizes, room, &p->rows[full]));
  }
  *rows = p->rows[full];
done:
  return status;
}

/* What one part adds to what is known of how a unit was computed. */
static void note(rote_merge_pieces *p, size_t unit, size_t v, const rote_execution *part)
{
  rote_execution *all = &p->execution[v * p->setting->plan->group[p->group].units + unit];
  const rote_execution before = *all;
  *all = *part;
  all->seconds += before.seconds;
  rote_arithmetic_add(all->arithmetic, before.arithmetic);
  if (p->measure->large && p->queue != NULL) { /* its worker did not know of other attempts */
    all->attempts = rote_queue_look(p->queue, p->group, unit)->attempts + 1;
  }
}

/* Rows from `first` on, at most `most`: a file's, or those that are missing.
 * @param[out] missing  there is no file */
static rote_status read_part(rote_merge_pieces *p, size_t unit, size_t v, size_t task, size_t first,
                             size_t most, rote_rows *rows, bool *missing)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = p->setting->plan;
  const rote_queue_unit *u = p->queue == NULL ? NULL : rote_queue_look(p->queue, p->group, unit);
  char path[ROTE_PATH_MAX], key[ROTE_KEY_MAX], identity[ROTE_DIGEST_TEXT];
  rote_label label;
  rote_execution execution;
  ROTE_TRY(rote_merge_go_on(p->setting));
  if (p->queue == NULL) {
    ROTE_FAULT(ROWS_READ, p->measure->name);
  }
  ROTE_TRY(rote_plan_piece_path(plan, p->setting->directory, p->group, unit, task, first, path));
  *missing = !rote_file_exists(path);
  rows->first = first;
  rows->count = most;
  if (*missing) {
    if (u != NULL && !u->failed && u->task[task].left == 0) {
      ROTE_TRY(rote_fail(ROTE_DATA, "%s: is gone; the next run computes it again", path));
    }
    rote_rows_miss(rows);
    return ROTE_OK;
  }
  rote_plan_task_key(plan, p->group, unit, task, key);
  ROTE_TRY(rote_plan_task_identity(plan, p->group, unit, task, identity));
  ROTE_TRY(rote_label_read(path, &label));
  ROTE_TRY(rote_label_expect(path, &label, p->measure->name, key, identity));
  if (label.first != first || label.count == 0 || label.count > most) {
    ROTE_TRY(rote_fail(ROTE_DATA, "%s: holds rows %zu to %zu, not from %zu, at most %zu", path,
                       label.first, label.first + label.count, first, most));
  }
  ROTE_TRY(rote_piece_file_read(path, &label, rows, &execution));
  note(p, unit, v, &execution);
done:
  return status;
}

static rote_status
read_pieces(const rote_pieces *pieces, size_t unit, size_t v, const rote_array *table,
            rote_status (*take)(void *taker, const rote_rows *rows, bool missing), void *taker)
{
  rote_status status = ROTE_OK;
  rote_merge_pieces *p = pieces->context;
  const size_t task = task_of(p, v), all = rote_plan_rows(p->setting->plan, p->group, unit, task);
  const size_t step = p->measure->large ? rote_queue_step(p->measure, 1, all) : all;
  rote_rows *rows = NULL;
  bool missing = false;
  ROTE_TRY(take_room(p, rote_plan_unit(p->setting->plan, p->group, unit).full, table, step, &rows));
  for (size_t row = 0; row < all; row += rows->count) {
    const size_t end = (row / step + 1) * step < all ? (row / step + 1) * step : all;
    ROTE_TRY(read_part(p, unit, v, task, row, end - row, rows, &missing));
    ROTE_TRY(take(taker, rows, missing));
  }
done:
  return status;
}

rote_pieces rote_merge_pieces_as_seen(rote_merge_pieces *p)
{
  const rote_study *study = p->setting->plan->study;
  const bool of_data = p->variant == ROTE_NO_VARIANT;
  return (rote_pieces){.name = of_data ? "" : study->variant[p->variant].name,
                       .setting = rote_unit_subject(p->setting, p->variant),
                       .context = p,
                       .read = read_pieces};
}

rote_status rote_merge_pieces_before(const rote_unit_setting *setting, size_t group, size_t variant,
                                     const rote_measure *measure, rote_merge_pieces *before,
                                     rote_pieces *after, rote_piece *piece)
{
  rote_status status = ROTE_OK;
  *before = (rote_merge_pieces){.setting = setting};
  if (measure->after != NULL && measure->choose == NULL) {
    ROTE_TRY(rote_merge_pieces_begin(setting, NULL, group, variant, measure->after, before));
    *after = rote_merge_pieces_as_seen(before);
    piece->after = after;
  }
done:
  return status;
}
