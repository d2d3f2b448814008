/* Distances of bytes and the search for neighbours: every table that this processor can run,
 * against the plain loops. */
#include "check.h"

#include "kernel_distance.h"
#include "rote/clock.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const rote_distance_kernels *table[ROTE_DISTANCE_TABLES];
static size_t table_count;

static int find_tables(void **state)
{
  (void)state;
  unsetenv("ROTE_ISA");
  table_count = rote_distance_tables(table);
  for (size_t t = 0; t < table_count; t++) {
    print_message("testing %s\n", table[t]->name);
  }
  return 0;
}

/* Random levels, or the ends of the range alone, where sums are largest; in memory of exactly that
 * size, so that the sanitizer notices reading too far. */
typedef enum { LEVELS, ENDS } fill;

static uint8_t *images(uint32_t item, size_t bytes, fill how)
{
  const rote_stream stream = {.seed = 12, .purpose = ROTE_PURPOSE_WEIGHTS};
  uint8_t *image = malloc(bytes);
  float *u = malloc(bytes * sizeof *u);
  assert_true(image != NULL && u != NULL);
  rote_random_uniform(stream, item, bytes, u);
  for (size_t i = 0; i < bytes; i++) {
    image[i] = how == ENDS ? (u[i] < 0.5f ? 0 : 255) : (uint8_t)(256 * u[i]);
  }
  free(u);
  return image;
}

static rote_distance *distance_with(const rote_distance_kernels *kernels, size_t pixels)
{
  rote_distance *d;
  CHECK_OK(rote_distance_create_with(kernels, pixels, &d));
  assert_string_equal(rote_distance_instructions(d), kernels->name);
  return d;
}

/* The numbers between the rows of the result must stay as they are. */
static void check_block_of(size_t pixels, size_t m, const uint8_t *x, size_t n, const uint8_t *y)
{
  const size_t ld = n + 3, length = (m - 1) * ld + n;
  uint64_t *want = malloc(length * sizeof *want), *got = malloc(length * sizeof *got);
  assert_true(want != NULL && got != NULL);
  memset(want, 0x5a, length * sizeof *want);
  rote_distance_block_reference(pixels, m, x, n, y, want, ld);
  for (size_t t = 0; t < table_count; t++) {
    rote_distance *d = distance_with(table[t], pixels);
    for (int again = 0; again < 2; again++) { /* the buffers may hold what was there before */
      memset(got, 0x5a, length * sizeof *got);
      rote_distance_block(d, m, x, n, y, got, ld);
      for (size_t i = 0; i < length; i++) {
        if (got[i] != want[i]) {
          fail_msg("%s, D = %zu, [%zu, %zu]: distance %zu, %zu is %llu, expected %llu",
                   table[t]->name, pixels, m, n, i / ld, i % ld, (unsigned long long)got[i],
                   (unsigned long long)want[i]);
        }
      }
    }
    rote_distance_destroy(&d);
  }
  free(want);
  free(got);
}

static void check_block(size_t pixels, size_t m, size_t n, fill how)
{
  uint8_t *x = images(1, m * pixels, how), *y = images(2, n * pixels, how);
  check_block_of(pixels, m, x, n, y);
  free(x);
  free(y);
}

static void distances_agree_with_the_plain_loop(void **state)
{
  (void)state;
  static const size_t pixels[] = {1, 2, 3, 4, 7, 31, 33, 64, 127, 257, 513, 784, 1031};
  static const size_t m[] = {1, 2, 5, 6, 7, 13};
  static const size_t n[] = {1, 3, 4, 8, 15, 16, 17, 63, 64, 65, 131};
  for (size_t i = 0; i < COUNT(pixels) * COUNT(m) * COUNT(n); i++) {
    check_block(pixels[i % COUNT(pixels)], m[i / COUNT(pixels) % COUNT(m)],
                n[i / COUNT(pixels) / COUNT(m)], i % 2 == 0 ? LEVELS : ENDS);
  }
}

/* More rows and columns than are worked on at once. */
static void blocks_are_put_together(void **state)
{
  (void)state;
  check_block(5, 960, 256, LEVELS);
  check_block(5, 961, 257, LEVELS);
  check_block(531, 1930, 519, LEVELS);
}

static void long_images_do_not_overflow(void **state)
{
  (void)state;
  static const size_t pixels[] = {65535, 65536, 65537, 66051, 66053, 131072, 196613, 1048577};
  for (size_t i = 0; i < COUNT(pixels); i++) {
    check_block(pixels[i], 3, 5, LEVELS);
    check_block(pixels[i], 2, 3, ENDS);
    uint8_t *black = calloc(2, pixels[i]), *white = malloc(2 * pixels[i]);
    assert_true(black != NULL && white != NULL);
    memset(white, 255, 2 * pixels[i]);
    check_block_of(pixels[i], 2, black, 2, white); /* the largest distance there is */
    check_block_of(pixels[i], 2, white, 2, black);
    check_block_of(pixels[i], 2, white, 2, white);
    free(black);
    free(white);
  }
}

