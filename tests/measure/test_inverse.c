/* Recovery and attractors in double precision, on linear autoencoders whose answers are known, and
 * against the formula on others. */
#include "check.h"

#include "rote/attractor.h"
#include "rote/inverse.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

enum { SIDE = 2, CHANNELS = 3, AREA = SIDE * SIDE, D = CHANNELS * AREA, BATCH = 5, LD = 16 };

typedef struct {
  rote_autoencoder *model;
  double *w;
} machine;

static machine make_machine(const char *activation)
{
  machine m = {0};
  rote_study *study = NULL;
  char kind[64];
  snprintf(kind, sizeof kind, "model.activation=%s", activation);
  const char *const set[] = {"model.kind=fc_ae", "data.transform=scale", "model.depth=2",
                             "model.width=12", kind};
  const rote_data_info info = {.channels = CHANNELS, .height = SIDE, .width = SIDE};
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", sizeof set / sizeof *set, set, &study));
  CHECK_OK(rote_autoencoder_create(&study->base, &info, &m.model));
  CHECK_OK(rote_alloc(m.model->table.total, sizeof(double), &m.w));
  rote_parameters_initialise(&m.model->table, 3, 0, m.w);
  rote_study_destroy(&study);
  return m;
}

static double *parameter(machine *m, const char *name)
{
  for (size_t i = 0; i < m->model->table.count; i++) {
    if (strcmp(m->model->table.parameter[i].name, name) == 0) {
      return m->w + m->model->table.parameter[i].offset;
    }
  }
  fail_msg("no parameter %s", name);
  return NULL;
}

/* f(x) = A x + b */
static machine linear(double a[D][D], double b)
{
  machine m = make_machine("linear");
  memset(m.w, 0, m.model->table.total * sizeof *m.w);
  for (size_t i = 0; i < D; i++) {
    parameter(&m, "layer.0.weight")[i * D + i] = 1;
    parameter(&m, "layer.1.bias")[i] = b;
    memcpy(parameter(&m, "layer.1.weight") + i * D, a[i], D * sizeof(double));
  }
  return m;
}

static machine scalar(double a, double b)
{
  double matrix[D][D] = {{0}};
  for (size_t i = 0; i < D; i++) {
    matrix[i][i] = a;
  }
  return linear(matrix, b);
}

/* Swish where it bends least, turned back: not linear, but it leaves most images almost alone. */
static machine bent(void)
{
  machine m = make_machine("swish");
  memset(m.w, 0, m.model->table.total * sizeof *m.w);
  for (size_t i = 0; i < D; i++) {
    parameter(&m, "layer.0.weight")[i * D + i] = 1;
    parameter(&m, "layer.0.weight")[i * D + (i + 1) % D] = 0.1;
    parameter(&m, "layer.0.bias")[i] = 2;
    parameter(&m, "layer.1.weight")[i * D + i] = 0.9;
    parameter(&m, "layer.1.bias")[i] = -1.6;
  }
  return m;
}

static void drop(machine *m)
{
  rote_free(&m->w);
  rote_autoencoder_destroy(&m->model);
}

/* What is given to a batch. */
typedef struct {
  double y[D * LD], shown[CHANNELS * LD], mask[AREA * LD];
} given;

static given make_given(void)
{
  static given g;
  float number[D * LD];
  const rote_stream stream = {.seed = 4, .purpose = ROTE_PURPOSE_WEIGHTS};
  rote_random_uniform(stream, 1, D * LD, number);
  for (size_t i = 0; i < D * LD; i++) {
    g.y[i] = (double)number[i];
  }
  for (size_t i = 0; i < CHANNELS * LD; i++) {
    /* all but what the first pixel of the channel has: it may well be missing */
    g.shown[i] = g.y[i / LD * AREA * LD + i % LD] + 0.01;
  }
  for (size_t i = 0; i < AREA * LD; i++) {
    g.mask[i] = number[i] > 0.4f;
  }
  return g;
}

static rote_inverse *pose(const machine *m, rote_inverse_method method, double rho, size_t inner,
                          const given *g)
{
  rote_inverse *s = NULL;
  CHECK_OK(rote_inverse_create(m->model, CHANNELS, BATCH, rho, inner, &s));
  rote_inverse_take(s, m->w);
  rote_inverse_begin(s, method, BATCH, g->y, g->shown, g->mask);
  return s;
}

static void run(rote_inverse *s, size_t rounds)
{
  for (size_t i = 0; i < rounds; i++) {
    rote_inverse_round(s);
  }
  assert_int_equal(s->round, rounds);
}

