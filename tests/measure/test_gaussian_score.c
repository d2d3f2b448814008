/* The Gaussian in closed form against fits without each of the points. */
#include "check.h"

#include "plain_quadratic.h"
#include "rote/gaussian_score.h"
#include "rote/random.h"

#include <math.h>
#include <string.h>

enum { N = 30, P = 4 };

static void draw(double *x)
{
  float z[N * P];
  rote_random_normal((rote_stream){.seed = 3, .purpose = ROTE_PURPOSE_WEIGHTS}, 1, N * P, z);
  for (size_t i = 0; i < N * P; i++) {
    x[i] = (double)z[i] + (i % P == 1 ? 0.7 * (double)z[i - 1] : 0);
  }
}

/* log p of x under the Gaussian of n points, by elimination without pivots. */
static double brute_force(size_t n, const double *points, const double *x)
{
  double mean[P] = {0}, s[P][P] = {{0}}, y[P], log_determinant = 0, d2 = 0;
  for (size_t i = 0; i < n * P; i++) {
    mean[i % P] += points[i] / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < P; j++) {
      for (size_t k = 0; k < P; k++) {
        s[j][k] += (points[i * P + j] - mean[j]) * (points[i * P + k] - mean[k]) / (double)n;
      }
    }
  }
  for (size_t j = 0; j < P; j++) {
    y[j] = x[j] - mean[j];
  }
  for (size_t j = 0; j < P; j++) { /* d2 = sum of y_j^2 / pivot_j of the eliminated system */
    log_determinant += log(s[j][j]);
    d2 += y[j] * y[j] / s[j][j];
    for (size_t i = j + 1; i < P; i++) {
      const double factor = s[i][j] / s[j][j];
      y[i] -= factor * y[j];
      for (size_t k = j; k < P; k++) {
        s[i][k] -= factor * s[j][k];
      }
    }
  }
  return -(P * log(2 * acos(-1.0)) + log_determinant + d2) / 2;
}

static void near(double a, double b)
{
  if (!(fabs(a - b) <= 1e-11 * (1 + fabs(b)))) {
    fail_msg("%.17g is not %.17g", a, b);
  }
}

static void leaves_out_as_a_fit_without_the_point_does(void **state)
{
  (void)state;
  double x[N * P], rest[(N - 1) * P], d2[N], log_determinant;
  draw(x);
  plain_distances(N, P, x, d2, &log_determinant);
  for (size_t i = 0; i < N; i++) {
    memcpy(rest, x, i * P * sizeof *x);
    memcpy(rest + i * P, x + (i + 1) * P, (N - 1 - i) * P * sizeof *x);
    const double in = brute_force(N, x, x + i * P), out = brute_force(N - 1, rest, x + i * P);
    near(rote_gaussian_log_p(d2[i], P, log_determinant), in);
    near(rote_gaussian_left_out_log_p(d2[i], N, P, log_determinant), out);
    near(rote_gaussian_score(d2[i], N, P), in - out);
  }
}

/* Leverages of [1, x] sum to the number of its columns, and are those of a ridge of 0. */
static void leverages_are_those_of_a_regression(void **state)
{
  (void)state;
  double x[N * P], a[N * (P + 1)], d2[N], h[N], log_determinant, of_a, sum = 0;
  draw(x);
  for (size_t i = 0; i < N; i++) {
    a[i * (P + 1)] = 1;
    memcpy(a + i * (P + 1) + 1, x + i * P, P * sizeof *x);
  }
  plain_distances(N, P, x, d2, &log_determinant);
  plain_quadratics(N, P + 1, a, 1, 0, h, &of_a);
  for (size_t i = 0; i < N; i++) {
    near(rote_gaussian_leverage(d2[i], N), h[i]);
    sum += h[i];
  }
  near(sum, P + 1);
}

/* One point alone spans a direction: the others have no density in it. */
static void a_point_that_others_need_is_known_by_rote_entirely(void **state)
{
  (void)state;
  assert_true(isinf(rote_gaussian_score(9, 10, 2)) && rote_gaussian_score(9, 10, 2) > 0);
  assert_true(rote_gaussian_left_out_log_p(9, 10, 2, 0) < 0);
  assert_true(isinf(rote_gaussian_left_out_log_p(9.5, 10, 2, 0)));
  near(rote_gaussian_leverage(9, 10), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(leaves_out_as_a_fit_without_the_point_does),
      cmocka_unit_test(leverages_are_those_of_a_regression),
      cmocka_unit_test(a_point_that_others_need_is_known_by_rote_entirely),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
