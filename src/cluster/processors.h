/* The processors of all ranks. */
#ifndef ROTE_PROCESSORS_H
#define ROTE_PROCESSORS_H

#include "rote/status.h"

#include <stdbool.h>

/** All ranks must have the same arithmetic and BLAS core: the order of work must not decide the
 * bits. Collective.
 * @param[out] arithmetic  of this rank
 * @return ROTE_OK; ROTE_DATA if they are of several kinds and that is not allowed */
rote_status rote_processors_check(bool allow_change, const char **arithmetic);

#endif