static void check_near(const char *what, size_t i, double got, double want, double tolerance)
{
  if (!(fabs(got - want) <= tolerance)) {
    fail_msg("%s[%zu]: %.15g, expected %.15g", what, i, got, want);
  }
}

/* f(x) = a x + b: n applications give a^n y + b (1 - a^n) / (1 - a). */
static void iteration_of_a_linear_map_is_a_geometric_series(void **state)
{
  (void)state;
  const given g = make_given();
  machine m = scalar(0.7, 0.2);
  rote_inverse *s = pose(&m, ROTE_INVERSE_ITERATE, 0.5, 3, &g);
  run(s, 4);
  const double power = pow(0.7, 12);
  for (size_t i = 0; i < D * LD; i++) {
    if (i % LD < BATCH) {
      check_near("v", i, s->v[i], power * g.y[i] + 0.2 * (1 - power) / 0.3, 1e-14);
    }
  }
  rote_inverse_destroy(&s);
  drop(&m);
}

/* The fixed point for f(x) = a x + b with the mask known: what is missing goes to that of f,
 * b / (1 - a); what is left to (a y + rho b) / (a + rho (1 - a)): to y for small rho, to the fixed
 * point of f for large rho. */
static void the_oracle_ends_at_its_fixed_point(void **state)
{
  (void)state;
  static const double rho[] = {1e-6, 0.1, 0.5, 2, 1e6};
  const double a = 0.6, b = 0.3;
  const given g = make_given();
  for (size_t k = 0; k < sizeof rho / sizeof *rho; k++) {
    machine m = scalar(a, b);
    rote_inverse *s = pose(&m, ROTE_INVERSE_ORACLE, rho[k], 1, &g);
    run(s, 400);
    for (size_t i = 0; i < D * LD; i++) {
      const bool left = g.mask[i / LD % AREA * LD + i % LD] != 0;
      const double want = left ? (a * g.y[i] + rho[k] * b) / (a + rho[k] * (1 - a)) : b / (1 - a);
      if (i % LD < BATCH) {
        check_near("v", i, s->v[i], want, 1e-9);
        assert_true(!left || rho[k] > 1e-5 || fabs(want - g.y[i]) < 1e-5);
        assert_true(rho[k] < 1e5 || fabs(want - b / (1 - a)) < 1e-5);
      }
    }
    rote_inverse_destroy(&s);
    drop(&m);
  }
}

/* Nothing missing and f(x) = x: the image stays what it is, by any method and any rho. */
static void the_identity_leaves_images_alone(void **state)
{
  (void)state;
  given g = make_given();
  for (size_t i = 0; i < AREA * LD; i++) {
    g.mask[i] = 1;
  }
  machine m = scalar(1, 0);
  for (int method = 0; method < ROTE_INVERSE_COUNT; method++) {
    rote_inverse *s = pose(&m, (rote_inverse_method)method, 0.3, 2, &g);
    run(s, 20);
    for (size_t i = 0; i < D * LD; i++) {
      if (i % LD < BATCH) {
        check_near("v", i, s->v[i], g.y[i], 1e-14);
        assert_true(s->mask[i / LD % AREA * LD + i % LD] == 1);
      }
    }
    rote_inverse_destroy(&s);
  }
  drop(&m);
}

/* The algorithm as the header says it, one image at a time, u kept as a number of its own. */
static void plain(const machine *m, const given *g, size_t j, bool blind, double rho, size_t inner,
                  size_t rounds, double *x, double *v, double *u, double *h)
{
  rote_autoencoder_workspace *work = NULL;
  double in[D * LD] = {0};
  CHECK_OK(rote_autoencoder_workspace_create(m->model, 1, false, &work));
  for (size_t d = 0; d < D; d++) {
    x[d] = v[d] = g->y[d * LD + j];
    u[d] = 0;
    h[d % AREA] = blind ? 1 : g->mask[d % AREA * LD + j];
  }
  for (size_t i = 0; i < rounds * inner; i++) {
    for (size_t d = 0; d < D; d++) {
      const double mask = h[d % AREA];
      x[d] = (mask * g->y[d * LD + j] + rho * (v[d] - u[d])) / (mask + rho);
      in[d * LD] = x[d] + u[d];
    }
    const double *f = rote_autoencoder_forward(m->model, m->w, in, 1, work);
    for (size_t d = 0; d < D; d++) {
      v[d] = f[d * LD];
      u[d] += x[d] - v[d];
    }
    for (size_t p = 0; blind && (i + 1) % inner == 0 && p < AREA; p++) {
      double left = 0, missing = 0;
      for (size_t d = p; d < D; d += AREA) {
        left += pow(x[d] - g->y[d * LD + j], 2);
        missing += pow(g->y[d * LD + j] - g->shown[d / AREA * LD + j], 2);
      }
      h[p] = left < missing ? 1 : 0;
    }
  }
  rote_autoencoder_workspace_destroy(&work);
}

