/* The same for sums along a row and the Gaussian likelihoods. */
#include "kernel_check.h"

static void check_close(const char *what, double got, double want, double tolerance)
{
  if (!(fabs(got - want) <= tolerance)) {
    fail_msg("%s: %.12g, expected %.12g within %.1e", what, got, want, tolerance);
  }
}

static void sums_agree_with_double_precision(void **state)
{
  (void)state;
  static const size_t n[] = {0, 1, 2, 15, 16, 17, 31, 37, 64, 65, 100, 511, 1000};
  for (size_t i = 0; i < COUNT(n); i++) {
    float *x = random_array(20, n[i], 3), *y = random_array(21, n[i], 2);
    double sum = 0, dot = 0, sum_scale = 0, dot_scale = 0, fused_sum = 0, fused_dot = 0;
    bool is_first = true;
    for (size_t j = 0; j < n[i]; j++) {
      const double term = (double)x[j] * (double)y[j];
      sum += (double)x[j];
      dot += term;
      sum_scale += fabs((double)x[j]);
      dot_scale += fabs(term);
    }
    double got_sum = 0, got_dot = 0;
    rote_kernels_reference()->sum_dot(n[i], x, y, &got_sum, &got_dot);
    check_close("reference sum", got_sum, sum, 0);
    check_close("reference dot", got_dot, dot, 1e-14 * dot_scale);
    for (size_t t = 0; t < table_count; t++) {
      got_sum = 5; /* it adds to what is there */
      got_dot = -7;
      table[t]->sum_dot(n[i], x, y, &got_sum, &got_dot);
      got_sum -= 5;
      got_dot += 7;
      check_close("sum", got_sum, sum, 8 * (double)FLT_EPSILON * sum_scale);
      check_close("dot", got_dot, dot, 8 * (double)FLT_EPSILON * dot_scale);
      if (is_fused(table[t])) {
        assert_true(is_first || (got_sum == fused_sum && got_dot == fused_dot));
        fused_sum = got_sum;
        fused_dot = got_dot;
        is_first = false;
      }
    }
    for (size_t j = 0; j < n[i]; j++) { /* wherever it is, it is seen */
      const float here = x[j];
      x[j] = NAN;
      for (size_t t = 0; t < table_count; t++) {
        double other_sum = 0, other_dot = 0;
        got_sum = got_dot = 0;
        table[t]->sum_dot(n[i], x, y, &got_sum, &got_dot);
        table[t]->sum_dot(n[i], y, x, &other_sum, &other_dot);
        assert_true(isnan(got_sum) && isnan(got_dot) && isnan(other_dot));
      }
      x[j] = here;
    }
    free(x);
    free(y);
  }
}

/* Every level with the smallest, a middle and the largest draw, at every place of a vector. */
static void logits_agree_with_double_precision(void **state)
{
  (void)state;
  static const float draw[] = {0, 0.37f, 1 - 0x1p-24f};
  for (size_t n = 241; n <= 256; n++) {
    for (size_t k = 0; k < COUNT(draw); k++) {
      float first[256];
      for (size_t t = 0; t < table_count; t++) {
        uint8_t level[256];
        float u[256];
        for (size_t i = 0; i < n; i++) {
          level[i] = (uint8_t)(256 - n + i);
          u[i] = draw[k];
        }
        table[t]->logit(n, 0.05, level, u);
        for (size_t i = 0; i < n; i++) {
          const double v = 0.05 + 0.9 * ((double)level[i] + (double)draw[k]) / 256;
          check_close("logit", (double)u[i], log(v / (1 - v)), 1e-6);
        }
        if (t == 1) {
          memcpy(first, u, sizeof first);
        } else if (t == 2) {
          assert_memory_equal(first, u, n * sizeof *u);
        }
      }
    }
  }
}

static void combinations_agree_with_double_precision(void **state)
{
  (void)state;
  const float a = 1.7f, b = -0.3f, c = 0.11f;
  for (size_t n = 0; n < 70; n++) {
    float *x = random_array(22, n + 8, 3), *y = random_array(23, n + 8, 2);
    float *first = NULL;
    for (size_t t = 0; t < table_count; t++) {
      float *out = random_array(24, n + 8, 1), *start = copy_of(out, n + 8);
      float *over_x = copy_of(x, n + 8), *over_y = copy_of(y, n + 8);
      table[t]->combine(n, a, x, b, y, c, out);
      for (size_t i = 0; i < n; i++) {
        const double want = (double)a * (double)x[i] + (double)b * (double)y[i] + (double)c;
        check_close("combine", (double)out[i], want, 8 * (double)FLT_EPSILON);
      }
      check_same("behind combine", 8, out + n, start + n);
      table[t]->combine(n, a, over_x, b, y, c, over_x);
      table[t]->combine(n, a, x, b, over_y, c, over_y);
      check_same("combine over x", n, over_x, out);
      check_same("combine over y", n, over_y, out);
      if (n > 0) {
        over_x[n / 2] = NAN;
        table[t]->combine(n, a, over_x, b, y, c, over_x);
        assert_true(isnan(over_x[n / 2]));
      }
      if (is_fused(table[t]) && first != NULL) {
        check_same("combine, other instruction set", n, out, first);
      } else if (is_fused(table[t])) {
        first = copy_of(out, n);
      }
      free(out);
      free(start);
      free(over_x);
      free(over_y);
    }
    free(x);
    free(y);
    free(first);
  }
}

