/* Products whose depth lies in runs, of every table and of the reference. */
#include "kernel_check.h"

/* A product in runs against one of the whole depth, for which the runs are put together. */
static void check_runs(const rote_kernels *kernels, size_t m, size_t n, const rote_runs *r,
                       bool with_bias)
{
  const size_t lda = r->count * r->a, ldb = n + 16, ldc = n + 5, k = r->count * r->depth;
  float *a = random_array(1, m * lda, 1), *b = random_array(2, r->count * r->b, 1);
  float *bias = random_array(3, m, 1), *c = random_array(4, m * ldc, 1);
  float *want = copy_of(c, m * ldc), *whole_a = malloc(m * k * sizeof *a);
  float *whole_b = malloc(k * ldb * sizeof *b);
  assert_true(whole_a != NULL && whole_b != NULL);
  for (size_t p = 0; p < k; p++) {
    const size_t run = p / r->depth, step = p % r->depth;
    memcpy(whole_b + p * ldb, b + run * r->b + step * ldb, n * sizeof *b);
    for (size_t i = 0; i < m; i++) {
      whole_a[i * k + p] = a[i * lda + run * r->a + step];
    }
  }
  rote_kernels_reference()->gemm(m, n, k, (rote_strided){whole_a, k, 1}, whole_b, ldb,
                                 with_bias ? bias : NULL, false, want, ldc);
  kernels->gemm_runs(m, n, r, a, lda, b, ldb, with_bias ? bias : NULL, c, ldc);
  char what[128];
  snprintf(what, sizeof what, "%s gemm_runs %zu x %zu x %zu x %zu%s", kernels->name, m, n, r->count,
           r->depth, with_bias ? ", bias" : "");
  if (kernels == &rote_kernels_base) {
    check_near(what, m * ldc, c, want, 4 * (double)FLT_EPSILON * (double)(k + 1));
  } else {
    check_same(what, m * ldc, c, want);
  }
  float *const all[] = {a, b, bias, c, want, whole_a, whole_b};
  for (size_t i = 0; i < COUNT(all); i++) {
    free(all[i]);
  }
}

static void products_in_runs_have_the_bits_of_the_reference(void **state)
{
  (void)state;
  static const size_t m[] = {1, 2, 3, 4, 5, 6, 8, 11, 32, 50};
  static const size_t n[] = {16, 32, 48, 64, 112, 128};
  static const size_t count[] = {1, 2, 4}, depth[] = {1, 12, 31, 43, 129};
  for (size_t i = 0; i < COUNT(m) * COUNT(n) * COUNT(count) * COUNT(depth); i++) {
    const size_t columns = n[i / COUNT(m) % COUNT(n)], rest = i / COUNT(m) / COUNT(n);
    const size_t d = depth[rest / COUNT(count)];
    const rote_runs r = {count[rest % COUNT(count)], d, d + 3, (d + 2) * (columns + 16)};
    check_runs(rote_kernels_reference(), m[i % COUNT(m)], columns, &r, i % 2 == 0);
    for (size_t t = 0; t < table_count; t++) {
      check_runs(table[t], m[i % COUNT(m)], columns, &r, i % 2 == 0);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_in_runs_have_the_bits_of_the_reference),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
