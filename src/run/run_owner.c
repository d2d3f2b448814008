#include "run_owner.h"

#include "rote/sealed_text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef enum { PROCESS_THERE, PROCESS_GONE, PROCESS_UNSEEN } process_state;

/* A process whose file in /proc cannot be read is gone only if the kernel says so: other users'
 * processes may be hidden there. */
static process_state unseen(const char *pid)
{
  const long number = strtol(pid, NULL, 10);
  return number > 0 && kill((pid_t)number, 0) != 0 && errno == ESRCH ? PROCESS_GONE
                                                                     : PROCESS_UNSEEN;
}

/* Is it there, and not only as a zombie? @param[out] started  when it began, in clock ticks after
 * boot */
static process_state look_at_process(const char *pid, unsigned long long *started)
{
  char path[64], line[1024];
  char state = 'X';
  snprintf(path, sizeof path, "/proc/%s/stat", pid);
  FILE *f = fopen(path, "r");
  const bool read = f != NULL && fgets(line, sizeof line, f) != NULL;
  if (f != NULL) {
    fclose(f);
  }
  if (!read) {
    return unseen(pid);
  }
  /* the name, in parentheses, may hold anything; state and 18 numbers stand before the time */
  const char *end = strrchr(line, ')');
  const bool understood =
      end != NULL &&
      sscanf(end + 1,
             " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
             &state, started) == 2;
  return !understood ? PROCESS_UNSEEN : state == 'Z' || state == 'X' ? PROCESS_GONE : PROCESS_THERE;
}

/* Two processes with the same text can look each other up by pid. */
static void describe_machine(char *text, size_t size)
{
  char boot[64] = "unknown", space[64];
  FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
  if (f != NULL) {
    if (fscanf(f, "%40s", boot) != 1) {
      snprintf(boot, sizeof boot, "unknown");
    }
    fclose(f);
  }
  const ssize_t n = readlink("/proc/self/ns/pid", space, sizeof space - 1);
  space[n > 0 ? n : 0] = '\0';
  snprintf(text, size, "%s-%s", boot, n > 0 ? space : "unknown");
}

void rote_run_owner_self(rote_run_owner *self)
{
  const char *job = getenv("SLURM_JOB_ID"), *restart = getenv("SLURM_RESTART_COUNT");
  const time_t now = time(NULL);
  struct tm utc;
  *self = (rote_run_owner){.pid = (long)getpid()};
  gethostname(self->host, sizeof self->host - 1);
  if (self->host[0] == '\0') {
    snprintf(self->host, sizeof self->host, "unknown");
  }
  describe_machine(self->machine, sizeof self->machine);
  look_at_process("self", &self->started);
  snprintf(self->job, sizeof self->job, "%s", job != NULL && job[0] != '\0' ? job : "none");
  self->job[strcspn(self->job, " \t\n")] = '\0';
  self->restart = restart != NULL ? strtol(restart, NULL, 10) : 0;
  gmtime_r(&now, &utc);
  strftime(self->since, sizeof self->since, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

rote_status rote_run_owner_print(const rote_run_owner *o, char *content)
{
  char text[ROTE_LOCK_CONTENT - 64];
  snprintf(text, sizeof text,
           "host %s\nmachine %s\npid %ld\nstarted %llu\njob %s\nrestart %ld\nsince %s\n"
           "beat %020llu\n",
           o->host, o->machine, o->pid, o->started, o->job, o->restart, o->since, o->beat);
  return rote_sealed_text_make(ROTE_SEALED_PLAIN, text, content, ROTE_LOCK_CONTENT);
}

bool rote_run_owner_parse(const char *content, rote_run_owner *o)
{
  char again[ROTE_LOCK_CONTENT];
  *o = (rote_run_owner){.pid = 0};
  const bool good =
      sscanf(
          content,
          "host %63s machine %95s pid %ld started %llu job %31s restart %ld since %31s beat %llu",
          o->host, o->machine, &o->pid, &o->started, o->job, &o->restart, o->since,
          &o->beat) == 8 &&
      rote_run_owner_print(o, again) == ROTE_OK && strcmp(again, content) == 0;
  if (!good) {
    *o = (rote_run_owner){.pid = 0};
  }
  return good;
}

rote_owner_state rote_run_owner_judge(const rote_run_owner *owner, const rote_run_owner *self)
{
  char pid[32];
  unsigned long long started = 0;
  if (owner->host[0] == '\0') {
    return ROTE_OWNER_UNKNOWN;
  }
  if (strcmp(owner->job, "none") != 0 && strcmp(owner->job, self->job) == 0 &&
      owner->restart != self->restart) {
    return ROTE_OWNER_GONE;
  }
  if (strcmp(owner->machine, self->machine) != 0 || strcmp(owner->host, self->host) != 0) {
    return ROTE_OWNER_UNKNOWN;
  }
  snprintf(pid, sizeof pid, "%ld", owner->pid);
  switch (look_at_process(pid, &started)) {
  case PROCESS_THERE:
    return started == owner->started ? ROTE_OWNER_ALIVE : ROTE_OWNER_GONE;
  case PROCESS_GONE:
    return ROTE_OWNER_GONE;
  case PROCESS_UNSEEN:
    break;
  }
  return ROTE_OWNER_UNKNOWN;
}

void rote_run_owner_text(const rote_run_owner *owner, char *text, size_t size)
{
  if (owner->unreadable != 0) {
    snprintf(text, size, "the file \"lock\" cannot be read: %s", strerror(owner->unreadable));
  } else if (owner->host[0] == '\0') {
    snprintf(text, size, "the file \"lock\" is damaged and does not say who");
  } else {
    snprintf(text, size, "host %s, pid %ld, job %s, since %s", owner->host, owner->pid, owner->job,
             owner->since);
  }
}
