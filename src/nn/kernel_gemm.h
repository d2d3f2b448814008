/* The matrix product, for kernel_fast.c: one instruction set a copy.
 *
 * A tile of ROWS x VECTORS accumulators stays in registers while k runs; B is read in panels of one
 * tile's width that stay in the first-level cache for DEPTH steps of k; A is read number by number
 * and broadcast, SLAB rows of it at a time, which stay in the second-level cache with BLOCK columns
 * of B. Blocks of k continue the sums in C, so the order of every sum is that of the plain loop. */
#ifndef ROTE_KERNEL_GEMM_H
#define ROTE_KERNEL_GEMM_H

#include "kernel_register.h"
#include "rote/kernels.h"

#if defined(__AVX512F__)
#define VECTORS 4 /* of 32 registers: 24 accumulators, 4 of B, 1 of A */
#define ROWS 6
#elif defined(__AVX2__)
#define VECTORS 2 /* of 16 registers: 12 accumulators, 2 of B, 1 of A */
#define ROWS 6
#else
#define VECTORS 2
#define ROWS 4
#endif
#define PANEL (VECTORS * WIDTH)
#if PANEL > 16
#define DEPTH 128
#else
#define DEPTH 256 /* fewer ways through C */
#endif
#define SLAB (48 * 256 / DEPTH)   /* a multiple of ROWS */
#define BLOCK (128 * 256 / DEPTH) /* a multiple of PANEL */

#define CACHE_LINE 16 /* floats */

/* The sums of a tile. rows and vectors are constants after inlining, so that they live in
 * registers: acc[i][j] += sum over k of A[i, p] B[p, j], step by step. */
INLINE void add_products(const int rows, const int vectors, vec acc[ROWS][VECTORS], size_t k,
                         rote_strided a, const float *b, size_t ldb)
{
  for (size_t p = 0; p < k; p++) {
    vec row[VECTORS];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      row[j] = vec_load(b + p * ldb + (size_t)j * WIDTH);
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const vec s = vec_set(a.data[(size_t)i * a.row + p * a.column]);
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) {
        acc[i][j] += s * row[j];
      }
    }
  }
}

INLINE void store_sums(const int rows, const int vectors, vec acc[ROWS][VECTORS], float *c,
                       size_t ldc)
{
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      vec_store(c + (size_t)i * ldc + (size_t)j * WIDTH, acc[i][j]);
    }
  }
}

/* start: where the sums begin, in rows of ld_start; NULL: at the bias, or at 0. */
INLINE void begin_sums(const int rows, const int vectors, vec acc[ROWS][VECTORS],
                       const float *start, size_t ld_start, const float *bias)
{
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      acc[i][j] = start != NULL ? vec_load(start + (size_t)i * ld_start + (size_t)j * WIDTH)
                                : vec_set(bias != NULL ? bias[i] : 0.0f);
    }
  }
}

INLINE void tile(const int rows, const int vectors, size_t k, rote_strided a, const float *b,
                 size_t ldb, const float *start, size_t ld_start, const float *bias, float *c,
                 size_t ldc)
{
  vec acc[ROWS][VECTORS];
  begin_sums(rows, vectors, acc, start, ld_start, bias);
  /* Sums wait for C where they begin: have the tile below fetched meanwhile. */
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j += CACHE_LINE / WIDTH) {
      __builtin_prefetch(c + (size_t)(rows + i) * ldc + (size_t)j * WIDTH, 1);
    }
  }
  add_products(rows, vectors, acc, k, a, b, ldb);
  store_sums(rows, vectors, acc, c, ldc);
}

/* tile_function(height, ...) with the height as a constant. */
#if ROWS == 6
#define HIGHER_TILES(tile_function, ...)                                                           \
  case 6:                                                                                          \
    tile_function(6, __VA_ARGS__);                                                                 \
    break;                                                                                         \
  case 5:                                                                                          \
    tile_function(5, __VA_ARGS__);                                                                 \
    break;
#else
#define HIGHER_TILES(tile_function, ...)
#endif
#define OF_HEIGHT(height, tile_function, ...)                                                      \
  switch (height) {                                                                                \
    HIGHER_TILES(tile_function, __VA_ARGS__)                                                       \
  case 4:                                                                                          \
    tile_function(4, __VA_ARGS__);                                                                 \
    break;                                                                                         \
  case 3:                                                                                          \
    tile_function(3, __VA_ARGS__);                                                                 \
    break;                                                                                         \
  case 2:                                                                                          \
    tile_function(2, __VA_ARGS__);                                                                 \
    break;                                                                                         \
  default:                                                                                         \
    tile_function(1, __VA_ARGS__);                                                                 \
    break;                                                                                         \
  }

