/* The step of an inverse problem: every table against the reference. */
#include "kernel_check.h"

enum { CHANNELS = 3, AREA = 21, NUMBERS = CHANNELS * AREA };

/* Arrays of exactly their size. */
typedef struct {
  float *v, *y, *shown, *x, *input, *mask;
} problem;

static problem make(void)
{
  problem p = {.v = random_array(1, NUMBERS * LD, 1),
               .y = random_array(2, NUMBERS * LD, 1),
               .shown = random_array(3, CHANNELS * LD, 1),
               .x = random_array(4, NUMBERS * LD, 1),
               .input = random_array(5, NUMBERS * LD, 1),
               .mask = random_array(6, AREA * LD, 1)};
  for (size_t i = 0; i < AREA * LD; i++) {
    p.mask[i] = p.mask[i] > 0 ? 1 : 0;
  }
  return p;
}

static void drop(problem *p)
{
  float *const arrays[] = {p->v, p->y, p->shown, p->x, p->input, p->mask};
  for (size_t i = 0; i < COUNT(arrays); i++) {
    free(arrays[i]);
  }
}

static void step(const rote_kernels *kernels, problem *p, size_t columns, bool update)
{
  const rote_inverse_arrays a = {
      .ld = LD, .y = p->y, .shown = p->shown, .x = p->x, .input = p->input, .mask = p->mask};
  kernels->inverse_step(CHANNELS, AREA, columns, 0.4f, p->v, &a, update);
}

static void tables_agree_with_the_reference(void **state)
{
  (void)state;
  for (size_t t = 0; t < table_count; t++) {
    for (int update = 0; update < 2; update++) {
      problem want = make(), got = make();
      step(rote_kernels_reference(), &want, COLUMNS, update != 0);
      step(table[t], &got, COLUMNS, update != 0);
      check_near("x", NUMBERS * LD, got.x, want.x, 1e-6);
      check_near("input", NUMBERS * LD, got.input, want.input, 1e-6);
      check_same("mask", AREA * LD, got.mask, want.mask); /* no draw is on the border */
      for (size_t i = 0; i < NUMBERS * LD; i++) {
        assert_true(i % LD < COLUMNS || i % LD >= rote_column_pad(COLUMNS) || got.input[i] == 0);
      }
      drop(&want);
      drop(&got);
    }
  }
}

/* h = 0 leaves v - u, h = 1 and weight 1 (rho = 0) give y. */
static void the_mask_decides_what_is_used(void **state)
{
  (void)state;
  for (size_t t = 0; t < table_count; t++) {
    problem p = make();
    const rote_inverse_arrays a = {
        .ld = LD, .y = p.y, .shown = p.shown, .x = p.x, .input = p.input, .mask = p.mask};
    float *before = copy_of(p.input, NUMBERS * LD);
    table[t]->inverse_step(CHANNELS, AREA, COLUMNS, 1, p.v, &a, false);
    for (size_t i = 0; i < NUMBERS * LD; i++) {
      const float u = before[i] - p.v[i];
      const bool left = p.mask[i / LD % AREA * LD + i % LD] != 0;
      if (i % LD < COLUMNS) {
        const double want = left ? (double)p.y[i] : (double)(p.v[i] - u);
        assert_true(fabs((double)p.x[i] - want) <= (left ? 1e-6 : 0));
      }
    }
    free(before);
    drop(&p);
  }
}

/* The bits of a column are the same in any company, and on both fused instruction sets. */
static void columns_stand_alone(void **state)
{
  (void)state;
  problem first = make();
  bool is_first = true;
  for (size_t t = 0; t < table_count; t++) {
    problem all = make();
    step(table[t], &all, COLUMNS, true);
    for (size_t n = 1; n < COLUMNS; n += 5) {
      problem some = make();
      some.v[n - 1] = NAN; /* the last one is spoilt */
      step(table[t], &some, n, true);
      for (size_t i = 0; i < NUMBERS * LD; i++) {
        if (i % LD + 1 < n) {
          assert_memory_equal(&some.x[i], &all.x[i], sizeof(float));
          assert_memory_equal(&some.input[i], &all.input[i], sizeof(float));
        }
      }
      assert_true(some.mask[n - 1] == 0 || some.mask[n - 1] == 1);
      drop(&some);
    }
    if (is_fused(table[t]) && !is_first) {
      check_same("x", NUMBERS * LD, all.x, first.x);
      check_same("input", NUMBERS * LD, all.input, first.input);
    } else if (is_fused(table[t])) {
      drop(&first);
      first = all;
      is_first = false;
      continue;
    }
    drop(&all);
  }
  drop(&first);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_agree_with_the_reference),
      cmocka_unit_test(the_mask_decides_what_is_used),
      cmocka_unit_test(columns_stand_alone),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
