#include "rote/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *directory_for(void)
{
  const char *set = getenv("ROTE_SHM_DIRECTORY");
  return set != NULL && set[0] != '\0' ? set : ROTE_SHARED_MEMORY_DIRECTORY;
}

static rote_status failed(const char *what, const char *path)
{
  return rote_fail(ROTE_IO,
                   "%s: cannot %s: %s; the ranks of a node share the data set there "
                   "(ROTE_SHM_DIRECTORY may name another directory of the node)",
                   path, what, strerror(errno));
}

rote_status rote_shared_memory_make(rote_shared_memory *m)
{
  rote_status status = ROTE_OK;
  *m = ROTE_SHARED_MEMORY_NONE;
  ROTE_TRY(rote_path(m->name, "%s/rote-XXXXXX", directory_for()));
  m->fd = mkstemp(m->name);
  if (m->fd < 0) {
    m->name[0] = '\0';
    ROTE_TRY(failed("make a file there", directory_for()));
  }
done:
  return status;
}

rote_status rote_shared_memory_join(const char *name, rote_shared_memory *m)
{
  *m = ROTE_SHARED_MEMORY_NONE;
  m->fd = open(name, O_RDWR | O_CLOEXEC);
  return m->fd >= 0 ? ROTE_OK : failed("open", name);
}

void rote_shared_memory_unname(rote_shared_memory *m)
{
  if (m->name[0] != '\0') {
    unlink(m->name);
    m->name[0] = '\0';
  }
}

static rote_status refuse(size_t bytes, const char *where, double left, const char *advice)
{
  char host[64] = "";
  gethostname(host, sizeof host - 1);
  return rote_fail(
      ROTE_IO, "%s on %s: the data set needs %.1f MB of shared memory, but %.1f MB are left; %s",
      where, host, (double)bytes / 1e6, left / 1e6, advice);
}

static rote_status refuse_for_room(size_t bytes, double left)
{
  return refuse(bytes, directory_for(), left,
                "make it larger (docker run --shm-size, mount -o remount,size=...), end what else "
                "is there, or set ROTE_SHM_DIRECTORY to a directory on a disk of the node");
}

static double room_left(int fd)
{
  struct statvfs disk;
  return fstatvfs(fd, &disk) == 0 ? (double)disk.f_bavail * (double)disk.f_frsize
                                  : (double)INFINITY;
}

rote_status rote_memory_limit_check(size_t bytes)
{
  const double limit = rote_memory_limit_left("/proc/self/cgroup", "/sys/fs/cgroup");
  return (double)bytes <= limit ? ROTE_OK
                                : refuse(bytes, "the memory limit (cgroup)", limit,
                                         "ask for more memory (sbatch --mem, docker run --memory)");
}

rote_status rote_shared_memory_reserve(rote_shared_memory *m, size_t bytes)
{
  const rote_status limited = rote_memory_limit_check(bytes);
  int error = 0;
  if (limited != ROTE_OK) {
    return limited;
  }
  const double left = room_left(m->fd);
  if ((double)bytes > left) {
    return refuse_for_room(bytes, left);
  }
  do {
    error = posix_fallocate(m->fd, 0, (off_t)bytes);
  } while (error == EINTR);
  if (error == ENOSPC || error == ENOMEM) { /* another was faster */
    return refuse_for_room(bytes, room_left(m->fd));
  }
  errno = error;
  return error == 0 ? ROTE_OK : failed("reserve memory", directory_for());
}

rote_status rote_shared_memory_map(rote_shared_memory *m, size_t bytes)
{
  void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
  if (block == MAP_FAILED) {
    return failed("map", directory_for());
  }
  m->block = block;
  m->bytes = bytes;
  return ROTE_OK;
}

void rote_shared_memory_free(rote_shared_memory *m)
{
  rote_shared_memory_unname(m);
  if (m->block != NULL) {
    munmap(m->block, m->bytes);
  }
  if (m->fd >= 0) {
    close(m->fd);
  }
  *m = ROTE_SHARED_MEMORY_NONE;
}
