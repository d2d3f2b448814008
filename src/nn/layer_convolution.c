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

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef rote_convolution convolution;

static size_t weight_count(const convolution *c)
{
  return c->low_channels * c->high_channels * c->kernel * c->kernel;
}

/* For down: D[l][ky][kx][h]. */
static void pack_down(const convolution *c, const rote_real *w, rote_real *packed)
{
  const size_t taps = c->kernel * c->kernel;
  for (size_t l = 0; l < c->low_channels; l++) {
    rote_kernels_get()->transpose(c->high_channels, taps, w + l * c->high_channels * taps, taps,
                                  packed + l * c->high_channels * taps, c->high_channels);
  }
}

/* For up: U[ky][r][h][j][l], where r = x mod s picks the kx that can meet a high pixel, kx = r + s
 * (J-1-j) with J = k / s, so that ascending j meets ascending low pixels.
 * turned [k k][l]: scratch */
static void pack_up(const convolution *c, const rote_real *w, rote_real *turned, rote_real *packed)
{
  const size_t k = c->kernel, s = c->stride, count = k / s, taps = k * k;
  const size_t ch = c->high_channels, cl = c->low_channels;
  for (size_t h = 0; h < ch; h++) {
    rote_kernels_get()->transpose(cl, taps, w + h * taps, ch * taps, turned, cl);
    for (size_t ky = 0; ky < k; ky++) {
      for (size_t kx = 0; kx < k; kx++) {
        const size_t r = kx % s, j = count - 1 - kx / s;
        memcpy(packed + (((ky * s + r) * ch + h) * count + j) * cl, turned + (ky * k + kx) * cl,
               cl * sizeof *packed);
      }
    }
  }
}

/* Part of a row of taps that lies on real pixels: taps first .. first + count - 1, pixels from
 * `pixel`. */
typedef struct {
  size_t first, count, pixel;
} run;

/* Taps of low pixel u along one axis. */
static run taps_down(const convolution *c, size_t u)
{
  const size_t start = u * c->stride; /* of tap 0, plus the padding */
  const size_t first = start < c->padding ? c->padding - start : 0;
  const size_t room = c->high + c->padding - start;
  const size_t end = c->kernel < room ? c->kernel : room;
  return (run){first, end - first, start + first - c->padding};
}

/* The j (see pack_up) of high pixel x along one axis, and the low pixels they meet. */
static run taps_up(const convolution *c, size_t x)
{
  const size_t count = c->kernel / c->stride, at = (x + c->padding) / c->stride;
  /* j meets low pixel at - (count-1) + j */
  const size_t first = at < count - 1 ? count - 1 - at : 0;
  const size_t room = c->low + count - 1 - at; /* at never exceeds low + count - 2 */
  const size_t end = count < room ? count : room;
  return (run){first, end - first, at + first - (count - 1)};
}

/* One product is whole: rows [rows, ld], `columns` in use. */
static void rectify_rows(const rote_follow_up *follow_up, size_t rows, size_t columns, size_t ld,
                         rote_real *y)
{
  if (follow_up == NULL || !follow_up->rectify) {
    return;
  }
  for (size_t i = 0; i < rows; i++) {
    rote_kernels_get()->rectify(columns, follow_up->slope, y + i * ld);
  }
}

/* follow_up: NULL within backward(); its scale is in the packed weights already. */
static void down(const convolution *c, const rote_real *packed, const rote_follow_up *follow_up,
                 const rote_real *high, size_t columns, size_t ld, rote_real *low)
{
  const size_t ch = c->high_channels, k = c->kernel;
  const rote_real *shift = follow_up == NULL ? NULL : follow_up->shift;
  for (size_t v = 0; v < c->low; v++) {
    for (size_t u = 0; u < c->low; u++) {
      const run ry = taps_down(c, v), rx = taps_down(c, u);
      for (size_t i = 0; i < ry.count; i++) {
        const rote_strided a = {packed + ((ry.first + i) * k + rx.first) * ch, k * k * ch, 1};
        const rote_real *b = high + ((ry.pixel + i) * c->high + rx.pixel) * ch * ld;
        rote_gemm(c->low_channels, columns, rx.count * ch, a, b, ld, shift, i > 0,
                  low + (v * c->low + u) * c->low_channels * ld, ld);
      }
      rectify_rows(follow_up, c->low_channels, columns, ld,
                   low + (v * c->low + u) * c->low_channels * ld);
    }
  }
}

/* High pixels x with the same (x + p) / s meet the same low pixels: they are one product.
 * shift: [s][h] or NULL */
