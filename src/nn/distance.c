#include "rote/distance.h"

#include "kernel_distance.h"
#include "rote/clock.h"
#include "rote/isa.h"
#include "rote/kernels.h"
#include "rote/memory.h"

#include <assert.h>
#include <string.h>

/* Images of a block. A slice of the rows stays in the second-level cache while all columns of the
 * block go by; the time to pack columns is paid once for all rows. Both are multiples of every
 * tile's. */
enum { BLOCK_ROWS = 960, BLOCK_COLUMNS = 256, COLUMNS_MAX = 64 };

static const double STOP_SECONDS = 0.004; /* between two questions */

struct rote_distance {
  const rote_distance_kernels *kernels;
  size_t pixels;        /* D */
  size_t chunks;        /* K = D / ROTE_DISTANCE_CHUNK, rounded up */
  uint8_t *rows;        /* [BLOCK_ROWS] a slice of each */
  uint8_t *columns;     /* [COLUMNS_MAX] a slice of each */
  uint8_t *gathered;    /* [COLUMNS_MAX] the same before packing, of images chosen by a list */
  uint32_t *product;    /* [BLOCK_ROWS, BLOCK_COLUMNS] of one chunk */
  uint32_t *row_sum;    /* [K, BLOCK_ROWS] what a row adds to its distances */
  uint32_t *column_sum; /* [BLOCK_COLUMNS] the same of a column, of one chunk */
  int64_t *earlier;     /* [BLOCK_ROWS, BLOCK_COLUMNS] sum of all chunks but the last, if K > 1 */
  int64_t *square;      /* [BLOCK_COLUMNS] distances of one row */
  double asked;         /* when `stop` was asked */
};

/* Images one after the other, or those of a list. */
typedef struct {
  const uint8_t *image;  /* [.., D] */
  const uint32_t *index; /* of the images in `image`; NULL: 0, 1, 2... */
} view;

/* Whom to ask whether to stop. */
typedef struct {
  bool (*stop)(void *context); /* OPTIONAL */
  void *context;
} stopper;

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
  return sizeof(rote_distance) + (BLOCK_ROWS + 2 * COLUMNS_MAX) * ROTE_DISTANCE_SLICE_BYTES +
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
  ROTE_TRY(rote_alloc(COLUMNS_MAX, ROTE_DISTANCE_SLICE_BYTES, &d->gathered));
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
    rote_free(&d->gathered);
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

static bool must_stop(rote_distance *d, stopper listener)
{
  if (listener.stop == NULL) {
    return false;
  }
  const double now = rote_seconds();
  if (now - d->asked < STOP_SECONDS) {
    return false;
  }
  d->asked = now;
  return listener.stop(listener.context);
}

static view view_from(const rote_distance *d, view v, size_t first)
{
  return v.index != NULL ? (view){v.image, v.index + first}
                         : (view){v.image + first * d->pixels, NULL};
}

static const uint8_t *image_of(const rote_distance *d, view v, size_t i)
{
  return v.image + (v.index != NULL ? v.index[i] : i) * d->pixels;
}

static size_t block_of(size_t left, size_t most)
{
  return left < most ? left : most;
}

static size_t chunk_pixels(const rote_distance *d, size_t chunk)
{
  return block_of(d->pixels - chunk * ROTE_DISTANCE_CHUNK, ROTE_DISTANCE_CHUNK);
}

/* What an image adds to its distances in one chunk: |x|^2, for a row less 2 128 sum of x if columns
 * are shifted. Modulo 2^32, as everything until finish(). */
static void sum_images(const rote_distance *d, size_t chunk, size_t m, view x, bool row,
                       uint32_t *out)
{
  for (size_t i = 0; i < m; i++) {
    uint32_t sum, squares;
    d->kernels->sums(chunk_pixels(d, chunk), image_of(d, x, i) + chunk * ROTE_DISTANCE_CHUNK, &sum,
                     &squares);
    out[i] = squares - (row && d->kernels->shifted ? 256 * sum : 0);
  }
}

static void sum_rows(rote_distance *d, size_t m, view x)
{
  for (size_t chunk = 0; chunk < d->chunks; chunk++) {
    sum_images(d, chunk, m, x, true, d->row_sum + chunk * BLOCK_ROWS);
  }
}

/* n pixels from `at` on of m <= BLOCK_ROWS rows. */
static void pack_rows(rote_distance *d, size_t m, view x, size_t at, size_t n)
{
  if (x.index == NULL) {
    d->kernels->pack_rows(m, n, x.image + at, d->pixels, d->rows);
    return;
  }
  for (size_t i = 0; i < m; i++) {
    d->kernels->pack_rows(1, n, image_of(d, x, i) + at, d->pixels,
                          d->rows + i * ROTE_DISTANCE_SLICE_BYTES);
  }
}

/* The same of columns, at most those of a tile. */
static void pack_columns(rote_distance *d, size_t m, view y, size_t at, size_t n)
{
  if (y.index == NULL) {
    d->kernels->pack_columns(m, n, y.image + at, d->pixels, d->columns);
    return;
  }
  for (size_t j = 0; j < m; j++) {
    memcpy(d->gathered + j * ROTE_DISTANCE_SLICE_BYTES, image_of(d, y, j) + at, n);
  }
  d->kernels->pack_columns(m, n, d->gathered, ROTE_DISTANCE_SLICE_BYTES, d->columns);
}

/* Products of m <= BLOCK_ROWS rows and n <= BLOCK_COLUMNS columns over one chunk.
 * @return false if stopped */
