/* Areas under ROC curves against all pairs, one by one, and against closed forms. */
#include "check.h"

#include "rote/random.h"
#include "rote/roc_interval.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { N = 120 };

#define NEAR(a, b, tolerance)                                                                      \
  do {                                                                                             \
    const double near_a_ = (a), near_b_ = (b);                                                     \
    if (!(fabs(near_a_ - near_b_) <= (tolerance))) {                                               \
      fail_msg("%s is %.17g, not %.17g", #a, near_a_, near_b_);                                    \
    }                                                                                              \
  } while (0)

/* Scores with many ties if `levels` is small, and some that are no numbers; groups of up to 4. */
static void make(uint32_t item, double levels, double *score, uint8_t *is, uint32_t *group)
{
  const rote_stream stream = {.seed = 5, .purpose = ROTE_PURPOSE_RELABEL};
  float u[2 * N];
  rote_random_uniform(stream, item, 2 * (size_t)N, u);
  for (size_t i = 0; i < N; i++) {
    is[i] = (uint8_t)(3 * u[N + i]);
    group[i] = (uint32_t)(i - i % 4);
    score[i] =
        i % 17 == 3 ? (double)NAN : floor(levels * (double)u[i]) + (is[i] == ROTE_ROC_WANTED);
  }
}

static double pair(double wanted, double other)
{
  return wanted > other ? 1 : wanted == other ? 0.5 : 0;
}

static bool counts(const double *score, const uint8_t *is, size_t i, uint8_t what)
{
  return is[i] == what && !isnan(score[i]);
}

/* The formulas as Obuchowski 1997 has them, over all pairs; in `high` the number of groups. */
static rote_roc_interval over_all_pairs(size_t n, const double *score, const uint8_t *is,
                                        const uint32_t *group)
{
  double share[N] = {0}, of_group[N] = {0}, members[N] = {0};
  double m = 0, others = 0, groups = 0, between = 0, s01 = 0;
  rote_roc_interval roc = {0, 0, 0, 0};
  for (size_t i = 0; i < n; i++) {
    m += counts(score, is, i, ROTE_ROC_WANTED);
    others += counts(score, is, i, ROTE_ROC_OTHER);
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < n; k++) {
      if (counts(score, is, i, ROTE_ROC_WANTED) && counts(score, is, k, ROTE_ROC_OTHER)) {
        share[i] += pair(score[i], score[k]) / others;
        share[k] += pair(score[i], score[k]) / m;
      }
    }
  }
  for (size_t i = 0; i < n; i++) {
    if (counts(score, is, i, ROTE_ROC_WANTED)) {
      roc.area += share[i] / m;
      groups += members[group[i]] == 0;
      members[group[i]] += 1;
      of_group[group[i]] += share[i];
    }
  }
  for (size_t i = 0; i < n; i++) {
    between += pow(of_group[i] - members[i] * roc.area, 2);
    s01 += counts(score, is, i, ROTE_ROC_OTHER) ? pow(share[i] - roc.area, 2) : 0;
  }
  const double s10 = groups / ((groups - 1) * m) * between;
  roc.error = sqrt(s10 / m + s01 / (others - 1) / others);
  roc.high = groups;
  return roc;
}

static void agrees_with_all_pairs(void **state)
{
  (void)state;
  static const double levels[] = {2, 7, 30, 1e6};
  /* Student's quantiles with 15 to 30 degrees of freedom, from a table */
  static const double student[] = {2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596,
                                   2.07961, 2.07387, 2.06866, 2.06390, 2.05954, 2.05553,
                                   2.05183, 2.04841, 2.04523, 2.04227};
  double score[N];
  uint8_t is[N];
  uint32_t group[N];
  for (uint32_t c = 0; c < 4; c++) {
    rote_roc_interval roc, expected;
    make(c, levels[c], score, is, group);
    expected = over_all_pairs(N, score, is, group);
    CHECK_OK(rote_roc_interval_find(N, score, is, group, &roc));
    NEAR(roc.area, expected.area, 1e-12);
    NEAR(roc.error, expected.error, 1e-12);
    assert_true(roc.low < roc.area && roc.area < roc.high && roc.low >= 0 && roc.high <= 1);
    /* the ends are where the distance to the area is t standard errors of so many trials */
    assert_in_range((size_t)expected.high, 16, 31);
    const double t = student[(size_t)expected.high - 16];
    const double trials = roc.area * (1 - roc.area) / (roc.error * roc.error);
    const double ends[] = {roc.low, roc.high};
    for (int e = 0; e < 2; e++) {
      NEAR(fabs(ends[e] - roc.area) / sqrt(ends[e] * (1 - ends[e]) / trials), t, 1e-4);
    }
  }
}

/* An image that is there four times is one image. */
static void copies_of_an_image_tell_nothing_new(void **state)
{
  (void)state;
  double score[N], copied[N];
  uint8_t is[N], are[N];
  uint32_t group[N], groups[N];
  rote_roc_interval once, often, apart;
  size_t n = 0;
  make(9, 1e6, score, is, group);
  for (size_t i = 0; i < 40; i++) { /* the first 10 are wanted */
    score[i] = isnan(score[i]) ? 0.25 : score[i];
    is[i] = i < 10 ? ROTE_ROC_WANTED : ROTE_ROC_OTHER;
    group[i] = (uint32_t)i;
    for (size_t c = 0; c < (i < 10 ? 4 : 1); c++) {
      copied[n] = score[i];
      are[n] = is[i];
      groups[n++] = (uint32_t)i;
    }
  }
  CHECK_OK(rote_roc_interval_find(40, score, is, group, &once));
  CHECK_OK(rote_roc_interval_find(n, copied, are, groups, &often));
  NEAR(once.area, often.area, 1e-14);
  NEAR(once.error, often.error, 1e-14);
  NEAR(once.low, often.low, 1e-12);
  for (size_t i = 0; i < n; i++) {
    groups[i] = (uint32_t)i;
  }
  CHECK_OK(rote_roc_interval_find(n, copied, are, groups, &apart));
  assert_true(apart.error < 0.9 * often.error);
}

