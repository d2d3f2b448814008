/* The log: one line an event on stderr, `level event: key = value, ...`. Results go to stdout,
 * never here. */
#ifndef ROTE_LOG_H
#define ROTE_LOG_H

#include "rote/status.h"

typedef enum {
  ROTE_LOG_ERROR, /* the command fails */
  ROTE_LOG_WARN,  /* it goes on, but the user should know */
  ROTE_LOG_INFO,  /* a step of the run began or ended */
  ROTE_LOG_DEBUG, /* a unit began or ended */
} rote_log_level;

/** Events above `level` are dropped; the start value is ROTE_LOG_INFO, or
 * ROTE_LOG=error|warn|info|debug. */
void rote_log_set_level(rote_log_level level);

/** @return ROTE_OK; ROTE_USAGE if ROTE_LOG says anything else */
rote_status rote_log_check(void);

/** Rank shown in front of each line; -1 (the start value) shows none. */
void rote_log_set_rank(int rank);

/** Write one event. `event` is a short fixed name, the rest its payload. */
void rote_log(rote_log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
