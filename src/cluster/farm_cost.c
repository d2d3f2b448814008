/* What handing out orders costs: the real office and the real workers with work that is none. */
#include "office.h"

#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* Orders go out until `until`. An order's `first` is how long it takes in microseconds, its `count`
 * how many bytes come back. */
typedef struct {
  double until;
  uint32_t microseconds, bytes;
  size_t reports;
} errands;

static rote_order next_errand(void *context, size_t worker, bool training)
{
  const errands *e = context;
  (void)worker, (void)training;
  return (rote_order){.kind = rote_seconds() < e->until ? ROTE_ORDER_PIECE : ROTE_ORDER_NONE,
                      .first = e->microseconds,
                      .count = e->bytes};
}

static rote_status count_errand(void *context, size_t worker, const rote_report *report,
                                const void *rows)
{
  (void)worker, (void)report, (void)rows;
  ((errands *)context)->reports++;
  return ROTE_OK;
}

static rote_status forget_errand(void *context, size_t worker, const rote_order *order)
{
  (void)context, (void)worker, (void)order;
  return ROTE_OK;
}

static bool errands_over(void *context)
{
  return rote_seconds() >= ((const errands *)context)->until;
}

static bool never(void *context)
{
  (void)context;
  return false;
}

static double for_ever(void *context)
{
  (void)context;
  return (double)INFINITY;
}

static void show_nothing(void *context, size_t workers, size_t busy, bool last)
{
  (void)context, (void)workers, (void)busy, (void)last;
}

static void run_errand(void *context, const rote_order *order, rote_report *report, void *rows)
{
  const struct timespec pause = {.tv_sec = order->first / 1000000,
                                 .tv_nsec = 1000L * (order->first % 1000000)};
  (void)context;
  *report = (rote_report){.order = *order, .kind = ROTE_REPORT_DONE, .bytes = order->count};
  memset(rows, 0, order->count);
  if (order->first > 0) {
    nanosleep(&pause, NULL);
  }
}

static double processor_seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One round of errands. @param[out] cost  on rank 0 */
static rote_status measure(double seconds, double pause, uint32_t bytes, rote_farm_cost *cost)
{
  rote_status status = ROTE_OK;
  errands e = {.microseconds = (uint32_t)(1e6 * pause), .bytes = bytes};
  const rote_work work = {.next = next_errand,
                          .take = count_errand,
                          .lost = forget_errand,
                          .finished = errands_over,
                          .stop = never,
                          .seconds_left = for_ever,
                          .progress = show_nothing,
                          .context = &e,
                          .bytes = bytes,
                          .patience = ROTE_PATIENCE};
  const rote_worker_setting self = {.bytes = bytes, .patience = ROTE_PATIENCE};
  rote_office *office = NULL;
  rote_worker *worker = NULL;
  double others = 0;
  ROTE_TRY(rote_agree(ROTE_OK)); /* begin together */
  const double start = rote_seconds(), used = processor_seconds();
  e.until = start + seconds;
  if (rote_cluster_rank() == 0) {
    ROTE_TRY(rote_office_open(&work, &office));
    ROTE_TRY(rote_office_run(office));
    cost->seconds = rote_seconds() - start;
    cost->coordinator_seconds = processor_seconds() - used;
    cost->units = e.reports;
    rote_office_close(&office);
  } else {
    ROTE_TRY(rote_worker_create(&self, &worker));
    ROTE_TRY(rote_worker_run(worker, run_errand, NULL));
  }
  double mine = rote_cluster_rank() == 0 ? 0 : processor_seconds() - used;
  ROTE_MPI(MPI_Reduce(&mine, &others, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD));
  cost->worker_seconds = others;
done:
  rote_office_close(&office);
  rote_worker_destroy(&worker);
  return status;
}

rote_status rote_farm_cost_measure(double seconds, double rate, size_t bytes, rote_farm_cost *cost)
{
  rote_status status = ROTE_OK;
  *cost = (rote_farm_cost){.workers = (size_t)rote_cluster_size() - 1};
  if (cost->workers == 0) {
    ROTE_TRY(rote_fail(ROTE_USAGE, "the coordinator needs workers: mpirun -n 3 or more"));
  }
  ROTE_TRY(measure(seconds, rate > 0 ? (double)cost->workers / rate : 0, (uint32_t)bytes, cost));
done:
  return status;
}
