#include "screen.h"

#include "rote/kernels.h"
#include "rote/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct rote_screen {
  const rote_distance_kernels *kernels;
  size_t numbers, slices; /* D; D / ROTE_DISTANCE_SLICE_WORDS, rounded up */
  size_t rows, columns;   /* M, rounded up to whole tiles; N in use */
  size_t first;           /* row of product[0] */
  rote_levels levels;
  int16_t *level;      /* [D] of one image, or [tile, D] */
  uint8_t *row;        /* [slices, M] packed */
  uint8_t *column;     /* [slices, ROTE_SCREEN_COLUMNS] packed */
  int32_t *product;    /* [ROTE_SCREEN_ROWS, ROTE_SCREEN_COLUMNS] */
  int32_t *row_norm;   /* [M] |x~|^2 in levels */
  int32_t *norm;       /* [ROTE_SCREEN_COLUMNS] |y~|^2 */
  int32_t *half;       /* [ROTE_SCREEN_COLUMNS] half of it, rounded down */
  double *row_lost;    /* [M] |x - x~| */
  double *lost;        /* [ROTE_SCREEN_COLUMNS] |y - y~| */
  double largest_lost; /* of the columns */
};

static size_t slices_of(size_t numbers)
{
  return (numbers + ROTE_DISTANCE_SLICE_WORDS - 1) / ROTE_DISTANCE_SLICE_WORDS;
}

static size_t whole_tiles(const rote_distance_kernels *kernels, size_t rows)
{
  return (rows + kernels->rows - 1) / kernels->rows * kernels->rows;
}

rote_status rote_screen_create_with(const rote_distance_kernels *kernels, size_t numbers,
                                    size_t rows, rote_screen **out)
{
  rote_status status = ROTE_OK;
  rote_screen *s = NULL;
  *out = NULL;
  assert(ROTE_SCREEN_ROWS % kernels->rows == 0 && ROTE_SCREEN_COLUMNS % kernels->columns == 0);
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->kernels = kernels;
  s->numbers = numbers;
  s->slices = slices_of(numbers);
  s->rows = whole_tiles(kernels, rows);
  ROTE_TRY(rote_alloc(kernels->columns * numbers, sizeof *s->level, &s->level));
  ROTE_TRY(rote_alloc(s->slices * s->rows, ROTE_DISTANCE_SLICE_BYTES, &s->row));
  ROTE_TRY(rote_alloc(s->slices * ROTE_SCREEN_COLUMNS, ROTE_DISTANCE_SLICE_BYTES, &s->column));
  ROTE_TRY(
      rote_alloc((size_t)ROTE_SCREEN_ROWS * ROTE_SCREEN_COLUMNS, sizeof *s->product, &s->product));
  ROTE_TRY(rote_alloc(s->rows, sizeof *s->row_norm, &s->row_norm));
  ROTE_TRY(rote_alloc(ROTE_SCREEN_COLUMNS, sizeof *s->norm, &s->norm));
  ROTE_TRY(rote_alloc(ROTE_SCREEN_COLUMNS, sizeof *s->half, &s->half));
  ROTE_TRY(rote_alloc(s->rows, sizeof *s->row_lost, &s->row_lost));
  ROTE_TRY(rote_alloc(ROTE_SCREEN_COLUMNS, sizeof *s->lost, &s->lost));
  *out = s;
  s = NULL;
done:
  rote_screen_destroy(&s);
  return status;
}

rote_status rote_screen_create(size_t numbers, size_t rows, rote_screen **out)
{
  const rote_distance_kernels *table[ROTE_DISTANCE_TABLES];
  return rote_screen_create_with(table[rote_distance_tables(table) - 1], numbers, rows, out);
}

void rote_screen_destroy(rote_screen **screen)
{
  rote_screen *s = *screen;
  if (s != NULL) {
    rote_free(&s->level);
    rote_free(&s->row);
    rote_free(&s->column);
    rote_free(&s->product);
    rote_free(&s->row_norm);
    rote_free(&s->norm);
    rote_free(&s->half);
    rote_free(&s->row_lost);
    rote_free(&s->lost);
    rote_free(screen);
  }
}

size_t rote_screen_bytes(size_t numbers, size_t rows)
{
  const size_t most = 64; /* columns of a tile; rows are a few more than asked for */
  return most * numbers * sizeof(int16_t) +
         slices_of(numbers) * (rows + 8 + ROTE_SCREEN_COLUMNS) * ROTE_DISTANCE_SLICE_BYTES +
         (size_t)ROTE_SCREEN_ROWS * ROTE_SCREEN_COLUMNS * sizeof(int32_t) +
         (rows + 8 + ROTE_SCREEN_COLUMNS) * (sizeof(double) + 2 * sizeof(int32_t));
}

/* Steps as small as the range of the rows and 32 bits of a sum allow: a power of 2, so that whole
 * numbers stay whole. Numbers of the others beyond the range are cut off, and lose that much. */
static rote_levels levels_for(size_t numbers, size_t count, const float *x)
{
  float low = INFINITY, high = -INFINITY;
  for (size_t i = 0; i < count; i++) {
    low = x[i] < low ? x[i] : low;
    high = x[i] > high ? x[i] : high;
  }
  if (!isfinite(low) || !isfinite(high)) {
    low = high = 0;
  }
  const double most = fmin(sqrt(2147483647.0 / (1.5 * (double)numbers)), 16383);
  const double limit = fmax(floor(most) - 1, 1);
  /* between -limit and limit, half a step less for the centre's own rounding */
  const double range = ((double)high - (double)low) / (2 * limit - 1);
  const double magnitude = fmax(fabs((double)low), fabs((double)high));
  const double least = fmax(range, fmax(magnitude * 0x1p-22, 0x1p-100));
  const double step = exp2(ceil(log2(least)));
  const double centre = nearbyint(((double)low + (double)high) / 2 / step) * step;
  return (rote_levels){.centre = (float)centre,
                       .step = (float)step,
                       .inverse_step = (float)(1 / step),
                       .limit = (int32_t)limit};
}

