#include "lock_file.h"

#include "rote/fault.h"
#include "rote/file.h"
#include "rote/status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

void rote_lock_look(const char *path, rote_lock_glance *g)
{
  struct stat info;
  memset(g, 0, sizeof *g);
  const int fd = open(path, O_RDONLY | O_CLOEXEC); /* open: NFS then asks the server */
  if (fd < 0 || fstat(fd, &info) != 0) {
    g->unreadable = errno == ENOENT ? 0 : errno;
    g->there = g->unreadable != 0;
  } else {
    const ssize_t n = read(fd, g->content, sizeof g->content - 1);
    g->content[n > 0 ? n : 0] = '\0';
    g->unreadable = n < 0 ? errno : 0;
    g->there = true;
    g->device = info.st_dev;
    g->inode = info.st_ino;
    g->changed = info.st_mtim.tv_sec;
  }
  if (fd >= 0) {
    close(fd);
  }
}

bool rote_lock_same(const rote_lock_glance *a, const rote_lock_glance *b)
{
  return a->there == b->there && a->device == b->device && a->inode == b->inode &&
         strcmp(a->content, b->content) == 0;
}

/* Replace what is in a file of ours. */
static rote_status write_content(const rote_lock_file *lock, int file)
{
  rote_status status = ROTE_OK;
  char content[ROTE_LOCK_CONTENT];
  ROTE_TRY(rote_run_owner_print(&lock->self, content));
  const size_t n = strlen(content);
  ROTE_FAULT(LOCK_WRITE, lock->path);
  if (pwrite(file, content, n, 0) != (ssize_t)n || ftruncate(file, (off_t)n) != 0) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot write: %s", lock->path, strerror(errno)));
  }
  ROTE_FAULT(LOCK_SYNC, lock->path);
  if (fsync(file) != 0) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot sync: %s", lock->path, strerror(errno)));
  }
done:
  return status;
}

rote_status rote_lock_file_prepare(rote_lock_file *lock)
{
  rote_status status = ROTE_OK;
  struct stat info;
  int file = open(lock->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) {
    ROTE_TRY(rote_fail(rote_file_status(errno), "output: cannot write %s: %s", lock->temporary,
                       strerror(errno)));
  }
  if (fstat(file, &info) != 0) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot read: %s", lock->temporary, strerror(errno)));
  }
  ROTE_TRY(write_content(lock, file));
  if (lock->fd >= 0) {
    close(lock->fd);
  }
  lock->fd = file;
  lock->device = info.st_dev;
  lock->inode = info.st_ino;
  file = -1;
done:
  if (file >= 0) {
    close(file);
  }
  return status;
}

rote_lock_name rote_lock_file_look(const rote_lock_file *lock)
{
  struct stat info;
  char content[ROTE_LOCK_CONTENT];
  rote_run_owner owner;
  rote_lock_name state = ROTE_NAME_UNKNOWN;
  const int fd = open(lock->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? ROTE_NAME_FREE : ROTE_NAME_UNKNOWN;
  }
  if (fstat(fd, &info) == 0) {
    state = info.st_dev == lock->device && info.st_ino == lock->inode ? ROTE_NAME_OURS
                                                                      : ROTE_NAME_TAKEN;
    const ssize_t n = read(fd, content, sizeof content - 1);
    content[n > 0 ? n : 0] = '\0';
    state = n < 0 ? ROTE_NAME_UNKNOWN : state;
    /* NFS gives the number of a deleted file to another one */
    if (state == ROTE_NAME_OURS && rote_run_owner_parse(content, &owner) &&
        (owner.pid != lock->self.pid || owner.started != lock->self.started ||
         strcmp(owner.host, lock->self.host) != 0 ||
         strcmp(owner.machine, lock->self.machine) != 0)) {
      state = ROTE_NAME_TAKEN;
    }
  }
  const int reason = errno;
  close(fd);
  errno = reason;
  return state;
}

rote_status rote_lock_file_refresh(rote_lock_file *lock)
{
  lock->self.beat++;
  return write_content(lock, lock->fd);
}

rote_status rote_lock_file_create(const rote_lock_file *lock, bool *made)
{
  rote_status status = ROTE_OK;
  struct stat info;
  *made = false;
  ROTE_FAULT(LOCK_LINK, lock->path);
  *made = link(lock->temporary, lock->path) == 0;
  int reason = *made ? 0 : errno;
  if (reason == EPERM || reason == ENOSYS || reason == EOPNOTSUPP) {
    /* no hard links here: claim the name with O_EXCL, and put our file in its place */
    const int fd = open(lock->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    reason = fd < 0 ? errno : 0;
    if (fd >= 0) {
      close(fd);
      *made = rename(lock->temporary, lock->path) == 0;
      if (!*made) {
        reason = errno;
        unlink(lock->path); /* an empty one would look like another's */
      }
    }
  } else {
    /* over NFS the answer to a link that worked may get lost; the count of names tells */
    *made = *made || (fstat(lock->fd, &info) == 0 && info.st_nlink == 2);
    if (*made) {
      unlink(lock->temporary);
    }
  }
  if (!*made && reason != EEXIST && reason != ENOENT) { /* ENOENT: a start next to ours tidied */
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot create: %s", lock->path, strerror(reason)));
  }
done:
  return status;
}

rote_status rote_lock_file_replace(const rote_lock_file *lock, const rote_lock_glance *stale,
                                   bool *taken)
{
  rote_status status = ROTE_OK;
  rote_lock_glance now;
  const struct timespec moment = {.tv_nsec = 300000000L};
  rote_lock_look(lock->path, &now);
  *taken = false;
  if (!rote_lock_same(&now, stale)) {
    return ROTE_OK;
  }
  ROTE_FAULT(LOCK_REPLACE, lock->path);
  if (rename(lock->temporary, lock->path) == 0) {
    nanosleep(&moment, NULL);
    *taken = rote_lock_file_look(lock) == ROTE_NAME_OURS;
  } else if (errno != ENOENT) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot replace: %s", lock->path, strerror(errno)));
  }
done:
  return status;
}

void rote_lock_file_close(rote_lock_file *lock)
{
  if (lock->fd >= 0) {
    if (rote_lock_file_look(lock) == ROTE_NAME_OURS) {
      unlink(lock->path);
    }
    close(lock->fd);
  }
  unlink(lock->temporary);
}
