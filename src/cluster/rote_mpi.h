/* MPI in its own dialect: a failed call becomes a rote_status with the call's text. */
#ifndef ROTE_CLUSTER_MPI_H
#define ROTE_CLUSTER_MPI_H

#include "rote/status.h"

#include <mpi.h>
#include <stdbool.h>
#include <stdint.h>

rote_status rote_mpi_status(int code, const char *call);

#define ROTE_MPI(call) ROTE_TRY(rote_mpi_status((call), #call))

/* A rank may be dead: from now on no collective call on this rank, and rote_cluster_end() ends
 * without MPI_Finalize, which would wait for ever. */
void rote_cluster_suspect(void);
bool rote_cluster_suspected(void);

/* Whether mpirun or Slurm's daemon that started this rank has ended: then nobody ends it. */
bool rote_cluster_launcher_gone(void);

/* How something ended, as one rank tells another. */
typedef struct {
  int32_t status; /* rote_status */
  char reason[2048];
} rote_ending;

/* The status with its recorded reason; and back: records the reason and returns the status. */
void rote_ending_take(rote_status status, rote_ending *ending);
rote_status rote_ending_give(const rote_ending *ending);

/* Wait for a request asleep: MPI's own waits spin. @return ROTE_STOPPED if the launcher is gone, or
 * after as many seconds as rote_mpi_set_patience() says (0, as at the start: no limit) */
void rote_mpi_set_patience(double seconds);
double rote_mpi_patience(void);
rote_status rote_mpi_wait(MPI_Request *request);

/* The same end for who waits in another way. @param[in] start  rote_seconds() when it began
 * @return ROTE_OK: wait on */
rote_status rote_mpi_wait_on(double start);

/* Collective: if a rank failed, all get the status and the reason of the lowest one that did. */
rote_status rote_agree(rote_status mine);
rote_status rote_agree_among(MPI_Comm ranks, rote_status mine);

/* End this process, or the whole job, whatever MPI is in the middle of. */
void rote_cluster_end_at_once(bool job, int code) __attribute__((noreturn));

/* End all ranks at once. */
void rote_cluster_abort(rote_status status);

#endif
