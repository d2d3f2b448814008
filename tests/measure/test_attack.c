/* Membership attacks: against all pairs, against closed forms, and where there is nothing to tell.
 */
#include "check.h"

#include "rote/attack.h"
#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Made-up models: log p of an image is a normal number around the image's own level, and higher by
 * `shift` under models that were trained with it. */
typedef struct {
  rote_design design;
  uint16_t *fold;
  float *log_px;
} models;

static void make(size_t repeats, size_t folds, size_t images, double shift, models *m)
{
  const rote_stream noise = {.seed = 11, .purpose = ROTE_PURPOSE_WEIGHTS};
  const rote_stream level = {.seed = 11, .purpose = ROTE_PURPOSE_SHUFFLE};
  float *of_image = NULL;
  CHECK_OK(rote_alloc(repeats * images, sizeof *m->fold, &m->fold));
  CHECK_OK(rote_alloc(repeats * folds * images, sizeof *m->log_px, &m->log_px));
  CHECK_OK(rote_alloc(images, sizeof *of_image, &of_image));
  CHECK_OK(rote_fold_assign(5, ROTE_PURPOSE_FOLD, 0, repeats, folds, images, m->fold));
  rote_random_normal(level, 0, images, of_image);
  for (size_t r = 0; r < repeats; r++) {
    for (size_t k = 0; k < folds; k++) {
      float *row = m->log_px + (r * folds + k) * images;
      rote_random_normal(noise, (uint32_t)(r * folds + k), images, row);
      for (size_t i = 0; i < images; i++) {
        row[i] += -100 + 10 * of_image[i] + (m->fold[r * images + i] != k ? (float)shift : 0);
      }
    }
  }
  m->design = (rote_design){.repeats = repeats, .folds = folds, .images = images, .fold = m->fold};
  rote_free(&of_image);
}

static void forget(models *m)
{
  rote_free(&m->fold);
  rote_free(&m->log_px);
}

static rote_attack *attack(const models *m)
{
  rote_attack *a = NULL;
  CHECK_OK(rote_attack_create(&m->design, &a));
  rote_attack_begin(a, m->log_px);
  for (size_t r = 0; r < m->design.repeats; r++) {
    rote_attack_repeat(a, r);
  }
  rote_attack_end(a);
  return a;
}

static double value(const models *m, size_t r, size_t k, size_t i)
{
  return m->log_px[(r * m->design.folds + k) * m->design.images + i];
}

static bool member(const models *m, size_t r, size_t k, size_t i)
{
  return m->fold[r * m->design.images + i] != k;
}

/* Sums over the references of an image: powers 0, 1, 2 of log p, and likelihoods in units of e^-100
 * (log p is near it). */
typedef struct {
  double n, x, xx, p;
} sums;

static sums look(const models *m, size_t repeat, size_t i, bool in)
{
  sums s = {0};
  for (size_t r = 0; r < m->design.repeats; r++) {
    for (size_t k = 0; k < m->design.folds; k++) {
      const double x = value(m, r, k, i) + 100;
      if (r != repeat && member(m, r, k, i) == in && !isnan(x)) {
        s = (sums){s.n + 1, s.x + x, s.xx + x * x, s.p + exp(x)};
      }
    }
  }
  return s;
}

/* Scores by other sums than the program's, and RMIA by all pairs. @param[out] score [A][N] */
static void score_plainly(const models *m, size_t r, size_t k, double *score[ROTE_ATTACKS])
{
  const size_t n = m->design.images;
  for (size_t i = 0; i < n; i++) {
    const sums in = look(m, r, i, true), out = look(m, r, i, false);
    const double x = value(m, r, k, i) + 100, a = in.x / in.n, b = out.x / out.n;
    const double v = (in.xx - in.n * a * a + out.xx - out.n * b * b) / (in.n + out.n - 2);
    score[ROTE_ATTACK_BASE][i] = x - log((in.p + out.p) / (in.n + out.n));
    score[ROTE_ATTACK_LIRA][i] =
        in.n + out.n > 2 && v > 1e-9 ? (a - b) * (x - (a + b) / 2) / v : (double)NAN;
    score[ROTE_ATTACK_RMIA][i] = x - log((in.p / in.n + out.p / out.n) / 2);
  }
  double *share = NULL, *ratio = score[ROTE_ATTACK_RMIA];
  CHECK_OK(rote_alloc(n, sizeof *share, &share));
  for (size_t i = 0; i < n; i++) {
    double others = 0;
    for (size_t z = 0; z < n; z++) {
      others += z != i && !isnan(ratio[z]) ? 1 : 0;
      share[i] += z != i && ratio[i] > ratio[z] + log(2) ? 1 : 0;
    }
    share[i] = isnan(ratio[i]) ? (double)NAN : share[i] / others;
  }
  memcpy(ratio, share, n * sizeof *share);
  rote_free(&share);
}

