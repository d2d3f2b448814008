#include "check.h"

#include "rote/memory.h"
#include "rote/page.h"

#include <math.h>
#include <string.h>

#define N 5

/* Everything a page can have, twice. */
static void fill(rote_page *page)
{
  static const char *const title[] = {"what", "number"};
  const double x[] = {1, 2, NAN, 4}, y[] = {5, INFINITY, 7, 8}, low[] = {1, 1, 1, 1},
               value[N] = {5, 4, 3, 2, 1};
  const float pixel[] = {-1, 0, 0.5F, NAN, 1, 2};
  for (int i = 0; i < 2; i++) {
    rote_page_verdict(page, ROTE_VERDICT_SURE, "%d of %d", i, 2);
    rote_page_section(page, i == 0, "section %d", i);
    rote_page_heading(page, "%s", "a heading");
    rote_page_text(page, "%s", "a text");
    rote_page_warning(page, "%s", "a warning");
    rote_page_verbatim(page, "100 %s");
    rote_page_table(page, "caption", 2, title);
    rote_page_cell(page, "%s", "row");
    rote_page_cell(page, "%.1f", 0.5);
    rote_page_shade(page);
    rote_page_figure(page, &(rote_figure){"name", "title", "alt", "x", "y", ROTE_SCALE_LOG});
    rote_page_series(page, ROTE_SERIES_BAND, "band", 4, x, y, low, y);
    rote_page_series(page, ROTE_SERIES_LINE, "line", 4, x, y, NULL, NULL);
    rote_page_strip(page, "strip");
    rote_page_training_image(page, 3, "#%d", 3);
    rote_page_pixels(page, 1, 2, 3, pixel, "pixels");
    rote_page_column(page, i == 0 ? "" : "base", "score", false, value);
    rote_page_images(page);
    rote_page_methods(page, "how");
    rote_page_cite(page, "who");
  }
}

static void parts_are_what_was_said(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  rote_page *page = NULL;
  CHECK_OK(rote_page_create(N, &page));
  fill(page);
  CHECK_OK(page->status);
  assert_int_equal(page->count, 2 * 9);
  assert_true(page->part[0].open);
  assert_false(page->part[9].open);
  assert_string_equal(page->part[9].text, "section 1");
  assert_string_equal(page->part[4].text, "100 %s");
  const rote_part *table = &page->part[5];
  assert_int_equal(table->columns, 2);
  assert_int_equal(table->cells.count, 4);
  assert_true(table->shaded);
  assert_string_equal(rote_text_list_get(&table->cells, 3), "0.5");
  assert_int_equal(page->verdict[ROTE_VERDICT_SURE].count, 2);
  assert_int_equal(page->verdict[ROTE_VERDICT_FOUND].count, 0);
  assert_int_equal(page->methods.count, 2);
  assert_int_equal(page->citation.count, 1); /* the same one */
  assert_non_null(rote_page_find_column(page, "base", "score"));
  assert_null(rote_page_find_column(page, "base", "other"));
  rote_page_destroy(&page);
  assert_null(page);
  assert_int_equal(rote_memory_live_blocks(), before);
}

static void numbers_that_are_not_finite_are_left_out(void **state)
{
  (void)state;
  rote_page *page = NULL;
  CHECK_OK(rote_page_create(N, &page));
  fill(page);
  const rote_part *figure = &page->part[6];
  assert_int_equal(figure->series_count, 2);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(figure->series[i].count, 2);
    assert_true(figure->series[i].x[1] == 4);
    assert_true(figure->series[i].y[1] == 8);
  }
  assert_null(figure->series[1].low);
  assert_true(figure->series[0].high[1] == 8);
  rote_page_destroy(&page);
}

static void pixels_are_bytes(void **state)
{
  (void)state;
  static const uint8_t expected[] = {0, 0, 128, 0, 255, 255};
  rote_page *page = NULL;
  CHECK_OK(rote_page_create(N, &page));
  fill(page);
  const rote_part *strip = &page->part[7];
  assert_int_equal(strip->picture_count, 2);
  assert_null(strip->picture[0].pixel);
  assert_int_equal(strip->picture[0].image, 3);
  assert_memory_equal(strip->picture[1].pixel, expected, sizeof expected);
  rote_page_destroy(&page);
}

/* What belongs to another kind of part than the last one goes nowhere. */
static void only_the_last_part_is_added_to(void **state)
{
  (void)state;
  const double one = 1;
  rote_page *page = NULL;
  CHECK_OK(rote_page_create(1, &page));
  rote_page_cell(page, "lost");
  rote_page_text(page, "text");
  rote_page_cell(page, "lost");
  rote_page_shade(page);
  rote_page_series(page, ROTE_SERIES_LINE, "lost", 1, &one, &one, NULL, NULL);
  rote_page_training_image(page, 0, "lost");
  CHECK_OK(page->status);
  assert_int_equal(page->count, 1);
  assert_int_equal(page->part[0].cells.count + page->part[0].series_count, 0);
  assert_int_equal(page->part[0].picture_count, 0);
  rote_page_destroy(&page);
}

/* Without memory, at any moment, the page says so and can be released. */
static void lack_of_memory_is_kept(void **state)
{
  (void)state;
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_page *page = NULL;
    CHECK_OK(rote_page_create(N, &page));
    rote_memory_fail_at(n);
    fill(page);
    rote_memory_fail_at(-1);
    const rote_status status = page->status;
    rote_page_destroy(&page);
    assert_int_equal(rote_memory_live_blocks(), before);
    if (status == ROTE_OK) {
      assert_true(n > 40);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_are_what_was_said),
      cmocka_unit_test(numbers_that_are_not_finite_are_left_out),
      cmocka_unit_test(pixels_are_bytes),
      cmocka_unit_test(only_the_last_part_is_added_to),
      cmocka_unit_test(lack_of_memory_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
