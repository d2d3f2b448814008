/* Classical densities without some points against densities of what is left. */
#include "check.h"

#include "rote/density.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 60, D = 3, K = 4, R = 2, G = 3, NEIGHBOURS = 3, ROUNDS = 6 };

static const double bandwidth = 0.6, variance_floor = 0.3;

typedef struct {
  double point[N * D], columns[D * N], square[N];
  uint16_t fold[R * N];
  size_t left[R * K];
} scene;

static void set_up(scene *s)
{
  float z[N * D];
  rote_random_normal((rote_stream){.seed = 5, .purpose = ROTE_PURPOSE_WEIGHTS}, 1, N * D, z);
  for (size_t i = 0; i < N * D; i++) {
    s->point[i] = (double)z[i] + (double)(i / D % G); /* three heaps that overlap */
    s->columns[i % D * N + i / D] = s->point[i];
  }
  memset(s->left, 0, sizeof s->left);
  for (size_t i = 0; i < R * N; i++) {
    s->fold[i] = (uint16_t)((i * 7 + i / N) % K);
    for (size_t k = 0; k < K; k++) {
      s->left[i / N * K + k] += k != s->fold[i];
    }
  }
}

static void move(scene *s, size_t i, double x, double y, double z)
{
  const double to[D] = {x, y, z};
  for (size_t k = 0; k < D; k++) {
    s->point[i * D + k] = s->columns[k * N + i] = to[k];
  }
}

static void look_from(scene *s, size_t i)
{
  rote_point_distances(N, D, s->point + i * D, s->columns, N, s->square);
}

static void near(double a, double b, double tolerance)
{
  if (!(fabs(a - b) <= tolerance * (1 + fabs(b)))) {
    fail_msg("%.17g is not %.17g", a, b);
  }
}

/* The points that are left, one after the other. @return their number */
static size_t rest_of(const scene *s, const rote_left_out *out, double *square)
{
  size_t n = 0;
  for (size_t i = 0; i < N; i++) {
    if (!(i == out->point || (out->fold != NULL && out->fold[i] == out->of))) {
      square[n++] = s->square[i];
    }
  }
  assert_int_equal(n, N - out->count);
  return n;
}

static int compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double brute_knn(const scene *s, const rote_left_out *out)
{
  double rest[N];
  const size_t n = rest_of(s, out, rest);
  size_t k = NEIGHBOURS;
  qsort(rest, n, sizeof *rest, compare);
  while (k <= n && rest[k - 1] == 0) {
    k++;
  }
  return k > n ? (double)NAN
               : log((double)k / ((double)n * 4 / 3 * acos(-1.0) * pow(rest[k - 1], 1.5)));
}

static double brute_kde(const scene *s, const rote_left_out *out)
{
  double rest[N], sum = 0;
  const size_t n = rest_of(s, out, rest);
  for (size_t i = 0; i < n; i++) {
    sum += exp(-rest[i] / (2 * bandwidth * bandwidth));
  }
  return log(sum / ((double)n * pow(2 * acos(-1.0) * bandwidth * bandwidth, 1.5)));
}

static rote_density_folds folds_of(const scene *s)
{
  return (rote_density_folds){
      .points = N, .repeats = R, .folds = K, .fold = s->fold, .left = s->left};
}

/* Every point in turn, without nothing, a point and a fold. */
static void check_neighbours(scene *s)
{
  rote_knn_search *search = NULL;
  const rote_density_folds folds = folds_of(s);
  CHECK_OK(rote_knn_search_create(N, NEIGHBOURS, &search));
  for (size_t i = 0; i < N; i++) {
    look_from(s, i);
    rote_knn_begin(search, s->square);
    const rote_knn all = rote_knn_find(search, &ROTE_NONE_OUT);
    near(rote_knn_log_p(&all, D), brute_knn(s, &ROTE_NONE_OUT), 1e-12);
    for (size_t j = 0; j < N; j++) {
      const rote_knn one = rote_knn_find(search, &ROTE_ONE_OUT(j));
      const double without = brute_knn(s, &ROTE_ONE_OUT(j));
      near(rote_knn_log_p(&one, D), without, 1e-12);
      near(rote_knn_influence(&all, D, s->square[j]), rote_knn_log_p(&all, D) - without, 1e-12);
    }
    for (size_t m = 0; m < R * K; m++) {
      const rote_left_out out = rote_fold_out(&folds, m);
      const rote_knn left = rote_knn_find(search, &out);
      near(rote_knn_log_p(&left, D), brute_knn(s, &out), 1e-12);
    }
  }
  rote_knn_search_destroy(&search);
}

