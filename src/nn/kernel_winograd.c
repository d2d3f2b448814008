/* Winograd's transforms in vectors, compiled once per instruction set. Formulas: rote/kernels.h.
 *
 * Products with 3/2 and 5/2 are one fused multiply-add each, all others with powers of two, which
 * are exact: v3 and v4 round alike. */
#include "kernel_register.h"
#include "kernel_tables.h"

#include <stddef.h>

enum { TILE = ROTE_WINOGRAD_TILE, POINTS = ROTE_WINOGRAD_POINTS };

/* The transform of one line: every s-th number of the first to every o-th of the second. */
typedef void line(const vec *, vec *, int s, int o);

/* v = B d */
INLINE void high_line(const vec *d, vec *v, int s, int o)
{
  const vec d1 = d[s], d2 = d[2 * s], d3 = d[3 * s];
  const vec rise = d2 - d1, next = d3 - d2;
  v[0] = (d3 - d[0]) + 1.5f * rise;
  v[o] = (d1 + d3) + 2.5f * d2;
  v[2 * o] = (d2 + d3) - 2.0f * d1;
  v[3 * o] = d3 - 0.5f * (d1 + d2);
  v[4 * o] = (d[4 * s] - d1) + 1.5f * next;
}

/* d = B' v */
INLINE void high_back_line(const vec *v, vec *d, int s, int o)
{
  const vec v0 = v[0], v1 = v[s], v2 = v[2 * s], v3 = v[3 * s], v4 = v[4 * s];
  const vec half = 0.5f * v3;
  d[0] = -v0;
  d[o] = ((v1 - v4) - 1.5f * v0) - (2.0f * v2 + half);
  d[2 * o] = (v2 - half) + 2.5f * v1 + 1.5f * (v0 - v4);
  d[3 * o] = ((v0 + v1) + (v2 + v3)) + 1.5f * v4;
  d[4 * o] = v4;
}

/* v = A y */
INLINE void low_line(const vec *y, vec *v, int s, int o)
{
  const vec y0 = y[0], y1 = y[s], y2 = y[2 * s], y3 = y[3 * s];
  v[0] = y0;
  v[o] = (y0 + y1) + (y2 + y3);
  v[2 * o] = (y0 - 0.5f * y1) + (0.25f * y2 - 0.125f * y3);
  v[3 * o] = (y0 - 2.0f * y1) + (4.0f * y2 - 8.0f * y3);
  v[4 * o] = y3;
}

/* y = A' v */
INLINE void low_back_line(const vec *v, vec *y, int s, int o)
{
  const vec v1 = v[s], v2 = v[2 * s], v3 = v[3 * s];
  y[0] = (v[0] + v1) + (v2 + v3);
  y[o] = v1 - (0.5f * v2 + 2.0f * v3);
  y[2 * o] = v1 + (0.25f * v2 + 4.0f * v3);
  y[3 * o] = (v1 + v[4 * s]) - (0.125f * v2 + 8.0f * v3);
}

#define NINTH (1.0f / 9)

/* u = G g */
INLINE void weight_line(const vec *g, vec *u, int s, int o)
{
  const vec g0 = g[0], g1 = g[s];
  u[0] = -g0;
  u[o] = (2 * NINTH) * (g0 + g1);
  u[2 * o] = (8 * NINTH) * (g0 - 0.5f * g1);
  u[3 * o] = -NINTH * (g0 - 2.0f * g1);
  u[4 * o] = g1;
}

/* g = G' u */
INLINE void weight_back_line(const vec *u, vec *g, int s, int o)
{
  const vec u1 = 2.0f * u[s], u2 = 8.0f * u[2 * s], u3 = u[3 * s];
  g[0] = NINTH * ((u1 + u2) - u3) - u[0];
  g[o] = NINTH * ((u1 - 0.5f * u2) + 2.0f * u3) + u[4 * s];
}

/* Between the lines one way and those the other: the compiler must not fuse a product of the first
 * with a sum of the second, nor share it, where one instruction set would round it and another not.
 */
#define ROUND(middle) __asm__("" : "+m"(middle))

/* places = T image T' from side x side numbers, line by line; the arguments from `transform` on are
 * constants of the caller. A cache line of every number at once: many pixels share a set of the
 * cache, where they would not stay until the rest of the line is asked for. */
