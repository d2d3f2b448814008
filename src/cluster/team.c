/* rote/team.h over MPI.
 *
 * The protocol of share(). Block b belongs to rank b modulo the number of ranks.
 *   rank r -> rank 0  TAG_RESULT   the result of its next block; at most SLOTS are on their way
 *   rank r -> rank 0  TAG_END      one ending, after the last result: its blocks are done, it
 *                                  failed, or it was told of an outcome
 *   rank 0 -> rank r  TAG_OUTCOME  one ending, to every rank once: all blocks are taken, or the
 *                                  failure that ends the work
 * A rank ends when it has sent TAG_END and received TAG_OUTCOME; rank 0, when it has received every
 * TAG_END. Nobody blocks in MPI: all test and sleep in between. An MPI call that fails, and a
 * rank that is silent for too long, end all ranks at once: the others could wait for ever. */
#include "rote/team.h"

#include "rote/clock.h"
#include "rote/cluster.h"
#include "rote/fault.h"
#include "rote/log.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <limits.h>
#include <stdio.h>

enum { TAG_RESULT = 11, TAG_END = 12, TAG_OUTCOME = 13 };
enum { SLOTS = 2 };

/* Seconds for a block of work, or for what rank 0 does meanwhile: whoever answers later is dead. */
#define TEAM_PATIENCE 600.0

static void insist(rote_status status)
{
  if (status != ROTE_OK) {
    rote_log(ROTE_LOG_ERROR, "mpi", "%s", rote_fail_reason(status));
    rote_cluster_abort(status);
  }
}

#define INSIST(call) insist(rote_mpi_status((call), #call))

/* Results of a rank on their way to rank 0. */
typedef struct {
  void *result[SLOTS]; /* [room] */
  MPI_Request request[SLOTS];
  size_t next; /* slot */
} outbox;

static rote_status send(const void *data, size_t bytes, int to, int tag, MPI_Request *request)
{
  rote_status status = ROTE_OK;
  ROTE_FAULT(TEAM_SEND, to == 0 ? "the first rank" : "a rank");
  ROTE_MPI(MPI_Isend(data, (int)bytes, MPI_BYTE, to, tag, MPI_COMM_WORLD, request));
done:
  return status;
}

static rote_status outbox_create(size_t room, outbox *box)
{
  rote_status status = ROTE_OK;
  *box = (outbox){.next = 0};
  for (int s = 0; s < SLOTS; s++) {
    box->request[s] = MPI_REQUEST_NULL;
  }
  for (int s = 0; s < SLOTS; s++) {
    ROTE_TRY(rote_alloc(room, 1, &box->result[s]));
  }
done:
  return status;
}

static void outbox_free(outbox *box)
{
  for (int s = 0; s < SLOTS; s++) {
    rote_free(&box->result[s]);
  }
}

static bool has_come(MPI_Request *request)
{
  int come = 0;
  INSIST(MPI_Test(request, &come, MPI_STATUS_IGNORE));
  return come != 0;
}

/* The blocks of a rank other than 0, until one fails or the outcome has come. */
static rote_status make_blocks(const rote_team_work *work, outbox *box, MPI_Request *outcome)
{
  rote_status status = ROTE_OK;
  const size_t rank = (size_t)rote_cluster_rank(), size = (size_t)rote_cluster_size();
  for (size_t block = rank; block < work->blocks && !has_come(outcome); block += size) {
    size_t bytes = 0;
    const size_t slot = box->next;
    box->next = (slot + 1) % SLOTS;
    insist(rote_mpi_wait(&box->request[slot]));
    ROTE_TRY(work->make(work->context, block, box->result[slot], &bytes));
    insist(send(box->result[slot], bytes, 0, TAG_RESULT, &box->request[slot]));
  }
done:
  return status;
}

static rote_status share_as_worker(const rote_team_work *work, outbox *box)
{
  rote_ending mine, outcome;
  MPI_Request come = MPI_REQUEST_NULL, gone = MPI_REQUEST_NULL;
  INSIST(MPI_Irecv(&outcome, (int)sizeof outcome, MPI_BYTE, 0, TAG_OUTCOME, MPI_COMM_WORLD, &come));
  rote_ending_take(make_blocks(work, box, &come), &mine);
  for (int s = 0; s < SLOTS; s++) {
    insist(rote_mpi_wait(&box->request[s]));
  }
  insist(send(&mine, sizeof mine, 0, TAG_END, &gone));
  insist(rote_mpi_wait(&gone));
  insist(rote_mpi_wait(&come));
  return rote_ending_give(&outcome);
}

