/* Memory that the ranks of a node share: a file in memory without a name.
 *
 * One process makes it and says what it is called, the others join, the name is taken away again
 * while it is still empty, so that nothing is left behind whatever happens; then its pages are
 * reserved, so that writing to it cannot fail later (a page that is not there is SIGBUS). */
#ifndef ROTE_SHARED_MEMORY_H
#define ROTE_SHARED_MEMORY_H

#include "rote/file.h"

/* Where it lies, unless ROTE_SHM_DIRECTORY names another directory. */
#define ROTE_SHARED_MEMORY_DIRECTORY "/dev/shm"

typedef struct {
  int fd;                   /* -1: none */
  char name[ROTE_PATH_MAX]; /* "" once it has none any more */
  void *block;              /* NULL until it is mapped */
  size_t bytes;
} rote_shared_memory;

/* To begin with. */
#define ROTE_SHARED_MEMORY_NONE ((rote_shared_memory){.fd = -1})

/** An empty one under a new name. @return ROTE_OK; ROTE_IO */
rote_status rote_shared_memory_make(rote_shared_memory *memory);

/** Join one that another process has made. @param[in] name  its memory->name @return ROTE_OK;
 * ROTE_IO */
rote_status rote_shared_memory_join(const char *name, rote_shared_memory *memory);

/** Take its name away, when all have joined. */
void rote_shared_memory_unname(rote_shared_memory *memory);

/** Do the memory limits leave that much? Also of memory that is not shared, which the system would
 * end the process for. @return ROTE_OK; ROTE_IO as below */
rote_status rote_memory_limit_check(size_t bytes);

/** Reserve all pages; only by the one that made it.
 * @return ROTE_OK; ROTE_IO saying how much is needed, how much is there and what to do, also where
 * a memory limit (cgroup) leaves less */
rote_status rote_shared_memory_reserve(rote_shared_memory *memory, size_t bytes);

/** Map it, when it is reserved. @param[in] bytes  as reserved @return ROTE_OK; ROTE_IO */
rote_status rote_shared_memory_map(rote_shared_memory *memory, size_t bytes);

void rote_shared_memory_free(rote_shared_memory *memory);

/** What the memory limits of this process leave, the least of its control group and those above it:
 * the limit less what is in use, but for file pages, which can be dropped. Versions 1 and 2.
 * @param[in] groups  /proc/self/cgroup @param[in] root  /sys/fs/cgroup
 * @return bytes; infinite without a limit, or if none can be read */
double rote_memory_limit_left(const char *groups, const char *root);

#endif
