/* Products of images of bytes, compiled once per instruction set. Contracts: kernel_distance.h.
 *
 * Pixels are multiplied in groups that fill 32 bits, one instruction for all columns in a register:
 *   bytes  VPDPBUSD: sum += a0 b0 + a1 b1 + a2 b2 + a3 b3, a unsigned, b signed (y - 128)
 *   words  VPMADDWD, then an addition: sum += a0 b0 + a1 b1, both of 16 bits
 * Neither saturates: a group is at most 4 255 128 or 2 255^2, and sums wrap modulo 2^32. A group of
 * one row goes to all lanes, the groups of a lane each belong to a column. Images that are words
 * already (screen.c) are multiplied as words everywhere. */
#include "kernel_distance.h"
#include "kernel_transpose.h"
#include "simd.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512VNNI__)
#define NAME "avx512vnni"
#define PIXELS_PER_GROUP 4
#elif defined(__AVX512BW__)
#define NAME "avx512bw"
#define PIXELS_PER_GROUP 2
#elif defined(__AVX2__)
#define NAME "avx2"
#define PIXELS_PER_GROUP 2
#else
#define NAME "base"
#define PIXELS_PER_GROUP 2
#endif

#define SLICE ((size_t)ROTE_DISTANCE_SLICE_BYTES / 4 * PIXELS_PER_GROUP) /* pixels */

#if PIXELS_PER_GROUP == 4
static void pack_rows(size_t m, size_t n, const uint8_t *x, size_t stride, void *packed)
{
  for (size_t i = 0; i < m; i++) {
    uint8_t *out = (uint8_t *)packed + i * ROTE_DISTANCE_SLICE_BYTES;
    memcpy(out, x + i * stride, n);
    memset(out + n, 0, SLICE - n);
  }
}
#else
static void pack_rows(size_t m, size_t n, const uint8_t *x, size_t stride, void *packed)
{
  for (size_t i = 0; i < m; i++) {
    const uint8_t *from = x + i * stride;
    int16_t *out = (int16_t *)packed + i * SLICE;
    for (size_t d = 0; d < n; d++) {
      out[d] = from[d];
    }
    memset(out + n, 0, (SLICE - n) * sizeof *out);
  }
}
#endif

static void pack_word_rows(size_t m, size_t n, const int16_t *x, size_t stride, void *packed)
{
  for (size_t i = 0; i < m; i++) {
    uint8_t *out = (uint8_t *)packed + i * ROTE_DISTANCE_SLICE_BYTES;
    memcpy(out, x + i * stride, n * sizeof *x);
    memset(out + n * sizeof *x, 0, ROTE_DISTANCE_SLICE_BYTES - n * sizeof *x);
  }
}

#if defined(__AVX2__)

#define ROWS 6
#if defined(__AVX512BW__)
#define LANES 16
#define VECTORS 4 /* of 32 registers: 24 sums, 4 of columns, 1 of rows, 1 for a product */
typedef __m512i lanes;
#define lanes_set(x) _mm512_set1_epi32(x)
#if PIXELS_PER_GROUP == 4
#define multiply_add_bytes(sum, a, b) _mm512_dpbusd_epi32(sum, a, b)
#endif
#define multiply_add_words(sum, a, b) _mm512_add_epi32(sum, _mm512_madd_epi16(a, b))
#else
#define LANES 8
#define VECTORS 2 /* of 16 registers: 12 sums, 2 of columns, 1 of rows, 1 for a product */
typedef __m256i lanes;
#define lanes_set(x) _mm256_set1_epi32(x)
#define multiply_add_words(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))
#endif
#define COLUMNS (VECTORS * LANES)