/* |x - x~|, not too small; NaN of an image with one. */
static double lost_of(float squares)
{
  return squares == 0 ? 0 : sqrt((double)squares * 1.002);
}

void rote_screen_rows(rote_screen *s, size_t m, const float *x)
{
  s->levels = levels_for(s->numbers, m * s->numbers, x);
  for (size_t i = 0; i < m; i++) {
    s->row_lost[i] = lost_of(s->kernels->quantize(s->numbers, x + i * s->numbers, &s->levels,
                                                  s->level, &s->row_norm[i]));
    for (size_t slice = 0; slice < s->slices; slice++) {
      const size_t at = slice * ROTE_DISTANCE_SLICE_WORDS, left = s->numbers - at;
      s->kernels->pack_word_rows(
          1, left < ROTE_DISTANCE_SLICE_WORDS ? left : ROTE_DISTANCE_SLICE_WORDS, s->level + at,
          s->numbers, s->row + (slice * s->rows + i) * ROTE_DISTANCE_SLICE_BYTES);
    }
  }
}

static void take_tile(rote_screen *s, size_t first, size_t n, const float *y)
{
  for (size_t j = 0; j < n; j++) {
    const size_t at = first + j;
    s->lost[at] = lost_of(s->kernels->quantize(s->numbers, y + j * s->numbers, &s->levels,
                                               s->level + j * s->numbers, &s->norm[at]));
    s->half[at] = s->norm[at] / 2;
    s->largest_lost = fmax(s->largest_lost, s->lost[at]); /* a NaN does not count */
  }
  for (size_t slice = 0; slice < s->slices; slice++) {
    const size_t at = slice * ROTE_DISTANCE_SLICE_WORDS, left = s->numbers - at;
    s->kernels->pack_word_columns(
        n, left < ROTE_DISTANCE_SLICE_WORDS ? left : ROTE_DISTANCE_SLICE_WORDS, s->level + at,
        s->numbers, s->column + (slice * ROTE_SCREEN_COLUMNS + first) * ROTE_DISTANCE_SLICE_BYTES);
  }
}

void rote_screen_columns(rote_screen *s, size_t n, const float *y)
{
  const size_t tile = s->kernels->columns;
  s->columns = n;
  s->largest_lost = 0;
  for (size_t j = 0; j < n; j += tile) {
    take_tile(s, j, n - j < tile ? n - j : tile, y + j * s->numbers);
  }
}

void rote_screen_multiply(rote_screen *s, size_t first, size_t m)
{
  s->first = first;
  for (size_t slice = 0; slice < s->slices; slice++) {
    const size_t left = s->numbers - slice * ROTE_DISTANCE_SLICE_WORDS;
    const size_t depth = left < ROTE_DISTANCE_SLICE_WORDS ? left : ROTE_DISTANCE_SLICE_WORDS;
    for (size_t j = 0; j < s->columns; j += s->kernels->columns) {
      s->kernels->multiply_words(
          m, depth, s->row + (slice * s->rows + first) * ROTE_DISTANCE_SLICE_BYTES,
          s->column + (slice * ROTE_SCREEN_COLUMNS + j) * ROTE_DISTANCE_SLICE_BYTES, slice > 0,
          (uint32_t *)s->product + j, ROTE_SCREEN_COLUMNS);
    }
  }
  rote_count_multiply_adds(m, s->columns, s->numbers);
}

/* In levels, with t = (r + |x - x~| + |y - y~|)^2:
 *   |x~|^2 + |y~|^2 - 2 x~.y~ <= t   =>   x~.y~ - floor(|y~|^2 / 2) >= (|x~|^2 - t) / 2 */
int32_t rote_screen_least(const rote_screen *s, size_t row, double square)
{
  const double reach = (sqrt(square) + s->row_lost[row] + s->largest_lost) / (double)s->levels.step;
  const double least = floor(((double)s->row_norm[row] - reach * reach * (1 + 1e-12)) / 2);
  return least > (double)INT32_MIN ? (int32_t)least : INT32_MIN;
}

static const int32_t *products_of(const rote_screen *s, size_t row)
{
  return s->product + (row - s->first) * ROTE_SCREEN_COLUMNS;
}

size_t rote_screen_select(const rote_screen *s, size_t row, int32_t least, uint16_t *column)
{
  return isnan(s->row_lost[row])
             ? 0
             : s->kernels->select(s->columns, products_of(s, row), s->half, least, column);
}

bool rote_screen_reaches(const rote_screen *s, size_t row, size_t column, int32_t least)
{
  return products_of(s, row)[column] - s->half[column] >= least;
}

bool rote_screen_square(const rote_screen *s, size_t row, size_t column, double *square)
{
  const double lost = s->row_lost[row] + s->lost[column];
  if (!(lost <= 0)) {
    return false;
  }
  const int64_t levels =
      (int64_t)s->row_norm[row] + s->norm[column] - 2 * (int64_t)products_of(s, row)[column];
  *square = (double)levels * ((double)s->levels.step * (double)s->levels.step);
  return true;
}