/* Area and true positives by all pairs; an image is found if at most 1 % of the others score as
 * high or higher. @param[in,out] hits, tries  [N] */
static void judge_plainly(const models *m, size_t r, size_t k, const double *score, double *rate,
                          double *hits, double *tries)
{
  const size_t n = m->design.images;
  double others = 0, members = 0;
  memset(rate, 0, ROTE_ATTACK_RATES * sizeof *rate);
  for (size_t z = 0; z < n; z++) {
    others += !member(m, r, k, z) && !isnan(score[z]) ? 1 : 0;
  }
  for (size_t i = 0; i < n; i++) {
    double lower = 0, above = 0;
    if (!member(m, r, k, i) || isnan(score[i])) {
      continue;
    }
    members++;
    for (size_t z = 0; z < n; z++) {
      if (!member(m, r, k, z) && !isnan(score[z])) {
        lower += score[i] > score[z] ? 1 : score[i] == score[z] ? 0.5 : 0;
        above += score[z] >= score[i] ? 1 : 0;
      }
    }
    rate[ROTE_ATTACK_AREA] += lower / others;
    rate[ROTE_ATTACK_PER_HUNDRED] += above * 100 <= others ? 1 : 0;
    rate[ROTE_ATTACK_PER_THOUSAND] += above * 1000 <= others ? 1 : 0;
    hits[i] += above * 100 <= others ? 1 : 0;
    tries[i] += others > 0 ? 1 : 0;
  }
  for (size_t t = 0; t < ROTE_ATTACK_RATES; t++) {
    rate[t] = members > 0 && others > 0 ? rate[t] / members : (double)NAN;
  }
}

static void is_near(const char *what, double x, double expected)
{
  if (isnan(x) != isnan(expected) || fabs(x - expected) > 1e-12) {
    fail_msg("%s: %.17g, expected %.17g", what, x, expected);
  }
}

/* Everything by all pairs and other sums. */
static void compare(const models *m)
{
  const rote_design *d = &m->design;
  const size_t n = d->images, targets = d->repeats * d->folds;
  double *score[ROTE_ATTACKS], *hits[ROTE_ATTACKS], *tries[ROTE_ATTACKS];
  double *rate = NULL; /* [A, R, K, rates] */
  rote_attack *a = attack(m);
  CHECK_OK(rote_alloc(ROTE_ATTACKS * targets * ROTE_ATTACK_RATES, sizeof *rate, &rate));
  for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
    CHECK_OK(rote_alloc(n, sizeof(double), &score[kind]));
    CHECK_OK(rote_alloc(n, sizeof(double), &hits[kind]));
    CHECK_OK(rote_alloc(n, sizeof(double), &tries[kind]));
  }
  for (size_t t = 0; t < targets; t++) {
    score_plainly(m, t / d->folds, t % d->folds, score);
    for (size_t kind = 0; kind < ROTE_ATTACKS; kind++) {
      judge_plainly(m, t / d->folds, t % d->folds, score[kind],
                    rate + (kind * targets + t) * ROTE_ATTACK_RATES, hits[kind], tries[kind]);
    }
  }
  for (rote_attack_kind kind = 0; kind < ROTE_ATTACKS; kind++) {
    const rote_attack_outcome *o = rote_attack_look(a, kind);
    for (size_t t = 0; t < targets; t++) {
      for (size_t i = 0; i < ROTE_ATTACK_RATES; i++) {
        is_near(rote_attack_name[kind], o->of_target[i][t],
                rate[(kind * targets + t) * ROTE_ATTACK_RATES + i]);
      }
    }
    for (size_t i = 0; i < n; i++) {
      is_near("found", o->found[i],
              tries[kind][i] > 0 ? hits[kind][i] / tries[kind][i] : (double)NAN);
    }
    rote_free(&score[kind]);
    rote_free(&hits[kind]);
    rote_free(&tries[kind]);
  }
  rote_free(&rate);
  rote_attack_destroy(&a);
}

