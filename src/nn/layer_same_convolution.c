/* Convolution that keeps the size of the image: odd kernel, stride 1, zeros around, with bias.
 *
 * Letters: image [H, W, C] to [H, W, F], kernel k, padding p = (k - 1) / 2; out(y, x)[f] = b[f] +
 * sum over ky, kx, c of W[f, c, ky, kx] in(y + ky - p, x + kx - p)[c]. Images are [row, pixel,
 * channel, column], so the pixels under one row of taps are consecutive rows and one matrix
 * product. Only taps on real pixels are computed. */
#include "rote/memory.h"
#include "rote/network.h"
#include "rote/projection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  rote_layer base;
  size_t weight, bias; /* offsets of W [F, C, k, k] and b [F] */
  size_t height, width, channels, filters, kernel;
} same;

static size_t taps_of(const same *s)
{
  return s->kernel * s->kernel;
}

static size_t weight_count(const same *s)
{
  return s->filters * s->channels * taps_of(s);
}

/* Taps first .. first + count - 1 lie on pixels pixel, pixel + 1, ... of an axis of `length`. */
typedef struct {
  size_t first, count, pixel;
} run;

static run taps_at(const same *s, size_t length, size_t at)
{
  const size_t p = s->kernel / 2;
  const size_t first = at < p ? p - at : 0;
  const size_t room = length + p - at, end = s->kernel < room ? s->kernel : room;
  return (run){first, end - first, at + first - p};
}

/* out = bias + the taps of `packed` [to][ky][kx][from] over `in`; bias may be NULL. */
static void convolve(const same *s, size_t from, size_t to, const rote_real *packed,
                     const rote_real *bias, const rote_real *in, size_t columns, size_t ld,
                     rote_real *out)
{
  const size_t k = s->kernel;
  for (size_t y = 0; y < s->height; y++) {
    const run ry = taps_at(s, s->height, y);
    for (size_t x = 0; x < s->width; x++) {
      const run rx = taps_at(s, s->width, x);
      rote_real *here = out + (y * s->width + x) * to * ld;
      const rote_runs runs = {ry.count, rx.count * from, k * from, s->width * from * ld};
      rote_gemm_runs(to, columns, &runs, packed + (ry.first * k + rx.first) * from, k * k * from,
                     in + (ry.pixel * s->width + rx.pixel) * from * ld, ld, bias, here, ld);
    }
  }
}

static size_t packed_room(const rote_layer *layer)
{
  return weight_count((const same *)layer);
}

/* W[f][c][tap] to [f][tap][c] */
static void pack(const rote_layer *layer, const rote_real *w, const rote_slot *slot)
{
  const same *s = (const same *)layer;
  const size_t taps = taps_of(s), block = s->channels * taps;
  for (size_t f = 0; f < s->filters; f++) {
    rote_kernels_get()->transpose(s->channels, taps, w + s->weight + f * block, taps,
                                  slot->packed + f * block, s->channels);
  }
}

/* W[f][c][tap] to [c][tap from the other end][f]: the input gradient is a convolution, too */
static void pack_adjoint(const same *s, const rote_real *weight, rote_real *packed)
{
  const size_t taps = taps_of(s);
  for (size_t c = 0; c < s->channels; c++) {
    for (size_t t = 0; t < taps; t++) {
      const rote_real *from = weight + c * taps + (taps - 1 - t);
      for (size_t f = 0; f < s->filters; f++) {
        *packed++ = from[f * s->channels * taps];
      }
    }
  }
}

static void same_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                         const rote_real *x, rote_real *y)
{
  const same *s = (const same *)layer;
  convolve(s, s->channels, s->filters, slot->packed, pass->w + s->bias, x,
           rote_column_pad(pass->columns), pass->ld, y);
}

static size_t turned_ld(const same *s)
{
  return rote_column_pad(s->filters) + ROTE_COLUMN_BLOCK;
}

/* sum[tap][c][f] += in(tap)[c] dy[f], db[f] += dy[f], summed over the columns, for all pixels. The
 * columns of dy are turned, one pixel at a time, so that they are the depth of a product. */
static void sum_gradients(const same *s, const rote_pass *pass, const rote_real *x,
                          const rote_real *dy, rote_real *turned, rote_real *sum, rote_real *db)
{
  const size_t c = s->channels, f = s->filters, k = s->kernel, ld = pass->ld, ldt = turned_ld(s);
  const rote_real one = 1;
  memset(sum, 0, weight_count(s) * sizeof *sum);
  memset(db, 0, f * sizeof *db);
  for (size_t y = 0; y < s->height; y++) {
    const run ry = taps_at(s, s->height, y);
    for (size_t u = 0; u < s->width; u++) {
      const run rx = taps_at(s, s->width, u);
      rote_kernels_get()->transpose(f, pass->columns, dy + (y * s->width + u) * f * ld, ld, turned,
                                    ldt);
      rote_gemm(1, f, pass->columns, (rote_strided){&one, 0, 0}, turned, ldt, NULL, true, db, f);
      for (size_t i = 0; i < ry.count; i++) {
        const rote_strided a = {x + ((ry.pixel + i) * s->width + rx.pixel) * c * ld, ld, 1};
        rote_gemm(rx.count * c, f, pass->columns, a, turned, ldt, NULL, true,
                  sum + ((ry.first + i) * k + rx.first) * c * f, f);
      }
    }
  }
}

