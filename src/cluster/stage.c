#include "stage.h"

#include "grid_scalapack.h"
#include "merge_pieces.h"
#include "piece.h"
#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/fault.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote_mpi.h"
#include "stock.h"

/* What can fail on one rank alone, before the first collective call. The first process of the grid,
 * rank 0, has the rows. */
static rote_status begin(const rote_unit_setting *setting, const rote_measure *m,
                         const rote_options *o, bool full, size_t count, bool first,
                         rote_rows **rows)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = setting->plan;
  const rote_sizes sizes = rote_measure_sizes(m, o, plan->info, plan->images);
  ROTE_FAULT(STAGE_BEGIN, m->name);
  if (first) {
    ROTE_TRY(rote_rows_create(rote_measure_arrays(m, full), &sizes, count, rows));
    (*rows)->count = count;
  }
done:
  return status;
}

static rote_status work(const rote_unit_setting *setting, const rote_order *order,
                        const rote_grid *grid)
{
  rote_status status = ROTE_OK;
  const rote_plan *plan = setting->plan;
  const rote_task *task = &plan->group[order->group].task[order->task];
  const rote_measure *m = task->measure;
  const rote_subject_setting subject = rote_unit_subject(setting, task->variant);
  const bool first = rote_grid_is_first(grid);
  const double start = rote_seconds();
  rote_piece piece = {.unit = rote_plan_unit(plan, order->group, order->unit),
                      .epoch = order->epoch};
  rote_merge_pieces before;
  rote_pieces after;
  rote_rows *rows = NULL;
  if (first) {
    rote_log(ROTE_LOG_INFO, "together", "%s, on a grid of %zu x %zu ranks", m->doing, grid->rows,
             grid->columns);
  }
  ROTE_TRY(grid->ops->agree(grid, rote_merge_pieces_before(setting, order->group, task->variant, m,
                                                           &before, &after, &piece)));
  ROTE_TRY(grid->ops->agree(
      grid, begin(setting, m, subject.options, piece.unit.full, order->count, first, &rows)));
  ROTE_TRY(m->stage(&subject, grid, &piece, rows));
  ROTE_TRY(grid->ops->agree(
      grid, first ? rote_piece_write(setting, order, rows, rote_seconds() - start) : ROTE_OK));
done:
  rote_merge_pieces_free(&before);
  rote_rows_destroy(&rows);
  return status;
}

static rote_status work_on_grid(const rote_unit_setting *setting, const rote_order *order)
{
  rote_status status = ROTE_OK;
  const rote_task *task = &setting->plan->group[order->group].task[order->task];
  const rote_options *o = rote_plan_options(setting->plan, task->variant);
  const size_t ranks = (size_t)rote_cluster_size();
  rote_grid grid = rote_grid_alone();
  rote_grid_shape shape;
  bool here = true;
  ROTE_TRY(task->measure->grid(o, setting->plan->info, ranks, &shape));
  if (ranks > 1) {
    ROTE_TRY(rote_scalapack_open(&shape, &grid, &here));
  }
  if (here) {
    status = work(setting, order, &grid);
  }
  if (ranks > 1) {
    rote_scalapack_close(&grid);
  }
done:
  return status;
}

rote_status rote_stage_run(const rote_unit_setting *setting, const rote_order *order,
                           const rote_watch_setting *watch_setting)
{
  rote_status status = ROTE_OK;
  rote_watch *watch = NULL;
  const double before = rote_mpi_patience();
  rote_mpi_set_patience(0); /* the watch has it */
  ROTE_TRY(rote_agree(rote_watch_begin(watch_setting, &watch)));
  ROTE_TRY(rote_agree(work_on_grid(setting, order)));
done:
  rote_watch_end(&watch);
  rote_mpi_set_patience(before);
  if (rote_agree(ROTE_OK) == ROTE_OK && rote_cluster_rank() == 0) {
    rote_watch_clean(setting->directory);
  }
  return status;
}

rote_status rote_stages_run(const rote_unit_setting *setting, rote_queue *queue,
                            rote_office *office, const rote_watch_setting *watch)
{
  rote_status status = ROTE_OK;
  rote_order order;
  rote_watch_clean(setting->directory); /* of a run that was killed in it */
  while (rote_queue_together_due(queue, &order)) {
    if (office != NULL) {
      ROTE_TRY(rote_office_gather(office, &order));
    }
    ROTE_TRY(rote_stage_run(setting, &order, watch));
    rote_queue_done(queue, &order);
    rote_stock_tidy(setting, queue, order.group, order.unit);
    if (office != NULL) {
      rote_office_disperse(office);
    }
  }
done:
  return status;
}
