#include "rote_mpi.h"

#include "office.h"
#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/streams.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_NAP 0.01
#define ABORT_SECONDS 4

static bool active, suspected;
static pid_t launcher;
static double patience; /* seconds; 0: no end */

rote_status rote_mpi_status(int code, const char *call)
{
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  if (code == MPI_SUCCESS) {
    return ROTE_OK;
  }
  MPI_Error_string(code, text, &length);
  return rote_fail(ROTE_INTERNAL, "%s failed: %s", call, text);
}

void rote_ending_take(rote_status status, rote_ending *ending)
{
  *ending = (rote_ending){.status = status};
  if (status != ROTE_OK) {
    snprintf(ending->reason, sizeof ending->reason, "%s", rote_fail_reason(status));
  }
}

rote_status rote_ending_give(const rote_ending *ending)
{
  const rote_status status = (rote_status)ending->status;
  return status == ROTE_OK ? ROTE_OK : rote_fail(status, "%s", ending->reason);
}

double rote_mpi_patience(void)
{
  return patience;
}

void rote_mpi_set_patience(double seconds)
{
  patience = seconds;
}

rote_status rote_mpi_wait_on(double start)
{
  const double waited = rote_seconds() - start;
  if ((patience > 0 && waited > patience) || rote_cluster_launcher_gone()) {
    rote_cluster_suspect();
    return rote_fail(ROTE_STOPPED, "a rank does not answer; waited %.0f s for it", waited);
  }
  return ROTE_OK;
}

rote_status rote_mpi_wait(MPI_Request *request)
{
  rote_status status = ROTE_OK;
  const double start = rote_seconds();
  double nap = 0;
  int come = 0;
  for (;;) {
    ROTE_MPI(MPI_Test(request, &come, MPI_STATUS_IGNORE));
    if (come) {
      break;
    }
    ROTE_TRY(rote_mpi_wait_on(start));
    rote_nap(&nap, LONGEST_NAP);
  }
done:
  return status;
}

rote_status rote_agree(rote_status mine)
{
  return active ? rote_agree_among(MPI_COMM_WORLD, mine) : mine;
}

rote_status rote_agree_among(MPI_Comm ranks, rote_status mine)
{
  rote_status status = ROTE_OK;
  rote_ending ending;
  MPI_Request request = MPI_REQUEST_NULL;
  int rank = 0, first = INT_MAX;
  ROTE_MPI(MPI_Comm_rank(ranks, &rank));
  int failed = mine == ROTE_OK ? INT_MAX : rank;
  rote_ending_take(mine, &ending);
  ROTE_MPI(MPI_Iallreduce(&failed, &first, 1, MPI_INT, MPI_MIN, ranks, &request));
  ROTE_TRY(rote_mpi_wait(&request));
  if (first != INT_MAX) {
    ROTE_MPI(MPI_Ibcast(&ending, (int)sizeof ending, MPI_BYTE, first, ranks, &request));
    ROTE_TRY(rote_mpi_wait(&request));
    ROTE_TRY(rote_ending_give(&ending));
  }
done:
  return status;
}

/* Variables that mpirun and srun set for the processes they start. Starting MPI without a launcher
 * would start a daemon of its own, for nothing. */
bool rote_cluster_present(void)
{
  static const char *const variable[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", NULL};
  for (int i = 0; variable[i] != NULL; i++) {
    if (getenv(variable[i]) != NULL) {
      return true;
    }
  }
  return false;
}

rote_status rote_cluster_begin(int *argc, char ***argv)
{
  rote_status status = ROTE_OK;
  if (rote_cluster_present()) {
    launcher = getppid();
    ROTE_MPI(MPI_Init(argc, argv));
    active = true;
    ROTE_MPI(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
  }
done:
  return status;
}

void rote_cluster_suspect(void)
{
  suspected = true;
}

bool rote_cluster_suspected(void)
{
  return suspected;
}

bool rote_cluster_launcher_gone(void)
{
  return active && getppid() != launcher;
}

/* The end without MPI_Finalize. Rank 0 has the job ended as a whole, for the launcher may wait for
 * a rank that hangs; the others leave that to it for a while, so that its exit code is the one
 * seen. */
static void end_alone(int code)
{
  code = rote_streams_end(code); /* _exit() loses what is not written yet */
  const bool tells = rote_cluster_rank() == 0 && !rote_cluster_launcher_gone();
  if (tells) {
    rote_office_tell_all(TAG_LEAVE, 1);
  }
  rote_cluster_end_at_once(rote_cluster_rank() == 0, code);
}

void rote_cluster_end_at_once(bool job, int code)
{
  if (job && !rote_cluster_launcher_gone()) {
    alarm(ABORT_SECONDS); /* the default action: should the launcher not answer */
    MPI_Abort(MPI_COMM_WORLD, code);
  } else if (!job) {
    const struct timespec pause = {.tv_sec = ABORT_SECONDS / 2};
    nanosleep(&pause, NULL);
  }
  _exit(code);
}

void rote_cluster_end(int code)
{
  if (active && suspected) {
    end_alone(code);
  }
  if (active) {
    MPI_Finalize();
    active = false;
  }
}

void rote_cluster_abort(rote_status status)
{
  if (active) {
    MPI_Abort(MPI_COMM_WORLD, rote_status_exit_code(status));
  }
  exit(rote_status_exit_code(status));
}

int rote_cluster_rank(void)
{
  int rank = 0;
  if (active) {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  }
  return rank;
}

int rote_cluster_size(void)
{
  int size = 1;
  if (active) {
    MPI_Comm_size(MPI_COMM_WORLD, &size);
  }
  return size;
}

void rote_cluster_library(char *text, size_t size)
{
  char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(version, &length); /* allowed before MPI_Init */
  snprintf(text, size, "%.*s", (int)strcspn(version, ","), version);
}