static void agrees_with_all_pairs(void **state)
{
  (void)state;
  models m;
  make(3, 4, 430, 0.7, &m); /* 107 or 108 others: one false positive */
  compare(&m);
  forget(&m);
  make(3, 3, 90, 2, &m);
  compare(&m);
  forget(&m);
  make(2, 2, 300, 1, &m); /* 2 references of an image: no variance, no lira */
  compare(&m);
  rote_attack *a = attack(&m);
  assert_true(isnan(rote_attack_look(a, ROTE_ATTACK_LIRA)->mean[ROTE_ATTACK_AREA]));
  assert_true(rote_attack_look(a, ROTE_ATTACK_RMIA)->mean[ROTE_ATTACK_AREA] > 0.6);
  rote_attack_destroy(&a);
  forget(&m);
}

/* Diverged models are neither targets nor references. */
static void goes_on_without_models(void **state)
{
  (void)state;
  models m;
  make(3, 4, 430, 0.7, &m);
  for (size_t i = 0; i < 430; i++) {
    m.log_px[(1 * 4 + 2) * 430 + i] = NAN;
    m.log_px[(2 * 4 + 0) * 430 + i] = NAN;
  }
  compare(&m);
  rote_attack *a = attack(&m);
  const rote_attack_outcome *o = rote_attack_look(a, ROTE_ATTACK_BASE);
  assert_true(isnan(o->of_target[ROTE_ATTACK_AREA][1 * 4 + 2]));
  assert_true(isfinite(o->mean[ROTE_ATTACK_AREA]));
  rote_attack_destroy(&a);
  forget(&m);
}

/* Two normals that are `shift` apart, seen through a reference that adds `noise` to their unit
 * variance: the area is Phi(shift / sqrt(2 + 2 noise)). */
static void promised(const models *m, rote_attack_kind kind, double shift, double noise)
{
  rote_attack *a = attack(m);
  const rote_attack_outcome *o = rote_attack_look(a, kind);
  const double area = erfc(-shift / sqrt(2 + 2 * noise) / sqrt(2)) / 2;
  const double error = o->standard_error[ROTE_ATTACK_AREA];
  if (!(error < 0.006) || fabs(o->mean[ROTE_ATTACK_AREA] - area) > 4 * error) {
    fail_msg("%s: area %.4f +- %.4f, expected %.4f", rote_attack_name[kind],
             o->mean[ROTE_ATTACK_AREA], error, area);
  }
  rote_attack_destroy(&a);
}

/* The level of an image is known to BASE and RMIA by the mean of n log-normals, whose log has the
 * variance (e - 1) / n; to LIRA, by 59 models on either side, all but exactly. */
static void finds_what_a_known_shift_promises(void **state)
{
  (void)state;
  const double shift = 1.2;
  models m;
  make(12, 5, 3000, shift, &m);
  promised(&m, ROTE_ATTACK_BASE, shift, 1.72 / 55);
  promised(&m, ROTE_ATTACK_RMIA, shift, 1.72 / 55);
  rote_attack *a = attack(&m);
  const rote_attack_outcome *o = rote_attack_look(a, ROTE_ATTACK_BASE);
  const double rate = erfc((2.3263 - shift) / sqrt(2)) / 2, all = o->mean[ROTE_ATTACK_PER_HUNDRED];
  if (fabs(all - rate) > 4 * o->standard_error[ROTE_ATTACK_PER_HUNDRED]) {
    fail_msg("%.4f true positives at 1 %%, expected %.4f", all, rate);
  }
  rote_attack_destroy(&a);
  forget(&m);
  make(60, 2, 400, shift, &m);
  promised(&m, ROTE_ATTACK_LIRA, shift, 0);
  forget(&m);
}

static void nothing_to_tell(models *m, const char *what)
{
  rote_attack *a = attack(m);
  for (rote_attack_kind kind = 0; kind < ROTE_ATTACKS; kind++) {
    const rote_attack_outcome *o = rote_attack_look(a, kind);
    const double targets = (double)(m->design.repeats * m->design.folds);
    const double others = (double)(m->design.images / m->design.folds);
    /* of one target sqrt((P + Q + 1) / (12 P Q)), which Q members leave near sqrt(1 / (12 Q)) */
    const double error =
        sqrt((double)m->design.folds / (double)(m->design.folds - 1) / (12 * others * targets));
    if (fabs(o->mean[ROTE_ATTACK_AREA] - 0.5) > 5 * error) {
      fail_msg("%s, %s: area %.4f, not 0.5 +- %.4f", what, rote_attack_name[kind],
               o->mean[ROTE_ATTACK_AREA], 5 * error);
    }
    assert_true(o->mean[ROTE_ATTACK_PER_HUNDRED] < 0.02);
  }
  rote_attack_destroy(&a);
}

