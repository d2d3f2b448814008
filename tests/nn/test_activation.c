/* The activation kernels of every instruction set against their formulas in double precision, with
 * the errors that rote/kernels.h promises. */
#include "kernel_check.h"

#include "rote/study.h"

static double logistic(double x)
{
  return 1 / (1 + exp(-x));
}

/* y and dy/dx by the formulas, apart from those of activation_reference.c */
static double value(rote_activation_kind kind, double x, double *slope)
{
  switch (kind) {
  case ROTE_ACTIVATION_ELU:
    *slope = x > 0 ? 1 : exp(x);
    return x > 0 ? x : expm1(x);
  case ROTE_ACTIVATION_SOFTPLUS:
    *slope = logistic(x);
    return x > 30 ? x : log1p(exp(x));
  case ROTE_ACTIVATION_SWISH:
    *slope = logistic(x) + x * logistic(x) * logistic(-x);
    return x * logistic(x);
  case ROTE_ACTIVATION_SINE:
    *slope = cos(x);
    return sin(x);
  case ROTE_ACTIVATION_COSID:
    *slope = -sin(x) - 1;
    return cos(x) - x;
  case ROTE_ACTIVATION_TANH:
    *slope = 1 / (cosh(x) * cosh(x));
    return tanh(x);
  case ROTE_ACTIVATION_SIGMOID:
    *slope = logistic(x) * logistic(-x);
    return logistic(x);
  default:
    *slope = 1;
    return x;
  }
}

/* Errors that are promised of y and of the factor. */
static double tolerance(rote_activation_kind kind, double x, double y, double *of_slope)
{
  *of_slope = kind == ROTE_ACTIVATION_SWISH ? 1e-6 * (1 + fabs(x)) : 1e-6;
  switch (kind) {
  case ROTE_ACTIVATION_ELU:
  case ROTE_ACTIVATION_TANH:
  case ROTE_ACTIVATION_SIGMOID:
    return 5e-7 * fabs(y) + 2e-38; /* below the normal numbers nothing is promised */
  case ROTE_ACTIVATION_SWISH:
    return 5e-7 * fabs(x);
  case ROTE_ACTIVATION_LINEAR:
    return 0;
  default:
    return 3e-7 * (1 + fabs(y));
  }
}

static bool is_smooth(int kind)
{
  return table[0]->activation[kind].forward != NULL;
}

/* The arguments: dense near 0, then further and further out to far beyond what reduces. */
enum { POINTS = 60000 };
static float *arguments(void)
{
  float *x = malloc(POINTS * sizeof *x);
  assert_non_null(x);
  for (int i = 0; i < POINTS; i++) {
    const double t = (i - POINTS / 2) / (POINTS / 2.0);
    x[i] = (float)(i % 3 == 0 ? 10 * t : i % 3 == 1 ? 90 * t * t * t : 700 * t);
  }
  return x;
}

static void check_kind(const rote_kernels *kernels, int kind, size_t n, const float *x)
{
  const rote_activation *f = &kernels->activation[kind];
  float *y = malloc(n * sizeof *y), *d = malloc(n * sizeof *d);
  double worst = 0, worst_slope = 0;
  assert_true(y != NULL && d != NULL);
  f->forward(n, x, y);
  for (size_t i = 0; i < n; i++) {
    d[i] = 1;
  }
  f->backward(n, f->from_output ? y : x, d);
  for (size_t i = 0; i < n; i++) {
    double slope = 0, of_slope = 0;
    const double want = value((rote_activation_kind)kind, (double)x[i], &slope);
    const double of_y = tolerance((rote_activation_kind)kind, (double)x[i], want, &of_slope);
    const double error = fabs((double)y[i] - want), error_slope = fabs((double)d[i] - slope);
    if (!(error <= of_y) || !(error_slope <= of_slope)) {
      fail_msg("%s of %.9g on %s: %.9g and %.9g, expected %.9g and %.9g", f->name, (double)x[i],
               kernels->name, (double)y[i], (double)d[i], want, slope);
    }
    worst = fmax(worst, of_y > 0 ? error / of_y : 0);
    worst_slope = fmax(worst_slope, error_slope / of_slope);
  }
  print_message("%s on %s: %.0f %% and %.0f %% of the allowed errors\n", f->name, kernels->name,
                100 * worst, 100 * worst_slope);
  free(y);
  free(d);
}

static void values_and_slopes_are_as_exact_as_promised(void **state)
{
  (void)state;
  float *x = arguments();
  for (size_t t = 0; t < table_count; t++) {
    for (int kind = 0; kind < ROTE_ACTIVATION_COUNT; kind++) {
      if (is_smooth(kind)) {
        check_kind(table[t], kind, POINTS, x);
      }
    }
  }
  free(x);
}

/* Around multiples of pi / 2, where little is left of the argument, and far out. */
static void angles_are_reduced_exactly(void **state)
{
  (void)state;
  enum { ANGLES = 12000 };
  float *x = malloc(ANGLES * sizeof *x);
  assert_non_null(x);
  for (int i = 0; i < ANGLES; i++) {
    const float near = (float)((i - ANGLES / 2) * 1.57079632679489661923);
    x[i] = i % 3 == 0 ? near : i % 3 == 1 ? nextafterf(near, 1e9f) : near * 1000.7f;
  }
  for (size_t t = 0; t < table_count; t++) {
    check_kind(table[t], ROTE_ACTIVATION_SINE, ANGLES, x);
    check_kind(table[t], ROTE_ACTIVATION_COSID, ANGLES, x);
  }
  free(x);
}