static bool multiply_chunk(rote_distance *d, size_t chunk, size_t m, view x, size_t n, view y,
                           stopper listener)
{
  const rote_distance_kernels *kernels = d->kernels;
  const size_t first = chunk * ROTE_DISTANCE_CHUNK, end = first + chunk_pixels(d, chunk);
  for (size_t at = first; at < end; at += kernels->slice) {
    const size_t depth = block_of(end - at, kernels->slice);
    if (must_stop(d, listener)) {
      return false;
    }
    pack_rows(d, m, x, at, depth);
    for (size_t j = 0; j < n; j += kernels->columns) {
      pack_columns(d, block_of(n - j, kernels->columns), view_from(d, y, j), at, depth);
      kernels->multiply(m, depth, d->rows, d->columns, at > first, d->product + j, BLOCK_COLUMNS);
    }
  }
  rote_count_multiply_adds(m, n, end - first);
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
static bool work_block(rote_distance *d, size_t m, view x, size_t n, view y, stopper listener)
{
  for (size_t chunk = 0; chunk < d->chunks; chunk++) {
    if (!multiply_chunk(d, chunk, m, x, n, y, listener)) {
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

void rote_distance_block(rote_distance *d, size_t m, const uint8_t *x, size_t n, const uint8_t *y,
                         uint64_t *square, size_t ld)
{
  for (size_t i = 0; i < m; i += BLOCK_ROWS) {
    const size_t rows = block_of(m - i, BLOCK_ROWS);
    const view xi = {x + i * d->pixels, NULL};
    sum_rows(d, rows, xi);
    for (size_t j = 0; j < n; j += BLOCK_COLUMNS) {
      const size_t columns = block_of(n - j, BLOCK_COLUMNS);
      work_block(d, rows, xi, columns, (view){y + j * d->pixels, NULL}, (stopper){NULL, NULL});
      for (size_t r = 0; r < rows; r++) {
        memcpy(square + (i + r) * ld + j, finish_block_row(d, r, columns),
               columns * sizeof *square);
      }
    }
  }
}

/* A bound below the value that hides an image from itself. */
static int64_t most_of(uint64_t bound)
{
  return bound < INT64_MAX ? (int64_t)bound : INT64_MAX - 1;
}

/* What is done with the distances of row i to n others from `first` on. */
typedef void (*taker)(const rote_distance *d, size_t i, size_t first, size_t n,
                      const int64_t *square, int64_t most, void *found);

static void take_nearest(const rote_distance *d, size_t i, size_t first, size_t n,
                         const int64_t *square, int64_t most, void *found)
{
  rote_neighbours *f = (rote_neighbours *)found + i;
  const int64_t smallest = d->kernels->find_smallest(n, square, most, &f->within);
  if (smallest < INT64_MAX && (uint64_t)smallest < f->square) {
    size_t j = 0;
    while (square[j] != smallest) {
      j++;
    }
    f->square = (uint64_t)smallest;
    f->nearest = first + j;
  }
  if (smallest == 0) {
    for (size_t j = 0; j < n; j++) {
      if (square[j] == 0) {
        f->first_copy = f->copies == 0 ? first + j : f->first_copy;
        f->copies++;
      }
    }
  }
}

static void take_count(const rote_distance *d, size_t i, size_t first, size_t n,
                       const int64_t *square, int64_t most, void *found)
{
  (void)first;
  d->kernels->find_smallest(n, square, most, (size_t *)found + i);
}

/* Rows [first, first + count) of x against all n columns of y, block by block; `same`: row i and
 * column i are one image, whose distance to itself is hidden. */
typedef struct {
  view x, y;
  size_t first, count, n;
  bool same;
  int64_t most;
  stopper listener;
} walk;

static rote_status walk_blocks(rote_distance *d, const walk *w, taker take, void *found)
{
  d->asked = 0; /* every search begins with the question */
  for (size_t i = 0; i < w->count; i += BLOCK_ROWS) {
    const size_t rows = block_of(w->count - i, BLOCK_ROWS);
    const view x = view_from(d, w->x, w->first + i);
    sum_rows(d, rows, x);
    for (size_t j = 0; j < w->n; j += BLOCK_COLUMNS) {
      const size_t columns = block_of(w->n - j, BLOCK_COLUMNS);
      if (!work_block(d, rows, x, columns, view_from(d, w->y, j), w->listener)) {
        return rote_fail(ROTE_STOPPED, "the search for neighbours was told to stop");
      }
      for (size_t r = 0; r < rows; r++) {
        int64_t *square = finish_block_row(d, r, columns);
        const size_t own = w->first + i + r;
        if (w->same && own >= j && own - j < columns) {
          square[own - j] = INT64_MAX;
        }
        take(d, i + r, j, columns, square, w->most, found);
      }
    }
  }
  return ROTE_OK;
}

rote_status rote_nearest(rote_distance *d, const rote_nearest_search *search,
                         rote_neighbours *found)
{
  const walk w = {.x = {search->image, NULL},
                  .y = {search->other, NULL},
                  .first = search->first,
                  .count = search->count,
                  .n = search->others,
                  .same = search->other == search->image,
                  .most = most_of(search->bound),
                  .listener = {search->stop, search->context}};
  for (size_t i = 0; i < search->count; i++) {
    found[i] = (rote_neighbours){UINT64_MAX, SIZE_MAX, 0, SIZE_MAX, 0};
  }
  return walk_blocks(d, &w, take_nearest, found);
}

rote_status rote_count_near(rote_distance *d, const rote_candidate_search *search, size_t *within)
{
  const view listed = {search->image, search->candidate};
  const walk w = {.x = listed,
                  .y = listed,
                  .first = search->first,
                  .count = search->count,
                  .n = search->candidates,
                  .same = true,
                  .most = most_of(search->bound),
                  .listener = {search->stop, search->context}};
  memset(within, 0, search->count * sizeof *within);
  return walk_blocks(d, &w, take_count, within);
}
