/* Running a study by many ranks, or in this process: the only door to MPI for the rest of the
 * program. */
#ifndef ROTE_CLUSTER_H
#define ROTE_CLUSTER_H

#include "rote/run.h"
#include "rote/team.h"

/** Is this process one of several that mpirun or srun started? */
bool rote_cluster_present(void);

/** MPI_Init, if the process was started by a launcher; else everything happens in this process.
 * Install signal handlers before. */
rote_status rote_cluster_begin(int *argc, char ***argv);

/** MPI_Finalize. Collective; but if a rank may be dead, the process ends here with this exit code
 * and without MPI. */
void rote_cluster_end(int code);

int rote_cluster_rank(void); /* 0 without MPI */
int rote_cluster_size(void); /* 1 without MPI */

/** The ranks as a team that shares work; NULL if there is one only. */
const rote_team *rote_cluster_team(void);

/** Version of the MPI library. @param[out] text [size] */
void rote_cluster_library(char *text, size_t size);

/** Run a study, or continue it, or find it done. Collective over all ranks; `request` is equal on
 * all.
 * @param[out] outcome  on rank 0
 * @return on all ranks the same: ROTE_OK (also when trainings diverged); ROTE_STOPPED; ROTE_DATA
 * for a fault of the study, data or run directory, or units given up; ROTE_IO. The reason is on
 * rank 0. */
rote_status rote_run(const rote_run_request *request, rote_run_outcome *outcome);

/* What handing out work costs, without the work. */
typedef struct {
  size_t workers, units;
  double seconds;             /* that it took */
  double coordinator_seconds; /* of a processor, on rank 0 */
  double worker_seconds;      /* on all other ranks together */
} rote_farm_cost;

/** Hand out orders for some `seconds`, each answered with `bytes` of rows: as fast as it goes, or
 * `rate` units a second. Collective over at least two ranks. @param[out] cost  on rank 0 */
rote_status rote_farm_cost_measure(double seconds, double rate, size_t bytes, rote_farm_cost *cost);

#endif
