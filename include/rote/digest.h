/* Digests, to know data by their content: SHA-256, and MD5 for what is published with nothing else.
 */
#ifndef ROTE_DIGEST_H
#define ROTE_DIGEST_H

#include "rote/status.h"

#include <stddef.h>

#define ROTE_DIGEST_TEXT 65 /* 64 hexadecimal digits and a NUL */
#define ROTE_MD5_TEXT 33

/** SHA-256 of several blocks of memory, one after the other.
 * @param[in]  block, bytes  [n] the blocks; borrowed
 * @param[out] text          [ROTE_DIGEST_TEXT] lower-case hexadecimal */
rote_status rote_digest(size_t n, const void *const *block, const size_t *bytes, char *text);

/** The same with MD5. @param[out] text  [ROTE_MD5_TEXT]
 * @return ROTE_OK; ROTE_INTERNAL, also where the system's policy forbids MD5 */
rote_status rote_digest_md5(size_t n, const void *const *block, const size_t *bytes, char *text);

#endif
