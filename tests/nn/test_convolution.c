/* Convolutions, batch norm and permutations against their definitions in plain loops, in the
 * precision this file is compiled for. */
#include "check.h"

#include "rote/memory.h"
#include "rote/network.h"
#include "rote/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

#ifdef ROTE_REAL_DOUBLE
#define TOLERANCE 1e-13
#else
#define TOLERANCE 2e-6
#endif

/* Columns in use, and room for twice the block. */
enum { COLUMNS = 5, ROOM = 32 };

/* One layer as a network, with its parameters. */
typedef struct {
  rote_parameters table;
  rote_network network;
  rote_tape *tape;
  rote_real *w;
} single;

static rote_real *random_array(uint32_t item, size_t n)
{
  const rote_stream stream = {.seed = 5, .purpose = ROTE_PURPOSE_WEIGHTS};
  float *u = malloc(n * sizeof *u);
  rote_real *x = malloc(n * sizeof *x);
  assert_true(u != NULL && x != NULL);
  rote_random_normal(stream, item, n, u);
  for (size_t i = 0; i < n; i++) {
    x[i] = (rote_real)u[i];
  }
  free(u);
  return x;
}

static void finish(single *s, rote_layer *layer, bool training)
{
  CHECK_OK(rote_network_append(&s->network, layer));
  CHECK_OK(rote_tape_create(&s->network, ROOM, training, &s->tape));
  if (s->table.total > 0) {
    s->w = random_array(1, s->table.total);
  }
}

static void tear_down(single *s)
{
  free(s->w);
  rote_tape_destroy(&s->tape);
  rote_network_clear(&s->network);
  rote_parameters_clear(&s->table);
}

static rote_real *forward(single *s, const rote_real *x)
{
  return rote_network_forward(&s->network, s->w, x, COLUMNS, s->tape);
}

static void check_near(const char *what, size_t rows, const rote_real *got, const double *want,
                       double scale)
{
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < COLUMNS; j++) {
      const double g = (double)got[i * ROOM + j], w = want[i * ROOM + j];
      if (!(fabs(g - w) <= TOLERANCE * scale)) {
        fail_msg("%s: row %zu column %zu is %.12g, expected %.12g", what, i, j, g, w);
      }
    }
  }
}

/* sum over rows and columns in use of a b */
static double inner(size_t rows, const rote_real *a, const rote_real *b)
{
  double sum = 0;
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < COLUMNS; j++) {
      sum += (double)a[i * ROOM + j] * (double)b[i * ROOM + j];
    }
  }
  return sum;
}

typedef struct {
  size_t kernel, stride, padding, high, low, high_channels, low_channels;
} geometry;

/* The high pixel that low pixel v meets at tap k along one axis, or `high` if it is padding. */
static size_t meet(const geometry *g, size_t v, size_t k)
{
  const size_t at = g->stride * v + k;
  return at < g->padding || at - g->padding >= g->high ? g->high : at - g->padding;
}

typedef struct {
  size_t weight, high, low; /* places of W[l, h, ky, kx] and of the rows it joins */
} term;

/* All terms of the definition: low(v,u)[l] W[l,h,ky,kx] high(s v - p + ky, s u - p + kx)[h].
 * @return their number; `terms` may be NULL */
static size_t list_terms(const geometry *g, term *terms)
{
  size_t n = 0;
  const size_t k = g->kernel, ch = g->high_channels, cl = g->low_channels;
  const size_t all = g->low * g->low * k * k * cl * ch;
  for (size_t i = 0; i < all; i++) {
    const size_t h = i % ch, l = i / ch % cl, kx = i / ch / cl % k, ky = i / ch / cl / k % k;
    const size_t pixel = i / ch / cl / k / k, u = pixel % g->low, v = pixel / g->low;
    const size_t y = meet(g, v, ky), x = meet(g, u, kx);
    if (y < g->high && x < g->high) {
      if (terms != NULL) {
        terms[n] =
            (term){((l * ch + h) * k + ky) * k + kx, (y * g->high + x) * ch + h, pixel * cl + l};
      }
      n++;
    }
  }
  return n;
}

