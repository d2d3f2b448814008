/* The matrix product, for kernel_fast.c: one instruction set a copy.
 *
 * A tile of ROWS x VECTORS accumulators stays in registers while k runs; B is read in panels of one
 * tile's width that stay in the first-level cache for DEPTH steps of k; A is read number by number
 * and broadcast. Blocks of k continue the sums in C, so the order of every sum is that of the plain
 * loop. */
#ifndef ROTE_KERNEL_GEMM_H
#define ROTE_KERNEL_GEMM_H

#include "rote/kernels.h"
#include "simd.h"

#if defined(__AVX512F__)
#define WIDTH 16  /* floats in a register */
#define VECTORS 4 /* of 32 registers: 24 accumulators, 4 of B, 1 of A */
#define ROWS 6
#elif defined(__AVX2__)
#define WIDTH 8
#define VECTORS 2 /* of 16 registers: 12 accumulators, 2 of B, 1 of A */
#define ROWS 6
#else
#define WIDTH 4
#define VECTORS 2
#define ROWS 4
#endif
#define DEPTH 128
#define PANEL (VECTORS * WIDTH)

typedef float vec __attribute__((vector_size(WIDTH * 4)));

static inline vec vec_load(const float *p)
{
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

/* rows, vectors: constants after inlining, so that acc lives in registers.
 * start: where the sums begin, rows of ld_start (0: the same for all rows of the tile is not
 * needed). */
static inline __attribute__((always_inline)) void tile(const int rows, const int vectors, size_t k,
                                                       rote_strided a, const float *b, size_t ldb,
                                                       const float *start, size_t ld_start,
                                                       const float *bias, float *c, size_t ldc)
{
  vec acc[ROWS][VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      acc[i][j] = start != NULL ? vec_load(start + (size_t)i * ld_start + (size_t)j * WIDTH)
                                : (bias != NULL ? bias[i] : 0.0f) - (vec){0};
    }
  }
  for (size_t p = 0; p < k; p++) {
    vec row[VECTORS];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      row[j] = vec_load(b + p * ldb + (size_t)j * WIDTH);
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const vec s = a.data[(size_t)i * a.row + p * a.column] - (vec){0};
#pragma GCC unroll 4
      for (int j = 0; j < vectors; j++) {
        acc[i][j] += s * row[j];
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; j++) {
      memcpy(c + (size_t)i * ldc + (size_t)j * WIDTH, &acc[i][j], sizeof(vec));
    }
  }
}

/* A tile of any height; `vectors` is a constant of the caller. */
static inline __attribute__((always_inline)) void strip(size_t rows, const int vectors, size_t k,
                                                        rote_strided a, const float *b, size_t ldb,
                                                        const float *start, size_t ld_start,
                                                        const float *bias, float *c, size_t ldc)
{
  switch (rows) {
#if ROWS == 6
  case 6:
    tile(6, vectors, k, a, b, ldb, start, ld_start, bias, c, ldc);
    break;
  case 5:
    tile(5, vectors, k, a, b, ldb, start, ld_start, bias, c, ldc);
    break;
#endif
  case 4:
    tile(4, vectors, k, a, b, ldb, start, ld_start, bias, c, ldc);
    break;
  case 3:
    tile(3, vectors, k, a, b, ldb, start, ld_start, bias, c, ldc);
    break;
  case 2:
    tile(2, vectors, k, a, b, ldb, start, ld_start, bias, c, ldc);
    break;
  default:
    tile(1, vectors, k, a, b, ldb, start, ld_start, bias, c, ldc);
    break;
  }
}

/* Numbers one by one: a struct by value would go through memory, which a small product feels. */
#define STRIPS(name, vectors)                                                                      \
  static __attribute__((noinline)) void name(                                                      \
      size_t rows, size_t k, const float *a, size_t a_row, size_t a_column, const float *b,        \
      size_t ldb, const float *start, size_t ld_start, const float *bias, float *c, size_t ldc)    \
  {                                                                                                \
    strip(rows, vectors, k, (rote_strided){a, a_row, a_column}, b, ldb, start, ld_start, bias, c,  \
          ldc);                                                                                    \
  }
STRIPS(strip_1, 1)
STRIPS(strip_2, 2)
#if VECTORS == 4
STRIPS(strip_3, 3)
STRIPS(strip_4, 4)
#endif