static void finds_nothing_where_nothing_is(void **state)
{
  (void)state;
  models m;
  make(6, 5, 2000, 0, &m);
  nothing_to_tell(&m, "no shift");
  forget(&m);
  make(6, 5, 2000, 3, &m);
  CHECK_OK(rote_fold_assign(5, ROTE_PURPOSE_REDRAW, 1, 6, 5, 2000, m.fold));
  nothing_to_tell(&m, "folds drawn anew");
  forget(&m);
}

/* Images that no number tells apart: ties count half, and none is found. */
static void equal_scores_tell_nothing(void **state)
{
  (void)state;
  models m;
  make(3, 4, 400, 1, &m);
  for (size_t i = 0; i < 3 * 4 * 400; i++) {
    m.log_px[i] = -100;
  }
  rote_attack *a = attack(&m);
  const rote_attack_kind some[] = {ROTE_ATTACK_BASE, ROTE_ATTACK_RMIA};
  for (size_t s = 0; s < 2; s++) {
    const rote_attack_outcome *o = rote_attack_look(a, some[s]);
    assert_true(o->mean[ROTE_ATTACK_AREA] == 0.5);
    assert_true(o->standard_error[ROTE_ATTACK_AREA] == 0);
    assert_true(o->mean[ROTE_ATTACK_PER_HUNDRED] == 0 && o->found[7] == 0);
  }
  assert_true(isnan(rote_attack_look(a, ROTE_ATTACK_LIRA)->found[7])); /* no spread, no density */
  rote_attack_destroy(&a);
  forget(&m);
}

/* The workspace keeps nothing of the models before. */
static void begins_anew(void **state)
{
  (void)state;
  models m;
  make(3, 3, 200, 1, &m);
  rote_attack *once = attack(&m), *twice = attack(&m);
  rote_attack_begin(twice, m.log_px);
  for (size_t r = 0; r < 3; r++) {
    rote_attack_repeat(twice, r);
  }
  rote_attack_end(twice);
  for (rote_attack_kind kind = 0; kind < ROTE_ATTACKS; kind++) {
    assert_memory_equal(rote_attack_look(once, kind)->found, rote_attack_look(twice, kind)->found,
                        200 * sizeof(double));
  }
  rote_attack_destroy(&once);
  rote_attack_destroy(&twice);
  forget(&m);
}

/* Means and standard errors of the rates of targets, over repeats of two. */
static void averages_targets_and_repeats(void **state)
{
  (void)state;
  models m;
  make(4, 2, 500, 1, &m);
  rote_attack *a = attack(&m);
  const rote_attack_outcome *o = rote_attack_look(a, ROTE_ATTACK_BASE);
  double mean = 0, squares = 0;
  for (size_t t = 0; t < 8; t++) {
    mean += o->of_target[ROTE_ATTACK_AREA][t] / 8;
  }
  for (size_t r = 0; r < 4; r++) {
    const double *two = o->of_target[ROTE_ATTACK_AREA] + 2 * r;
    squares += ((two[0] + two[1]) / 2 - mean) * ((two[0] + two[1]) / 2 - mean);
  }
  is_near("mean", o->mean[ROTE_ATTACK_AREA], mean);
  is_near("standard error", o->standard_error[ROTE_ATTACK_AREA], sqrt(squares / 3 / 4));
  rote_attack_destroy(&a);
  forget(&m);
}

static void leaves_nothing_behind(void **state)
{
  (void)state;
  models m;
  make(2, 2, 50, 1, &m);
  const long before = rote_memory_live_blocks();
  rote_status status = ROTE_NOMEM;
  for (long n = 0; status == ROTE_NOMEM; n++) {
    rote_attack *a = NULL;
    rote_memory_fail_at(n);
    status = rote_attack_create(&m.design, &a);
    rote_memory_fail_at(-1);
    rote_attack_destroy(&a);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  m.design.repeats = 1;
  rote_attack *a = NULL;
  CHECK_FAILS(rote_attack_create(&m.design, &a), ROTE_INTERNAL, "2 repeats");
  forget(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_all_pairs),
      cmocka_unit_test(goes_on_without_models),
      cmocka_unit_test(finds_what_a_known_shift_promises),
      cmocka_unit_test(finds_nothing_where_nothing_is),
      cmocka_unit_test(equal_scores_tell_nothing),
      cmocka_unit_test(begins_anew),
      cmocka_unit_test(averages_targets_and_repeats),
      cmocka_unit_test(leaves_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
