/* Which unit of which study a file belongs to, and how it came about. */
#ifndef ROTE_KEY_H
#define ROTE_KEY_H

#include "h5.h"
#include "rote/label.h"
#include "rote/result.h"

/** Attributes key and study. */
rote_status rote_key_put(rote_h5 *h5, const char *key, const char *study);

/** @return ROTE_OK; ROTE_DATA if the file is of another unit or another study */
rote_status rote_key_check(rote_h5 *h5, const char *key, const char *study);

/** Attributes of /execution, and read back. */
rote_status rote_execution_put(rote_h5 *h5, const rote_execution *execution);
rote_status rote_execution_get(rote_h5 *h5, rote_execution *execution);

/** The line at the end of a result. @param[in] label  kind, epoch and diverged */
void rote_label_put(rote_h5 *h5, rote_label label, const char *key, const char *study,
                    const rote_execution *execution);

#endif
