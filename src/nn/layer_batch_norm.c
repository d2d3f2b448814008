/* Letters: C channels, P positions, n columns; m = P n numbers a channel. Row p C + c of an
 * activation. */
#include "rote/memory.h"
#include "rote/network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EPSILON 1e-5
#define MOMENTUM 0.1

typedef struct {
  rote_layer base;
  size_t pixels;
  size_t weight, bias, mean, variance; /* offsets, each [C] */
} batch_norm;

/* Sums over all pixels [C], in double: of the numbers of a channel, and of products. */
typedef struct {
  double *sum, *dot;
} channel_sums;

/* slot->kept: mean [C] and variance [C] (biased) of the forward pass, then room within a pass:
 * channel_sums, and up to three kinds of coefficients [C]. */
static size_t kept_room(const rote_layer *layer)
{
  const size_t channels = layer->channels;
  return 2 * channels + 2 * channels * sizeof(double) / sizeof(rote_real) + 3 * channels;
}

static channel_sums sums_of(const batch_norm *b, const rote_slot *slot)
{
  double *room = (double *)(void *)(slot->kept + 2 * b->base.channels);
  return (channel_sums){room, room + b->base.channels};
}

static rote_real *coefficients_of(const batch_norm *b, const rote_slot *slot, size_t kind)
{
  const size_t channels = b->base.channels;
  return (rote_real *)(void *)(sums_of(b, slot).sum + 2 * channels) + kind * channels;
}

/* sum[c] = sum of x, dot[c] = sum of x y, over pixels and columns. Rows are walked as they lie. */
static void add_up(const batch_norm *b, const rote_pass *pass, const rote_real *x,
                   const rote_real *y, channel_sums sums)
{
  const rote_kernels *kernels = rote_kernels_get();
  memset(sums.sum, 0, b->base.channels * sizeof *sums.sum);
  memset(sums.dot, 0, b->base.channels * sizeof *sums.dot);
  for (size_t p = 0; p < b->pixels; p++) {
    for (size_t c = 0; c < b->base.channels; c++) {
      const size_t at = (p * b->base.channels + c) * pass->ld;
      kernels->sum_dot(pass->columns, x + at, y + at, &sums.sum[c], &sums.dot[c]);
    }
  }
}

/* scale = gain / sqrt(variance + epsilon), shift = bias - scale mean */
static void scale_and_shift(const batch_norm *b, const rote_real *w, const rote_real *mean,
                            const rote_real *variance, rote_real *scale, rote_real *shift)
{
  for (size_t c = 0; c < b->base.channels; c++) {
    const double a = (double)w[b->weight + c] / sqrt((double)variance[c] + EPSILON);
    scale[c] = (rote_real)a;
    shift[c] = (rote_real)((double)w[b->bias + c] - a * (double)mean[c]);
  }
}

static void affine(const rote_layer *layer, const rote_real *w, rote_real *scale, rote_real *shift)
{
  const batch_norm *b = (const batch_norm *)layer;
  scale_and_shift(b, w, w + b->mean, w + b->variance, scale, shift);
}

/* y = gain (x - mean) / sqrt(variance + epsilon) + bias */
static void batch_norm_forward(const rote_layer *layer, const rote_pass *pass,
                               const rote_slot *slot, const rote_real *x, rote_real *y)
{
  const batch_norm *b = (const batch_norm *)layer;
  const size_t channels = b->base.channels, width = rote_column_pad(pass->columns);
  rote_real *scale = coefficients_of(b, slot, 0), *shift = coefficients_of(b, slot, 1);
  if (pass->training) {
    const double m = (double)(b->pixels * pass->columns);
    const channel_sums sums = sums_of(b, slot);
    add_up(b, pass, x, x, sums);
    for (size_t c = 0; c < channels; c++) {
      const double mean = sums.sum[c] / m, variance = sums.dot[c] / m - mean * mean;
      slot->kept[c] = (rote_real)mean;
      slot->kept[channels + c] = (rote_real)(variance < 0 ? 0 : variance); /* rounding; NaN stays */
    }
    scale_and_shift(b, pass->w, slot->kept, slot->kept + channels, scale, shift);
  } else {
    affine(layer, pass->w, scale, shift);
  }
  for (size_t p = 0; p < b->pixels; p++) {
    for (size_t c = 0; c < channels; c++) {
      const size_t at = (p * channels + c) * pass->ld;
      rote_kernels_get()->combine(width, scale[c], x + at, 0, x + at, shift[c], y + at);
    }
  }
}

/* dx = direct dy + slope x + constant, 0 beyond the columns in use */
static void input_gradient(const batch_norm *b, const rote_pass *pass, const rote_slot *slot,
                           const rote_real *x, const rote_real *dy, rote_real *dx)
{
  const rote_real *direct = coefficients_of(b, slot, 0);
  const rote_real *slope = coefficients_of(b, slot, 1);
  const rote_real *constant = coefficients_of(b, slot, 2);
  const size_t n = pass->columns;
  for (size_t p = 0; p < b->pixels; p++) {
    for (size_t c = 0; c < b->base.channels; c++) {
      const size_t at = (p * b->base.channels + c) * pass->ld;
      rote_kernels_get()->combine(n, direct[c], dy + at, slope[c], x + at, constant[c], dx + at);
      for (size_t j = n; j < rote_column_pad(n); j++) {
        dx[at + j] = 0;
      }
    }
  }
}

