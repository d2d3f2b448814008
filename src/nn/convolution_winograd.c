/* A 4 x 4 convolution with stride 2 as four of 2 x 2 taps with stride 1, by Winograd.
 *
 * Along one axis low v and tap k = 2 a + r meet high 2 (v + a) + r - 1: with the two phases
 * x_r[i] = high[2 i + r - 1] of the padded image, i = 0 .. L,
 *   low[v] = sum over r, a of g_r[a] x_r[v + a],  g_r[a] = W[2 a + r].
 * The same in two dimensions gives four phases q = 2 ry + rx. Their sum is taken between the
 * transforms, where it is more depth of the products: for each of the 25 places
 *   M[l] = sum over q, h of U[l, q, h] V[q, h],  U = G g G', V = B x B', low = A' M A
 * (rote/kernels.h). A tile of 4 x 4 low pixels meets 5 x 5 of each phase; columns are taken 64 at a
 * time, so that the room does not grow with the batch. */
#include "convolution.h"

enum {
  TILE = ROTE_WINOGRAD_TILE,
  POINTS = ROTE_WINOGRAD_POINTS,
  PLACES = POINTS * POINTS,
  PHASES = 4,
  COLUMNS = 64,
  /* of rows in the room: an odd number of cache lines, see pack_b() of kernel_gemm.h */
  LD = COLUMNS + ROTE_COLUMN_BLOCK
};

bool rote_winograd_fits(const rote_convolution *c)
{
  return c->kernel == 4 && c->stride == 2 && c->padding == 1 && c->low % TILE == 0 &&
         c->high_channels % ROTE_COLUMN_BLOCK == 0 && c->low_channels % ROTE_COLUMN_BLOCK == 0;
}

/* From one place to the next, of `rows` rows of ld numbers: transforms walk all 25 at once, which
 * an odd number of cache lines keeps out of each other's sets of the cache. */
static size_t plane_of(size_t rows, size_t ld)
{
  return rows * ld + (rows * ld / ROTE_COLUMN_BLOCK % 2 == 0 ? ROTE_COLUMN_BLOCK : 0);
}

static size_t high_plane(const rote_convolution *c)
{
  return plane_of(PHASES * c->high_channels, LD);
}

static size_t low_plane(const rote_convolution *c)
{
  return plane_of(c->low_channels, LD);
}

static size_t weight_plane(const rote_convolution *c)
{
  return plane_of(PHASES * c->high_channels, c->low_channels);
}

size_t rote_winograd_weights(const rote_convolution *c)
{
  return PLACES * weight_plane(c);
}

static size_t min(size_t a, size_t b)
{
  return a < b ? a : b;
}

static void transform(rote_winograd_kind kind, size_t rows, size_t n, const rote_winograd *t)
{
  rote_kernels_get()->winograd[kind](rows, n, t);
}

/* Tap (2 a + ry, 2 b + rx) of phase q. */
static size_t tap_of(size_t q, size_t a, size_t b)
{
  return (2 * a + q / 2) * 4 + 2 * b + q % 2;
}

/* U[place][l][q][h], or [place][q][h][l] where c->up: the rows of the forward pass's product, which
 * a product reads faster than columns. */
void rote_winograd_pack(const rote_convolution *c, size_t channel, const rote_real *d, rote_real *u)
{
  const size_t ch = c->high_channels, cl = c->low_channels, width = c->up ? cl : ch;
  for (size_t q = 0; q < PHASES; q++) {
    const size_t row = c->up ? (q * ch + channel) * cl : (channel * PHASES + q) * ch;
    rote_winograd t = {.places = u + row, .plane = weight_plane(c)};
    for (size_t i = 0; i < 4; i++) {
      t.image[i] = (rote_real *)d + tap_of(q, i / 2, i % 2) * width;
    }
    transform(ROTE_WINOGRAD_WEIGHT, 1, width, &t);
  }
}

/* U of a place as [l][q h], and turned. */
static rote_strided low_by_high(const rote_convolution *c, const rote_real *u, size_t place)
{
  const rote_real *at = u + place * weight_plane(c);
  return c->up ? (rote_strided){at, 1, c->low_channels}
               : (rote_strided){at, PHASES * c->high_channels, 1};
}

