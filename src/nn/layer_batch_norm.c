/* Letters: C channels, P positions, n columns; m = P n numbers a channel. Row p C + c of an
 * activation. */
#include "rote/memory.h"
#include "rote/network.h"

#include <math.h>
#include <stdio.h>

#define EPSILON 1e-5
#define MOMENTUM 0.1

typedef struct {
  rote_layer base;
  size_t pixels, channels;
  size_t weight, bias, mean, variance; /* offsets, each [C] */
} batch_norm;

/* Kept from the forward pass: mean [C], variance [C] (biased). */
static size_t kept_room(const rote_layer *layer)
{
  return 2 * ((const batch_norm *)layer)->channels;
}

/* y = gain (x - mean) / sqrt(variance + epsilon) + bias */
static void batch_norm_forward(const rote_layer *layer, const rote_pass *pass,
                               const rote_slot *slot, const rote_real *x, rote_real *y)
{
  const batch_norm *b = (const batch_norm *)layer;
  const rote_kernels *kernels = rote_kernels_get();
  const size_t step = b->channels * pass->ld, n = pass->columns;
  for (size_t c = 0; c < b->channels; c++) {
    double mean = (double)pass->w[b->mean + c], variance = (double)pass->w[b->variance + c];
    if (pass->training) {
      double sum = 0, squares = 0;
      for (size_t p = 0; p < b->pixels; p++) {
        const rote_real *row = x + p * step + c * pass->ld;
        sum += kernels->sum(n, row);
        squares += kernels->dot(n, row, row);
      }
      const double m = (double)(b->pixels * n);
      mean = sum / m;
      variance = squares / m - mean * mean;
      variance = variance < 0 ? 0 : variance; /* rounding; NaN stays */
      slot->kept[c] = (rote_real)mean;
      slot->kept[b->channels + c] = (rote_real)variance;
    }
    const double scale = (double)pass->w[b->weight + c] / sqrt(variance + EPSILON);
    const double shift = (double)pass->w[b->bias + c] - scale * mean;
    for (size_t p = 0; p < b->pixels; p++) {
      const size_t at = p * step + c * pass->ld;
      kernels->combine(rote_column_pad(n), (rote_real)scale, x + at, 0, x + at, (rote_real)shift,
                       y + at);
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
  const rote_kernels *kernels = rote_kernels_get();
  const size_t ld = pass->ld, step = b->channels * ld, n = pass->columns;
  const double m = (double)(b->pixels * n);
  rote_real *gain = slot->scratch, *bias = slot->scratch + b->channels;
  (void)y;
  for (size_t c = 0; c < b->channels; c++) {
    const double mean = (double)(pass->training ? slot->kept[c] : pass->w[b->mean + c]);
    const double variance =
        (double)(pass->training ? slot->kept[b->channels + c] : pass->w[b->variance + c]);
    const double inverse = 1 / sqrt(variance + EPSILON);
    double sum = 0, product = 0;
    for (size_t p = 0; p < b->pixels; p++) {
      const size_t at = p * step + c * ld;
      sum += kernels->sum(n, dy + at);
      product += kernels->dot(n, dy + at, x + at);
    }
    const double d_gain = (product - mean * sum) * inverse;
    gain[c] = (rote_real)d_gain;
    bias[c] = (rote_real)sum;
    if (dx == NULL) {
      continue;
    }
    const double a = (double)pass->w[b->weight + c] * inverse;
    const double slope = pass->training ? -a * d_gain * inverse / m : 0;
    const double constant = pass->training ? -a * sum / m - slope * mean : 0;
    for (size_t p = 0; p < b->pixels; p++) {
      const size_t at = p * step + c * ld;
      kernels->combine(n, (rote_real)a, dy + at, (rote_real)slope, x + at, (rote_real)constant,
                       dx + at);
      for (size_t j = n; j < rote_column_pad(n); j++) {
        dx[at + j] = 0;
      }
    }
  }
  const rote_real *const done[] = {gain, bias};
  const size_t offset[] = {b->weight, b->bias};
  for (int i = 0; i < 2; i++) {
    rote_real *g = rote_gradient_room(gradient, offset[i]);
    for (size_t c = 0; c < b->channels; c++) {
      g[c] = done[i][c];
    }
    rote_gradient_done(gradient, offset[i], b->channels, g);
  }
}

static size_t scratch_room(const rote_layer *layer, size_t ld)
{
  (void)ld;
  return 2 * ((const batch_norm *)layer)->channels;
}

/* running = (1 - momentum) running + momentum batch, the variance unbiased */
static void after_step(const rote_layer *layer, const rote_slot *slot, size_t columns, rote_real *w)
{
  const batch_norm *b = (const batch_norm *)layer;
  const double m = (double)(b->pixels * columns), unbias = m > 1 ? m / (m - 1) : 1;
  for (size_t c = 0; c < b->channels; c++) {
    rote_real *mean = w + b->mean + c, *variance = w + b->variance + c;
    *mean = (rote_real)((1 - MOMENTUM) * (double)*mean + MOMENTUM * (double)slot->kept[c]);
    *variance = (rote_real)((1 - MOMENTUM) * (double)*variance +
                            MOMENTUM * unbias * (double)slot->kept[b->channels + c]);
  }
}

static const rote_layer_ops batch_norm_ops = {
    .name = "batch_norm",
    .forward = batch_norm_forward,
    .backward = batch_norm_backward,
    .kept_room = kept_room,
    .scratch_room = scratch_room,
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
  b->base = (rote_layer){&batch_norm_ops, pixels * channels, pixels * channels};
  b->pixels = pixels;
  b->channels = channels;
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
