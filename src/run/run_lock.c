#include "rote/run_lock.h"

#include "rote/clock.h"
#include "rote/fault.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote/sealed_text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CONTENT_MAX = 512 };

struct rote_run_lock {
  char path[ROTE_PATH_MAX], temporary[ROTE_PATH_MAX + 64];
  rote_run_owner self;
  int file; /* the lock as we made it: refreshed in place, so that its inode stays ours */
  dev_t device;
  ino_t inode; /* of it; remembered, since NFS may not tell it any more */
  bool warned; /* that the name could not be looked at or made again */
  double beat;
  volatile sig_atomic_t *stop;
  atomic_bool lost;
  pthread_t thread;
  bool has_thread;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  bool ending; /* guarded by mutex */
};

/* One look at the file: enough to see whether it is still the same. */
typedef struct {
  bool there;
  dev_t device;
  ino_t inode;
  char content[CONTENT_MAX];
} glance;

/* Start time of a process in clock ticks after boot. @return false if it is not there, or only as a
 * zombie */
static bool process_started(const char *pid, unsigned long long *started)
{
  char path[64], line[1024];
  char state = 'X';
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *f = fopen(path, "r");
  const bool read = f != NULL && fgets(line, sizeof line, f) != NULL;
  if (f != NULL) {
    fclose(f);
  }
  /* the name, in parentheses, may hold anything; state and 18 numbers stand before the time */
  const char *end = read ? strrchr(line, ')') : NULL;
  return end != NULL &&
         sscanf(end + 1,
                " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
                &state, started) == 2 &&
         state != 'Z' && state != 'X';
}

/* Two processes with the same text can look each other up by pid. */
static void describe_machine(char *text, size_t size)
{
  char boot[64] = "unknown", space[64];
  FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
  if (f != NULL) {
    if (fscanf(f, "%40s", boot) != 1) {
      snprintf(boot, sizeof boot, "unknown");
    }
    fclose(f);
  }
  const ssize_t n = readlink("/proc/self/ns/pid", space, sizeof space - 1);
  space[n > 0 ? n : 0] = '\0';
  snprintf(text, size, "%s-%s", boot, n > 0 ? space : "unknown");
}