static void batches_follow_the_formula(void **state)
{
  (void)state;
  const given g = make_given();
  machine m = bent();
  size_t found_missing = 0, found_left = 0;
  for (int blind = 0; blind < 2; blind++) {
    for (size_t inner = 1; inner <= 3; inner += 2) {
      rote_inverse *s = pose(&m, blind ? ROTE_INVERSE_BLIND : ROTE_INVERSE_ORACLE, 1, inner, &g);
      run(s, 7);
      for (size_t j = 0; j < BATCH; j++) {
        double x[D], v[D], u[D], h[AREA];
        plain(&m, &g, j, blind, 1, inner, 7, x, v, u, h);
        for (size_t d = 0; d < D; d++) {
          check_near("x", d, s->x[d * LD + j], x[d], 1e-11);
          check_near("v", d, s->v[d * LD + j], v[d], 1e-11);
          check_near("u", d, s->input[d * LD + j] - s->v[d * LD + j], u[d], 1e-11);
        }
        for (size_t p = 0; p < AREA; p++) {
          assert_true(s->mask[p * LD + j] == h[p]);
          found_missing += blind && h[p] == 0;
          found_left += blind && h[p] == 1;
        }
      }
      rote_inverse_destroy(&s);
    }
  }
  assert_true(found_missing > 3 && found_left > 3); /* else nothing is tested */
  drop(&m);
}

static void signal_to_noise_ratios_are_finite(void **state)
{
  (void)state;
  double clean[D * LD] = {0}, answer[D * LD] = {0}, psnr[4];
  for (size_t d = 0; d < D; d++) {
    answer[d * LD] = 0.1;
  }
  answer[2] = NAN;
  answer[3] = INFINITY;
  rote_psnr(D, 4, LD, clean, answer, psnr);
  check_near("psnr", 0, psnr[0], 20, 1e-12);
  assert_true(psnr[1] == ROTE_PSNR_LIMIT);
  assert_true(psnr[2] == -ROTE_PSNR_LIMIT && psnr[3] == -ROTE_PSNR_LIMIT);
}

static void curves_are_kept_at_few_rounds(void **state)
{
  (void)state;
  static const size_t rounds[] = {1, 2, 3, 5, 99, 200};
  static const size_t want[][ROTE_CURVE_MAX] = {{1},
                                                {1, 2},
                                                {1, 2, 3},
                                                {1, 2, 5},
                                                {1, 2, 5, 10, 20, 50, 99},
                                                {1, 2, 5, 10, 20, 50, 100, 200}};
  size_t round[ROTE_CURVE_MAX];
  for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++) {
    const size_t n = rote_curve_rounds(rounds[i], round);
    assert_true(round[n - 1] == rounds[i]);
    assert_memory_equal(round, want[i], n * sizeof *round);
    assert_int_equal(want[i][n], 0);
  }
  assert_int_equal(rote_curve_rounds(0, round), 0);
  const size_t n = rote_curve_rounds(SIZE_MAX, round);
  assert_true(n < ROTE_CURVE_MAX && round[n - 1] == SIZE_MAX && round[n - 2] > SIZE_MAX / 10);
}

static void wrong_problems_are_refused(void **state)
{
  (void)state;
  machine m = scalar(1, 0);
  rote_inverse *s = NULL;
  CHECK_FAILS(rote_inverse_create(m.model, 3, 8, 0, 1, &s), ROTE_DATA, "rho");
  CHECK_FAILS(rote_inverse_create(m.model, 3, 8, NAN, 1, &s), ROTE_DATA, "rho");
  CHECK_FAILS(rote_inverse_create(m.model, 3, 8, INFINITY, 1, &s), ROTE_DATA, "rho");
  CHECK_FAILS(rote_inverse_create(m.model, 3, 8, 1, 0, &s), ROTE_DATA, "inner");
  CHECK_FAILS(rote_inverse_create(m.model, 5, 8, 1, 1, &s), ROTE_INTERNAL, "channels");
  assert_null(s);
  drop(&m);
}