/* With x^ = (x - mean) / sigma:  dgain = sum dy x^,  dbias = sum dy,
 * dx = gain / sigma (dy - dbias / m - x^ dgain / m). In evaluation mode the statistics are
 * constants. */
static void batch_norm_backward(const rote_layer *layer, const rote_pass *pass,
                                const rote_slot *slot, const rote_real *x, const rote_real *y,
                                const rote_real *dy, rote_real *dx, const rote_gradient *gradient)
{
  const batch_norm *b = (const batch_norm *)layer;
  const size_t channels = b->base.channels;
  const double m = (double)(b->pixels * pass->columns);
  const rote_real *mean = pass->training ? slot->kept : pass->w + b->mean;
  const rote_real *variance = pass->training ? slot->kept + channels : pass->w + b->variance;
  const channel_sums sums = sums_of(b, slot);
  (void)y;
  if (gradient != NULL || pass->training) {
    add_up(b, pass, dy, x, sums);
  } else {
    memset(sums.sum, 0, 2 * channels * sizeof *sums.sum);
  }
  for (size_t c = 0; c < channels; c++) {
    const double inverse = 1 / sqrt((double)variance[c] + EPSILON);
    const double d_gain = (sums.dot[c] - (double)mean[c] * sums.sum[c]) * inverse;
    const double a = (double)pass->w[b->weight + c] * inverse;
    const double slope = pass->training ? -a * d_gain * inverse / m : 0;
    const double constant = pass->training ? -a * sums.sum[c] / m - slope * (double)mean[c] : 0;
    coefficients_of(b, slot, 0)[c] = (rote_real)a;
    coefficients_of(b, slot, 1)[c] = (rote_real)slope;
    coefficients_of(b, slot, 2)[c] = (rote_real)constant;
    sums.dot[c] = d_gain;
  }
  if (dx != NULL) {
    input_gradient(b, pass, slot, x, dy, dx);
  }
  if (gradient == NULL) {
    return;
  }
  const double *const done[] = {sums.dot, sums.sum};
  const size_t offset[] = {b->weight, b->bias};
  for (int i = 0; i < 2; i++) {
    rote_real *g = rote_gradient_room(gradient, offset[i]);
    for (size_t c = 0; c < channels; c++) {
      g[c] = (rote_real)done[i][c];
    }
    rote_gradient_done(gradient, offset[i], channels, g);
  }
}

/* running = (1 - momentum) running + momentum batch, the variance unbiased */
static void after_step(const rote_layer *layer, const rote_slot *slot, size_t columns, rote_real *w)
{
  const batch_norm *b = (const batch_norm *)layer;
  const double m = (double)(b->pixels * columns), unbias = m > 1 ? m / (m - 1) : 1;
  for (size_t c = 0; c < b->base.channels; c++) {
    rote_real *mean = w + b->mean + c, *variance = w + b->variance + c;
    *mean = (rote_real)((1 - MOMENTUM) * (double)*mean + MOMENTUM * (double)slot->kept[c]);
    *variance = (rote_real)((1 - MOMENTUM) * (double)*variance +
                            MOMENTUM * unbias * (double)slot->kept[b->base.channels + c]);
  }
}

static const rote_layer_ops batch_norm_ops = {
    .name = "batch_norm",
    .has_parameters = true,
    .forward = batch_norm_forward,
    .backward = batch_norm_backward,
    .kept_room = kept_room,
    .affine = affine,
    .after_step = after_step,
};

rote_status rote_layer_batch_norm(rote_parameters *table, const char *name, size_t pixels,
                                  size_t channels, rote_layer **layer)
{
  static const char *const part[] = {"weight", "bias", "running_mean", "running_var"};
  static const double start[] = {1, 0, 0, 1};
  rote_status status = ROTE_OK;
  batch_norm *b = NULL;
  *layer = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *b, &b));
  b->base = (rote_layer){&batch_norm_ops, pixels * channels, pixels * channels, channels};
  b->pixels = pixels;
  size_t *const offset[] = {&b->weight, &b->bias, &b->mean, &b->variance};
  for (int i = 0; i < 4; i++) {
    size_t index = 0;
    rote_parameter p = {.rank = 1, .shape = {channels}, .constant = start[i]};
    snprintf(p.name, sizeof p.name, "%s.%s", name, part[i]);
    ROTE_TRY(rote_parameters_add(table, &p, &index));
    *offset[i] = table->parameter[index].offset;
  }
  *layer = &b->base;
  b = NULL;
done:
  rote_free(&b);
  return status;
}
