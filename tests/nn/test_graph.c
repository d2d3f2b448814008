/* Graphs: what joins what in which order, gradients by central differences in double precision. */
#include "check.h"

#include "rote/graph.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

enum { COLUMNS = 5, ROOM = 32, PIXELS = 4 };

static void random_numbers(uint32_t item, size_t n, double *out)
{
  const rote_stream stream = {.seed = 6, .purpose = ROTE_PURPOSE_WEIGHTS};
  float u[8192];
  assert_true(n <= sizeof u / sizeof *u);
  rote_random_normal(stream, item, n, u);
  for (size_t i = 0; i < n; i++) {
    out[i] = (double)u[i];
  }
}

typedef struct {
  rote_parameters table;
  rote_graph graph;
  rote_graph_tape *tape;
  double *w, *gradient, *x, *dx, *c, *dy;
} setup;

static void add_dense(setup *s, rote_network *network, const char *name, size_t in, size_t out)
{
  rote_layer *layer = NULL;
  CHECK_OK(rote_layer_dense(&s->table, name, in, out, &layer));
  CHECK_OK(rote_network_append(network, layer));
  CHECK_OK(rote_layer_activation(&s->table, name, ROTE_ACTIVATION_SWISH, out, &layer));
  CHECK_OK(rote_network_append(network, layer));
}

/* Chains 0, 1, 2, and two that join: 3 joins 1, 4 joins 0. Images of 4 pixels. */
static void set_up(setup *s)
{
  rote_network *network = NULL;
  CHECK_OK(rote_graph_begin(&s->graph, &network));
  add_dense(s, network, "0", 3, PIXELS * 2);
  CHECK_OK(rote_graph_begin(&s->graph, &network));
  add_dense(s, network, "1", PIXELS * 2, PIXELS * 3);
  CHECK_OK(rote_graph_begin(&s->graph, &network));
  add_dense(s, network, "2", PIXELS * 3, PIXELS);
  CHECK_OK(rote_graph_begin_joined(&s->graph, 1, PIXELS, &network));
  add_dense(s, network, "3", PIXELS * 4, PIXELS * 2);
  CHECK_OK(rote_graph_begin_joined(&s->graph, 0, PIXELS, &network));
  add_dense(s, network, "4", PIXELS * 4, 3);
  CHECK_OK(rote_graph_tape_create(&s->graph, ROOM, true, &s->tape));
  CHECK_OK(rote_alloc(s->table.total, sizeof(double), &s->w));
  CHECK_OK(rote_alloc(s->table.total, sizeof(double), &s->gradient));
  double **const arrays[] = {&s->x, &s->dx, &s->c, &s->dy};
  for (size_t i = 0; i < 4; i++) {
    CHECK_OK(rote_alloc(3 * ROOM, sizeof(double), arrays[i]));
  }
  random_numbers(1, s->table.total, s->w);
  random_numbers(2, 3 * ROOM, s->x);
  random_numbers(3, 3 * ROOM, s->c);
  for (size_t i = 0; i < s->table.total; i++) {
    s->w[i] *= 0.4;
    s->gradient[i] = NAN;
  }
}

static void tear_down(setup *s)
{
  double **const arrays[] = {&s->w, &s->gradient, &s->x, &s->dx, &s->c, &s->dy};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    rote_free(arrays[i]);
  }
  rote_graph_tape_destroy(&s->tape);
  rote_graph_clear(&s->graph);
  rote_parameters_clear(&s->table);
}

static double loss(setup *s)
{
  const double *y = rote_graph_forward(&s->graph, s->w, s->x, COLUMNS, s->tape);
  double sum = 0;
  for (size_t i = 0; i < 3 * ROOM; i++) {
    sum += i % ROOM < COLUMNS ? s->c[i] * y[i] : 0;
  }
  return sum;
}

static void check_derivative(setup *s, const char *name, size_t i, double *at, double got)
{
  const double here = *at, h = 1e-5;
  *at = here + h;
  const double above = loss(s);
  *at = here - h;
  const double want = (above - loss(s)) / (2 * h);
  *at = here;
  if (!(fabs(got - want) <= 1e-8 * (1 + fabs(want)))) {
    fail_msg("%s[%zu]: %.12g, expected %.12g", name, i, got, want);
  }
}

static void gradients_flow_over_skips(void **state)
{
  (void)state;
  setup s = {0};
  set_up(&s);
  for (int round = 0; round < 2; round++) { /* the second finds the gradients of the first */
    loss(&s);
    for (size_t i = 0; i < 3 * ROOM; i++) {
      s.dy[i] = i % ROOM < COLUMNS ? s.c[i] : 0;
    }
    rote_graph_backward(&s.graph, s.w, s.x, COLUMNS, s.tape, s.dy, s.dx,
                        &(rote_gradient){.flat = s.gradient});
  }
  for (size_t p = 0; p < s.table.count; p++) {
    const rote_parameter *array = &s.table.parameter[p];
    for (size_t i = 0; i < array->count; i++) {
      const size_t at = array->offset + i;
      check_derivative(&s, array->name, i, &s.w[at], s.gradient[at]);
    }
  }
  for (size_t i = 0; i < 3 * ROOM; i++) {
    if (i % ROOM < COLUMNS) {
      check_derivative(&s, "x", i, &s.x[i], s.dx[i]);
    }
  }
  tear_down(&s);
}

/* Every pixel has first the channels of the earlier chain, then those of the last one. */
static void pixels_are_joined_channel_by_channel(void **state)
{
  (void)state;
  setup s = {0};
  set_up(&s);
  loss(&s);
  const double *early = s.tape->tape[1]->output[1], *last = s.tape->tape[2]->output[1];
  for (size_t p = 0; p < PIXELS; p++) {
    for (size_t j = 0; j < COLUMNS; j++) {
      for (size_t c = 0; c < 4; c++) {
        const double want = c < 3 ? early[(p * 3 + c) * ROOM + j] : last[p * ROOM + j];
        assert_true(s.tape->joined[3][(p * 4 + c) * ROOM + j] == want);
      }
    }
  }
  tear_down(&s);
}

static void chains_that_do_not_fit_are_refused(void **state)
{
  (void)state;
  setup s = {0};
  rote_network *network = NULL;
  rote_graph_tape *tape = NULL;
  CHECK_OK(rote_graph_begin(&s.graph, &network));
  add_dense(&s, network, "0", 3, 4);
  CHECK_OK(rote_graph_begin(&s.graph, &network));
  add_dense(&s, network, "1", 5, 4);
  CHECK_FAILS(rote_graph_tape_create(&s.graph, 4, true, &tape), ROTE_INTERNAL, "chain 1");
  rote_graph_clear(&s.graph);
  rote_parameters_clear(&s.table);
}

static void memory_that_runs_out_is_reported(void **state)
{
  (void)state;
  setup s = {0};
  set_up(&s);
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_graph_tape *tape = (rote_graph_tape *)&s;
    rote_memory_fail_at(n);
    const rote_status status = rote_graph_tape_create(&s.graph, 4, true, &tape);
    if (status == ROTE_OK) {
      assert_true(n > 20);
      rote_graph_tape_destroy(&tape);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(tape);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  rote_memory_fail_at(-1);
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_flow_over_skips),
      cmocka_unit_test(pixels_are_joined_channel_by_channel),
      cmocka_unit_test(chains_that_do_not_fit_are_refused),
      cmocka_unit_test(memory_that_runs_out_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
