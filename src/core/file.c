#include "rote/file.h"

#include "rote/fault.h"
#include "rote/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum { TEMPORARY_PATH = ROTE_PATH_MAX + 32, TEMPORARY_COUNT = 8 };
#define OLD_SECONDS 86400.0 /* since the last change: nobody writes it any more */

/* Temporary files that are being written. A signal handler may look at any moment. */
static struct {
  volatile sig_atomic_t used; /* set when the name is whole */
  char path[TEMPORARY_PATH];
} temporary[TEMPORARY_COUNT];

/* One too many is forgotten: then a signal leaves it behind. */
static void remember_temporary(const char *path)
{
  for (int i = 0; i < TEMPORARY_COUNT; i++) {
    if (!temporary[i].used) {
      snprintf(temporary[i].path, sizeof temporary[i].path, "%s", path);
      atomic_signal_fence(memory_order_seq_cst);
      temporary[i].used = 1;
      return;
    }
  }
}

static void forget_temporary(const char *path)
{
  for (int i = 0; i < TEMPORARY_COUNT; i++) {
    if (temporary[i].used && strcmp(temporary[i].path, path) == 0) {
      temporary[i].used = 0;
      atomic_signal_fence(memory_order_seq_cst);
    }
  }
}

void rote_file_abort_all(void)
{
  for (int i = 0; i < TEMPORARY_COUNT; i++) {
    if (temporary[i].used) {
      unlink(temporary[i].path);
    }
  }
}

static rote_status io_failed(const char *what, const char *path)
{
  const int reason = errno;
  rote_fail(ROTE_IO, "%s: cannot %s: %s", path, what, strerror(reason));
  errno = reason; /* for who asks rote_file_status() */
  return ROTE_IO;
}

rote_status rote_file_status(int reason)
{
  switch (reason) {
  case ENOENT:
  case ENOTDIR:
  case EISDIR:
  case EEXIST:
  case ELOOP:
  case ENAMETOOLONG:
  case EINVAL:
    return ROTE_DATA;
  default:
    return ROTE_IO;
  }
}

rote_status rote_path(char *out, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int n = vsnprintf(out, ROTE_PATH_MAX, format, args);
  va_end(args);
  if (n < 0 || n >= ROTE_PATH_MAX) {
    return rote_fail(ROTE_DATA, "a path is longer than %d bytes: %.60s...", ROTE_PATH_MAX - 1, out);
  }
  return ROTE_OK;
}