/* Rank 0: the next message of a rank, a result or its ending.
 * @param[out] ended  which of the two */
static void receive(int from, size_t room, void *result, size_t *bytes, rote_ending *ending,
                    bool *ended)
{
  MPI_Message message;
  MPI_Status about;
  int there = 0, count = 0;
  double nap = 0;
  const double start = rote_seconds();
  for (;;) {
    INSIST(MPI_Improbe(from, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &message, &about));
    if (there) {
      break;
    }
    insist(rote_mpi_wait_on(start));
    rote_nap(&nap, 0.005);
  }
  *ended = about.MPI_TAG == TAG_END;
  INSIST(MPI_Mrecv(*ended ? (void *)ending : result, (int)(*ended ? sizeof *ending : room),
                   MPI_BYTE, &message, &about));
  INSIST(MPI_Get_count(&about, MPI_BYTE, &count));
  *bytes = (size_t)count;
}

/* Rank 0: all blocks in order, its own and those of others. */
static rote_status take_blocks(const rote_team_work *work, void *result, bool *ended)
{
  rote_status status = ROTE_OK;
  const size_t size = (size_t)rote_cluster_size();
  for (size_t block = 0; block < work->blocks; block++) {
    const size_t owner = block % size;
    size_t bytes = 0;
    if (owner == 0) {
      ROTE_TRY(work->make(work->context, block, result, &bytes));
    } else {
      rote_ending ending;
      receive((int)owner, work->room, result, &bytes, &ending, &ended[owner]);
      ROTE_TRY(ended[owner] ? rote_ending_give(&ending) : ROTE_OK);
      if (ended[owner]) {
        ROTE_TRY(rote_fail(ROTE_INTERNAL, "rank %zu ended before its block %zu", owner, block));
      }
    }
    ROTE_TRY(work->take(work->context, block, result, bytes));
  }
done:
  return status;
}

/* Rank 0: tell all of the outcome, and let pass what they still send. */
static void part(const rote_team_work *work, void *result, bool *ended, const rote_ending *outcome)
{
  const int size = rote_cluster_size();
  for (int r = 1; r < size; r++) {
    MPI_Request request = MPI_REQUEST_NULL;
    insist(send(outcome, sizeof *outcome, r, TAG_OUTCOME, &request));
    insist(rote_mpi_wait(&request)); /* every rank has posted a receive for it */
  }
  for (int r = 1; r < size; r++) {
    while (!ended[r]) {
      rote_ending ending;
      size_t bytes;
      receive(r, work->room, result, &bytes, &ending, &ended[r]);
    }
  }
}

static rote_status share_as_first(const rote_team_work *work, void *result, bool *ended)
{
  rote_ending outcome;
  rote_ending_take(take_blocks(work, result, ended), &outcome);
  part(work, result, ended, &outcome);
  return rote_ending_give(&outcome);
}

static rote_status share(const rote_team_work *work)
{
  rote_status status = ROTE_OK;
  outbox box = {.next = 0};
  bool *ended = NULL; /* [size] ranks whose TAG_END has come */
  const bool first = rote_cluster_rank() == 0;
  if (work->room > INT_MAX) {
    status = rote_fail(ROTE_NOMEM, "%zu bytes are too many for one message", work->room);
  }
  status = status == ROTE_OK ? outbox_create(work->room, &box) : status;
  status =
      status == ROTE_OK ? rote_alloc((size_t)rote_cluster_size(), sizeof *ended, &ended) : status;
  ROTE_TRY(rote_agree(status));
  ROTE_TRY(first ? share_as_first(work, box.result[0], ended) : share_as_worker(work, &box));
done:
  rote_free(&ended);
  outbox_free(&box);
  return status;
}

static rote_status broadcast(void *data, size_t bytes)
{
  const size_t chunk = (size_t)1 << 28;
  for (size_t at = 0; at < bytes; at += chunk) {
    const size_t n = bytes - at < chunk ? bytes - at : chunk;
    MPI_Request request = MPI_REQUEST_NULL;
    INSIST(MPI_Ibcast((char *)data + at, (int)n, MPI_BYTE, 0, MPI_COMM_WORLD, &request));
    insist(rote_mpi_wait(&request));
  }
  return ROTE_OK;
}

const rote_team *rote_cluster_team(void)
{
  static rote_team team = {.agree = rote_agree, .broadcast = broadcast, .share = share};
  team.rank = (size_t)rote_cluster_rank();
  team.size = (size_t)rote_cluster_size();
  rote_mpi_set_patience(TEAM_PATIENCE);
  return team.size > 1 ? &team : NULL;
}
