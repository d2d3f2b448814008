/* The worker's side of the protocol in office.h. */
#include "office.h"

#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/fault.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <string.h>
#include <unistd.h>

#define LONGEST_NAP 0.02   /* seconds; only an idle worker sleeps as long */
#define POLL_SECONDS 0.002 /* between two looks at the messages from within the work */
#define BEATS 8            /* in the time of the patience */
#define LONGEST_BEAT 10.0  /* seconds */
#define SHORTEST_BEAT 0.05
#define RESTING 20 /* times the patience, while rank 0 scores and writes study.h5 */

struct rote_worker {
  const rote_worker_setting *setting;
  uint8_t *outbox; /* room for one report and its rows */
  rote_order_message inbox;
  rote_beat_message beat; /* under way */
  uint32_t ticket, epoch; /* for the next one */
  MPI_Request receive, beat_request;
  double beat_seconds;
  double heard, beaten, polled; /* when last */
  bool has_order;
  bool told_to_stop, told_to_drop, told_to_rest, told_to_quit, told_to_leave;
  bool alone; /* coordinator or launcher are gone, or told to leave */
  rote_status failure;
  double stop_since; /* 0: not told */
  double deadline;
};

static rote_status expect_message(rote_worker *w)
{
  return rote_mpi_status(MPI_Irecv(&w->inbox, (int)sizeof w->inbox, MPI_BYTE, 0, MPI_ANY_TAG,
                                   MPI_COMM_WORLD, &w->receive),
                         "MPI_Irecv");
}

rote_status rote_worker_create(const rote_worker_setting *setting, rote_worker **out)
{
  rote_status status = ROTE_OK;
  rote_worker *w = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *w, &w));
  w->setting = setting;
  w->receive = w->beat_request = MPI_REQUEST_NULL;
  w->beat_seconds = setting->patience / BEATS;
  w->beat_seconds = w->beat_seconds > LONGEST_BEAT ? LONGEST_BEAT : w->beat_seconds;
  w->beat_seconds = w->beat_seconds < SHORTEST_BEAT ? SHORTEST_BEAT : w->beat_seconds;
  w->heard = rote_seconds();
  w->beaten = w->heard - LONGEST_BEAT; /* the first one goes at once */
  gethostname(w->beat.host, sizeof w->beat.host - 1);
  ROTE_TRY(rote_alloc(sizeof(rote_report_head) + setting->bytes, 1, &w->outbox));
  ROTE_TRY(expect_message(w));
  *out = w;
  w = NULL;
done:
  rote_worker_destroy(&w);
  return status;
}

void rote_worker_destroy(rote_worker **worker)
{
  rote_worker *w = *worker;
  if (w == NULL) {
    return;
  }
  *worker = NULL;
  if (rote_cluster_suspected()) {
    return; /* messages may be under way into its memory until the process ends */
  }
  if (w->receive != MPI_REQUEST_NULL) {
    MPI_Cancel(&w->receive);
    MPI_Request_free(&w->receive);
  }
  rote_free(&w->outbox);
  rote_free(&w);
}

static rote_status take_message(rote_worker *w, int tag)
{
  switch ((rote_farm_tag)tag) {
  case TAG_ORDER:
    w->has_order = true;
    w->told_to_drop = false;
    return ROTE_OK; /* the next message is expected when it has been taken */
  case TAG_STOP:
    w->told_to_stop = true;
    break;
  case TAG_DROP:
    w->told_to_drop = true;
    break;
  case TAG_REST:
    w->told_to_rest = true;
    break;
  case TAG_LEAVE:
    w->told_to_leave = w->alone = true;
    return ROTE_OK;
  case TAG_QUIT:
    w->told_to_quit = true;
    return ROTE_OK; /* there is no next one */
  case TAG_ANSWER:
  case TAG_BEAT:
  case TAG_REPORT:
    break;
  }
  return expect_message(w);
}

static rote_status say_that_it_lives(rote_worker *w, double now)
{
  rote_status status = ROTE_OK;
  int gone = 0;
  if (now - w->beaten < w->beat_seconds) {
    return ROTE_OK;
  }
  ROTE_MPI(MPI_Test(&w->beat_request, &gone, MPI_STATUS_IGNORE));
  if (gone) {
    ROTE_FAULT(BEAT_SEND, "the coordinator");
    w->beat.ticket = w->ticket;
    w->beat.epoch = w->epoch;
    ROTE_MPI(MPI_Isend(&w->beat, (int)sizeof w->beat, MPI_BYTE, 0, TAG_BEAT, MPI_COMM_WORLD,
                       &w->beat_request));
    w->beaten = now;
  }
done:
  return status;
}

/* Take what has come, say that one lives, and notice when one is alone. @param[out] came  whether
 * anything came */
