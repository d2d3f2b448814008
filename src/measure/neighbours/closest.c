#include "closest.h"

#include "rote/memory.h"

#include <float.h>
#include <math.h>

#define BLOCK 512 /* others at a time */
#define LANES 16  /* others that are looked at together */

struct rote_closest {
  size_t numbers;
  float *y;           /* [BLOCK, D] */
  rote_real *turned;  /* [D, BLOCK] */
  rote_real *product; /* [ROTE_CLOSEST_BATCH, BLOCK] */
  float *half;        /* [BLOCK] half the squared norms; INFINITY beyond the last */
  double *norm;       /* [ROTE_CLOSEST_BATCH] squared norms of those that are asked about */
};

rote_status rote_closest_create(size_t numbers, rote_closest **out)
{
  rote_status status = ROTE_OK;
  rote_closest *c = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  c->numbers = numbers;
  ROTE_TRY(rote_alloc(BLOCK * numbers, sizeof *c->y, &c->y));
  ROTE_TRY(rote_alloc(BLOCK * numbers, sizeof *c->turned, &c->turned));
  ROTE_TRY(rote_alloc((size_t)ROTE_CLOSEST_BATCH * BLOCK, sizeof *c->product, &c->product));
  ROTE_TRY(rote_alloc(BLOCK, sizeof *c->half, &c->half));
  ROTE_TRY(rote_alloc(ROTE_CLOSEST_BATCH, sizeof *c->norm, &c->norm));
  *out = c;
  c = NULL;
done:
  rote_closest_destroy(&c);
  return status;
}

void rote_closest_destroy(rote_closest **closest)
{
  rote_closest *c = *closest;
  if (c != NULL) {
    rote_free(&c->y);
    rote_free(&c->turned);
    rote_free(&c->product);
    rote_free(&c->half);
    rote_free(&c->norm);
    rote_free(closest);
  }
}

/* Four sums, so that they need not wait for each other. */
double rote_closest_square(size_t numbers, const float *x, const float *y)
{
  double sum[4] = {0};
  size_t d = 0;
  for (; d + 4 <= numbers; d += 4) {
    for (size_t l = 0; l < 4; l++) {
      const double difference = (double)x[d + l] - (double)y[d + l];
      sum[l] += difference * difference;
    }
  }
  for (; d < numbers; d++) {
    const double difference = (double)x[d] - (double)y[d];
    sum[0] += difference * difference;
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Eight sums: it is done for every image of every block. */
static double square_norm(size_t numbers, const float *x)
{
  double sum[8] = {0};
  size_t d = 0;
  for (; d + 8 <= numbers; d += 8) {
    for (size_t l = 0; l < 8; l++) {
      sum[l] += (double)x[d + l] * (double)x[d + l];
    }
  }
  for (; d < numbers; d++) {
    sum[0] += (double)x[d] * (double)x[d];
  }
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

/* Put into a sorted list of k, if it belongs there. */
static void insert(rote_closest_one *list, size_t k, double square, uint32_t index)
{
  size_t at = k;
  while (at > 0 && (square < list[at - 1].square ||
                    (square == list[at - 1].square && index < list[at - 1].index))) {
    at--;
  }
  if (at < k) {
    for (size_t i = k - 1; i > at; i--) {
      list[i] = list[i - 1];
    }
    list[at] = (rote_closest_one){.square = square, .index = index};
  }
}

/* With the products in order and @return the largest squared norm of the block. */
static double take_block(rote_closest *c, const rote_closest_source *source, size_t first, size_t n)
{
  double largest = 0;
  source->load(source->context, first, n, c->y);
  rote_kernels_get()->transpose(n, c->numbers, c->y, c->numbers, c->turned, BLOCK);
  for (size_t j = 0; j < n; j++) {
    const double norm = square_norm(c->numbers, c->y + j * c->numbers);
    c->half[j] = (float)(norm / 2);
    largest = fmax(largest, norm);
  }
  for (size_t j = n; j < BLOCK; j++) {
    c->half[j] = INFINITY;
  }
  return largest;
}

/* What product - half norm must reach for an image to be as close as `square`:
 *   |x|^2 + |y|^2 - 2 x.y <= square   <=>   x.y - |y|^2 / 2 >= (|x|^2 - square) / 2,
 * less what rounding can make of it. A product of D terms, each added with one rounding, is wrong
 * by at most D u |x| |y| (1 + D u) (Higham 2002, section 3.1), u = 2^-24; |x| |y| <= (|x|^2 +
 * |y|^2) / 2. Half norm and difference are rounded by u of themselves. More than twice that is
 * allowed. */
static float must_reach(const rote_closest *c, double norm, double largest, double square)
{
  const double slack = (double)(c->numbers + 8) * (double)FLT_EPSILON * (norm + largest);
  const double least = (norm - square) / 2 - slack;
  return least > -(double)FLT_MAX ? nextafterf((float)least, -INFINITY) : -INFINITY;
}

static bool any_reaches(const rote_real *product, const float *half, float least)
{
  int any = 0;
  for (size_t l = 0; l < LANES; l++) {
    any |= (float)product[l] - half[l] >= least;
  }
  return any != 0;
}

/* The others of a block, n of them, that can be among the k closest to image i. */
static void look(rote_closest *c, const rote_closest_search *s, size_t i, size_t first, size_t n,
                 double largest, rote_closest_one *list)
{
  const rote_real *product = c->product + i * BLOCK;
  const float *x = s->x + i * c->numbers;
  const uint32_t self = s->self != NULL ? s->self[i] : ROTE_CLOSEST_NONE;
  float least = must_reach(c, c->norm[i], largest, list[s->k - 1].square);
  for (size_t begin = 0; begin < n; begin += LANES) {
    if (!any_reaches(product + begin, c->half + begin, least)) {
      continue;
    }
    for (size_t j = begin; j < begin + LANES && j < n; j++) {
      const uint32_t index = (uint32_t)(first + j);
      if (index != self && (float)product[j] - c->half[j] >= least) {
        insert(list, s->k, rote_closest_square(c->numbers, x, c->y + j * c->numbers), index);
        least = must_reach(c, c->norm[i], largest, list[s->k - 1].square);
      }
    }
  }
}

rote_status rote_closest_find(rote_closest *c, const rote_closest_search *s,
                              const rote_closest_source *source, rote_closest_one *found)
{
  const rote_strided rows = {.data = s->x, .row = c->numbers, .column = 1};
  for (size_t i = 0; i < s->count; i++) {
    c->norm[i] = square_norm(c->numbers, s->x + i * c->numbers);
    for (size_t l = 0; l < s->k; l++) {
      found[i * s->k + l] =
          (rote_closest_one){.square = (double)INFINITY, .index = ROTE_CLOSEST_NONE};
    }
  }
  for (size_t first = 0; first < source->count; first += BLOCK) {
    const size_t left = source->count - first, n = left < BLOCK ? left : BLOCK;
    if (s->abandon != NULL && s->abandon(s->context)) {
      return rote_fail(ROTE_STOPPED, "stopped in a search for neighbours");
    }
    const double largest = take_block(c, source, first, n);
    rote_gemm(s->count, n, c->numbers, rows, c->turned, BLOCK, NULL, false, c->product, BLOCK);
    for (size_t i = 0; i < s->count; i++) {
      look(c, s, i, first, n, largest, found + i * s->k);
    }
  }
  return ROTE_OK;
}
