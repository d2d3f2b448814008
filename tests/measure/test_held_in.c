/* evaluation.held_in: which models evaluate an image, and what a score of them is worth. */
#include "check.h"

#include "rote/fold.h"
#include "rote/random.h"
#include "rote/score.h"
#include "score_room.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { R = 3, K = 6, N = 6000 };

typedef struct {
  rote_options options;
  uint16_t fold[R * N];
} setup;

static void set_up(setup *d, size_t held_in)
{
  memset(d, 0, sizeof *d);
  d->options.seed = 5;
  d->options.folds.count = K;
  d->options.folds.repeats = R;
  d->options.evaluation.held_in = held_in;
  CHECK_OK(rote_fold_assign(5, ROTE_PURPOSE_FOLD, 0, R, K, N, d->fold));
}

static bool is_asked(const setup *d, size_t r, size_t k, size_t i)
{
  return rote_score_is_asked(&d->options, d->fold, N, (rote_unit){.repeat = r, .fold = k}, i);
}

static void the_one_without_and_so_many_others(void **state)
{
  (void)state;
  for (size_t m = 0; m < K; m++) {
    setup d;
    set_up(&d, m);
    for (size_t r = 0; r < R; r++) {
      for (size_t i = 0; i < N; i++) {
        size_t asked = 0;
        for (size_t k = 0; k < K; k++) {
          asked += is_asked(&d, r, k, i);
        }
        assert_int_equal(asked, m == 0 ? K : m + 1);
        assert_true(is_asked(&d, r, d.fold[r * N + i], i));
      }
    }
    assert_true(rote_score_is_asked(&d.options, NULL, N, (rote_unit){.full = true}, 0));
  }
}

/* With the others in order, those without the held-out one: each pair of two equally often, within
 * 5 standard deviations; and not the same in every repeat. */
static void every_choice_is_equally_likely(void **state)
{
  (void)state;
  enum { OTHERS = K - 1, PAIRS = OTHERS * (OTHERS - 1) / 2 };
  setup d;
  size_t count[OTHERS][OTHERS] = {{0}}, again = 0;
  set_up(&d, 2);
  for (size_t r = 0; r < R; r++) {
    for (size_t i = 0; i < N; i++) {
      size_t pair[2], n = 0, place = 0, same = 0;
      for (size_t k = 0; k < K; k++) {
        if (k != d.fold[r * N + i]) {
          if (is_asked(&d, r, k, i)) {
            pair[n++] = place;
            same += r > 0 && is_asked(&d, 0, k, i);
          }
          place++;
        }
      }
      assert_int_equal(n, 2);
      count[pair[0]][pair[1]]++;
      again += same == 2;
    }
  }
  const double share = 1.0 / PAIRS, expected = R * N * share;
  for (size_t a = 0; a < OTHERS; a++) {
    for (size_t b = a + 1; b < OTHERS; b++) {
      assert_true(fabs((double)count[a][b] - expected) < 5 * sqrt(expected * (1 - share)));
    }
  }
  assert_true(again < (R - 1) * N / 5); /* a tenth by chance, or a little less */
}

/* All outcomes of R ranks among m + 1, counted one by one. */
static double counted_p(size_t ranks, size_t sum)
{
  size_t outcomes = 0, above = 0;
  for (size_t a = 1; a <= ranks; a++) {
    for (size_t b = 1; b <= ranks; b++) {
      for (size_t c = 1; c <= ranks; c++) {
        outcomes++;
        above += a + b + c >= sum;
      }
    }
  }
  return (double)above / (double)outcomes;
}

static void the_test_has_as_many_ranks_as_models_were_asked(void **state)
{
  (void)state;
  const size_t m = 2;
  setup d;
  float *value = malloc(sizeof(float) * R * K * N);
  rote_score *score = NULL;
  double below = 0;
  assert_non_null(value);
  set_up(&d, m);
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_WEIGHTS};
  rote_random_normal(stream, 0, (size_t)R * K * N, value);
  for (size_t j = 0; j < (size_t)R * K * N; j++) {
    if (!is_asked(&d, j / N / K, j / N % K, j % N)) {
      value[j] = NAN;
    }
  }
  const rote_design design = {.repeats = R, .folds = K, .images = N, .held_in = m, .fold = d.fold};
  CHECK_OK(rote_score_create(N, &score));
  CHECK_OK(rote_score_compute(&design, value, score));
  for (size_t i = 0; i < N; i++) {
    size_t sum = R;
    double difference = 0;
    for (size_t r = 0; r < R; r++) {
      const float out = value[(r * K + d.fold[r * N + i]) * N + i];
      double others = 0;
      for (size_t k = 0; k < K; k++) {
        const float x = value[(r * K + k) * N + i];
        if (k != d.fold[r * N + i] && !isnan(x)) {
          sum += x > out;
          others += (double)x;
        }
      }
      difference += (others / (double)m - (double)out) / R;
    }
    assert_true(fabs(score->p_value[i] - counted_p(m + 1, sum)) < 1e-12);
    assert_true(fabs(score->m_mean_log[i] - difference) < 1e-9);
    below += score->p_value[i] <= 1.0 / 27;
  }
  /* under the null the smallest p, 1/27, comes once in 27, within 5 standard deviations */
  assert_true(fabs(below - N / 27.0) < 5 * sqrt(N / 27.0));
  rote_score_destroy(&score);
  free(value);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_one_without_and_so_many_others),
      cmocka_unit_test(every_choice_is_equally_likely),
      cmocka_unit_test(the_test_has_as_many_ranks_as_models_were_asked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
