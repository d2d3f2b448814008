/* Convolution and its adjoint, as runs of matrix products without im2col.
 *
 * Letters: high side image [H, H, Ch], low side image [L, L, Cl], kernel k, stride s, padding p;
 * the weight is W[l, h, ky, kx] for both kinds of layer (PyTorch's Conv2d [out, in, ...] and
 * ConvTranspose2d [in, out, ...]). Low pixel (v, u) and tap (ky, kx) meet high pixel (s v - p + ky,
 * s u - p + kx). down: low(v,u)[l]  = sum over taps, h of W[l,h,ky,kx] high(...)[h]        Conv2d
 * forwards up:   high(y,x)[h] = sum over taps, l of W[l,h,ky,kx] low(...)[l] ConvTranspose2d
 * forwards Each is the input gradient of the other. With images as [row, pixel, channel, column],
 * the channels of neighbouring pixels are consecutive rows: all taps of one kernel row are one
 * matrix product. Only taps on real pixels are computed.
 *
 * Shapes that allow it go through convolution_winograd.c. */
#include "convolution.h"

#include "rote/memory.h"
#include "rote/projection.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef rote_convolution convolution;

size_t rote_convolution_weights(const convolution *c)
{
  return c->low_channels * c->high_channels * c->kernel * c->kernel;
}

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

/* High channels of Winograd's gradient that are unpacked together. */
enum { UNPACKED = 8 };

/* Of what weight_gradient() unpacks. */
static size_t sum_room(const convolution *c)
{
  return c->winograd ? UNPACKED * c->kernel * c->kernel * c->low_channels
                     : rote_convolution_weights(c);
}

/* g[l][h][ky][kx] of n low and `highs` high channels, from tap t of channel h at sum + t tap + h
 * high: a cache line of low channels at once, so that g is written in few streams. */
static void order(const convolution *c, const rote_real *sum, size_t tap, size_t high, size_t n,
                  size_t highs, rote_real *g)
{
  const size_t ch = c->high_channels, taps = c->kernel * c->kernel;
  for (size_t l = 0; l < n; l += ROTE_COLUMN_BLOCK) {
    for (size_t h = 0; h < highs; h++) {
      rote_kernels_get()->transpose(taps, smaller(n - l, ROTE_COLUMN_BLOCK), sum + h * high + l,
                                    tap, g + (l * ch + h) * taps, ch * taps);
    }
  }
}

/* Of Winograd's gradient, low channels first .. first + n - 1, to g[l][h][ky][kx].
 * room [UNPACKED][k k][low channels] */
static void unpack_winograd(const convolution *c, const rote_real *du, size_t first, size_t n,
                            rote_real *room, rote_real *g)
{
  const size_t taps = c->kernel * c->kernel;
  const size_t before = first % ROTE_COLUMN_BLOCK, width = rote_column_pad(before + n);
  for (size_t h = 0; h < c->high_channels; h += UNPACKED) {
    const size_t highs = smaller(c->high_channels - h, UNPACKED);
    for (size_t i = 0; i < highs; i++) {
      rote_winograd_unpack(c, du, h + i, first - before, width, room + i * taps * width);
    }
    order(c, room + before, width, taps * width, n, highs, g + h * taps);
  }
}

/* dW[l,h,ky,kx] = sum over low pixels and columns of low[l] high(...)[h], piece by piece. The
 * direct sums of a piece are made when it is asked for, but those of a panel of products at once.
 * d_low: Winograd's also leave down(high) there, if it is not NULL. */
