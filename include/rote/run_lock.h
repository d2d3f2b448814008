/* RUN/lock: which run works in a run directory.
 *
 * The file is made with link(), which is atomic also on NFS, so that no flock is needed. It says
 * who the owner is, and the owner counts up a number in it every ROTE_LOCK_BEAT seconds. When a
 * second run finds it, its owner is
 *   gone at once     if it ran on this machine (same boot, same process numbers) and no process has
 *                    its pid and start time any more; or if it was an earlier start of the same
 *                    Slurm job (SLURM_JOB_ID equal, SLURM_RESTART_COUNT not);
 *   alive at once    if it ran on this machine and its process is there;
 *   watched          anywhere else, if its process cannot be seen though it is there (/proc with
 *                    hidepid), or if the file is damaged: alive as soon as the file changes,
 *                    gone when it has not changed for ROTE_LOCK_SILENCE seconds of the watcher. The
 *                    clocks of two hosts are never compared.
 * A lock that cannot be read says nothing about its owner: the second run is refused. The lock of
 * one that is gone is taken; of one that is alive, the second run is refused. Should an owner that
 * was only slow find its lock taken, it stops (the results of both are the same bits, and every
 * file is replaced as a whole, so nothing is harmed). */
#ifndef ROTE_RUN_LOCK_H
#define ROTE_RUN_LOCK_H

#include "rote/status.h"

#include <signal.h>
#include <stdbool.h>

#define ROTE_LOCK_BEAT 5.0      /* seconds */
#define ROTE_LOCK_SILENCE 60.0  /* seconds; NFS may show a file as it was for some of them */
#define ROTE_LOCK_SAME_JOB 15.0 /* an owner of the same job may be about to end: wait for it */

typedef struct {
  int unreadable;   /* errno of a file that could not be read; then nothing else is known */
  char host[64];    /* "" if the file is damaged */
  char machine[96]; /* boot and process-number space: where the pid means something */
  long pid;
  unsigned long long started; /* when it began, in clock ticks: tells it from a later one */
  char job[32];               /* SLURM_JOB_ID, "none" outside Slurm */
  long restart;               /* SLURM_RESTART_COUNT */
  char since[32];             /* UTC */
  unsigned long long beat;
} rote_run_owner;

typedef enum {
  ROTE_OWNER_NONE, /* there is no lock */
  ROTE_OWNER_ALIVE,
  ROTE_OWNER_GONE,
  ROTE_OWNER_UNKNOWN, /* on another host, not to be seen, or the file is damaged: only watching it
                         tells */
  ROTE_OWNER_UNREADABLE, /* the file cannot be read: nothing tells */
} rote_owner_state;

/** Who owns the directory, at a glance. @param[out] owner; @param[out] silent  seconds since the
 * file was last changed, by this host's clock: for people */
rote_owner_state rote_run_lock_look(const char *directory, rote_run_owner *owner, double *silent);

/** "host n1, pid 17, job 4711, since 2026-01-31T12:00:00Z". @param[out] text [size] */
void rote_run_owner_text(const rote_run_owner *owner, char *text, size_t size);

typedef struct rote_run_lock rote_run_lock;

typedef struct {
  bool force;                  /* take it whoever has it */
  double beat, silence;        /* seconds; 0: as above */
  volatile sig_atomic_t *stop; /* set when the lock is lost; ends the watching; may be NULL */
} rote_run_lock_request;

/** Take the lock of a directory and keep it refreshed, by a thread that does nothing else.
 * @return ROTE_OK; ROTE_DATA if another run has it, naming host, pid and job, or the directory
 * cannot be written; ROTE_STOPPED if told to stop while watching; ROTE_IO, also if a lock is there
 * that cannot be read; ROTE_NOMEM */
rote_status rote_run_lock_take(const char *directory, const rote_run_lock_request *request,
                               rote_run_lock **lock);

/** Has another run taken the lock since? */
bool rote_run_lock_lost(const rote_run_lock *lock);

/** Give it back, if it is still ours. NULL-safe. */
void rote_run_lock_release(rote_run_lock **lock);

#endif