static rote_strided high_by_low(const rote_convolution *c, const rote_real *u, size_t place)
{
  const rote_strided s = low_by_high(c, u, place);
  return (rote_strided){s.data, s.column, s.row};
}

/* One tile of 4 x 4 low pixels and 5 x 5 pixels of each phase, for `columns` columns. */
typedef struct {
  size_t y, x; /* of the first low pixel */
  size_t columns, ld;
} tile;

/* Place of number i of phase q of the tile in the high image; rows of channels from there.
 * @return the pixel, or the number of all pixels where there is padding */
static size_t high_pixel(const rote_convolution *c, const tile *at, size_t q, size_t i)
{
  const size_t y = 2 * (at->y + i / POINTS) + q / 2, x = 2 * (at->x + i % POINTS) + q % 2;
  const bool inside = y > 0 && y <= c->high && x > 0 && x <= c->high;
  return inside ? (y - 1) * c->high + x - 1 : c->high * c->high;
}

/* V[place][q][h][LD] = B x B' */
static void high_to_places(const rote_convolution *c, const tile *at, const rote_real *high,
                           rote_real *v)
{
  const size_t ch = c->high_channels;
  for (size_t q = 0; q < PHASES; q++) {
    rote_winograd t = {
        .ld_image = at->ld, .places = v + q * ch * LD, .plane = high_plane(c), .ld_places = LD};
    for (size_t i = 0; i < PLACES; i++) {
      const size_t pixel = high_pixel(c, at, q, i);
      t.image[i] = pixel == c->high * c->high ? NULL : (rote_real *)high + pixel * ch * at->ld;
    }
    transform(ROTE_WINOGRAD_HIGH, ch, rote_column_pad(at->columns), &t);
  }
}

/* The pixel is whole. */
static void rectify(const rote_follow_up *f, size_t rows, const tile *at, rote_real *y)
{
  for (size_t i = 0; f != NULL && f->rectify && i < rows; i++) {
    rote_kernels_get()->rectify(rote_column_pad(at->columns), f->slope, y + i * at->ld);
  }
}

/* high = B' V B, the rows and columns of pixels that two tiles share added up: the tile before has
 * left its part. */
static void places_to_high(const rote_convolution *c, const tile *at, const rote_real *v,
                           const rote_follow_up *f, rote_real *high)
{
  const size_t ch = c->high_channels, all = c->high * c->high;
  for (size_t q = 0; q < PHASES; q++) {
    rote_winograd t = {.ld_image = at->ld,
                       .places = (rote_real *)v + q * ch * LD,
                       .plane = high_plane(c),
                       .ld_places = LD,
                       .shift = f == NULL ? NULL : f->shift};
    for (size_t i = 0; i < PLACES; i++) {
      const size_t pixel = high_pixel(c, at, q, i);
      const bool shared = (i / POINTS == 0 && at->y > 0) || (i % POINTS == 0 && at->x > 0);
      t.image[i] = pixel == all ? NULL : high + pixel * ch * at->ld;
      t.adds |= (uint32_t)shared << i;
    }
    transform(ROTE_WINOGRAD_HIGH_BACK, ch, rote_column_pad(at->columns), &t);
    for (size_t i = 0; i < PLACES; i++) {
      const bool more = (i / POINTS == TILE && at->y + TILE < c->low) ||
                        (i % POINTS == TILE && at->x + TILE < c->low);
      if (t.image[i] != NULL && !more) {
        rectify(f, ch, at, t.image[i]);
      }
    }
  }
}

static rote_real *low_pixel(const rote_convolution *c, const tile *at, rote_real *low, size_t i)
{
  return low + ((at->y + i / TILE) * c->low + at->x + i % TILE) * c->low_channels * at->ld;
}

