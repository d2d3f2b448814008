/* The file "lock" on disk: ours under its temporary name, and whom the lock's name leads to. Every
 * step is one that is atomic also on NFS; who may take it when, run_lock.c decides. */
#ifndef ROTE_LOCK_FILE_H
#define ROTE_LOCK_FILE_H

#include "run_owner.h"

#include "rote/file.h"

#include <sys/types.h>

typedef struct {
  char path[ROTE_PATH_MAX], temporary[ROTE_PATH_MAX + 64];
  rote_run_owner self; /* what it says */
  int fd; /* as we made it: refreshed in place, so that its inode stays ours; -1: not yet made */
  dev_t device;
  ino_t inode; /* of it; remembered, since NFS may not tell it any more */
} rote_lock_file;

/* One look at a lock: enough to see whether it is still the same. */
typedef struct {
  bool there;
  int unreadable; /* errno, if it could not be read; 0 */
  dev_t device;
  ino_t inode;
  time_t changed; /* by the clock of the file's host: for people */
  char content[ROTE_LOCK_CONTENT];
} rote_lock_glance;

typedef enum {
  ROTE_NAME_UNKNOWN, /* it could not be looked at, which says nothing about who has it */
  ROTE_NAME_FREE,
  ROTE_NAME_OURS,
  ROTE_NAME_TAKEN, /* another file, or another owner in it, was seen */
} rote_lock_name;

void rote_lock_look(const char *path, rote_lock_glance *glance);

/** `changed` is not compared. */
bool rote_lock_same(const rote_lock_glance *a, const rote_lock_glance *b);

/** Write our own lock under a temporary name, and keep it open.
 * @return ROTE_OK; ROTE_DATA if the directory cannot be written; ROTE_IO */
rote_status rote_lock_file_prepare(rote_lock_file *lock);

/** Whom does the lock's name lead to? Sets errno if it cannot be told. */
rote_lock_name rote_lock_file_look(const rote_lock_file *lock);

/** Count up the beat in our file. */
rote_status rote_lock_file_refresh(rote_lock_file *lock);

/** Give our file the lock's name, unless there is one. @param[out] made  false if there is
 * @return ROTE_OK; ROTE_IO if it can be given to nobody */
rote_status rote_lock_file_create(const rote_lock_file *lock, bool *made);

/** Put our lock in the place of one whose owner is gone. Two that try at once: the last one has it,
 * and the other sees that after a moment, or at its next refresh.
 * @param[out] taken  false if it is not as in `stale` any more, or another was faster */
rote_status rote_lock_file_replace(const rote_lock_file *lock, const rote_lock_glance *stale,
                                   bool *taken);

/** Close it, and remove the lock's name if it leads to it. */
void rote_lock_file_close(rote_lock_file *lock);

#endif
