#include "rote/distance.h"

#include "kernel_distance.h"
#include "rote/clock.h"
#include "rote/isa.h"
#include "rote/memory.h"

#include <assert.h>
#include <string.h>

/* Images of a block. A slice of the rows stays in the second-level cache while all columns of the
 * block go by; the time to pack columns is paid once for all rows. Both are multiples of every
 * tile's. */
enum { BLOCK_ROWS = 960, BLOCK_COLUMNS = 256, COLUMNS_MAX = 64 };

static const double STOP_SECONDS = 0.02; /* between two questions */

struct rote_distance {
  const rote_distance_kernels *kernels;
  size_t pixels;        /* D */
  size_t chunks;        /* K = D / ROTE_DISTANCE_CHUNK, rounded up */
  uint8_t *rows;        /* [BLOCK_ROWS] a slice of each */
  uint8_t *columns;     /* [COLUMNS_MAX] a slice of each */
  uint32_t *product;    /* [BLOCK_ROWS, BLOCK_COLUMNS] of one chunk */
  uint32_t *row_sum;    /* [K, BLOCK_ROWS] what a row adds to its distances */
  uint32_t *column_sum; /* [BLOCK_COLUMNS] the same of a column, of one chunk */
  int64_t *earlier;     /* [BLOCK_ROWS, BLOCK_COLUMNS] sum of all chunks but the last, if K > 1 */
  int64_t *square;      /* [BLOCK_COLUMNS] distances of one row */
  double asked;         /* when `stop` was asked */
};

size_t rote_distance_tables(const rote_distance_kernels *table[ROTE_DISTANCE_TABLES])
{
  size_t count = 0;
  table[count++] = &rote_distance_kernels_base;
#if defined(__x86_64__)
  const rote_isa isa = rote_isa_level();
  if (isa >= ROTE_ISA_V3) {
    table[count++] = &rote_distance_kernels_v3;
  }
  if (isa >= ROTE_ISA_V4) {
    table[count++] = &rote_distance_kernels_v4;
    if (__builtin_cpu_supports("avx512vnni")) {
      table[count++] = &rote_distance_kernels_vnni;
    }
  }
#endif
  return count;
}

static size_t chunks_of(size_t pixels)
{
  return (pixels + ROTE_DISTANCE_CHUNK - 1) / ROTE_DISTANCE_CHUNK;
}

static size_t earlier_count(size_t pixels)
{
  return chunks_of(pixels) > 1 ? (size_t)BLOCK_ROWS * BLOCK_COLUMNS : 0;
}

size_t rote_distance_bytes(size_t pixels)
{
  return sizeof(rote_distance) + (BLOCK_ROWS + COLUMNS_MAX) * ROTE_DISTANCE_SLICE_BYTES +
         ((size_t)BLOCK_ROWS * BLOCK_COLUMNS + chunks_of(pixels) * BLOCK_ROWS + BLOCK_COLUMNS) *
             sizeof(uint32_t) +
         (earlier_count(pixels) + BLOCK_COLUMNS) * sizeof(int64_t);
}

rote_status rote_distance_create_with(const rote_distance_kernels *kernels, size_t pixels,
                                      rote_distance **out)
{
  rote_status status = ROTE_OK;
  rote_distance *d = NULL;
  *out = NULL;
  if (pixels == 0 || pixels > ROTE_DISTANCE_PIXELS_MAX) {
    ROTE_TRY(rote_fail(ROTE_DATA, "distances are of images of 1 to %zu pixels, not %zu",
                       ROTE_DISTANCE_PIXELS_MAX, pixels));
  }
  assert(BLOCK_ROWS % kernels->rows == 0 && BLOCK_COLUMNS % kernels->columns == 0 &&
         kernels->columns <= COLUMNS_MAX && ROTE_DISTANCE_CHUNK % kernels->slice == 0);
  ROTE_TRY(rote_alloc(1, sizeof *d, &d));
  d->kernels = kernels;
  d->pixels = pixels;
  d->chunks = chunks_of(pixels);
  ROTE_TRY(rote_alloc(BLOCK_ROWS, ROTE_DISTANCE_SLICE_BYTES, &d->rows));
  ROTE_TRY(rote_alloc(COLUMNS_MAX, ROTE_DISTANCE_SLICE_BYTES, &d->columns));
  ROTE_TRY(rote_alloc((size_t)BLOCK_ROWS * BLOCK_COLUMNS, sizeof(uint32_t), &d->product));
  ROTE_TRY(rote_alloc(d->chunks * BLOCK_ROWS, sizeof(uint32_t), &d->row_sum));
  ROTE_TRY(rote_alloc(BLOCK_COLUMNS, sizeof(uint32_t), &d->column_sum));
  ROTE_TRY(rote_alloc(earlier_count(pixels), sizeof(int64_t), &d->earlier));
  ROTE_TRY(rote_alloc(BLOCK_COLUMNS, sizeof(int64_t), &d->square));
  *out = d;
  d = NULL;
done:
  rote_distance_destroy(&d);
  return status;
}

