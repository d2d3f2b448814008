/* Winograd's convolutions against the direct ones, all passes, in the precision this file is
 * compiled for; sums in double from the definition are the truth. */
#include "check.h"

#include "convolution.h"
#include "rote/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than a block of columns, and not a whole one. */
enum { COLUMNS = 70, ROOM = 80, PASSES = 3, WAYS = 2 };

static const char *const pass_name[] = {"forward", "input gradient", "weight gradient"};

/* What a layer is given, and what it made. */
typedef struct {
  rote_convolution shape;
  bool up;
  size_t weights, in, out;
  rote_real *w, *x, *dy;
  rote_real *result[WAYS][PASSES]; /* direct, Winograd */
} trial;

static rote_real *array(uint32_t item, size_t n)
{
  const rote_stream stream = {.seed = 7, .purpose = ROTE_PURPOSE_WEIGHTS};
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

static void make(size_t low, size_t high_channels, size_t low_channels, bool up,
                 rote_parameters *table, rote_layer **layer)
{
  CHECK_OK(up ? rote_layer_transposed_convolution(table, "c", low, low_channels, high_channels, 4,
                                                  2, 1, layer)
              : rote_layer_convolution(table, "c", 2 * low, high_channels, low_channels, 4, 2, 1,
                                       layer));
}

/* The gradients of input and weights are the same when only one of them is asked for. */
static void check_alone(const trial *t, const rote_network *network, rote_tape *tape,
                        size_t columns, rote_real *dy, rote_real *const *result)
{
  rote_real *dx = calloc(t->in * ROOM, sizeof *dx), *dw = calloc(t->weights, sizeof *dw);
  assert_true(dx != NULL && dw != NULL);
  rote_network_backward(network, t->w, t->x, columns, tape, dy, dx, NULL);
  rote_network_backward(network, t->w, t->x, columns, tape, dy, NULL, &(rote_gradient){.flat = dw});
  for (size_t i = 0; i < t->in; i++) {
    assert_memory_equal(dx + i * ROOM, result[1] + i * ROOM, columns * sizeof *dx);
  }
  assert_memory_equal(dw, result[2], t->weights * sizeof *dw);
  free(dx);
  free(dw);
}

/* All passes of one way over the first `columns` columns. */
static void pass(const trial *t, bool winograd, size_t columns, rote_real **result)
{
  rote_parameters table = {0};
  rote_network network = {0};
  rote_tape *tape = NULL;
  rote_layer *layer = NULL;
  make(t->shape.low, t->shape.high_channels, t->shape.low_channels, t->up, &table, &layer);
  ((rote_convolution *)layer)->winograd = winograd;
  CHECK_OK(rote_network_append(&network, layer));
  CHECK_OK(rote_tape_create(&network, ROOM, true, &tape));
  rote_real *dy = malloc(t->out * ROOM * sizeof *dy);
  assert_non_null(dy);
  for (size_t i = 0; i < t->out * ROOM; i++) {
    dy[i] = i % ROOM < columns ? t->dy[i] : 0;
  }
  result[0] = malloc(t->out * ROOM * sizeof *result[0]);
  result[1] = malloc(t->in * ROOM * sizeof *result[1]);
  result[2] = malloc(t->weights * sizeof *result[2]);
  assert_true(result[0] != NULL && result[1] != NULL && result[2] != NULL);
  const rote_real *y = rote_network_forward(&network, t->w, t->x, columns, tape);
  memcpy(result[0], y, t->out * ROOM * sizeof *y);
  rote_network_backward(&network, t->w, t->x, columns, tape, dy, result[1],
                        &(rote_gradient){.flat = result[2]});
  check_alone(t, &network, tape, columns, dy, result);
  free(dy);
  rote_tape_destroy(&tape);
  rote_network_clear(&network);
  rote_parameters_clear(&table);
}

static void begin(trial *t, size_t low, size_t high_channels, size_t low_channels, bool up)
{
  rote_parameters table = {0};
  rote_layer *layer = NULL;
  make(low, high_channels, low_channels, up, &table, &layer);
  *t = (trial){.shape = *(rote_convolution *)layer,
               .up = up,
               .weights = table.total,
               .in = layer->in,
               .out = layer->out};
  t->w = array(1, t->weights);
  t->x = array(2, t->in * ROOM);
  t->dy = array(3, t->out * ROOM);
  free(layer);
  rote_parameters_clear(&table);
}

static void end(trial *t)
{
  for (int i = 0; i < WAYS * PASSES; i++) {
    free(t->result[i / PASSES][i % PASSES]);
  }
  free(t->w);
  free(t->x);
  free(t->dy);
}

/* Number (tap, pixel) of the definition: the high pixel that low pixel v meets; false: padding. */
static bool meets(const trial *t, size_t pixel, size_t tap, size_t *high)
{
  const rote_convolution *c = &t->shape;
  const size_t y = 2 * (pixel / c->low) + tap / 4, x = 2 * (pixel % c->low) + tap % 4;
  *high = (y - 1) * c->high + x - 1;
  return y > 0 && x > 0 && y <= c->high && x <= c->high;
}

/* Entries of each pass in double: low[l] and high[h] of one column, dW[l][h][tap]. */
static double true_number(const trial *t, size_t which, size_t at, size_t column)
{
  const rote_convolution *c = &t->shape;
  const size_t cl = c->low_channels, ch = c->high_channels;
  const bool to_high = (which == 0) == t->up;
  const rote_real *from = which == 0 ? t->x : t->dy;
  const rote_real *high = t->up ? t->dy : t->x, *low = t->up ? t->x : t->dy;
  double sum = 0;
  for (size_t i = 0; i < c->low * c->low * 16; i++) {
    size_t pixel = i / 16, tap = i % 16, other;
    if (!meets(t, pixel, tap, &other)) {
      continue;
    }
    if (which == 2) {
      const rote_real *a = low + (pixel * cl + at / 16 / ch) * ROOM;
      const rote_real *b = high + (other * ch + at / 16 % ch) * ROOM;
      for (size_t j = 0; j < COLUMNS && tap == at % 16; j++) {
        sum += (double)a[j] * (double)b[j];
      }
    } else if (to_high && other == at / ch) {
      for (size_t l = 0; l < cl; l++) {
        sum += (double)t->w[(l * ch + at % ch) * 16 + tap] *
               (double)from[(pixel * cl + l) * ROOM + column];
      }
    } else if (!to_high && pixel == at / cl) {
      for (size_t h = 0; h < ch; h++) {
        sum += (double)t->w[(at % cl * ch + h) * 16 + tap] *
               (double)from[(other * ch + h) * ROOM + column];
      }
    }
  }
  return sum;
}

/* Roots of the mean squares of the errors of both ways, over a sample of the entries. */
static void errors(const trial *t, size_t which, double *error, double *size)
{
  const size_t rows = which == 0 ? t->out : t->in, all = which == 2 ? t->weights : rows * COLUMNS;
  double square[WAYS] = {0}, squares = 0;
  size_t count = 0;
  for (size_t i = 0; i < all; i += all / 1500 + 1, count++) {
    const size_t at = which == 2 ? i : i % rows, column = i / rows;
    const double truth = true_number(t, which, at, column);
    for (int way = 0; way < WAYS; way++) {
      const rote_real *got = t->result[way][which] + (which == 2 ? at : at * ROOM + column);
      square[way] += ((double)*got - truth) * ((double)*got - truth);
    }
    squares += truth * truth;
  }
  for (int way = 0; way < WAYS; way++) {
    error[way] = sqrt(square[way] / (double)count);
  }
  *size = sqrt(squares / (double)count);
}

#ifdef ROTE_REAL_DOUBLE
/* One tile and four; the definition and the direct way sum alike, which leaves no ratio. */
static const size_t shapes[][3] = {{8, 16, 16}, {4, 16, 80}};
#define TOLERANCE 1e-14
#else
/* The layers of conv_vae with 32 features on 32 x 32 pixels that Winograd's way takes. */
static const size_t shapes[][3] = {{8, 32, 64}, {4, 64, 128}};
#define TOLERANCE 2e-6
#endif

static void errors_stay_near_those_of_the_direct_way(void **state)
{
  (void)state;
  for (int i = 0; i < 4; i++) {
    const size_t *s = shapes[i / 2];
    trial t;
    begin(&t, s[0], s[1], s[2], i % 2 == 1);
    assert_true(t.shape.winograd);
    pass(&t, false, COLUMNS, t.result[0]);
    pass(&t, true, COLUMNS, t.result[1]);
    for (size_t which = 0; which < PASSES; which++) {
      double error[WAYS], size;
      errors(&t, which, error, &size);
      printf("%s, %zu x %zu, %s: direct %.2e, Winograd %.2e of %.2f (%.2f times)\n",
             i % 2 == 1 ? "transposed" : "strided", s[0], s[0], pass_name[which], error[0],
             error[1], size, error[1] / error[0]);
      assert_true(size > 1);
      assert_true(sizeof(rote_real) == sizeof(double) || error[1] <= 3 * error[0]);
      assert_true(error[1] <= TOLERANCE * size);
    }
    end(&t);
  }
}

static void a_column_does_not_know_the_others(void **state)
{
  (void)state;
  for (int up = 0; up < 2; up++) {
    trial t;
    begin(&t, 8, 16, 32, up == 1);
    pass(&t, true, COLUMNS, t.result[0]);
    pass(&t, true, 3, t.result[1]);
    for (size_t i = 0; i < t.out; i++) {
      assert_memory_equal(t.result[0][0] + i * ROOM, t.result[1][0] + i * ROOM,
                          3 * sizeof(rote_real));
    }
    for (size_t i = 0; i < t.in; i++) {
      assert_memory_equal(t.result[0][1] + i * ROOM, t.result[1][1] + i * ROOM,
                          3 * sizeof(rote_real));
    }
    end(&t);
  }
}

/* Padding leaves 2 x 2 pixels few taps; few channels do not pay for the transforms. */
static void the_shape_alone_decides(void **state)
{
  (void)state;
  static const size_t direct[][3] = {{2, 128, 256}, {16, 3, 32}, {8, 20, 40}, {6, 32, 64}};
  for (size_t i = 0; i < sizeof direct / sizeof *direct; i++) {
    trial t;
    begin(&t, direct[i][0], direct[i][1], direct[i][2], i % 2 == 0);
    assert_false(t.shape.winograd);
    end(&t);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(errors_stay_near_those_of_the_direct_way),
      cmocka_unit_test(a_column_does_not_know_the_others),
      cmocka_unit_test(the_shape_alone_decides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