/* Numbers one by one: a struct by value would go through memory, which a small product feels. */
#define STRIPS(name, vectors)                                                                      \
  static __attribute__((noinline)) void name(                                                      \
      size_t rows, size_t k, const float *a, size_t a_row, size_t a_column, const float *b,        \
      size_t ldb, const float *start, size_t ld_start, const float *bias, float *c, size_t ldc)    \
  {                                                                                                \
    OF_HEIGHT(rows, tile, vectors, k, ((rote_strided){a, a_row, a_column}), b, ldb, start,         \
              ld_start, bias, c, ldc)                                                              \
  }
STRIPS(strip_1, 1)
STRIPS(strip_2, 2)
#if VECTORS == 4
STRIPS(strip_3, 3)
STRIPS(strip_4, 4)
#endif

static inline size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Rows of the next tile. The last two share theirs: a low tile waits for its own sums. */
static inline size_t tile_rows(size_t left)
{
  return left > ROWS && left < 2 * ROWS ? (left + 1) / 2 : smaller(left, ROWS);
}

/* The slab of A that comes next: fetched into the second-level cache a little with every tile,
 * since its rows lie too far apart for the processor to foresee them. */
typedef struct {
  const float *row;
  size_t stride, width; /* from row to row, and what is read of one */
  size_t left, at_once; /* rows, in all and with a tile */
} coming;

static inline void fetch(coming *next)
{
  for (size_t i = 0; i < next->at_once && next->left > 0; i++, next->left--) {
    for (size_t j = 0; j < next->width; j += CACHE_LINE) {
      __builtin_prefetch(next->row + j, 0, 2);
    }
    next->row += next->stride;
  }
}

/* What comes after rows i.. and depth p.. of A [m, k], while `tiles` tiles are worked on. */
static coming what_comes(size_t m, size_t k, rote_strided a, size_t i, size_t p, size_t tiles)
{
  const bool below = i + SLAB < m;
  if (m <= SLAB || (!below && p + DEPTH >= k)) {
    return (coming){0};
  }
  i = below ? i + SLAB : 0;
  p = below ? p : p + DEPTH;
  const size_t rows = smaller(m - i, SLAB), depth = smaller(k - p, DEPTH);
  const bool lies_turned = a.row == 1;
  const size_t left = lies_turned ? depth : rows;
  return (coming){.row = a.data + i * a.row + p * a.column,
                  .stride = lies_turned ? a.column : a.row,
                  .width = lies_turned ? rows : depth,
                  .left = left,
                  .at_once = (left + tiles - 1) / tiles};
}

/* One panel of B and all rows of a slab, for one block of k; `next` is fetched meanwhile.
 * turned: A as pack_a() leaves it */
static void gemm_panel(size_t m, size_t n, size_t k, rote_strided a, bool turned, coming *next,
                       const float *b, size_t ldb, const float *bias, bool accumulate, float *c,
                       size_t ldc)
{
  const size_t whole = n / WIDTH;
  float edge[ROWS * PANEL] __attribute__((aligned(64)));
  size_t rows;
  for (size_t i = 0; i < m; i += rows) {
    rows = tile_rows(m - i);
    fetch(next);
    const float *ai = a.data + i * (turned ? DEPTH : a.row), *bi = bias == NULL ? NULL : bias + i;
    const size_t row = turned ? 1 : a.row, column = turned ? rows : a.column;
    float *ci = c + i * ldc;
    if (n % WIDTH != 0) { /* the last register hangs over: go through a small buffer */
      for (size_t r = 0; accumulate && r < rows; r++) {
        memcpy(edge + r * PANEL, ci + r * ldc, n * sizeof(float));
      }
      for (size_t j = 0; j <= whole; j++) {
        strip_1(rows, k, ai, row, column, b + j * WIDTH, ldb, accumulate ? edge + j * WIDTH : NULL,
                PANEL, bi, edge + j * WIDTH, PANEL);
      }
      for (size_t r = 0; r < rows; r++) {
        memcpy(ci + r * ldc, edge + r * PANEL, n * sizeof(float));
      }
      continue;
    }
    const float *start = accumulate ? ci : NULL;
    switch (whole) {
#if VECTORS == 4
    case 4:
      strip_4(rows, k, ai, row, column, b, ldb, start, ldc, bi, ci, ldc);
      break;
    case 3:
      strip_3(rows, k, ai, row, column, b, ldb, start, ldc, bi, ci, ldc);
      break;
#endif
    case 2:
      strip_2(rows, k, ai, row, column, b, ldb, start, ldc, bi, ci, ldc);
      break;
    default:
      strip_1(rows, k, ai, row, column, b, ldb, start, ldc, bi, ci, ldc);
      break;
    }
  }
}

