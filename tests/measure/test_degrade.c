/* Degradations: exact counts, shapes, fillings, and what they depend on. */
#include "check.h"

#include "rote/degrade.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { C = 3, H = 12, W = 15, P = H * W, D = C * P };

typedef struct {
  uint8_t mask[P];
  float image[D], degraded[D], shown[C];
} draw;

static rote_degrade_room room;

static draw degrade(rote_degradation d, uint64_t seed, uint32_t set, uint32_t image)
{
  draw out;
  CHECK_OK(rote_degradation_check(&d));
  for (size_t i = 0; i < D; i++) {
    out.image[i] = (float)((i * 37 + 11) % 101) / 100;
  }
  rote_degrade(&d, C, H, W, (rote_degrade_draw){.seed = seed, .set = set, .image = image},
               out.image, &room, out.mask, out.degraded, out.shown);
  return out;
}

static size_t missing_of(const draw *d)
{
  size_t n = 0;
  for (size_t p = 0; p < P; p++) {
    assert_true(d->mask[p] <= 1);
    n += d->mask[p] == 0;
  }
  return n;
}

static void the_share_is_exact(void **state)
{
  (void)state;
  static const struct {
    double share;
    size_t missing;
  } want[] = {{0, 0}, {0.1, 18}, {0.5, 90}, {0.503, 91}, {0.9, 162}, {0.9999, P - 1}};
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    const draw d = degrade((rote_degradation){.missing = want[i].share}, 1, 0, 7);
    assert_int_equal(missing_of(&d), want[i].missing);
    for (size_t k = 0; k < D; k++) { /* without noise what is left is untouched, the rest black */
      assert_true(d.degraded[k] == (d.mask[k % P] != 0 ? d.image[k] : 0));
    }
  }
}

/* Every pixel is missing as often: within 5 standard deviations over 2,000 images. */
static void no_pixel_is_favoured(void **state)
{
  (void)state;
  enum { IMAGES = 2000 };
  size_t count[P] = {0};
  for (uint32_t i = 0; i < IMAGES; i++) {
    const draw d = degrade((rote_degradation){.missing = 0.3}, 1, 0, i);
    for (size_t p = 0; p < P; p++) {
      count[p] += d.mask[p] == 0;
    }
  }
  for (size_t p = 0; p < P; p++) {
    assert_true(fabs((double)count[p] - 0.3 * IMAGES) < 5 * sqrt(0.21 * IMAGES));
  }
}

static void blocks_are_squares(void **state)
{
  (void)state;
  size_t tops = 0;
  for (uint32_t image = 0; image < 50; image++) {
    const rote_degradation one = {.shape = ROTE_MISSING_BLOCKS, .blocks = 1, .missing = 0.28};
    const draw d = degrade(one, 1, 0, image); /* side 7.1 */
    size_t top = 0, left = W;
    while (memchr(d.mask + top * W, 0, W) == NULL) {
      top++;
    }
    left = (size_t)((const uint8_t *)memchr(d.mask + top * W, 0, W) - (d.mask + top * W));
    assert_int_equal(missing_of(&d), 49);
    for (size_t p = 0; p < P; p++) {
      const bool inside = p / W >= top && p / W < top + 7 && p % W >= left && p % W < left + 7;
      assert_int_equal(d.mask[p], inside ? 0 : 1);
    }
    tops |= (size_t)1 << top;
  }
  assert_int_equal(tops, 0x3f); /* all six places between the edges */
  /* about the share, also where squares overlap or would have a side of less than a pixel */
  static const struct {
    size_t blocks, side;
    double missing;
  } cases[] = {{4, 3, 0.2}, {4, 6, 0.9}, {3, 4, 0.3}, {40, 1, 0.05}, {4000, 1, 0.5}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const rote_degradation some = {
        .shape = ROTE_MISSING_BLOCKS, .blocks = cases[k].blocks, .missing = cases[k].missing};
    for (uint32_t image = 0; image < 20; image++) {
      const draw d = degrade(some, 1, 0, image);
      const double wanted = cases[k].missing * P, side = (double)cases[k].side;
      assert_true(fabs((double)missing_of(&d) - wanted) <= side * side / 2 + 1);
    }
  }
  const rote_degradation all = {.shape = ROTE_MISSING_BLOCKS, .blocks = 500, .missing = 0.99};
  const draw covered = degrade(all, 1, 0, 3);
  assert_true(missing_of(&covered) < P);
  const rote_degradation none = {.shape = ROTE_MISSING_BLOCKS, .blocks = 5};
  const draw whole = degrade(none, 1, 0, 3);
  assert_int_equal(missing_of(&whole), 0);
}