static void describe_self(rote_run_owner *self)
{
  const char *job = getenv("SLURM_JOB_ID"), *restart = getenv("SLURM_RESTART_COUNT");
  const time_t now = time(NULL);
  struct tm utc;
  *self = (rote_run_owner){.pid = (long)getpid()};
  gethostname(self->host, sizeof self->host - 1);
  if (self->host[0] == '\0') {
    snprintf(self->host, sizeof self->host, "unknown");
  }
  describe_machine(self->machine, sizeof self->machine);
  process_started("self", &self->started);
  snprintf(self->job, sizeof self->job, "%s", job != NULL && job[0] != '\0' ? job : "none");
  self->job[strcspn(self->job, " \t\n")] = '\0';
  self->restart = restart != NULL ? strtol(restart, NULL, 10) : 0;
  gmtime_r(&now, &utc);
  strftime(self->since, sizeof self->since, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

/* Always of the same length, so that a refresh replaces it whole. */
static rote_status print_owner(const rote_run_owner *o, char *content)
{
  char text[CONTENT_MAX - 64];
  snprintf(text, sizeof text,
           "host %s\nmachine %s\npid %ld\nstarted %llu\njob %s\nrestart %ld\nsince %s\n"
           "beat %020llu\n",
           o->host, o->machine, o->pid, o->started, o->job, o->restart, o->since, o->beat);
  return rote_sealed_text_make(ROTE_SEALED_PLAIN, text, content, CONTENT_MAX);
}

/* @return false if it is damaged; the owner is then all zero */
static bool parse_owner(const char *content, rote_run_owner *o)
{
  char again[CONTENT_MAX];
  *o = (rote_run_owner){.pid = 0};
  const bool good =
      sscanf(
          content,
          "host %63s machine %95s pid %ld started %llu job %31s restart %ld since %31s beat %llu",
          o->host, o->machine, &o->pid, &o->started, o->job, &o->restart, o->since,
          &o->beat) == 8 &&
      print_owner(o, again) == ROTE_OK && strcmp(again, content) == 0;
  if (!good) {
    *o = (rote_run_owner){.pid = 0};
  }
  return good;
}

static void look_at(const char *path, glance *g, struct stat *info)
{
  memset(g, 0, sizeof *g);
  const int fd = open(path, O_RDONLY | O_CLOEXEC); /* open: NFS then asks the server */
  if (fd < 0 || fstat(fd, info) != 0) {
    g->there = fd >= 0 || errno != ENOENT;
  } else {
    const ssize_t n = read(fd, g->content, sizeof g->content - 1);
    g->content[n > 0 ? n : 0] = '\0';
    g->there = true;
    g->device = info->st_dev;
    g->inode = info->st_ino;
  }
  if (fd >= 0) {
    close(fd);
  }
}

static bool same_glance(const glance *a, const glance *b)
{
  return a->there == b->there && a->device == b->device && a->inode == b->inode &&
         strcmp(a->content, b->content) == 0;
}

/* The rule at the head of run_lock.h, as far as it can be told at once. */
static rote_owner_state judge(const rote_run_owner *owner, const rote_run_owner *self)
{
  char pid[32];
  unsigned long long started = 0;
  if (owner->host[0] == '\0') {
    return ROTE_OWNER_UNKNOWN;
  }
  if (strcmp(owner->job, "none") != 0 && strcmp(owner->job, self->job) == 0 &&
      owner->restart != self->restart) {
    return ROTE_OWNER_GONE;
  }
  if (strcmp(owner->machine, self->machine) != 0 || strcmp(owner->host, self->host) != 0) {
    return ROTE_OWNER_UNKNOWN;
  }
  snprintf(pid, sizeof pid, "%ld", owner->pid);
  return process_started(pid, &started) && started == owner->started ? ROTE_OWNER_ALIVE
                                                                     : ROTE_OWNER_GONE;
}

rote_owner_state rote_run_lock_look(const char *directory, rote_run_owner *owner, double *silent)
{
  char path[ROTE_PATH_MAX];
  glance g;
  struct stat info = {.st_mtim = {.tv_sec = 0}};
  rote_run_owner self;
  *owner = (rote_run_owner){.pid = 0};
  *silent = 0;
  if (rote_path(path, "%s/lock", directory) != ROTE_OK) {
    return ROTE_OWNER_NONE;
  }
  look_at(path, &g, &info);
  if (!g.there) {
    return ROTE_OWNER_NONE;
  }
  *silent = difftime(time(NULL), info.st_mtim.tv_sec);
  parse_owner(g.content, owner);
  describe_self(&self);
  return judge(owner, &self);
}

void rote_run_owner_text(const rote_run_owner *owner, char *text, size_t size)
{
  if (owner->host[0] == '\0') {
    snprintf(text, size, "the file \"lock\" is damaged and does not say who");
  } else {
    snprintf(text, size, "host %s, pid %ld, job %s, since %s", owner->host, owner->pid, owner->job,
             owner->since);
  }
}

/* Replace what is in a file of ours. */
static rote_status write_content(const rote_run_lock *lock, int file)
{
  rote_status status = ROTE_OK;
  char content[CONTENT_MAX];
  ROTE_TRY(print_owner(&lock->self, content));
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

/* Write our own lock under a temporary name, and keep it open. */
static rote_status prepare(rote_run_lock *lock)
{
  rote_status status = ROTE_OK;
  struct stat info;
  int file = open(lock->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "output: cannot write %s: %s", lock->temporary, strerror(errno)));
  }
  if (fstat(file, &info) != 0) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot read: %s", lock->temporary, strerror(errno)));
  }
  ROTE_TRY(write_content(lock, file));
  if (lock->file >= 0) {
    close(lock->file);
  }
  lock->file = file;
  lock->device = info.st_dev;
  lock->inode = info.st_ino;
  file = -1;
done:
  if (file >= 0) {
    close(file);
  }
  return status;
}

typedef enum {
  NAME_UNKNOWN, /* it could not be looked at, which says nothing about who has it */
  NAME_FREE,
  NAME_OURS,
  NAME_TAKEN, /* another file, or another owner in it, was seen */
} name_state;

/* Whom does the lock's name lead to? */
static name_state look_at_name(const rote_run_lock *lock)
{
  struct stat info;
  char content[CONTENT_MAX];
  rote_run_owner owner;
  name_state state = NAME_UNKNOWN;
  const int fd = open(lock->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return errno == ENOENT ? NAME_FREE : NAME_UNKNOWN;
  }
  if (fstat(fd, &info) == 0) {
    state = info.st_dev == lock->device && info.st_ino == lock->inode ? NAME_OURS : NAME_TAKEN;
    const ssize_t n = read(fd, content, sizeof content - 1);
    content[n > 0 ? n : 0] = '\0';
    /* NFS gives the number of a deleted file to another one */
    if (state == NAME_OURS && parse_owner(content, &owner) &&
        (owner.pid != lock->self.pid || owner.started != lock->self.started ||
         strcmp(owner.host, lock->self.host) != 0 ||
         strcmp(owner.machine, lock->self.machine) != 0)) {
      state = NAME_TAKEN;
    }
  }
  const int reason = errno;
  close(fd);
  errno = reason;
  return state;
}

