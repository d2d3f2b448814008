/* MPI in its own dialect: a failed call becomes a rote_status with the call's text. */
#ifndef ROTE_CLUSTER_MPI_H
#define ROTE_CLUSTER_MPI_H

#include "rote/status.h"

#include <mpi.h>
#include <stdint.h>

rote_status rote_mpi_status(int code, const char *call);

#define ROTE_MPI(call) ROTE_TRY(rote_mpi_status((call), #call))

/* How something ended, as one rank tells another. */
typedef struct {
  int32_t status; /* rote_status */
  char reason[2048];
} rote_ending;

/* The status with its recorded reason; and back: records the reason and returns the status. */
void rote_ending_take(rote_status status, rote_ending *ending);
rote_status rote_ending_give(const rote_ending *ending);

/* Sleep a little, the longer the more often: 0.1 ms first, 5 ms in the end. Start with nap 0. */
void rote_mpi_rest(long *nap);

/* Wait for a request asleep: MPI's own waits spin. */
rote_status rote_mpi_wait(MPI_Request *request);

/* Collective: if a rank failed, all get the status and the reason of the lowest one that did. */
rote_status rote_agree(rote_status mine);

/* End all ranks at once: the one caller of MPI_Abort. */
void rote_cluster_abort(rote_status status);

#endif
