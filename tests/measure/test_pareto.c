/* The Pareto shape of weights, against samples of known shape and the formula in plain words. */
#include "check.h"

#include "rote/pareto.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { MOST = 4000 };

static int ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* n generalised Pareto numbers, ascending: (u^-k - 1) / k, scaled. */
static void draw_pareto(uint32_t item, size_t n, double k, double scale, double *x)
{
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_FOLD};
  static float u[MOST];
  rote_random_uniform(stream, item, n, u);
  for (size_t i = 0; i < n; i++) {
    const double up = 1 - (double)u[i] * (1 - 1e-7); /* in (0, 1] */
    x[i] = scale * (fabs(k) < 1e-12 ? -log(up) : expm1(-k * log(up)) / k);
  }
  qsort(x, n, sizeof *x, ascending);
}

/* Maximum likelihood has variance (1 + k)^2 / n; over many samples the mean must be k but for the
 * prior, which draws to 1/2 with the weight 10 / (n + 10). */
static void shapes_are_found(void **state)
{
  (void)state;
  static const double shapes[] = {-0.1, 0, 0.3, 0.7, 1.2};
  static const size_t sizes[] = {60, 1000};
  enum { ROUNDS = 400 };
  for (size_t i = 0; i < COUNT(shapes) * COUNT(sizes); i++) {
    const double k = shapes[i / 2], n = (double)sizes[i % 2], scale = i % 3 == 0 ? 1e-9 : 40;
    const double want = (n * k + 5) / (n + 10), deviation = (1 + k) / sqrt(n) * n / (n + 10);
    double mean = 0, square = 0, x[MOST];
    for (uint32_t r = 0; r < ROUNDS; r++) {
      draw_pareto((uint32_t)i * ROUNDS + r, sizes[i % 2], k, scale, x);
      const double got = rote_pareto_shape(sizes[i % 2], x);
      mean += got / ROUNDS;
      square += (got - want) * (got - want) / ROUNDS;
    }
    /* its own bias is of the order of 1 / n */
    if (!(fabs(mean - want) < 4 * deviation / sqrt(ROUNDS) + 1.5 / n)) {
      fail_msg("k = %g, n = %g: mean %.4f, want %.4f", k, n, mean, want);
    }
    if (!(square > 0.6 * deviation * deviation && square < 1.6 * deviation * deviation)) {
      fail_msg("k = %g, n = %g: deviation %.4f, want %.4f", k, n, sqrt(square), deviation);
    }
  }
}

/* Zhang and Stephens (2009), section 3, and the prior of Vehtari et al. */
static double by_the_book(size_t n, const double *x)
{
  const int m = 30 + (int)floor(sqrt((double)n));
  const double star = x[(int)floor((double)n / 4 + 0.5) - 1];
  double theta[200], l[200], hat = 0, k = 0;
  for (int j = 1; j <= m; j++) {
    theta[j] = 1 / x[n - 1] + (1 - sqrt(m / (j - 0.5))) / (3 * star);
    double shape = 0;
    for (size_t i = 0; i < n; i++) {
      shape += log(1 - theta[j] * x[i]) / (double)n;
    }
    l[j] = (double)n * (log(-theta[j] / shape) - shape - 1);
  }
  for (int j = 1; j <= m; j++) {
    double inverse = 0;
    for (int i = 1; i <= m; i++) {
      inverse += exp(l[i] - l[j]);
    }
    hat += theta[j] / inverse;
  }
  for (size_t i = 0; i < n; i++) {
    k += log(1 - hat * x[i]) / (double)n;
  }
  return k * (double)n / ((double)n + 10) + 10 * 0.5 / ((double)n + 10);
}

static void the_formula_is_followed(void **state)
{
  (void)state;
  static const size_t sizes[] = {5, 20, 31, 300};
  double x[MOST];
  for (uint32_t i = 0; i < 40; i++) {
    const size_t n = sizes[i % 4];
    draw_pareto(9000 + i, n, 0.1 * i - 1, 2, x);
    const double want = by_the_book(n, x);
    assert_true(fabs(rote_pareto_shape(n, x) - want) < 1e-9 * (1 + fabs(want)));
  }
}

/* Weights in any order, at any height: their largest over the largest of the rest. */
static void the_tail_of_weights_is_taken(void **state)
{
  (void)state;
  static const struct {
    size_t samples, tail;
  } cases[] = {{100, 20}, {128, 26}, {256, 48}, {1000, 95}};
  double weight[MOST], room[MOST], excess[MOST];
  for (size_t c = 0; c < COUNT(cases); c++) {
    const size_t S = cases[c].samples, n = cases[c].tail;
    draw_pareto(500 + (uint32_t)c, S, 0.6, 1, excess);
    for (size_t s = 0; s < S; s++) {
      weight[(s * 37 + 11) % S] = log(excess[s] + 0.5) - 4000; /* 37 has no factor in common */
    }
    const double got = rote_pareto_k(S, weight, room), from = excess[S - n - 1];
    for (size_t i = 0; i < n; i++) {
      excess[i] = excess[S - n + i] - from;
    }
    assert_true(fabs(got - rote_pareto_shape(n, excess)) < 1e-9);
  }
}

static void special_weights(void **state)
{
  (void)state;
  const size_t S = 128;
  double weight[128], room[128];
  for (size_t s = 0; s < S; s++) {
    weight[s] = -7;
  }
  assert_true(rote_pareto_k(S, weight, room) == 0);
  for (size_t s = 0; s < S; s++) {
    weight[s] = -7 - 1e-4 * (double)s;
  }
  assert_true(rote_pareto_k(S, weight, room) < 0.5);
  weight[3] = 20; /* one weight is all */
  assert_true(rote_pareto_k(S, weight, room) > 0.7);
  for (size_t s = 10; s < S; s++) {
    weight[s] = -INFINITY;
  }
  assert_true(isfinite(rote_pareto_k(S, weight, room)) != 0);
  weight[S - 1] = NAN;
  assert_true(isnan(rote_pareto_k(S, weight, room)) != 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes_are_found),
      cmocka_unit_test(the_formula_is_followed),
      cmocka_unit_test(the_tail_of_weights_is_taken),
      cmocka_unit_test(special_weights),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
