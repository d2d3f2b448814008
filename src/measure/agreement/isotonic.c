#include "rote/isotonic.h"

#include "rote/memory.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct {
  double x, y;
  size_t index;
} point;

/* Points that have one value: their mean. */
typedef struct {
  size_t first, count;
  double sum;
} block;

static int compare_points(const void *a, const void *b)
{
  const point *p = a, *q = b;
  return p->x != q->x ? (p->x > q->x) - (p->x < q->x)
                      : (p->index > q->index) - (p->index < q->index);
}

static double mean(const block *b)
{
  return b->sum / (double)b->count;
}

/* @return number of blocks */
static size_t pool(size_t n, const point *p, block *blocks)
{
  size_t count = 0;
  for (size_t i = 0; i < n;) {
    block next = {.first = i};
    do {
      next.sum += p[i++].y;
      next.count++;
    } while (i < n && p[i].x == p[i - 1].x);
    blocks[count++] = next;
    while (count > 1 && mean(&blocks[count - 2]) >= mean(&blocks[count - 1])) {
      blocks[count - 2].sum += blocks[count - 1].sum;
      blocks[count - 2].count += blocks[count - 1].count;
      count--;
    }
  }
  return count;
}

rote_status rote_isotonic(size_t n, const double *x, const double *y, double *fit)
{
  rote_status status = ROTE_OK;
  point *p = NULL;
  block *blocks = NULL;
  size_t used = 0;
  ROTE_TRY(rote_alloc(n, sizeof *p, &p));
  ROTE_TRY(rote_alloc(n, sizeof *blocks, &blocks));
  for (size_t i = 0; i < n; i++) {
    fit[i] = NAN;
    if (isfinite(x[i]) && isfinite(y[i])) {
      p[used++] = (point){x[i], y[i], i};
    }
  }
  if (used > 1) {
    qsort(p, used, sizeof *p, compare_points);
  }
  const size_t count = pool(used, p, blocks);
  for (size_t b = 0; b < count; b++) {
    for (size_t i = blocks[b].first; i < blocks[b].first + blocks[b].count; i++) {
      fit[p[i].index] = mean(&blocks[b]);
    }
  }
done:
  rote_free(&p);
  rote_free(&blocks);
  return status;
}
