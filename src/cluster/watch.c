#include "watch.h"

#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/file.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BEATS 6           /* in the time of the patience */
#define LONGEST_BEAT 10.0 /* seconds */
#define LOOK_SECONDS 0.5
#define PLACE "together" /* below the run directory */

struct rote_watch {
  char own[ROTE_PATH_MAX], next[ROTE_PATH_MAX], word[ROTE_PATH_MAX];
  rote_watch_setting setting;
  int rank, watched;
  bool alone;
  double looked; /* for word */
  atomic_bool ending;
  pthread_t thread;
};

/* @return false if it cannot be written now */
static bool write_sign(const char *path, unsigned long count)
{
  char text[32];
  const int length = snprintf(text, sizeof text, "%lu\n", count);
  const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  const bool written = file >= 0 && write(file, text, (size_t)length) == length;
  if (file >= 0) {
    close(file);
  }
  return written;
}

/* 0 if there is none. */
static unsigned long read_sign(const char *path)
{
  char text[32] = "";
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    if (read(file, text, sizeof text - 1) < 0) {
      text[0] = '\0';
    }
    close(file);
  }
  return strtoul(text, NULL, 10);
}

static void end_process(const rote_watch *w, bool job)
{
  rote_cluster_end_at_once(job && !w->alone, rote_status_exit_code(ROTE_STOPPED));
}

static void end_for_silence(const rote_watch *w, double silent)
{
  write_sign(w->word, 1);
  rote_log(ROTE_LOG_ERROR, "rank-lost",
           "rank = %d has been silent for %.0f s while all ranks compute together; the run ends, "
           "and the same command repeats that",
           w->watched, silent);
  end_process(w, true);
}

static void end_for_stop(const rote_watch *w)
{
  write_sign(w->word, 1);
  rote_log(ROTE_LOG_INFO, "stopped",
           "while all ranks compute together; the same command begins that anew");
  if (w->setting.leave != NULL) {
    w->setting.leave(w->setting.context);
  }
  end_process(w, true);
}

/* Signs of life, to and fro. */
typedef struct {
  double beat, beaten, heard;
  unsigned long count, last;
} pulse;

static void watch_next(const rote_watch *w, pulse *p, double now)
{
  const unsigned long sign = read_sign(w->next);
  write_sign(w->own, ++p->count);
  p->beaten = now;
  p->heard = sign != p->last ? now : p->heard;
  p->last = sign;
  if (now - p->heard > w->setting.patience) {
    end_for_silence(w, now - p->heard);
  }
}

static void *watch(void *context)
{
  rote_watch *w = context;
  const double sixth = w->setting.patience / BEATS;
  const struct timespec pause = {.tv_sec = 0, .tv_nsec = 50000000};
  pulse p = {.beat = sixth < LONGEST_BEAT ? sixth : LONGEST_BEAT, .heard = rote_seconds()};
  while (!atomic_load(&w->ending)) {
    const double now = rote_seconds();
    if (w->setting.patience > 0 && !w->alone && now - p.beaten >= p.beat) {
      watch_next(w, &p, now);
    }
    if (w->setting.stop != NULL && w->setting.stop(w->setting.context)) {
      end_for_stop(w);
    }
    if (!w->alone && now - w->looked >= LOOK_SECONDS) {
      w->looked = now;
      if (read_sign(w->word) > 0 || rote_cluster_launcher_gone()) {
        end_process(w, w->rank == 0);
      }
    }
    nanosleep(&pause, NULL);
  }
  return NULL;
}

rote_status rote_watch_begin(const rote_watch_setting *setting, rote_watch **out)
{
  rote_status status = ROTE_OK;
  rote_watch *w = NULL;
  char place[ROTE_PATH_MAX];
  const int rank = rote_cluster_rank(), size = rote_cluster_size();
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *w, &w));
  w->setting = *setting;
  w->rank = rank;
  w->watched = (rank + 1) % size;
  w->alone = size == 1;
  ROTE_TRY(rote_path(place, "%s/" PLACE, setting->directory));
  ROTE_TRY(rote_directory_create(place));
  ROTE_TRY(rote_path(w->own, "%s/%d", place, rank));
  ROTE_TRY(rote_path(w->next, "%s/%d", place, w->watched));
  ROTE_TRY(rote_path(w->word, "%s/end", place));
  if (pthread_create(&w->thread, NULL, watch, w) != 0) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "no thread is to be had to watch over the other ranks"));
  }
  *out = w;
  w = NULL;
done:
  rote_free(&w);
  return status;
}

void rote_watch_end(rote_watch **watched)
{
  rote_watch *w = *watched;
  if (w != NULL) {
    atomic_store(&w->ending, true);
    pthread_join(w->thread, NULL);
    rote_free(watched);
  }
}

void rote_watch_clean(const char *directory)
{
  char path[ROTE_PATH_MAX];
  for (int rank = 0; rank < rote_cluster_size(); rank++) {
    if (rote_path(path, "%s/" PLACE "/%d", directory, rank) == ROTE_OK) {
      unlink(path);
    }
  }
  if (rote_path(path, "%s/" PLACE "/end", directory) == ROTE_OK) {
    unlink(path);
  }
  if (rote_path(path, "%s/" PLACE, directory) == ROTE_OK) {
    rmdir(path);
  }
}