rote_status rote_distance_create(size_t pixels, rote_distance **out)
{
  const rote_distance_kernels *table[ROTE_DISTANCE_TABLES];
  return rote_distance_create_with(table[rote_distance_tables(table) - 1], pixels, out);
}

void rote_distance_destroy(rote_distance **distance)
{
  if (*distance != NULL) {
    rote_distance *d = *distance;
    rote_free(&d->rows);
    rote_free(&d->columns);
    rote_free(&d->product);
    rote_free(&d->row_sum);
    rote_free(&d->column_sum);
    rote_free(&d->earlier);
    rote_free(&d->square);
    rote_free(distance);
  }
}

const char *rote_distance_instructions(const rote_distance *distance)
{
  return distance->kernels->name;
}

static bool must_stop(rote_distance *d, const rote_nearest_search *search)
{
  if (search == NULL || search->stop == NULL) {
    return false;
  }
  const double now = rote_seconds();
  if (now - d->asked < STOP_SECONDS) {
    return false;
  }
  d->asked = now;
  return search->stop(search->context);
}

static size_t chunk_pixels(const rote_distance *d, size_t chunk)
{
  const size_t left = d->pixels - chunk * ROTE_DISTANCE_CHUNK;
  return left < ROTE_DISTANCE_CHUNK ? left : ROTE_DISTANCE_CHUNK;
}

/* What an image adds to its distances in one chunk: |x|^2, for a row less 2 128 sum of x if columns
 * are shifted. Modulo 2^32, as everything until finish(). */
static void sum_images(const rote_distance *d, size_t chunk, size_t m, const uint8_t *x, bool row,
                       uint32_t *out)
{
  for (size_t i = 0; i < m; i++) {
    uint32_t sum, squares;
    d->kernels->sums(chunk_pixels(d, chunk), x + i * d->pixels + chunk * ROTE_DISTANCE_CHUNK, &sum,
                     &squares);
    out[i] = squares - (row && d->kernels->shifted ? 256 * sum : 0);
  }
}

static void sum_rows(rote_distance *d, size_t m, const uint8_t *x)
{
  for (size_t chunk = 0; chunk < d->chunks; chunk++) {
    sum_images(d, chunk, m, x, true, d->row_sum + chunk * BLOCK_ROWS);
  }
}

/* Products of m <= BLOCK_ROWS rows and n <= BLOCK_COLUMNS columns over one chunk.
 * @return false if stopped */
static bool multiply_chunk(rote_distance *d, size_t chunk, size_t m, const uint8_t *x, size_t n,
                           const uint8_t *y, const rote_nearest_search *search)
{
  const rote_distance_kernels *kernels = d->kernels;
  const size_t first = chunk * ROTE_DISTANCE_CHUNK, end = first + chunk_pixels(d, chunk);
  for (size_t at = first; at < end; at += kernels->slice) {
    const size_t depth = end - at < kernels->slice ? end - at : kernels->slice;
    if (must_stop(d, search)) {
      return false;
    }
    kernels->pack_rows(m, depth, x + at, d->pixels, d->rows);
    for (size_t j = 0; j < n; j += kernels->columns) {
      kernels->pack_columns(n - j < kernels->columns ? n - j : kernels->columns, depth,
                            y + j * d->pixels + at, d->pixels, d->columns);
      kernels->multiply(m, depth, d->rows, d->columns, at > first, d->product + j, BLOCK_COLUMNS);
    }
  }
  sum_images(d, chunk, n, y, false, d->column_sum);
  return true;
}

/* After multiply_chunk(): distances of row i, without the chunks before unless `earlier` has them.
 */