/* Give our file the lock's name, unless there is one. @param[out] made  false if there is
 * @return ROTE_IO if it can be given to nobody */
static rote_status create(rote_run_lock *lock, bool *made)
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
    *made = *made || (fstat(lock->file, &info) == 0 && info.st_nlink == 2);
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

/* Put our lock in the place of one whose owner is gone. Two that try at once: the last one has it,
 * and the other sees that after a moment, or at its next refresh. */
static rote_status replace(rote_run_lock *lock, const glance *stale, bool *taken)
{
  rote_status status = ROTE_OK;
  glance now;
  struct stat info;
  const struct timespec moment = {.tv_nsec = 300000000L};
  look_at(lock->path, &now, &info);
  *taken = false;
  if (!same_glance(&now, stale)) {
    return ROTE_OK;
  }
  ROTE_FAULT(LOCK_REPLACE, lock->path);
  if (rename(lock->temporary, lock->path) == 0) {
    nanosleep(&moment, NULL);
    *taken = look_at_name(lock) == NAME_OURS;
  } else if (errno != ENOENT) {
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot replace: %s", lock->path, strerror(errno)));
  }
done:
  return status;
}

/* Once for as long as it lasts: it is tried again at every beat. */
static void warn(rote_run_lock *lock, const char *reason)
{
  if (!lock->warned) {
    rote_log(ROTE_LOG_WARN, "lock", "%s; trying again every %g s", reason, lock->beat);
  }
  lock->warned = true;
}

static void refresh(rote_run_lock *lock)
{
  rote_status status = ROTE_OK;
  bool ours = true;
  switch (look_at_name(lock)) {
  case NAME_TAKEN:
    atomic_store(&lock->lost, true);
    if (lock->stop != NULL) {
      *lock->stop = 1;
    }
    return;
  case NAME_FREE: /* deleted by hand: make it again */
    ROTE_TRY(prepare(lock));
    ROTE_TRY(create(lock, &ours)); /* whose it is otherwise, the next beat sees */
    break;
  case NAME_UNKNOWN:
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot read: %s", lock->path, strerror(errno)));
    break;
  case NAME_OURS:
    break;
  }
  if (ours) {
    lock->self.beat++;
    ROTE_TRY(write_content(lock, lock->file));
  }
  lock->warned = false;
done:
  if (status != ROTE_OK) {
    warn(lock, rote_fail_reason(status));
  }
}

static void *keep_fresh(void *argument)
{
  rote_run_lock *lock = argument;
  pthread_mutex_lock(&lock->mutex);
  while (!lock->ending && !atomic_load(&lock->lost)) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    const long nanoseconds = until.tv_nsec + (long)((lock->beat - (double)(long)lock->beat) * 1e9);
    until.tv_sec += (long)lock->beat + nanoseconds / 1000000000L;
    until.tv_nsec = nanoseconds % 1000000000L;
    if (pthread_cond_timedwait(&lock->wake, &lock->mutex, &until) == ETIMEDOUT && !lock->ending) {
      pthread_mutex_unlock(&lock->mutex);
      refresh(lock);
      pthread_mutex_lock(&lock->mutex);
    }
  }
  pthread_mutex_unlock(&lock->mutex);
  return NULL;
}