static void the_longest_images_are_exact(void **state)
{
  (void)state;
  const size_t pixels = ROTE_DISTANCE_PIXELS_MAX;
  uint8_t *black = calloc(1, pixels), *white = malloc(pixels);
  assert_true(black != NULL && white != NULL);
  memset(white, 255, pixels);
  for (size_t t = 0; t < table_count; t++) {
    rote_distance *d = distance_with(table[t], pixels);
    uint64_t square;
    rote_distance_block(d, 1, black, 1, white, &square, 1);
    assert_true(square == 65025 * (uint64_t)pixels);
    rote_distance_destroy(&d);
  }
  free(black);
  free(white);
}

static void check_search(size_t pixels, const rote_nearest_search *search)
{
  rote_neighbours *want = malloc(search->count * sizeof *want);
  rote_neighbours *got = malloc(search->count * sizeof *got);
  assert_true(want != NULL && got != NULL);
  rote_nearest_reference(pixels, search, want);
  for (size_t t = 0; t < table_count; t++) {
    rote_distance *d = distance_with(table[t], pixels);
    CHECK_OK(rote_nearest(d, search, got));
    for (size_t i = 0; i < search->count; i++) {
      const rote_neighbours *g = &got[i], *w = &want[i];
      if (g->square != w->square || g->nearest != w->nearest || g->copies != w->copies ||
          g->first_copy != w->first_copy || g->within != w->within) {
        fail_msg("%s, D = %zu, image %zu: nearest %zu at %llu, %zu copies from %zu, %zu within; "
                 "expected %zu at %llu, %zu from %zu, %zu within",
                 table[t]->name, pixels, search->first + i, g->nearest,
                 (unsigned long long)g->square, g->copies, g->first_copy, g->within, w->nearest,
                 (unsigned long long)w->square, w->copies, w->first_copy, w->within);
      }
    }
    rote_distance_destroy(&d);
  }
  free(want);
  free(got);
}

/* Few pixels, so that distances repeat: ties, copies, and distances that are the bound. */
static void neighbours_agree_with_the_plain_loop(void **state)
{
  (void)state;
  static const size_t pixels[] = {1, 2, 3, 9};
  static const uint64_t bound[] = {0, 1, 65025, 2 * 65025, 3000, UINT64_MAX};
  enum { N = 700, M = 300 };
  for (size_t p = 0; p < COUNT(pixels) * COUNT(bound); p++) {
    const size_t depth = pixels[p % COUNT(pixels)];
    uint8_t *x = images(3, N * depth, p % 3 == 0 ? ENDS : LEVELS);
    uint8_t *y = images(4, M * depth, p % 3 == 0 ? ENDS : LEVELS);
    rote_nearest_search search = {.image = x, .count = N, .other = x, .others = N};
    search.bound = bound[p / COUNT(pixels)];
    check_search(depth, &search);
    search.first = 251; /* a worker's share, across a border of blocks */
    search.count = 11;
    check_search(depth, &search);
    search.other = y; /* another set: image 255 may well be equal to its number 255 */
    search.others = M;
    check_search(depth, &search);
    free(x);
    free(y);
  }
}

static void many_images_have_neighbours(void **state)
{
  (void)state;
  enum { N = 1100, D = 40 };
  uint8_t *x = images(5, N * D, LEVELS);
  memcpy(x + 1000 * D, x + 3 * D, D);
  memcpy(x + 1099 * D, x + 3 * D, D);
  check_search(
      D, &(rote_nearest_search){.image = x, .count = N, .other = x, .others = N, .bound = 290000});
  free(x);
}

/* By hand, not by the reference: who is nearest, who is a copy, and that the bound counts. */
static void ties_copies_and_the_bound(void **state)
{
  (void)state;
  static const uint8_t x[] = {10, 20, 13, 7, 10, 10, 200};
  for (size_t t = 0; t < table_count; t++) {
    rote_distance *d = distance_with(table[t], 1);
    rote_neighbours f[7];
    rote_nearest_search search = {
        .image = x, .count = 7, .other = x, .others = 7, .bound = 9, .stop = NULL};
    CHECK_OK(rote_nearest(d, &search, f));
    assert_true(f[0].square == 0 && f[0].nearest == 4 && f[0].copies == 2 && f[0].first_copy == 4);
    assert_true(f[5].square == 0 && f[5].nearest == 0 && f[5].copies == 2 && f[5].first_copy == 0);
    assert_true(f[0].within == 4); /* 13 and 7 are 9 away */
    assert_true(f[2].square == 9 && f[2].nearest == 0 && f[2].copies == 0 && f[2].within == 3);
    assert_true(f[2].first_copy == SIZE_MAX);
    assert_true(f[6].square == 180 * 180 && f[6].nearest == 1 && f[6].within == 0);
    search.bound = 8;
    CHECK_OK(rote_nearest(d, &search, f));
    assert_true(f[0].within == 2 && f[2].within == 0);
    search.count = search.others = 1; /* alone */
    search.bound = UINT64_MAX;
    CHECK_OK(rote_nearest(d, &search, f));
    assert_true(f[0].square == UINT64_MAX && f[0].nearest == SIZE_MAX && f[0].copies == 0);
    assert_true(f[0].first_copy == SIZE_MAX && f[0].within == 0);
    rote_distance_destroy(&d);
  }
}