static void weight_gradient(const convolution *c, const rote_pass *pass, const rote_slot *slot,
                            const rote_real *high, const rote_real *low, rote_real *d_low,
                            const rote_gradient *gradient)
{
  const size_t cl = c->low_channels, row = c->high_channels * c->kernel * c->kernel;
  const size_t fit = gradient->flat != NULL ? cl : gradient->piece_room / row;
  const size_t piece = smaller(fit, cl);
  const size_t group = piece < ROTE_DIRECT_PANEL ? ROTE_DIRECT_PANEL / piece * piece : piece;
  rote_real *sum = slot->scratch, *rest = sum + sum_room(c);
  const rote_real *du = NULL;
  if (c->winograd) {
    du = rote_winograd_gradient(c, high, low, pass->columns, pass->ld, slot->packed, d_low, rest);
  }
  for (size_t l = 0; l < cl; l += piece) {
    const size_t n = smaller(piece, cl - l), within = l % group;
    const size_t lds = smaller(group, cl - (l - within));
    const size_t offset = c->weight + l * row;
    if (!c->winograd && within == 0) {
      rote_direct_gradient(c, pass, high, low, l, lds, rest, sum);
    }
    rote_real *g = rote_gradient_room(gradient, offset);
    if (c->winograd) {
      unpack_winograd(c, du, l, n, sum, g);
    } else {
      order(c, sum + within, c->high_channels * lds, lds, n, c->high_channels, g);
    }
    rote_gradient_done(gradient, offset, n * row, g);
  }
}

/* Winograd's: the room of a pass, and before it a row of D. */
static size_t forward_room(const rote_layer *layer)
{
  const convolution *c = (const convolution *)layer;
  return c->winograd ? rote_winograd_room(c) : 0;
}

/* For weight_gradient(), and before it for the weights of dx. */
static size_t scratch_room(const rote_layer *layer, size_t ld)
{
  const convolution *c = (const convolution *)layer;
  return sum_room(c) + (c->winograd
                            ? rote_winograd_gradient_room(c)
                            : ld * ROTE_DIRECT_PANEL + c->kernel * c->kernel * c->low_channels);
}

static size_t down_packed_room(const rote_layer *layer)
{
  const convolution *c = (const convolution *)layer;
  return c->winograd ? rote_winograd_weights(c) : rote_convolution_weights(c);
}

/* The packed weights, then room to pack them, then the shift of `stride` pixels. */
static size_t up_packed_room(const rote_layer *layer)
{
  const convolution *c = (const convolution *)layer;
  return c->winograd ? rote_winograd_weights(c)
                     : rote_convolution_weights(c) + c->kernel * c->kernel * c->low_channels +
                           c->stride * c->high_channels;
}

static void multiply(size_t n, rote_real factor, rote_real *x)
{
  for (size_t i = 0; i < n; i++) {
    x[i] *= factor;
  }
}

/* Winograd's weights, one low channel after the other. */
static void down_pack_winograd(const convolution *c, const rote_real *w, const rote_slot *slot)
{
  const size_t row = c->high_channels * c->kernel * c->kernel;
  for (size_t l = 0; l < c->low_channels; l++) {
    rote_direct_pack_down(c, w + l * row, 1, slot->scratch);
    if (slot->follow_up.scale != NULL) {
      multiply(row, slot->follow_up.scale[l], slot->scratch);
    }
    rote_winograd_pack(c, l, slot->scratch, slot->packed);
  }
}

static void down_pack(const rote_layer *layer, const rote_real *w, const rote_slot *slot)
{
  const convolution *c = (const convolution *)layer;
  const size_t row = c->high_channels * c->kernel * c->kernel;
  if (c->winograd) {
    down_pack_winograd(c, w + c->weight, slot);
    return;
  }
  rote_direct_pack_down(c, w + c->weight, c->low_channels, slot->packed);
  for (size_t l = 0; slot->follow_up.scale != NULL && l < c->low_channels; l++) {
    multiply(row, slot->follow_up.scale[l], slot->packed + l * row);
  }
}

static void down_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                         const rote_real *x, rote_real *y)
{
  const convolution *c = (const convolution *)layer;
  const size_t columns = rote_column_pad(pass->columns);
  if (c->winograd) {
    rote_winograd_down(c, slot->packed, &slot->follow_up, x, columns, pass->ld, y, slot->scratch);
  } else {
    rote_direct_down(c, slot->packed, &slot->follow_up, x, columns, pass->ld, y);
  }
}

static void down_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                          const rote_real *x, const rote_real *y, const rote_real *dy,
                          rote_real *dx, const rote_gradient *gradient)
{
  const convolution *c = (const convolution *)layer;
  const size_t columns = rote_column_pad(pass->columns);
  (void)y;
  if (dx != NULL && c->winograd) { /* the weights of forward() serve both ways */
    rote_winograd_up(c, slot->packed, NULL, dy, columns, pass->ld, dx, slot->scratch);
  } else if (dx != NULL) {
    rote_direct_pack_up(c, pass->w + c->weight, slot->scratch + rote_convolution_weights(c),
                        slot->scratch);
    rote_direct_up(c, slot->scratch, NULL, NULL, dy, columns, pass->ld, dx);
  }
  if (gradient != NULL) {
    weight_gradient(c, pass, slot, x, dy, NULL, gradient);
  }
}