static void fillings_show_what_they_say(void **state)
{
  (void)state;
  const draw mean = degrade((rote_degradation){.missing = 0.4, .fill = ROTE_FILL_MEAN}, 1, 0, 2);
  const draw noise = degrade((rote_degradation){.missing = 0.4, .fill = ROTE_FILL_NOISE}, 1, 0, 2);
  double sum = 0, squares = 0, count = 0;
  assert_memory_equal(mean.mask, noise.mask, P); /* the filling does not change the mask */
  for (size_t c = 0; c < C; c++) {
    double left = 0, n = 0;
    for (size_t p = 0; p < P; p++) {
      const size_t i = c * P + p;
      if (mean.mask[p] != 0) {
        left += (double)mean.image[i];
        n++;
        assert_true(noise.degraded[i] == noise.image[i]);
      } else {
        assert_true(mean.degraded[i] == mean.shown[c]);
        sum += (double)noise.degraded[i];
        squares += pow((double)noise.degraded[i], 2);
        count++;
      }
    }
    assert_true(fabs((double)mean.shown[c] - left / n) < 1e-6 && noise.shown[c] == 0.5f);
  }
  assert_true(fabs(sum / count - 0.5) < 5 * sqrt(1.0 / 12 / count)); /* uniform */
  assert_true(fabs(squares / count - 1.0 / 3) < 5 * sqrt(4.0 / 45 / count));
}

static void noise_is_on_what_is_left(void **state)
{
  (void)state;
  double sum = 0, squares = 0, count = 0;
  for (uint32_t image = 0; image < 40; image++) {
    const draw d = degrade((rote_degradation){.missing = 0.5, .noise = 0.1}, 1, 0, image);
    for (size_t i = 0; i < D; i++) {
      const double e = (double)d.degraded[i] - (double)d.image[i];
      if (d.mask[i % P] == 0) {
        assert_true(d.degraded[i] == 0);
      } else {
        sum += e;
        squares += e * e;
        count++;
      }
    }
  }
  assert_true(fabs(sum / count) < 5 * 0.1 / sqrt(count));
  assert_true(fabs(squares / count - 0.01) < 5 * 0.01 * sqrt(2 / count));
}

static void draws_depend_on_seed_set_and_image_alone(void **state)
{
  (void)state;
  const rote_degradation kind = {.missing = 0.5, .noise = 0.1, .fill = ROTE_FILL_NOISE};
  const draw a = degrade(kind, 1, 0, 5), other = degrade(kind, 1, 0, 6), b = degrade(kind, 1, 0, 5);
  const draw seed = degrade(kind, 2, 0, 5), set = degrade(kind, 1, 1, 5);
  assert_memory_equal(a.mask, b.mask, P);
  assert_memory_equal(a.degraded, b.degraded, sizeof a.degraded);
  assert_memory_not_equal(a.mask, other.mask, P);
  assert_memory_not_equal(a.mask, seed.mask, P);
  assert_memory_not_equal(a.mask, set.mask, P);
}

static void wrong_degradations_are_refused(void **state)
{
  (void)state;
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.missing = 1}), ROTE_DATA, "[0, 1)");
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.missing = -0.1}), ROTE_DATA, "[0, 1)");
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.missing = NAN}), ROTE_DATA, "[0, 1)");
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.noise = -1}), ROTE_DATA, "noise");
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.noise = NAN}), ROTE_DATA, "noise");
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.shape = 2}), ROTE_DATA, "shape");
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.fill = 3}), ROTE_DATA, "filling");
  CHECK_FAILS(rote_degradation_check(&(rote_degradation){.shape = ROTE_MISSING_BLOCKS}), ROTE_DATA,
              "blocks");
}

static int make_room(void **state)
{
  (void)state;
  return rote_degrade_room_create(P, D, &room) == ROTE_OK ? 0 : -1;
}

static int clear_room(void **state)
{
  (void)state;
  rote_degrade_room_clear(&room);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_share_is_exact),
      cmocka_unit_test(no_pixel_is_favoured),
      cmocka_unit_test(blocks_are_squares),
      cmocka_unit_test(fillings_show_what_they_say),
      cmocka_unit_test(noise_is_on_what_is_left),
      cmocka_unit_test(draws_depend_on_seed_set_and_image_alone),
      cmocka_unit_test(wrong_degradations_are_refused),
  };
  return cmocka_run_group_tests(tests, make_room, clear_room);
}
