/* cmocka and what it needs, in the order it needs it. */
#ifndef ROTE_TEST_CHECK_H
#define ROTE_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rote/status.h"

/* Fails with the recorded reason, not only a number. */
#define CHECK_OK(call)                                                                             \
  do {                                                                                             \
    rote_status check_status_ = (call);                                                            \
    if (check_status_ != ROTE_OK) {                                                                \
      fail_msg("%s: %s", #call, rote_fail_reason(check_status_));                                  \
    }                                                                                              \
  } while (0)

/* Fails unless the call gives this status and its reason contains `words`. */
#define CHECK_FAILS(call, expected, words)                                                         \
  do {                                                                                             \
    rote_status check_status_ = (call);                                                            \
    if (check_status_ != (expected)) {                                                             \
      fail_msg("%s: status %d, expected %s", #call, (int)check_status_, #expected);                \
    }                                                                                              \
    if (strstr(rote_fail_reason(check_status_), (words)) == NULL) {                                \
      fail_msg("%s: the reason \"%s\" does not contain \"%s\"", #call,                             \
               rote_fail_reason(check_status_), (words));                                          \
    }                                                                                              \
  } while (0)

#endif
