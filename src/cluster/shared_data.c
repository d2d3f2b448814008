#include "shared_data.h"

#include "rote/cluster.h"
#include "rote/data_file.h"
#include "rote/memory.h"
#include "rote_mpi.h"

#include <stdatomic.h>

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

static rote_status read_all(const rote_options *o, rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_study_images_read(o, &d->info, &d->train));
  if (d->test.count > 0) {
    ROTE_TRY(rote_data_file_read(o->data.file, "test", &d->test));
  }
done:
  return status;
}

static rote_status find_node(rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  ROTE_MPI(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rote_cluster_rank(),
                               MPI_INFO_NULL, &d->node));
  ROTE_MPI(MPI_Comm_rank(d->node, &d->node_rank));
done:
  return status;
}

static rote_status tell_name(rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  ROTE_MPI(MPI_Bcast(d->memory.name, sizeof d->memory.name, MPI_CHAR, 0, d->node));
done:
  return status;
}

static rote_status join(rote_shared_data *d)
{
  rote_shared_memory own;
  if (d->node_rank == 0) {
    return ROTE_OK;
  }
  const rote_status status = rote_shared_memory_join(d->memory.name, &own);
  d->memory = own;
  return status;
}

/* The node's memory, of which the first rank sees to it that it is there. What can fail on one rank
 * alone is agreed upon before the next step. */
static rote_status share_memory(rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_agree(find_node(d)));
  ROTE_TRY(rote_agree(d->node_rank == 0 ? rote_shared_memory_make(&d->memory) : ROTE_OK));
  ROTE_TRY(rote_agree(tell_name(d)));
  ROTE_TRY(rote_agree(join(d)));
  rote_shared_memory_unname(&d->memory);
  ROTE_TRY(
      rote_agree(d->node_rank == 0 ? rote_shared_memory_reserve(&d->memory, d->bytes) : ROTE_OK));
  ROTE_TRY(rote_agree(rote_shared_memory_map(&d->memory, d->bytes)));
  d->block = d->memory.block;
  lay_out(d, d->block);
done:
  return status;
}

/* Rank 0 to the first rank of every other node. */
static rote_status spread(rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  MPI_Comm leaders = MPI_COMM_NULL;
  ROTE_MPI(MPI_Comm_split(MPI_COMM_WORLD, d->node_rank == 0 ? 0 : MPI_UNDEFINED,
                          rote_cluster_rank(), &leaders));
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

rote_status rote_shared_data_load(const rote_options *o, const rote_data_info *info,
                                  rote_shared_data *d)
{
  rote_status status = ROTE_OK;
  *d = (rote_shared_data){.info = *info, .memory = ROTE_SHARED_MEMORY_NONE, .node = MPI_COMM_NULL};
  d->train.count = rote_study_images_count(o, info);
  d->test.count = info->test_count;
  static uint8_t nothing[64];
  d->bytes = lay_out(d, nothing); /* only for the size */
  if (rote_cluster_size() == 1) {
    ROTE_TRY(rote_memory_limit_check(d->bytes));
    ROTE_TRY(rote_alloc(d->bytes, 1, &d->block));
    lay_out(d, d->block);
    ROTE_TRY(read_all(o, d));
    return ROTE_OK;
  }
  ROTE_TRY(share_memory(d));
  ROTE_TRY(rote_agree(rote_cluster_rank() == 0 ? read_all(o, d) : ROTE_OK));
  ROTE_TRY(rote_agree(spread(d)));
  atomic_thread_fence(memory_order_seq_cst); /* what the first rank wrote is seen by the others */
done:
  return status;
}

void rote_shared_data_free(rote_shared_data *d)
{
  if (d->info.channels == 0) {
    return; /* nothing was loaded */
  }
  if (d->memory.block == NULL) {
    rote_free(&d->block);
  }
  rote_shared_memory_free(&d->memory);
  if (d->node != MPI_COMM_NULL && !rote_cluster_suspected()) {
    MPI_Comm_free(&d->node); /* collective */
  }
  *d = (rote_shared_data){.memory = ROTE_SHARED_MEMORY_NONE, .node = MPI_COMM_NULL};
}
