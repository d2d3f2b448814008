/* Files that are whole or not there: temporary name, fsync, rename, fsync of the directory. */
#ifndef ROTE_FILE_H
#define ROTE_FILE_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>

#define ROTE_PATH_MAX 4096

/* A file being written. Fill it through `path`, then commit or abort. */
typedef struct {
  char path[ROTE_PATH_MAX + 32]; /* the temporary name, in the same directory */
  char target[ROTE_PATH_MAX];    /* the name after the commit */
} rote_file;

/** Choose a temporary name for `target` and create the directories above it.
 * @return ROTE_OK; ROTE_IO with the path and the system's reason */
rote_status rote_file_begin(const char *target, rote_file *file);

/** Sync the temporary file, rename it to its target and sync the directory; on error it is removed.
 */
rote_status rote_file_commit(rote_file *file);

/** Like rote_file_commit, but an existing target is first renamed to `previous`. */
rote_status rote_file_commit_keeping(rote_file *file, const char *previous);

/** Remove the temporary file; harmless after a commit or on a zeroed rote_file. */
void rote_file_abort(rote_file *file);

/** Remove all temporary files of this process. For signal handlers, before it ends. */
void rote_file_abort_all(void);

/** Remove what processes that were killed left of this target: temporary files of processes of this
 * host that are gone, and of other hosts if they have not changed for a day. */
void rote_file_remove_stale(const char *target);

/** What a failed call on a path means by its errno: ROTE_DATA if there is no such thing or it is of
 * another kind, so that another path helps; ROTE_IO if it cannot be used: permission, quota, full
 * or read-only disk, ... */
rote_status rote_file_status(int reason);

/** Write a whole text file by the protocol above. */
rote_status rote_file_write_text(const char *target, const char *text);

/** Read a whole file; ROTE_IO leaves the reason in errno. @param[out] text  NUL-terminated,
 * released with rote_free(); @param[out] length may be NULL */
rote_status rote_file_read(const char *path, char **text, size_t *length);

/** mkdir -p; ROTE_IO leaves the reason in errno. */
rote_status rote_directory_create(const char *path);

/** Is there room for a new file of `bytes` where `target` would lie? Directories need not exist
 * yet.
 * @return ROTE_OK, also where the file system does not say; ROTE_IO with what is needed and what is
 * there */
rote_status rote_file_check_space(const char *target, size_t bytes);

/** Is it there, or can the system not tell (no permission, a stale handle)? Who opens it then
 * learns why. No only if the system says that there is nothing of this name. */
bool rote_file_exists(const char *path);

typedef enum {
  ROTE_FILE_NONE,
  ROTE_FILE_REGULAR,
  ROTE_FILE_DIRECTORY,
  ROTE_FILE_OTHER, /* a device, a pipe, ... */
} rote_file_kind;

/** What lies at `path`, links followed; a link that leads nowhere is nothing.
 * @return ROTE_OK; ROTE_IO with the system's reason where it does not say, which is not "nothing"
 */
rote_status rote_file_look(const char *path, rote_file_kind *kind);

/** snprintf into a path buffer of ROTE_PATH_MAX bytes; a path that does not fit is ROTE_DATA. */
rote_status rote_path(char *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
