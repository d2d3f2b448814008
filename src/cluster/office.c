/* The coordinator's side of the protocol in office.h. */
#include "office.h"

#include "roster.h"
#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/fault.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_NAP 0.005 /* seconds; a worker that has reported waits half of it on average */

/* What goes between rank 0 and one worker. */
typedef struct {
  uint8_t *inbox; /* room for one report and its rows */
  rote_order_message outbox;
  MPI_Request send, answer, word, rest; /* an order, ANSWER, STOP or DROP, REST under way */
  bool told_to_stop;
  char host[64];
} desk;

struct rote_office {
  const rote_work *work;
  rote_roster *roster;
  size_t count;
  size_t room; /* bytes of an inbox */
  desk *desk;
  MPI_Request *receive; /* [count] */
  int *index;           /* [count] for MPI_Testsome */
  MPI_Status *state;    /* [count] */
  bool stopping;
  bool dry, dry_shards; /* nothing was left for an idle worker; only a report can change that */
  rote_status failure;  /* why the run ends early; busy workers are waited for all the same */
  char reason[1024];
};

static rote_status expect_message(rote_office *o, size_t i)
{
  return rote_mpi_status(MPI_Irecv(o->desk[i].inbox, (int)o->room, MPI_BYTE, (int)i + 1,
                                   MPI_ANY_TAG, MPI_COMM_WORLD, &o->receive[i]),
                         "MPI_Irecv");
}

rote_status rote_office_open(const rote_work *work, rote_office **out)
{
  rote_status status = ROTE_OK;
  rote_office *o = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *o, &o));
  o->work = work;
  o->count = (size_t)rote_cluster_size() - 1;
  o->room = sizeof(rote_report_head) + work->bytes;
  ROTE_TRY(rote_roster_create(o->count, work->patience, rote_seconds(), &o->roster));
  ROTE_TRY(rote_alloc(o->count, sizeof *o->desk, &o->desk));
  ROTE_TRY(rote_alloc(o->count, sizeof *o->index, &o->index));
  ROTE_TRY(rote_alloc(o->count, sizeof *o->state, &o->state));
  ROTE_TRY(rote_alloc(o->count, sizeof *o->receive, &o->receive));
  for (size_t i = 0; i < o->count; i++) {
    desk *d = &o->desk[i];
    d->send = d->answer = d->word = d->rest = o->receive[i] = MPI_REQUEST_NULL;
    ROTE_TRY(rote_alloc(o->room, 1, &d->inbox));
  }
  for (size_t i = 0; i < o->count; i++) {
    ROTE_TRY(expect_message(o, i));
  }
  *out = o;
  o = NULL;
done:
  rote_office_close(&o);
  return status;
}

void rote_office_close(rote_office **office)
{
  rote_office *o = *office;
  if (o == NULL) {
    return;
  }
  if (!rote_cluster_suspected() && rote_office_tell_all(TAG_QUIT, 60) != ROTE_OK) {
    rote_cluster_suspect(); /* somebody waits for the message for ever */
  }
  if (!rote_cluster_suspected()) {
    for (size_t i = 0; o->receive != NULL && i < o->count; i++) {
      if (o->receive[i] != MPI_REQUEST_NULL) {
        MPI_Cancel(&o->receive[i]);
        MPI_Request_free(&o->receive[i]);
      }
    }
    for (size_t i = 0; o->desk != NULL && i < o->count; i++) {
      rote_free(&o->desk[i].inbox);
    }
    rote_free(&o->desk);
  } /* else messages may still be under way from and into this memory, until the process ends */
  rote_free(&o->index);
  rote_free(&o->state);
  rote_free(&o->receive);
  rote_roster_destroy(&o->roster);
  rote_free(office);
}

/* Send an empty message, unless the last one through this request is still under way. */
static rote_status send_word(size_t i, rote_farm_tag tag, MPI_Request *request)
{
  rote_status status = ROTE_OK;
  int gone = 1;
  ROTE_MPI(MPI_Test(request, &gone, MPI_STATUS_IGNORE));
  if (gone) {
    ROTE_MPI(MPI_Isend(NULL, 0, MPI_BYTE, (int)i + 1, (int)tag, MPI_COMM_WORLD, request));
  }
done:
  return status;
}

