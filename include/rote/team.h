/* Ranks that share work, behind functions: src/data shares the work of an import without MPI.
 *
 * A NULL team is one process alone. Every function is collective over the team: all ranks call it,
 * in the same order, and all return the same status, with the same reason on each. */
#ifndef ROTE_TEAM_H
#define ROTE_TEAM_H

#include "rote/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Work in blocks that any rank can do, and whose results rank 0 takes in order. */
typedef struct {
  size_t blocks;
  size_t room; /* bytes of the largest result */
  void *context;
  /* Do one block, on any rank. @param[out] result [room], `bytes` of it used */
  rote_status (*make)(void *context, size_t block, void *result, size_t *bytes);
  /* Take a result, on rank 0, block after block. */
  rote_status (*take)(void *context, size_t block, const void *result, size_t bytes);
} rote_team_work;

/* Implemented in src/cluster (rote_cluster_team()). */
typedef struct {
  size_t rank, size;
  rote_status (*agree)(rote_status mine);
  rote_status (*broadcast)(void *data, size_t bytes);
  rote_status (*share)(const rote_team_work *work);
} rote_team;

size_t rote_team_size(const rote_team *team);

/** Is this the rank that collects? */
bool rote_team_is_first(const rote_team *team);

/** @return ROTE_OK if `mine` is on every rank; else the status and the reason of the lowest rank
 * that failed */
rote_status rote_team_agree(const rote_team *team, rote_status mine);

/** From rank 0 to all. @param[in,out] data [bytes], equal sizes */
rote_status rote_team_broadcast(const rote_team *team, void *data, size_t bytes);

/** Do all blocks, each rank a share of them. `work` is the same on all ranks but for its context.
 * The results that rank 0 takes, and their order, do not depend on the number of ranks. A rank has
 * few results in memory at a time, and sleeps while it waits.
 * @return ROTE_OK; the first failure that rank 0 met in the order of blocks, its own or another
 * rank's; blocks after it are not taken */
rote_status rote_team_share(const rote_team *team, const rote_team_work *work);

#endif
