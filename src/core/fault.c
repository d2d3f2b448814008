#include "rote/fault.h"

#include "rote/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANY_RANK = -1 };

typedef enum {
  ACTION_NONE,
  ACTION_KILL,
  ACTION_EXIT,
  ACTION_HANG,
  ACTION_WAIT,
  ACTION_NOSPACE,
  ACTION_ERROR
} action;

static const char *const action_name[] = {"none", "kill",    "exit", "hang",
                                          "wait", "nospace", "error"};

typedef struct {
  const char *name, *next;
  bool file;
} point_info;

static const point_info points[] = {
#define X(name, text, next, file) [ROTE_FAULT_##name] = {text, next, file},
    ROTE_FAULT_MAP(X)
#undef X
};

bool rote_fault_armed;

/* What is armed, how often that was reached, and how often every point was. */
static struct {
  bool trace;
  action action;
  rote_fault_point point;
  char object[128]; /* the end of its name; "": any */
  long rank, occasion, met;
} armed;
static long reached[ROTE_FAULT_COUNT];
static int own_rank;

/* The number after `mark` in `text`, which it ends there; `absent` if the mark is not in it. */
static bool cut_number(char *text, char mark, long least, long absent, long *number)
{
  char *at = strchr(text, mark), *end = NULL;
  *number = absent;
  if (at == NULL) {
    return true;
  }
  *at = '\0';
  errno = 0;
  *number = strtol(at + 1, &end, 10);
  return end != at + 1 && *end == '\0' && errno == 0 && *number >= least;
}

/* The text after the colon in `text`, which it ends there; "" if there is none. */
static bool cut_object(char *text, char *object, size_t size)
{
  char *colon = strchr(text, ':');
  object[0] = '\0';
  if (colon == NULL) {
    return true;
  }
  *colon = '\0';
  return (size_t)snprintf(object, size, "%s", colon + 1) < size;
}

static bool ends_with(const char *text, const char *end)
{
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static bool find_point(const char *name, rote_fault_point *point)
{
  for (int i = 0; i < ROTE_FAULT_COUNT; i++) {
    if (strcmp(name, points[i].name) == 0) {
      *point = (rote_fault_point)i;
      return true;
    }
  }
  return false;
}

static action find_action(const char *name)
{
  for (size_t i = ACTION_KILL; i <= ACTION_ERROR; i++) {
    if (strcmp(name, action_name[i]) == 0) {
      return (action)i;
    }
  }
  return ACTION_NONE;
}

rote_status rote_fault_arm(const char *text)
{
  rote_status status = ROTE_OK;
  char word[256];
  memset(&armed, 0, sizeof armed);
  memset(reached, 0, sizeof reached);
  rote_fault_armed = false;
  if (text == NULL || text[0] == '\0') {
    return ROTE_OK;
  }
  if (strcmp(text, "trace") == 0) {
    armed.trace = rote_fault_armed = true;
    return ROTE_OK;
  }
  snprintf(word, sizeof word, "%s", text);
  char *equals = strchr(word, '=');
  if (equals != NULL) {
    *equals = '\0';
    armed.action = find_action(equals + 1);
  }
  if (armed.action == ACTION_NONE || !cut_object(word, armed.object, sizeof armed.object) ||
      !cut_number(word, '#', 1, 1, &armed.occasion) ||
      !cut_number(word, '@', 0, ANY_RANK, &armed.rank) || !find_point(word, &armed.point)) {
    ROTE_TRY(rote_fail(ROTE_USAGE,
                       "ROTE_FAULT: \"%s\" is not POINT[@RANK][#N][:FILE]=kill|exit|hang|"
                       "wait|nospace|error, trace or list; ROTE_FAULT=list prints the points",
                       text));
  }
  if (armed.action == ACTION_NOSPACE && !points[armed.point].file) {
    ROTE_TRY(rote_fail(ROTE_USAGE, "ROTE_FAULT: %s is no point on a file: nospace cannot be there",
                       points[armed.point].name));
  }
  rote_fault_armed = true;
done:
  return status;
}

void rote_fault_set_rank(int rank)
{
  own_rank = rank;
}

void rote_fault_list(FILE *out)
{
  for (int i = 0; i < ROTE_FAULT_COUNT; i++) {
    fprintf(out, "%s\t%s\n", points[i].name, points[i].next);
  }
}

static void wait_for_signal(void)
{
  for (;;) {
    pause();
  }
}

static void hang(void)
{
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  wait_for_signal();
}

rote_status rote_fault_reach(rote_fault_point point, const char *object)
{
  const point_info *p = &points[point];
  reached[point]++;
  if (armed.trace) {
    rote_log(ROTE_LOG_INFO, "fault-point", "%s@%d#%ld %s", p->name, own_rank, reached[point],
             object);
  }
  if (armed.action == ACTION_NONE || point != armed.point ||
      (armed.rank != ANY_RANK && armed.rank != own_rank) || !ends_with(object, armed.object) ||
      ++armed.met != armed.occasion) {
    return ROTE_OK;
  }
  rote_log(ROTE_LOG_INFO, "fault", "%s at %s@%d#%ld %s", action_name[armed.action], p->name,
           own_rank, reached[point], object);
  switch (armed.action) {
  case ACTION_KILL:
    kill(getpid(), SIGKILL);
    hang(); /* until it has come */
    break;
  case ACTION_EXIT:
    _exit(rote_status_exit_code(ROTE_INTERNAL));
  case ACTION_HANG:
    hang();
    break;
  case ACTION_WAIT:
    wait_for_signal();
    break;
  case ACTION_NOSPACE:
    errno = ENOSPC;
    break;
  case ACTION_ERROR:
  case ACTION_NONE:
    errno = EIO;
    break;
  }
  return rote_fail(p->file ? ROTE_IO : ROTE_INTERNAL, "%s: %s (made to fail at %s)", object,
                   strerror(errno), p->name);
}