/* The run ends early, but only after every worker that is alive has answered. */
static void begin_to_end(rote_office *o, rote_status why)
{
  if (o->failure == ROTE_OK) {
    o->failure = why;
    snprintf(o->reason, sizeof o->reason, "%s", rote_fail_reason(why));
  }
  o->stopping = true;
}

/* Would a free worker be given something if it could be sent now? */
static bool may_have_work(const rote_office *o, size_t i)
{
  const bool training = !o->roster->worker[i].no_training;
  return rote_roster_is_free(o->roster, i) && !(training ? o->dry : o->dry_shards);
}

static rote_status hand_out(rote_office *o, size_t i)
{
  rote_status status = ROTE_OK;
  desk *d = &o->desk[i];
  const bool training = !o->roster->worker[i].no_training;
  int gone = 1;
  if (!may_have_work(o, i)) {
    return ROTE_OK;
  }
  ROTE_MPI(MPI_Test(&d->send, &gone, MPI_STATUS_IGNORE));
  if (!gone) {
    return ROTE_OK;
  }
  d->outbox.order = o->work->next(o->work->context, i, training);
  if (d->outbox.order.kind == ROTE_ORDER_NONE) {
    *(training ? &o->dry : &o->dry_shards) = true;
    return ROTE_OK;
  }
  d->outbox.ticket = rote_roster_order(o->roster, i, &d->outbox.order);
  d->outbox.seconds_left = o->work->seconds_left(o->work->context);
  ROTE_FAULT(ORDER_SEND, d->host);
  ROTE_MPI(MPI_Isend(&d->outbox, (int)sizeof d->outbox, MPI_BYTE, (int)i + 1, TAG_ORDER,
                     MPI_COMM_WORLD, &d->send));
done:
  return status;
}

static rote_status take_report(rote_office *o, size_t i)
{
  rote_status status = ROTE_OK;
  rote_report_head head;
  rote_order order;
  memcpy(&head, o->desk[i].inbox, sizeof head);
  ROTE_FAULT(REPORT_RECEIVE, head.report.host);
  o->dry = o->dry_shards = false;
  if (!rote_roster_report(o->roster, i, head.ticket, &order)) {
    rote_log(ROTE_LOG_INFO, "late-report", "rank = %zu: its work was given to others", i + 1);
    return ROTE_OK;
  }
  if (head.report.kind == ROTE_REPORT_STOPPED && head.signalled) {
    rote_log(ROTE_LOG_INFO, "stopping", "rank = %zu got a signal", i + 1);
    o->stopping = true; /* the whole run stops */
  } else if (head.report.kind == ROTE_REPORT_STOPPED) {
    rote_roster_no_time(o->roster, i, (rote_order_kind)order.kind);
  }
  if (rote_roster_judge(o->roster, i, head.report.kind == ROTE_REPORT_FAILED)) {
    rote_log(ROTE_LOG_WARN, "worker-set-aside", "rank = %zu, host = %s: failed %d times in a row",
             i + 1, o->desk[i].host, ROTE_ROSTER_FAILURES);
  }
  if (o->failure == ROTE_OK || o->failure == ROTE_STOPPED) {
    const rote_status taken =
        o->work->take(o->work->context, i, &head.report, o->desk[i].inbox + sizeof head);
    if (taken != ROTE_OK) {
      o->failure = ROTE_OK; /* worse than a stop */
      begin_to_end(o, taken);
    }
  }
done:
  return status;
}

static rote_status take_beat(rote_office *o, size_t i)
{
  rote_status status = ROTE_OK;
  rote_beat_message beat;
  memcpy(&beat, o->desk[i].inbox, sizeof beat);
  memcpy(o->desk[i].host, beat.host, sizeof beat.host);
  o->desk[i].host[sizeof beat.host - 1] = '\0';
  ROTE_FAULT(BEAT_RECEIVE, beat.host);
  const rote_roster_worker *w = &o->roster->worker[i];
  if (o->work->at_epoch != NULL && w->busy && beat.ticket == w->ticket) {
    o->work->at_epoch(o->work->context, i, beat.epoch);
  }
  ROTE_FAULT(ANSWER_SEND, beat.host);
  ROTE_TRY(send_word(i, TAG_ANSWER, &o->desk[i].answer));
done:
  return status;
}

