/* The owner of a run directory: which process it is, how the file "lock" says so, and whether it is
 * still there. */
#ifndef ROTE_RUN_OWNER_H
#define ROTE_RUN_OWNER_H

#include "rote/run_lock.h"

enum { ROTE_LOCK_CONTENT = 512 }; /* room for the text of a lock */

/** This process; its beat is 0. */
void rote_run_owner_self(rote_run_owner *self);

/** The text of a lock, sealed, and for one owner always of the same length, so that a refresh
 * replaces it whole. @param[out] content [ROTE_LOCK_CONTENT] */
rote_status rote_run_owner_print(const rote_run_owner *owner, char *content);

/** @return false if it is damaged; the owner is then all zero */
bool rote_run_owner_parse(const char *content, rote_run_owner *owner);

/** The rule at the head of rote/run_lock.h, as far as it can be told at once. */
rote_owner_state rote_run_owner_judge(const rote_run_owner *owner, const rote_run_owner *self);

#endif
