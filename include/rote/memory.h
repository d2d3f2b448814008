/* Checked allocation, aligned for vector kernels. */
#ifndef ROTE_MEMORY_H
#define ROTE_MEMORY_H

#include "rote/status.h"

#include <stddef.h>

/** Allocate `count` zeroed items of `size` bytes, aligned to 64 bytes (to 2 MiB and huge pages when
 * large).
 * @param[out] out  the memory, released with rote_free(); NULL on error. Pass the address of any
 * pointer.
 * @return ROTE_OK; ROTE_NOMEM, also when count * size overflows */
rote_status rote_alloc(size_t count, size_t size, void *out);

/** Release what rote_alloc() gave and null the pointer; accepts the address of a NULL pointer. */
void rote_free(void *pointer);

/** Bytes asked for and not yet released, in whole multiples of 64. */
size_t rote_memory_live_bytes(void);

/** For tests: let the n-th allocation from now fail (0 = the next); -1 switches that off. */
void rote_memory_fail_at(long n);

/** For tests: blocks allocated and not yet released. */
long rote_memory_live_blocks(void);

#endif