bool rote_file_exists(const char *path)
{
  return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

rote_status rote_file_look(const char *path, rote_file_kind *kind)
{
  struct stat info;
  *kind = ROTE_FILE_NONE;
  if (stat(path, &info) == 0) {
    *kind = S_ISREG(info.st_mode)   ? ROTE_FILE_REGULAR
            : S_ISDIR(info.st_mode) ? ROTE_FILE_DIRECTORY
                                    : ROTE_FILE_OTHER;
    return ROTE_OK;
  }
  /* No file can have a name that is too long. */
  return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG ? ROTE_OK
                                                                      : io_failed("look at", path);
}

rote_status rote_directory_create(const char *path)
{
  rote_status status = ROTE_OK;
  char part[ROTE_PATH_MAX];
  struct stat info;
  ROTE_TRY(rote_path(part, "%s", path));
  for (char *p = part + 1; part[0] != '\0'; p++) {
    char c = *p;
    if (c == '/' || c == '\0') {
      *p = '\0';
      if (mkdir(part, 0777) != 0 && errno != EEXIST) {
        return io_failed("create the directory", part);
      }
      *p = c;
    }
    if (c == '\0') {
      break;
    }
  }
  if (stat(path, &info) != 0) {
    return io_failed("look at the directory", path);
  }
  if (!S_ISDIR(info.st_mode)) {
    rote_fail(ROTE_IO, "%s: is not a directory", path);
    errno = ENOTDIR;
    return ROTE_IO;
  }
done:
  return status;
}

/* Directory part of `path`, "." if it has none. */
static void directory_of(const char *path, char *out)
{
  const char *slash = strrchr(path, '/');
  if (slash == NULL) {
    memcpy(out, ".", 2);
  } else {
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    memcpy(out, path, n);
    out[n] = '\0';
  }
}

rote_status rote_file_check_space(const char *target, size_t bytes)
{
  rote_status status = ROTE_OK;
  char path[ROTE_PATH_MAX];
  struct statvfs disk;
  int failed;
  ROTE_TRY(rote_path(path, "%s", target));
  do { /* up to the first directory that exists */
    char directory[ROTE_PATH_MAX];
    directory_of(path, directory);
    failed = statvfs(directory, &disk);
    memcpy(path, directory, sizeof path);
  } while (failed != 0 && strcmp(path, "/") != 0 && strcmp(path, ".") != 0);
  const double room = failed != 0 ? -1 : (double)disk.f_bavail * (double)disk.f_frsize;
  if (room >= 0 && (double)bytes > room) {
    status = rote_fail(ROTE_IO,
                       "%s: needs %.1f MB, but the disk of %s has %.1f MB left; make room or write "
                       "the file elsewhere",
                       target, (double)bytes / 1e6, path, room / 1e6);
  }
done:
  return status;
}

/* Processes on two hosts may have the same number and write to the same directory. */
static unsigned host_number(void)
{
  char name[256] = "";
  unsigned number = 2166136261u; /* FNV-1a */
  gethostname(name, sizeof name - 1);
  for (const char *p = name; *p != '\0'; p++) {
    number = (number ^ (unsigned char)*p) * 16777619u;
  }
  return number;
}

rote_status rote_file_begin(const char *target, rote_file *file)
{
  rote_status status = ROTE_OK;
  char directory[ROTE_PATH_MAX];
  file->path[0] = '\0';
  ROTE_TRY(rote_path(file->target, "%s", target));
  directory_of(target, directory);
  ROTE_TRY(rote_directory_create(directory));
  if (access(directory, W_OK | X_OK) != 0) {
    return io_failed("write into the directory", directory);
  }
  ROTE_FAULT(FILE_CREATE, target);
  snprintf(file->path, sizeof file->path, "%s.%08x.%ld.tmp-rote", target, host_number(),
           (long)getpid());
  remember_temporary(file->path);
done:
  return status;
}

/* Is this the name of a temporary file for the name `target`? */
static bool is_temporary_of(const char *name, const char *target, unsigned *host, long *process)
{
  const size_t n = strlen(target);
  int end = 0;
  return strncmp(name, target, n) == 0 &&
         sscanf(name + n, ".%8x.%20ld.tmp-rote%n", host, process, &end) == 2 && end > 0 &&
         name[n + (size_t)end] == '\0' && *process > 0;
}

/* Of this host the process is gone; of another one, nobody has written for long. One of our own
 * number is of an earlier process that had it. */
static bool is_stale(const char *path, unsigned host, long process)
{
  struct stat info;
  if (host == host_number()) {
    return process == (long)getpid() || (kill((pid_t)process, 0) != 0 && errno == ESRCH);
  }
  return stat(path, &info) == 0 && difftime(time(NULL), info.st_mtime) > OLD_SECONDS;
}

void rote_file_remove_stale(const char *target)
{
  char directory[ROTE_PATH_MAX], path[ROTE_PATH_MAX];
  const char *slash = strrchr(target, '/'), *name = slash == NULL ? target : slash + 1;
  const struct dirent *entry;
  unsigned host = 0;
  long process = 0;
  if (strlen(target) >= sizeof directory || name[0] == '\0') {
    return;
  }
  directory_of(target, directory);
  DIR *d = opendir(directory);
  while (d != NULL && (entry = readdir(d)) != NULL) {
    if (is_temporary_of(entry->d_name, name, &host, &process) &&
        rote_path(path, "%s/%s", directory, entry->d_name) == ROTE_OK &&
        is_stale(path, host, process)) {
      unlink(path);
    }
  }
  if (d != NULL) {
    closedir(d);
  }
}

static rote_status sync_path(const char *path, int flags)
{
  int fd = open(path, flags);
  if (fd < 0) {
    return io_failed("open", path);
  }
  int failed = fsync(fd);
  int reason = errno;
  close(fd);
  errno = reason;
  return failed != 0 ? io_failed("sync", path) : ROTE_OK;
}

rote_status rote_file_commit_keeping(rote_file *file, const char *previous)
{
  rote_status status = ROTE_OK;
  char directory[ROTE_PATH_MAX];
  ROTE_FAULT(FILE_SYNC, file->target);
  ROTE_TRY(sync_path(file->path, O_RDONLY));
  if (previous != NULL) {
    ROTE_FAULT(FILE_KEEP, file->target);
    if (rename(file->target, previous) != 0 && errno != ENOENT) {
      ROTE_TRY(io_failed("rename", file->target));
    }
  }
  ROTE_FAULT(FILE_RENAME, file->target);
  if (rename(file->path, file->target) != 0) {
    ROTE_TRY(io_failed("rename a new file to", file->target));
  }
  forget_temporary(file->path);
  file->path[0] = '\0';
  ROTE_FAULT(FILE_SETTLE, file->target);
  directory_of(file->target, directory);
  ROTE_TRY(sync_path(directory, O_RDONLY | O_DIRECTORY));
done:
  if (status != ROTE_OK) {
    rote_file_abort(file);
  }
  return status;
}

rote_status rote_file_commit(rote_file *file)
{
  return rote_file_commit_keeping(file, NULL);
}

void rote_file_abort(rote_file *file)
{
  if (file->path[0] != '\0') {
    unlink(file->path);
    forget_temporary(file->path);
    file->path[0] = '\0';
  }
}

rote_status rote_file_write_text(const char *target, const char *text)
{
  rote_status status = ROTE_OK;
  rote_file file = {.path = ""};
  FILE *f = NULL;
  ROTE_TRY(rote_file_begin(target, &file));
  f = fopen(file.path, "w");
  if (f == NULL) {
    ROTE_TRY(io_failed("create", file.path));
  }
  ROTE_FAULT(FILE_WRITE, target);
  bool bad = fputs(text, f) < 0;
  bad = fclose(f) != 0 || bad;
  f = NULL;
  if (bad) {
    ROTE_TRY(io_failed("write", file.path));
  }
  ROTE_TRY(rote_file_commit(&file));
done:
  if (f != NULL) {
    fclose(f);
  }
  rote_file_abort(&file);
  return status;
}

rote_status rote_file_read(const char *path, char **text, size_t *length)
{
  rote_status status = ROTE_OK;
  char *buffer = NULL;
  struct stat info;
  FILE *f = fopen(path, "rb");
  *text = NULL;
  if (f == NULL || fstat(fileno(f), &info) != 0) {
    ROTE_TRY(io_failed("read", path));
  }
  if (!S_ISREG(info.st_mode)) {
    status = rote_fail(ROTE_IO, "%s: is not a regular file", path);
    errno = EINVAL;
    goto done;
  }
  size_t n = (size_t)info.st_size;
  ROTE_TRY(rote_alloc(n + 1, 1, &buffer));
  if (fread(buffer, 1, n, f) != n) {
    ROTE_TRY(io_failed("read", path));
  }
  buffer[n] = '\0';
  if (length != NULL) {
    *length = n;
  }
  *text = buffer;
  buffer = NULL;
done:
  if (f != NULL) {
    fclose(f);
  }
  rote_free(&buffer);
  return status;
}
