#include "rote/memory.h"
#include "rote/network.h"

typedef struct {
  rote_layer base;
  rote_real slope;
} rectifier;

/* y = x where x > 0, else slope x */
static void rectifier_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                              const rote_real *x, rote_real *y)
{
  const rectifier *r = (const rectifier *)layer;
  const size_t used = rote_column_pad(pass->columns);
  (void)x, (void)slot;
  if (used == pass->ld) {
    rote_kernels_get()->rectify(layer->out * used, r->slope, y);
    return;
  }
  for (size_t f = 0; f < layer->out; f++) {
    rote_kernels_get()->rectify(used, r->slope, y + f * pass->ld);
  }
}

/* dx = dy where y > 0, else slope dy */
static void rectifier_backward(const rote_layer *layer, const rote_pass *pass,
                               const rote_slot *slot, const rote_real *x, const rote_real *y,
                               const rote_real *dy, rote_real *dx, const rote_gradient *gradient)
{
  const rectifier *r = (const rectifier *)layer;
  (void)x, (void)dy, (void)slot, (void)gradient;
  for (size_t f = 0; f < layer->out; f++) {
    rote_kernels_get()->rectify_backward(rote_column_pad(pass->columns), r->slope, y + f * pass->ld,
                                         dx + f * pass->ld);
  }
}

static rote_real rectifier_slope(const rote_layer *layer)
{
  return ((const rectifier *)layer)->slope;
}

static const rote_layer_ops rectifier_ops = {
    .name = "rectifier",
    .forward = rectifier_forward,
    .backward = rectifier_backward,
    .in_place = true,
    .slope = rectifier_slope,
};

rote_status rote_layer_rectifier(size_t features, double slope, rote_layer **layer)
{
  rectifier *r = NULL;
  rote_status status = rote_alloc(1, sizeof *r, &r);
  *layer = NULL;
  if (status == ROTE_OK) {
    r->base = (rote_layer){.ops = &rectifier_ops, .in = features, .out = features};
    r->slope = (rote_real)slope;
    *layer = &r->base;
  }
  return status;
}
