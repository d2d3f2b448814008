/* Gradients of every kind of layer by its parameters and its input, by central differences in
 * double precision. */
#include "check.h"

#include "rote/memory.h"
#include "rote/network.h"
#include "rote/random.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

/* Columns in use, and room for twice the block. */
enum { COLUMNS = 5, ROOM = 32 };

/* A network with its input and the weights of a loss: sum over c (y + y^2 / 2). */
typedef struct {
  rote_parameters table;
  rote_network network;
  rote_tape *tape;
  double *w, *gradient, *x, *c, *dx, *dy;
} setup;

static void random_numbers(uint32_t item, size_t n, double *out)
{
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_WEIGHTS};
  float u[4096];
  assert_true(n <= sizeof u / sizeof *u);
  rote_random_normal(stream, item, n, u);
  for (size_t i = 0; i < n; i++) {
    out[i] = (double)u[i];
  }
}

static void append(setup *s, rote_layer *layer)
{
  CHECK_OK(rote_network_append(&s->network, layer));
}

/* Behind the last layer is appended. */
static void set_up(setup *s)
{
  const size_t in = rote_network_in(&s->network), out = rote_network_out(&s->network);
  const size_t total = s->table.total;
  CHECK_OK(rote_tape_create(&s->network, ROOM, true, &s->tape));
  CHECK_OK(rote_alloc(total + 1, sizeof(double), &s->w));
  CHECK_OK(rote_alloc(total + 1, sizeof(double), &s->gradient));
  CHECK_OK(rote_alloc(in * ROOM, sizeof(double), &s->x));
  CHECK_OK(rote_alloc(in * ROOM, sizeof(double), &s->dx));
  CHECK_OK(rote_alloc(out * ROOM, sizeof(double), &s->c));
  CHECK_OK(rote_alloc(out * ROOM, sizeof(double), &s->dy));
  random_numbers(1, in * ROOM, s->x);
  random_numbers(2, out * ROOM, s->c);
  random_numbers(3, total, s->w);
  for (size_t i = 0; i < total; i++) {
    s->w[i] *= 0.4; /* chains stay small, so that differences of losses are exact enough */
  }
  for (size_t p = 0; p < s->table.count; p++) {
    const rote_parameter *array = &s->table.parameter[p];
    if (strstr(array->name, "running_var") != NULL) {
      for (size_t i = 0; i < array->count; i++) {
        s->w[array->offset + i] = 0.3 + fabs(s->w[array->offset + i]);
      }
    }
  }
}

static void tear_down(setup *s)
{
  double **const arrays[] = {&s->w, &s->gradient, &s->x, &s->c, &s->dx, &s->dy};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    rote_free(arrays[i]);
  }
  rote_tape_destroy(&s->tape);
  rote_network_clear(&s->network);
  rote_parameters_clear(&s->table);
}

static double loss(setup *s)
{
  const double *y = rote_network_forward(&s->network, s->w, s->x, COLUMNS, s->tape);
  double sum = 0;
  for (size_t i = 0; i < rote_network_out(&s->network) * ROOM; i++) {
    sum += i % ROOM < COLUMNS ? s->c[i] * (y[i] + y[i] * y[i] / 2) : 0;
  }
  return sum;
}

static void backward(setup *s)
{
  const double *y = rote_network_forward(&s->network, s->w, s->x, COLUMNS, s->tape);
  for (size_t i = 0; i < rote_network_out(&s->network) * ROOM; i++) {
    s->dy[i] = i % ROOM < COLUMNS ? s->c[i] * (1 + y[i]) : 0;
  }
  rote_network_backward(&s->network, s->w, s->x, COLUMNS, s->tape, s->dy, s->dx,
                        &(rote_gradient){.flat = s->gradient});
}

/* Central differences of fourth order: batch norm over few numbers bends much.
 * @return its error */
static double check_derivative(setup *s, const char *name, size_t i, double *at, double got)
{
  static const double step[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};
  const double here = *at, h = 1e-5;
  double want = 0;
  for (int k = 0; k < 4; k++) {
    *at = here + step[k] * h;
    want += weight[k] * loss(s) / (12 * h);
  }
  *at = here;
  const double error = fabs(got - want) / (1 + fabs(want));
  if (!(error <= 1e-7)) {
    fail_msg("%s[%zu]: %.12g, expected %.12g", name, i, got, want);
  }
  return error;
}

/* All derivatives of the network in `s`, which ends here. */
static void check_network(const char *what, setup *s, bool training)
{
  set_up(s);
  s->tape->training = training;
  for (size_t i = 0; i < s->table.total; i++) {
    s->gradient[i] = NAN; /* what is not handed over is seen */
  }
  backward(s);
  double worst = 0;
  for (size_t p = 0; p < s->table.count; p++) {
    const rote_parameter *array = &s->table.parameter[p];
    const bool running = strstr(array->name, "running") != NULL;
    for (size_t i = 0; i < array->count; i++) {
      const size_t at = array->offset + i;
      if (running) {
        assert_true(isnan(s->gradient[at]));
      } else {
        worst = fmax(worst, check_derivative(s, array->name, i, &s->w[at], s->gradient[at]));
      }
    }
  }
  for (size_t i = 0; i < rote_network_in(&s->network) * ROOM; i++) {
    if (i % ROOM < COLUMNS) {
      worst = fmax(worst, check_derivative(s, "x", i, &s->x[i], s->dx[i]));
    } else if (i % ROOM < rote_column_pad(COLUMNS)) {
      assert_true(s->dx[i] == 0);
    }
  }
  print_message("%s: largest error of a derivative %.1e\n", what, worst);
  tear_down(s);
}