static void long_images_have_neighbours(void **state)
{
  (void)state;
  enum { N = 9, D = 140001 };
  uint8_t *x = images(6, (size_t)N * D, ENDS);
  memcpy(x + (size_t)7 * D, x + (size_t)2 * D, D);
  memcpy(x + (size_t)8 * D, x + (size_t)2 * D, D);
  x[(size_t)9 * D - 1] ^= 1; /* a near copy, by the last pixel */
  check_search(D,
               &(rote_nearest_search){.image = x, .count = N, .other = x, .others = N, .bound = 1});
  free(x);
}

static void check_count(size_t pixels, const rote_candidate_search *search)
{
  size_t *want = malloc(search->count * sizeof *want), *got = malloc(search->count * sizeof *got);
  assert_true(want != NULL && got != NULL);
  rote_count_near_reference(pixels, search, want);
  for (size_t t = 0; t < table_count; t++) {
    rote_distance *d = distance_with(table[t], pixels);
    memset(got, 0x5a, search->count * sizeof *got);
    CHECK_OK(rote_count_near(d, search, got));
    for (size_t i = 0; i < search->count; i++) {
      if (got[i] != want[i]) {
        fail_msg("%s, D = %zu, %zu candidates: %zu near to number %zu, expected %zu",
                 table[t]->name, pixels, search->candidates, got[i], search->first + i, want[i]);
      }
    }
    rote_distance_destroy(&d);
  }
  free(want);
  free(got);
}

/* Lists in no order, of one image up to more than are worked on at once; images of more than one
 * slice and of more than one chunk. The last image of all is on every list: no reading beyond it.
 */
static void candidates_agree_with_the_plain_loop(void **state)
{
  (void)state;
  static const size_t shape[][3] = {/* images, candidates, D */
                                    {2, 1, 1},      {2, 2, 1},     {300, 129, 3}, {2500, 1021, 9},
                                    {400, 67, 301}, {90, 65, 784}, {7, 5, 131075}};
  for (size_t s = 0; s < COUNT(shape); s++) {
    const size_t total = shape[s][0], n = shape[s][1], pixels = shape[s][2];
    uint8_t *x = images(8, total * pixels, s % 2 == 0 ? ENDS : LEVELS);
    uint32_t *list = malloc(n * sizeof *list);
    assert_non_null(list);
    for (size_t i = 0; i < n; i++) { /* 7 and `total` have no common divisor, but for 7 images */
      list[i] = (uint32_t)((total - 1 + (total == 7 ? 3 : 7) * i) % total);
    }
    /* about the median of random distances, and the exact distance of the first two entries */
    uint64_t first_two = 0;
    rote_distance_block_reference(pixels, 1, x + list[0] * pixels, 1,
                                  x + list[n > 1 ? 1 : 0] * pixels, &first_two, 1);
    const uint64_t bound[] = {0, pixels * (s % 2 == 0 ? 32512 : 10900), first_two, UINT64_MAX};
    for (size_t b = 0; b < COUNT(bound); b++) {
      rote_candidate_search search = {
          .image = x, .candidate = list, .candidates = n, .count = n, .bound = bound[b]};
      check_count(pixels, &search);
      search.first = n / 3; /* a worker's share */
      search.count = n - search.first - n / 4;
      check_count(pixels, &search);
    }
    free(list);
    free(x);
  }
}

/* By hand: the bound counts, an entry is not near to itself, images off the list do not count. */
static void only_candidates_are_counted(void **state)
{
  (void)state;
  static const uint8_t x[] = {10, 10, 13, 7, 10, 200};
  static const uint32_t list[] = {5, 0, 3, 4};
  for (size_t t = 0; t < table_count; t++) {
    rote_distance *d = distance_with(table[t], 1);
    size_t within[4];
    rote_candidate_search search = {
        .image = x, .candidate = list, .candidates = 4, .count = 4, .bound = 9};
    CHECK_OK(rote_count_near(d, &search, within));
    assert_true(within[0] == 0 && within[1] == 2 && within[2] == 2 && within[3] == 2);
    search.bound = 8;
    CHECK_OK(rote_count_near(d, &search, within));
    assert_true(within[0] == 0 && within[1] == 1 && within[2] == 0 && within[3] == 1);
    rote_distance_destroy(&d);
  }
}