/* Means and log variances around the data, some of them below the clamp. */
typedef struct {
  float x[PIXELS * LD], image[PIXELS], out[2 * PIXELS * LD];
} gaussian;

static gaussian *make_gaussian(void)
{
  gaussian *g = calloc(1, sizeof *g);
  assert_non_null(g);
  float *x = random_array(25, PIXELS * LD, 4), *out = random_array(26, 2 * PIXELS * LD, 5);
  memcpy(g->x, x, sizeof g->x);
  memcpy(g->out, out, sizeof g->out);
  for (size_t i = 0; i < PIXELS * LD; i++) {
    float *s = &g->out[PIXELS * LD + i];
    *s = i % 5 == 0 ? -7.0f + *s : i % 5 == 1 ? *s / 5 - 6.8f : *s;
  }
  g->out[PIXELS * LD + 2 * LD + 1] = -7.0f; /* just not clamped */
  for (size_t d = 0; d < PIXELS; d++) {
    g->image[d] = g->x[d * LD];
    g->out[d * LD + 5] = g->x[d * LD + 5];  /* a perfect column */
    for (size_t j = COLUMNS; j < LD; j++) { /* what unused columns hold reaches nothing */
      g->x[d * LD + j] = g->out[d * LD + j] = g->out[(PIXELS + d) * LD + j] = NAN;
    }
  }
  free(x);
  free(out);
  return g;
}

/* Columns in use hold numbers, the rest of their block 0, and what lies behind is as it was. */
static void check_unused(size_t rows, const float *gradient)
{
  for (size_t i = 0; i < rows * LD; i++) {
    const size_t j = i % LD;
    assert_true(j < COLUMNS                    ? isfinite(gradient[i])
                : j < rote_column_pad(COLUMNS) ? gradient[i] == 0
                                               : isnan(gradient[i]));
  }
}

static void check_squares(const rote_kernels *kernels, const gaussian *g)
{
  const float scale = 7.3f;
  double image[LD], loss[LD];
  float *m = copy_of(g->out, PIXELS * LD);
  image[COLUMNS] = loss[COLUMNS] = 7;
  kernels->squares_image(PIXELS, COLUMNS, g->image, g->out, LD, image);
  kernels->squares_loss(PIXELS, COLUMNS, g->x, m, LD, scale, loss);
  assert_true(image[COLUMNS] == 7 && loss[COLUMNS] == 7);
  for (size_t j = 0; j < COLUMNS; j++) {
    double want_image = 0, want_loss = 0;
    for (size_t d = 0; d < PIXELS; d++) {
      const double mean = (double)g->out[d * LD + j], e = mean - (double)g->x[d * LD + j];
      want_loss += e * e;
      want_image += (mean - (double)g->image[d]) * (mean - (double)g->image[d]);
      check_close("gradient of squares", (double)m[d * LD + j], (double)scale * e,
                  4 * (double)FLT_EPSILON * (double)scale * fabs(e));
    }
    check_close("squares_image", image[j], want_image, 1e-6 * want_image);
    check_close("squares_loss", loss[j], want_loss, 1e-6 * want_loss);
  }
  check_unused(PIXELS, m);
  free(m);
}

