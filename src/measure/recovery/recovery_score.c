#include "rote/recovery_score.h"

#include <math.h>

/* Training images that method a recovered and b did not. */
static size_t alone(size_t count, const uint8_t *trained, const uint8_t *a, const uint8_t *b)
{
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    n += trained[i] != 0 && a[i] != 0 && b[i] == 0;
  }
  return n;
}

static double share(size_t part, size_t whole)
{
  return whole == 0 ? (double)NAN : (double)part / (double)whole;
}

static void count_method(size_t count, const uint8_t *trained, const uint8_t *recovered, size_t m,
                         rote_recovery_rates *rates)
{
  for (size_t i = 0; i < count; i++) {
    rates->recovered_trained[m] += trained[i] != 0 && recovered[i] != 0;
    rates->recovered_control[m] += trained[i] == 0 && recovered[i] != 0;
  }
  rates->rate_trained[m] = share(rates->recovered_trained[m], rates->trained);
  rates->rate_control[m] = share(rates->recovered_control[m], rates->controls);
  rates->p_against_control[m] = rote_fisher_p(rates->recovered_trained[m], rates->trained,
                                              rates->recovered_control[m], rates->controls);
}

void rote_recovery_rates_compute(size_t count, const uint8_t *trained,
                                 const uint8_t *const recovered[ROTE_INVERSE_COUNT],
                                 rote_recovery_rates *rates)
{
  *rates = (rote_recovery_rates){0};
  for (size_t i = 0; i < count; i++) {
    rates->trained += trained[i] != 0;
  }
  rates->controls = count - rates->trained;
  for (size_t m = 0; m < ROTE_INVERSE_COUNT; m++) {
    rates->rate_trained[m] = rates->rate_control[m] = rates->p_against_control[m] = (double)NAN;
    if (recovered[m] != NULL) {
      count_method(count, trained, recovered[m], m, rates);
    }
    for (size_t o = 0; o < ROTE_INVERSE_COUNT; o++) {
      rates->p_between[m][o] = (double)NAN;
      if (recovered[m] != NULL && recovered[o] != NULL) {
        rates->p_between[m][o] = rote_mcnemar_p(alone(count, trained, recovered[m], recovered[o]),
                                                alone(count, trained, recovered[o], recovered[m]));
      }
    }
  }
}