static bool stop_at_zero(void *context)
{
  int *left = context;
  return (*left)-- == 0;
}

static void a_search_stops_when_told(void **state)
{
  (void)state;
  enum { N = 3000, D = 3000 };
  uint8_t *x = images(7, (size_t)N * D, LEVELS);
  rote_neighbours *found = malloc(N * sizeof *found);
  assert_non_null(found);
  int left = 0;
  rote_nearest_search search = {
      .image = x, .count = N, .other = x, .others = N, .stop = stop_at_zero, .context = &left};
  rote_distance *d = distance_with(table[0], D);
  CHECK_FAILS(rote_nearest(d, &search, found), ROTE_STOPPED, "stop");
  left = 2; /* not at once, but long before the end */
  const double start = rote_seconds();
  CHECK_FAILS(rote_nearest(d, &search, found), ROTE_STOPPED, "stop");
  print_message("%s stopped at the third question, after %.3f s\n", table[0]->name,
                rote_seconds() - start);
  assert_int_equal(left, -1);
  size_t within[1];
  const uint32_t list[] = {0};
  left = 0;
  CHECK_FAILS(rote_count_near(d,
                              &(rote_candidate_search){.image = x,
                                                       .candidate = list,
                                                       .candidates = 1,
                                                       .count = 1,
                                                       .stop = stop_at_zero,
                                                       .context = &left},
                              within),
              ROTE_STOPPED, "stop");
  rote_distance_destroy(&d);
  free(found);
  free(x);
}

static void the_best_table_that_is_allowed(void **state)
{
  (void)state;
  static const char *const levels[][2] = {{"base", "base"}, {"v3", "avx2"}};
  for (size_t l = 0; l < COUNT(levels); l++) {
    rote_distance *d;
    setenv("ROTE_ISA", levels[l][0], 1);
    CHECK_OK(rote_distance_create(4, &d));
    assert_string_equal(rote_distance_instructions(d),
                        levels[l < table_count ? l : table_count - 1][1]);
    rote_distance_destroy(&d);
  }
  unsetenv("ROTE_ISA");
  rote_distance *d;
  CHECK_OK(rote_distance_create(4, &d));
  assert_string_equal(rote_distance_instructions(d), table[table_count - 1]->name);
  rote_distance_destroy(&d);
}

static void memory_is_what_was_said(void **state)
{
  (void)state;
  static const size_t pixels[] = {1, 3072, 65537, 4194304};
  for (size_t i = 0; i < COUNT(pixels); i++) {
    const size_t before = rote_memory_live_bytes();
    rote_distance *d;
    CHECK_OK(rote_distance_create(pixels[i], &d));
    const size_t used = rote_memory_live_bytes() - before, said = rote_distance_bytes(pixels[i]);
    assert_true(used >= said && used < said + 1024); /* whole multiples of 64 */
    assert_true(said < (size_t)4 << 20);
    rote_distance_destroy(&d);
    assert_null(d);
  }
}

static void failures_leave_nothing(void **state)
{
  (void)state;
  rote_distance *d;
  CHECK_FAILS(rote_distance_create(0, &d), ROTE_DATA, "pixels");
  CHECK_FAILS(rote_distance_create(ROTE_DISTANCE_PIXELS_MAX + 1, &d), ROTE_DATA, "4194304");
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_memory_fail_at(n);
    const rote_status status = rote_distance_create(65537, &d);
    rote_memory_fail_at(-1);
    if (status == ROTE_OK) {
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(d);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  rote_distance_destroy(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(distances_agree_with_the_plain_loop),
      cmocka_unit_test(blocks_are_put_together),
      cmocka_unit_test(long_images_do_not_overflow),
      cmocka_unit_test(the_longest_images_are_exact),
      cmocka_unit_test(neighbours_agree_with_the_plain_loop),
      cmocka_unit_test(many_images_have_neighbours),
      cmocka_unit_test(ties_copies_and_the_bound),
      cmocka_unit_test(long_images_have_neighbours),
      cmocka_unit_test(candidates_agree_with_the_plain_loop),
      cmocka_unit_test(only_candidates_are_counted),
      cmocka_unit_test(a_search_stops_when_told),
      cmocka_unit_test(the_best_table_that_is_allowed),
      cmocka_unit_test(memory_is_what_was_said),
      cmocka_unit_test(failures_leave_nothing),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
