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

/* v = B d; every s-th number of d, every s-th place of v. */
static inline void high_line(const vec *d, vec *v, int s)
{
  const vec d1 = d[s], d2 = d[2 * s], d3 = d[3 * s];
  const vec rise = d2 - d1, next = d3 - d2;
  v[0] = (d3 - d[0]) + 1.5f * rise;
  v[s] = (d1 + d3) + 2.5f * d2;
  v[2 * s] = (d2 + d3) - 2.0f * d1;
  v[3 * s] = d3 - 0.5f * (d1 + d2);
  v[4 * s] = (d[4 * s] - d1) + 1.5f * next;
}

/* d = B' v */
static inline void high_back_line(const vec *v, vec *d, int s)
{
  const vec v0 = v[0], v1 = v[s], v2 = v[2 * s], v3 = v[3 * s], v4 = v[4 * s];
  const vec half = 0.5f * v3;
  d[0] = -v0;
  d[s] = ((v1 - v4) - 1.5f * v0) - (2.0f * v2 + half);
  d[2 * s] = (v2 - half) + 2.5f * v1 + 1.5f * (v0 - v4);
  d[3 * s] = ((v0 + v1) + (v2 + v3)) + 1.5f * v4;
  d[4 * s] = v4;
}

/* v = A y */
static inline void low_line(const vec *y, vec *v, int s)
{
  const vec y0 = y[0], y1 = y[s], y2 = y[2 * s], y3 = y[3 * s];
  v[0] = y0;
  v[s] = (y0 + y1) + (y2 + y3);
  v[2 * s] = (y0 - 0.5f * y1) + (0.25f * y2 - 0.125f * y3);
  v[3 * s] = (y0 - 2.0f * y1) + (4.0f * y2 - 8.0f * y3);
  v[4 * s] = y3;
}

/* y = A' v */
static inline void low_back_line(const vec *v, vec *y, int s)
{
  const vec v1 = v[s], v2 = v[2 * s], v3 = v[3 * s];
  y[0] = (v[0] + v1) + (v2 + v3);
  y[s] = v1 - (0.5f * v2 + 2.0f * v3);
  y[2 * s] = v1 + (0.25f * v2 + 4.0f * v3);
  y[3 * s] = (v1 + v[4 * s]) - (0.125f * v2 + 8.0f * v3);
}

#define NINTH (1.0f / 9)

/* u = G g */
static inline void weight_line(const vec *g, vec *u, int s)
{
  const vec g0 = g[0], g1 = g[s];
  u[0] = -g0;
  u[s] = (2 * NINTH) * (g0 + g1);
  u[2 * s] = (8 * NINTH) * (g0 - 0.5f * g1);
  u[3 * s] = -NINTH * (g0 - 2.0f * g1);
  u[4 * s] = g1;
}

/* g = G' u */
static inline void weight_back_line(const vec *u, vec *g, int s)
{
  const vec u1 = 2.0f * u[s], u2 = 8.0f * u[2 * s], u3 = u[3 * s];
  g[0] = NINTH * ((u1 + u2) - u3) - u[0];
  g[s] = NINTH * ((u1 - 0.5f * u2) + 2.0f * u3) + u[4 * s];
}

static inline void load(const rote_winograd *t, int count, size_t at, vec *v)
{
  for (int i = 0; i < count; i++) {
    v[i] = (vec){0};
    if (t->in[i] != NULL) {
      memcpy(&v[i], t->in[i] + at, sizeof *v);
    }
  }
}

static inline void store(const rote_winograd *t, int count, size_t row, size_t at, vec *v)
{
  for (int i = 0; i < count; i++) {
    if (t->out[i] == NULL) {
      continue;
    }
    if ((t->adds >> i & 1) != 0) {
      vec sum;
      memcpy(&sum, t->out[i] + at, sizeof sum);
      v[i] += sum;
    } else if (t->shift != NULL) {
      v[i] += t->shift[row];
    }
    memcpy(t->out[i] + at, &v[i], sizeof *v);
  }
}

/* out = T in T' from FROM x FROM to TO x TO, one register of columns after the other. */
#define TRANSFORM(name, FROM, TO)                                                                  \
  static void name(size_t rows, size_t n, const rote_winograd *t)                                  \
  {                                                                                                \
    for (size_t r = 0; r < rows; r++) {                                                            \
      for (size_t j = 0; j < n; j += WIDTH) {                                                      \
        vec in[FROM * FROM], middle[POINTS * POINTS], out[TO * TO];                                \
        load(t, FROM *FROM, r * t->ld_in + j, in);                                                 \
        for (int i = 0; i < FROM; i++) {                                                           \
          name##_line(in + i, middle + i, FROM);                                                   \
        }                                                                                          \
        for (int i = 0; i < TO; i++) {                                                             \
          name##_line(middle + i * FROM, out + i * TO, 1);                                         \
        }                                                                                          \
        store(t, TO *TO, r, r * t->ld_out + j, out);                                               \
      }                                                                                            \
    }                                                                                              \
  }
TRANSFORM(high, POINTS, POINTS)
TRANSFORM(high_back, POINTS, POINTS)
TRANSFORM(low, TILE, POINTS)
TRANSFORM(low_back, POINTS, TILE)
TRANSFORM(weight, 2, POINTS)
TRANSFORM(weight_back, POINTS, 2)

rote_winograd_transform *const ROTE_ISA_NAME(rote_winograd_transforms)[] = {
    [ROTE_WINOGRAD_HIGH] = high,     [ROTE_WINOGRAD_HIGH_BACK] = high_back,
    [ROTE_WINOGRAD_LOW] = low,       [ROTE_WINOGRAD_LOW_BACK] = low_back,
    [ROTE_WINOGRAD_WEIGHT] = weight, [ROTE_WINOGRAD_WEIGHT_BACK] = weight_back,
};
