#include "copying.h"

#include "rote/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
  double distance;
  uint32_t cell;
  bool sample;
} member;

struct rote_copying {
  size_t cells;
  member *member; /* [images] */
  double *u;      /* [k] of a cell, then its z */
  size_t *n, *m;  /* [k] */
};

rote_status rote_copying_create(size_t images, size_t cells, rote_copying **out)
{
  rote_status status = ROTE_OK;
  rote_copying *c = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  c->cells = cells;
  ROTE_TRY(rote_alloc(images, sizeof *c->member, &c->member));
  ROTE_TRY(rote_alloc(cells, sizeof *c->u, &c->u));
  ROTE_TRY(rote_alloc(cells, sizeof *c->n, &c->n));
  ROTE_TRY(rote_alloc(cells, sizeof *c->m, &c->m));
  *out = c;
  c = NULL;
done:
  rote_copying_destroy(&c);
  return status;
}

void rote_copying_destroy(rote_copying **copying)
{
  rote_copying *c = *copying;
  if (c != NULL) {
    rote_free(&c->member);
    rote_free(&c->u);
    rote_free(&c->n);
    rote_free(&c->m);
    rote_free(copying);
  }
}

/* By cell, then by distance. */
static int compare_members(const void *a, const void *b)
{
  const member *x = a, *y = b;
  return x->cell != y->cell ? (x->cell > y->cell) - (x->cell < y->cell)
                            : (x->distance > y->distance) - (x->distance < y->distance);
}

static size_t gather(rote_copying *c, const rote_copying_side *side, bool sample, size_t at)
{
  for (size_t i = 0; i < side->count; i++) {
    if (!isnan(side->distance[i]) && side->cell[i] < c->cells) {
      c->member[at++] = (member){side->distance[i], side->cell[i], sample};
    }
  }
  return at;
}

/* U, n and m of the cells from sorted members: samples beyond the held-out images of smaller
 * distance, and half of those of the same. */
static void count_pairs(rote_copying *c, size_t all)
{
  for (size_t k = 0; k < c->cells; k++) {
    c->u[k] = 0;
    c->n[k] = c->m[k] = 0;
  }
  for (size_t i = 0; i < all;) {
    const uint32_t k = c->member[i].cell;
    const double distance = c->member[i].distance;
    size_t samples = 0, held_out = 0;
    for (; i < all && c->member[i].cell == k && c->member[i].distance == distance; i++) {
      samples += c->member[i].sample;
      held_out += !c->member[i].sample;
    }
    c->u[k] += (double)samples * ((double)c->m[k] + (double)held_out / 2);
    c->n[k] += samples;
    c->m[k] += held_out;
  }
}

static double z_of(const rote_copying *c, size_t k)
{
  const double n = (double)c->n[k], m = (double)c->m[k];
  return (c->u[k] - n * m / 2) / sqrt(n * m * (n + m + 1) / 12);
}

double rote_copying_test(rote_copying *c, const rote_copying_side *sample,
                         const rote_copying_side *held_out, double share, double *z,
                         uint32_t *samples, uint32_t *held_outs)
{
  const size_t n = gather(c, sample, true, 0), all = gather(c, held_out, false, n);
  double sum = 0, weights = 0;
  if (all > 1) {
    qsort(c->member, all, sizeof *c->member, compare_members);
  }
  count_pairs(c, all);
  for (size_t k = 0; k < c->cells; k++) {
    const bool counts = c->m[k] > 0 && c->n[k] > 0 && (double)c->n[k] > share * (double)n;
    const double z_k = counts ? z_of(c, k) : (double)NAN;
    sum += counts ? (double)c->m[k] * z_k : 0;
    weights += counts ? (double)c->m[k] : 0;
    if (z != NULL) {
      z[k] = z_k;
      samples[k] = (uint32_t)c->n[k];
      held_outs[k] = (uint32_t)c->m[k];
    }
  }
  return weights > 0 ? sum / weights : (double)NAN;
}
