/* Neighbours: searches, cells, data copying and relabelling against brute force and closed forms.
 */
#include "check.h"

#include "cells.h"
#include "closest.h"
#include "copying.h"
#include "half_size.h"
#include "neighbours_result.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 11

/* Uniform numbers of 1/255 steps, so that there are ties, or normal ones. */
static void draw(uint32_t item, size_t n, bool whole, float *out)
{
  const rote_stream stream = {.seed = SEED, .purpose = ROTE_PURPOSE_REDRAW};
  if (whole) {
    rote_random_uniform(stream, item, n, out);
  } else {
    rote_random_normal(stream, item, n, out);
  }
  for (size_t i = 0; i < n; i++) {
    out[i] = whole ? floorf(4 * out[i]) : 100 + out[i]; /* far from 0: products cancel */
  }
}

static double square_of(size_t numbers, const float *x, const float *y)
{
  double sum = 0;
  for (size_t d = 0; d < numbers; d++) {
    sum += ((double)x[d] - (double)y[d]) * ((double)x[d] - (double)y[d]);
  }
  return sum;
}

typedef struct {
  const float *y;
  size_t numbers;
} list;

static void load(const void *context, size_t first, size_t n, float *y)
{
  const list *l = context;
  memcpy(y, l->y + first * l->numbers, n * l->numbers * sizeof *y);
}

static int compare_ones(const void *a, const void *b)
{
  const rote_closest_one *x = a, *y = b;
  return x->square != y->square ? (x->square > y->square ? 1 : -1)
                                : (x->index > y->index) - (x->index < y->index);
}

static void check_search(size_t m, size_t n, size_t numbers, size_t k, bool whole, bool self)
{
  float *x = calloc(m * numbers, sizeof *x), *y = calloc(n * numbers, sizeof *y);
  uint32_t *own = calloc(m, sizeof *own);
  rote_closest_one *found = calloc(m * k, sizeof *found), *all = calloc(n, sizeof *all);
  rote_closest *closest = NULL;
  draw(0, m * numbers, whole, x);
  draw(1, n * numbers, whole, y);
  for (size_t i = 0; i < m; i++) {
    own[i] = (uint32_t)(i * 7 % n);
  }
  const list others = {y, numbers};
  const rote_closest_source source = {.count = n, .load = load, .context = &others};
  const rote_closest_search search = {.x = x, .count = m, .k = k, .self = self ? own : NULL};
  CHECK_OK(rote_closest_create(numbers, &closest));
  CHECK_OK(rote_closest_find(closest, &search, &source, found));
  for (size_t i = 0; i < m; i++) {
    size_t there = 0;
    for (size_t j = 0; j < n; j++) {
      if (!self || j != own[i]) {
        all[there++] =
            (rote_closest_one){square_of(numbers, x + i * numbers, y + j * numbers), (uint32_t)j};
      }
    }
    qsort(all, there, sizeof *all, compare_ones);
    for (size_t l = 0; l < k; l++) {
      const rote_closest_one *f = &found[i * k + l];
      if (l >= there) {
        assert_true(isinf(f->square) && f->index == ROTE_CLOSEST_NONE);
        continue;
      }
      assert_true(fabs(f->square - all[l].square) <= 1e-12 * all[l].square);
      assert_int_equal(f->index, all[l].index);
    }
  }
  rote_closest_destroy(&closest);
  free(x);
  free(y);
  free(own);
  free(found);
  free(all);
}

static void finds_the_closest(void **state)
{
  (void)state;
  check_search(50, 1300, 27, 1, true, false);
  check_search(50, 1300, 27, 50, true, true); /* many ties */
  check_search(70, 1027, 33, 16, false, true);
  check_search(3, 5, 9, 16, false, true); /* fewer than k */
  check_search(480, 513, 1, 2, true, false);
}

