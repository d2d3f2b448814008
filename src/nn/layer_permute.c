#include "rote/memory.h"
#include "rote/network.h"

#include <string.h>

typedef struct {
  rote_layer base;
  size_t channels, pixels;
  bool to_pixels;
} permute;

/* Rows [a, b] to rows [b, a]. */
static void swap_axes(size_t a, size_t b, size_t ld, const rote_real *x, rote_real *y)
{
  for (size_t i = 0; i < a; i++) {
    for (size_t j = 0; j < b; j++) {
      memcpy(y + (j * a + i) * ld, x + (i * b + j) * ld, ld * sizeof(rote_real));
    }
  }
}

static void permute_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                            const rote_real *x, rote_real *y)
{
  const permute *p = (const permute *)layer;
  (void)slot;
  swap_axes(p->to_pixels ? p->channels : p->pixels, p->to_pixels ? p->pixels : p->channels,
            pass->ld, x, y);
}

static void permute_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                             const rote_real *x, const rote_real *y, const rote_real *dy,
                             rote_real *dx, const rote_gradient *gradient)
{
  const permute *p = (const permute *)layer;
  (void)x, (void)y, (void)slot, (void)gradient;
  if (dx != NULL) {
    swap_axes(p->to_pixels ? p->pixels : p->channels, p->to_pixels ? p->channels : p->pixels,
              pass->ld, dy, dx);
  }
}

static const rote_layer_ops permute_ops = {
    .name = "permute",
    .forward = permute_forward,
    .backward = permute_backward,
};

rote_status rote_layer_permute(size_t channels, size_t pixels, bool to_pixels, rote_layer **layer)
{
  permute *p = NULL;
  rote_status status = rote_alloc(1, sizeof *p, &p);
  *layer = NULL;
  if (status == ROTE_OK) {
    const size_t n = channels * pixels;
    *p = (permute){{.ops = &permute_ops, .in = n, .out = n}, channels, pixels, to_pixels};
    *layer = &p->base;
  }
  return status;
}
