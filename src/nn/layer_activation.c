/* Activations: piecewise linear ones as rectifiers, the others by their kernels, prelu with its
 * learned slope. */
#include "rote/memory.h"
#include "rote/network.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  rote_layer base;
  rote_activation_kind kind;
  size_t slope; /* prelu: its offset among the parameters */
} activation;

static const rote_activation *kernels_of(const activation *a)
{
  return &rote_kernels_get()->activation[a->kind];
}

/* Rows of an activation that can be walked at once: all of them if every column is in use. */
typedef struct {
  size_t count, length, step;
} rows;

static rows rows_of(const rote_layer *layer, const rote_pass *pass)
{
  const size_t used = rote_column_pad(pass->columns);
  return used == pass->ld ? (rows){1, layer->out * used, 0} : (rows){layer->out, used, pass->ld};
}

static void activation_forward(const rote_layer *layer, const rote_pass *pass,
                               const rote_slot *slot, const rote_real *x, rote_real *y)
{
  const rote_activation *f = kernels_of((const activation *)layer);
  const rows r = rows_of(layer, pass);
  (void)slot;
  for (size_t i = 0; i < r.count; i++) {
    f->forward(r.length, x + i * r.step, y + i * r.step);
  }
}

static void in_place_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                              const rote_real *x, const rote_real *y, const rote_real *dy,
                              rote_real *dx, const rote_gradient *gradient)
{
  const rote_activation *f = kernels_of((const activation *)layer);
  const rows r = rows_of(layer, pass);
  (void)x, (void)dy, (void)slot, (void)gradient;
  for (size_t i = 0; i < r.count; i++) {
    f->backward(r.length, y + i * r.step, dx + i * r.step);
  }
}

static void from_input_backward(const rote_layer *layer, const rote_pass *pass,
                                const rote_slot *slot, const rote_real *x, const rote_real *y,
                                const rote_real *dy, rote_real *dx, const rote_gradient *gradient)
{
  const rote_activation *f = kernels_of((const activation *)layer);
  const rows r = rows_of(layer, pass);
  (void)y, (void)slot, (void)gradient;
  for (size_t i = 0; dx != NULL && i < r.count; i++) {
    memcpy(dx + i * r.step, dy + i * r.step, r.length * sizeof *dx);
    f->backward(r.length, x + i * r.step, dx + i * r.step);
  }
}

static void prelu_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                          const rote_real *x, rote_real *y)
{
  const activation *a = (const activation *)layer;
  const rows r = rows_of(layer, pass);
  (void)slot;
  for (size_t i = 0; i < r.count; i++) {
    memcpy(y + i * r.step, x + i * r.step, r.length * sizeof *y);
    rote_kernels_get()->rectify(r.length, pass->w[a->slope], y + i * r.step);
  }
}

/* dx = dy where x > 0, else slope dy;  dslope = sum of x dy where x is not above 0 */
static void prelu_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                           const rote_real *x, const rote_real *y, const rote_real *dy,
                           rote_real *dx, const rote_gradient *gradient)
{
  const activation *a = (const activation *)layer;
  const rote_real slope = pass->w[a->slope];
  const size_t used = rote_column_pad(pass->columns);
  double sum = 0;
  (void)y, (void)slot;
  for (size_t f = 0; f < layer->out; f++) {
    const size_t at = f * pass->ld;
    if (gradient != NULL) {
      sum += rote_kernels_get()->slope_gradient(used, x + at, dy + at);
    }
    if (dx != NULL) {
      memcpy(dx + at, dy + at, used * sizeof *dx);
      rote_kernels_get()->rectify_backward(used, slope, x + at, dx + at);
    }
  }
  if (gradient != NULL) {
    rote_real *g = rote_gradient_room(gradient, a->slope);
    *g = (rote_real)sum;
    rote_gradient_done(gradient, a->slope, 1, g);
  }
}

static const rote_layer_ops in_place_ops = {
    .name = "activation in place",
    .forward = activation_forward,
    .backward = in_place_backward,
    .in_place = true,
};

static const rote_layer_ops from_input_ops = {
    .name = "activation",
    .forward = activation_forward,
    .backward = from_input_backward,
};

static const rote_layer_ops prelu_ops = {
    .name = "prelu",
    .has_parameters = true,
    .forward = prelu_forward,
    .backward = prelu_backward,
};

static rote_status add_slope(rote_parameters *table, const char *name, activation *a)
{
  size_t index = 0;
  rote_parameter slope = {.rank = 1, .shape = {1}, .constant = 0.25};
  snprintf(slope.name, sizeof slope.name, "%s.weight", name);
  const rote_status status = rote_parameters_add(table, &slope, &index);
  a->slope = status == ROTE_OK ? table->parameter[index].offset : 0;
  return status;
}

rote_status rote_layer_activation(rote_parameters *table, const char *name,
                                  rote_activation_kind kind, size_t features, rote_layer **layer)
{
  rote_status status = ROTE_OK;
  activation *a = NULL;
  *layer = NULL;
  if (kind == ROTE_ACTIVATION_RELU || kind == ROTE_ACTIVATION_LEAKY_RELU) {
    return rote_layer_rectifier(features, kind == ROTE_ACTIVATION_RELU ? 0 : 0.01, layer);
  }
  ROTE_TRY(rote_alloc(1, sizeof *a, &a));
  a->kind = kind;
  a->base = (rote_layer){.ops = &prelu_ops, .in = features, .out = features};
  if (kind == ROTE_ACTIVATION_PRELU) {
    ROTE_TRY(add_slope(table, name, a));
  } else {
    a->base.ops = kernels_of(a)->from_output ? &in_place_ops : &from_input_ops;
  }
  *layer = &a->base;
  a = NULL;
done:
  rote_free(&a);
  return status;
}