static void neighbours_are_those_of_what_is_left(void **state)
{
  (void)state;
  scene s;
  set_up(&s);
  check_neighbours(&s);
}

/* As many points in one place as k, one less, one more, and a fold that is all of them. */
static void k_is_raised_where_that_many_points_are_one(void **state)
{
  (void)state;
  for (size_t copies = NEIGHBOURS - 1; copies <= NEIGHBOURS + 2; copies++) {
    scene s;
    set_up(&s);
    for (size_t c = 1; c < copies; c++) {
      move(&s, 4 * c, s.point[0], s.point[1], s.point[2]);
    }
    check_neighbours(&s);
  }
}

static void all_points_in_one_place_have_no_neighbours(void **state)
{
  (void)state;
  scene s;
  rote_knn_search *search = NULL;
  set_up(&s);
  for (size_t i = 0; i < N; i++) {
    move(&s, i, 1, 2, 3);
  }
  look_from(&s, 7);
  CHECK_OK(rote_knn_search_create(N, NEIGHBOURS, &search));
  rote_knn_begin(search, s.square);
  const rote_knn knn = rote_knn_find(search, &ROTE_NONE_OUT);
  assert_true(isnan(rote_knn_log_p(&knn, D)));
  rote_knn_search_destroy(&search);
}

/* Longer lists than were found at first: all that is near is left out. */
static void a_fold_of_all_that_is_near_is_looked_beyond(void **state)
{
  (void)state;
  scene s;
  set_up(&s);
  for (size_t i = 0; i < N; i++) {
    s.fold[i] = i < 50 ? 0 : (uint16_t)(1 + i % (K - 1));
    if (i >= 50) {
      move(&s, i, 40 + (double)i, 0, 0);
    }
  }
  memset(s.left, 0, sizeof s.left);
  for (size_t i = 0; i < R * N; i++) {
    for (size_t k = 0; k < K; k++) {
      s.left[i / N * K + k] += k != s.fold[i];
    }
  }
  check_neighbours(&s);
}

static void kernels_are_those_of_what_is_left(void **state)
{
  (void)state;
  scene s;
  double log_p[R * K], room[2 * K + N];
  set_up(&s);
  const rote_density_folds folds = folds_of(&s);
  for (size_t i = 0; i < N; i++) {
    look_from(&s, i);
    const rote_kde all = rote_kde_find(N, s.square, bandwidth, &ROTE_NONE_OUT);
    near(rote_kde_log_p(&all, D), brute_kde(&s, &ROTE_NONE_OUT), 1e-12);
    for (size_t j = 0; j < N; j++) {
      const rote_kde one = rote_kde_find(N, s.square, bandwidth, &ROTE_ONE_OUT(j));
      const double without = brute_kde(&s, &ROTE_ONE_OUT(j));
      near(rote_kde_log_p(&one, D), without, 1e-12);
      near(rote_kde_influence(&all, j, s.square[j]), rote_kde_log_p(&all, D) - without, 1e-12);
    }
    rote_kde_folds(&folds, s.square, bandwidth, D, i, log_p, room);
    for (size_t m = 0; m < R * K; m++) {
      const rote_left_out out = rote_fold_out(&folds, m);
      near(log_p[m], brute_kde(&s, &out), 1e-12);
    }
  }
}

