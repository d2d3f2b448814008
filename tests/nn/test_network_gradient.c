/* Gradients of layers and chains of layers by central differences, in double precision. */
#include "check.h"

#include "rote/memory.h"
#include "rote/network.h"
#include "rote/random.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

/* Columns in use, and room for twice the block, as in the last batch of an epoch. */
enum { COLUMNS = 5, ROOM = 32, IN = 7, OUT = 3 };

/* A network with its input and the weights of a linear loss: sum over c y. */
typedef struct {
  rote_parameters table;
  rote_network network;
  rote_tape *tape;
  double *w, *gradient, *x, *c, *dx;
} setup;

static void random_numbers(uint32_t item, size_t n, double *out)
{
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_WEIGHTS};
  float u[1024];
  assert_true(n <= 1024);
  rote_random_normal(stream, item, n, u);
  for (size_t i = 0; i < n; i++) {
    out[i] = (double)u[i];
  }
}

static void append(setup *s, const char *name, size_t in, size_t out, bool relu)
{
  rote_layer *layer = NULL;
  CHECK_OK(rote_layer_dense(&s->table, name, in, out, &layer));
  CHECK_OK(rote_network_append(&s->network, layer));
  if (relu) {
    CHECK_OK(rote_layer_rectifier(out, 0, &layer));
    CHECK_OK(rote_network_append(&s->network, layer));
  }
}

static void set_up(setup *s)
{
  *s = (setup){0};
  append(s, "a", IN, 9, true);
  append(s, "b", 9, 6, true);
  append(s, "c", 6, OUT, false);
  CHECK_OK(rote_tape_create(&s->network, ROOM, true, &s->tape));
  CHECK_OK(rote_alloc(s->table.total, sizeof(double), &s->w));
  CHECK_OK(rote_alloc(s->table.total, sizeof(double), &s->gradient));
  CHECK_OK(rote_alloc(IN * ROOM, sizeof(double), &s->x));
  CHECK_OK(rote_alloc(IN * ROOM, sizeof(double), &s->dx));
  CHECK_OK(rote_alloc(OUT * ROOM, sizeof(double), &s->c));
  rote_parameters_initialise(&s->table, 1, 0, s->w);
  random_numbers(1, IN * ROOM, s->x);
  random_numbers(2, OUT * ROOM, s->c);
}

static void tear_down(setup *s)
{
  double **const arrays[] = {&s->w, &s->gradient, &s->x, &s->c, &s->dx};
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
  for (size_t o = 0; o < OUT; o++) {
    for (size_t j = 0; j < COLUMNS; j++) {
      sum += s->c[o * ROOM + j] * y[o * ROOM + j];
    }
  }
  return sum;
}

static void backward(setup *s, const rote_gradient *gradient)
{
  double dy[OUT * ROOM] = {0};
  loss(s);
  for (size_t o = 0; o < OUT; o++) {
    memcpy(dy + o * ROOM, s->c + o * ROOM, COLUMNS * sizeof *dy);
  }
  rote_network_backward(&s->network, s->w, s->x, COLUMNS, s->tape, dy, s->dx, gradient);
}

static double difference_quotient(setup *s, double *at)
{
  const double here = *at, h = 1e-5;
  *at = here + h;
  const double above = loss(s);
  *at = here - h;
  const double below = loss(s);
  *at = here;
  return (above - below) / (2 * h);
}

/* @return its error */
static double check_derivative(setup *s, const char *name, size_t i, double *at, double got)
{
  const double want = difference_quotient(s, at);
  const double error = fabs(got - want) / (1 + fabs(want));
  if (!(error <= 1e-8)) {
    fail_msg("%s[%zu]: %.12g, expected %.12g", name, i, got, want);
  }
  return error;
}

static void gradients_agree_with_central_differences(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  backward(&s, &(rote_gradient){.flat = s.gradient});
  double worst = 0;
  for (size_t p = 0; p < s.table.count; p++) {
    const rote_parameter *array = &s.table.parameter[p];
    for (size_t i = 0; i < array->count; i++) {
      const size_t at = array->offset + i;
      const double error = check_derivative(&s, array->name, i, &s.w[at], s.gradient[at]);
      worst = error > worst ? error : worst;
    }
  }
  for (size_t i = 0; i < IN; i++) {
    for (size_t j = 0; j < COLUMNS; j++) {
      const size_t at = i * ROOM + j;
      const double error = check_derivative(&s, "x", at, &s.x[at], s.dx[at]);
      worst = error > worst ? error : worst;
    }
    for (size_t j = COLUMNS; j < rote_column_pad(COLUMNS); j++) {
      assert_true(s.dx[i * ROOM + j] == 0);
    }
  }
  print_message("largest error of a derivative %.1e\n", worst);
  tear_down(&s);
}