/* low = A' M A */
static void places_to_low(const rote_convolution *c, const tile *at, const rote_real *m,
                          const rote_follow_up *f, rote_real *low)
{
  const size_t cl = c->low_channels;
  rote_winograd t = {.ld_image = at->ld,
                     .places = (rote_real *)m,
                     .plane = low_plane(c),
                     .ld_places = LD,
                     .shift = f == NULL ? NULL : f->shift};
  for (size_t i = 0; i < TILE * TILE; i++) {
    t.image[i] = low_pixel(c, at, low, i);
  }
  transform(ROTE_WINOGRAD_LOW_BACK, cl, rote_column_pad(at->columns), &t);
  for (size_t i = 0; i < TILE * TILE; i++) {
    rectify(f, cl, at, t.image[i]);
  }
}

/* M[place][l][LD] = A y A' */
static void low_to_places(const rote_convolution *c, const tile *at, const rote_real *low,
                          rote_real *m)
{
  const size_t cl = c->low_channels;
  rote_winograd t = {.ld_image = at->ld, .places = m, .plane = low_plane(c), .ld_places = LD};
  for (size_t i = 0; i < TILE * TILE; i++) {
    t.image[i] = low_pixel(c, at, (rote_real *)low, i);
  }
  transform(ROTE_WINOGRAD_LOW, cl, rote_column_pad(at->columns), &t);
}

/* What is done with one tile; low and high from its first column on. */
typedef void with_tile(const rote_convolution *c, const tile *at, void *work, size_t first_column);

/* Along an axis all taps but the first and the last meet real pixels. */
static void count_spared(const rote_convolution *c, size_t columns)
{
  const size_t taps = 4 * c->low - 2, tiles = c->low / TILE;
  const double direct = (double)(taps * taps);
  const double done = (double)(tiles * tiles * PLACES * PHASES);
  rote_count_spared((direct - done) * (double)(c->high_channels * c->low_channels * columns));
}

static void for_all_tiles(const rote_convolution *c, size_t columns, size_t ld, with_tile *with,
                          void *work)
{
  const size_t across = c->low / TILE;
  count_spared(c, columns);
  for (size_t j = 0; j < columns; j += COLUMNS) {
    for (size_t i = 0; i < across * across; i++) {
      const tile at = {TILE * (i / across), TILE * (i % across), min(COLUMNS, columns - j), ld};
      with(c, &at, work, j);
    }
  }
}

/* A pass between the two images. V [place][q][h][LD], M [place][l][LD] */
typedef struct {
  const rote_real *u, *in;
  const rote_follow_up *follow_up;
  rote_real *out, *v, *m;
} pass;

size_t rote_winograd_room(const rote_convolution *c)
{
  return PLACES * (high_plane(c) + low_plane(c));
}

/* low from V */
static void to_low(const rote_convolution *c, const tile *at, const pass *p, size_t first_column)
{
  const size_t cl = c->low_channels, depth = PHASES * c->high_channels;
  for (size_t i = 0; i < PLACES; i++) {
    rote_gemm(cl, rote_column_pad(at->columns), depth, low_by_high(c, p->u, i),
              p->v + i * high_plane(c), LD, NULL, false, p->m + i * low_plane(c), LD);
  }
  places_to_low(c, at, p->m, p->follow_up, p->out + first_column);
}

static void down_tile(const rote_convolution *c, const tile *at, void *work, size_t first_column)
{
  const pass *p = work;
  high_to_places(c, at, p->in + first_column, p->v);
  to_low(c, at, p, first_column);
}

void rote_winograd_down(const rote_convolution *c, const rote_real *u,
                        const rote_follow_up *follow_up, const rote_real *high, size_t columns,
                        size_t ld, rote_real *low, rote_real *room)
{
  pass p = {u, high, follow_up, low, room, room + PLACES * high_plane(c)};
  for_all_tiles(c, columns, ld, down_tile, &p);
}

static void up_tile(const rote_convolution *c, const tile *at, void *work, size_t first_column)
{
  const pass *p = work;
  const size_t cl = c->low_channels, depth = PHASES * c->high_channels;
  low_to_places(c, at, p->in + first_column, p->m);
  for (size_t i = 0; i < PLACES; i++) {
    rote_gemm(depth, rote_column_pad(at->columns), cl, high_by_low(c, p->u, i),
              p->m + i * low_plane(c), LD, NULL, false, p->v + i * high_plane(c), LD);
  }
  places_to_high(c, at, p->v, p->follow_up, p->out + first_column);
}