static void closed_forms(void **state)
{
  (void)state;
  static const uint8_t is[] = {ROTE_ROC_WANTED, ROTE_ROC_WANTED, ROTE_ROC_WANTED, ROTE_ROC_OTHER,
                               ROTE_ROC_OTHER,  ROTE_ROC_OTHER,  ROTE_ROC_OTHER,  ROTE_ROC_APART};
  static const uint32_t group[] = {0, 1, 2, 0, 0, 0, 0, 0};
  static const double above[] = {5, 6, 7, 1, 2, 3, 4, 9}, below[] = {1, 2, 3, 4, 5, 6, 7, 0};
  static const double same[] = {1, 1, 1, 1, 1, 1, 1, 1}, none[] = {NAN, NAN, NAN, 1, 2, 3, 4, 5};
  static const double infinite[] = {INFINITY, 0, -INFINITY, INFINITY, 1, -1, -INFINITY, 0};
  const double t2 = 4.24 * 4.24; /* Student with 2 degrees of freedom: 4.30, here 4.17 */
  rote_roc_interval roc;
  CHECK_OK(rote_roc_interval_find(8, above, is, group, &roc));
  NEAR(roc.area, 1, 0);
  NEAR(roc.error, 0, 0);
  NEAR(roc.low, 3 / (3 + t2), 0.006);
  NEAR(roc.high, 1, 1e-12);
  CHECK_OK(rote_roc_interval_find(8, below, is, group, &roc));
  NEAR(roc.area, 0, 0);
  NEAR(roc.low, 0, 1e-12);
  NEAR(roc.high, t2 / (3 + t2), 0.006);
  CHECK_OK(rote_roc_interval_find(8, same, is, group, &roc));
  NEAR(roc.area, 0.5, 0);
  NEAR(roc.low, 0.5, 0);
  NEAR(roc.high, 0.5, 0);
  CHECK_OK(rote_roc_interval_find(8, none, is, group, &roc));
  assert_true(isnan(roc.area) && isnan(roc.error) && isnan(roc.low) && isnan(roc.high));
  CHECK_OK(rote_roc_interval_find(3, above, is, group, &roc)); /* no others */
  assert_true(isnan(roc.area));
  CHECK_OK(rote_roc_interval_find(8, infinite, is, group, &roc)); /* (3.5 + 2 + 0.5) / 12 */
  NEAR(roc.area, 0.5, 1e-15);
  static const uint32_t one[] = {2, 2, 2, 0, 0, 0, 0, 0};
  CHECK_OK(rote_roc_interval_find(8, infinite, is, one, &roc)); /* of one group no error is known */
  NEAR(roc.area, 0.5, 1e-15);
  assert_true(isnan(roc.error) && isnan(roc.low) && isnan(roc.high));
}

/* Normal scores, wanted ones higher by d and in groups of 3 with a common part: the area is
 * Phi(d / sqrt 2), and about 95 of 100 intervals hold it. */
static void intervals_hold_the_area(void **state)
{
  (void)state;
  enum { ROUNDS = 600, WANTED = 60, OTHERS = 100, ALL = WANTED + OTHERS };
  static const double shift[] = {0, 1, 2.5};
  const rote_stream stream = {.seed = 6, .purpose = ROTE_PURPOSE_RELABEL};
  for (uint32_t c = 0; c < 3; c++) {
    const double area = erfc(-shift[c] / 2) / 2;
    size_t held = 0;
    double mean = 0;
    for (uint32_t r = 0; r < ROUNDS; r++) {
      float e[ALL + WANTED / 3];
      double score[ALL];
      uint8_t is[ALL];
      uint32_t group[ALL];
      rote_roc_interval roc;
      rote_random_normal(stream, c * ROUNDS + r, ALL + WANTED / 3, e);
      for (size_t i = 0; i < ALL; i++) {
        const bool wanted = i < WANTED;
        is[i] = wanted ? ROTE_ROC_WANTED : ROTE_ROC_OTHER;
        group[i] = (uint32_t)(i / 3);
        score[i] = wanted ? shift[c] + sqrt(0.8) * (double)e[ALL + i / 3] + sqrt(0.2) * (double)e[i]
                          : (double)e[i];
      }
      CHECK_OK(rote_roc_interval_find(ALL, score, is, group, &roc));
      held += roc.low <= area && area <= roc.high;
      mean += roc.area / ROUNDS;
    }
    NEAR(mean, area, 0.01);
    assert_in_range(held, (size_t)(0.91 * ROUNDS), (size_t)(0.99 * ROUNDS));
    print_message("area %.3f: %.3f of the intervals hold it\n", area, (double)held / ROUNDS);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_all_pairs),
      cmocka_unit_test(copies_of_an_image_tell_nothing_new),
      cmocka_unit_test(closed_forms),
      cmocka_unit_test(intervals_hold_the_area),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
