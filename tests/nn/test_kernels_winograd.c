/* Winograd's transforms of every instruction set against those of the reference. */
#include "kernel_check.h"

enum { POINTS = ROTE_WINOGRAD_POINTS, PLACES = POINTS * POINTS, ROWS = 3, WIDE = 32 };

/* One transform with arrays of its own. */
typedef struct {
  float *image, *places;
  rote_winograd t;
} setting;

/* Sides of 5 x 5 numbers, a bit a number. */
enum { TOP = 0x1f, BOTTOM = TOP << 20, LEFT = 0x108421, RIGHT = LEFT << 4 };

static setting set_up(uint32_t adds, const float *shift, uint32_t padding)
{
  setting s = {.image = random_array(1, PLACES * ROWS * LD, 1),
               .places = random_array(2, PLACES * ROWS * LD, 1)};
  for (size_t i = 0; i < PLACES; i++) {
    s.t.image[i] = (padding >> i & 1) != 0 ? NULL : s.image + i * ROWS * LD;
  }
  s.t.places = s.places;
  s.t.plane = ROWS * LD;
  s.t.ld_image = s.t.ld_places = LD;
  s.t.adds = adds;
  s.t.shift = shift;
  return s;
}

static void compare(rote_winograd_kind kind, uint32_t adds, uint32_t padding)
{
  static const float shift[ROWS] = {0.5f, -2, 3};
  setting first = {0};
  for (size_t k = 0; k < table_count; k++) {
    setting want = set_up(adds, shift, padding), got = set_up(adds, shift, padding);
    rote_kernels_reference()->winograd[kind](ROWS, WIDE, &want.t);
    table[k]->winograd[kind](ROWS, WIDE, &got.t);
    check_near("image", PLACES * ROWS * LD, got.image, want.image, 2e-5);
    check_near("places", PLACES * ROWS * LD, got.places, want.places, 2e-5);
    if (is_fused(table[k]) && first.image != NULL) { /* v4 has the bits of v3 */
      check_same("image", PLACES * ROWS * LD, got.image, first.image);
      check_same("places", PLACES * ROWS * LD, got.places, first.places);
    }
    free(want.image);
    free(want.places);
    if (is_fused(table[k]) && first.image == NULL) {
      first = got;
    } else {
      free(got.image);
      free(got.places);
    }
  }
  free(first.image);
  free(first.places);
}

static void tables_agree(void **state)
{
  (void)state;
  static const struct {
    uint32_t adds, padding;
  } sides[] = {{0, TOP | LEFT},     {TOP, LEFT},   {LEFT, TOP | BOTTOM},
               {TOP | LEFT, RIGHT}, {TOP, BOTTOM}, {0, TOP | BOTTOM | LEFT | RIGHT}};
  for (int kind = 0; kind <= ROTE_WINOGRAD_WEIGHT_BACK; kind++) {
    const bool high = kind <= ROTE_WINOGRAD_HIGH_BACK;
    for (size_t i = 0; i < (high ? sizeof sides / sizeof *sides : 1); i++) {
      compare((rote_winograd_kind)kind, high ? sides[i].adds : 0, high ? sides[i].padding : 0);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_agree),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