/* Columns j.. of C, at most one panel wide, for one block of k. */
static void gemm_panel(size_t m, size_t n, size_t k, rote_strided a, const float *b, size_t ldb,
                       const float *bias, bool accumulate, float *c, size_t ldc)
{
  const size_t whole = n / WIDTH;
  float edge[ROWS * PANEL] __attribute__((aligned(64)));
  for (size_t i = 0; i < m; i += ROWS) {
    const size_t rows = m - i < ROWS ? m - i : ROWS;
    const float *ai = a.data + i * a.row, *bi = bias == NULL ? NULL : bias + i;
    float *ci = c + i * ldc;
    if (n % WIDTH != 0) { /* the last register hangs over: go through a small buffer */
      if (accumulate) {
        for (size_t r = 0; r < rows; r++) {
          memcpy(edge + r * PANEL, ci + r * ldc, n * sizeof(float));
        }
      }
      for (size_t j = 0; j <= whole; j++) {
        strip_1(rows, k, ai, a.row, a.column, b + j * WIDTH, ldb,
                accumulate ? edge + j * WIDTH : NULL, PANEL, bi, edge + j * WIDTH, PANEL);
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
      strip_4(rows, k, ai, a.row, a.column, b, ldb, start, ldc, bi, ci, ldc);
      break;
    case 3:
      strip_3(rows, k, ai, a.row, a.column, b, ldb, start, ldc, bi, ci, ldc);
      break;
#endif
    case 2:
      strip_2(rows, k, ai, a.row, a.column, b, ldb, start, ldc, bi, ci, ldc);
      break;
    default:
      strip_1(rows, k, ai, a.row, a.column, b, ldb, start, ldc, bi, ci, ldc);
      break;
    }
  }
}

/* A block of B is read once for every ROWS rows of A. Where its rows lie an even number of cache
 * lines apart they share sets of the cache, and it is copied together first. */
static const float *pack_b(size_t k, size_t n, const float *b, size_t ldb, float *packed)
{
  const size_t width = (n + WIDTH - 1) / WIDTH * WIDTH;
  for (size_t p = 0; p < k; p++) {
    for (size_t j = 0; j < width; j += WIDTH) {
      const vec v = vec_load(b + p * ldb + j);
      memcpy(packed + p * PANEL + j, &v, sizeof v);
    }
  }
  return packed;
}

/* Rows of a transposed A (row stride 1) put side by side, ROWS at a time: strip s, step k at
 * packed[(s k_max + k) ROWS]. Whole cache lines of A are used when they are fetched. A few rows are
 * read where they are: their lines stay in the first-level cache. */
#define PACK_ROWS (8 * ROWS)
static void pack_a(size_t rows, size_t k, rote_strided a, float *packed)
{
  for (size_t p = 0; p < k; p++) {
    const float *from = a.data + p * a.column;
    size_t i = 0;
    for (; i + ROWS <= rows; i += ROWS) {
      memcpy(packed + i * DEPTH + p * ROWS, from + i, ROWS * sizeof(float));
    }
    for (size_t r = i; r < rows; r++) {
      packed[i * DEPTH + p * ROWS + (r - i)] = from[r];
    }
  }
}

/* One block of k: all columns of C. */
static void gemm_block(size_t m, size_t n, size_t k, rote_strided a, const float *b, size_t ldb,
                       const float *bias, bool accumulate, float *c, size_t ldc)
{
  float panel[DEPTH * PANEL] __attribute__((aligned(64)));
  for (size_t j = 0; j < n; j += PANEL) {
    const size_t columns = n - j < PANEL ? n - j : PANEL;
    const bool copy = ldb > PANEL && ldb / 16 % 2 == 0 && m > 4 * ROWS;
    const float *bj = copy ? pack_b(k, columns, b + j, ldb, panel) : b + j;
    gemm_panel(m, columns, k, a, bj, copy ? PANEL : ldb, bias, accumulate, c + j, ldc);
  }
}

/* At most SLAB rows of C: the part of A that one block of k reads stays in the second-level cache.
 */
#define SLAB (5 * PACK_ROWS)
static void gemm_slab(size_t m, size_t n, size_t k, rote_strided a, const float *b, size_t ldb,
                      const float *bias, bool accumulate, float *c, size_t ldc)
{
  float strips[DEPTH * PACK_ROWS] __attribute__((aligned(64)));
  for (size_t p = 0; p == 0 || p < k; p += DEPTH) {
    const size_t depth = k - p < DEPTH ? k - p : DEPTH;
    const bool more = accumulate || p > 0;
    const rote_strided ap = {a.data + p * a.column, a.row, a.column};
    if (a.row != 1 || a.column == 1 || m <= PACK_ROWS) {
      gemm_block(m, n, depth, ap, b + p * ldb, ldb, bias, more, c, ldc);
      continue;
    }
    for (size_t i = 0; i < m; i += PACK_ROWS) {
      const size_t rows = m - i < PACK_ROWS ? m - i : PACK_ROWS;
      pack_a(rows, depth, (rote_strided){ap.data + i, 1, ap.column}, strips);
      for (size_t r = 0; r < rows; r += ROWS) {
        const size_t height = rows - r < ROWS ? rows - r : ROWS;
        gemm_block(height, n, depth, (rote_strided){strips + r * DEPTH, 1, ROWS}, b + p * ldb, ldb,
                   bias == NULL ? NULL : bias + i + r, more, c + (i + r) * ldc, ldc);
      }
    }
  }
}

static void gemm(size_t m, size_t n, size_t k, rote_strided a, const float *b, size_t ldb,
                 const float *bias, bool accumulate, float *c, size_t ldc)
{
  for (size_t i = 0; i < m; i += SLAB) {
    gemm_slab(m - i < SLAB ? m - i : SLAB, n, k,
              (rote_strided){a.data + i * a.row, a.row, a.column}, b, ldb,
              bias == NULL ? NULL : bias + i, accumulate, c + i * ldc, ldc);
  }
}

#endif
