#include "rote/memory.h"
#include "rote/network.h"
#include "rote/projection.h"

#include <math.h>
#include <stdio.h>

typedef struct {
  rote_layer base;
  size_t weight, bias; /* offsets of W [out, in] and b [out] */
} dense;

/* Y = W X + b */
static void dense_forward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                          const rote_real *x, rote_real *y)
{
  const dense *d = (const dense *)layer;
  const rote_strided weight = {pass->w + d->weight, layer->in, 1};
  (void)slot;
  rote_gemm(layer->out, rote_column_pad(pass->columns), layer->in, weight, x, pass->ld,
            pass->w + d->bias, false, y, pass->ld);
}

/* Row length of the transposed input: an odd number of cache lines, so that the rows do not share
 * the sets of the cache. */
static size_t transposed_ld(const rote_layer *layer)
{
  return rote_column_pad(layer->in) + ROTE_COLUMN_BLOCK;
}

static size_t dense_scratch_room(const rote_layer *layer, size_t ld)
{
  return ld * transposed_ld(layer);
}

/* dW = dY X^T,  db = sum of the columns of dY */
static void parameter_gradients(const rote_layer *layer, const rote_pass *pass,
                                const rote_slot *slot, const rote_real *x, const rote_real *dy,
                                const rote_gradient *gradient)
{
  const dense *d = (const dense *)layer;
  const size_t in = layer->in, out = layer->out, ldt = transposed_ld(layer);
  const size_t ld = pass->ld, columns = pass->columns;
  rote_kernels_get()->transpose(in, columns, x, ld, slot->scratch, ldt);
  const size_t fit = gradient->flat != NULL ? out : gradient->piece_room / in;
  const size_t rows_at_once = fit < out ? fit : out;
  for (size_t row = 0; row < out; row += rows_at_once) {
    const size_t rows = out - row < rows_at_once ? out - row : rows_at_once;
    const size_t offset = d->weight + row * in;
    rote_real *g = rote_gradient_room(gradient, offset);
    const rote_strided dy_rows = {dy + row * ld, ld, 1};
    rote_gemm(rows, in, columns, dy_rows, slot->scratch, ldt, NULL, false, g, in);
    rote_gradient_done(gradient, offset, rows * in, g);
  }
  rote_real *g = rote_gradient_room(gradient, d->bias);
  for (size_t o = 0; o < out; o++) {
    rote_real sum = 0;
    for (size_t j = 0; j < columns; j++) {
      sum += dy[o * ld + j];
    }
    g[o] = sum;
  }
  rote_gradient_done(gradient, d->bias, out, g);
}

/* dX = W^T dY, and the parameters */
static void dense_backward(const rote_layer *layer, const rote_pass *pass, const rote_slot *slot,
                           const rote_real *x, const rote_real *y, const rote_real *dy,
                           rote_real *dx, const rote_gradient *gradient)
{
  const dense *d = (const dense *)layer;
  (void)y;
  if (dx != NULL) {
    const rote_strided transposed = {pass->w + d->weight, 1, layer->in};
    rote_gemm(layer->in, rote_column_pad(pass->columns), layer->out, transposed, dy, pass->ld, NULL,
              false, dx, pass->ld);
  }
  if (gradient != NULL) {
    parameter_gradients(layer, pass, slot, x, dy, gradient);
  }
}

/* |sum over draws of d_s [a_s, 1]^T|^2 = sum over pairs of draws (d_s . d_t) (a_s . a_t + 1): two
 * products of draws by draws, in the place of one of out by in. */
static void dense_per_image(const rote_layer *layer, const rote_pass *pass, size_t draws,
                            const rote_real *x, const rote_real *dy, rote_real *scratch,
                            double *square)
{
  const size_t images = pass->columns / draws, ld = pass->ld;
  for (size_t i = 0; i < images; i++) {
    /* the operand with rows begins with a block of columns, which other images share */
    const size_t first = i * draws, start = first / ROTE_COLUMN_BLOCK * ROTE_COLUMN_BLOCK;
    const size_t width = rote_column_pad(first + draws - start), skip = first - start;
    rote_real *of_x = scratch, *of_dy = scratch + draws * width;
    double sum = 0;
    rote_gemm(draws, width, layer->in, (rote_strided){x + first, 1, ld}, x + start, ld, NULL, false,
              of_x, width);
    rote_gemm(draws, width, layer->out, (rote_strided){dy + first, 1, ld}, dy + start, ld, NULL,
              false, of_dy, width);
    for (size_t s = 0; s < draws; s++) {
      for (size_t t = 0; t < draws; t++) {
        const size_t at = s * width + skip + t;
        sum += (double)of_dy[at] * ((double)of_x[at] + 1);
      }
    }
    square[i] += sum;
  }
}

/* Two of the products, whose columns begin up to a block before those of the image. */
static size_t dense_per_image_room(const rote_layer *layer, size_t draws)
{
  (void)layer;
  return 2 * draws * (rote_column_pad(draws) + ROTE_COLUMN_BLOCK);
}

static rote_weight_shape dense_weight_shape(const rote_layer *layer)
{
  return (rote_weight_shape){.rows = layer->out, .columns = layer->in, .positions = 1};
}

static void dense_project(const rote_layer *layer, const rote_pass *pass, size_t draws,
                          const rote_projection *p, const rote_real *x, const rote_real *dy,
                          rote_real *scratch, rote_real *phi, size_t distance)
{
  rote_real *of_x = scratch, *rest = scratch + p->kept_columns * pass->ld;
  rote_gemm(p->kept_columns, rote_column_pad(pass->columns), layer->in,
            (rote_strided){p->column, layer->in, 1}, x, pass->ld, NULL, false, of_x, pass->ld);
  rote_projection_sum(p, pass, draws, 1, dy, of_x, rest, phi, distance);
}

static const rote_layer_ops dense_ops = {
    .name = "dense",
    .has_parameters = true,
    .forward = dense_forward,
    .backward = dense_backward,
    .scratch_room = dense_scratch_room,
    .per_image = dense_per_image,
    .per_image_room = dense_per_image_room,
    .weight_shape = dense_weight_shape,
    .project = dense_project,
};

rote_status rote_layer_dense(rote_parameters *table, const char *name, size_t in, size_t out,
                             rote_layer **layer)
{
  rote_status status = ROTE_OK;
  dense *d = NULL;
  size_t index = 0;
  rote_parameter weight = {.rank = 2, .shape = {out, in}, .bound = 1 / sqrt((double)in)};
  rote_parameter bias = {.rank = 1, .shape = {out}, .bound = 1 / sqrt((double)in)};
  *layer = NULL;
  snprintf(weight.name, sizeof weight.name, "%s.weight", name);
  snprintf(bias.name, sizeof bias.name, "%s.bias", name);
  ROTE_TRY(rote_alloc(1, sizeof *d, &d));
  d->base = (rote_layer){.ops = &dense_ops, .in = in, .out = out};
  ROTE_TRY(rote_parameters_add(table, &weight, &index));
  d->weight = table->parameter[index].offset;
  ROTE_TRY(rote_parameters_add(table, &bias, &index));
  d->bias = table->parameter[index].offset;
  *layer = &d->base;
  d = NULL;
done:
  rote_free(&d);
  return status;
}
