/* Which unit of which study a file belongs to: attributes key and study. */
#ifndef ROTE_KEY_H
#define ROTE_KEY_H

#include "h5.h"

rote_status rote_key_put(rote_h5 *h5, const char *key, const char *study);

/** @return ROTE_OK; ROTE_DATA if the file is of another unit or another study */
rote_status rote_key_check(rote_h5 *h5, const char *key, const char *study);

#endif
