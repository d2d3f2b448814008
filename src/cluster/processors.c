#include "processors.h"

#include "rote/blas.h"
#include "rote/cluster.h"
#include "rote/isa.h"
#include "rote_mpi.h"

#include <stdio.h>
#include <string.h>

rote_status rote_processors_check(bool allow_change, const char **arithmetic)
{
  rote_status status = ROTE_OK;
  char mine[128], first[128];
  int same = 1, all = 1;
  *arithmetic = rote_isa_arithmetic(rote_isa_level());
  snprintf(mine, sizeof mine, "%s arithmetic and BLAS core %s", *arithmetic, rote_blas_core());
  memcpy(first, mine, sizeof mine);
  if (rote_cluster_size() > 1) {
    ROTE_MPI(MPI_Bcast(first, sizeof first, MPI_BYTE, 0, MPI_COMM_WORLD));
    same = strcmp(mine, first) == 0;
    ROTE_MPI(MPI_Allreduce(&same, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD));
  }
  if (!all && !allow_change) {
    ROTE_TRY(rote_fail(ROTE_DATA,
                       "the ranks run on processors of several kinds (rank 0: %s; rank %d: %s): "
                       "bits may differ. Use nodes of one kind, or --allow-cpu-change to mix them, "
                       "which is recorded",
                       first, rote_cluster_rank(), mine));
  }
done:
  return status;
}
