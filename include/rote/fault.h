/* Fault points: places where a test can make the program fail. Compiled in always, so that what is
 * tested is what runs; an unarmed point costs one comparison.
 *
 * The environment variable ROTE_FAULT says what happens, in every process that has it:
 *   POINT[@RANK][#N][:FILE]=ACTION
 *                             the N-th time (1 unless given) that the point is reached on this rank
 *                             (any, each counting for itself, unless given), with an object that
 *                             ends with FILE (any, unless given)
 *     kill     SIGKILL to itself
 *     exit     end at once, without MPI_Finalize, with code 70
 *     hang     do nothing any more, whatever signal comes
 *     wait     do nothing until a signal ends it
 *     nospace  the call fails as on a full disk (points on files only)
 *     error    the call fails
 *   trace                     every point that is reached is logged as fault-point POINT@RANK#N
 *   list                      print all points, one a line, and end */
#ifndef ROTE_FAULT_H
#define ROTE_FAULT_H

#include "rote/status.h"

#include <stdbool.h>
#include <stdio.h>

/* X(name, text, what comes next, whether it is about a file) */
#define ROTE_FAULT_MAP(X)                                                                          \
  X(FILE_CREATE, "file.create", "a temporary file is created", true)                               \
  X(FILE_WRITE, "file.write", "text is written", true)                                             \
  X(FILE_SYNC, "file.sync", "a written file is synced", true)                                      \
  X(FILE_KEEP, "file.keep", "the old file gets the name of the one before", true)                  \
  X(FILE_RENAME, "file.rename", "the written file gets its name", true)                            \
  X(FILE_SETTLE, "file.settle", "the directory of the renamed file is synced", true)               \
  X(LOCK_WRITE, "lock.write", "the lock of a run directory is written", true)                      \
  X(LOCK_SYNC, "lock.sync", "the written lock is synced", true)                                    \
  X(LOCK_LINK, "lock.link", "the written lock gets its name", true)                                \
  X(LOCK_REPLACE, "lock.replace", "the lock takes the place of one that was left behind", true)    \
  X(H5_WRITE, "h5.write", "numbers go into an HDF5 file", true)                                    \
  X(H5_CLOSE, "h5.close", "an HDF5 file is completed and closed", true)                            \
  X(SEAL_WRITE, "seal.write", "the content or the seal of an HDF5 file goes to disk", true)        \
  X(ORDER_SEND, "order.send", "an order goes to a worker", false)                                  \
  X(ORDER_RECEIVE, "order.receive", "a worker has an order and begins", false)                     \
  X(REPORT_SEND, "report.send", "a worker reports", false)                                         \
  X(REPORT_RECEIVE, "report.receive", "a report is there and not yet looked at", false)            \
  X(BEAT_SEND, "beat.send", "a worker says that it lives", false)                                  \
  X(BEAT_RECEIVE, "beat.receive", "a worker's sign of life is to be answered", false)              \
  X(ANSWER_SEND, "answer.send", "a worker's sign of life is answered", false)                      \
  X(STOP_SEND, "stop.send", "a worker is told to stop", false)                                     \
  X(QUIT_SEND, "quit.send", "a worker is told that all is over", false)                            \
  X(DROP_SEND, "drop.send", "a silent worker is told that others do its work", false)              \
  X(REST_SEND, "rest.send", "a worker is told to wait for the end", false)                         \
  X(LEAVE_SEND, "leave.send", "a worker is told to end without MPI", false)                        \
  X(TEAM_SEND, "team.send", "a rank that shares an import sends to another", false)                \
  X(STAGE_BEGIN, "stage.begin", "all ranks begin to compute together", false)                      \
  X(ROWS_READ, "rows.read", "rows are read back that others are made of", true)                    \
  X(MERGE_BEGIN, "merge.begin", "the results are put together", true)                              \
  X(MERGE_EPOCH, "merge.epoch", "an evaluated epoch is scored", true)                              \
  X(MERGE_COMMIT, "merge.commit", "study.h5 is finished", true)

typedef enum {
#define X(name, text, next, file) ROTE_FAULT_##name,
  ROTE_FAULT_MAP(X)
#undef X
      ROTE_FAULT_COUNT
} rote_fault_point;

/** Whether any point is armed or traced. Written by rote_fault_arm() alone. */
extern bool rote_fault_armed;

/** Take in a text as ROTE_FAULT has it. @param[in] text  NULL or "": nothing is armed
 * @return ROTE_OK; ROTE_USAGE with what is wrong in it */
rote_status rote_fault_arm(const char *text);

/** The rank of this process for `@RANK`; 0 until called. */
void rote_fault_set_rank(int rank);

/** One line a point: its name, a tab, what comes after it. */
void rote_fault_list(FILE *out);

/** The slow path of ROTE_FAULT(). @param[in] object  file or peer, for messages */
rote_status rote_fault_reach(rote_fault_point point, const char *object);

/* Jump to `done` with a failure if a fault is armed here. `object` is evaluated only then. */
#define ROTE_FAULT(point, object)                                                                  \
  ROTE_TRY(rote_fault_armed ? rote_fault_reach(ROTE_FAULT_##point, object) : ROTE_OK)

#endif
