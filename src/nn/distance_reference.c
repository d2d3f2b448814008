#include "kernel_distance.h"

static uint64_t squared_distance(size_t pixels, const uint8_t *x, const uint8_t *y)
{
  uint64_t sum = 0;
  for (size_t d = 0; d < pixels; d++) {
    const int difference = x[d] - y[d];
    sum += (uint64_t)(difference * difference);
  }
  return sum;
}

void rote_distance_block_reference(size_t pixels, size_t m, const uint8_t *x, size_t n,
                                   const uint8_t *y, uint64_t *square, size_t ld)
{
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      square[i * ld + j] = squared_distance(pixels, x + i * pixels, y + j * pixels);
    }
  }
}

void rote_nearest_reference(size_t pixels, const rote_nearest_search *search,
                            rote_neighbours *found)
{
  for (size_t i = 0; i < search->count; i++) {
    const size_t own = search->first + i;
    rote_neighbours best = {UINT64_MAX, SIZE_MAX, 0, SIZE_MAX, 0};
    for (size_t j = 0; j < search->others; j++) {
      if (search->other == search->image && j == own) {
        continue;
      }
      const uint64_t square =
          squared_distance(pixels, search->image + own * pixels, search->other + j * pixels);
      if (square < best.square) {
        best.square = square;
        best.nearest = j;
      }
      if (square == 0) {
        best.first_copy = best.copies == 0 ? j : best.first_copy;
        best.copies++;
      }
      best.within += square <= search->bound;
    }
    found[i] = best;
  }
}

void rote_count_near_reference(size_t pixels, const rote_candidate_search *search, size_t *within)
{
  for (size_t i = 0; i < search->count; i++) {
    const size_t own = search->first + i;
    const uint8_t *x = search->image + search->candidate[own] * pixels;
    within[i] = 0;
    for (size_t j = 0; j < search->candidates; j++) {
      const uint8_t *y = search->image + search->candidate[j] * pixels;
      within[i] += j != own && squared_distance(pixels, x, y) <= search->bound;
    }
  }
}
