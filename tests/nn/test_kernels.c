/* Every table of kernels that this processor can run, against the reference or the formula:
 * products, element-wise kernels, the Bernoulli likelihood, Adam. */
#include "kernel_check.h"

/* One product; the rows of C end at different places than those of B, and what lies between must
 * stay as it is. */
typedef struct {
  size_t m, n, k, ldb, ldc;
  bool transposed, accumulate, bias;
} product;

static void check_product(const product *p)
{
  const size_t length = (p->m - 1) * p->ldc + p->n;
  float *a = random_array(1, p->m * p->k, 1);
  float *b = random_array(2, p->k > 0 ? (p->k - 1) * p->ldb + rote_column_pad(p->n) : 0, 1);
  float *bias = random_array(3, p->m, 1);
  float *start = random_array(4, length, 1);
  float *want = copy_of(start, length);
  const rote_strided as = p->transposed ? (rote_strided){a, 1, p->m} : (rote_strided){a, p->k, 1};
  rote_kernels_reference()->gemm(p->m, p->n, p->k, as, b, p->ldb, p->bias ? bias : NULL,
                                 p->accumulate, want, p->ldc);
  for (size_t t = 0; t < table_count; t++) {
    float *c = copy_of(start, length);
    char what[128];
    snprintf(what, sizeof what, "%s gemm %zu x %zu x %zu%s%s%s", table[t]->name, p->m, p->n, p->k,
             p->transposed ? ", transposed" : "", p->accumulate ? ", accumulate" : "",
             p->bias ? ", bias" : "");
    table[t]->gemm(p->m, p->n, p->k, as, b, p->ldb, p->bias ? bias : NULL, p->accumulate, c,
                   p->ldc);
    if (is_fused(table[t])) {
      check_same(what, length, c, want);
    } else {
      check_near(what, length, c, want, 4 * (double)FLT_EPSILON * (double)(p->k + 1));
    }
    free(c);
  }
  free(a);
  free(b);
  free(bias);
  free(start);
  free(want);
}

/* All ways to ask for one shape. */
static void check_shape(size_t m, size_t n, size_t k)
{
  for (int way = 0; way < 8; way++) {
    const bool transposed = (way & 1) != 0;
    check_product(&(product){.m = m,
                             .n = n,
                             .k = k,
                             .ldb = rote_column_pad(n) + (transposed ? 0 : 16),
                             .ldc = n + (size_t)(way & 3),
                             .transposed = transposed,
                             .accumulate = (way & 2) != 0,
                             .bias = (way & 4) != 0});
  }
}

static void products_have_the_bits_of_the_reference(void **state)
{
  (void)state;
  static const size_t m[] = {1, 2, 3, 4, 5, 6, 7, 11, 25, 49, 97};
  static const size_t n[] = {1, 3, 8, 15, 16, 17, 31, 33, 63, 64, 65, 130};
  static const size_t k[] = {0, 1, 2, 7, 127, 128, 129, 300};
  for (size_t i = 0; i < COUNT(m) * COUNT(n) * COUNT(k); i++) {
    check_shape(m[i % COUNT(m)], n[i / COUNT(m) % COUNT(n)], k[i / COUNT(m) / COUNT(n)]);
  }
}

/* More rows than are worked on at once. */
static void tall_products_have_the_bits_of_the_reference(void **state)
{
  (void)state;
  static const size_t m[] = {160, 161, 240, 241, 487};
  for (size_t i = 0; i < COUNT(m); i++) {
    check_shape(m[i], 16, 1);
    check_shape(m[i], 37, 129);
    check_shape(m[i], 80, 300);
  }
  /* more columns and steps, too; rows of B an odd and an even number of cache lines apart */
  check_shape(103, 250, 270);
  check_shape(201, 260, 515);
}