static rote_layer *make(single *s, const geometry *g, bool up)
{
  rote_layer *layer = NULL;
  CHECK_OK(up ? rote_layer_transposed_convolution(&s->table, "c", g->low, g->low_channels,
                                                  g->high_channels, g->kernel, g->stride,
                                                  g->padding, &layer)
              : rote_layer_convolution(&s->table, "c", g->high, g->high_channels, g->low_channels,
                                       g->kernel, g->stride, g->padding, &layer));
  return layer;
}

/* Forward, input gradient and weight gradient of one direction. */
static void check_direction(const geometry *g, const term *terms, size_t n, bool up)
{
  single s = {0};
  rote_layer *layer = make(&s, g, up);
  const size_t high = g->high * g->high * g->high_channels, low = g->low * g->low * g->low_channels;
  const size_t in = up ? low : high, out = up ? high : low;
  assert_int_equal(layer->in, in);
  assert_int_equal(layer->out, out);
  assert_int_equal(s.table.total, g->low_channels * g->high_channels * g->kernel * g->kernel);
  finish(&s, layer, true);
  const size_t widest = in > out ? in : out;
  rote_real *x = random_array(2, in * ROOM), *dy = random_array(3, out * ROOM);
  rote_real *dx = random_array(4, in * ROOM), *dw = random_array(5, s.table.total);
  double *want = calloc(widest * ROOM, sizeof *want);
  double *want_dw = calloc(s.table.total, sizeof *want_dw);
  double *want_dx = calloc(widest * ROOM, sizeof *want_dx);
  assert_true(want != NULL && want_dw != NULL && want_dx != NULL);
  for (size_t i = 0; i < out; i++) { /* as every caller leaves it */
    memset(dy + i * ROOM + COLUMNS, 0, (ROOM - COLUMNS) * sizeof *dy);
  }
  for (size_t i = 0; i < n; i++) {
    const size_t from = up ? terms[i].low : terms[i].high, to = up ? terms[i].high : terms[i].low;
    const double w = (double)s.w[terms[i].weight];
    for (size_t j = 0; j < COLUMNS; j++) {
      const double xj = (double)x[from * ROOM + j], dyj = (double)dy[to * ROOM + j];
      want[to * ROOM + j] += w * xj;
      want_dx[from * ROOM + j] += w * dyj;
      want_dw[terms[i].weight] += xj * dyj;
    }
  }
  const double scale = sqrt((double)(g->kernel * g->kernel * 16)) * 4;
  const rote_real *y = forward(&s, x);
  check_near("forward", out, y, want, scale);
  rote_network_backward(&s.network, s.w, x, COLUMNS, s.tape, dy, dx, &(rote_gradient){.flat = dw});
  check_near("input gradient", in, dx, want_dx, scale);
  for (size_t i = 0; i < in; i++) {
    for (size_t j = COLUMNS; j < rote_column_pad(COLUMNS); j++) {
      assert_true(dx[i * ROOM + j] == 0);
    }
  }
  for (size_t i = 0; i < s.table.total; i++) {
    assert_true(fabs((double)dw[i] - want_dw[i]) <= TOLERANCE * 100);
  }
  void *const arrays[] = {x, dy, dx, dw, want, want_dw, want_dx};
  for (size_t i = 0; i < COUNT(arrays); i++) {
    free(arrays[i]);
  }
  tear_down(&s);
}

/* <down(x), y> = <x, up(y)> for the same weights */
static void check_adjoint(const geometry *g)
{
  single down = {0}, up = {0};
  finish(&down, make(&down, g, false), false);
  finish(&up, make(&up, g, true), false);
  assert_int_equal(down.table.total, up.table.total);
  assert_memory_equal(down.table.parameter[0].shape, up.table.parameter[0].shape,
                      4 * sizeof(size_t));
  const size_t high = rote_network_in(&down.network), low = rote_network_out(&down.network);
  rote_real *x = random_array(6, high * ROOM), *y = random_array(7, low * ROOM);
  const double a = inner(low, forward(&down, x), y), b = inner(high, x, forward(&up, y));
  assert_true(fabs(a - b) <= TOLERANCE * (double)(high + low) * COLUMNS);
  free(x);
  free(y);
  tear_down(&down);
  tear_down(&up);
}

