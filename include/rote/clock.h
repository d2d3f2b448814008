/* Time, for measuring how long something took. Never part of a result. */
#ifndef ROTE_CLOCK_H
#define ROTE_CLOCK_H

/** Seconds since some fixed moment; never goes back. */
double rote_seconds(void);

#endif
