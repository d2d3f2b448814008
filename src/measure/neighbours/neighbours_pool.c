/* Which images are pooled. */
#include "neighbours_room.h"

#include "rote/memory.h"
#include "rote/random.h"

/* The first `half` of a random order of n numbers, and the place of each. */
static rote_status draw(uint64_t seed, uint32_t item, size_t n, size_t half, uint32_t from,
                        uint32_t *image, uint32_t *place)
{
  rote_status status = ROTE_OK;
  const rote_stream stream = {.seed = seed, .purpose = ROTE_PURPOSE_NEIGHBOURS_POOL};
  uint32_t *order = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *order, &order));
  rote_random_permutation(stream, item, (uint32_t)n, order);
  for (size_t i = 0; i < n; i++) {
    place[order[i]] = i < half ? from + (uint32_t)i : UINT32_MAX;
    if (i < half) {
      image[i] = order[i];
    }
  }
done:
  rote_free(&order);
  return status;
}

rote_status rote_neighbours_pool_create(uint64_t seed, size_t images, size_t held_out,
                                        rote_neighbours_pool **out)
{
  rote_status status = ROTE_OK;
  rote_neighbours_pool *p = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *p, &p));
  p->half = images < held_out ? images : held_out;
  ROTE_TRY(rote_alloc(2 * p->half, sizeof *p->image, &p->image));
  ROTE_TRY(rote_alloc(images, sizeof *p->training, &p->training));
  ROTE_TRY(rote_alloc(held_out, sizeof *p->held_out, &p->held_out));
  ROTE_TRY(draw(seed, 0, images, p->half, 0, p->image, p->training));
  ROTE_TRY(draw(seed, 1, held_out, p->half, (uint32_t)p->half, p->image + p->half, p->held_out));
  *out = p;
  p = NULL;
done:
  rote_neighbours_pool_destroy(&p);
  return status;
}

void rote_neighbours_pool_destroy(rote_neighbours_pool **pool)
{
  rote_neighbours_pool *p = *pool;
  if (p != NULL) {
    rote_free(&p->image);
    rote_free(&p->training);
    rote_free(&p->held_out);
    rote_free(pool);
  }
}