/* Where the shift of up_forward() lies. */
static rote_real *shift_of(const convolution *c, rote_real *packed)
{
  return packed + rote_convolution_weights(c) + c->kernel * c->kernel * c->low_channels;
}

/* Winograd's weights, one high channel after the other. */
static void up_pack_winograd(const convolution *c, const rote_real *w, const rote_slot *slot)
{
  const size_t ch = c->high_channels, cl = c->low_channels, taps = c->kernel * c->kernel;
  for (size_t h = 0; h < ch; h++) {
    rote_kernels_get()->transpose(cl, taps, w + h * taps, ch * taps, slot->scratch, cl);
    if (slot->follow_up.scale != NULL) {
      multiply(taps * cl, slot->follow_up.scale[h], slot->scratch);
    }
    rote_winograd_pack(c, h, slot->scratch, slot->packed);
  }
}

static void up_pack(const rote_layer *layer, const rote_real *w, const rote_slot *slot)
{
  const convolution *c = (const convolution *)layer;
  const rote_follow_up *f = &slot->follow_up;
  if (c->winograd) {
    up_pack_winograd(c, w + c->weight, slot);
    return;
  }
  const size_t ch = c->high_channels, s = c->stride, count = c->kernel / s;
  const size_t row = count * count * c->low_channels;
  rote_direct_pack_up(c, w + c->weight, slot->packed + rote_convolution_weights(c), slot->packed);
  for (size_t i = 0; f->scale != NULL && i < s * s * ch; i++) {
    multiply(row, f->scale[i % ch], slot->packed + i * row);
  }
  for (size_t i = 0; f->shift != NULL && i < s * ch; i++) {
    shift_of(c, slot->packed)[i] = f->shift[i % ch];
  }
}

static void up_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                       const rote_real *x, rote_real *y)
{
  const convolution *c = (const convolution *)layer;
  const size_t columns = rote_column_pad(pass->columns);
  const rote_real *shift = slot->follow_up.shift == NULL ? NULL : shift_of(c, slot->packed);
  if (c->winograd) {
    rote_winograd_up(c, slot->packed, &slot->follow_up, x, columns, pass->ld, y, slot->scratch);
  } else {
    rote_direct_up(c, slot->packed, &slot->follow_up, shift, x, columns, pass->ld, y);
  }
}

static void up_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                        const rote_real *x, const rote_real *y, const rote_real *dy, rote_real *dx,
                        const rote_gradient *gradient)
{
  const convolution *c = (const convolution *)layer;
  const size_t columns = rote_column_pad(pass->columns);
  (void)y;
  if (dx != NULL && c->winograd && gradient == NULL) {
    rote_winograd_down(c, slot->packed, NULL, dy, columns, pass->ld, dx, slot->scratch);
  } else if (dx != NULL && !c->winograd) {
    rote_direct_pack_down(c, pass->w + c->weight, c->low_channels, slot->scratch);
    rote_direct_down(c, slot->scratch, NULL, dy, columns, pass->ld, dx);
  }
  if (gradient != NULL) {
    weight_gradient(c, pass, slot, dy, x, dx, gradient);
  }
}

static rote_weight_shape weight_shape(const rote_layer *layer)
{
  const convolution *c = (const convolution *)layer;
  return (rote_weight_shape){.rows = c->low_channels,
                             .columns = c->kernel * c->kernel * c->high_channels,
                             .positions = c->low * c->low};
}

/* The projected high pixels under the kernel are a convolution of few filters. */
static void project(const convolution *c, const rote_pass *pass, size_t draws,
                    const rote_projection *p, const rote_real *high, const rote_real *low,
                    rote_real *scratch, rote_real *phi, size_t distance)
{
  const size_t positions = c->low * c->low;
  convolution narrow = *c;
  narrow.low_channels = p->kept_columns;
  rote_direct_down(&narrow, p->column, NULL, high, rote_column_pad(pass->columns), pass->ld,
                   scratch);
  rote_projection_sum(p, pass, draws, positions, low, scratch,
                      scratch + positions * p->kept_columns * pass->ld, phi, distance);
}