void rote_winograd_up(const rote_convolution *c, const rote_real *u,
                      const rote_follow_up *follow_up, const rote_real *low, size_t columns,
                      size_t ld, rote_real *high, rote_real *room)
{
  pass p = {u, low, follow_up, high, room, room + PLACES * high_plane(c)};
  for_all_tiles(c, columns, ld, up_tile, &p);
}

/* The gradient of U, du[place][q][h][l]: the columns of low pixels are turned, so that they are the
 * depth of a product, 64 low channels at once.
 * y [4 x 4][column][LD], turned [place][column][LD] */
typedef struct {
  const rote_real *high, *low;
  rote_real *v, *y, *turned, *du;
  pass down; /* of the same high, where out is not NULL */
  bool started;
} gradient;

enum { PANEL = COLUMNS };

size_t rote_winograd_gradient_room(const rote_convolution *c)
{
  return rote_winograd_room(c) + TILE * TILE * plane_of(COLUMNS, LD) +
         PLACES * plane_of(COLUMNS, LD) + rote_winograd_weights(c);
}

/* turned = A y A' of low channels l .. l + n - 1 */
static void turn_low(const rote_convolution *c, const tile *at, const gradient *g,
                     const rote_real *low, size_t l, size_t n)
{
  rote_winograd t = {
      .ld_image = LD, .places = g->turned, .plane = plane_of(COLUMNS, LD), .ld_places = LD};
  for (size_t i = 0; i < TILE * TILE; i++) {
    rote_real *y = g->y + i * plane_of(COLUMNS, LD);
    const rote_real *from = low_pixel(c, at, (rote_real *)low, i) + l * at->ld;
    rote_kernels_get()->transpose(n, at->columns, from, at->ld, y, LD);
    t.image[i] = y;
  }
  transform(ROTE_WINOGRAD_LOW, at->columns, n, &t);
}

static void gradient_tile(const rote_convolution *c, const tile *at, void *work,
                          size_t first_column)
{
  gradient *g = work;
  const size_t cl = c->low_channels, depth = PHASES * c->high_channels;
  high_to_places(c, at, g->high + first_column, g->v);
  if (g->down.out != NULL) {
    to_low(c, at, &g->down, first_column);
  }
  for (size_t l = 0; l < cl; l += PANEL) {
    const size_t n = min(PANEL, cl - l);
    turn_low(c, at, g, g->low + first_column, l, n);
    for (size_t i = 0; i < PLACES; i++) {
      const rote_strided v = {g->v + i * high_plane(c), LD, 1};
      rote_gemm(depth, n, at->columns, v, g->turned + i * plane_of(COLUMNS, LD), LD, NULL,
                g->started, g->du + i * weight_plane(c) + l, cl);
    }
  }
  g->started = true;
}

rote_real *rote_winograd_gradient(const rote_convolution *c, const rote_real *high,
                                  const rote_real *low, size_t columns, size_t ld,
                                  const rote_real *u, rote_real *d_low, rote_real *room)
{
  gradient g = {.high = high, .low = low, .v = room};
  g.down = (pass){u, high, NULL, d_low, room, room + PLACES * high_plane(c)};
  g.y = room + rote_winograd_room(c);
  g.turned = g.y + TILE * TILE * plane_of(COLUMNS, LD);
  g.du = g.turned + PLACES * plane_of(COLUMNS, LD);
  if (d_low != NULL) {
    count_spared(c, rote_column_pad(columns));
  }
  for_all_tiles(c, columns, ld, gradient_tile, &g);
  return g.du;
}

void rote_winograd_unpack(const rote_convolution *c, const rote_real *du, size_t h, size_t first,
                          size_t n, rote_real *g)
{
  for (size_t q = 0; q < PHASES; q++) {
    rote_winograd t = {.ld_image = n,
                       .places =
                           (rote_real *)du + (q * c->high_channels + h) * c->low_channels + first,
                       .plane = weight_plane(c),
                       .ld_places = c->low_channels};
    for (size_t i = 0; i < 4; i++) {
      t.image[i] = g + tap_of(q, i / 2, i % 2) * n;
    }
    transform(ROTE_WINOGRAD_WEIGHT_BACK, 1, n, &t);
  }
}
