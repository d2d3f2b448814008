/* MPI in its own dialect: a failed call becomes a rote_status with the call's text. */
#ifndef ROTE_CLUSTER_MPI_H
#define ROTE_CLUSTER_MPI_H

#include "rote/status.h"

#include <mpi.h>

rote_status rote_mpi_status(int code, const char *call);

#define ROTE_MPI(call) ROTE_TRY(rote_mpi_status((call), #call))

/* Collective: a failed rank keeps its own status; healthy ranks get ROTE_INTERNAL "another rank
 * failed". */
rote_status rote_agree(rote_status mine);

/* End all ranks at once: the one caller of MPI_Abort. */
void rote_cluster_abort(rote_status status);

#endif
