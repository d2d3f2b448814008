#include "farm.h"

#include "rote/clock.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"

#include <math.h>

#define PROGRESS_SECONDS 2.0
#define CHECK_SECONDS 0.5

/* Share of a unit's rows in its queue that cost anything. Where they were chosen, all do. */
static double row_share(const rote_queue *q, size_t group, size_t unit, size_t task)
{
  const rote_plan *plan = q->plan;
  const rote_task *t = &plan->group[group].task[task];
  return rote_plan_unit(plan, group, unit).full ||
                 rote_queue_look(q, group, unit)->task[task].item != NULL
             ? 1
             : rote_measure_share(t->measure, rote_plan_options(plan, t->variant), plan->images);
}

/* Epochs of trainings in hand that their workers have done since the last report. */
static double epochs_in_hand(const rote_queue *q, const rote_board *b)
{
  double epochs = 0;
  for (size_t w = 0; w < b->workers; w++) {
    const rote_running *r = &b->running[w];
    if (r->order.kind == ROTE_ORDER_TRAIN) {
      const rote_queue_unit *u = rote_queue_look(q, r->order.group, r->order.unit);
      const bool counts = !u->trained && !u->failed && r->epoch > u->epochs;
      epochs += counts ? (double)(r->epoch - u->epochs) : 0;
    }
  }
  return epochs;
}

/* Estimated work of all units that is left, in shares of the whole; counted in trainings on one
 * image, of which a training has N an epoch. */
static double work_left(const rote_farm *f)
{
  const rote_queue *q = f->queue;
  const rote_plan *plan = q->plan;
  const double images = (double)plan->images;
  double all = 0, left = 0;
  for (size_t g = 0; g < plan->group_count; g++) {
    const rote_group *group = &plan->group[g];
    const double epochs = (double)rote_plan_options(plan, group->variant)->training.epochs;
    for (size_t i = 0; i < group->units; i++) {
      const rote_queue_unit *u = rote_queue_look(q, g, i);
      if (!group->of_data) {
        all += epochs * images;
        left += u->trained || u->failed || (double)u->epochs >= epochs
                    ? 0
                    : (epochs - (double)u->epochs) * images;
      }
      for (size_t t = 0; t < group->tasks; t++) {
        const rote_task *task = &group->task[t];
        const rote_options *o = rote_plan_options(plan, task->variant);
        const double weight = task->measure->weight(o) * row_share(q, g, i, t);
        all += weight * (double)u->task[t].asked;
        left += u->stage[task->stage] == ROTE_STAGE_DONE ? 0 : weight * (double)u->task[t].left;
      }
    }
  }
  left -= images * epochs_in_hand(q, f->board);
  return all > 0 ? fmin(left / all, 1) : 0; /* never more than all, which would print as -0.0 % */
}

bool rote_farm_no_time(double now, double deadline, double seconds)
{
  /* A quarter more than the longest of late, and a second for files on a slow disk. */
  return now + (seconds > 0 ? 1.25 * seconds + 1 : 0) >= deadline;
}

static void begin_to_stop(rote_farm *f, double now, const char *why)
{
  rote_log(ROTE_LOG_INFO, "stopping", "%s; running trainings are kept at their last epoch", why);
  f->stopping = true;
  f->stop_since = now;
}

static bool farm_must_stop(void *context)
{
  rote_farm *f = context;
  const double now = rote_seconds();
  char path[ROTE_PATH_MAX];
  rote_file_kind stop;
  if (f->stopping) {
    return true;
  }
  if (f->request->stop != NULL && *f->request->stop != 0) {
    begin_to_stop(f, now, "a signal asks for it");
  } else if (now >= f->deadline) {
    begin_to_stop(f, now, "the time is up");
  } else if (now >= f->next_check) {
    f->next_check = now + CHECK_SECONDS;
    if (rote_path(path, "%s/STOP", f->setting->directory) == ROTE_OK &&
        rote_file_look(path, &stop) == ROTE_OK && stop != ROTE_FILE_NONE) {
      begin_to_stop(f, now, "the file STOP asks for it");
    }
  }
  return f->stopping;
}

static void farm_progress(void *context, size_t workers, size_t busy, bool last)
{
  rote_farm *f = context;
  const double now = rote_seconds();
  if (f->request->progress == NULL || (!last && now < f->next_progress)) {
    return;
  }
  f->next_progress = now + PROGRESS_SECONDS;
  const rote_progress p = {
      .at_start = &f->counts_at_start,
      .counts = rote_queue_count(f->queue),
      .workers = workers,
      .busy = busy,
      .seconds = now - f->started,
      .work_left = work_left(f),
      .work_at_start = f->work_at_start,
      .queue = f->queue,
      .running_count = f->board->workers,
      .running = f->board->running,
      .failure_count = f->board->failure_count,
      .failure = f->board->failure,
  };
  f->request->progress(f->request->context, f->setting->directory, &p, last);
}

