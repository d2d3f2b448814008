#include "farm.h"

#include "rote/clock.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TAG_ORDER = 1, TAG_STOP = 2, TAG_REPORT = 3 };

/* Between two looks at the messages one sleeps: briefly after one came, since more may follow, then
 * longer and longer, so that a waiting rank costs next to nothing. */
#define SHORTEST_NAP 100000L /* nanoseconds */
#define LONGEST_NAP 5000000L

#define PROGRESS_SECONDS 2.0

static void rest(long *nap)
{
  const struct timespec pause = {.tv_nsec = *nap};
  nanosleep(&pause, NULL);
  *nap = 2 * *nap < LONGEST_NAP ? 2 * *nap : LONGEST_NAP;
}

/* Estimated work of all units that is left, in shares of the whole. Counted in multiply-adds of
 * mlp_vae, an evaluation of S samples an image costs S/5 times the training on it once: the
 * decoder, half of the weights, S times, against all weights about 2.5 times. */
static double work_left(const rote_queue *q)
{
  double all = 0, left = 0;
  for (size_t variant = 0; variant < q->study->variant_count; variant++) {
    const rote_options *o = &q->study->variant[variant].options;
    const double evaluation = (double)o->evaluation.samples / 5;
    for (size_t i = q->first_unit[variant]; i < q->first_unit[variant + 1]; i++) {
      const rote_queue_unit *u = &q->unit[i];
      size_t before = 0;
      if (rote_evaluation_count(o) == 0) { /* an autoencoder: training alone */
        all += (double)o->training.epochs;
        left += u->trained || u->failed ? 0 : (double)o->training.epochs;
      }
      for (size_t v = 0; v < rote_evaluation_count(o); v++) {
        const size_t epoch = rote_evaluation_epoch(o, v);
        const double training = (double)(epoch - before);
        before = epoch;
        all += training + evaluation;
        left += u->snapshot[v] == ROTE_SNAPSHOT_MISSING ? training : 0;
        left += u->snapshot[v] == ROTE_SNAPSHOT_DONE
                    ? 0
                    : evaluation * (double)u->left[v] / (double)q->images;
      }
    }
  }
  return all > 0 ? left / all : 0;
}

/* When to look at the clock, the stop file and the progress. */
typedef struct {
  double next_check, next_progress, at_start;
  bool stopping;
} watch;

static bool must_stop(rote_farm *f, watch *w)
{
  const double now = rote_seconds();
  char path[ROTE_PATH_MAX];
  if (w->stopping || (f->request->stop != NULL && *f->request->stop != 0)) {
    w->stopping = true;
  } else if (now >= w->next_check) {
    w->next_check = now + 0.5;
    const bool hours =
        f->request->max_hours > 0 && now - f->started >= f->request->max_hours * 3600;
    const bool deadline = f->request->deadline > 0 && (long long)time(NULL) >= f->request->deadline;
    w->stopping =
        hours || deadline ||
        (rote_path(path, "%s/STOP", f->setting->directory) == ROTE_OK && rote_file_exists(path));
  }
  return w->stopping;
}

static void show_progress(rote_farm *f, watch *w, size_t workers, size_t busy, bool last)
{
  const double now = rote_seconds();
  if (f->request->progress == NULL || (!last && now < w->next_progress)) {
    return;
  }
  w->next_progress = now + PROGRESS_SECONDS;
  const rote_progress p = {
      .counts = rote_queue_count(f->queue),
      .workers = workers,
      .busy = busy,
      .seconds = now - f->started,
      .work_left = work_left(f->queue),
      .work_at_start = w->at_start,
      .queue = f->queue,
      .running = f->board->running,
      .failure_count = f->board->failure_count,
      .failure = f->board->failure,
  };
  f->request->progress(f->request->context, f->setting->directory, &p, last);
}

/* Take in a report, and put on the board what became of it. */
static rote_status take(rote_farm *f, size_t worker, int rank, const rote_report *report,
                        const float *values)
{
  const rote_order *order = &report->order;
  const rote_status status = rote_coordinator_take(f->coordinator, rank, report, values);
  if (report->kind == ROTE_REPORT_FAILED) {
    rote_board_failed(f->board, worker, order, report->reason,
                      rote_queue_unit_at(f->queue, order->variant, order->unit)->failed);
  }
  rote_board_end(f->board, worker);
  return status;
}

/* What the work asks between epochs and batches when there is only this process. */
typedef struct {
  rote_farm *farm;
  watch watch;
} solitary;

static bool alone_must_stop(void *context)
{
  solitary *s = context;
  return must_stop(s->farm, &s->watch);
}