/* Where every weight but a point's own is nothing, or two are left: a thousand bandwidths away. */
static void kernels_far_away_do_not_underflow(void **state)
{
  (void)state;
  scene s;
  double log_p[R * K], room[2 * K + N];
  set_up(&s);
  const rote_density_folds folds = folds_of(&s);
  move(&s, 0, 600, 0, 0);
  move(&s, K, 600, 50, 0); /* of the same fold in the first repeat */
  look_from(&s, 0);
  const rote_kde one = rote_kde_find(N, s.square, bandwidth, &ROTE_ONE_OUT(0));
  near(rote_kde_log_p(&one, D),
       -2500 / (2 * bandwidth * bandwidth) - log(N - 1) -
           1.5 * log(2 * acos(-1.0) * bandwidth * bandwidth),
       1e-12);
  rote_kde_folds(&folds, s.square, bandwidth, D, 0, log_p, room);
  for (size_t m = 0; m < R * K; m++) {
    const rote_left_out out = rote_fold_out(&folds, m);
    const rote_kde left = rote_kde_find(N, s.square, bandwidth, &out);
    assert_true(isfinite(log_p[m]));
    near(log_p[m], rote_kde_log_p(&left, D), 1e-12);
  }
  const rote_kde all = rote_kde_find(N, s.square, bandwidth, &ROTE_NONE_OUT);
  near(rote_kde_influence(&all, 0, 0), rote_kde_log_p(&all, D) - rote_kde_log_p(&one, D), 1e-12);
}

static void the_likeliest_bandwidth_is_chosen(void **state)
{
  (void)state;
  scene s;
  double log_likelihood[ROTE_BANDWIDTHS] = {0}, own[ROTE_BANDWIDTHS] = {0};
  size_t best = 0;
  set_up(&s);
  const double scale = rote_bandwidth_scott(N, D, 1.5);
  near(scale, sqrt(1.5) * pow(N, -1.0 / (D + 4)), 1e-14);
  near(rote_bandwidth_at(scale, 2), scale, 1e-14);
  for (size_t i = 0; i < N; i++) {
    look_from(&s, i);
    rote_bandwidth_add(N, s.square, D, scale, i, log_likelihood);
    for (size_t g = 0; g < ROTE_BANDWIDTHS; g++) {
      const rote_kde kde =
          rote_kde_find(N, s.square, rote_bandwidth_at(scale, g), &ROTE_ONE_OUT(i));
      own[g] += rote_kde_log_p(&kde, D);
    }
  }
  for (size_t g = 0; g < ROTE_BANDWIDTHS; g++) {
    near(log_likelihood[g], own[g], 1e-10);
    best = own[g] > own[best] ? g : best;
  }
  assert_true(best > 0 && best < ROTE_BANDWIDTHS - 1);
  near(rote_bandwidth_best(scale, log_likelihood), rote_bandwidth_at(scale, best), 1e-14);
}

/* Responsibilities to begin with: all of the heap that a point was drawn from. */
static rote_gmm_task task_of(size_t n, const double *point, double *start)
{
  memset(start, 0, n * G * sizeof *start);
  for (size_t i = 0; i < n; i++) {
    start[i * G + i % N % G] = 1;
  }
  return (rote_gmm_task){.points = n,
                         .dims = D,
                         .components = G,
                         .rounds = ROUNDS,
                         .point = point,
                         .start = start,
                         .floor = variance_floor};
}

/* A fold left out by its mark, and by its points not being there. */
static void mixtures_are_those_of_what_is_left(void **state)
{
  (void)state;
  scene s;
  double start[N * G], room[N * G], point[N * D], kept[N * G];
  rote_gmm *marked = NULL, *without = NULL;
  set_up(&s);
  const rote_gmm_task all = task_of(N, s.point, start);
  CHECK_OK(rote_gmm_create(G, D, &marked));
  CHECK_OK(rote_gmm_create(G, D, &without));
  const rote_density_folds folds = folds_of(&s);
  const rote_left_out out = rote_fold_out(&folds, 1);
  rote_gmm_task rest = all;
  rest.point = point;
  rest.start = kept;
  rest.points = 0;
  for (size_t i = 0; i < N; i++) {
    if (s.fold[i] != 1) {
      memcpy(point + rest.points * D, s.point + i * D, D * sizeof *point);
      memcpy(kept + rest.points * G, start + i * G, G * sizeof *kept);
      rest.points++;
    }
  }
  CHECK_OK(rote_gmm_fit(&all, &out, room, marked));
  CHECK_OK(rote_gmm_fit(&rest, &ROTE_NONE_OUT, room, without));
  for (size_t i = 0; i < N; i++) {
    double r[G];
    const double log_p = rote_gmm_log_p(marked, s.point + i * D);
    assert_true(log_p == rote_gmm_log_p(without, s.point + i * D));
    near(rote_gmm_share(marked, s.point + i * D, r), log_p, 1e-13);
    near(r[0] + r[1] + r[2], 1, 1e-14);
  }
  rote_gmm_destroy(&marked);
  rote_gmm_destroy(&without);
}

