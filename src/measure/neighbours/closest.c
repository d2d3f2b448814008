#include "closest.h"

#include "rote/memory.h"
#include "rote/screen.h"

#include <math.h>

struct rote_closest {
  size_t numbers;
  rote_screen *screen;
  float *y; /* [ROTE_SCREEN_COLUMNS, D] */
};

rote_status rote_closest_create(size_t numbers, rote_closest **out)
{
  rote_status status = ROTE_OK;
  rote_closest *c = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  c->numbers = numbers;
  ROTE_TRY(rote_screen_create(numbers, ROTE_CLOSEST_BATCH, &c->screen));
  ROTE_TRY(rote_alloc(ROTE_SCREEN_COLUMNS * numbers, sizeof *c->y, &c->y));
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
    rote_screen_destroy(&c->screen);
    rote_free(&c->y);
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

/* The columns of the screen, images from `first` on, that can be among the k closest to image i. */
static void look(const rote_closest *c, const rote_closest_search *s, size_t i, size_t first,
                 rote_closest_one *list)
{
  const uint32_t self = s->self != NULL ? s->self[i] : ROTE_CLOSEST_NONE;
  uint16_t column[ROTE_SCREEN_COLUMNS];
  int32_t least = rote_screen_least(c->screen, i, list[s->k - 1].square);
  const size_t count = rote_screen_select(c->screen, i, least, column);
  for (size_t l = 0; l < count; l++) {
    const uint32_t index = (uint32_t)(first + column[l]);
    double square;
    if (index == self || !rote_screen_reaches(c->screen, i, column[l], least)) {
      continue;
    }
    if (!rote_screen_square(c->screen, i, column[l], &square)) {
      square =
          rote_closest_square(c->numbers, s->x + i * c->numbers, c->y + column[l] * c->numbers);
    }
    insert(list, s->k, square, index);
    least = rote_screen_least(c->screen, i, list[s->k - 1].square);
  }
}

rote_status rote_closest_find(rote_closest *c, const rote_closest_search *s,
                              const rote_closest_source *source, rote_closest_one *found)
{
  for (size_t i = 0; i < s->count * s->k; i++) {
    found[i] = (rote_closest_one){.square = (double)INFINITY, .index = ROTE_CLOSEST_NONE};
  }
  rote_screen_rows(c->screen, s->count, s->x);
  for (size_t first = 0; first < source->count; first += ROTE_SCREEN_COLUMNS) {
    const size_t left = source->count - first;
    const size_t n = left < ROTE_SCREEN_COLUMNS ? left : ROTE_SCREEN_COLUMNS;
    if (s->abandon != NULL && s->abandon(s->context)) {
      return rote_fail(ROTE_STOPPED, "stopped in a search for neighbours");
    }
    source->load(source->context, first, n, c->y);
    rote_screen_columns(c->screen, n, c->y);
    for (size_t row = 0; row < s->count; row += ROTE_SCREEN_ROWS) {
      const size_t rest = s->count - row, m = rest < ROTE_SCREEN_ROWS ? rest : ROTE_SCREEN_ROWS;
      rote_screen_multiply(c->screen, row, m);
      for (size_t i = row; i < row + m; i++) {
        look(c, s, i, first, found + i * s->k);
      }
    }
  }
  return ROTE_OK;
}
