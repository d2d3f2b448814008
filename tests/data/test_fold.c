#include "check.h"

#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint16_t *assign(uint64_t seed, int purpose, uint32_t redraw, size_t repeats, size_t folds,
                        size_t images)
{
  uint16_t *fold = malloc(repeats * images * sizeof *fold);
  assert_non_null(fold);
  CHECK_OK(rote_fold_assign(seed, purpose, redraw, repeats, folds, images, fold));
  return fold;
}

static void sizes_differ_by_at_most_one(void **state)
{
  (void)state;
  static const size_t cases[][2] = {{2, 2}, {2, 3}, {10, 10}, {10, 19}, {7, 100}, {10, 2000}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const size_t folds = cases[c][0], images = cases[c][1], repeats = 3;
    uint16_t *fold = assign(42, ROTE_PURPOSE_FOLD, 0, repeats, folds, images);
    for (size_t r = 0; r < repeats; r++) {
      size_t size[10] = {0};
      for (size_t i = 0; i < images; i++) {
        assert_true(fold[r * images + i] < folds);
        size[fold[r * images + i]]++;
      }
      for (size_t k = 0; k < folds; k++) {
        assert_in_range(size[k], images / folds, (images + folds - 1) / folds);
      }
    }
    free(fold);
  }
}

static void depends_on_seed_purpose_redraw_and_repeat_alone(void **state)
{
  (void)state;
  const size_t images = 500, bytes = images * sizeof(uint16_t);
  uint16_t *two = assign(42, ROTE_PURPOSE_FOLD, 0, 2, 10, images);
  uint16_t *three = assign(42, ROTE_PURPOSE_FOLD, 0, 3, 10, images);
  uint16_t *seed = assign(43, ROTE_PURPOSE_FOLD, 0, 2, 10, images);
  uint16_t *redraw0 = assign(42, ROTE_PURPOSE_REDRAW, 0, 2, 10, images);
  uint16_t *redraw1 = assign(42, ROTE_PURPOSE_REDRAW, 1, 2, 10, images);
  assert_memory_equal(two, three, 2 * bytes); /* more repeats leave the first ones alone */
  assert_memory_not_equal(two, two + images, bytes);
  assert_memory_not_equal(two, seed, bytes);
  assert_memory_not_equal(two, redraw0, bytes);
  assert_memory_not_equal(redraw0, redraw1, bytes);
  free(two);
  free(three);
  free(seed);
  free(redraw0);
  free(redraw1);
}

/* Each image is in each fold equally often, and two images meet as often as they should:
 * P(same fold) = (n/K - 1) / (n - 1). */
static void is_uniform(void **state)
{
  (void)state;
  enum { REPEATS = 6000, FOLDS = 3, IMAGES = 6 };
  uint16_t *fold = assign(7, ROTE_PURPOSE_FOLD, 0, REPEATS, FOLDS, IMAGES);
  for (size_t i = 0; i < IMAGES; i++) {
    for (size_t k = 0; k < FOLDS; k++) {
      double hits = 0;
      for (size_t r = 0; r < REPEATS; r++) {
        hits += fold[r * IMAGES + i] == k;
      }
      const double p = 1.0 / FOLDS, sigma = sqrt(REPEATS * p * (1 - p));
      assert_true(fabs(hits - REPEATS * p) < 5 * sigma);
    }
    for (size_t j = 0; j < i; j++) {
      double hits = 0;
      for (size_t r = 0; r < REPEATS; r++) {
        hits += fold[r * IMAGES + i] == fold[r * IMAGES + j];
      }
      const double p = 1.0 / 5, sigma = sqrt(REPEATS * p * (1 - p));
      assert_true(fabs(hits - REPEATS * p) < 5 * sigma);
    }
  }
  free(fold);
}

static void refuses_impossible_divisions(void **state)
{
  (void)state;
  uint16_t fold[4];
  CHECK_FAILS(rote_fold_assign(1, ROTE_PURPOSE_FOLD, 0, 1, 1, 4, fold), ROTE_DATA, "1 folds");
  CHECK_FAILS(rote_fold_assign(1, ROTE_PURPOSE_FOLD, 0, 1, 5, 4, fold), ROTE_DATA, "4 images");
  rote_memory_fail_at(0);
  CHECK_FAILS(rote_fold_assign(1, ROTE_PURPOSE_FOLD, 0, 1, 2, 4, fold), ROTE_NOMEM, "memory");
  assert_int_equal(rote_memory_live_blocks(), 0);
}

static void splits_into_trained_and_held_out(void **state)
{
  (void)state;
  enum { REPEATS = 2, FOLDS = 4, IMAGES = 21 };
  uint16_t *fold = assign(42, ROTE_PURPOSE_FOLD, 0, REPEATS, FOLDS, IMAGES);
  uint32_t train[IMAGES], held_out[IMAGES];
  size_t n = 0, m = 0;
  for (size_t r = 0; r < REPEATS; r++) {
    size_t all = 0;
    for (size_t k = 0; k < FOLDS; k++) {
      rote_fold_split(fold, IMAGES, (rote_unit){.repeat = r, .fold = k}, train, &n, held_out, &m);
      assert_int_equal(n + m, IMAGES);
      for (size_t i = 0; i < n; i++) {
        assert_true(fold[r * IMAGES + train[i]] != k && (i == 0 || train[i] > train[i - 1]));
      }
      for (size_t i = 0; i < m; i++) {
        assert_true(fold[r * IMAGES + held_out[i]] == k &&
                    (i == 0 || held_out[i] > held_out[i - 1]));
      }
      all += m;
    }
    assert_int_equal(all, IMAGES);
  }
  rote_fold_split(NULL, IMAGES, (rote_unit){.full = true}, train, &n, held_out, &m);
  assert_int_equal(n, IMAGES);
  assert_int_equal(m, 0);
  assert_int_equal(train[IMAGES - 1], IMAGES - 1);
  free(fold);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_differ_by_at_most_one),
      cmocka_unit_test(depends_on_seed_purpose_redraw_and_repeat_alone),
      cmocka_unit_test(is_uniform),
      cmocka_unit_test(refuses_impossible_divisions),
      cmocka_unit_test(splits_into_trained_and_held_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