/* Eight groups of a column, ready to be multiplied. */
static inline v8f load_groups(const uint8_t *y)
{
  v8f groups;
#if PIXELS_PER_GROUP == 4
  typedef uint8_t v32b __attribute__((vector_size(32)));
  v32b bytes;
  memcpy(&bytes, y, sizeof bytes);
  bytes ^= 0x80; /* y - 128 */
  memcpy(&groups, &bytes, sizeof groups);
#else
  typedef uint8_t v16b __attribute__((vector_size(16)));
  typedef int16_t v16w __attribute__((vector_size(32)));
  v16b bytes;
  memcpy(&bytes, y, sizeof bytes);
  const v16w words = __builtin_convertvector(bytes, v16w);
  memcpy(&groups, &words, sizeof groups);
#endif
  return groups;
}

/* packed [groups, COLUMNS]. Columns and pixels beyond the last are packed too, as something: such
 * columns are not used, such pixels are 0 in the rows. */
static void pack_columns(size_t m, size_t n, const uint8_t *y, size_t stride, void *packed)
{
  enum { BLOCK = 8 * PIXELS_PER_GROUP }; /* pixels */
  for (size_t d = 0; d < n; d += BLOCK) {
    float *out = (float *)packed + d / PIXELS_PER_GROUP * COLUMNS;
    for (size_t j = 0; j < m; j += 8) {
      v8f r[8];
      for (size_t l = 0; l < 8; l++) {
        const uint8_t *from = y + (j + l < m ? j + l : m - 1) * stride + d;
        uint8_t last[BLOCK] = {0};
        if (n - d < BLOCK) {
          memcpy(last, from, n - d);
          from = last;
        }
        r[l] = load_groups(from);
      }
      transpose_lanes(r);
      for (size_t l = 0; l < 8; l++) {
        memcpy(out + l * COLUMNS + j, &r[l], sizeof r[l]);
      }
    }
  }
}

static inline lanes add_product(bool words, lanes sum, lanes a, lanes b)
{
#if PIXELS_PER_GROUP == 4
  if (!words) {
    return multiply_add_bytes(sum, a, b);
  }
#endif
  (void)words;
  return multiply_add_words(sum, a, b);
}

/* ROWS x COLUMNS sums stay in registers while the groups go by. `words` is a constant of the
 * caller. */
static inline __attribute__((always_inline)) void tile(bool words, size_t groups,
                                                       const uint8_t *rows, const lanes *columns,
                                                       bool more, uint32_t *product, size_t ld)
{
  lanes sum[ROWS][VECTORS];
#pragma GCC unroll 6
  for (size_t i = 0; i < ROWS; i++) {
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      sum[i][v] = lanes_set(0);
      if (more) {
        memcpy(&sum[i][v], product + i * ld + v * LANES, sizeof(lanes));
      }
    }
  }
  for (size_t g = 0; g < groups; g++) {
    lanes b[VECTORS];
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      b[v] = columns[g * VECTORS + v];
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < ROWS; i++) {
      int32_t group;
      memcpy(&group, rows + i * ROTE_DISTANCE_SLICE_BYTES + g * sizeof group, sizeof group);
      const lanes a = lanes_set(group);
#pragma GCC unroll 4
      for (size_t v = 0; v < VECTORS; v++) {
        sum[i][v] = add_product(words, sum[i][v], a, b[v]);
      }
    }
  }
#pragma GCC unroll 6
  for (size_t i = 0; i < ROWS; i++) {
#pragma GCC unroll 4
    for (size_t v = 0; v < VECTORS; v++) {
      memcpy(product + i * ld + v * LANES, &sum[i][v], sizeof(lanes));
    }
  }
}

static void multiply(size_t m, size_t n, const void *rows, const void *columns, bool more,
                     uint32_t *product, size_t ld)
{
  const size_t groups = (n + PIXELS_PER_GROUP - 1) / PIXELS_PER_GROUP;
  for (size_t i = 0; i < m; i += ROWS) {
    tile(PIXELS_PER_GROUP == 2, groups, (const uint8_t *)rows + i * ROTE_DISTANCE_SLICE_BYTES,
         columns, more, product + i * ld, ld);
  }
}

