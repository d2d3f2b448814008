/* The data set of a study, once per node. */
#ifndef ROTE_SHARED_DATA_H
#define ROTE_SHARED_DATA_H

#include "rote/shared_memory.h"
#include "rote/study_images.h"

#include <mpi.h>
#include <stdbool.h>

typedef struct {
  rote_data_info info;
  rote_image_set train, test; /* views into `block` */
  uint8_t *block;             /* the node's copy: shared memory, or heap without MPI */
  size_t bytes;
  rote_shared_memory memory;
  MPI_Comm node;
  int node_rank;
} rote_shared_data;

/** Read the images of the study and the test images into memory: rank 0 reads, the first rank of
 * every node receives, the others look at its memory. Collective; `info`, from
 * rote_study_images_info(), is equal on all ranks. @return on all ranks the same: ROTE_OK; ROTE_IO,
 * also if a node has not so much shared memory; ROTE_DATA; ROTE_NOMEM */
rote_status rote_shared_data_load(const rote_options *options, const rote_data_info *info,
                                  rote_shared_data *data);

/** Collective. */
void rote_shared_data_free(rote_shared_data *data);

#endif
