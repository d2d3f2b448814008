/* Cells of the images of a study. */
#include "cells.h"
#include "half_size.h"
#include "neighbours_room.h"

#include "rote/memory.h"

#include <stdlib.h>
#include <string.h>

/* Cells of the training images, or of ROTE_CELLS_IMAGES of them that are drawn by lot. */
rote_status rote_neighbours_make_cells(const rote_subject_setting *s, size_t numbers, float *centre)
{
  rote_status status = ROTE_OK;
  const rote_options *o = s->options;
  const size_t pixels = rote_data_pixels(s->info);
  const rote_stream stream = {.seed = o->seed, .purpose = ROTE_PURPOSE_NEIGHBOURS_CELLS};
  const size_t n = s->train->count < ROTE_CELLS_IMAGES ? s->train->count : ROTE_CELLS_IMAGES;
  uint32_t *order = NULL;
  float *x = NULL;
  ROTE_TRY(rote_alloc(s->train->count, sizeof *order, &order));
  ROTE_TRY(rote_alloc(n * numbers, sizeof *x, &x));
  rote_random_permutation(stream, 0, (uint32_t)s->train->count, order);
  for (size_t i = 0; i < n; i++) {
    rote_half_bytes(s->info, s->train->pixel + order[i] * pixels, x + i * numbers);
  }
  ROTE_TRY(rote_cells_make(stream, 1, n, numbers, x, o->neighbours.cells, centre));
done:
  rote_free(&order);
  rote_free(&x);
  return status;
}

typedef struct {
  size_t bytes;
  const float *x;
} pooled;

/* By content, so that no place in the pool, and so no name, has a part in the order. */
static int compare_content(const void *a, const void *b)
{
  const pooled *p = a, *q = b;
  return memcmp(p->x, q->x, p->bytes);
}

/* Cells of the pool, treating all its images alike (relabel.h): they are put in order by their
 * content, and then ROTE_CELLS_IMAGES drawn by lot are taken. */
rote_status rote_neighbours_make_pool_cells(const rote_subject_setting *s, size_t numbers,
                                            const rote_neighbours_pool *pool, float *centre)
{
  rote_status status = ROTE_OK;
  const rote_options *o = s->options;
  const size_t pixels = rote_data_pixels(s->info);
  const rote_stream stream = {.seed = o->seed, .purpose = ROTE_PURPOSE_NEIGHBOURS_CELLS};
  const size_t all = 2 * pool->half, n = all < ROTE_CELLS_IMAGES ? all : ROTE_CELLS_IMAGES;
  float *x = NULL, *chosen = NULL;
  pooled *entry = NULL;
  uint32_t *order = NULL;
  ROTE_TRY(rote_alloc(all * numbers, sizeof *x, &x));
  ROTE_TRY(rote_alloc(n * numbers, sizeof *chosen, &chosen));
  ROTE_TRY(rote_alloc(all, sizeof *entry, &entry));
  ROTE_TRY(rote_alloc(all, sizeof *order, &order));
  for (size_t i = 0; i < all; i++) {
    const rote_image_set *set = i < pool->half ? s->train : s->test;
    rote_half_bytes(s->info, set->pixel + pool->image[i] * pixels, x + i * numbers);
  }
  for (size_t i = 0; i < all; i++) {
    entry[i] = (pooled){.bytes = numbers * sizeof *x, .x = x + i * numbers};
  }
  qsort(entry, all, sizeof *entry, compare_content);
  rote_random_permutation(stream, 1u << 16, (uint32_t)all, order);
  for (size_t i = 0; i < n; i++) {
    memcpy(chosen + i * numbers, entry[order[i]].x, numbers * sizeof *x);
  }
  ROTE_TRY(
      rote_cells_make(stream, (1u << 16) + 1, n, numbers, chosen, o->neighbours.cells, centre));
done:
  rote_free(&x);
  rote_free(&chosen);
  rote_free(&entry);
  rote_free(&order);
  return status;
}
