#include "shared_data.h"

#include "rote/cluster.h"
#include "rote/data_file.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <string.h>

#define CHUNK ((size_t)64 << 20) /* bytes a broadcast */

/* Train pixels, test pixels, train labels, test labels, each at a multiple of 64 bytes. */
static size_t lay_out(rote_shared_data *d, uint8_t *base)
{
  const size_t pixels = rote_data_pixels(&d->info);
  size_t at = 0;
  d->train.pixel = base + at;
  at += (d->train.count * pixels + 63) / 64 * 64;
  d->test.pixel = base + at;
  at += (d->test.count * pixels + 63) / 64 * 64;
  d->train.label = (int32_t *)(void *)(base + at);
  at += (d->train.count * sizeof(int32_t) + 63) / 64 * 64;
  d->test.label = (int32_t *)(void *)(base + at);
  at += (d->test.count * sizeof(int32_t) + 63) / 64 * 64;
  return at;
}

static rote_status read_all(const char *path, rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_data_file_read(path, "train", &d->train));
  if (d->test.count > 0) {
    ROTE_TRY(rote_data_file_read(path, "test", &d->test));
  }
done:
  return status;
}

static rote_status map_window(rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  int node_rank = 0, unit = 1;
  MPI_Aint size = 0;
  void *base = NULL;
  ROTE_MPI(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rote_cluster_rank(),
                               MPI_INFO_NULL, &d->node));
  ROTE_MPI(MPI_Comm_rank(d->node, &node_rank));
  ROTE_MPI(MPI_Win_allocate_shared(node_rank == 0 ? (MPI_Aint)d->bytes : 0, 1, MPI_INFO_NULL,
                                   d->node, &base, &d->window));
  d->in_window = true;
  ROTE_MPI(MPI_Win_shared_query(d->window, 0, &size, &unit, &base));
  d->block = base;
  lay_out(d, d->block);
done:
  return status;
}

/* Rank 0 to the first rank of every other node. */
static rote_status spread(rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  int node_rank = 0;
  MPI_Comm leaders = MPI_COMM_NULL;
  ROTE_MPI(MPI_Comm_rank(d->node, &node_rank));
  ROTE_MPI(MPI_Comm_split(MPI_COMM_WORLD, node_rank == 0 ? 0 : MPI_UNDEFINED, rote_cluster_rank(),
                          &leaders));
  if (leaders != MPI_COMM_NULL) {
    for (size_t at = 0; at < d->bytes; at += CHUNK) {
      const size_t n = d->bytes - at < CHUNK ? d->bytes - at : CHUNK;
      ROTE_MPI(MPI_Bcast(d->block + at, (int)n, MPI_BYTE, 0, leaders));
    }
  }
done:
  if (leaders != MPI_COMM_NULL) {
    MPI_Comm_free(&leaders);
  }
  return status;
}

rote_status rote_shared_data_load(const char *path, const rote_data_info *info, size_t limit,
                                  rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  memset(d, 0, sizeof *d);
  d->info = *info;
  d->train.count = limit == 0 ? info->train_count : limit;
  d->test.count = info->test_count;
  static uint8_t nothing[64];
  d->bytes = lay_out(d, nothing); /* only for the size */
  if (rote_cluster_size() == 1) {
    ROTE_TRY(rote_alloc(d->bytes, 1, &d->block));
    lay_out(d, d->block);
    ROTE_TRY(read_all(path, d));
    return ROTE_OK;
  }
  ROTE_TRY(rote_agree(map_window(d)));
  ROTE_TRY(rote_agree(rote_cluster_rank() == 0 ? read_all(path, d) : ROTE_OK));
  ROTE_TRY(rote_agree(spread(d)));
  ROTE_MPI(MPI_Win_fence(0, d->window)); /* the writes of the first rank are seen by the others */
done:
  return status;
}

void rote_shared_data_free(rote_shared_data *d)
{
  if (d->in_window && rote_cluster_suspected()) {
    return; /* freeing is collective; the end of the process does it */
  }
  if (d->in_window) {
    MPI_Win_free(&d->window);
    MPI_Comm_free(&d->node);
  } else {
    rote_free(&d->block);
  }
  memset(d, 0, sizeof *d);
}
