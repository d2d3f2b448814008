#include "rote/memory.h"
#include "rote/optimizer.h"

#include <math.h>
#include <string.h>

rote_status rote_adam_create(size_t count, rote_adam **out)
{
  rote_status status = ROTE_OK;
  rote_adam *adam = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *adam, &adam));
  adam->count = count;
  ROTE_TRY(rote_alloc(count, sizeof(rote_real), &adam->first));
  ROTE_TRY(rote_alloc(count, sizeof(rote_real), &adam->second));
  *out = adam;
  adam = NULL;
done:
  rote_adam_destroy(&adam);
  return status;
}

void rote_adam_destroy(rote_adam **adam)
{
  if (*adam != NULL) {
    rote_free(&(*adam)->first);
    rote_free(&(*adam)->second);
    rote_free(adam);
  }
}

void rote_adam_reset(rote_adam *adam, double learning_rate, rote_real *parameters)
{
  memset(adam->first, 0, adam->count * sizeof(rote_real));
  memset(adam->second, 0, adam->count * sizeof(rote_real));
  adam->step = 0;
  adam->learning_rate = learning_rate;
  adam->parameters = parameters;
}

void rote_adam_begin(rote_adam *adam)
{
  const double t = (double)++adam->step;
  adam->rate = (rote_real)(adam->learning_rate / (1 - pow(0.9, t)));
  adam->root_correction = (rote_real)(1 / sqrt(1 - pow(0.999, t)));
}

void rote_adam_apply(void *context, size_t offset, size_t count, const rote_real *gradient)
{
  rote_adam *adam = context;
  rote_kernels_get()->adam(count, gradient, adam->parameters + offset, adam->first + offset,
                           adam->second + offset, adam->rate, adam->root_correction);
}
