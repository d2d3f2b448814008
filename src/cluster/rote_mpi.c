#include "rote_mpi.h"

#include "rote/run.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool active;

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

void rote_mpi_rest(long *nap)
{
  const long shortest = 100000, longest = 5000000; /* nanoseconds */
  *nap = *nap == 0 ? shortest : 2 * *nap < longest ? 2 * *nap : longest;
  const struct timespec pause = {.tv_nsec = *nap};
  nanosleep(&pause, NULL);
}

rote_status rote_mpi_wait(MPI_Request *request)
{
  rote_status status = ROTE_OK;
  int come = 0;
  long nap = 0;
  for (;;) {
    ROTE_MPI(MPI_Test(request, &come, MPI_STATUS_IGNORE));
    if (come) {
      break;
    }
    rote_mpi_rest(&nap);
  }
done:
  return status;
}

rote_status rote_agree(rote_status mine)
{
  rote_status status = ROTE_OK;
  rote_ending ending;
  MPI_Request request = MPI_REQUEST_NULL;
  if (!active) {
    return mine;
  }
  int failed = mine == ROTE_OK ? INT_MAX : rote_cluster_rank(), first = INT_MAX;
  rote_ending_take(mine, &ending);
  ROTE_MPI(MPI_Iallreduce(&failed, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request));
  ROTE_TRY(rote_mpi_wait(&request));
  if (first != INT_MAX) {
    ROTE_MPI(MPI_Ibcast(&ending, (int)sizeof ending, MPI_BYTE, first, MPI_COMM_WORLD, &request));
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
    ROTE_MPI(MPI_Init(argc, argv));
    active = true;
    ROTE_MPI(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
  }
done:
  return status;
}

void rote_cluster_end(void)
{
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