static rote_status take_messages(rote_office *o, bool *came)
{
  rote_status status = ROTE_OK;
  int count = 0;
  ROTE_MPI(MPI_Testsome((int)o->count, o->receive, &count, o->index, o->state));
  *came = count > 0;
  for (int k = 0; k < count; k++) {
    const size_t i = (size_t)o->index[k];
    if (rote_roster_hear(o->roster, i, rote_seconds())) {
      rote_log(ROTE_LOG_WARN, "worker-back", "rank = %zu, host = %s", i + 1, o->desk[i].host);
      o->dry = o->dry_shards = false;
    }
    ROTE_TRY(o->state[k].MPI_TAG == TAG_REPORT ? take_report(o, i) : take_beat(o, i));
    ROTE_TRY(expect_message(o, i));
  }
done:
  return status;
}

/* Workers that nothing was heard of for too long. */
static rote_status look_for_the_lost(rote_office *o)
{
  rote_status status = ROTE_OK;
  size_t i = 0;
  rote_order order;
  while (rote_roster_silent(o->roster, rote_seconds(), &i, &order)) {
    rote_cluster_suspect();
    rote_log(ROTE_LOG_WARN, "worker-lost", "rank = %zu, host = %s: silent for %g s", i + 1,
             o->desk[i].host, o->work->patience);
    ROTE_FAULT(DROP_SEND, o->desk[i].host);
    ROTE_TRY(send_word(i, TAG_DROP, &o->desk[i].word));
    if (order.kind != ROTE_ORDER_NONE) {
      ROTE_TRY(o->work->lost(o->work->context, i, &order));
      o->dry = o->dry_shards = false;
    }
    if (rote_roster_in_service(o->roster) == 0) {
      begin_to_end(o, rote_fail(ROTE_STOPPED, "all %zu workers are lost", o->count));
    } else if (!o->work->survive) {
      begin_to_end(o,
                   rote_fail(ROTE_STOPPED,
                             "rank %zu on %s has been silent for %g s and may be dead (--survive "
                             "goes on without it)",
                             i + 1, o->desk[i].host[0] != '\0' ? o->desk[i].host : "a node",
                             o->work->patience));
    }
  }
done:
  return status;
}

static rote_status tell_to_stop(rote_office *o)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < o->count; i++) {
    if (!o->desk[i].told_to_stop) {
      ROTE_FAULT(STOP_SEND, o->desk[i].host);
      ROTE_TRY(send_word(i, TAG_STOP, &o->desk[i].word));
      o->desk[i].told_to_stop = true;
    }
  }
done:
  return status;
}

static bool is_over(const rote_office *o)
{
  return o->roster->busy == 0 && (o->stopping || o->work->finished(o->work->context));
}

/* Nobody works, nobody can be given anything, and still there is something to do. */
static bool nothing_fits(const rote_office *o)
{
  bool fits = o->roster->busy > 0 || is_over(o);
  for (size_t i = 0; i < o->count && !fits; i++) {
    fits = may_have_work(o, i);
  }
  return !fits;
}

static rote_status why_nothing_fits(const rote_office *o)
{
  const bool time = o->roster->out_of_time > 0 || o->dry_shards;
  return rote_fail(time ? ROTE_STOPPED : ROTE_INTERNAL,
                   time ? "stopped early: nothing that is left can be finished in time"
                        : "the queue has nothing to do but is not finished");
}

