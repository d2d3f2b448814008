#include "rote/fold.h"

#include "rote/memory.h"
#include "rote/random.h"

rote_status rote_fold_assign(uint64_t seed, int purpose, uint32_t redraw, size_t repeats,
                             size_t folds, size_t images, uint16_t *fold)
{
  rote_status status = ROTE_OK;
  const rote_stream stream = {.seed = seed, .unit = redraw, .purpose = (rote_purpose)purpose};
  uint32_t *order = NULL;

  if (folds < 2 || folds > images || folds > UINT16_MAX || images > UINT32_MAX) {
    ROTE_TRY(rote_fail(ROTE_DATA, "folds.count: %zu images cannot be divided into %zu folds",
                       images, folds));
  }
  ROTE_TRY(rote_alloc(images, sizeof *order, &order));
  for (size_t r = 0; r < repeats; r++) {
    rote_random_permutation(stream, (uint32_t)r, (uint32_t)images, order);
    for (size_t i = 0; i < images; i++) {
      fold[r * images + order[i]] = (uint16_t)(i % folds);
    }
  }
done:
  rote_free(&order);
  return status;
}

void rote_fold_split(const uint16_t *fold, size_t images, rote_unit unit, uint32_t *train,
                     size_t *train_count, uint32_t *held_out, size_t *held_out_count)
{
  size_t in = 0, out = 0;
  for (size_t i = 0; i < images; i++) {
    if (!unit.full && fold[unit.repeat * images + i] == unit.fold) {
      held_out[out++] = (uint32_t)i;
    } else {
      train[in++] = (uint32_t)i;
    }
  }
  *train_count = in;
  *held_out_count = out;
}