static void check_diagonal(const rote_kernels *kernels, const gaussian *g)
{
  double image[LD], loss[LD];
  float *out = copy_of(g->out, 2 * PIXELS * LD);
  image[COLUMNS] = loss[COLUMNS] = 7;
  kernels->diagonal_image(PIXELS, COLUMNS, g->image, g->out, LD, image);
  kernels->diagonal_loss(PIXELS, COLUMNS, g->x, out, LD, loss);
  assert_true(image[COLUMNS] == 7 && loss[COLUMNS] == 7);
  for (size_t j = 0; j < COLUMNS; j++) {
    double want_image = 0, want_loss = 0, scale_image = 0, scale_loss = 0;
    for (size_t d = 0; d < PIXELS; d++) {
      const size_t at = d * LD + j;
      const double raw = (double)g->out[PIXELS * LD + at], s = fmax(raw, -7), inverse = exp(-s);
      const double e = (double)g->out[at] - (double)g->x[at];
      const double other = (double)g->out[at] - (double)g->image[d];
      want_loss += s + e * e * inverse;
      want_image += s + other * other * inverse;
      scale_loss += fabs(s) + e * e * inverse;
      scale_image += fabs(s) + other * other * inverse;
      check_close("gradient of a mean", (double)out[at], e * inverse, 1e-6 * fabs(e) * inverse);
      const double want = raw < -7 ? 0 : (1 - e * e * inverse) / 2;
      check_close("gradient of a log variance", (double)out[PIXELS * LD + at], want,
                  raw < -7 ? 0 : 1e-6 * (1 + e * e * inverse));
    }
    check_close("diagonal_image", image[j], want_image, 1e-6 * scale_image);
    check_close("diagonal_loss", loss[j], want_loss, 1e-6 * scale_loss);
  }
  check_unused(2 * PIXELS, out);
  free(out);
}

static void gaussian_likelihoods_agree_with_the_formula(void **state)
{
  (void)state;
  gaussian *g = make_gaussian();
  check_squares(rote_kernels_reference(), g);
  check_diagonal(rote_kernels_reference(), g);
  for (size_t t = 0; t < table_count; t++) {
    check_squares(table[t], g);
    check_diagonal(table[t], g);
  }
  free(g);
}

/* All sums of one table, one after the other in `sums` [4][LD]. */
static void gaussian_sums(const rote_kernels *kernels, const gaussian *g, double *sums)
{
  float *m = copy_of(g->out, PIXELS * LD), *out = copy_of(g->out, 2 * PIXELS * LD);
  kernels->squares_image(PIXELS, COLUMNS, g->image, g->out, LD, sums);
  kernels->squares_loss(PIXELS, COLUMNS, g->x, m, LD, 1, sums + LD);
  kernels->diagonal_image(PIXELS, COLUMNS, g->image, g->out, LD, sums + 2 * LD);
  kernels->diagonal_loss(PIXELS, COLUMNS, g->x, out, LD, sums + 3 * LD);
  free(m);
  free(out);
}

static void gaussians_that_are_not_numbers_are_not_hidden(void **state)
{
  (void)state;
  static const size_t bad[] = {70 * LD + 3, (PIXELS + 70) * LD + 3}; /* a mean, a log variance */
  for (size_t t = 0; t <= table_count; t++) {
    const rote_kernels *kernels = t < table_count ? table[t] : rote_kernels_reference();
    for (size_t b = 0; b < COUNT(bad); b++) {
      gaussian *g = make_gaussian();
      double sums[4 * LD];
      g->out[bad[b]] = NAN;
      gaussian_sums(kernels, g, sums);
      for (size_t i = 0; i < 4 * LD; i++) {
        if (i % LD < COLUMNS) {
          assert_int_equal(isnan(sums[i]) != 0, i % LD == 3 && (b == 0 || i >= 2 * LD));
        }
      }
      kernels->diagonal_loss(PIXELS, COLUMNS, g->x, g->out, LD, sums);
      assert_true(isnan(g->out[bad[1]]));
      assert_true(isnan(g->out[bad[0]]));
      free(g);
    }
  }
}

/* The number of columns is rounded to vectors, never the sum of a column. */
static void gaussian_columns_do_not_depend_on_their_neighbours(void **state)
{
  (void)state;
  gaussian *g = make_gaussian();
  for (size_t t = 0; t < table_count; t++) {
    double all[4 * LD], one[4 * LD];
    gaussian_sums(table[t], g, all);
    for (size_t n = 1; n < COLUMNS; n++) {
      table[t]->squares_image(PIXELS, n, g->image, g->out, LD, one);
      assert_memory_equal(one, all, n * sizeof *one);
      table[t]->diagonal_image(PIXELS, n, g->image, g->out, LD, one);
      assert_memory_equal(one, all + 2 * LD, n * sizeof *one);
    }
  }
  free(g);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_agree_with_double_precision),
      cmocka_unit_test(logits_agree_with_double_precision),
      cmocka_unit_test(combinations_agree_with_double_precision),
      cmocka_unit_test(gaussian_likelihoods_agree_with_the_formula),
      cmocka_unit_test(gaussians_that_are_not_numbers_are_not_hidden),
      cmocka_unit_test(gaussian_columns_do_not_depend_on_their_neighbours),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