rote_status rote_farm_alone(rote_farm *f)
{
  rote_status status = ROTE_OK;
  rote_unit_setting setting = *f->setting;
  rote_unit_runner *runner = NULL;
  float *values = NULL;
  rote_report report;
  solitary s = {.farm = f, .watch = {.at_start = work_left(f->queue)}};
  setting.stop = alone_must_stop;
  setting.context = &s;
  ROTE_TRY(rote_unit_runner_create(&setting, &runner));
  ROTE_TRY(rote_alloc(rote_unit_report_room(setting.study, f->shard), sizeof *values, &values));
  while (!rote_queue_finished(f->queue) && !must_stop(f, &s.watch)) {
    const rote_order order = rote_queue_next(f->queue, 0);
    if (order.kind == ROTE_ORDER_NONE) {
      ROTE_TRY(rote_fail(ROTE_INTERNAL, "the queue has nothing to do but is not finished"));
    }
    rote_board_begin(f->board, 0, &order);
    show_progress(f, &s.watch, 1, 1, false);
    rote_unit_run(runner, &order, &report, values);
    ROTE_TRY(take(f, 0, 0, &report, values));
  }
  show_progress(f, &s.watch, 1, 0, true);
  if (!rote_queue_finished(f->queue)) {
    status = ROTE_STOPPED;
  }
done:
  rote_unit_runner_destroy(&runner);
  rote_free(&values);
  return status;
}

/* One worker as the coordinator sees it. */
typedef struct {
  rote_order order; /* being sent or carried out */
  MPI_Request send, receive, stop;
  uint8_t *message; /* room for one report and its floats */
  bool busy, told_to_stop;
} worker;

typedef struct {
  rote_farm *farm;
  size_t count, busy;
  size_t room; /* bytes of a message */
  worker *worker;
  watch watch;
  bool dry;            /* the queue had nothing for an idle worker; only a report can change that */
  rote_status failure; /* why the run must end; the workers are waited for all the same */
  char reason[1024];
} office;

static size_t message_room(const rote_farm *f)
{
  return sizeof(rote_report) + rote_unit_report_room(f->setting->study, f->shard) * sizeof(float);
}

static rote_status open_office(office *o)
{
  rote_status status = ROTE_OK;
  o->count = (size_t)rote_cluster_size() - 1;
  o->room = message_room(o->farm);
  ROTE_TRY(rote_alloc(o->count, sizeof *o->worker, &o->worker));
  for (size_t i = 0; i < o->count; i++) {
    worker *w = &o->worker[i];
    w->send = w->receive = w->stop = MPI_REQUEST_NULL;
    ROTE_TRY(rote_alloc(o->room, 1, &w->message));
  }
done:
  return status;
}

static void close_office(office *o)
{
  for (size_t i = 0; o->worker != NULL && i < o->count; i++) {
    rote_free(&o->worker[i].message);
  }
  rote_free(&o->worker);
}

static rote_status hand_out(office *o, size_t i)
{
  rote_status status = ROTE_OK;
  worker *w = &o->worker[i];
  int sent = 1;
  ROTE_MPI(MPI_Test(&w->send, &sent, MPI_STATUS_IGNORE));
  if (!sent) {
    return ROTE_OK;
  }
  w->order = rote_queue_next(o->farm->queue, (int)i);
  if (w->order.kind == ROTE_ORDER_NONE) {
    o->dry = true;
    return ROTE_OK;
  }
  ROTE_MPI(MPI_Irecv(w->message, (int)o->room, MPI_BYTE, (int)i + 1, TAG_REPORT, MPI_COMM_WORLD,
                     &w->receive));
  ROTE_MPI(MPI_Isend(&w->order, (int)sizeof w->order, MPI_BYTE, (int)i + 1, TAG_ORDER,
                     MPI_COMM_WORLD, &w->send));
  w->busy = true;
  o->busy++;
  rote_board_begin(o->farm->board, i, &w->order);
done:
  return status;
}

/* A result that cannot be written ends the run, but only after every worker has answered: their
 * messages need a receiver. */
static void begin_to_end(office *o, rote_status why)
{
  if (o->failure == ROTE_OK) {
    o->failure = why;
    snprintf(o->reason, sizeof o->reason, "%s", rote_fail_reason(why));
  }
  o->watch.stopping = true;
}

static rote_status take_report(office *o, size_t i)
{
  rote_status status = ROTE_OK;
  worker *w = &o->worker[i];
  rote_report report;
  int arrived = 0;
  ROTE_MPI(MPI_Test(&w->receive, &arrived, MPI_STATUS_IGNORE));
  if (!arrived) {
    return ROTE_OK;
  }
  o->dry = false;
  w->busy = false;
  o->busy--;
  memcpy(&report, w->message, sizeof report);
  if (report.kind == ROTE_REPORT_STOPPED) {
    o->watch.stopping = true; /* that rank got a signal: the whole run stops */
  }
  if (o->failure == ROTE_OK) {
    const rote_status taken = take(o->farm, i, (int)i + 1, &report,
                                   (const float *)(const void *)(w->message + sizeof report));
    if (taken != ROTE_OK) {
      begin_to_end(o, taken);
    }
  }
done:
  return status;
}

static rote_status tell_to_stop(office *o)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < o->count; i++) {
    worker *w = &o->worker[i];
    if (!w->told_to_stop) {
      ROTE_MPI(MPI_Isend(NULL, 0, MPI_BYTE, (int)i + 1, TAG_STOP, MPI_COMM_WORLD, &w->stop));
      w->told_to_stop = true;
    }
  }