static rote_status look_around(rote_worker *w, bool *came)
{
  rote_status status = ROTE_OK;
  *came = false;
  const double now = rote_seconds();
  for (int there = 1; there && !w->has_order && !w->told_to_quit && !w->alone;) {
    MPI_Status message;
    there = 0;
    ROTE_MPI(MPI_Test(&w->receive, &there, &message));
    if (there) {
      *came = true;
      w->heard = now;
      ROTE_TRY(take_message(w, message.MPI_TAG));
    }
  }
  ROTE_TRY(say_that_it_lives(w, now));
  w->polled = now;
  const double patience = w->setting->patience * (w->told_to_rest ? RESTING : 1);
  if (!w->alone && !w->told_to_quit && patience > 0 && now - w->heard > patience) {
    rote_log(ROTE_LOG_ERROR, "coordinator-lost", "rank 0 has been silent for %g s; this rank ends",
             now - w->heard);
    w->alone = true;
  }
  if (!w->alone && rote_cluster_launcher_gone()) {
    rote_log(ROTE_LOG_ERROR, "launcher-lost", "the program that started the ranks is gone");
    w->alone = true;
  }
done:
  return status;
}

static void look_around_from_work(rote_worker *w, double now)
{
  bool came;
  if (now - w->polled >= POLL_SECONDS && w->failure == ROTE_OK) {
    w->failure = look_around(w, &came);
  }
  const bool stop = w->told_to_stop || w->told_to_quit || w->alone || w->failure != ROTE_OK ||
                    (w->setting->signalled != NULL && *w->setting->signalled != 0);
  if (stop && w->stop_since == 0) {
    w->stop_since = now;
  }
}

bool rote_worker_must_stop(void *worker, double seconds)
{
  rote_worker *w = worker;
  const double now = rote_seconds();
  look_around_from_work(w, now);
  return w->stop_since > 0 || w->told_to_drop || rote_farm_no_time(now, w->deadline, seconds);
}

/* Nobody takes what it is doing any more. */
static bool is_disowned(const rote_worker *w)
{
  return w->told_to_drop || w->told_to_quit || w->alone;
}

bool rote_worker_is_disowned(void *worker)
{
  rote_worker *w = worker;
  look_around_from_work(w, rote_seconds());
  return is_disowned(w);
}

bool rote_worker_must_abandon(void *worker)
{
  rote_worker *w = worker;
  const double now = rote_seconds();
  look_around_from_work(w, now);
  return is_disowned(w) || now >= w->deadline ||
         (w->stop_since > 0 && now - w->stop_since > ROTE_STOP_GRACE);
}

void rote_worker_at_epoch(void *worker, size_t epoch)
{
  rote_worker *w = worker;
  w->epoch = (uint32_t)epoch;
}

/* Wait for an order, quietly. */
static rote_status wait_for_order(rote_worker *w)
{
  rote_status status = ROTE_OK;
  double nap = 0;
  while (!w->has_order && !w->told_to_quit && !w->alone) {
    bool came;
    ROTE_TRY(look_around(w, &came));
    if (!came) {
      rote_nap(&nap, LONGEST_NAP);
    }
  }
done:
  return status;
}

static rote_status send_report(rote_worker *w, const rote_report_head *head)
{
  rote_status status = ROTE_OK;
  MPI_Request request = MPI_REQUEST_NULL;
  int gone = 0;
  double nap = 0;
  memcpy(w->outbox, head, sizeof *head);
  ROTE_FAULT(REPORT_SEND, "the coordinator");
  ROTE_MPI(MPI_Isend(w->outbox, (int)(sizeof *head + head->report.bytes), MPI_BYTE, 0, TAG_REPORT,
                     MPI_COMM_WORLD, &request));
  for (;;) {
    bool came;
    ROTE_MPI(MPI_Test(&request, &gone, MPI_STATUS_IGNORE));
    if (gone || w->alone) {
      break;
    }
    if (w->told_to_quit) {
      rote_cluster_suspect(); /* nobody takes it: MPI_Finalize could wait for it */
      break;
    }
    rote_nap(&nap, LONGEST_NAP);
    ROTE_TRY(look_around(w, &came));
  }
done:
  return status;
}

rote_status rote_worker_run(rote_worker *w,
                            void (*run)(void *context, const rote_order *order, rote_report *report,
                                        void *rows),
                            void *context)
{
  rote_status status = ROTE_OK;
  for (;;) {
    rote_report_head head = {0};
    ROTE_TRY(wait_for_order(w));
    if (w->alone || w->told_to_quit) {
      break;
    }
    const rote_order order = w->inbox.order;
    head.ticket = w->ticket = w->inbox.ticket;
    w->epoch = 0;
    w->deadline = rote_seconds() + w->inbox.seconds_left;
    w->has_order = false;
    ROTE_TRY(expect_message(w));
    ROTE_FAULT(ORDER_RECEIVE, "an order");
    run(context, &order, &head.report, w->outbox + sizeof head);
    if (order.kind == ROTE_ORDER_TOGETHER) {
      w->heard = rote_seconds(); /* rank 0 was in it too */
      continue;
    }
    ROTE_TRY(w->failure);
    head.signalled = w->setting->signalled != NULL && *w->setting->signalled != 0;
    if (w->alone || w->told_to_quit) {
      break;
    }
    ROTE_TRY(send_report(w, &head));
  }
  if (w->alone) {
    rote_cluster_suspect();
    status = w->told_to_leave ? ROTE_OK : rote_fail(ROTE_STOPPED, "this rank is alone");
  }
done:
  return status;
}
