#include "rote_mpi.h"

#include "rote/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

rote_status rote_agree(rote_status mine)
{
  int failed = mine != ROTE_OK, any = 0;
  if (!active) {
    return mine;
  }
  const rote_status status = rote_mpi_status(
      MPI_Allreduce(&failed, &any, 1, MPI_INT, MPI_LOR, MPI_COMM_WORLD), "MPI_Allreduce");
  if (status != ROTE_OK) {
    return status;
  }
  return any && mine == ROTE_OK ? rote_fail(ROTE_INTERNAL, "another rank failed") : mine;
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
