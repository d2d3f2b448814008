/* Winograd's transforms in vectors, compiled once per instruction set. Formulas: rote/kernels.h.
 *
 * Products with 3/2 and 5/2 are one fused multiply-add each, all others with powers of two, which
 * are exact: v3 and v4 round alike. */
#include "kernel_tables.h"
#include "simd.h"

#include <stddef.h>

#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX2__)
#define WIDTH 8
#else
#define WIDTH 4
#endif

typedef float vec __attribute__((vector_size(WIDTH * 4)));

enum { TILE = ROTE_WINOGRAD_TILE, POINTS = ROTE_WINOGRAD_POINTS };

/* v = B d; every s-th number of d, every o-th place of v. */
static inline void high_line(const vec *d, vec *v, int s, int o)
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
static inline void high_back_line(const vec *v, vec *d, int s, int o)
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
static inline void low_line(const vec *y, vec *v, int s, int o)
{
  const vec y0 = y[0], y1 = y[s], y2 = y[2 * s], y3 = y[3 * s];
  v[0] = y0;
  v[o] = (y0 + y1) + (y2 + y3);
  v[2 * o] = (y0 - 0.5f * y1) + (0.25f * y2 - 0.125f * y3);
  v[3 * o] = (y0 - 2.0f * y1) + (4.0f * y2 - 8.0f * y3);
  v[4 * o] = y3;
}

/* y = A' v */
static inline void low_back_line(const vec *v, vec *y, int s, int o)
{
  const vec v1 = v[s], v2 = v[2 * s], v3 = v[3 * s];
  y[0] = (v[0] + v1) + (v2 + v3);
  y[o] = v1 - (0.5f * v2 + 2.0f * v3);
  y[2 * o] = v1 + (0.25f * v2 + 4.0f * v3);
  y[3 * o] = (v1 + v[4 * s]) - (0.125f * v2 + 8.0f * v3);
}

#define NINTH (1.0f / 9)

/* u = G g */
static inline void weight_line(const vec *g, vec *u, int s, int o)
{
  const vec g0 = g[0], g1 = g[s];
  u[0] = -g0;
  u[o] = (2 * NINTH) * (g0 + g1);
  u[2 * o] = (8 * NINTH) * (g0 - 0.5f * g1);
  u[3 * o] = -NINTH * (g0 - 2.0f * g1);
  u[4 * o] = g1;
}

/* g = G' u */
static inline void weight_back_line(const vec *u, vec *g, int s, int o)
{
  const vec u1 = 2.0f * u[s], u2 = 8.0f * u[2 * s], u3 = u[3 * s];
  g[0] = NINTH * ((u1 + u2) - u3) - u[0];
  g[o] = NINTH * ((u1 - 0.5f * u2) + 2.0f * u3) + u[4 * s];
}

static inline vec get(const float *p)
{
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void put(float *p, vec v)
{
  memcpy(p, &v, sizeof v);
}

/* places = T image T' from FROM x FROM, line by line in registers. Only high has padding. */
#define TO_PLACES(name, FROM, padded)                                                              \
  static inline void name##_register(const rote_winograd *t, size_t from, float *to)               \
  {                                                                                                \
    vec line[FROM], middle[POINTS * FROM];                                                         \
    for (int x = 0; x < FROM; x++) {                                                               \
      for (int y = 0; y < FROM; y++) {                                                             \
        const float *image = t->image[y * FROM + x];                                               \
        line[y] = (padded) && image == NULL ? (vec){0} : get(image + from);                        \
      }                                                                                            \
      name##_line(line, middle + x, 1, FROM);                                                      \
    }                                                                                              \
    for (int y = 0; y < POINTS; y++) {                                                             \
      vec whole[POINTS];                                                                           \
      name##_line(middle + y * FROM, whole, 1, 1);                                                 \
      for (int x = 0; x < POINTS; x++, to += t->plane) {                                           \
        put(to, whole[x]);                                                                         \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static void name(size_t rows, size_t n, const rote_winograd *t)                                  \
  {                                                                                                \
    for (size_t r = 0; r < rows; r++) {                                                            \
      for (size_t j = 0; j < n; j += WIDTH) {                                                      \
        name##_register(t, r * t->ld_image + j, t->places + r * t->ld_places + j);                 \
      }                                                                                            \
    }                                                                                              \
  }
TO_PLACES(high, POINTS, true)
TO_PLACES(low, TILE, false)
TO_PLACES(weight, 2, false)

/* One number of an image. Tiles share the first row and column of high. */
static inline void leave(const rote_winograd *t, int i, size_t at, vec v, vec shift)
{
  if (t->image[i] == NULL) {
    return;
  }
  put(t->image[i] + at, v + ((t->adds >> i & 1) != 0 ? get(t->image[i] + at) : shift));
}

/* image = T places T' to TO x TO. */
#define TO_IMAGE(name, TO, shared)                                                                 \
  static inline void name##_back_register(const rote_winograd *t, const float *from, size_t to,    \
                                          vec shift)                                               \
  {                                                                                                \
    vec middle[TO * POINTS];                                                                       \
    for (int y = 0; y < POINTS; y++) {                                                             \
      vec line[POINTS];                                                                            \
      for (int x = 0; x < POINTS; x++, from += t->plane) {                                         \
        line[x] = get(from);                                                                       \
      }                                                                                            \
      name##_back_line(line, middle + y * TO, 1, 1);                                               \
    }                                                                                              \
    for (int x = 0; x < TO; x++) {                                                                 \
      vec whole[TO];                                                                               \
      name##_back_line(middle + x, whole, TO, 1);                                                  \
      for (int y = 0; y < TO; y++) {                                                               \
        if (shared) {                                                                              \
          leave(t, y *TO + x, to, whole[y], shift);                                                \
        } else {                                                                                   \
          put(t->image[y * TO + x] + to, whole[y] + shift);                                        \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static void name##_back(size_t rows, size_t n, const rote_winograd *t)                           \
  {                                                                                                \
    for (size_t r = 0; r < rows; r++) {                                                            \
      const vec shift = (t->shift == NULL ? 0.0f : t->shift[r]) - (vec){0};                        \
      for (size_t j = 0; j < n; j += WIDTH) {                                                      \
        name##_back_register(t, t->places + r * t->ld_places + j, r * t->ld_image + j, shift);     \
      }                                                                                            \
    }                                                                                              \
  }
TO_IMAGE(high, POINTS, true)
TO_IMAGE(low, TILE, false)
TO_IMAGE(weight, 2, false)

rote_winograd_transform *const ROTE_ISA_NAME(rote_winograd_transforms)[] = {
    [ROTE_WINOGRAD_HIGH] = high,     [ROTE_WINOGRAD_HIGH_BACK] = high_back,
    [ROTE_WINOGRAD_LOW] = low,       [ROTE_WINOGRAD_LOW_BACK] = low_back,
    [ROTE_WINOGRAD_WEIGHT] = weight, [ROTE_WINOGRAD_WEIGHT_BACK] = weight_back,
};