static void convolutions_agree_with_their_definition(void **state)
{
  (void)state;
  static const size_t shape[][3] = {{4, 2, 1}, {2, 1, 0}, {2, 2, 0}, {3, 1, 1}};
  static const size_t side[] = {1, 2, 4, 5, 8}, channels[] = {1, 3, 5, 16};
  for (size_t i = 0; i < COUNT(shape) * COUNT(side) * COUNT(channels) * COUNT(channels); i++) {
    const size_t *s = shape[i % COUNT(shape)], high = side[i / COUNT(shape) % COUNT(side)];
    geometry g = {.kernel = s[0], .stride = s[1], .padding = s[2], .high = high};
    g.high_channels = channels[i / COUNT(shape) / COUNT(side) % COUNT(channels)];
    g.low_channels = channels[i / COUNT(shape) / COUNT(side) / COUNT(channels)];
    const size_t large = high + 2 * s[2];
    if (large < s[0] || (large - s[0]) % s[1] != 0) {
      continue;
    }
    g.low = (large - s[0]) / s[1] + 1;
    const size_t n = list_terms(&g, NULL);
    term *terms = malloc(n * sizeof *terms);
    assert_non_null(terms);
    list_terms(&g, terms);
    check_direction(&g, terms, n, false);
    check_direction(&g, terms, n, true);
    check_adjoint(&g);
    free(terms);
  }
}

static void shapes_that_do_not_fit_are_refused(void **state)
{
  (void)state;
  rote_parameters table = {0};
  rote_layer *layer = NULL;
  CHECK_FAILS(rote_layer_convolution(&table, "c", 8, 1, 1, 3, 2, 1, &layer), ROTE_INTERNAL,
              "multiple of its stride");
  assert_null(layer);
  CHECK_FAILS(rote_layer_convolution(&table, "c", 5, 1, 1, 2, 2, 0, &layer), ROTE_INTERNAL,
              "does not tile");
  assert_null(layer);
  CHECK_FAILS(rote_layer_convolution(&table, "c", 1, 1, 1, 4, 2, 1, &layer), ROTE_INTERNAL,
              "does not tile");
  assert_null(layer);
  assert_int_equal(table.count, 0);
}

enum { PIXELS = 3, CHANNELS = 4, ROWS = PIXELS * CHANNELS };

static void set_up_norm(single *s, bool training)
{
  rote_layer *layer = NULL;
  CHECK_OK(rote_layer_batch_norm(&s->table, "n", PIXELS, CHANNELS, &layer));
  finish(s, layer, training);
  for (size_t c = 0; c < CHANNELS; c++) {
    rote_real *variance = s->w + s->table.parameter[3].offset + c;
    *variance = (rote_real)(0.1 + fabs((double)*variance));
  }
}

static double of(const single *s, size_t parameter, size_t channel)
{
  return (double)s->w[s->table.parameter[parameter].offset + channel];
}

/* y = gain (x - mean) / sqrt(variance + 1e-5) + bias */
static void normalise(const single *s, const rote_real *x, const double *mean,
                      const double *variance, double *y)
{
  for (size_t i = 0; i < ROWS; i++) {
    const size_t c = i % CHANNELS;
    for (size_t j = 0; j < COLUMNS; j++) {
      y[i * ROOM + j] =
          of(s, 0, c) * ((double)x[i * ROOM + j] - mean[c]) / sqrt(variance[c] + 1e-5) +
          of(s, 1, c);
    }
  }
}

