/* Halving an image by 2 x 2 averages, and doubling it by repeating pixels. Each is, up to the
 * factor 1/4, the input gradient of the other. */
#include "rote/memory.h"
#include "rote/network.h"

#include <string.h>

typedef struct {
  rote_layer base;
  size_t height, width, channels; /* of the smaller image */
} resample;

/* low = factor * (sum of the four high pixels) */
static void gather(const resample *s, size_t ld, rote_real factor, const rote_real *high,
                   rote_real *low)
{
  const rote_kernels *k = rote_kernels_get();
  const size_t n = s->channels * ld, row = 2 * s->width * n;
  for (size_t v = 0; v < s->height; v++) {
    for (size_t u = 0; u < s->width; u++) {
      const rote_real *h = high + 2 * v * row + 2 * u * n;
      rote_real *l = low + (v * s->width + u) * n;
      k->combine(n, factor, h, factor, h + n, 0, l);
      k->combine(n, factor, h + row, 1, l, 0, l);
      k->combine(n, factor, h + row + n, 1, l, 0, l);
    }
  }
}

/* each of the four high pixels = factor * low */
static void spread(const resample *s, size_t ld, rote_real factor, const rote_real *low,
                   rote_real *high)
{
  const size_t n = s->channels * ld, row = 2 * s->width * n;
  for (size_t v = 0; v < s->height; v++) {
    for (size_t u = 0; u < s->width; u++) {
      const rote_real *l = low + (v * s->width + u) * n;
      rote_real *h = high + 2 * v * row + 2 * u * n;
      rote_kernels_get()->combine(n, factor, l, 0, l, 0, h);
      memcpy(h + n, h, n * sizeof *h);
      memcpy(h + row, h, 2 * n * sizeof *h);
    }
  }
}

static void pool_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                         const rote_real *x, rote_real *y)
{
  (void)slot;
  gather((const resample *)layer, pass->ld, (rote_real)0.25, x, y);
}

static void pool_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                          const rote_real *x, const rote_real *y, const rote_real *dy,
                          rote_real *dx, const rote_gradient *gradient)
{
  (void)x, (void)y, (void)slot, (void)gradient;
  if (dx != NULL) {
    spread((const resample *)layer, pass->ld, (rote_real)0.25, dy, dx);
  }
}

static void double_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                           const rote_real *x, rote_real *y)
{
  (void)slot;
  spread((const resample *)layer, pass->ld, 1, x, y);
}

static void double_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                            const rote_real *x, const rote_real *y, const rote_real *dy,
                            rote_real *dx, const rote_gradient *gradient)
{
  (void)x, (void)y, (void)slot, (void)gradient;
  if (dx != NULL) {
    gather((const resample *)layer, pass->ld, 1, dy, dx);
  }
}

static const rote_layer_ops pool_ops = {
    .name = "average_pool",
    .forward = pool_forward,
    .backward = pool_backward,
};

static const rote_layer_ops double_ops = {
    .name = "nearest_double",
    .forward = double_forward,
    .backward = double_backward,
};

static rote_status create(const resample *shape, rote_layer **layer)
{
  resample *s = NULL;
  rote_status status = rote_alloc(1, sizeof *s, &s);
  *layer = NULL;
  if (status == ROTE_OK) {
    *s = *shape;
    *layer = &s->base;
  }
  return status;
}

rote_status rote_layer_average_pool(size_t height, size_t width, size_t channels,
                                    rote_layer **layer)
{
  if (height % 2 != 0 || width % 2 != 0) {
    *layer = NULL;
    return rote_fail(ROTE_INTERNAL, "an image of %zu x %zu cannot be halved", height, width);
  }
  const size_t in = height * width * channels;
  return create(&(resample){{&pool_ops, in, in / 4, channels}, height / 2, width / 2, channels},
                layer);
}

rote_status rote_layer_nearest_double(size_t height, size_t width, size_t channels,
                                      rote_layer **layer)
{
  const size_t in = height * width * channels;
  return create(&(resample){{&double_ops, in, 4 * in, channels}, height, width, channels}, layer);
}
