#include "rote/order.h"

#include "rote/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
  double value;
  size_t place;
} ranked;

static int larger_first(const void *a, const void *b)
{
  const ranked *x = a, *y = b;
  if (x->value != y->value && !(isnan(x->value) && isnan(y->value))) {
    return isnan(x->value) ? 1 : isnan(y->value) ? -1 : x->value > y->value ? -1 : 1;
  }
  return x->place < y->place ? -1 : x->place > y->place;
}

rote_status rote_order_largest(size_t n, const double *x, size_t count, size_t *place)
{
  rote_status status = ROTE_OK;
  ranked *all = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *all, &all));
  for (size_t i = 0; i < n; i++) {
    all[i] = (ranked){.value = x[i], .place = i};
  }
  if (n > 1) {
    qsort(all, n, sizeof *all, larger_first);
  }
  for (size_t i = 0; i < count; i++) {
    place[i] = all[i].place;
  }
done:
  rote_free(&all);
  return status;
}