static void batch_norm_in_training_uses_the_batch(void **state)
{
  (void)state;
  single s = {0};
  set_up_norm(&s, true);
  rote_real *x = random_array(8, ROWS * ROOM);
  double mean[CHANNELS] = {0}, variance[CHANNELS] = {0}, y[ROWS * ROOM], running[2 * CHANNELS];
  const double m = PIXELS * COLUMNS;
  for (size_t i = 0; i < ROWS * ROOM; i++) {
    x[i] += (rote_real)1.5;
    mean[i / ROOM % CHANNELS] += i % ROOM < COLUMNS ? (double)x[i] / m : 0;
  }
  for (size_t i = 0; i < ROWS * ROOM; i++) {
    const size_t c = i / ROOM % CHANNELS;
    const double e = (double)x[i] - mean[c];
    variance[c] += i % ROOM < COLUMNS ? e * e / m : 0;
  }
  normalise(&s, x, mean, variance, y);
  check_near("training", ROWS, forward(&s, x), y, 20);
  for (size_t c = 0; c < CHANNELS; c++) {
    running[c] = 0.9 * of(&s, 2, c) + 0.1 * mean[c];
    running[CHANNELS + c] = 0.9 * of(&s, 3, c) + 0.1 * variance[c] * m / (m - 1);
  }
  rote_real *gain = random_array(9, 2 * CHANNELS);
  memcpy(gain, s.w, 2 * CHANNELS * sizeof *gain);
  rote_network_after_step(&s.network, COLUMNS, s.tape, s.w);
  for (size_t c = 0; c < CHANNELS; c++) {
    assert_true(fabs(of(&s, 2, c) - running[c]) <= TOLERANCE * 10);
    assert_true(fabs(of(&s, 3, c) - running[CHANNELS + c]) <= TOLERANCE * 10);
  }
  assert_memory_equal(gain, s.w, 2 * CHANNELS * sizeof *gain); /* gain and bias stay */
  free(gain);
  free(x);
  tear_down(&s);
}

static void batch_norm_in_evaluation_uses_the_running_statistics(void **state)
{
  (void)state;
  single s = {0};
  set_up_norm(&s, false);
  rote_real *x = random_array(8, ROWS * ROOM);
  double mean[CHANNELS], variance[CHANNELS], y[ROWS * ROOM];
  for (size_t c = 0; c < CHANNELS; c++) {
    mean[c] = of(&s, 2, c);
    variance[c] = of(&s, 3, c);
  }
  normalise(&s, x, mean, variance, y);
  check_near("evaluation", ROWS, forward(&s, x), y, 20);
  free(x);
  tear_down(&s);
}

static void batch_norm_starts_as_pytorch_does(void **state)
{
  (void)state;
  static const char *const name[] = {"n.weight", "n.bias", "n.running_mean", "n.running_var"};
  single s = {0};
  set_up_norm(&s, false);
  rote_parameters_initialise(&s.table, 1, 0, s.w);
  for (size_t p = 0; p < 4; p++) {
    assert_string_equal(s.table.parameter[p].name, name[p]);
    for (size_t c = 0; c < CHANNELS; c++) {
      assert_true(of(&s, p, c) == (p == 0 || p == 3 ? 1 : 0));
    }
  }
  tear_down(&s);
}

/* A batch of one number a channel has no spread: finite, and the bias alone. */
static void batch_norm_survives_a_constant_channel(void **state)
{
  (void)state;
  single s = {0};
  set_up_norm(&s, true);
  rote_real x[ROWS * ROOM];
  double y[ROWS * ROOM];
  for (size_t i = 0; i < ROWS * ROOM; i++) {
    x[i] = (rote_real)0.5;
    y[i] = of(&s, 1, i / ROOM % CHANNELS);
  }
  check_near("constant", ROWS, forward(&s, x), y, 100);
  rote_network_after_step(&s.network, COLUMNS, s.tape, s.w);
  for (size_t c = 0; c < CHANNELS; c++) {
    assert_true(of(&s, 3, c) > 0);
  }
  tear_down(&s);
}

static void append(single *s, rote_status made, rote_layer **layer)
{
  CHECK_OK(made);
  CHECK_OK(rote_network_append(&s->network, *layer));
}