static void up(const convolution *c, const rote_real *packed, const rote_follow_up *follow_up,
               const rote_real *shift, const rote_real *low, size_t columns, size_t ld,
               rote_real *high)
{
  const size_t ch = c->high_channels, cl = c->low_channels, s = c->stride, count = c->kernel / s;
  for (size_t y = 0; y < c->high; y++) {
    const run ry = taps_up(c, y);
    for (size_t x = 0, next = 0; x < c->high; x = next) {
      const run rx = taps_up(c, x);
      const size_t r = (x + c->padding) % s;
      next = x + s - r < c->high ? x + s - r : c->high;
      for (size_t i = 0; i < ry.count; i++) {
        const size_t ky = (y + c->padding) % s + s * (count - 1 - (ry.first + i));
        const size_t block = ky * s + r; /* of U[ky][r] */
        const rote_strided a = {packed + (block * ch * count + rx.first) * cl, count * cl, 1};
        const rote_real *b = low + ((ry.pixel + i) * c->low + rx.pixel) * cl * ld;
        rote_gemm((next - x) * ch, columns, rx.count * cl, a, b, ld, shift, i > 0,
                  high + (y * c->high + x) * ch * ld, ld);
      }
      rectify_rows(follow_up, (next - x) * ch, columns, ld, high + (y * c->high + x) * ch * ld);
    }
  }
}

/* Low channels that are turned together: rows of one panel lie close. */
#define PANEL 64

/* sum[ky][kx][h][l] += over the pixels of row v of low[l] high(...)[h], for l0 <= l < l0 + n: the
 * columns of each low pixel are turned, T[u][column][l], so that a row of taps is one matrix
 * product of depth `columns`. */
static void gradient_row(const convolution *c, const rote_pass *pass, const rote_real *high,
                         const rote_real *low, size_t v, size_t l0, size_t n, rote_real *turned,
                         rote_real *sum)
{
  const size_t ch = c->high_channels, cl = c->low_channels, k = c->kernel, ld = pass->ld;
  const run ry = taps_down(c, v);
  for (size_t u = 0; u < c->low; u++) {
    const run rx = taps_down(c, u);
    rote_kernels_get()->transpose(n, pass->columns, low + ((v * c->low + u) * cl + l0) * ld, ld,
                                  turned, PANEL);
    for (size_t i = 0; i < ry.count; i++) {
      const rote_strided a = {high + ((ry.pixel + i) * c->high + rx.pixel) * ch * ld, ld, 1};
      rote_gemm(rx.count * ch, n, pass->columns, a, turned, PANEL, NULL, true,
                sum + ((ry.first + i) * k + rx.first) * ch * cl + l0, cl);
    }
  }
}

/* sum[ky][kx][h][l]; turned [ld][PANEL]: scratch */
static void sum_gradient(const convolution *c, const rote_pass *pass, const rote_real *high,
                         const rote_real *low, rote_real *turned, rote_real *sum)
{
  const size_t cl = c->low_channels;
  memset(sum, 0, weight_count(c) * sizeof *sum);
  for (size_t l = 0; l < cl; l += PANEL) {
    for (size_t v = 0; v < c->low; v++) {
      gradient_row(c, pass, high, low, v, l, cl - l < PANEL ? cl - l : PANEL, turned, sum);
    }
  }
}

/* dW[l,h,ky,kx] = sum over low pixels and columns of low[l] high(...)[h] */
static void weight_gradient(const convolution *c, const rote_pass *pass, const rote_slot *slot,
                            const rote_real *high, const rote_real *low,
                            const rote_gradient *gradient)
{
  const size_t ch = c->high_channels, cl = c->low_channels, taps = c->kernel * c->kernel;
  rote_real *sum = slot->scratch, *rest = sum + weight_count(c);
  if (c->winograd) {
    rote_winograd_gradient(c, high, low, pass->columns, pass->ld, sum, rest);
  } else {
    sum_gradient(c, pass, high, low, rest, sum);
  }
  const size_t fit = gradient->flat != NULL ? cl : gradient->piece_room / (ch * taps);
  const size_t at_once = fit < cl ? fit : cl;
  for (size_t l = 0; l < cl; l += at_once) {
    const size_t n = cl - l < at_once ? cl - l : at_once;
    const size_t offset = c->weight + l * ch * taps;
    rote_real *g = rote_gradient_room(gradient, offset);
    for (size_t h = 0; h < ch; h++) {
      rote_kernels_get()->transpose(taps, n, sum + h * cl + l, ch * cl, g + h * taps, ch * taps);
    }
    rote_gradient_done(gradient, offset, n * ch * taps, g);
  }
}

static size_t larger(size_t a, size_t b)
{
  return a > b ? a : b;
}

/* Winograd's: the room of a pass, and before it D[l][ky][kx][h]. */
static size_t forward_room(const rote_layer *layer)
{
  const convolution *c = (const convolution *)layer;
  return c->winograd ? larger(rote_winograd_room(c), weight_count(c)) : 0;
}

/* For weight_gradient(), and before it for the weights of dx. */
static size_t scratch_room(const rote_layer *layer, size_t ld)
{
  const convolution *c = (const convolution *)layer;
  return c->winograd ? weight_count(c) + rote_winograd_gradient_room(c)
                     : ld * PANEL + weight_count(c) + c->kernel * c->kernel * c->low_channels;
}

