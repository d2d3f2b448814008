/* The density of k nearest neighbours. */
#include "rote/density.h"

#include "rote/kernels.h"
#include "rote/memory.h"

#include <math.h>

/* Points that are found beyond the k nearest at first: enough that leaving out a fold of those
 * seldom asks for more. */
#define SPARE 32

typedef struct {
  double square;
  size_t point;
} neighbour;

struct rote_knn_search {
  size_t points, neighbours;
  const double *square; /* [n] */
  size_t found;         /* that are in order: the nearest */
  neighbour *near;      /* [n] */
};

/* One dimension of all points at a time: the same sums for every point, in the order of the
 * dimensions. */
void rote_point_distances(size_t n, size_t d, const double *z, const double *columns, size_t ld,
                          double *square)
{
  rote_count_multiply_adds(1, n, d);
  for (size_t i = 0; i < n; i++) {
    square[i] = 0;
  }
  for (size_t k = 0; k < d; k++) {
    const double at = z[k], *restrict x = columns + k * ld;
    for (size_t i = 0; i < n; i++) {
      const double away = at - x[i];
      square[i] += away * away;
    }
  }
}

rote_left_out rote_fold_out(const rote_density_folds *f, size_t m)
{
  return (rote_left_out){.count = f->points - f->left[m],
                         .point = ROTE_NO_POINT,
                         .fold = f->fold + m / f->folds * f->points,
                         .of = (uint16_t)(m % f->folds)};
}

rote_status rote_knn_search_create(size_t n, size_t neighbours, rote_knn_search **out)
{
  rote_status status = ROTE_OK;
  rote_knn_search *s = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->points = n;
  s->neighbours = neighbours;
  ROTE_TRY(rote_alloc(n, sizeof *s->near, &s->near));
  *out = s;
  s = NULL;
done:
  rote_knn_search_destroy(&s);
  return status;
}

void rote_knn_search_destroy(rote_knn_search **search)
{
  if (*search != NULL) {
    rote_free(&(*search)->near);
    rote_free(search);
  }
}

/* Of several at one distance the first point is the nearest: the list has one order. */
static bool is_nearer(neighbour a, neighbour b)
{
  return a.square != b.square ? a.square < b.square : a.point < b.point;
}

/* The heap's root is the farthest. @param[in] at  may be nearer than its children */
static void sift(size_t n, neighbour *heap, size_t at)
{
  const neighbour moved = heap[at];
  for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
    if (child + 1 < n && is_nearer(heap[child], heap[child + 1])) {
      child++;
    }
    if (!is_nearer(moved, heap[child])) {
      break;
    }
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

/* The `count` nearest points, in order. */
static void find_nearest(rote_knn_search *s, size_t count)
{
  neighbour *heap = s->near;
  for (size_t i = 0; i < count; i++) {
    heap[i] = (neighbour){.square = s->square[i], .point = i};
  }
  for (size_t i = count / 2; i-- > 0;) {
    sift(count, heap, i);
  }
  for (size_t i = count; i < s->points;
       i++) { /* a later point is not nearer at the same distance */
    if (s->square[i] < heap[0].square) {
      heap[0] = (neighbour){.square = s->square[i], .point = i};
      sift(count, heap, 0);
    }
  }
  for (size_t left = count; left-- > 1;) { /* the farthest to the end */
    const neighbour farthest = heap[0];
    heap[0] = heap[left];
    heap[left] = farthest;
    sift(left, heap, 0);
  }
  s->found = count;
}

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

void rote_knn_begin(rote_knn_search *search, const double *square)
{
  search->square = square;
  find_nearest(search, least(search->neighbours + SPARE, search->points));
}

/* Walk along the neighbours that are left, until R_k and R_{k+1} are known.
 * @return whether the list was long enough, or has all points */
static bool walk(const rote_knn_search *s, const rote_left_out *out, rote_knn *knn)
{
  size_t passed = 0;
  for (size_t i = 0; i < s->found; i++) {
    if (rote_is_left_out(out, s->near[i].point)) {
      continue;
    }
    passed++;
    if (!isnan(knn->square)) {
      knn->next = s->near[i].square;
      return true;
    }
    if (passed >= s->neighbours && s->near[i].square > 0) {
      knn->square = s->near[i].square;
      knn->neighbours = passed;
      knn->raised = passed > s->neighbours;
    }
  }
  return s->found == s->points;
}

rote_knn rote_knn_find(rote_knn_search *search, const rote_left_out *out)
{
  rote_knn knn = {.points = 0};
  for (bool known = false; !known;) {
    knn = (rote_knn){.points = search->points - out->count,
                     .neighbours = search->neighbours,
                     .square = (double)NAN,
                     .next = (double)NAN};
    known = walk(search, out, &knn);
    if (!known) {
      find_nearest(search, least(4 * search->found, search->points));
    }
  }
  return knn;
}

/* log V_d = d/2 log pi - log Gamma(d/2 + 1) */
static double log_ball(size_t d)
{
  int sign = 0;
  return (double)d / 2 * log(acos(-1.0)) - lgamma_r((double)d / 2 + 1, &sign);
}

double rote_knn_log_p(const rote_knn *knn, size_t d)
{
  return log((double)knn->neighbours) - log((double)knn->points) - log_ball(d) -
         (double)d / 2 * log(knn->square);
}

/* Without a point at z a raised k is less by one, at the same distance (derived): there were k or
 * more of them, and if as many are left it is raised again, else R_k is the first one away. */
double rote_knn_influence(const rote_knn *knn, size_t d, double square)
{
  const double fewer = log1p(-1 / (double)knn->points);
  if (square > knn->square) {
    return fewer;
  }
  if (knn->raised && square == 0) {
    return fewer - log1p(-1 / (double)knn->neighbours);
  }
  return fewer + (double)d / 2 * log(knn->next / knn->square);
}
