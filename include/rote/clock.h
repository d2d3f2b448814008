/* Time, for measuring how long something took. Never part of a result. */
#ifndef ROTE_CLOCK_H
#define ROTE_CLOCK_H

/** Seconds since some fixed moment; never goes back. */
double rote_seconds(void);

/** Sleep, and longer the next time, so that waiting is quick while things happen and costs next to
 * nothing when they do not. @param[in,out] nap  seconds; 0 to begin anew, `longest` at most */
void rote_nap(double *nap, double longest);

#endif
