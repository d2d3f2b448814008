/* Strided convolutions by their definition: what layer_convolution.c says, tap by tap. Winograd's
 * way is tested against it. */
#include "convolution.h"

#include <string.h>

void rote_direct_pack_down(const rote_convolution *c, const rote_real *w, size_t rows,
                           rote_real *packed)
{
  const size_t taps = c->kernel * c->kernel;
  for (size_t l = 0; l < rows; l++) {
    rote_kernels_get()->transpose(c->high_channels, taps, w + l * c->high_channels * taps, taps,
                                  packed + l * c->high_channels * taps, c->high_channels);
  }
}

/* For up: U[q][r][h][i][j][l], where r = x mod s picks the kx that can meet a high pixel, kx = r +
 * s (J-1-j) with J = k / s, so that ascending j meets ascending low pixels; q and i the same of y.
 * turned [k k][l]: scratch */
void rote_direct_pack_up(const rote_convolution *c, const rote_real *w, rote_real *turned,
                         rote_real *packed)
{
  const size_t k = c->kernel, s = c->stride, count = k / s, taps = k * k;
  const size_t ch = c->high_channels, cl = c->low_channels;
  for (size_t h = 0; h < ch; h++) {
    rote_kernels_get()->transpose(cl, taps, w + h * taps, ch * taps, turned, cl);
    for (size_t ky = 0; ky < k; ky++) {
      for (size_t kx = 0; kx < k; kx++) {
        const size_t i = count - 1 - ky / s, j = count - 1 - kx / s;
        const size_t row = (ky % s * s + kx % s) * ch + h;
        memcpy(packed + ((row * count + i) * count + j) * cl, turned + (ky * k + kx) * cl,
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
static run taps_down(const rote_convolution *c, size_t u)
{
  const size_t start = u * c->stride; /* of tap 0, plus the padding */
  const size_t first = start < c->padding ? c->padding - start : 0;
  const size_t room = c->high + c->padding - start;
  const size_t end = c->kernel < room ? c->kernel : room;
  return (run){first, end - first, start + first - c->padding};
}

/* The j (see pack_up) of high pixel x along one axis, and the low pixels they meet. */
static run taps_up(const rote_convolution *c, size_t x)
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
void rote_direct_down(const rote_convolution *c, const rote_real *packed,
                      const rote_follow_up *follow_up, const rote_real *high, size_t columns,
                      size_t ld, rote_real *low)
{
  const size_t ch = c->high_channels, k = c->kernel;
  const rote_real *shift = follow_up == NULL ? NULL : follow_up->shift;
  for (size_t v = 0; v < c->low; v++) {
    for (size_t u = 0; u < c->low; u++) {
      const run ry = taps_down(c, v), rx = taps_down(c, u);
      const rote_runs runs = {ry.count, rx.count * ch, k * ch, c->high * ch * ld};
      rote_real *to = low + (v * c->low + u) * c->low_channels * ld;
      rote_gemm_runs(c->low_channels, columns, &runs, packed + (ry.first * k + rx.first) * ch,
                     k * k * ch, high + (ry.pixel * c->high + rx.pixel) * ch * ld, ld, shift, to,
                     ld);
      rectify_rows(follow_up, c->low_channels, columns, ld, to);
    }
  }
}

/* High pixels x with the same (x + p) / s meet the same low pixels: they are one product.
 * shift: [s][h] or NULL */
void rote_direct_up(const rote_convolution *c, const rote_real *packed,
                    const rote_follow_up *follow_up, const rote_real *shift, const rote_real *low,
                    size_t columns, size_t ld, rote_real *high)
{
  const size_t ch = c->high_channels, cl = c->low_channels, s = c->stride, count = c->kernel / s;
  for (size_t y = 0; y < c->high; y++) {
    const run ry = taps_up(c, y);
    for (size_t x = 0, next = 0; x < c->high; x = next) {
      const run rx = taps_up(c, x);
      const size_t q = (y + c->padding) % s, r = (x + c->padding) % s;
      next = x + s - r < c->high ? x + s - r : c->high;
      const rote_runs runs = {ry.count, rx.count * cl, count * cl, c->low * cl * ld};
      const rote_real *u = packed + (q * s + r) * ch * count * count * cl;
      rote_real *to = high + (y * c->high + x) * ch * ld;
      rote_gemm_runs((next - x) * ch, columns, &runs, u + (ry.first * count + rx.first) * cl,
                     count * count * cl, low + (ry.pixel * c->low + rx.pixel) * cl * ld, ld, shift,
                     to, ld);
      rectify_rows(follow_up, (next - x) * ch, columns, ld, to);
    }
  }
}

/* sum[ky][kx][h][lds] += over the pixels of row v of low[l] high(...)[h], for the n low channels
 * from the first of `low` on: the columns of each low pixel are turned, T[u][column][l], so that a
 * row of taps is one matrix product of depth `columns`. */
static void gradient_row(const rote_convolution *c, const rote_pass *pass, const rote_real *high,
                         const rote_real *low, size_t v, size_t n, rote_real *turned,
                         rote_real *sum, size_t lds)
{
  const size_t ch = c->high_channels, cl = c->low_channels, k = c->kernel, ld = pass->ld;
  const run ry = taps_down(c, v);
  for (size_t u = 0; u < c->low; u++) {
    const run rx = taps_down(c, u);
    rote_kernels_get()->transpose(n, pass->columns, low + (v * c->low + u) * cl * ld, ld, turned,
                                  ROTE_DIRECT_PANEL);
    for (size_t i = 0; i < ry.count; i++) {
      const rote_strided a = {high + ((ry.pixel + i) * c->high + rx.pixel) * ch * ld, ld, 1};
      rote_gemm(rx.count * ch, n, pass->columns, a, turned, ROTE_DIRECT_PANEL, NULL, true,
                sum + ((ry.first + i) * k + rx.first) * ch * lds, lds);
    }
  }
}

void rote_direct_gradient(const rote_convolution *c, const rote_pass *pass, const rote_real *high,
                          const rote_real *low, size_t first, size_t n, rote_real *turned,
                          rote_real *sum)
{
  memset(sum, 0, c->kernel * c->kernel * c->high_channels * n * sizeof *sum);
  for (size_t l = 0; l < n; l += ROTE_DIRECT_PANEL) {
    for (size_t v = 0; v < c->low; v++) {
      gradient_row(c, pass, high, low + (first + l) * pass->ld, v,
                   n - l < ROTE_DIRECT_PANEL ? n - l : ROTE_DIRECT_PANEL, turned, sum + l, n);
    }
  }
}
