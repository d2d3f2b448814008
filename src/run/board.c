#include "board.h"

#include "rote/clock.h"
#include "rote/memory.h"

#include <stdio.h>
#include <string.h>

rote_status rote_board_create(size_t workers, int first_rank, char (*host)[64], rote_board **out)
{
  rote_status status = ROTE_OK;
  rote_board *b = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *b, &b));
  b->workers = workers;
  ROTE_TRY(rote_alloc(workers, sizeof *b->running, &b->running));
  for (size_t w = 0; w < workers; w++) {
    b->running[w] = (rote_running){.rank = first_rank + (int)w, .host = host[w]};
  }
  *out = b;
  b = NULL;
done:
  rote_board_destroy(&b);
  return status;
}

void rote_board_destroy(rote_board **board)
{
  if (*board != NULL) {
    rote_free(&(*board)->running);
    rote_free(&(*board)->failure);
    rote_free(board);
  }
}

void rote_board_begin(rote_board *b, size_t worker, const rote_order *order)
{
  b->running[worker].order = *order;
  b->running[worker].since = rote_seconds();
  b->running[worker].epoch = 0;
}

void rote_board_epoch(rote_board *b, size_t worker, size_t epoch)
{
  b->running[worker].epoch = (uint32_t)epoch;
}

void rote_board_end(rote_board *b, size_t worker)
{
  b->running[worker].order.kind = ROTE_ORDER_NONE;
}

/* The entry of a unit, a new one if it has none; NULL without memory. */
static rote_failure *entry_of(rote_board *b, const rote_order *order)
{
  rote_failure *larger = NULL;
  for (size_t i = 0; i < b->failure_count; i++) {
    if (b->failure[i].group == order->group && b->failure[i].unit == order->unit) {
      return &b->failure[i];
    }
  }
  if (b->failure_count == b->failure_room) {
    const size_t room = 2 * b->failure_room + 8;
    if (rote_alloc(room, sizeof *larger, &larger) != ROTE_OK) {
      return NULL;
    }
    for (size_t i = 0; i < b->failure_count; i++) {
      larger[i] = b->failure[i];
    }
    rote_free(&b->failure);
    b->failure = larger;
    b->failure_room = room;
  }
  b->failure[b->failure_count] =
      (rote_failure){.group = order->group, .unit = order->unit, .home = order->home};
  return &b->failure[b->failure_count++];
}

void rote_board_failed(rote_board *b, size_t worker, const rote_order *order, const char *reason,
                       bool given_up)
{
  rote_failure *f = entry_of(b, order);
  if (f != NULL) {
    f->times++;
    f->given_up = f->given_up || given_up;
    f->rank = b->running[worker].rank;
    snprintf(f->host, sizeof f->host, "%s", b->running[worker].host);
    snprintf(f->reason, sizeof f->reason, "%.255s", reason);
  }
}
