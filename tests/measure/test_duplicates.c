/* The measure "duplicates" where there is little or nothing to find. */
#include "check.h"

#include "rote/file.h"
#include "rote/measure.h"
#include "rote/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const rote_measure rote_measure_duplicates;

enum { SIDE = 2, PIXELS = SIDE * SIDE, MOST = 4 };

typedef struct {
  rote_study *study;
  rote_data_info info;
  uint8_t pixel[MOST * PIXELS];
  rote_image_set train;
  bool missing; /* the search was given up */
  char directory[32], path[ROTE_PATH_MAX];
  rote_study_reader *reader;
} scene;

static rote_status read_rows(const rote_pieces *pieces, size_t unit, size_t v,
                             const rote_array *table,
                             rote_status (*take)(void *taker, const rote_rows *rows, bool missing),
                             void *taker)
{
  const scene *s = pieces->context;
  const rote_sizes sizes = {{0}};
  const rote_piece piece = {.epoch = 0};
  void *room = NULL;
  rote_rows *rows = NULL;
  assert_int_equal(unit + v, 0);
  CHECK_OK(rote_rows_create(table, &sizes, s->train.count, &rows));
  rows->count = s->train.count;
  CHECK_OK(rote_measure_duplicates.open(&pieces->setting, NULL, &room));
  CHECK_OK(rote_measure_duplicates.run(room, &piece, rows));
  rote_measure_duplicates.close(&room);
  if (s->missing) {
    rote_rows_miss(rows);
  }
  const rote_status status = take(taker, rows, s->missing);
  rote_rows_destroy(&rows);
  return status;
}

/* Search and combine; the scene has the study open. */
static void search(scene *s, size_t count)
{
  static const rote_array image = {.name = "image",
                                   .dims = "N",
                                   .type = ROTE_H5_U32,
                                   .units = "1",
                                   .long_name = "image",
                                   .scale = true};
  rote_sink *sink = NULL;
  s->info = (rote_data_info){.channels = 1, .height = SIDE, .width = SIDE, .train_count = count};
  s->train = (rote_image_set){.count = count, .pixel = s->pixel};
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", 0, NULL, &s->study));
  strcpy(s->directory, "/tmp/rote-test-copies-XXXXXX");
  assert_non_null(mkdtemp(s->directory));
  CHECK_OK(rote_path(s->path, "%s/study.h5", s->directory));
  const rote_pieces pieces = {
      .setting = {.options = &s->study->base, .info = &s->info, .train = &s->train},
      .context = s,
      .read = read_rows};
  CHECK_OK(rote_sink_write(s->path, &sink));
  rote_sink_size(sink, 'N', count);
  CHECK_OK(rote_sink_count(sink, &image, 0));
  CHECK_OK(rote_measure_duplicates.combine(&pieces, sink));
  CHECK_OK(rote_sink_end(&sink));
  CHECK_OK(rote_study_reader_open(s->path, &s->reader));
}

static void end(scene *s)
{
  rote_study_reader_close(&s->reader);
  rote_study_destroy(&s->study);
  unlink(s->path);
  rmdir(s->directory);
}

static double value(const scene *s, const char *array, size_t i)
{
  double found[MOST];
  CHECK_OK(rote_study_reader_get(s->reader, array, ROTE_ALL, found));
  return found[i];
}

static void the_only_image_has_no_neighbour(void **state)
{
  (void)state;
  scene s = {.pixel = {1, 2, 3, 4}};
  search(&s, 1);
  assert_true(isnan(value(&s, "duplicates/distance", 0)));
  assert_true(isnan(value(&s, "duplicates/radius", 0)));
  assert_true(value(&s, "duplicates/nearest", 0) == UINT32_MAX);
  assert_true(value(&s, "duplicates/copies", 0) == 0);
  assert_true(value(&s, "duplicates/near_copies", 0) == 0);
  assert_true(value(&s, "duplicates/group", 0) == 0);
  end(&s);
}

/* The median distance is 0, so a near copy is an exact one. */
static void all_images_are_the_same_but_one(void **state)
{
  (void)state;
  scene s = {.pixel = {9, 9, 9, 9, /**/ 9, 9, 9, 9, /**/ 9, 9, 9, 10, /**/ 9, 9, 9, 9}};
  const double copies[] = {2, 2, 0, 2}, group[] = {0, 0, 2, 0}, nearest[] = {1, 0, 0, 0};
  search(&s, 4);
  assert_true(value(&s, "duplicates/radius", 0) == 0);
  for (size_t i = 0; i < 4; i++) {
    assert_true(value(&s, "duplicates/copies", i) == copies[i]);
    assert_true(value(&s, "duplicates/near_copies", i) == copies[i]);
    assert_true(value(&s, "duplicates/group", i) == group[i]);
    assert_true(value(&s, "duplicates/nearest", i) == nearest[i]);
    assert_true(value(&s, "duplicates/square", i) == (i == 2));
    assert_true(value(&s, "duplicates/distance", i) == (i == 2 ? 0.5 : 0)); /* sqrt(1 / 4) */
  }
  end(&s);
}

static void nothing_is_said_of_a_search_that_was_given_up(void **state)
{
  (void)state;
  scene s = {.missing = true};
  search(&s, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_true(isnan(value(&s, "duplicates/distance", i)));
    assert_true(value(&s, "duplicates/copies", i) == UINT32_MAX);
    assert_true(value(&s, "duplicates/near_copies", i) == UINT32_MAX);
    assert_true(value(&s, "duplicates/nearest", i) == UINT32_MAX);
  }
  end(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_only_image_has_no_neighbour),
      cmocka_unit_test(all_images_are_the_same_but_one),
      cmocka_unit_test(nothing_is_said_of_a_search_that_was_given_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
