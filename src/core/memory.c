#include "rote/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static long fail_at = -1;
static long live;
static size_t live_bytes;

/* The size that was asked for stands at the very end of a block, in room added for it. */
enum { NOTE_BYTES = sizeof(size_t) };

static char *note_of(void *block)
{
  return (char *)block + malloc_usable_size(block) - sizeof(size_t);
}

rote_status rote_alloc(size_t count, size_t size, void *out)
{
  const size_t huge = (size_t)2 << 20;
  void *block = NULL;
  memset(out, 0, sizeof(void *));
  if (fail_at == 0) {
    fail_at = -1;
    return rote_fail(ROTE_NOMEM, "out of memory (a test asked for it)");
  }
  if (fail_at > 0) {
    fail_at--;
  }
  if (size != 0 && count > (SIZE_MAX - huge - NOTE_BYTES) / size) {
    return rote_fail(ROTE_NOMEM, "%zu items of %zu bytes are more than memory can hold", count,
                     size);
  }
  size_t bytes = count * size;
  size_t align = bytes >= huge ? huge : 64;
  bytes = (bytes + 63) / 64 * 64;
  if (posix_memalign(&block, align, bytes + NOTE_BYTES) != 0) {
    return rote_fail(ROTE_NOMEM, "%zu bytes of memory could not be had", bytes);
  }
  if (align == huge) {
    madvise(block, bytes,
            MADV_HUGEPAGE); /* weights are walked with large strides: fewer TLB misses */
  }
  memset(block, 0, bytes + NOTE_BYTES);
  memcpy(note_of(block), &bytes, sizeof bytes);
  memcpy(out, &block, sizeof block);
  live++;
  live_bytes += bytes;
  return ROTE_OK;
}

void rote_free(void *pointer)
{
  void *block;
  memcpy(&block, pointer, sizeof block);
  if (block != NULL) {
    size_t bytes;
    memcpy(&bytes, note_of(block), sizeof bytes);
    live_bytes -= bytes;
    free(block);
    live--;
    memset(pointer, 0, sizeof(void *));
  }
}

void rote_memory_fail_at(long n)
{
  fail_at = n;
}

long rote_memory_live_blocks(void)
{
  return live;
}

size_t rote_memory_live_bytes(void)
{
  return live_bytes;
}