#if PIXELS_PER_GROUP == 4
static void multiply_words(size_t m, size_t n, const void *rows, const void *columns, bool more,
                           uint32_t *product, size_t ld)
{
  for (size_t i = 0; i < m; i += ROWS) {
    tile(true, (n + 1) / 2, (const uint8_t *)rows + i * ROTE_DISTANCE_SLICE_BYTES, columns, more,
         product + i * ld, ld);
  }
}
#define MULTIPLY_WORDS multiply_words
#else
#define MULTIPLY_WORDS multiply
#endif

#define WORD_COLUMNS pack_word_columns

/* packed [groups of two, COLUMNS], as pack_columns(). */
static void pack_word_columns(size_t m, size_t n, const int16_t *y, size_t stride, void *packed)
{
  enum { BLOCK = 16 }; /* words */
  for (size_t d = 0; d < n; d += BLOCK) {
    float *out = (float *)packed + d / 2 * COLUMNS;
    for (size_t j = 0; j < m; j += 8) {
      v8f r[8];
      for (size_t l = 0; l < 8; l++) {
        const int16_t *from = y + (j + l < m ? j + l : m - 1) * stride + d;
        int16_t last[BLOCK] = {0};
        if (n - d < BLOCK) {
          memcpy(last, from, (n - d) * sizeof *last);
          from = last;
        }
        memcpy(&r[l], from, sizeof r[l]);
      }
      transpose_lanes(r);
      for (size_t l = 0; l < 8; l++) {
        memcpy(out + l * COLUMNS + j, &r[l], sizeof r[l]);
      }
    }
  }
}

#else

/* Without vectors of our own: columns lie like rows, and the compiler finds the dot product of
 * words that most processors have. */
#define ROWS 2
#define COLUMNS 4
#define WORD_COLUMNS pack_word_rows
#define MULTIPLY_WORDS multiply

static void pack_columns(size_t m, size_t n, const uint8_t *y, size_t stride, void *packed)
{
  pack_rows(m, n, y, stride, packed);
}

static void multiply(size_t m, size_t n, const void *rows, const void *columns, bool more,
                     uint32_t *product, size_t ld)
{
  const int16_t *b = columns;
  for (size_t i = 0; i < m; i += ROWS) {
    const int16_t *a = (const int16_t *)rows + i * SLICE;
    for (size_t j = 0; j < COLUMNS; j++) {
      int32_t sum[ROWS] = {0}; /* below 2^31: SLICE 255^2; of words, by their contract */
      for (size_t d = 0; d < n; d++) {
        sum[0] += a[d] * b[j * SLICE + d];
        sum[1] += a[SLICE + d] * b[j * SLICE + d];
      }
      for (size_t r = 0; r < ROWS; r++) {
        uint32_t *out = product + (i + r) * ld + j;
        *out = (more ? *out : 0) + (uint32_t)sum[r];
      }
    }
  }
}

#endif

static void sums(size_t n, const uint8_t *x, uint32_t *sum, uint32_t *squares)
{
  uint32_t once = 0, twice = 0;
  for (size_t d = 0; d < n; d++) {
    const uint32_t pixel = x[d];
    once += pixel;
    twice += pixel * pixel;
  }
  *sum = once;
  *squares = twice;
}

static void finish(size_t n, uint32_t row, const uint32_t *restrict column,
                   const uint32_t *restrict product, const int64_t *restrict earlier,
                   int64_t *restrict square)
{
  if (earlier == NULL) {
    for (size_t j = 0; j < n; j++) {
      square[j] = row + column[j] - 2 * product[j];
    }
    return;
  }
  for (size_t j = 0; j < n; j++) {
    const uint32_t chunk = row + column[j] - 2 * product[j];
    square[j] = earlier[j] + chunk;
  }
}

static int64_t find_smallest(size_t n, const int64_t *square, int64_t bound, size_t *within)
{
  int64_t smallest = INT64_MAX;
  size_t count = 0;
  for (size_t j = 0; j < n; j++) {
    smallest = square[j] < smallest ? square[j] : smallest;
    count += square[j] <= bound;
  }
  *within += count;
  return smallest;
}