static void an_image_that_is_no_number_has_nobody_close(void **state)
{
  (void)state;
  float x[2] = {NAN, 1}, y[6] = {1, 2, NAN, 4, 1, 1};
  rote_closest_one found[1];
  rote_closest *closest = NULL;
  const list others = {y, 2};
  const rote_closest_source source = {.count = 3, .load = load, .context = &others};
  const rote_closest_search search = {.x = x, .count = 1, .k = 1};
  CHECK_OK(rote_closest_create(2, &closest));
  CHECK_OK(rote_closest_find(closest, &search, &source, found));
  assert_int_equal(found[0].index, ROTE_CLOSEST_NONE);
  x[0] = 1;
  CHECK_OK(rote_closest_find(closest, &search, &source, found));
  assert_int_equal(found[0].index, 2);
  assert_true(found[0].square == 0);
  rote_closest_destroy(&closest);
}

static void averages_odd_sides_too(void **state)
{
  (void)state;
  const rote_data_info info = {.channels = 1, .height = 3, .width = 3};
  const uint8_t pixel[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const float expected[] = {12, 18, 30, 36}; /* sums; 2 (3 + 6), 2 (7 + 8), 4 * 9 */
  float half[4], scaled[4], unit[9];
  assert_int_equal(rote_half_numbers(&info), 4);
  rote_half_bytes(&info, pixel, half);
  for (size_t i = 0; i < 9; i++) {
    unit[i] = (float)pixel[i] / 255;
  }
  rote_half_pixels(&info, unit, 1, scaled);
  for (size_t i = 0; i < 4; i++) {
    assert_true(half[i] == expected[i]);
    assert_true(fabsf(scaled[i] - half[i]) < 1e-4f);
  }
}

/* Three heaps far apart are the three cells, whoever comes first; no fourth is needed. */
static void cells_are_the_heaps(void **state)
{
  (void)state;
  const rote_stream stream = {.seed = SEED, .purpose = ROTE_PURPOSE_NEIGHBOURS_CELLS};
  float x[60], centre[4];
  for (size_t i = 0; i < 60; i++) {
    x[i] = (float)(100 * (i % 3) + i % 5);
  }
  CHECK_OK(rote_cells_make(stream, 0, 60, 1, x, 3, centre));
  for (size_t i = 0; i < 60; i++) {
    assert_int_equal(rote_cells_of(1, x + i, 3, centre), rote_cells_of(1, x + i % 3, 3, centre));
  }
  for (size_t i = 0; i < 3; i++) {
    assert_true(fmodf(centre[i], 100) == 2);
  }
  for (size_t i = 0; i < 60; i++) {
    x[i] = 5; /* all the same: the other cells stay empty */
  }
  CHECK_OK(rote_cells_make(stream, 0, 60, 1, x, 4, centre));
  assert_int_equal(rote_cells_of(1, x, 4, centre), 0);
  assert_true(centre[0] == 5);
}

/* U by all pairs, in two cells of which one has too small a share. */
static void data_copying_counts_pairs(void **state)
{
  (void)state;
  const double q[] = {1, 2, 2, 5, 9}, p[] = {2, 3, 1, 7};
  const uint32_t cell_q[] = {0, 0, 0, 0, 1}, cell_p[] = {0, 0, 0, 1};
  const rote_copying_side sample = {5, q, cell_q}, held_out = {4, p, cell_p};
  rote_copying *copying = NULL;
  double z[3];
  uint32_t n[3], m[3];
  /* pairs with p = 2, 3, 1: 1 -> .5; 2 -> .5 + 1; 2 the same; 5 -> 3 */
  const double u = 0.5 + 1.5 + 1.5 + 3;
  const double z_0 = (u - 6) / sqrt(12 * 8 / 12.0);
  const double z_1 = 0.5 / sqrt(3 / 12.0);
  CHECK_OK(rote_copying_create(9, 3, &copying));
  assert_true(fabs(rote_copying_test(copying, &sample, &held_out, 0.2, z, n, m) - z_0) < 1e-14);
  assert_true(fabs(z[0] - z_0) < 1e-14 && isnan(z[1]) && isnan(z[2]));
  assert_true(n[0] == 4 && m[0] == 3 && n[1] == 1 && m[1] == 1 && n[2] == 0 && m[2] == 0);
  const double both = (3 * z_0 + z_1) / 4;
  assert_true(fabs(rote_copying_test(copying, &sample, &held_out, 0.1, z, n, m) - both) < 1e-14);
  assert_true(isnan(rote_copying_test(copying, &sample, &held_out, 0.9, z, n, m)));
  rote_copying_destroy(&copying);
}

static void authentic_by_the_neighbour(void **state)
{
  (void)state;
  const double distance[] = {1, 2, 3, (double)NAN}, neighbour[] = {2, 1, 3, 1};
  uint8_t authentic[4];
  double share = 0;
  rote_neighbours_authenticity(4, distance, neighbour, authentic, &share);
  assert_true(authentic[0] == 0 && authentic[1] == 1 && authentic[2] == 0 && authentic[3] == 255);
  assert_true(fabs(share - 1.0 / 3) < 1e-15);
}

static void ratios_of_nothing(void **state)
{
  (void)state;
  assert_true(rote_distance_ratio(0, 0) == 1);
  assert_true(isinf(rote_distance_ratio(1, 0)));
  assert_true(rote_distance_ratio(0, 1) == 0);
  assert_true(isnan(rote_distance_ratio((double)NAN, 0)));
}

/* Points of a plane: B called training and B held out, as many samples. */
enum { B = 40, POOL = 2 * B, NUMBERS = 4, LIST = 16 };

typedef struct {
  float pool[POOL * NUMBERS], sample[B * NUMBERS];
  uint32_t near[2][POOL * LIST], cell[2][POOL];
  double distance[2][POOL * LIST], nearest_sample[POOL];
  rote_relabel_problem problem;
} world;

static void fill_side(const world *w, const float *x, size_t n, bool own, rote_relabel_side *side)
{
  rote_closest_one found[POOL * LIST];
  uint32_t self[POOL];
  rote_closest *closest = NULL;
  const list pool = {w->pool, NUMBERS};
  const rote_closest_source source = {.count = POOL, .load = load, .context = &pool};
  for (size_t i = 0; i < n; i++) {
    self[i] = (uint32_t)i;
    side->cell[i] = 0;
  }
  const rote_closest_search search = {.x = x, .count = n, .k = LIST, .self = own ? self : NULL};
  CHECK_OK(rote_closest_create(NUMBERS, &closest));
  CHECK_OK(rote_closest_find(closest, &search, &source, found));
  for (size_t i = 0; i < n * LIST; i++) {
    side->near[i] = found[i].index;
    side->distance[i] = sqrt(found[i].square);
  }
  side->count = n;
  rote_closest_destroy(&closest);
}

static void draw_world(world *w, uint32_t item)
{
  draw(item, POOL * NUMBERS, false, w->pool);
  draw(item + 1000, B * NUMBERS, false, w->sample);
}

static void look(world *w, size_t permutations)
{
  w->problem = (rote_relabel_problem){
      .list = LIST,
      .cells = 1,
      .permutations = permutations,
      .stream = {.seed = SEED, .purpose = ROTE_PURPOSE_RELABEL},
      .sample = {.near = w->near[0], .distance = w->distance[0], .cell = w->cell[0]},
      .pool = {.near = w->near[1], .distance = w->distance[1], .cell = w->cell[1]},
      .nearest_sample = w->nearest_sample};
  fill_side(w, w->sample, B, false, &w->problem.sample);
  fill_side(w, w->pool, POOL, true, &w->problem.pool);
  for (size_t i = 0; i < POOL; i++) {
    double least = (double)INFINITY;
    for (size_t j = 0; j < B; j++) {
      least = fmin(least, square_of(NUMBERS, w->pool + i * NUMBERS, w->sample + j * NUMBERS));
    }
    w->nearest_sample[i] = sqrt(least);
  }
}

static double nearest_of(const float *x, const float *others, size_t n)
{
  double least = (double)INFINITY;
  for (size_t j = 0; j < n; j++) {
    const double square = square_of(NUMBERS, x, others + j * NUMBERS);
    least = others + j * NUMBERS != x ? fmin(least, square) : least;
  }
  return sqrt(least);
}

/* The statistics of the true names, from all distances. */
static void relabelling_begins_with_the_truth(void **state)
{
  (void)state;
  static world w;
  rote_relabel_result result;
  const float *training = w.pool, *held_out = w.pool + B * NUMBERS;
  double u = 0, ratio = 0, bound = (double)INFINITY, near = 0;
  draw_world(&w, 3);
  for (size_t i = 0; i < NUMBERS; i++) {
    w.sample[i] = w.pool[i] + 0.001f; /* a near-duplicate */
  }
  look(&w, 0);
  CHECK_OK(rote_relabel(&w.problem, &result));
  for (size_t i = 0; i < B; i++) {
    const float *x = training + i * NUMBERS;
    ratio += nearest_of(x, held_out, B) / nearest_of(x, w.sample, B) / B;
    bound = fmin(bound, nearest_of(x, training, B));
    for (size_t j = 0; j < B; j++) {
      const double q = nearest_of(w.sample + i * NUMBERS, training, B);
      const double p = nearest_of(held_out + j * NUMBERS, training, B);
      u += q > p ? 1 : q == p ? 0.5 : 0;
    }
  }
  for (size_t i = 0; i < B * B; i++) {
    near +=
        sqrt(square_of(NUMBERS, w.sample + i / B * NUMBERS, training + i % B * NUMBERS)) < bound;
  }
  const double z = (u - B * B / 2.0) / sqrt(B * B * (2 * B + 1) / 12.0);
  assert_true(near >= 1);
  assert_true(fabs(result.value[ROTE_RELABEL_COPYING] - z) < 1e-12);
  assert_true(fabs(result.value[ROTE_RELABEL_RATIO] - ratio) < 1e-12 * ratio);
  assert_true(result.value[ROTE_RELABEL_NEAR_DUPLICATES] == near);
  assert_true(isnan(result.p[0]) && isnan(result.p[1]) && isnan(result.p[2]));
}

/* A third of the samples are training images with a little noise. */
static void copies_are_found(void **state)
{
  (void)state;
  static world w;
  rote_relabel_result result;
  draw_world(&w, 5);
  for (size_t i = 0; i < B / 3 * NUMBERS; i++) {
    w.sample[i] = w.pool[i] + 0.01f * (w.sample[i] - 100);
  }
  look(&w, 199);
  CHECK_OK(rote_relabel(&w.problem, &result));
  assert_true(result.value[ROTE_RELABEL_COPYING] < -1);
  for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    if (!(result.p[s] <= 0.05)) {
      fail_msg("statistic %zu: %g, p %g", s, result.value[s], result.p[s]);
    }
  }
}

