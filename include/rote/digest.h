/* SHA-256, to name a data set by its content. */
#ifndef ROTE_DIGEST_H
#define ROTE_DIGEST_H

#include "rote/status.h"

#include <stddef.h>

#define ROTE_DIGEST_TEXT 65 /* 64 hexadecimal digits and a NUL */

/** SHA-256 of several blocks of memory, one after the other.
 * @param[in]  block, bytes  [n] the blocks; borrowed
 * @param[out] text          [ROTE_DIGEST_TEXT] lower-case hexadecimal */
rote_status rote_digest(size_t n, const void *const *block, const size_t *bytes, char *text);

#endif