static void dense_layers(void **state)
{
  (void)state;
  setup s = {0};
  rote_layer *layer = NULL;
  CHECK_OK(rote_layer_dense(&s.table, "dense", 7, 4, &layer));
  append(&s, layer);
  check_network("dense", &s, true);
}

/* In place, so behind another layer. */
static void rectifiers(void **state)
{
  (void)state;
  static const double slope[] = {0, 0.2};
  for (size_t i = 0; i < 2; i++) {
    setup s = {0};
    rote_layer *layer = NULL;
    CHECK_OK(rote_layer_dense(&s.table, "dense", 3, 9, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_rectifier(9, slope[i], &layer));
    append(&s, layer);
    check_network(i == 0 ? "rectifier" : "leaky rectifier", &s, true);
  }
}

static void convolutions(void **state)
{
  (void)state;
  static const size_t shape[][4] = {{4, 4, 2, 1}, {2, 2, 1, 0}, {4, 2, 2, 0}, {3, 3, 1, 1}};
  for (size_t i = 0; i < 4; i++) {
    const size_t side = shape[i][0], kernel = shape[i][1], stride = shape[i][2];
    setup s = {0}, t = {0};
    rote_layer *layer = NULL;
    CHECK_OK(
        rote_layer_convolution(&s.table, "down", side, 2, 3, kernel, stride, shape[i][3], &layer));
    append(&s, layer);
    check_network("convolution", &s, true);
    CHECK_OK(rote_layer_transposed_convolution(&t.table, "up", side / 2, 3, 2, kernel, stride,
                                               shape[i][3], &layer));
    append(&t, layer);
    check_network("transposed convolution", &t, true);
  }
}

/* Some work in place, so behind another layer. */
static void activations(void **state)
{
  (void)state;
  for (int kind = 0; kind < ROTE_ACTIVATION_COUNT; kind++) {
    setup s = {0};
    rote_layer *layer = NULL;
    CHECK_OK(rote_layer_dense(&s.table, "dense", 3, 9, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_activation(&s.table, "activation", (rote_activation_kind)kind, 9, &layer));
    append(&s, layer);
    assert_int_equal(s.table.count, kind == ROTE_ACTIVATION_PRELU ? 3 : 2);
    check_network(rote_kernels_get()->activation[kind].name, &s, true);
  }
}

static void same_convolutions(void **state)
{
  (void)state;
  static const size_t shape[][5] = {
      {4, 3, 2, 3, 3}, {1, 2, 3, 2, 3}, {3, 2, 2, 4, 1}, {2, 3, 1, 2, 5}};
  for (size_t i = 0; i < 4; i++) {
    setup s = {0};
    rote_layer *layer = NULL;
    CHECK_OK(rote_layer_same_convolution(&s.table, "same", shape[i][0], shape[i][1], shape[i][2],
                                         shape[i][3], shape[i][4], &layer));
    append(&s, layer);
    check_network("same convolution", &s, true);
  }
}

static void resampling(void **state)
{
  (void)state;
  setup s = {0}, t = {0};
  rote_layer *layer = NULL;
  CHECK_OK(rote_layer_average_pool(4, 6, 2, &layer));
  append(&s, layer);
  check_network("average pool", &s, true);
  CHECK_OK(rote_layer_nearest_double(2, 3, 2, &layer));
  append(&t, layer);
  check_network("nearest double", &t, true);
}

static void batch_norms(void **state)
{
  (void)state;
  for (int training = 0; training < 2; training++) {
    setup s = {0};
    rote_layer *layer = NULL;
    CHECK_OK(rote_layer_batch_norm(&s.table, "norm", 4, 3, &layer));
    append(&s, layer);
    check_network(training ? "batch norm in training" : "batch norm in evaluation", &s, training);
  }
}

static void permutations(void **state)
{
  (void)state;
  for (int to_pixels = 0; to_pixels < 2; to_pixels++) {
    setup s = {0};
    rote_layer *layer = NULL;
    CHECK_OK(rote_layer_permute(3, 5, to_pixels, &layer));
    append(&s, layer);
    check_network("permute", &s, true);
  }
}

/* As the models chain them, with the rectifier in place behind batch norm. */
static void chains(void **state)
{
  (void)state;
  for (int training = 0; training < 2; training++) {
    setup s = {0};
    rote_layer *layer = NULL;
    CHECK_OK(rote_layer_permute(2, 64, true, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_convolution(&s.table, "0", 8, 2, 2, 4, 2, 1, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_rectifier(32, 0.2, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_convolution(&s.table, "1", 4, 2, 3, 4, 2, 1, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_batch_norm(&s.table, "1.bn", 4, 3, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_rectifier(12, 0, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_transposed_convolution(&s.table, "2", 2, 3, 2, 4, 2, 1, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_permute(2, 16, false, &layer));
    append(&s, layer);
    CHECK_OK(rote_layer_dense(&s.table, "3", 32, 4, &layer));
    append(&s, layer);
    check_network("chain", &s, training);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dense_layers), cmocka_unit_test(rectifiers),
      cmocka_unit_test(convolutions), cmocka_unit_test(batch_norms),
      cmocka_unit_test(permutations), cmocka_unit_test(chains),
      cmocka_unit_test(activations),  cmocka_unit_test(same_convolutions),
      cmocka_unit_test(resampling),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
