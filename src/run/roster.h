/* Who works on what, who is alive, who may have more: the coordinator's rules about its workers.
 * No MPI and no clock here; the time, in seconds from any fixed moment, is handed in.
 *
 * A worker is heard of with every message it sends. One that is silent for `patience` seconds is
 * lost, and its order belongs to others from then on. If it comes back it may work again, but what
 * it says of its old order is not listened to: every order has a ticket of its own, and a report
 * counts only if it carries the ticket of the order in hand. A worker that fails
 * ROTE_ROSTER_FAILURES times in a row is set aside, unless it is the last one. */
#ifndef ROTE_ROSTER_H
#define ROTE_ROSTER_H

#include "rote/queue.h"

#include <stdbool.h>

#define ROTE_ROSTER_FAILURES 2

typedef struct {
  bool busy;         /* `order` is in hand */
  bool lost;         /* not heard of for too long */
  bool aside;        /* failed too often in a row */
  bool no_training;  /* it has no time to finish an epoch any more */
  bool no_time;      /* nor a shard */
  unsigned failures; /* in a row */
  uint32_t ticket;   /* of the order in hand */
  rote_order order;
  double heard;
} rote_roster_worker;

typedef struct {
  size_t count, busy, lost, aside, out_of_time;
  double patience;
  uint32_t last_ticket; /* 0 is none */
  rote_roster_worker *worker;
} rote_roster;

/** All workers idle and just heard of. @param[in] patience  seconds; 0: nobody is ever lost */
rote_status rote_roster_create(size_t workers, double patience, double now, rote_roster **roster);
void rote_roster_destroy(rote_roster **roster);

/** May this worker have an order? */
bool rote_roster_is_free(const rote_roster *roster, size_t worker);

/** Workers that are neither lost nor set aside. */
size_t rote_roster_in_service(const rote_roster *roster);

/** The worker gets this order. @return its ticket, never 0 */
uint32_t rote_roster_order(rote_roster *roster, size_t worker, const rote_order *order);

/** Any message came. @return true if the worker was lost and is back */
bool rote_roster_hear(rote_roster *roster, size_t worker, double now);

/** A report came; the worker is idle afterwards if it counts. @param[out] order  the one that was
 * in hand
 * @return false if it is about an order that is not in hand any more: to be ignored */
bool rote_roster_report(rote_roster *roster, size_t worker, uint32_t ticket, rote_order *order);

/** A report that counts was good, or was a failure. @return true if the worker is set aside now */
bool rote_roster_judge(rote_roster *roster, size_t worker, bool failed);

/** The worker cannot finish orders of this kind before the deadline. */
void rote_roster_no_time(rote_roster *roster, size_t worker, rote_order_kind kind);

/** Find a worker that is newly lost. @param[out] worker, order  which one, and the order that it
 * had: kind NONE if it was idle
 * @return false if there is none (any more) */
bool rote_roster_silent(rote_roster *roster, double now, size_t *worker, rote_order *order);

#endif