static void down_project(const rote_layer *layer, const rote_pass *pass, size_t draws,
                         const rote_projection *p, const rote_real *x, const rote_real *dy,
                         rote_real *scratch, rote_real *phi, size_t distance)
{
  project((const convolution *)layer, pass, draws, p, x, dy, scratch, phi, distance);
}

static void up_project(const rote_layer *layer, const rote_pass *pass, size_t draws,
                       const rote_projection *p, const rote_real *x, const rote_real *dy,
                       rote_real *scratch, rote_real *phi, size_t distance)
{
  project((const convolution *)layer, pass, draws, p, dy, x, scratch, phi, distance);
}

static const rote_layer_ops down_ops = {
    .name = "convolution",
    .has_parameters = true,
    .forward = down_forward,
    .backward = down_backward,
    .packed_room = down_packed_room,
    .pack = down_pack,
    .follows_up = true,
    .forward_room = forward_room,
    .scratch_room = scratch_room,
    .weight_shape = weight_shape,
    .project = down_project,
};

static const rote_layer_ops up_ops = {
    .name = "transposed_convolution",
    .has_parameters = true,
    .forward = up_forward,
    .backward = up_backward,
    .packed_room = up_packed_room,
    .pack = up_pack,
    .follows_up = true,
    .forward_room = forward_room,
    .scratch_room = scratch_room,
    .weight_shape = weight_shape,
    .project = up_project,
};

/* `fan` is PyTorch's fan_in: the second dimension of the weight times the taps. */
static rote_status create(rote_parameters *table, const char *name, const convolution *shape,
                          rote_layer **layer)
{
  rote_status status = ROTE_OK;
  convolution *c = NULL;
  size_t index = 0;
  const size_t fan = shape->high_channels * shape->kernel * shape->kernel;
  rote_parameter weight = {
      .rank = 4,
      .shape = {shape->low_channels, shape->high_channels, shape->kernel, shape->kernel},
      .bound = 1 / sqrt((double)fan)};
  *layer = NULL;
  if (shape->kernel % shape->stride != 0) {
    return rote_fail(ROTE_INTERNAL, "a convolution's kernel must be a multiple of its stride");
  }
  const size_t room = shape->high + 2 * shape->padding;
  if (room < shape->kernel || (room - shape->kernel) % shape->stride > 0) {
    return rote_fail(ROTE_INTERNAL, "a convolution's kernel does not tile a side of %zu",
                     shape->high);
  }
  snprintf(weight.name, sizeof weight.name, "%s.weight", name);
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  *c = *shape;
  c->winograd = rote_winograd_fits(c);
  ROTE_TRY(rote_parameters_add(table, &weight, &index));
  c->weight = table->parameter[index].offset;
  *layer = &c->base;
  c = NULL;
done:
  rote_free(&c);
  return status;
}

rote_status rote_layer_convolution(rote_parameters *table, const char *name, size_t high,
                                   size_t channels, size_t filters, size_t kernel, size_t stride,
                                   size_t padding, rote_layer **layer)
{
  const size_t low = (high + 2 * padding - kernel) / stride + 1;
  const convolution c = {.base = {&down_ops, high * high * channels, low * low * filters, filters},
                         .high = high,
                         .low = low,
                         .high_channels = channels,
                         .low_channels = filters,
                         .kernel = kernel,
                         .stride = stride,
                         .padding = padding};
  return create(table, name, &c, layer);
}

rote_status rote_layer_transposed_convolution(rote_parameters *table, const char *name, size_t low,
                                              size_t channels, size_t filters, size_t kernel,
                                              size_t stride, size_t padding, rote_layer **layer)
{
  const size_t high = (low - 1) * stride + kernel - 2 * padding;
  const convolution c = {.base = {&up_ops, low * low * channels, high * high * filters, filters},
                         .high = high,
                         .low = low,
                         .high_channels = filters,
                         .low_channels = channels,
                         .kernel = kernel,
                         .stride = stride,
                         .padding = padding,
                         .up = true};
  return create(table, name, &c, layer);
}
