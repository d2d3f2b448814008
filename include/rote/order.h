/* Which numbers are the largest. */
#ifndef ROTE_ORDER_H
#define ROTE_ORDER_H

#include "rote/status.h"

#include <stddef.h>

/** The places of the `count` largest of x [n], the largest first, equal ones by place, NaN last.
 * @param[out] place  [count], count <= n @return ROTE_OK; ROTE_NOMEM */
rote_status rote_order_largest(size_t n, const double *x, size_t count, size_t *place);

#endif
