#include "relabel.h"

#include "copying.h"
#include "rote/memory.h"

#include <math.h>

typedef struct {
  const rote_relabel_problem *problem;
  rote_copying *copying;
  uint8_t *training;         /* [2 B] 1: is called a training image */
  uint32_t *order;           /* [2 B] */
  double *sample, *held_out; /* [n], [B] distances to the nearest training image */
  uint32_t *held_out_cell;   /* [B] */
} relabeller;

double rote_distance_ratio(double held_out, double sample)
{
  return sample == 0 && held_out == 0 ? 1 : held_out / sample;
}

/* Distance to the first of a list with this name. */
static double first_called(const relabeller *r, const rote_relabel_side *side, size_t i,
                           uint8_t training)
{
  const size_t l = r->problem->list;
  const uint32_t *near = side->near + i * l;
  const double *distance = side->distance + i * l;
  double last = (double)NAN;
  for (size_t j = 0; j < l && near[j] != UINT32_MAX; j++) {
    last = distance[j];
    if (r->training[near[j]] == training) {
      break;
    }
  }
  return last;
}

static double copying(relabeller *r)
{
  const rote_relabel_problem *p = r->problem;
  size_t held_out = 0;
  for (size_t i = 0; i < p->sample.count; i++) {
    r->sample[i] = first_called(r, &p->sample, i, 1);
  }
  for (size_t i = 0; i < p->pool.count; i++) {
    if (r->training[i] == 0) {
      r->held_out[held_out] = first_called(r, &p->pool, i, 1);
      r->held_out_cell[held_out++] = p->pool.cell[i];
    }
  }
  const rote_copying_side samples = {p->sample.count, r->sample, p->sample.cell};
  const rote_copying_side others = {held_out, r->held_out, r->held_out_cell};
  return rote_copying_test(r->copying, &samples, &others, p->share, NULL, NULL, NULL);
}

static double mean_ratio(const relabeller *r)
{
  const rote_relabel_problem *p = r->problem;
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < p->pool.count; i++) {
    if (r->training[i] != 0) {
      sum += rote_distance_ratio(first_called(r, &p->pool, i, 0), p->nearest_sample[i]);
      count++;
    }
  }
  return sum / (double)count;
}

/* The smallest distance above 0 between two training images; 0 if no list has any. */
static double smallest_distance(const relabeller *r)
{
  const rote_relabel_problem *p = r->problem;
  double smallest = (double)INFINITY;
  for (size_t i = 0; i < p->pool.count; i++) {
    const uint32_t *near = p->pool.near + i * p->list;
    const double *distance = p->pool.distance + i * p->list;
    size_t j = 0;
    while (r->training[i] != 0 && j < p->list && near[j] != UINT32_MAX && distance[j] < smallest) {
      if (distance[j] > 0 && r->training[near[j]] != 0) {
        smallest = distance[j];
      }
      j++;
    }
  }
  return isinf(smallest) ? 0 : smallest;
}

static double near_duplicates(const relabeller *r)
{
  const rote_relabel_problem *p = r->problem;
  const double bound = smallest_distance(r);
  size_t count = 0;
  for (size_t i = 0; i < p->sample.count; i++) {
    const uint32_t *near = p->sample.near + i * p->list;
    const double *distance = p->sample.distance + i * p->list;
    for (size_t j = 0; j < p->list && near[j] != UINT32_MAX && distance[j] < bound; j++) {
      count += r->training[near[j]];
    }
  }
  return (double)count;
}

static void compute(relabeller *r, double *value)
{
  value[ROTE_RELABEL_COPYING] = copying(r);
  value[ROTE_RELABEL_RATIO] = mean_ratio(r);
  value[ROTE_RELABEL_NEAR_DUPLICATES] = near_duplicates(r);
}

/* Ties count. A value that is not there, for no cell counts, counts as well: that can only make p
 * larger. */
static bool is_extreme(int statistic, double value, double observed)
{
  return statistic == ROTE_RELABEL_COPYING ? !(value > observed) : !(value < observed);
}

static void deal(const relabeller *r, size_t permutation)
{
  const rote_relabel_problem *p = r->problem;
  rote_random_permutation(p->stream, (uint32_t)permutation, (uint32_t)p->pool.count, r->order);
  for (size_t i = 0; i < p->pool.count; i++) {
    r->training[r->order[i]] = i < p->pool.count / 2;
  }
}

static rote_status permute(relabeller *r, rote_relabel_result *result)
{
  const rote_relabel_problem *p = r->problem;
  size_t extreme[ROTE_RELABEL_STATISTICS] = {0};
  double value[ROTE_RELABEL_STATISTICS];
  for (size_t i = 0; i < p->permutations; i++) {
    if (p->abandon != NULL && p->abandon(p->context)) {
      return rote_fail(ROTE_STOPPED, "stopped between two permutations");
    }
    deal(r, i);
    compute(r, value);
    for (int s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
      extreme[s] += is_extreme(s, value[s], result->value[s]);
    }
  }
  for (int s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    result->p[s] = p->permutations == 0 || isnan(result->value[s])
                       ? (double)NAN
                       : (double)(1 + extreme[s]) / (double)(1 + p->permutations);
  }
  return ROTE_OK;
}

rote_status rote_relabel(const rote_relabel_problem *p, rote_relabel_result *result)
{
  rote_status status = ROTE_OK;
  const size_t pool = p->pool.count, n = p->sample.count;
  relabeller r = {.problem = p};
  ROTE_TRY(rote_copying_create(n + pool, p->cells, &r.copying));
  ROTE_TRY(rote_alloc(pool, sizeof *r.training, &r.training));
  ROTE_TRY(rote_alloc(pool, sizeof *r.order, &r.order));
  ROTE_TRY(rote_alloc(n, sizeof *r.sample, &r.sample));
  ROTE_TRY(rote_alloc(pool, sizeof *r.held_out, &r.held_out));
  ROTE_TRY(rote_alloc(pool, sizeof *r.held_out_cell, &r.held_out_cell));
  for (size_t i = 0; i < pool; i++) {
    r.training[i] = i < pool / 2;
  }
  compute(&r, result->value);
  ROTE_TRY(permute(&r, result));
done:
  rote_copying_destroy(&r.copying);
  rote_free(&r.training);
  rote_free(&r.order);
  rote_free(&r.sample);
  rote_free(&r.held_out);
  rote_free(&r.held_out_cell);
  return status;
}