/* sum[tap][c][f] in the order of W, as many filters at once as a piece of the gradient holds */
static void hand_over(const same *s, const rote_real *sum, const rote_gradient *gradient)
{
  const size_t taps = taps_of(s), c = s->channels, f = s->filters, block = c * taps;
  const size_t fit = gradient->flat != NULL ? f : gradient->piece_room / block;
  const size_t at_once = fit < f ? fit : f;
  for (size_t first = 0; first < f; first += at_once) {
    const size_t n = f - first < at_once ? f - first : at_once;
    const size_t offset = s->weight + first * block;
    rote_real *g = rote_gradient_room(gradient, offset);
    for (size_t t = 0; t < taps; t++) {
      for (size_t i = 0; i < c; i++) {
        for (size_t j = 0; j < n; j++) {
          g[j * block + i * taps + t] = sum[(t * c + i) * f + first + j];
        }
      }
    }
    rote_gradient_done(gradient, offset, n * block, g);
  }
}

static size_t scratch_room(const rote_layer *layer, size_t ld)
{
  const same *s = (const same *)layer;
  return ld * turned_ld(s) + weight_count(s) + s->filters;
}

static void same_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                          const rote_real *x, const rote_real *y, const rote_real *dy,
                          rote_real *dx, const rote_gradient *gradient)
{
  const same *s = (const same *)layer;
  (void)y;
  if (dx != NULL) {
    pack_adjoint(s, pass->w + s->weight, slot->scratch);
    convolve(s, s->filters, s->channels, slot->scratch, NULL, dy, rote_column_pad(pass->columns),
             pass->ld, dx);
  }
  if (gradient == NULL) {
    return;
  }
  rote_real *sum = slot->scratch + pass->ld * turned_ld(s), *db = sum + weight_count(s);
  sum_gradients(s, pass, x, dy, slot->scratch, sum, db);
  hand_over(s, sum, gradient);
  rote_real *g = rote_gradient_room(gradient, s->bias);
  memcpy(g, db, s->filters * sizeof *g);
  rote_gradient_done(gradient, s->bias, s->filters, g);
}

static rote_weight_shape weight_shape(const rote_layer *layer)
{
  const same *s = (const same *)layer;
  return (rote_weight_shape){
      .rows = s->filters, .columns = taps_of(s) * s->channels, .positions = s->height * s->width};
}

/* The projected pixels under the kernel are a convolution of few filters. */
static void same_project(const rote_layer *layer, const rote_pass *pass, size_t draws,
                         const rote_projection *p, const rote_real *x, const rote_real *dy,
                         rote_real *scratch, rote_real *phi, size_t distance)
{
  const same *s = (const same *)layer;
  const size_t positions = s->height * s->width;
  rote_real *rest = scratch + positions * p->kept_columns * pass->ld;
  convolve(s, s->channels, p->kept_columns, p->column, NULL, x, rote_column_pad(pass->columns),
           pass->ld, scratch);
  rote_projection_sum(p, pass, draws, positions, dy, scratch, rest, phi, distance);
}

static const rote_layer_ops same_ops = {
    .name = "same_convolution",
    .has_parameters = true,
    .forward = same_forward,
    .backward = same_backward,
    .packed_room = packed_room,
    .pack = pack,
    .scratch_room = scratch_room,
    .weight_shape = weight_shape,
    .project = same_project,
};

rote_status rote_layer_same_convolution(rote_parameters *table, const char *name, size_t height,
                                        size_t width, size_t channels, size_t filters,
                                        size_t kernel, rote_layer **layer)
{
  rote_status status = ROTE_OK;
  same *s = NULL;
  size_t index = 0;
  const double bound = 1 / sqrt((double)(channels * kernel * kernel));
  rote_parameter weight = {.rank = 4, .shape = {filters, channels, kernel, kernel}, .bound = bound};
  rote_parameter bias = {.rank = 1, .shape = {filters}, .bound = bound};
  *layer = NULL;
  if (kernel % 2 == 0) {
    return rote_fail(ROTE_INTERNAL, "a kernel of %zu has no middle", kernel);
  }
  snprintf(weight.name, sizeof weight.name, "%s.weight", name);
  snprintf(bias.name, sizeof bias.name, "%s.bias", name);
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  *s = (same){
      .height = height, .width = width, .channels = channels, .filters = filters, .kernel = kernel};
  s->base = (rote_layer){.ops = &same_ops,
                         .in = height * width * channels,
                         .out = height * width * filters,
                         .channels = filters};
  ROTE_TRY(rote_parameters_add(table, &weight, &index));
  s->weight = table->parameter[index].offset;
  ROTE_TRY(rote_parameters_add(table, &bias, &index));
  s->bias = table->parameter[index].offset;
  *layer = &s->base;
  s = NULL;
done:
  rote_free(&s);
  return status;
}
