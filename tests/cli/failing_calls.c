/* Not a test: a library to be preloaded, in which calls of the system on some files fail, as on a
 * file system that is not well. FAILING_CALLS=CALL,PATH,ERRNO: every open() of a file whose path
 * holds PATH, or every read() or flock() of one that was opened, fails with this number. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { FILES = 4096 };

static bool chosen[FILES]; /* by descriptor */

/* @param[out] part  of the path @return the error that the call has by the environment, 0: none */
static int error_of(const char *call, char *part, size_t size)
{
  const char *text = getenv("FAILING_CALLS");
  char name[16];
  int error = 0;
  char path[256];
  if (text == NULL || sscanf(text, "%15[^,],%255[^,],%d", name, path, &error) != 3) {
    return 0;
  }
  snprintf(part, size, "%s", path);
  return call == NULL || strcmp(call, name) == 0 ? error : 0;
}

static bool is_chosen(const char *path)
{
  char part[256];
  return error_of(NULL, part, sizeof part) != 0 && strstr(path, part) != NULL;
}

/* Is this call to fail? Sets errno then. */
static bool fails(const char *call, bool on_chosen)
{
  char part[256];
  const int error = error_of(call, part, sizeof part);
  if (error == 0 || !on_chosen) {
    return false;
  }
  errno = error;
  return true;
}

static int note(int fd, const char *path)
{
  if (fd >= 0 && fd < FILES) {
    chosen[fd] = is_chosen(path);
  }
  return fd;
}

static bool on_chosen(int fd)
{
  return fd >= 0 && fd < FILES && chosen[fd];
}

#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

#define OPEN(name)                                                                                 \
  int name(const char *path, int flags, ...)                                                       \
  {                                                                                                \
    mode_t mode = 0;                                                                               \
    va_list rest;                                                                                  \
    va_start(rest, flags);                                                                         \
    if ((flags & O_CREAT) != 0) {                                                                  \
      mode = va_arg(rest, mode_t);                                                                 \
    }                                                                                              \
    va_end(rest);                                                                                  \
    if ((flags & O_ACCMODE) == O_RDONLY && fails("open", is_chosen(path))) {                       \
      return -1;                                                                                   \
    }                                                                                              \
    return note(NEXT(int (*)(const char *, int, ...), #name)(path, flags, mode), path);            \
  }
OPEN(open)
OPEN(open64)

#define FOPEN(name)                                                                                \
  FILE *name(const char *path, const char *mode)                                                   \
  {                                                                                                \
    return mode[0] == 'r' && fails("open", is_chosen(path))                                        \
               ? NULL                                                                              \
               : NEXT(FILE * (*)(const char *, const char *), #name)(path, mode);                  \
  }
FOPEN(fopen)
FOPEN(fopen64)

ssize_t read(int fd, void *to, size_t bytes)
{
  return fails("read", on_chosen(fd))
             ? -1
             : NEXT(ssize_t(*)(int, void *, size_t), "read")(fd, to, bytes);
}

#define PREAD(name)                                                                                \
  ssize_t name(int fd, void *to, size_t bytes, off_t at)                                           \
  {                                                                                                \
    return fails("read", on_chosen(fd))                                                            \
               ? -1                                                                                \
               : NEXT(ssize_t(*)(int, void *, size_t, off_t), #name)(fd, to, bytes, at);           \
  }
PREAD(pread)
PREAD(pread64)

int flock(int fd, int operation)
{
  return fails("flock", on_chosen(fd)) ? -1 : NEXT(int (*)(int, int), "flock")(fd, operation);
}
