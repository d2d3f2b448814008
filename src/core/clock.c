#include "rote/clock.h"

#include <time.h>

double rote_seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#define SHORTEST_NAP 50e-6 /* seconds, about what a sleep takes at least */

void rote_nap(double *nap, double longest)
{
  const double seconds = *nap > SHORTEST_NAP ? *nap : SHORTEST_NAP;
  const struct timespec pause = {.tv_sec = (time_t)seconds,
                                 .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
  nanosleep(&pause, NULL);
  *nap = 2 * seconds < longest ? 2 * seconds : longest;
}