/* Collects pieces into a flat array. */
typedef struct {
  double *flat;
  size_t pieces, numbers;
} collector;

static void collect(void *context, size_t offset, size_t count, const rote_real *gradient)
{
  collector *c = context;
  memcpy(c->flat + offset, gradient, count * sizeof *gradient);
  c->pieces++;
  c->numbers += count;
}

static void pieces_make_up_the_whole(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  backward(&s, &(rote_gradient){.flat = s.gradient});
  for (size_t rows = 1; rows <= 3; rows++) {
    double flat[256], piece[3 * 9];
    assert_true(s.table.total <= sizeof flat / sizeof *flat);
    collector c = {.flat = flat};
    backward(&s, &(rote_gradient){
                     .piece = piece, .piece_room = rows * 9, .ready = collect, .context = &c});
    assert_int_equal(c.numbers, s.table.total);
    assert_true(rows > 1 || c.pieces > s.table.count);
    assert_memory_equal(flat, s.gradient, s.table.total * sizeof *flat);
  }
  tear_down(&s);
}

static void layers_that_do_not_fit_are_refused(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  setup s = {0};
  rote_layer *layer = NULL;
  append(&s, "a", 4, 5, true);
  CHECK_OK(rote_layer_dense(&s.table, "b", 6, 2, &layer));
  CHECK_FAILS(rote_network_append(&s.network, layer), ROTE_INTERNAL, "does not fit");
  CHECK_FAILS(rote_network_append(&s.network, NULL), ROTE_INTERNAL, "does not fit");
  assert_int_equal(s.network.count, 2);
  assert_int_equal(rote_network_in(&s.network), 4);
  assert_int_equal(rote_network_out(&s.network), 5);
  tear_down(&s);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void memory_that_runs_out_is_reported(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_tape *tape = NULL;
    rote_memory_fail_at(n);
    const rote_status status = rote_tape_create(&s.network, ROOM, true, &tape);
    if (status == ROTE_OK) {
      assert_true(n > 3);
      rote_tape_destroy(&tape);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(tape);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  rote_memory_fail_at(-1);
  tear_down(&s);
}

/* Gradient of the weights behind a layer without any. @return multiply-adds it took */
static double backward_through(setup *s, double *dx, double *gradient)
{
  double dy[OUT * ROOM] = {0};
  rote_network_forward(&s->network, s->w, s->x, COLUMNS, s->tape);
  random_numbers(3, OUT * ROOM, dy);
  const double before = rote_kernels_multiply_adds();
  rote_network_backward(&s->network, s->w, s->x, COLUMNS, s->tape, dy, dx,
                        &(rote_gradient){.flat = gradient});
  return rote_kernels_multiply_adds() - before;
}

static void nothing_is_computed_below_the_first_weights(void **state)
{
  (void)state;
  setup s = {0};
  rote_layer *layer = NULL;
  CHECK_OK(rote_layer_permute(IN, 1, true, &layer));
  CHECK_OK(rote_network_append(&s.network, layer));
  append(&s, "a", IN, OUT, false);
  CHECK_OK(rote_tape_create(&s.network, ROOM, true, &s.tape));
  double w[256], x[IN * ROOM], dx[IN * ROOM], all[256] = {0}, only[256] = {0};
  assert_true(s.table.total <= sizeof w / sizeof *w);
  random_numbers(1, s.table.total, w);
  random_numbers(2, IN * ROOM, x);
  s.w = w;
  s.x = x;
  const double with_dx = backward_through(&s, dx, all), without = backward_through(&s, NULL, only);
  assert_memory_equal(only, all, s.table.total * sizeof *all);
  assert_true(without < with_dx);
  rote_tape_destroy(&s.tape);
  rote_network_clear(&s.network);
  rote_parameters_clear(&s.table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_agree_with_central_differences),
      cmocka_unit_test(pieces_make_up_the_whole),
      cmocka_unit_test(layers_that_do_not_fit_are_refused),
      cmocka_unit_test(memory_that_runs_out_is_reported),
      cmocka_unit_test(nothing_is_computed_below_the_first_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