rote_status rote_office_run(rote_office *o)
{
  rote_status status = ROTE_OK;
  double nap = 0;
  bool came = false;
  while (!is_over(o)) {
    ROTE_TRY(take_messages(o, &came));
    ROTE_TRY(look_for_the_lost(o));
    if (rote_cluster_launcher_gone()) {
      rote_cluster_suspect();
      ROTE_TRY(rote_fail(ROTE_STOPPED, "the program that started the ranks is gone"));
    }
    o->stopping = o->stopping || o->work->stop(o->work->context);
    if (o->stopping) {
      ROTE_TRY(tell_to_stop(o));
    }
    for (size_t i = 0; i < o->count && !o->stopping; i++) {
      ROTE_TRY(hand_out(o, i));
    }
    if (nothing_fits(o)) {
      begin_to_end(o, why_nothing_fits(o));
    }
    o->work->progress(o->work->context, o->count - o->roster->lost, o->roster->busy, false);
    if (came) {
      nap = 0;
    } else {
      rote_nap(&nap, LONGEST_NAP);
    }
  }
  o->work->progress(o->work->context, o->count - o->roster->lost, 0, true);
  if (o->failure != ROTE_OK) {
    status = rote_fail(o->failure, "%s", o->reason);
  } else if (!o->work->finished(o->work->context)) {
    status = rote_fail(ROTE_STOPPED, "stopped before the end");
  }
done:
  if (status != ROTE_OK && o->roster->busy > 0) {
    rote_cluster_suspect(); /* they would carry out their orders to the end, for nobody */
  }
  return status;
}

rote_status rote_office_rest(rote_office *o)
{
  rote_status status = ROTE_OK;
  for (size_t i = 0; i < o->count; i++) {
    ROTE_FAULT(REST_SEND, o->desk[i].host);
    ROTE_TRY(send_word(i, TAG_REST, &o->desk[i].rest));
  }
done:
  return status;
}

rote_status rote_office_gather(rote_office *o, const rote_order *order)
{
  rote_status status = ROTE_OK;
  if (o->roster->lost > 0) {
    ROTE_TRY(rote_fail(ROTE_STOPPED, "%zu of the ranks are lost, and all are needed now",
                       o->roster->lost));
  }
  for (size_t i = 0; i < o->count; i++) {
    desk *d = &o->desk[i];
    ROTE_TRY(rote_mpi_wait(&d->send));
    d->outbox = (rote_order_message){.order = *order, .seconds_left = (double)INFINITY};
    ROTE_FAULT(ORDER_SEND, d->host);
    ROTE_MPI(MPI_Isend(&d->outbox, (int)sizeof d->outbox, MPI_BYTE, (int)i + 1, TAG_ORDER,
                       MPI_COMM_WORLD, &d->send));
  }
done:
  return status;
}

void rote_office_disperse(rote_office *o)
{
  for (size_t i = 0; i < o->count; i++) {
    rote_roster_hear(o->roster, i, rote_seconds());
  }
}

bool rote_office_poll(rote_office *o)
{
  bool came = false;
  if (rote_cluster_launcher_gone()) {
    rote_cluster_suspect();
    return true;
  }
  /* What fails here fails again where it is looked at. */
  if (take_messages(o, &came) != ROTE_OK || look_for_the_lost(o) != ROTE_OK) {
    return true;
  }
  return o->work->stop(o->work->context);
}

rote_status rote_office_tell_all(rote_farm_tag tag, double seconds)
{
  rote_status status = ROTE_OK;
  const double until = rote_seconds() + seconds;
  if (tag == TAG_QUIT) {
    ROTE_FAULT(QUIT_SEND, "the workers");
  } else {
    ROTE_FAULT(LEAVE_SEND, "the workers");
  }
  for (int rank = 1; rank < rote_cluster_size(); rank++) {
    MPI_Request request = MPI_REQUEST_NULL;
    int gone = 0;
    double nap = 0;
    ROTE_MPI(MPI_Isend(NULL, 0, MPI_BYTE, rank, (int)tag, MPI_COMM_WORLD, &request));
    while (!gone && rote_seconds() < until) {
      ROTE_MPI(MPI_Test(&request, &gone, MPI_STATUS_IGNORE));
      if (!gone) {
        rote_nap(&nap, LONGEST_NAP);
      }
    }
    if (!gone) {
      ROTE_TRY(rote_fail(ROTE_STOPPED, "rank %d does not answer", rank));
    }
  }
done:
  return status;
}