/* The rows of A may be taken from a larger matrix. */
static void strided_operands_are_walked_as_asked(void **state)
{
  (void)state;
  enum { M = 13, N = 40, K = 150, LDB = 48, ROW = 3, COLUMN = 50 };
  float *a = random_array(1, M * ROW + K * COLUMN, 1);
  float *b = random_array(2, K * LDB, 1);
  float want[M * N], c[M * N];
  const rote_strided as = {a, ROW, COLUMN};
  rote_kernels_reference()->gemm(M, N, K, as, b, LDB, NULL, false, want, N);
  for (size_t t = 0; t < table_count; t++) {
    table[t]->gemm(M, N, K, as, b, LDB, NULL, false, c, N);
    check_near(table[t]->name, M * N, c, want, is_fused(table[t]) ? 0 : 1e-4);
  }
  free(a);
  free(b);
}

static void a_column_does_not_depend_on_its_neighbours(void **state)
{
  (void)state;
  enum { M = 31, N = 160, K = 200 };
  static const size_t fewer[] = {1, 5, 8, 16, 17, 40, 63, 64, 65, 127, 128, 159};
  float *a = random_array(1, M * K, 1), *b = random_array(2, K * N, 1);
  float *all = malloc(M * N * sizeof *all), *some = malloc(M * N * sizeof *some);
  assert_true(all != NULL && some != NULL);
  for (size_t t = 0; t < table_count; t++) {
    table[t]->gemm(M, N, K, (rote_strided){a, K, 1}, b, N, NULL, false, all, N);
    for (size_t f = 0; f < COUNT(fewer); f++) {
      table[t]->gemm(M, fewer[f], K, (rote_strided){a, K, 1}, b, N, NULL, false, some, N);
      for (size_t i = 0; i < M; i++) {
        check_same(table[t]->name, fewer[f], some + i * N, all + i * N);
      }
    }
  }
  free(a);
  free(b);
  free(all);
  free(some);
}

static void the_processor_gets_its_best_table(void **state)
{
  (void)state;
  assert_ptr_equal(rote_kernels_get(), table[table_count - 1]);
  const double before = rote_kernels_multiply_adds();
  float a[2 * 3] = {0}, b[3 * 16] = {0}, c[2 * 16];
  rote_gemm(2, 16, 3, (rote_strided){a, 3, 1}, b, 16, NULL, false, c, 16);
  assert_true(rote_kernels_multiply_adds() == before + 2 * 16 * 3);
  rote_gemm_runs(2, 16, &(rote_runs){3, 1, 1, 16}, a, 3, b, 16, NULL, c, 16);
  assert_true(rote_kernels_multiply_adds() == before + 2 * (2 * 16 * 3));
}

static void exponentials_are_accurate(void **state)
{
  (void)state;
  enum { N = 1 << 20 };
  float *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y);
  assert_true(x != NULL && y != NULL);
  for (size_t i = 0; i < N; i++) {
    x[i] = -87.0f + 174.0f * (float)i / (float)N;
  }
  for (size_t t = 0; t < table_count; t++) {
    double worst = 0;
    table[t]->exp(N, x, y);
    for (size_t i = 0; i < N; i++) {
      const double want = exp((double)x[i]), error = fabs((double)y[i] - want) / want;
      worst = error > worst ? error : worst;
    }
    print_message("%s: largest relative error of exp %.2e\n", table[t]->name, worst);
    assert_true(worst < 2e-7);
  }
  free(x);
  free(y);
}

static void exponentials_at_the_edges(void **state)
{
  (void)state;
  for (size_t t = 0; t < table_count; t++) {
    for (size_t n = 0; n <= 33; n++) {
      float y[34];
      for (size_t i = 0; i < 34; i++) {
        y[i] = 0;
      }
      y[n] = 5;
      table[t]->exp(n, y, y);
      for (size_t i = 0; i < n; i++) {
        assert_true(y[i] == 1);
      }
      assert_true(y[n] == 5);
    }
    const float x[4] = {NAN, 1e4f, -1e4f, -INFINITY};
    float y[4];
    table[t]->exp(4, x, y);
    assert_true(isnan(y[0]));
    assert_true(isfinite(y[1]) && y[1] > 6e37f);
    assert_true(y[2] >= 0 && y[2] < 2e-38f && y[3] == y[2]);
  }
}

