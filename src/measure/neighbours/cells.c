#include "cells.h"

#include "closest.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

typedef struct {
  size_t n, numbers, k;
  const float *x;
  float *centre;
  double *square; /* [n] to the nearest centre */
  uint32_t *cell; /* [n] */
  double *sum;    /* [k, D] */
  size_t *count;  /* [k] */
} cells;

static size_t nearest(size_t numbers, const float *x, size_t k, const float *centre, double *square)
{
  size_t best = 0;
  *square = rote_closest_square(numbers, x, centre);
  for (size_t c = 1; c < k; c++) {
    const double other = rote_closest_square(numbers, x, centre + c * numbers);
    if (other < *square) {
      *square = other;
      best = c;
    }
  }
  return best;
}

size_t rote_cells_of(size_t numbers, const float *x, size_t k, const float *centre)
{
  double square = 0;
  return nearest(numbers, x, k, centre, &square);
}

static void begin_at(cells *c, size_t cell, size_t image)
{
  memcpy(c->centre + cell * c->numbers, c->x + image * c->numbers, c->numbers * sizeof *c->x);
}

/* An image by a probability proportional to its squared distance; the first if all are 0. */
static size_t draw(const cells *c, double uniform)
{
  double all = 0, sum = 0;
  size_t last = 0;
  for (size_t i = 0; i < c->n; i++) {
    all += c->square[i];
  }
  for (size_t i = 0; i < c->n; i++) {
    sum += c->square[i];
    if (c->square[i] > 0) {
      last = i;
      if (sum > uniform * all) {
        return i;
      }
    }
  }
  return last;
}

static void begin(cells *c, rote_stream stream, uint32_t item)
{
  for (size_t i = 0; i < c->n; i++) {
    c->square[i] = 1;
  }
  for (size_t cell = 0; cell < c->k; cell++) {
    uint32_t word[2];
    rote_random_words(stream, item + (uint32_t)cell, 2, word);
    begin_at(c, cell, draw(c, (word[0] + word[1] / 4294967296.0) / 4294967296.0));
    for (size_t i = 0; i < c->n; i++) {
      const double square =
          rote_closest_square(c->numbers, c->x + i * c->numbers, c->centre + cell * c->numbers);
      c->square[i] = cell == 0 || square < c->square[i] ? square : c->square[i];
    }
  }
}

/* @return whether any image changed its cell */
static bool assign(cells *c)
{
  bool changed = false;
  for (size_t i = 0; i < c->n; i++) {
    const size_t cell = nearest(c->numbers, c->x + i * c->numbers, c->k, c->centre, &c->square[i]);
    changed = changed || cell != c->cell[i];
    c->cell[i] = (uint32_t)cell;
  }
  return changed;
}

static void refill(cells *c, size_t cell)
{
  size_t farthest = 0;
  for (size_t i = 1; i < c->n; i++) {
    farthest = c->square[i] > c->square[farthest] ? i : farthest;
  }
  if (c->square[farthest] > 0) {
    begin_at(c, cell, farthest);
    c->square[farthest] = 0; /* it serves one cell */
  }
}

static void move_centres(cells *c)
{
  memset(c->sum, 0, c->k * c->numbers * sizeof *c->sum);
  memset(c->count, 0, c->k * sizeof *c->count);
  for (size_t i = 0; i < c->n; i++) {
    double *sum = c->sum + c->cell[i] * c->numbers;
    c->count[c->cell[i]]++;
    for (size_t d = 0; d < c->numbers; d++) {
      sum[d] += (double)c->x[i * c->numbers + d];
    }
  }
  for (size_t cell = 0; cell < c->k; cell++) {
    if (c->count[cell] == 0) {
      refill(c, cell);
      continue;
    }
    for (size_t d = 0; d < c->numbers; d++) {
      c->centre[cell * c->numbers + d] =
          (float)(c->sum[cell * c->numbers + d] / (double)c->count[cell]);
    }
  }
}

rote_status rote_cells_make(rote_stream stream, uint32_t item, size_t n, size_t numbers,
                            const float *x, size_t k, float *centre)
{
  rote_status status = ROTE_OK;
  cells c = {.n = n, .numbers = numbers, .k = k < n ? k : n, .x = x, .centre = centre};
  ROTE_TRY(rote_alloc(n, sizeof *c.square, &c.square));
  ROTE_TRY(rote_alloc(n, sizeof *c.cell, &c.cell));
  ROTE_TRY(rote_alloc(k * numbers, sizeof *c.sum, &c.sum));
  ROTE_TRY(rote_alloc(k, sizeof *c.count, &c.count));
  begin(&c, stream, item);
  for (size_t round = 0; round < ROTE_CELLS_ROUNDS; round++) {
    if (!assign(&c) && round > 0) {
      break;
    }
    move_centres(&c);
  }
  for (size_t cell = c.k; cell < k; cell++) {
    begin_at(&c, cell, 0);
  }
done:
  rote_free(&c.square);
  rote_free(&c.cell);
  rote_free(&c.sum);
  rote_free(&c.count);
  return status;
}