/* Take in a report, and put on the board what became of it. */
static rote_status take(rote_farm *f, size_t worker, int rank, const rote_report *report,
                        const void *rows)
{
  const rote_order *order = &report->order;
  const rote_status status = rote_coordinator_take(f->coordinator, rank, report, rows);
  if (report->kind == ROTE_REPORT_FAILED) {
    rote_board_failed(f->board, worker, order, report->reason,
                      rote_queue_look(f->queue, order->group, order->unit)->failed);
  }
  rote_board_end(f->board, worker);
  return status;
}

static bool farm_finished(void *context)
{
  return rote_queue_farmed(((rote_farm *)context)->queue);
}

static rote_order farm_next(void *context, size_t worker, bool training)
{
  rote_farm *f = context;
  const rote_order order =
      training ? rote_queue_next(f->queue, (int)worker) : rote_queue_next_piece(f->queue);
  if (order.kind != ROTE_ORDER_NONE) {
    rote_board_begin(f->board, worker, &order);
  }
  return order;
}

static void farm_at_epoch(void *context, size_t worker, size_t epoch)
{
  rote_farm *f = context;
  rote_board_epoch(f->board, worker, epoch);
}

static rote_status farm_take(void *context, size_t worker, const rote_report *report,
                             const void *rows)
{
  return take(context, worker, (int)worker + 1, report, rows);
}

static rote_status farm_lost(void *context, size_t worker, const rote_order *order)
{
  rote_farm *f = context;
  const rote_status status = rote_coordinator_lost(f->coordinator, (int)worker + 1, order);
  rote_board_failed(f->board, worker, order, "its worker was silent for too long",
                    rote_queue_look(f->queue, order->group, order->unit)->failed);
  rote_board_end(f->board, worker);
  return status;
}

static double farm_seconds_left(void *context)
{
  return ((rote_farm *)context)->deadline - rote_seconds();
}

void rote_farm_work(rote_farm *f, rote_work *work)
{
  f->work_at_start = work_left(f);
  f->counts_at_start = rote_queue_count(f->queue);
  *work = (rote_work){
      .next = farm_next,
      .at_epoch = farm_at_epoch,
      .take = farm_take,
      .lost = farm_lost,
      .finished = farm_finished,
      .stop = farm_must_stop,
      .seconds_left = farm_seconds_left,
      .progress = farm_progress,
      .context = f,
      .bytes = rote_unit_report_room(f->setting->plan, f->shard),
      .patience = f->request->patience,
      .survive = f->request->survive,
  };
}

static bool alone_must_stop(void *context, double seconds)
{
  rote_farm *f = context;
  return farm_must_stop(f) || rote_farm_no_time(rote_seconds(), f->deadline, seconds);
}

static bool alone_must_abandon(void *context)
{
  rote_farm *f = context;
  const double now = rote_seconds();
  return now >= f->deadline || (farm_must_stop(f) && now - f->stop_since > ROTE_STOP_GRACE);
}

static void alone_at_epoch(void *context, size_t epoch)
{
  farm_at_epoch(context, 0, epoch);
  farm_progress(context, 1, 1, false);
}

rote_status rote_farm_alone(rote_farm *f)
{
  rote_status status = ROTE_OK;
  rote_unit_setting setting = *f->setting;
  rote_unit_runner *runner = NULL;
  char *rows = NULL;
  rote_report report;
  rote_work work;
  bool training = true; /* is there time to train? */
  rote_farm_work(f, &work);
  setting.stop = alone_must_stop;
  setting.abandon = alone_must_abandon;
  setting.at_epoch = alone_at_epoch;
  setting.context = f;
  ROTE_TRY(rote_unit_runner_create(&setting, &runner));
  ROTE_TRY(rote_alloc(work.bytes, 1, &rows));
  while (!farm_finished(f) && !farm_must_stop(f)) {
    const rote_order order = farm_next(f, 0, training);
    if (order.kind == ROTE_ORDER_NONE && training) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "the queue has nothing to do but is not finished"));
    }
    if (order.kind == ROTE_ORDER_NONE) {
      break;
    }
    farm_progress(f, 1, 1, false);
    rote_unit_run(runner, &order, &report, rows);
    ROTE_TRY(take(f, 0, 0, &report, rows));
    if (report.kind == ROTE_REPORT_STOPPED) {
      if (order.kind != ROTE_ORDER_TRAIN) {
        break;
      }
      training = false;
    }
  }
  farm_progress(f, 1, 0, true);
  if (!farm_finished(f)) {
    status = rote_fail(ROTE_STOPPED, "stopped before the end");
  }
done:
  rote_unit_runner_destroy(&runner);
  rote_free(&rows);
  return status;
}