/* Logits of every size that training meets, and those it should not. */

typedef struct {
  float x[PIXELS * LD], a[PIXELS * LD];
  double scale[LD]; /* sum over pixels of 1 + |a|: errors are relative to it */
} logits;

static logits *make_logits(void)
{
  static const float magnitude[] = {0, 1e-3f, 1, 5, 30, 100, 1e4f};
  logits *l = calloc(1, sizeof *l);
  float *u = random_array(5, PIXELS * LD, 1), *v = random_array(6, PIXELS * LD, 1);
  assert_non_null(l);
  for (size_t i = 0; i < PIXELS * LD; i++) {
    const size_t j = i % LD;
    l->a[i] = magnitude[j % COUNT(magnitude)] * (j % 2 == 0 ? u[i] : u[i] > 0 ? 1.0f : -1.0f);
    l->x[i] = j % 3 == 0 ? (v[i] + 1) / 2 : v[i] > 0 ? 1.0f : 0.0f;
    l->scale[j] += 1 + fabs((double)l->a[i]);
  }
  free(u);
  free(v);
  return l;
}

/* @return largest error in units of the scale */
static double check_log_px(const char *what, const logits *l, const double *got, const double *want)
{
  double worst = 0;
  for (size_t j = 0; j < COLUMNS; j++) {
    const double error = fabs(got[j] - want[j]) / l->scale[j];
    worst = error > worst ? error : worst;
    if (!(error <= 2e-7)) {
      fail_msg("%s: column %zu is %.12g, expected %.12g", what, j, got[j], want[j]);
    }
  }
  return worst;
}

static void bernoulli_likelihoods_agree_with_the_reference(void **state)
{
  (void)state;
  logits *l = make_logits();
  float image[PIXELS];
  double want[LD], want_loss[LD];
  float *gradient = copy_of(l->a, PIXELS * LD);
  for (size_t d = 0; d < PIXELS; d++) {
    image[d] = l->x[d * LD];
  }
  rote_kernels_reference()->bernoulli_image(PIXELS, COLUMNS, image, l->a, LD, want);
  rote_kernels_reference()->bernoulli_loss(PIXELS, COLUMNS, l->x, gradient, LD, want_loss);
  for (size_t t = 0; t < table_count; t++) {
    double got[LD];
    float *g = copy_of(l->a, PIXELS * LD);
    got[COLUMNS] = 7;
    table[t]->bernoulli_image(PIXELS, COLUMNS, image, l->a, LD, got);
    double worst = check_log_px("bernoulli_image", l, got, want);
    table[t]->bernoulli_loss(PIXELS, COLUMNS, l->x, g, LD, got);
    const double loss = check_log_px("bernoulli_loss", l, got, want_loss);
    assert_true(got[COLUMNS] == 7);
    check_near("gradient", PIXELS * LD, g, gradient, 1.5e-7);
    worst = loss > worst ? loss : worst;
    print_message("%s: largest error of log p %.1e of the sum of 1 + |a|\n", table[t]->name, worst);
    free(g);
  }
  free(gradient);
  free(l);
}

static void unused_columns_get_no_gradient(void **state)
{
  (void)state;
  logits *l = make_logits();
  for (size_t i = 0; i < PIXELS * LD; i++) {
    if (i % LD >= COLUMNS) {
      l->x[i] = l->a[i] = NAN;
    }
  }
  for (size_t t = 0; t < table_count; t++) {
    double log_px[LD];
    float *g = copy_of(l->a, PIXELS * LD);
    table[t]->bernoulli_loss(PIXELS, COLUMNS, l->x, g, LD, log_px);
    for (size_t d = 0; d < PIXELS; d++) {
      for (size_t j = 0; j < LD; j++) {
        const float value = g[d * LD + j];
        assert_true(j < COLUMNS                    ? isfinite(value)
                    : j < rote_column_pad(COLUMNS) ? value == 0
                                                   : isnan(value));
      }
    }
    free(g);
  }
  free(l);
}

