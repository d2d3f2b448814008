#include "rote/degrade.h"

#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define BLOCKS_MAX (1u << 24) /* the number of a block is the epoch of its draw */

rote_status rote_degradation_check(const rote_degradation *d)
{
  if (!(d->missing >= 0 && d->missing < 1)) {
    return rote_fail(ROTE_DATA, "a share of %g missing pixels: must be in [0, 1)", d->missing);
  }
  if (!(d->noise >= 0 && isfinite(d->noise))) {
    return rote_fail(ROTE_DATA, "noise of standard deviation %g: must be finite and not negative",
                     d->noise);
  }
  if (d->shape != ROTE_MISSING_PIXELS && d->shape != ROTE_MISSING_BLOCKS) {
    return rote_fail(ROTE_DATA, "there is no shape %d of missing pixels", d->shape);
  }
  if (d->shape == ROTE_MISSING_BLOCKS && (d->blocks == 0 || d->blocks > BLOCKS_MAX)) {
    return rote_fail(ROTE_DATA, "%zu missing blocks: must be 1 to %u", d->blocks, BLOCKS_MAX);
  }
  if (d->fill != ROTE_FILL_ZERO && d->fill != ROTE_FILL_NOISE && d->fill != ROTE_FILL_MEAN) {
    return rote_fail(ROTE_DATA, "there is no filling %d of missing pixels", d->fill);
  }
  return ROTE_OK;
}

rote_status rote_degrade_room_create(size_t pixels, size_t numbers, rote_degrade_room *room)
{
  rote_status status = ROTE_OK;
  *room = (rote_degrade_room){0};
  ROTE_TRY(rote_alloc(pixels, sizeof *room->order, &room->order));
  ROTE_TRY(rote_alloc(numbers, sizeof *room->number, &room->number));
done:
  if (status != ROTE_OK) {
    rote_degrade_room_clear(room);
  }
  return status;
}

void rote_degrade_room_clear(rote_degrade_room *room)
{
  rote_free(&room->order);
  rote_free(&room->number);
}

static rote_stream stream_of(rote_degrade_draw draw, rote_purpose purpose)
{
  return (rote_stream){.seed = draw.seed, .unit = draw.set, .purpose = purpose};
}

static void miss_pixels(double share, size_t pixels, rote_degrade_draw draw, uint32_t *order,
                        uint8_t *mask)
{
  const size_t rounded = (size_t)llround(share * (double)pixels);
  const size_t missing = rounded < pixels ? rounded : pixels - 1;
  rote_random_permutation(stream_of(draw, ROTE_PURPOSE_RECOVERY_MASK), draw.image, (uint32_t)pixels,
                          order);
  for (size_t i = 0; i < missing; i++) {
    mask[order[i]] = 0;
  }
}

/* One square of missing pixels. @return how many of them were not missing before */
static size_t miss_square(size_t width, size_t top, size_t left, size_t side, uint8_t *mask)
{
  size_t fresh = 0;
  for (size_t y = top; y < top + side; y++) {
    for (size_t x = left; x < left + side; x++) {
      fresh += mask[y * width + x];
      mask[y * width + x] = 0;
    }
  }
  return fresh;
}

/* Squares are drawn as long as one more may bring the number of missing pixels nearer to the share:
 * where they overlap, further ones make up for it. */
static void miss_blocks(const rote_degradation *d, size_t height, size_t width,
                        rote_degrade_draw draw, uint8_t *mask)
{
  const size_t shorter = height < width ? height : width, pixels = height * width;
  const size_t rounded = (size_t)llround(d->missing * (double)pixels);
  const size_t wanted = rounded < pixels ? rounded : pixels - 1;
  const size_t nearest = (size_t)llround(sqrt((double)wanted / (double)d->blocks));
  const size_t whole = nearest > 0 ? nearest : 1, side = whole < shorter ? whole : shorter;
  const size_t most = 100 * (pixels / (side * side) + 1); /* corners are hit seldom */
  size_t missing = 0;
  for (size_t b = 0; b < most && wanted > missing && 2 * (wanted - missing) >= side * side; b++) {
    rote_stream stream = stream_of(draw, ROTE_PURPOSE_RECOVERY_MASK);
    uint32_t word[2];
    stream.epoch = (uint32_t)b;
    rote_random_words(stream, draw.image, 2, word);
    const size_t top = (size_t)((uint64_t)word[0] * (height - side + 1) >> 32);
    const size_t left = (size_t)((uint64_t)word[1] * (width - side + 1) >> 32);
    missing += miss_square(width, top, left, side, mask);
  }
  if (missing == pixels) {
    mask[pixels - 1] = 1;
  }
}

/* Mean of what is left of a channel. */
static float mean_left(size_t pixels, const uint8_t *mask, const float *channel)
{
  double sum = 0, count = 0;
  for (size_t p = 0; p < pixels; p++) {
    sum += mask[p] != 0 ? (double)channel[p] : 0;
    count += mask[p] != 0;
  }
  return (float)(sum / count);
}

static void fill_constant(size_t pixels, const uint8_t *mask, float value, float *channel)
{
  for (size_t p = 0; p < pixels; p++) {
    channel[p] = mask[p] != 0 ? channel[p] : value;
  }
}

void rote_degrade(const rote_degradation *d, size_t channels, size_t height, size_t width,
                  rote_degrade_draw draw, const float *image, rote_degrade_room *room,
                  uint8_t *mask, float *degraded, float *shown)
{
  const size_t pixels = height * width, numbers = channels * pixels;
  memset(mask, 1, pixels);
  if (d->shape == ROTE_MISSING_BLOCKS) {
    miss_blocks(d, height, width, draw, mask);
  } else {
    miss_pixels(d->missing, pixels, draw, room->order, mask);
  }
  memcpy(degraded, image, numbers * sizeof *image);
  if (d->noise > 0) {
    rote_random_normal(stream_of(draw, ROTE_PURPOSE_RECOVERY_NOISE), draw.image, numbers,
                       room->number);
    for (size_t i = 0; i < numbers; i++) {
      degraded[i] += (float)d->noise * room->number[i];
    }
  }
  if (d->fill == ROTE_FILL_NOISE) {
    rote_random_uniform(stream_of(draw, ROTE_PURPOSE_RECOVERY_FILL), draw.image, numbers,
                        room->number);
  }
  for (size_t c = 0; c < channels; c++) {
    float *channel = degraded + c * pixels;
    shown[c] = d->fill == ROTE_FILL_NOISE  ? 0.5f
               : d->fill == ROTE_FILL_MEAN ? mean_left(pixels, mask, channel)
                                           : 0.0f;
    fill_constant(pixels, mask, shown[c], channel);
    for (size_t p = 0; d->fill == ROTE_FILL_NOISE && p < pixels; p++) {
      channel[p] = mask[p] != 0 ? channel[p] : room->number[c * pixels + p];
    }
  }
}