/* A block of B, panel after panel. Rows are read as they lie: one panel's numbers at a time would
 * be a cache line of each page. */
static void pack_b(size_t k, size_t n, const float *b, size_t ldb, float *packed)
{
  for (size_t p = 0; p < k; p++) {
    for (size_t j = 0; j < n; j += WIDTH) {
      const vec v = vec_load(b + p * ldb + j);
      memcpy(packed + j / PANEL * (DEPTH * PANEL) + p * PANEL + j % PANEL, &v, sizeof v);
    }
  }
}

/* A slab of a transposed A (row stride 1), tile after tile: those of rows i .. i + h - 1, step p
 * at packed[i DEPTH + p h]. The rows that are read lie far apart, which the processor does not
 * foresee. */
static void pack_a(size_t rows, size_t k, rote_strided a, float *packed)
{
  const size_t ahead = 8 * a.column;
  for (size_t p = 0; p < k; p++) {
    const float *from = a.data + p * a.column;
    for (size_t i = 0; i < rows; i += CACHE_LINE) {
      __builtin_prefetch(from + ahead + i);
    }
    size_t i = 0, height;
    for (; (height = tile_rows(rows - i)) == ROWS; i += ROWS) {
      memcpy(packed + i * DEPTH + p * ROWS, from + i, ROWS * sizeof(float));
    }
    for (; i < rows; i += height) {
      height = tile_rows(rows - i);
      for (size_t r = 0; r < height; r++) {
        packed[i * DEPTH + p * height + r] = from[i + r];
      }
    }
  }
}

/* At most BLOCK columns of C.
 * B is read once for every ROWS rows of A. Where its rows lie an even number of cache lines apart
 * they share sets of the cache, and it is copied together first. A few rows of a transposed A are
 * read where they are: their lines stay in the first-level cache. */
static void gemm_columns(size_t m, size_t n, size_t k, rote_strided a, const float *b, size_t ldb,
                         const float *bias, bool accumulate, float *c, size_t ldc)
{
  float slab[DEPTH * SLAB] __attribute__((aligned(64)));
  float block[DEPTH * BLOCK] __attribute__((aligned(64)));
  const bool copy = ldb > PANEL && ldb / CACHE_LINE % 2 == 0 && m > 4 * ROWS;
  const bool turn = a.row == 1 && a.column != 1 && m > 8 * ROWS;
  for (size_t p = 0; p == 0 || p < k; p += DEPTH) {
    const size_t depth = smaller(k - p, DEPTH);
    if (copy) {
      pack_b(depth, n, b + p * ldb, ldb, block);
    }
    for (size_t i = 0; i < m; i += SLAB) {
      const size_t rows = smaller(m - i, SLAB);
      rote_strided from = {a.data + i * a.row + p * a.column, a.row, a.column};
      if (turn) {
        pack_a(rows, depth, from, slab);
        from.data = slab;
      }
      const size_t tiles = (rows + ROWS - 1) / ROWS * ((n + PANEL - 1) / PANEL);
      coming next = what_comes(m, k, a, i, p, tiles);
      for (size_t j = 0; j < n; j += PANEL) {
        gemm_panel(rows, smaller(n - j, PANEL), depth, from, turn, &next,
                   copy ? block + j * DEPTH : b + p * ldb + j, copy ? PANEL : ldb,
                   bias == NULL ? NULL : bias + i, accumulate || p > 0, c + i * ldc + j, ldc);
      }
    }
  }
}

static void gemm(size_t m, size_t n, size_t k, rote_strided a, const float *b, size_t ldb,
                 const float *bias, bool accumulate, float *c, size_t ldc)
{
  for (size_t j = 0; j < n; j += BLOCK) {
    gemm_columns(m, smaller(n - j, BLOCK), k, a, b + j, ldb, bias, accumulate, c + j, ldc);
  }
}

#endif