static rote_status start_thread(rote_run_lock *lock)
{
  pthread_condattr_t monotonic;
  sigset_t all, before;
  pthread_mutex_init(&lock->mutex, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&lock->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  sigfillset(&all); /* signals are for the main thread */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int failed = pthread_create(&lock->thread, NULL, keep_fresh, lock);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  lock->has_thread = failed == 0;
  return failed == 0 ? ROTE_OK
                     : rote_fail(ROTE_INTERNAL, "cannot start a thread: %s", strerror(failed));
}

static rote_status refuse(const char *directory, const rote_run_owner *owner)
{
  char text[256];
  rote_run_owner_text(owner, text, sizeof text);
  return rote_fail(ROTE_DATA,
                   "%s: another run works in this directory (%s); wait for it, stop it with a file "
                   "named STOP there, or use --force-unlock if you know that it is gone",
                   directory, text);
}

/* What a second run has seen of the owner so far. */
typedef struct {
  glance last;
  double since; /* when the file became as it is */
  bool watching;
} watcher;

/* @param[out] taken @return not ROTE_OK: refused */
static rote_status try_once(rote_run_lock *lock, const char *directory,
                            const rote_run_lock_request *request, watcher *w, bool *taken)
{
  struct stat info;
  glance now;
  rote_run_owner owner;
  char text[256];
  const rote_status status = create(lock, taken);
  if (status != ROTE_OK || *taken) {
    return status;
  }
  look_at(lock->path, &now, &info);
  if (!now.there) {
    return ROTE_OK; /* given back in this moment */
  }
  parse_owner(now.content, &owner);
  rote_run_owner_text(&owner, text, sizeof text);
  rote_owner_state state = judge(&owner, &lock->self);
  const double limit = state == ROTE_OWNER_ALIVE ? ROTE_LOCK_SAME_JOB
                       : request->silence > 0    ? request->silence
                                                 : ROTE_LOCK_SILENCE;
  if (request->force) {
    rote_log(ROTE_LOG_WARN, "lock-forced", "taken from %s", text);
    state = ROTE_OWNER_GONE;
  }
  if (state == ROTE_OWNER_ALIVE &&
      (strcmp(owner.job, "none") == 0 || strcmp(owner.job, lock->self.job) != 0)) {
    return refuse(directory, &owner);
  }
  if (state != ROTE_OWNER_GONE && !w->watching) {
    rote_log(ROTE_LOG_INFO, "lock-watched",
             "%s has a lock (%s); waiting up to %.0f s to see whether it is alive", directory, text,
             limit);
    *w = (watcher){.last = now, .since = rote_seconds(), .watching = true};
  } else if (state == ROTE_OWNER_UNKNOWN && !same_glance(&now, &w->last)) {
    return refuse(directory, &owner);
  } else if (state != ROTE_OWNER_GONE && rote_seconds() - w->since >= limit) {
    if (state == ROTE_OWNER_ALIVE) {
      return refuse(directory, &owner);
    }
    state = ROTE_OWNER_GONE;
  }
  if (state == ROTE_OWNER_GONE) {
    const rote_status replaced = replace(lock, &now, taken);
    if (*taken && !request->force) {
      rote_log(ROTE_LOG_INFO, "lock-stale", "taken from one that is gone: %s", text);
    }
    return replaced;
  }
  return ROTE_OK;
}

rote_status rote_run_lock_take(const char *directory, const rote_run_lock_request *request,
                               rote_run_lock **out)
{
  rote_status status = ROTE_OK;
  const struct timespec nap = {.tv_nsec = 100000000L};
  rote_run_lock *lock = NULL;
  watcher w = {.watching = false};
  bool taken = false;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *lock, &lock));
  lock->file = -1;
  lock->beat = request->beat > 0 ? request->beat : ROTE_LOCK_BEAT;
  lock->stop = request->stop;
  describe_self(&lock->self);
  ROTE_TRY(rote_path(lock->path, "%s/lock", directory));
  snprintf(lock->temporary, sizeof lock->temporary, "%s.%.32s-%ld.tmp-rote", lock->path,
           lock->self.host, lock->self.pid);
  ROTE_TRY(prepare(lock));
  while (!taken) {
    if (!rote_file_exists(lock->temporary)) { /* a start next to ours may have tidied it away */
      ROTE_TRY(prepare(lock));
    }
    ROTE_TRY(try_once(lock, directory, request, &w, &taken));
    if (!taken && request->stop != NULL && *request->stop != 0) {
      ROTE_TRY(rote_fail(ROTE_STOPPED, "stopped while waiting for the lock of %s", directory));
    }
    if (!taken) {
      nanosleep(&nap, NULL);
    }
  }
  ROTE_TRY(start_thread(lock));
  *out = lock;
  lock = NULL;
done:
  rote_run_lock_release(&lock);
  return status;
}

bool rote_run_lock_lost(const rote_run_lock *lock)
{
  return lock != NULL && atomic_load(&lock->lost);
}

void rote_run_lock_release(rote_run_lock **out)
{
  rote_run_lock *lock = *out;
  if (lock == NULL) {
    return;
  }
  if (lock->has_thread) {
    pthread_mutex_lock(&lock->mutex);
    lock->ending = true;
    pthread_cond_signal(&lock->wake);
    pthread_mutex_unlock(&lock->mutex);
    pthread_join(lock->thread, NULL);
    pthread_cond_destroy(&lock->wake);
    pthread_mutex_destroy(&lock->mutex);
  }
  if (lock->file >= 0) {
    if (look_at_name(lock) == NAME_OURS) {
      unlink(lock->path);
    }
    close(lock->file);
  }
  unlink(lock->temporary);
  rote_free(out);
}
