#include "rote/run_lock.h"

#include "lock_file.h"

#include "rote/clock.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct rote_run_lock {
  rote_lock_file file;
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

rote_owner_state rote_run_lock_look(const char *directory, rote_run_owner *owner, double *silent)
{
  char path[ROTE_PATH_MAX];
  rote_lock_glance g;
  rote_run_owner self;
  *owner = (rote_run_owner){.pid = 0};
  *silent = 0;
  if (rote_path(path, "%s/lock", directory) != ROTE_OK) {
    return ROTE_OWNER_NONE;
  }
  rote_lock_look(path, &g);
  if (!g.there) {
    return ROTE_OWNER_NONE;
  }
  if (g.unreadable != 0) {
    owner->unreadable = g.unreadable;
    return ROTE_OWNER_UNREADABLE;
  }
  *silent = difftime(time(NULL), g.changed);
  rote_run_owner_parse(g.content, owner);
  rote_run_owner_self(&self);
  return rote_run_owner_judge(owner, &self);
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
  switch (rote_lock_file_look(&lock->file)) {
  case ROTE_NAME_TAKEN:
    atomic_store(&lock->lost, true);
    if (lock->stop != NULL) {
      *lock->stop = 1;
    }
    return;
  case ROTE_NAME_FREE: /* deleted by hand: make it again */
    ROTE_TRY(rote_lock_file_prepare(&lock->file));
    /* whose it is otherwise, the next beat sees */
    ROTE_TRY(rote_lock_file_create(&lock->file, &ours));
    break;
  case ROTE_NAME_UNKNOWN:
    ROTE_TRY(rote_fail(ROTE_IO, "%s: cannot read: %s", lock->file.path, strerror(errno)));
    break;
  case ROTE_NAME_OURS:
    break;
  }
  if (ours) {
    ROTE_TRY(rote_lock_file_refresh(&lock->file));
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

/* Who has a lock that cannot be read may well be alive. */
static rote_status refuse_unreadable(const rote_lock_file *file, int reason)
{
  return rote_fail(ROTE_IO,
                   "%s: is there but cannot be read: %s; whether its run is alive cannot be told, "
                   "and nothing was touched. Ask the file's owner to let you read it, or use "
                   "--force-unlock if you know that the run is gone",
                   file->path, strerror(reason));
}

/* What a second run has seen of the owner so far. */
typedef struct {
  rote_lock_glance last;
  double since; /* when the file became as it is */
  bool watching;
  int stale; /* looks at a file that NFS had just replaced */
} watcher;

/* Looks that may be made again, 0.1 s apart. */
#define STALE_LOOKS 20

/* @param[out] taken @return not ROTE_OK: refused */
static rote_status try_once(rote_run_lock *lock, const char *directory,
                            const rote_run_lock_request *request, watcher *w, bool *taken)
{
  rote_lock_glance now;
  rote_run_owner owner;
  char text[256];
  const rote_status status = rote_lock_file_create(&lock->file, taken);
  if (status != ROTE_OK || *taken) {
    return status;
  }
  rote_lock_look(lock->file.path, &now);
  if (!now.there) {
    return ROTE_OK; /* given back in this moment */
  }
  if (now.unreadable == ESTALE && ++w->stale < STALE_LOOKS) {
    return ROTE_OK;
  }
  if (now.unreadable != 0 && !request->force) {
    return refuse_unreadable(&lock->file, now.unreadable);
  }
  rote_run_owner_parse(now.content, &owner);
  owner.unreadable = now.unreadable;
  rote_run_owner_text(&owner, text, sizeof text);
  rote_owner_state state = rote_run_owner_judge(&owner, &lock->file.self);
  const double limit = state == ROTE_OWNER_ALIVE ? ROTE_LOCK_SAME_JOB
                       : request->silence > 0    ? request->silence
                                                 : ROTE_LOCK_SILENCE;
  if (request->force) {
    rote_log(ROTE_LOG_WARN, "lock-forced", "taken from %s", text);
    state = ROTE_OWNER_GONE;
  }
  if (state == ROTE_OWNER_ALIVE &&
      (strcmp(owner.job, "none") == 0 || strcmp(owner.job, lock->file.self.job) != 0)) {
    return refuse(directory, &owner);
  }
  if (state != ROTE_OWNER_GONE && !w->watching) {
    rote_log(ROTE_LOG_INFO, "lock-watched",
             "%s has a lock (%s); waiting up to %.0f s to see whether it is alive", directory, text,
             limit);
    *w = (watcher){.last = now, .since = rote_seconds(), .watching = true};
  } else if (state == ROTE_OWNER_UNKNOWN && !rote_lock_same(&now, &w->last)) {
    return refuse(directory, &owner);
  } else if (state != ROTE_OWNER_GONE && rote_seconds() - w->since >= limit) {
    if (state == ROTE_OWNER_ALIVE) {
      return refuse(directory, &owner);
    }
    state = ROTE_OWNER_GONE;
  }
  if (state == ROTE_OWNER_GONE) {
    const rote_status replaced = rote_lock_file_replace(&lock->file, &now, taken);
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
  lock->file.fd = -1;
  lock->beat = request->beat > 0 ? request->beat : ROTE_LOCK_BEAT;
  lock->stop = request->stop;
  rote_run_owner_self(&lock->file.self);
  ROTE_TRY(rote_path(lock->file.path, "%s/lock", directory));
  snprintf(lock->file.temporary, sizeof lock->file.temporary, "%s.%.32s-%ld.tmp-rote",
           lock->file.path, lock->file.self.host, lock->file.self.pid);
  ROTE_TRY(rote_lock_file_prepare(&lock->file));
  while (!taken) {
    /* a start next to ours may have tidied it away */
    if (!rote_file_exists(lock->file.temporary)) {
      ROTE_TRY(rote_lock_file_prepare(&lock->file));
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
  rote_lock_file_close(&lock->file);
  rote_free(out);
}
