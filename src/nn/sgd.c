#include "rote/optimizer.h"

void rote_sgd_apply(void *context, size_t offset, size_t count, const rote_real *gradient)
{
  const rote_sgd *sgd = context;
  rote_real *w = sgd->parameters + offset;
  rote_kernels_get()->combine(count, 1, w, (rote_real)-sgd->learning_rate, gradient, 0, w);
}