INLINE void to_places(const rote_winograd *t, size_t from, float *to, line *transform,
                      const int side, const bool padded)
{
  vec numbers[POINTS], middle[PARTS][POINTS * POINTS];
  const size_t plane = t->plane;
#pragma GCC unroll 5
  for (int x = 0; x < side; x++) {
#pragma GCC unroll 4
    for (size_t h = 0; h < PARTS; h++) {
#pragma GCC unroll 5
      for (int y = 0; y < side; y++) {
        const float *image = t->image[y * side + x];
        numbers[y] = padded && image == NULL ? (vec){0} : vec_load(image + from + h * WIDTH);
      }
      transform(numbers, middle[h] + x, 1, side);
    }
  }
  ROUND(middle);
#pragma GCC unroll 5
  for (int y = 0; y < POINTS; y++, to += POINTS * plane) {
#pragma GCC unroll 4
    for (size_t h = 0; h < PARTS; h++) {
      transform(middle[h] + y * side, numbers, 1, 1);
#pragma GCC unroll 5
      for (size_t x = 0; x < POINTS; x++) {
        vec_store(to + x * plane + h * WIDTH, numbers[x]);
      }
    }
  }
}

/* What becomes of the numbers of a row or column of an image; where two cross, the higher counts.
 */
typedef enum { SET, ADD, SKIP } edge;

typedef struct {
  edge left, right, top, bottom;
} edges;

static edge edge_of(const rote_winograd *t, int i)
{
  return t->image[i] == NULL ? SKIP : (t->adds >> i & 1) != 0 ? ADD : SET;
}

/* By the numbers in the middle of the four sides. */
static edges edges_of(const rote_winograd *t)
{
  const int middle = POINTS / 2, end = POINTS - 1;
  return (edges){edge_of(t, middle * POINTS), edge_of(t, middle * POINTS + end), edge_of(t, middle),
                 edge_of(t, end * POINTS + middle)};
}

INLINE void leave(edge column, edge row, float *const *image, size_t at, vec v, vec shift)
{
  const edge here = column > row ? column : row;
  if (here != SKIP) {
    vec_store(*image + at, v + (here == ADD ? vec_load(*image + at) : shift));
  }
}

/* image = T places T' to side x side numbers. */
INLINE void to_image(const rote_winograd *t, const float *from, size_t to, vec shift,
                     line *transform, const int side, const edges e)
{
  vec numbers[POINTS], middle[PARTS][POINTS * POINTS];
#pragma GCC unroll 5
  for (int y = 0; y < POINTS; y++, from += POINTS * t->plane) {
#pragma GCC unroll 4
    for (size_t h = 0; h < PARTS; h++) {
#pragma GCC unroll 5
      for (size_t x = 0; x < POINTS; x++) {
        numbers[x] = vec_load(from + x * t->plane + h * WIDTH);
      }
      transform(numbers, middle[h] + y * side, 1, 1);
    }
  }
  ROUND(middle);
#pragma GCC unroll 5
  for (int x = 0; x < side; x++) {
    const edge column = x == 0 ? e.left : x == side - 1 ? e.right : SET;
    if (column == SKIP) {
      continue;
    }
#pragma GCC unroll 4
    for (size_t h = 0; h < PARTS; h++) {
      transform(middle[h] + x, numbers, side, 1);
#pragma GCC unroll 5
      for (int y = 0; y < side; y++) {
        const edge row = y == 0 ? e.top : y == side - 1 ? e.bottom : SET;
        leave(column, row, &t->image[y * side + x], to + h * WIDTH, numbers[y], shift);
      }
    }
  }
}

#define TRANSFORMS(name, side, of_high)                                                            \
  static void name(size_t rows, size_t n, const rote_winograd *t)                                  \
  {                                                                                                \
    for (size_t r = 0; r < rows; r++) {                                                            \
      for (size_t j = 0; j < n; j += ROTE_COLUMN_BLOCK) {                                          \
        to_places(t, r * t->ld_image + j, t->places + r * t->ld_places + j, name##_line, side,     \
                  of_high);                                                                        \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static void name##_back(size_t rows, size_t n, const rote_winograd *t)                           \
  {                                                                                                \
    const edges e = of_high ? edges_of(t) : (edges){SET, SET, SET, SET};                           \
    for (size_t r = 0; r < rows; r++) {                                                            \
      const vec shift = vec_set(t->shift == NULL ? 0.0f : t->shift[r]);                            \
      for (size_t j = 0; j < n; j += ROTE_COLUMN_BLOCK) {                                          \
        to_image(t, t->places + r * t->ld_places + j, r * t->ld_image + j, shift,                  \
                 name##_back_line, side, e);                                                       \
      }                                                                                            \
    }                                                                                              \
  }
TRANSFORMS(high, POINTS, true)
TRANSFORMS(low, TILE, false)
TRANSFORMS(weight, 2, false)

rote_winograd_transform *const ROTE_ISA_NAME(rote_winograd_transforms)[] = {
    [ROTE_WINOGRAD_HIGH] = high,     [ROTE_WINOGRAD_HIGH_BACK] = high_back,
    [ROTE_WINOGRAD_LOW] = low,       [ROTE_WINOGRAD_LOW_BACK] = low_back,
    [ROTE_WINOGRAD_WEIGHT] = weight, [ROTE_WINOGRAD_WEIGHT_BACK] = weight_back,
};
