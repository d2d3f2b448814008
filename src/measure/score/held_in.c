/* Which models of a repeat evaluate an image. */
#include "rote/random.h"
#include "score_room.h"

#include <string.h>

#define FOLDS_MAX 4096

/* A uniform number below n from two words. */
static size_t below(size_t n, const uint32_t *word)
{
  const uint64_t x = (uint64_t)word[0] << 32 | word[1];
  return (size_t)((__extension__(unsigned __int128) x * n) >> 64);
}

/* m of n, all choices equally likely (Floyd's algorithm, in Bentley 1987). @param[out] chosen [n]
 */
static void choose(rote_stream stream, uint32_t image, size_t m, size_t n, bool *chosen)
{
  uint32_t word[2 * FOLDS_MAX];
  rote_random_words(stream, image, 2 * m, word);
  memset(chosen, 0, n * sizeof *chosen);
  for (size_t i = 0; i < m; i++) {
    const size_t last = n - m + i, t = below(last + 1, word + 2 * i);
    chosen[chosen[t] ? last : t] = true;
  }
}

bool rote_score_is_asked(const rote_options *o, const uint16_t *fold, size_t images, rote_unit unit,
                         size_t image)
{
  const size_t m = o->evaluation.held_in, others = o->folds.count - 1;
  bool chosen[FOLDS_MAX];
  if (unit.full || m == 0 || m >= others) {
    return true;
  }
  const size_t out = fold[unit.repeat * images + image];
  if (out == unit.fold) {
    return true;
  }
  const rote_stream stream = {
      .seed = o->seed, .unit = (uint32_t)unit.repeat, .purpose = ROTE_PURPOSE_HELD_IN};
  choose(stream, (uint32_t)image, m, others, chosen);
  return chosen[unit.fold < out ? unit.fold : unit.fold - 1];
}