/* Eight at a time: the widest for which AVX2 has comparisons. */
typedef int32_t v8i __attribute__((vector_size(32)));
typedef int16_t v8w __attribute__((vector_size(16)));

static inline v8f v8_select(v8i mask, v8f yes, v8f no)
{
  return (v8f)(((v8i)yes & mask) | ((v8i)no & ~mask));
}

/* To the nearest whole number, for |x| < 2^22: the sum with 1.5 2^23 has no room for a fraction. */
static inline v8i to_whole(v8f x)
{
  const v8f sum = x + 12582912.0f;
  return (v8i)sum - 0x4b400000;
}

static inline v8f levels_of(v8f x, const rote_levels *g, int16_t *level)
{
  const v8f high = (float)g->limit - (v8f){0}, t = (x - g->centre) * g->inverse_step;
  /* a NaN becomes 0, and is told by what is lost */
  const v8f number = v8_select(t == t, t, (v8f){0});
  const v8f below = v8_select(number > high, high, number);
  const v8i whole = to_whole(v8_select(below < -high, -high, below));
  const v8w words = __builtin_convertvector(whole, v8w);
  memcpy(level, &words, sizeof words);
  const v8f e = x - (__builtin_convertvector(whole, v8f) * g->step + g->centre);
  return e * e;
}

static float quantize(size_t n, const float *x, const rote_levels *g, int16_t *level, int32_t *norm)
{
  v8f lost = {0}, more = {0}, numbers;
  float sum = 0;
  size_t d = 0;
  for (; d + 16 <= n; d += 16) {
    memcpy(&numbers, x + d, sizeof numbers);
    lost += levels_of(numbers, g, level + d);
    memcpy(&numbers, x + d + 8, sizeof numbers);
    more += levels_of(numbers, g, level + d + 8);
  }
  for (; d < n; d += 8) {
    int16_t levels[8];
    const size_t left = n - d < 8 ? n - d : 8;
    numbers = g->centre - (v8f){0};
    memcpy(&numbers, x + d, left * sizeof(float));
    more += levels_of(numbers, g, levels);
    memcpy(level + d, levels, left * sizeof *levels);
  }
  for (int l = 0; l < 8; l++) {
    sum += lost[l] + more[l];
  }
  *norm = 0;
  for (d = 0; d < n; d++) {
    *norm += (int32_t)level[d] * level[d];
  }
  return sum;
}

static size_t select_columns(size_t n, const int32_t *product, const int32_t *half, int32_t least,
                             uint16_t *at)
{
  enum { STEP = 64 };
  size_t count = 0;
  for (size_t j = 0; j < n; j += STEP) {
    v8i any = {0};
    for (size_t l = 0; l < STEP; l += 8) {
      v8i p, h;
      memcpy(&p, product + j + l, sizeof p);
      memcpy(&h, half + j + l, sizeof h);
      any |= p - h >= least;
    }
    uint64_t words[4];
    memcpy(words, &any, sizeof words);
    if ((words[0] | words[1] | words[2] | words[3]) == 0) {
      continue;
    }
    for (size_t l = j; l < j + STEP && l < n; l++) {
      if (product[l] - half[l] >= least) {
        at[count++] = (uint16_t)l;
      }
    }
  }
  return count;
}

const rote_distance_kernels ROTE_ISA_NAME(rote_distance_kernels) = {
    .name = NAME,
    .rows = ROWS,
    .columns = COLUMNS,
    .slice = SLICE,
    .shifted = PIXELS_PER_GROUP == 4,
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .multiply = multiply,
    .sums = sums,
    .finish = finish,
    .find_smallest = find_smallest,
    .pack_word_rows = pack_word_rows,
    .pack_word_columns = WORD_COLUMNS,
    .multiply_words = MULTIPLY_WORDS,
    .quantize = quantize,
    .select = select_columns,
};