static void finish_row(const rote_distance *d, size_t chunk, size_t i, size_t n, bool earlier,
                       int64_t *square)
{
  const size_t at = i * BLOCK_COLUMNS;
  d->kernels->finish(n, d->row_sum[chunk * BLOCK_ROWS + i], d->column_sum, d->product + at,
                     earlier ? d->earlier + at : NULL, square);
}

/* Everything that finish_block_row() needs; sum_rows() has seen the rows.
 * @return false if stopped */
static bool work_block(rote_distance *d, size_t m, const uint8_t *x, size_t n, const uint8_t *y,
                       const rote_nearest_search *search)
{
  for (size_t chunk = 0; chunk < d->chunks; chunk++) {
    if (!multiply_chunk(d, chunk, m, x, n, y, search)) {
      return false;
    }
    for (size_t i = 0; i < m && chunk + 1 < d->chunks; i++) {
      finish_row(d, chunk, i, n, chunk > 0, d->square);
      memcpy(d->earlier + i * BLOCK_COLUMNS, d->square, n * sizeof *d->square);
    }
  }
  return true;
}

/* @return squared distances of row i of the block */
static int64_t *finish_block_row(rote_distance *d, size_t i, size_t n)
{
  finish_row(d, d->chunks - 1, i, n, d->chunks > 1, d->square);
  return d->square;
}

static size_t block_of(size_t left, size_t most)
{
  return left < most ? left : most;
}

void rote_distance_block(rote_distance *d, size_t m, const uint8_t *x, size_t n, const uint8_t *y,
                         uint64_t *square, size_t ld)
{
  for (size_t i = 0; i < m; i += BLOCK_ROWS) {
    const size_t rows = block_of(m - i, BLOCK_ROWS);
    const uint8_t *xi = x + i * d->pixels;
    sum_rows(d, rows, xi);
    for (size_t j = 0; j < n; j += BLOCK_COLUMNS) {
      const size_t columns = block_of(n - j, BLOCK_COLUMNS);
      work_block(d, rows, xi, columns, y + j * d->pixels, NULL);
      for (size_t r = 0; r < rows; r++) {
        memcpy(square + (i + r) * ld + j, finish_block_row(d, r, columns),
               columns * sizeof *square);
      }
    }
  }
}

/* One image and n others from `first` on. */
static void take_row(const rote_distance *d, size_t first, size_t n, const int64_t *square,
                     uint64_t bound, rote_neighbours *found)
{
  /* below the value that hides an image from itself */
  const int64_t most = bound < INT64_MAX ? (int64_t)bound : INT64_MAX - 1;
  const int64_t smallest = d->kernels->find_smallest(n, square, most, &found->within);
  if (smallest < INT64_MAX && (uint64_t)smallest < found->square) {
    size_t j = 0;
    while (square[j] != smallest) {
      j++;
    }
    found->square = (uint64_t)smallest;
    found->nearest = first + j;
  }
  if (smallest == 0) {
    for (size_t j = 0; j < n; j++) {
      if (square[j] == 0) {
        found->first_copy = found->copies == 0 ? first + j : found->first_copy;
        found->copies++;
      }
    }
  }
}

rote_status rote_nearest(rote_distance *d, const rote_nearest_search *search,
                         rote_neighbours *found)
{
  const bool same = search->other == search->image;
  for (size_t i = 0; i < search->count; i += BLOCK_ROWS) {
    const size_t rows = block_of(search->count - i, BLOCK_ROWS);
    const uint8_t *x = search->image + (search->first + i) * d->pixels;
    for (size_t r = 0; r < rows; r++) {
      found[i + r] = (rote_neighbours){UINT64_MAX, SIZE_MAX, 0, SIZE_MAX, 0};
    }
    sum_rows(d, rows, x);
    for (size_t j = 0; j < search->others; j += BLOCK_COLUMNS) {
      const size_t columns = block_of(search->others - j, BLOCK_COLUMNS);
      if (!work_block(d, rows, x, columns, search->other + j * d->pixels, search)) {
        return rote_fail(ROTE_STOPPED, "the search for neighbours was told to stop");
      }
      for (size_t r = 0; r < rows; r++) {
        int64_t *square = finish_block_row(d, r, columns);
        const size_t own = search->first + i + r;
        if (same && own >= j && own - j < columns) {
          square[own - j] = INT64_MAX;
        }
        take_row(d, j, columns, square, search->bound, &found[i + r]);
      }
    }
  }
  return ROTE_OK;
}
