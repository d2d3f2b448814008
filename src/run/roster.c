#include "roster.h"

#include "rote/memory.h"

rote_status rote_roster_create(size_t workers, double patience, double now, rote_roster **out)
{
  rote_status status = ROTE_OK;
  rote_roster *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->count = workers;
  r->patience = patience;
  ROTE_TRY(rote_alloc(workers, sizeof *r->worker, &r->worker));
  for (size_t i = 0; i < workers; i++) {
    r->worker[i].heard = now;
  }
  *out = r;
  r = NULL;
done:
  rote_roster_destroy(&r);
  return status;
}

void rote_roster_destroy(rote_roster **roster)
{
  if (*roster != NULL) {
    rote_free(&(*roster)->worker);
    rote_free(roster);
  }
}

bool rote_roster_is_free(const rote_roster *r, size_t worker)
{
  const rote_roster_worker *w = &r->worker[worker];
  return !w->busy && !w->lost && !w->aside && !w->no_time;
}

size_t rote_roster_in_service(const rote_roster *r)
{
  size_t n = 0;
  for (size_t i = 0; i < r->count; i++) {
    n += !r->worker[i].lost && !r->worker[i].aside;
  }
  return n;
}

uint32_t rote_roster_order(rote_roster *r, size_t worker, const rote_order *order)
{
  rote_roster_worker *w = &r->worker[worker];
  r->last_ticket += r->last_ticket == UINT32_MAX ? 2 : 1;
  w->order = *order;
  w->ticket = r->last_ticket;
  w->busy = true;
  r->busy++;
  return w->ticket;
}

bool rote_roster_hear(rote_roster *r, size_t worker, double now)
{
  rote_roster_worker *w = &r->worker[worker];
  const bool back = w->lost;
  w->heard = now;
  w->lost = false;
  r->lost -= back;
  return back;
}

bool rote_roster_report(rote_roster *r, size_t worker, uint32_t ticket, rote_order *order)
{
  rote_roster_worker *w = &r->worker[worker];
  if (!w->busy || w->ticket != ticket) {
    return false;
  }
  *order = w->order;
  w->busy = false;
  r->busy--;
  return true;
}

bool rote_roster_judge(rote_roster *r, size_t worker, bool failed)
{
  rote_roster_worker *w = &r->worker[worker];
  w->failures = failed ? w->failures + 1 : 0;
  if (w->failures < ROTE_ROSTER_FAILURES || w->aside || rote_roster_in_service(r) <= 1) {
    return false;
  }
  w->aside = true;
  r->aside++;
  return true;
}

void rote_roster_no_time(rote_roster *r, size_t worker, rote_order_kind kind)
{
  rote_roster_worker *w = &r->worker[worker];
  w->no_training = true;
  if (kind != ROTE_ORDER_TRAIN && !w->no_time) {
    w->no_time = true;
    r->out_of_time++;
  }
}

bool rote_roster_silent(rote_roster *r, double now, size_t *worker, rote_order *order)
{
  for (size_t i = 0; r->patience > 0 && i < r->count; i++) {
    rote_roster_worker *w = &r->worker[i];
    if (w->lost || now - w->heard <= r->patience) {
      continue;
    }
    *order = (rote_order){.kind = ROTE_ORDER_NONE};
    if (w->busy) {
      *order = w->order;
      w->busy = false;
      r->busy--;
    }
    w->lost = true;
    r->lost++;
    *worker = i;
    return true;
  }
  return false;
}
