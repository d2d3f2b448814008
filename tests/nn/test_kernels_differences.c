/* Differences of decoder outputs: every table against the reference, which stands for the formula.
 */
#include "kernel_check.h"

enum { ROWS = 130, PLANES = 5, IMAGES = 3, MOST = 70, LD_B = 80 };

/* Arrays of exactly their size: what is read or written too far is noticed by the sanitizer. */
typedef struct {
  float *base, *gradient, *root, *out, *b;
  double dot[MOST];
} work;

static work make(size_t columns, float untouched)
{
  work w = {.base = random_array(1, (ROWS - 1) * IMAGES + 1, 1),
            .gradient = random_array(2, (ROWS - 1) * IMAGES + 1, 1),
            .root = random_array(3, (ROWS - 1) * IMAGES + 1, 1),
            .out = random_array(4, (ROWS - 1) * MOST + columns, 1),
            .b = random_array(5, (ROWS - 1) * LD_B + columns, 0)};
  for (size_t i = 0; i < (ROWS - 1) * LD_B + columns; i++) {
    w.b[i] = untouched;
  }
  return w;
}

static void drop(work *w)
{
  float *const arrays[] = {w->base, w->gradient, w->root, w->out, w->b};
  for (size_t i = 0; i < COUNT(arrays); i++) {
    free(arrays[i]);
  }
}

static void take(const rote_kernels *kernels, work *w, size_t columns, bool has_root)
{
  const rote_differences d = {.rows = ROWS,
                              .columns = columns,
                              .planes = PLANES,
                              .base = w->base,
                              .gradient = w->gradient,
                              .root = has_root ? w->root : NULL,
                              .out = w->out,
                              .b = w->b,
                              .ld_base = IMAGES,
                              .ld_out = MOST,
                              .ld_b = LD_B};
  kernels->differences(&d, w->dot);
}

static void tables_agree_with_the_reference(void **state)
{
  (void)state;
  static const size_t columns[] = {1, 7, 16, 20, 32, 64, 70};
  for (size_t t = 0; t < table_count; t++) {
    for (size_t i = 0; i < 2 * COUNT(columns); i++) {
      const size_t n = columns[i / 2], numbers = (ROWS - 1) * LD_B + n;
      work want = make(n, 9), got = make(n, 9);
      take(rote_kernels_reference(), &want, n, i % 2 == 0);
      take(table[t], &got, n, i % 2 == 0);
      check_near("b", numbers, got.b, want.b, 2e-6);
      for (size_t j = 0; j < n; j++) {
        if (!(fabs(got.dot[j] - want.dot[j]) < 2e-5)) {
          fail_msg("dot of column %zu is %.9g, expected %.9g", j, got.dot[j], want.dot[j]);
        }
      }
      drop(&want);
      drop(&got);
    }
  }
}

/* Those with fused multiply-add give the same bits. */
static void instruction_sets_agree_bit_for_bit(void **state)
{
  (void)state;
  const rote_kernels *first = NULL;
  for (size_t t = 0; t < table_count; t++) {
    if (!is_fused(table[t])) {
      continue;
    }
    first = first == NULL ? table[t] : first;
    for (int has_root = 0; has_root < 2; has_root++) {
      work want = make(MOST, 9), got = make(MOST, 9);
      take(first, &want, MOST, has_root != 0);
      take(table[t], &got, MOST, has_root != 0);
      check_same("b", (ROWS - 1) * LD_B + MOST, got.b, want.b);
      assert_memory_equal(got.dot, want.dot, sizeof got.dot);
      drop(&want);
      drop(&got);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_agree_with_the_reference),
      cmocka_unit_test(instruction_sets_agree_bit_for_bit),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
