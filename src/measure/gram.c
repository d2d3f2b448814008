#include "rote/gram.h"

#include "rote/distance.h"
#include "rote/memory.h"

#include <string.h>

/* Images that are turned over at once: pixels of CHUNK images, then of the next. Tiles are what
 * rote_distance works in. */
enum { CHUNK = 2048, TILE_ROWS = 960, TILE_COLUMNS = 256, TURN = 64 };

/* N^2 255^2 < 2^63 */
#define IMAGES_MAX 11900000

/* The product of two pixels over the images is the distance of two rows of a turned data set:
 *   x.y = (|x|^2 + |y|^2 - |x - y|^2) / 2 */
typedef struct {
  const rote_gram_part *part;
  rote_distance *distance;
  uint8_t *row, *column;                /* [rows, CHUNK], [columns, CHUNK]; one if they are */
  uint64_t *row_square, *column_square; /* |x|^2 of each; [rows], [columns] */
  uint64_t *tile;                       /* [TILE_ROWS, TILE_COLUMNS] */
} gram_room;

void rote_pixel_sums(const rote_image_set *images, size_t pixels, uint64_t *sum)
{
  memset(sum, 0, pixels * sizeof *sum);
  for (size_t i = 0; i < images->count; i++) {
    const uint8_t *x = images->pixel + i * pixels;
    for (size_t d = 0; d < pixels; d++) {
      sum[d] += x[d];
    }
  }
}

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* Pixels of a list, of `n` images from `first` on; images that are not there are black. */
static void turn(const rote_gram_part *part, size_t first, size_t n, size_t count,
                 const uint32_t *pixel, uint8_t *turned, uint64_t *square)
{
  memset(square, 0, count * sizeof *square);
  if (n < CHUNK) {
    memset(turned, 0, count * CHUNK);
  }
  for (size_t at = 0; at < n; at += TURN) {
    const size_t end = smaller(at + TURN, n);
    for (size_t p = 0; p < count; p++) {
      const uint8_t *from = part->images->pixel + first * part->pixels + pixel[p];
      uint64_t sum = 0;
      for (size_t i = at; i < end; i++) {
        const uint8_t x = from[i * part->pixels];
        turned[p * CHUNK + i] = x;
        sum += (uint64_t)x * x;
      }
      square[p] += sum;
    }
  }
}

static void add_tile(gram_room *g, size_t column, size_t n, size_t row, size_t m, int64_t *sum,
                     size_t ld)
{
  rote_distance_block(g->distance, n, g->column + column * CHUNK, m, g->row + row * CHUNK, g->tile,
                      TILE_COLUMNS);
  for (size_t b = 0; b < n; b++) {
    const uint64_t *square = g->tile + b * TILE_COLUMNS;
    int64_t *to = sum + (column + b) * ld + row;
    for (size_t a = 0; a < m; a++) {
      to[a] += (int64_t)((g->column_square[column + b] + g->row_square[row + a] - square[a]) / 2);
    }
  }
}

/* All tiles that reach into the lower triangle. */
static rote_status add_chunk(gram_room *g, size_t first, size_t n, int64_t *sum, size_t ld)
{
  const rote_gram_part *part = g->part;
  turn(part, first, n, part->columns, part->column, g->column, g->column_square);
  if (g->row != g->column) {
    turn(part, first, n, part->rows, part->row, g->row, g->row_square);
  }
  for (size_t b = 0; b < part->columns; b += TILE_ROWS) {
    for (size_t a = 0; a < part->rows; a += TILE_COLUMNS) {
      const size_t m = smaller(part->rows - a, TILE_COLUMNS);
      if (part->row[a + m - 1] < part->column[b]) {
        continue;
      }
      if (part->stop != NULL && part->stop(part->context)) {
        return rote_fail(ROTE_STOPPED, "stopped between two tiles of a Gram matrix");
      }
      add_tile(g, b, smaller(part->columns - b, TILE_ROWS), a, m, sum, ld);
    }
  }
  return ROTE_OK;
}

static void leave(gram_room *g)
{
  if (g->row == g->column) {
    g->row = NULL;
    g->row_square = NULL;
  }
  rote_free(&g->row);
  rote_free(&g->column);
  rote_free(&g->row_square);
  rote_free(&g->column_square);
  rote_free(&g->tile);
  rote_distance_destroy(&g->distance);
}

static rote_status enter(const rote_gram_part *part, gram_room *g)
{
  rote_status status = ROTE_OK;
  g->part = part;
  ROTE_TRY(rote_distance_create(CHUNK, &g->distance));
  ROTE_TRY(rote_alloc(part->columns * CHUNK, 1, &g->column));
  ROTE_TRY(rote_alloc(part->columns, sizeof *g->column_square, &g->column_square));
  ROTE_TRY(rote_alloc((size_t)TILE_ROWS * TILE_COLUMNS, sizeof *g->tile, &g->tile));
  if (part->row == part->column && part->rows == part->columns) {
    g->row = g->column;
    g->row_square = g->column_square;
  } else {
    ROTE_TRY(rote_alloc(part->rows * CHUNK, 1, &g->row));
    ROTE_TRY(rote_alloc(part->rows, sizeof *g->row_square, &g->row_square));
  }
done:
  return status;
}

/* C_ab = (N S_ab - s_a s_b) / N, the numerator exact; in the place of the sums. */
static void centre(const rote_gram_part *part, const uint64_t *sum, double *scatter, size_t ld)
{
  const int64_t images = (int64_t)part->images->count;
  const double scale = 255.0 * 255.0 * (double)images;
  for (size_t b = 0; b < part->columns; b++) {
    for (size_t a = 0; a < part->rows; a++) {
      int64_t product;
      double *at = &scatter[b * ld + a];
      memcpy(&product, at, sizeof product);
      *at = part->row[a] < part->column[b]
                ? 0
                : (double)(images * product -
                           (int64_t)sum[part->row[a]] * (int64_t)sum[part->column[b]]) /
                      scale;
    }
  }
}

rote_status rote_gram_scatter(const rote_gram_part *part, const uint64_t *sum, double *scatter,
                              size_t ld)
{
  rote_status status = ROTE_OK;
  gram_room g = {.part = part};
  int64_t *product = (int64_t *)(void *)scatter; /* of one size; centre() takes them out again */
  _Static_assert(sizeof(int64_t) == sizeof(double), "sums and doubles share their memory");
  if (part->images->count > IMAGES_MAX) {
    ROTE_TRY(rote_fail(ROTE_DATA, "covariances are of at most %d images, not %zu", IMAGES_MAX,
                       part->images->count));
  }
  ROTE_TRY(enter(part, &g));
  for (size_t b = 0; b < part->columns; b++) {
    memset(product + b * ld, 0, part->rows * sizeof *product);
  }
  for (size_t i = 0; i < part->images->count; i += CHUNK) {
    ROTE_TRY(add_chunk(&g, i, smaller(part->images->count - i, CHUNK), product, ld));
  }
  centre(part, sum, scatter, ld);
done:
  leave(&g);
  return status;
}

size_t rote_gram_bytes(size_t rows, size_t columns)
{
  return (rows + columns) * (CHUNK + sizeof(uint64_t)) +
         (size_t)TILE_ROWS * TILE_COLUMNS * sizeof(uint64_t) + rote_distance_bytes(CHUNK);
}