/* A smoothed density, the images' own convolved with a wide kernel: a Gaussian of twice the width.
 * Its samples are farther from the training images than held-out ones are. */
static void smooth_samples_are_farther(void **state)
{
  (void)state;
  static world w;
  rote_relabel_result result;
  draw_world(&w, 7);
  for (size_t i = 0; i < B * NUMBERS; i++) {
    w.sample[i] = 100 + 2 * (w.sample[i] - 100);
  }
  look(&w, 199);
  CHECK_OK(rote_relabel(&w.problem, &result));
  assert_true(result.value[ROTE_RELABEL_COPYING] > 2);
  for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    assert_true(result.p[s] > 0.05);
  }
}

/* Of generators that copy nothing, be they right or wrong, 5 % are significant: of 200 no more than
 * 18, which more are once in 500 times if each is with 5 %. */
static void honest_generators_are_not_accused(void **state)
{
  (void)state;
  enum { WORLDS = 200, AT_MOST = 18 };
  static world w;
  rote_relabel_result result;
  size_t accused[ROTE_RELABEL_STATISTICS] = {0};
  for (uint32_t i = 0; i < WORLDS; i++) {
    draw_world(&w, 10 + i);
    for (size_t j = 0; j < B * NUMBERS && i % 2 == 1; j++) {
      w.sample[j] = 100 + 0.5f * (w.sample[j] - 100); /* wrong: too narrow */
    }
    look(&w, 99);
    CHECK_OK(rote_relabel(&w.problem, &result));
    for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
      accused[s] += result.p[s] <= 0.05;
    }
  }
  for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    if (accused[s] > AT_MOST) {
      fail_msg("statistic %zu: %zu of %d are significant", s, accused[s], WORLDS);
    }
  }
  assert_true(accused[ROTE_RELABEL_RATIO] > 1); /* it is no p-value that is always large */
}

