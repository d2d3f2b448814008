/* Winograd's transforms of every instruction set against those of the reference. */
#include "kernel_check.h"

enum { POINTS = ROTE_WINOGRAD_POINTS, PLACES = POINTS * POINTS, ROWS = 3, WIDE = 32 };

/* One transform with arrays of its own. */
typedef struct {
  float *image, *places;
  rote_winograd t;
} setting;

static setting set_up(uint32_t adds, const float *shift, bool padded)
{
  setting s = {.image = random_array(1, PLACES * ROWS * LD, 1),
               .places = random_array(2, PLACES * ROWS * LD, 1)};
  for (size_t i = 0; i < PLACES; i++) {
    s.t.image[i] = padded && i % POINTS == 0 ? NULL : s.image + i * ROWS * LD;
  }
  s.t.places = s.places;
  s.t.plane = ROWS * LD;
  s.t.ld_image = s.t.ld_places = LD;
  s.t.adds = adds;
  s.t.shift = shift;
  return s;
}

static void tables_agree(void **state)
{
  (void)state;
  static const float shift[ROWS] = {0.5f, -2, 3};
  for (int kind = 0; kind <= ROTE_WINOGRAD_WEIGHT_BACK; kind++) {
    const bool high = kind <= ROTE_WINOGRAD_HIGH_BACK;
    setting first = {0};
    for (size_t k = 0; k < table_count; k++) {
      setting want = set_up(high ? 0x1f : 0, shift, high),
              got = set_up(high ? 0x1f : 0, shift, high);
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
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_agree),
  };
  return cmocka_run_group_tests(tests, find_tables, NULL);
}