/* Blocks on the diagonal have known eigenvalues, whatever stands above them. */
static double radius_of(double a[D][D], double *distance, uint8_t *settled)
{
  machine m = linear(a, 0.25);
  rote_attractor *at = NULL;
  double x[D * LD] = {0}, distances[BATCH], radius[BATCH];
  uint8_t done[BATCH];
  for (size_t i = 0; i < D * LD; i++) {
    x[i] = i % LD < BATCH ? cos((double)i) : 0;
  }
  CHECK_OK(rote_attractor_create(m.model, BATCH, 1, &at));
  assert_true(rote_attractor_measure(at, m.w, x, BATCH, distances, radius, done));
  double squares = 0;
  for (size_t i = 0; i < D; i++) {
    double f = 0.25;
    for (size_t k = 0; k < D; k++) {
      f += a[i][k] * x[k * LD + 2];
    }
    squares += pow(f - x[i * LD + 2], 2);
  }
  *distance = distances[2];
  assert_true(isnan(squares) || fabs(distances[2] - sqrt(squares)) < 1e-12);
  *settled = done[2];
  for (size_t j = 0; j < BATCH; j++) {
    assert_memory_equal(&radius[j], &radius[2], sizeof *radius); /* the same J everywhere */
  }
  rote_attractor_destroy(&at);
  drop(&m);
  return radius[2];
}

static void radii_are_those_of_known_spectra(void **state)
{
  (void)state;
  double a[D][D] = {{0}}, distance = 0;
  uint8_t settled = 0;
  for (size_t i = 0; i < D; i++) {
    a[i][i] = i < 2 ? 0 : 0.5 - 0.08 * (double)i;
    for (size_t k = i + 1; k < D; k++) {
      a[i][k] = 0.4 * cos((double)(3 * i + k));
    }
  }
  /* complex pairs of modulus 0.9, real parts of any sign, and all but real */
  static const double turn[] = {0.003, 0.4, 1.5707963267948966, 2.8};
  for (size_t i = 0; i < sizeof turn / sizeof *turn; i++) {
    a[0][0] = a[1][1] = 0.9 * cos(turn[i]);
    a[0][1] = -0.9 * sin(turn[i]);
    a[1][0] = 0.9 * sin(turn[i]);
    check_near("radius", i, radius_of(a, &distance, &settled), 0.9, 1e-4);
    assert_int_equal(settled, 1);
  }
  a[1][0] = 0;
  a[0][0] = -0.8; /* two real ones of the same size */
  a[1][1] = 0.8;
  check_near("radius", 4, radius_of(a, &distance, &settled), 0.8, 1e-4);
  a[0][0] = 1.3;
  check_near("radius", 5, radius_of(a, &distance, &settled), 1.3, 1e-4);
  assert_int_equal(settled, 1);
  a[3][3] = NAN;
  assert_true(isnan(radius_of(a, &distance, &settled)) && settled == 0);
  memset(a, 0, sizeof a);
  assert_true(radius_of(a, &distance, &settled) == 0 && settled == 1);
}

static void what_does_not_fit_in_memory_leaves_nothing(void **state)
{
  (void)state;
  machine m = scalar(1, 0);
  for (int which = 0; which < 2; which++) {
    for (long n = 0;; n++) {
      const long before = rote_memory_live_blocks();
      rote_inverse *s = NULL;
      rote_attractor *a = NULL;
      rote_memory_fail_at(n);
      const rote_status status = which == 0 ? rote_inverse_create(m.model, 3, 8, 1, 1, &s)
                                            : rote_attractor_create(m.model, 8, 1, &a);
      rote_memory_fail_at(-1);
      if (status == ROTE_OK) {
        assert_true(n > 0);
        rote_inverse_destroy(&s);
        rote_attractor_destroy(&a);
        break;
      }
      assert_true(status == ROTE_NOMEM && s == NULL && a == NULL);
      assert_true(rote_memory_live_blocks() == before);
    }
  }
  drop(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(iteration_of_a_linear_map_is_a_geometric_series),
      cmocka_unit_test(the_oracle_ends_at_its_fixed_point),
      cmocka_unit_test(the_identity_leaves_images_alone),
      cmocka_unit_test(batches_follow_the_formula),
      cmocka_unit_test(signal_to_noise_ratios_are_finite),
      cmocka_unit_test(curves_are_kept_at_few_rounds),
      cmocka_unit_test(wrong_problems_are_refused),
      cmocka_unit_test(radii_are_those_of_known_spectra),
      cmocka_unit_test(what_does_not_fit_in_memory_leaves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