/* A component that loses all of its points is no more; the others are a mixture. */
static void an_empty_component_has_no_weight(void **state)
{
  (void)state;
  scene s;
  double start[N * G], room[N * G];
  rote_gmm *gmm = NULL;
  set_up(&s);
  const rote_gmm_task task = task_of(N, s.point, start);
  for (size_t i = 0; i < N; i++) {
    s.fold[i] = (uint16_t)(i % G);
  }
  CHECK_OK(rote_gmm_create(G, D, &gmm));
  const rote_left_out out = {.count = N / G, .point = ROTE_NO_POINT, .fold = s.fold, .of = 2};
  CHECK_OK(rote_gmm_fit(&task, &out, room, gmm));
  assert_true(gmm->weight[2] == 0);
  near(gmm->weight[0] + gmm->weight[1], 1, 1e-14);
  assert_true(isfinite(rote_gmm_log_p(gmm, s.point + 2 * D)));
  rote_gmm_destroy(&gmm);
}

/* Largest error of the first order, over the largest influence, of the points `times` over. */
static double error_of_slope(const scene *s, size_t times)
{
  const size_t n = N * times;
  double *point = malloc(n * D * sizeof *point), *start = malloc(n * G * sizeof *start);
  double *room = malloc(n * G * sizeof *room), at[ROUNDS * G * (D + 2)], worst = 0, largest = 0;
  rote_gmm *all = NULL, *without = NULL;
  rote_gmm_slope *slope = NULL;
  assert_true(point != NULL && start != NULL && room != NULL);
  for (size_t c = 0; c < times; c++) {
    memcpy(point + c * N * D, s->point, sizeof s->point);
  }
  const rote_gmm_task task = task_of(n, point, start);
  CHECK_OK(rote_gmm_create(G, D, &all));
  CHECK_OK(rote_gmm_create(G, D, &without));
  CHECK_OK(rote_gmm_slope_create(&task, all, &slope));
  CHECK_OK(rote_gmm_fit(&task, &ROTE_NONE_OUT, room, without));
  assert_memory_equal(without->mean, all->mean, G * D * sizeof(double));
  for (size_t i = 0; i < N; i += 7) {
    CHECK_OK(rote_gmm_fit(&task, &ROTE_ONE_OUT(i), room, without));
    for (size_t z = 0; z < N; z++) {
      const double *x = point + z * D;
      rote_gmm_slope_at(slope, 1, x, at);
      const double exact = rote_gmm_log_p(all, x) - rote_gmm_log_p(without, x);
      const double error = fabs(rote_gmm_influence(slope, i, at) - exact);
      worst = error > worst ? error : worst;
      largest = fabs(exact) > largest ? fabs(exact) : largest;
    }
  }
  rote_gmm_slope_destroy(&slope);
  rote_gmm_destroy(&all);
  rote_gmm_destroy(&without);
  free(point);
  free(start);
  free(room);
  return worst / largest;
}

/* The error is of second order: relative to the influence it falls as 1/n. */
static void the_first_order_of_mixtures_is_the_derivative(void **state)
{
  (void)state;
  scene s;
  set_up(&s);
  const double once = error_of_slope(&s, 1), often = error_of_slope(&s, 16);
  assert_true(once < 1);
  if (!(often < once / 12 && often > once / 21)) {
    fail_msg("the error falls from %g to %g, not to a sixteenth", once, often);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(neighbours_are_those_of_what_is_left),
      cmocka_unit_test(k_is_raised_where_that_many_points_are_one),
      cmocka_unit_test(all_points_in_one_place_have_no_neighbours),
      cmocka_unit_test(a_fold_of_all_that_is_near_is_looked_beyond),
      cmocka_unit_test(kernels_are_those_of_what_is_left),
      cmocka_unit_test(kernels_far_away_do_not_underflow),
      cmocka_unit_test(the_likeliest_bandwidth_is_chosen),
      cmocka_unit_test(mixtures_are_those_of_what_is_left),
      cmocka_unit_test(an_empty_component_has_no_weight),
      cmocka_unit_test(the_first_order_of_mixtures_is_the_derivative),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