static void logits_that_are_not_numbers_are_not_hidden(void **state)
{
  (void)state;
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t t = 0; t < table_count; t++) {
    for (size_t b = 0; b < COUNT(bad); b++) {
      logits *l = make_logits();
      float image[PIXELS] = {0};
      double log_px[LD];
      image[70] = 0.5f;
      l->x[70 * LD + 3] = 0.5f;
      l->a[70 * LD + 3] = bad[b];
      table[t]->bernoulli_image(PIXELS, COLUMNS, image, l->a, LD, log_px);
      for (size_t j = 0; j < COLUMNS; j++) {
        assert_int_equal(isfinite(log_px[j]) != 0, j != 3);
      }
      table[t]->bernoulli_loss(PIXELS, COLUMNS, l->x, l->a, LD, log_px);
      for (size_t j = 0; j < COLUMNS; j++) {
        assert_int_equal(isfinite(log_px[j]) != 0, j != 3);
      }
      assert_int_equal(isnan(l->a[70 * LD + 3]) != 0, isnan(bad[b]) != 0);
      free(l);
    }
  }
}

static void rectify_agrees_with_the_reference(void **state)
{
  (void)state;
  for (size_t t = 0; t < table_count; t++) {
    for (size_t n = 0; n < 70; n += 3) {
      float *x = random_array(7, n + 8, 1), *d = random_array(8, n + 8, 1);
      x[n / 2] = 0;
      x[n / 3] = NAN;
      float *y = copy_of(x, n + 8), *dx = copy_of(d, n + 8);
      table[t]->rectify(n, 0.2f, y);
      assert_true(isnan(y[n / 3]));
      rote_kernels_reference()->rectify(n, 0.2f, x);
      check_same("rectify", n + 8, y, x);
      table[t]->rectify_backward(n, 0.2f, y, dx);
      rote_kernels_reference()->rectify_backward(n, 0.2f, x, d);
      check_same("rectify_backward", n + 8, dx, d);
      free(x);
      free(d);
      free(y);
      free(dx);
    }
  }
}

static void transposes_agree_with_the_reference(void **state)
{
  (void)state;
  static const size_t side[] = {1, 2, 15, 16, 17, 33, 64};
  for (size_t i = 0; i < COUNT(side) * COUNT(side); i++) {
    const size_t rows = side[i % COUNT(side)], columns = side[i / COUNT(side)];
    const size_t ld_in = columns + 3, ld_out = rows + 5;
    float *in = random_array(9, (rows - 1) * ld_in + columns, 1);
    float *start = random_array(10, (columns - 1) * ld_out + rows, 1);
    float *want = copy_of(start, (columns - 1) * ld_out + rows);
    rote_kernels_reference()->transpose(rows, columns, in, ld_in, want, ld_out);
    for (size_t t = 0; t < table_count; t++) {
      float *out = copy_of(start, (columns - 1) * ld_out + rows);
      table[t]->transpose(rows, columns, in, ld_in, out, ld_out);
      check_same("transpose", (columns - 1) * ld_out + rows, out, want);
      free(out);
    }
    free(in);
    free(start);
    free(want);
  }
}