/* Any number of elements, in place or not; nothing behind them is touched; NaN stays NaN. */
static void every_length_gives_the_same(void **state)
{
  (void)state;
  for (size_t n = 0; n < 50; n++) {
    float *x = random_array(30, n + 8, 9), *dy = random_array(31, n + 8, 1);
    for (int kind = 0; kind < ROTE_ACTIVATION_COUNT; kind++) {
      for (size_t t = 0; is_smooth(kind) && t < table_count; t++) {
        const rote_activation *f = &table[t]->activation[kind];
        float *y = random_array(32, n + 8, 1), *start = copy_of(y, n + 8),
              *over = copy_of(x, n + 8);
        float *d = copy_of(dy, n + 8);
        f->forward(n, x, y);
        f->forward(n, over, over);
        check_same("in place", n, over, y);
        check_same("behind y", 8, y + n, start + n);
        f->backward(n, f->from_output ? y : x, d);
        check_same("behind d", 8, d + n, dy + n);
        for (size_t i = 0; i < n; i++) { /* one at a time */
          float one = 0, slope = 1;
          f->forward(1, x + i, &one);
          assert_memory_equal(&one, &y[i], sizeof one);
          f->backward(1, f->from_output ? &y[i] : &x[i], &slope);
          check_near("backward", 1, &d[i], &(float){slope * dy[i]}, 0);
        }
        if (n > 0) {
          over[n / 2] = NAN;
          f->forward(n, over, over);
          assert_true(isnan(over[n / 2]));
        }
        free(y);
        free(start);
        free(over);
        free(d);
      }
    }
    free(x);
    free(dy);
  }
}

static void infinities_are_what_the_formula_says(void **state)
{
  (void)state;
  const float x[2] = {INFINITY, -INFINITY};
  float y[2];
  for (size_t t = 0; t < table_count; t++) {
    table[t]->activation[ROTE_ACTIVATION_ELU].forward(2, x, y);
    assert_true(isinf(y[0]) && y[1] == -1);
    table[t]->activation[ROTE_ACTIVATION_TANH].forward(2, x, y);
    assert_true(y[0] == 1 && y[1] == -1);
    table[t]->activation[ROTE_ACTIVATION_SIGMOID].forward(2, x, y);
    assert_true(y[0] == 1 && y[1] >= 0 && y[1] < 1e-37f);
    table[t]->activation[ROTE_ACTIVATION_SOFTPLUS].forward(2, x, y);
    assert_true(isinf(y[0]) && y[1] >= 0 && y[1] < 1e-6f);
    table[t]->activation[ROTE_ACTIVATION_SINE].forward(2, x, y);
    assert_true(isnan(y[0]) && isnan(y[1]));
  }
}

static void instruction_sets_agree(void **state)
{
  (void)state;
  float *x = arguments();
  for (int kind = 0; kind < ROTE_ACTIVATION_COUNT; kind++) {
    float *first = NULL, *first_d = NULL;
    for (size_t t = 0; is_smooth(kind) && t < table_count; t++) {
      if (!is_fused(table[t])) {
        continue;
      }
      const rote_activation *f = &table[t]->activation[kind];
      float *y = copy_of(x, POINTS), *d = copy_of(x, POINTS);
      f->forward(POINTS, x, y);
      f->backward(POINTS, f->from_output ? y : x, d);
      if (first == NULL) {
        first = y;
        first_d = d;
        continue;
      }
      check_same(f->name, POINTS, y, first);
      check_same(f->name, POINTS, d, first_d);
      free(y);
      free(d);
    }
    free(first);
    free(first_d);
  }
  free(x);
}

static void the_gradient_of_a_slope_is_summed_over_what_is_not_positive(void **state)
{
  (void)state;
  for (size_t n = 0; n < 70; n++) {
    float *x = random_array(33, n, 2), *d = random_array(34, n, 1);
    double want = 0, scale = 0;
    for (size_t i = 0; i < n; i++) {
      want += x[i] > 0 ? 0 : (double)x[i] * (double)d[i];
      scale += fabs((double)x[i] * (double)d[i]);
    }
    assert_true(fabs(rote_kernels_reference()->slope_gradient(n, x, d) - want) <= 1e-14 * scale);
    for (size_t t = 0; t < table_count; t++) {
      assert_true(fabs(table[t]->slope_gradient(n, x, d) - want) <=
                  8 * (double)FLT_EPSILON * scale);
    }
    free(x);
    free(d);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_and_slopes_are_as_exact_as_promised),
      cmocka_unit_test(angles_are_reduced_exactly),
      cmocka_unit_test(every_length_gives_the_same),
      cmocka_unit_test(infinities_are_what_the_formula_says),
      cmocka_unit_test(instruction_sets_agree),
      cmocka_unit_test(the_gradient_of_a_slope_is_summed_over_what_is_not_positive),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