static size_t down_packed_room(const rote_layer *layer)
{
  const convolution *c = (const convolution *)layer;
  return c->winograd ? rote_winograd_weights(c) : weight_count(c);
}

/* The packed weights, then room to pack them, then the shift of `stride` pixels. */
static size_t up_packed_room(const rote_layer *layer)
{
  const convolution *c = (const convolution *)layer;
  return c->winograd ? rote_winograd_weights(c)
                     : weight_count(c) + c->kernel * c->kernel * c->low_channels +
                           c->stride * c->high_channels;
}

static void multiply(size_t n, rote_real factor, rote_real *x)
{
  for (size_t i = 0; i < n; i++) {
    x[i] *= factor;
  }
}

static void down_pack(const rote_layer *layer, const rote_real *w, const rote_slot *slot)
{
  const convolution *c = (const convolution *)layer;
  const size_t row = c->high_channels * c->kernel * c->kernel;
  rote_real *d = c->winograd ? slot->scratch : slot->packed;
  pack_down(c, w + c->weight, d);
  for (size_t l = 0; slot->follow_up.scale != NULL && l < c->low_channels; l++) {
    multiply(row, slot->follow_up.scale[l], d + l * row);
  }
  if (c->winograd) {
    rote_winograd_pack(c, d, slot->packed);
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
    down(c, slot->packed, &slot->follow_up, x, columns, pass->ld, y);
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
    pack_up(c, pass->w + c->weight, slot->scratch + weight_count(c), slot->scratch);
    up(c, slot->scratch, NULL, NULL, dy, columns, pass->ld, dx);
  }
  if (gradient != NULL) {
    weight_gradient(c, pass, slot, x, dy, gradient);
  }
}

/* Where the shift of up_forward() lies. */
static rote_real *shift_of(const convolution *c, rote_real *packed)
{
  return packed + weight_count(c) + c->kernel * c->kernel * c->low_channels;
}

static void up_pack_winograd(const convolution *c, const rote_real *w, const rote_slot *slot)
{
  const rote_real *scale = slot->follow_up.scale;
  const size_t ch = c->high_channels;
  pack_down(c, w + c->weight, slot->scratch);
  for (size_t i = 0; scale != NULL && i < weight_count(c); i++) {
    slot->scratch[i] *= scale[i % ch];
  }
  rote_winograd_pack(c, slot->scratch, slot->packed);
}

static void up_pack(const rote_layer *layer, const rote_real *w, const rote_slot *slot)
{
  const convolution *c = (const convolution *)layer;
  const rote_follow_up *f = &slot->follow_up;
  if (c->winograd) {
    up_pack_winograd(c, w, slot);
    return;
  }
  const size_t ch = c->high_channels, row = c->kernel / c->stride * c->low_channels;
  pack_up(c, w + c->weight, slot->packed + weight_count(c), slot->packed);
  for (size_t i = 0; f->scale != NULL && i < c->kernel * c->stride * ch; i++) {
    multiply(row, f->scale[i % ch], slot->packed + i * row);
  }
  for (size_t i = 0; f->shift != NULL && i < c->stride * ch; i++) {
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
    up(c, slot->packed, &slot->follow_up, shift, x, columns, pass->ld, y);
  }
}

static void up_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                        const rote_real *x, const rote_real *y, const rote_real *dy, rote_real *dx,
                        const rote_gradient *gradient)
{
  const convolution *c = (const convolution *)layer;
  const size_t columns = rote_column_pad(pass->columns);
  (void)y;
  if (dx != NULL && c->winograd) {
    rote_winograd_down(c, slot->packed, NULL, dy, columns, pass->ld, dx, slot->scratch);
  } else if (dx != NULL) {
    pack_down(c, pass->w + c->weight, slot->scratch);
    down(c, slot->scratch, NULL, dy, columns, pass->ld, dx);
  }
  if (gradient != NULL) {
    weight_gradient(c, pass, slot, dy, x, gradient);
  }
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
  const convolution c = {{&down_ops, high * high * channels, low * low * filters, filters},
                         0,
                         high,
                         low,
                         channels,
                         filters,
                         kernel,
                         stride,
                         padding,
                         false};
  return create(table, name, &c, layer);
}

rote_status rote_layer_transposed_convolution(rote_parameters *table, const char *name, size_t low,
                                              size_t channels, size_t filters, size_t kernel,
                                              size_t stride, size_t padding, rote_layer **layer)
{
  const size_t high = (low - 1) * stride + kernel - 2 * padding;
  const convolution c = {{&up_ops, low * low * channels, high * high * filters, filters},
                         0,
                         high,
                         low,
                         filters,
                         channels,
                         kernel,
                         stride,
                         padding,
                         false};
  return create(table, name, &c, layer);
}