done:
  return status;
}

rote_status rote_farm_coordinate(rote_farm *f)
{
  rote_status status = ROTE_OK;
  office o = {.farm = f, .watch = {.at_start = work_left(f->queue)}};
  long nap = SHORTEST_NAP;
  ROTE_TRY(open_office(&o));
  for (;;) {
    const bool stopping = must_stop(f, &o.watch);
    const size_t busy = o.busy;
    if (stopping) {
      ROTE_TRY(tell_to_stop(&o));
    }
    for (size_t i = 0; i < o.count; i++) {
      if (o.worker[i].busy) {
        ROTE_TRY(take_report(&o, i));
      }
    }
    const bool came = o.busy < busy;
    for (size_t i = 0; i < o.count && !stopping && !o.dry; i++) {
      if (!o.worker[i].busy) {
        ROTE_TRY(hand_out(&o, i));
      }
    }
    show_progress(f, &o.watch, o.count, o.busy, false);
    if (o.busy == 0 && (stopping || rote_queue_finished(f->queue))) {
      break;
    }
    if (came) {
      nap = SHORTEST_NAP;
    } else {
      rest(&nap);
    }
  }
  show_progress(f, &o.watch, o.count, 0, true);
  if (o.failure != ROTE_OK) {
    status = rote_fail(o.failure, "%s", o.reason);
  } else if (!rote_queue_finished(f->queue)) {
    status = ROTE_STOPPED;
  }
done:
  close_office(&o);
  return status;
}

rote_status rote_farm_dismiss(void)
{
  rote_status status = ROTE_OK;
  long nap = SHORTEST_NAP;
  rote_order quit = {.kind = ROTE_ORDER_QUIT};
  for (int rank = 1; rank < rote_cluster_size(); rank++) {
    MPI_Request request = MPI_REQUEST_NULL;
    int sent = 0;
    ROTE_MPI(
        MPI_Isend(&quit, (int)sizeof quit, MPI_BYTE, rank, TAG_ORDER, MPI_COMM_WORLD, &request));
    while (!sent) {
      ROTE_MPI(MPI_Test(&request, &sent, MPI_STATUS_IGNORE));
      if (!sent) {
        rest(&nap);
      }
    }
  }
done:
  return status;
}

/* Stop flag of a worker: its own signal, or the coordinator's word. */
typedef struct {
  volatile sig_atomic_t *signalled;
  bool told;
} worker_stop;

static bool worker_must_stop(void *context)
{
  worker_stop *s = context;
  int there = 0;
  if (!s->told &&
      MPI_Iprobe(0, TAG_STOP, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE) == MPI_SUCCESS && there) {
    MPI_Recv(NULL, 0, MPI_BYTE, 0, TAG_STOP, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    s->told = true;
  }
  return s->told || (s->signalled != NULL && *s->signalled != 0);
}

static rote_status wait_quietly(MPI_Request *request)
{
  rote_status status = ROTE_OK;
  long nap = SHORTEST_NAP;
  int finished = 0;
  while (!finished) {
    ROTE_MPI(MPI_Test(request, &finished, MPI_STATUS_IGNORE));
    if (!finished) {
      rest(&nap);
    }
  }
done:
  return status;
}

rote_status rote_farm_work(const rote_unit_setting *given, size_t shard,
                           volatile sig_atomic_t *signalled)
{
  rote_status status = ROTE_OK;
  worker_stop stop = {.signalled = signalled};
  rote_unit_setting setting = *given;
  rote_unit_runner *runner = NULL;
  uint8_t *message = NULL;
  setting.stop = worker_must_stop;
  setting.context = &stop;
  const size_t room = rote_unit_report_room(setting.study, shard);
  ROTE_TRY(rote_unit_runner_create(&setting, &runner));
  ROTE_TRY(rote_alloc(sizeof(rote_report) + room * sizeof(float), 1, &message));
  for (;;) {
    rote_order order;
    rote_report report;
    MPI_Request request;
    ROTE_MPI(
        MPI_Irecv(&order, (int)sizeof order, MPI_BYTE, 0, TAG_ORDER, MPI_COMM_WORLD, &request));
    ROTE_TRY(wait_quietly(&request));
    if (order.kind == ROTE_ORDER_QUIT) {
      break;
    }
    rote_unit_run(runner, &order, &report, (float *)(void *)(message + sizeof report));
    memcpy(message, &report, sizeof report);
    ROTE_MPI(MPI_Isend(message, (int)(sizeof report + report.count * sizeof(float)), MPI_BYTE, 0,
                       TAG_REPORT, MPI_COMM_WORLD, &request));
    ROTE_TRY(wait_quietly(&request));
  }
  worker_must_stop(&stop); /* a stop that came late is taken out of the network */
done:
  rote_unit_runner_destroy(&runner);
  rote_free(&message);
  return status;
}