/* Several steps of one table against the formula of the paper in double precision. */
static void check_adam(const rote_kernels *kernels)
{
  enum { N = 1003, STEPS = 20 };
  const double rate = 1e-3;
  float *w = random_array(12, N, 1), *m = calloc(N, sizeof *m), *v = calloc(N, sizeof *v);
  double *exact = malloc(3 * N * sizeof *exact);
  assert_true(m != NULL && v != NULL && exact != NULL);
  for (size_t i = 0; i < N; i++) {
    exact[i] = (double)w[i];
    exact[N + i] = exact[2 * N + i] = 0;
  }
  for (int t = 1; t <= STEPS; t++) {
    float *g = random_array(100 + (uint32_t)t, N, t % 2 == 0 ? 1e-4f : 100);
    kernels->adam(N, g, w, m, v, (float)(rate / (1 - pow(0.9, t))),
                  (float)(1 / sqrt(1 - pow(0.999, t))));
    for (size_t i = 0; i < N; i++) {
      const double gi = (double)g[i];
      double *em = &exact[N + i], *ev = &exact[2 * N + i];
      *em = 0.9 * *em + 0.1 * gi;
      *ev = 0.999 * *ev + 0.001 * gi * gi;
      exact[i] -= rate * (*em / (1 - pow(0.9, t))) / (sqrt(*ev / (1 - pow(0.999, t))) + 1e-8);
    }
    free(g);
  }
  double worst = 0;
  for (size_t i = 0; i < N; i++) {
    const double error = fabs((double)w[i] - exact[i]);
    worst = error > worst ? error : worst;
    assert_true(fabs((double)m[i] - exact[N + i]) <= 1e-5);
    assert_true(fabs((double)v[i] - exact[2 * N + i]) <= 1e-6 * exact[2 * N + i]);
  }
  print_message("%s: largest error of a parameter after %d steps of Adam %.1e\n", kernels->name,
                STEPS, worst);
  assert_true(worst < STEPS * (double)FLT_EPSILON); /* rounding of w alone gives half of that */
  free(w);
  free(m);
  free(v);
  free(exact);
}

static void adam_agrees_with_the_formula(void **state)
{
  (void)state;
  check_adam(rote_kernels_reference());
  for (size_t t = 0; t < table_count; t++) {
    check_adam(table[t]);
  }
}

/* Gradients arrive in pieces whose size depends on the model. */
static void adam_in_pieces_has_the_same_bits(void **state)
{
  (void)state;
  enum { N = 1003 };
  for (size_t t = 0; t < table_count; t++) {
    for (size_t piece = 1; piece < 70; piece++) {
      float *g = random_array(12, N, 1), *w = random_array(13, N, 1), *m = random_array(14, N, 1);
      float *v = random_array(15, N, 1);
      for (size_t i = 0; i < N; i++) {
        v[i] = fabsf(v[i]);
      }
      float *w1 = copy_of(w, N), *m1 = copy_of(m, N), *v1 = copy_of(v, N);
      table[t]->adam(N, g, w, m, v, 0.01f, 1.5f);
      for (size_t i = 0; i < N; i += piece) {
        table[t]->adam(N - i < piece ? N - i : piece, g + i, w1 + i, m1 + i, v1 + i, 0.01f, 1.5f);
      }
      check_same("w", N, w1, w);
      check_same("m", N, m1, m);
      check_same("v", N, v1, v);
      float *const all[] = {g, w, m, v, w1, m1, v1};
      for (size_t i = 0; i < COUNT(all); i++) {
        free(all[i]);
      }
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_have_the_bits_of_the_reference),
      cmocka_unit_test(tall_products_have_the_bits_of_the_reference),
      cmocka_unit_test(strided_operands_are_walked_as_asked),
      cmocka_unit_test(a_column_does_not_depend_on_its_neighbours),
      cmocka_unit_test(the_processor_gets_its_best_table),
      cmocka_unit_test(exponentials_are_accurate),
      cmocka_unit_test(exponentials_at_the_edges),
      cmocka_unit_test(bernoulli_likelihoods_agree_with_the_reference),
      cmocka_unit_test(unused_columns_get_no_gradient),
      cmocka_unit_test(logits_that_are_not_numbers_are_not_hidden),
      cmocka_unit_test(rectify_agrees_with_the_reference),
      cmocka_unit_test(transposes_agree_with_the_reference),
      cmocka_unit_test(adam_agrees_with_the_formula),
      cmocka_unit_test(adam_in_pieces_has_the_same_bits),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
