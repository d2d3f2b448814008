#include "rote/memory.h"
#include "rote/network.h"

/* y = max(x, 0) */
static void relu_forward(const rote_layer *layer, const rote_real *w, const rote_real *x,
                         size_t columns, size_t ld, rote_real *y)
{
  (void)w, (void)x;
  const size_t used = rote_column_pad(columns);
  if (used == ld) {
    rote_kernels_get()->relu(layer->out * ld, y);
    return;
  }
  for (size_t f = 0; f < layer->out; f++) {
    rote_kernels_get()->relu(used, y + f * ld);
  }
}

/* dx = dy where y > 0 */
static void relu_backward(const rote_layer *layer, const rote_real *w, const rote_real *x,
                          const rote_real *y, const rote_real *dy, size_t columns, size_t ld,
                          rote_scratch *scratch, rote_real *dx, const rote_gradient *gradient)
{
  (void)w, (void)x, (void)dy, (void)scratch, (void)gradient;
  for (size_t f = 0; f < layer->out; f++) {
    rote_kernels_get()->relu_backward(rote_column_pad(columns), y + f * ld, dx + f * ld);
  }
}

static const rote_layer_ops relu_ops = {
    .name = "relu",
    .forward = relu_forward,
    .backward = relu_backward,
    .in_place = true,
};

rote_status rote_layer_relu(size_t features, rote_layer **layer)
{
  rote_status status = rote_alloc(1, sizeof **layer, layer);
  if (status == ROTE_OK) {
    **layer = (rote_layer){.ops = &relu_ops, .in = features, .out = features};
  }
  return status;
}