/* A tape for inference does the work of several layers in one; one for training, layer by layer. */
static void inference_agrees_with_layer_by_layer(void **state)
{
  (void)state;
  enum { SIDE = 8, DEPTH = 3, WIDE = 10 };
  single s = {0};
  rote_layer *layer = NULL;
  rote_tape *inference = NULL;
  append(&s, rote_layer_convolution(&s.table, "a", SIDE, DEPTH, WIDE, 4, 2, 1, &layer), &layer);
  append(&s, rote_layer_batch_norm(&s.table, "b", 16, WIDE, &layer), &layer);
  append(&s, rote_layer_rectifier(16 * WIDE, 0.2, &layer), &layer);
  append(&s, rote_layer_convolution(&s.table, "c", 4, WIDE, WIDE, 4, 2, 1, &layer), &layer);
  append(&s, rote_layer_rectifier(4 * WIDE, 0.1, &layer), &layer);
  append(&s, rote_layer_transposed_convolution(&s.table, "d", 2, WIDE, WIDE, 4, 2, 1, &layer),
         &layer);
  append(&s, rote_layer_batch_norm(&s.table, "e", 16, WIDE, &layer), &layer);
  append(&s, rote_layer_transposed_convolution(&s.table, "f", 4, WIDE, DEPTH, 4, 2, 1, &layer),
         &layer);
  append(&s, rote_layer_batch_norm(&s.table, "g", 64, DEPTH, &layer), &layer);
  append(&s, rote_layer_rectifier(64 * DEPTH, 0, &layer), &layer);
  CHECK_OK(rote_tape_create(&s.network, ROOM, true, &s.tape));
  CHECK_OK(rote_tape_create(&s.network, ROOM, false, &inference));
  s.w = random_array(12, s.table.total);
  for (size_t i = 0; i < s.table.total; i++) {
    s.w[i] = s.w[i] * (rote_real)0.2 + 1 / (rote_real)9; /* variances above 0 */
    s.w[i] = s.w[i] < 0 ? -s.w[i] : s.w[i];
  }
  rote_real *x = random_array(13, SIDE * SIDE * DEPTH * ROOM);
  double want[SIDE * SIDE * DEPTH * ROOM];
  s.tape->training = false;
  const rote_real *y = forward(&s, x);
  double largest = 0;
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    want[i] = (double)y[i];
    largest = i % ROOM < COLUMNS && fabs(want[i]) > largest ? fabs(want[i]) : largest;
  }
  const rote_real *z = rote_network_forward(&s.network, s.w, x, COLUMNS, inference);
  assert_true(largest > 0.1);
  check_near("inference", SIDE * SIDE * DEPTH, z, want, 10 * largest);
  rote_tape_destroy(&inference);
  free(x);
  tear_down(&s);
}

static void permutations_reorder_and_return(void **state)
{
  (void)state;
  enum { C = 3, P = 7 };
  single there = {0}, back = {0};
  rote_layer *layer = NULL;
  rote_real *x = random_array(10, C * P * ROOM), *dx = random_array(11, C * P * ROOM);
  CHECK_OK(rote_layer_permute(C, P, true, &layer));
  finish(&there, layer, true);
  CHECK_OK(rote_layer_permute(C, P, false, &layer));
  finish(&back, layer, true);
  rote_real *y = forward(&there, x);
  for (size_t i = 0; i < C * P; i++) {
    const size_t c = i / P, p = i % P;
    assert_memory_equal(y + (p * C + c) * ROOM, x + i * ROOM, COLUMNS * sizeof *x);
  }
  const rote_real *z = forward(&back, y);
  for (size_t i = 0; i < C * P; i++) {
    assert_memory_equal(z + i * ROOM, x + i * ROOM, COLUMNS * sizeof *x);
  }
  rote_network_backward(&there.network, NULL, x, COLUMNS, there.tape, y, dx,
                        &(rote_gradient){0}); /* the adjoint of there is back */
  for (size_t i = 0; i < C * P; i++) {
    assert_memory_equal(dx + i * ROOM, x + i * ROOM, COLUMNS * sizeof *x);
  }
  free(x);
  free(dx);
  tear_down(&there);
  tear_down(&back);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolutions_agree_with_their_definition),
      cmocka_unit_test(shapes_that_do_not_fit_are_refused),
      cmocka_unit_test(batch_norm_in_training_uses_the_batch),
      cmocka_unit_test(batch_norm_in_evaluation_uses_the_running_statistics),
      cmocka_unit_test(batch_norm_starts_as_pytorch_does),
      cmocka_unit_test(batch_norm_survives_a_constant_channel),
      cmocka_unit_test(inference_agrees_with_layer_by_layer),
      cmocka_unit_test(permutations_reorder_and_return),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
