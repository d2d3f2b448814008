/* Status codes, the message that goes with a failure, and the one-exit idiom.
 *
 * Every fallible function returns a rote_status, has a local `status` and a `done:` label, and
 * leaves the reason of a failure with rote_fail(). The reason is for the user: what was wrong,
 * where, what to do. */
#ifndef ROTE_STATUS_H
#define ROTE_STATUS_H

/* X(name, exit code of the program, text) */
#define ROTE_STATUS_MAP(X)                                                                         \
  X(OK, 0, "success")                                                                              \
  X(USAGE, 64, "the command line is wrong")                                                        \
  X(DATA, 65, "bad input data")                                                                    \
  X(NOMEM, 70, "out of memory")                                                                    \
  X(INTERNAL, 70, "internal error")                                                                \
  X(IO, 74, "a file could not be read or written")                                                 \
  X(STOPPED, 75, "stopped early; the same command continues")

typedef enum {
#define X(name, code, text) ROTE_##name,
  ROTE_STATUS_MAP(X)
#undef X
} rote_status;

/** Record why something failed and return `status`. A later call replaces the reason. */
rote_status rote_fail(rote_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Put "context: " in front of the recorded reason; returns `status` unchanged. */
rote_status rote_fail_context(rote_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The recorded reason of this process; the status's own text if there is none. Never NULL. */
const char *rote_fail_reason(rote_status status);

/** Exit code of the program for a status; the README lists them. */
int rote_status_exit_code(rote_status status);

#define ROTE_TRY(call)                                                                             \
  do {                                                                                             \
    status = (call);                                                                               \
    if (status != ROTE_OK) {                                                                       \
      goto done;                                                                                   \
    }                                                                                              \
  } while (0)

#endif