/* The generator is right, and its samples are new. Each of the statistics has p <= 0.01 once in 100
 * times, so the median of five worlds hardly ever. */
static void fresh_samples_are_silent(void **state)
{
  (void)state;
  enum { WORLDS = 5 };
  static world w;
  rote_relabel_result result;
  size_t small[ROTE_RELABEL_STATISTICS] = {0}, positive = 0;
  for (uint32_t i = 0; i < WORLDS; i++) {
    draw_world(&w, 400 + i);
    look(&w, 199);
    CHECK_OK(rote_relabel(&w.problem, &result));
    assert_true(fabs(result.value[ROTE_RELABEL_COPYING]) < 3.5);
    positive += result.value[ROTE_RELABEL_COPYING] > 0;
    for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
      small[s] += result.p[s] <= 0.01;
    }
  }
  assert_in_range(positive, 1, WORLDS - 1); /* either sign */
  for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    assert_true(small[s] < (WORLDS + 1) / 2);
  }
}

/* Without images that nobody was trained on, or without a model to draw samples from. */
static void says_what_is_missing(void **state)
{
  (void)state;
  const char *const set[] = {"measures=[neighbours]"};
  rote_study *study = NULL;
  rote_data_info info = {.channels = 1, .height = 4, .width = 4, .train_count = 9, .test_count = 5};
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", 1, set, &study));
  rote_options *o = &study->base;
  o->folds.full = 1;
  CHECK_OK(rote_measure_neighbours.check(o, &info));
  o->folds.full = 0;
  CHECK_FAILS(rote_measure_neighbours.check(o, &info), ROTE_DATA, "but folds.full is 0");
  o->folds.full = 1;
  info.test_count = 0;
  CHECK_FAILS(rote_measure_neighbours.check(o, &info), ROTE_DATA, "has no test images");
  const rote_unit full = {.full = true};
  assert_int_equal(rote_measure_neighbours.rows(o, &info, 9, full), 0);
  info.test_count = 5;
  assert_int_equal(rote_measure_neighbours.rows(o, &info, 9, full), 19);
  rote_study_destroy(&study);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_closest),
      cmocka_unit_test(an_image_that_is_no_number_has_nobody_close),
      cmocka_unit_test(averages_odd_sides_too),
      cmocka_unit_test(cells_are_the_heaps),
      cmocka_unit_test(data_copying_counts_pairs),
      cmocka_unit_test(authentic_by_the_neighbour),
      cmocka_unit_test(ratios_of_nothing),
      cmocka_unit_test(relabelling_begins_with_the_truth),
      cmocka_unit_test(copies_are_found),
      cmocka_unit_test(smooth_samples_are_farther),
      cmocka_unit_test(honest_generators_are_not_accused),
      cmocka_unit_test(fresh_samples_are_silent),
      cmocka_unit_test(says_what_is_missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
