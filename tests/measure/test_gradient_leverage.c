/* Rows of projected gradients belong to images, not to their places: of an autoencoder, which has
 * no noise, permuted images have permuted rows, and an image is the same in the training set and
 * among the targets of the test set. */
#include "check.h"

#include "rote/measure.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <string.h>

enum { IMAGES = 40, TEST = 9, SIDE = 6, PIXELS = SIDE * SIDE, ROWS = IMAGES + TEST };

typedef struct {
  rote_study *study;
  const rote_measure *measure;
  rote_data *data;
  rote_subject_setting setting;
  rote_trainer *trainer;
  size_t numbers; /* Q */
} scene;

static const rote_measure *measure_named(const char *name)
{
  const rote_measure *const *m = rote_measure_list;
  while (*m != NULL && strcmp((*m)->name, name) != 0) {
    m++;
  }
  assert_non_null(*m);
  return *m;
}

/* Test images are the first training images. */
static void set_up(scene *s)
{
  static const char *const set[] = {
      "model.kind=fc_ae",     "data.transform=scale",     "model.depth=3",
      "model.width=20",       "training.batch=8",         "folds.count=0",
      "influence.test=9",     "influence.training=4",     "folds.full=1",
      "measures=[influence]", "influence.method=leverage"};
  const rote_stream stream = {.seed = 8, .purpose = ROTE_PURPOSE_WEIGHTS};
  const rote_data_info info = {
      .channels = 1, .height = SIDE, .width = SIDE, .train_count = IMAGES, .test_count = TEST};
  uint32_t word[IMAGES * PIXELS];
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", sizeof set / sizeof *set, set, &s->study));
  CHECK_OK(rote_data_create(&info, &s->data));
  rote_random_words(stream, 1, IMAGES * PIXELS, word);
  for (size_t i = 0; i < IMAGES * PIXELS; i++) {
    s->data->train.pixel[i] = (uint8_t)word[i];
  }
  memcpy(s->data->test.pixel, s->data->train.pixel, TEST * PIXELS);
  s->measure = measure_named("projected_gradient");
  s->setting = (rote_subject_setting){.options = &s->study->variant[0].options,
                                      .info = &s->data->info,
                                      .train = &s->data->train,
                                      .test = &s->data->test};
  assert_true(rote_measure_applies(s->measure, s->setting.options));
  CHECK_OK(rote_trainer_create(s->setting.options, s->setting.info, s->setting.train,
                               s->setting.test, NULL, &s->trainer));
  rote_trainer_begin(s->trainer, rote_unit_at(s->setting.options, 0));
}

static void tear_down(scene *s)
{
  rote_trainer_destroy(&s->trainer);
  rote_data_destroy(&s->data);
  rote_study_destroy(&s->study);
}

static rote_rows *rows_of(scene *s)
{
  const rote_options *o = s->setting.options;
  const rote_sizes sizes = rote_measure_sizes(s->measure, o, s->setting.info, IMAGES);
  const rote_piece piece = {
      .unit = {.full = true}, .epoch = 1, .model = s->trainer->model, .w = s->trainer->w};
  rote_rows *rows = NULL;
  void *room = NULL;
  s->numbers = sizes.length['Q' - 'A'];
  assert_int_equal(s->measure->rows(o, s->setting.info, IMAGES, piece.unit), ROWS);
  CHECK_OK(rote_rows_create(s->measure->piece_arrays, &sizes, ROWS, &rows));
  rows->count = ROWS;
  CHECK_OK(s->measure->open(&s->setting, s->trainer->model, &room));
  CHECK_OK(s->measure->run(room, &piece, rows));
  s->measure->close(&room);
  return rows;
}

static void same(const scene *s, const rote_rows *a, size_t i, const rote_rows *b, size_t j)
{
  const float *x = rote_rows_at(a, 0, i), *y = rote_rows_at(b, 0, j);
  bool some = false;
  for (size_t q = 0; q < s->numbers; q++) {
    if (x[q] != y[q]) {
      fail_msg("number %zu of rows %zu and %zu: %g and %g", q, i, j, (double)x[q], (double)y[q]);
    }
    some = some || x[q] != 0;
  }
  assert_true(some);
}

static void rows_go_with_their_images(void **state)
{
  (void)state;
  scene s;
  uint8_t old[IMAGES * PIXELS];
  set_up(&s);
  /* three layers: 20 x 36, 20 x 20 and 36 x 20 weights */
  rote_rows *rows = rows_of(&s);
  assert_int_equal(s.numbers, 3 * 16 * 16);
  for (size_t t = 0; t < TEST; t++) {
    same(&s, rows, IMAGES + t, rows, t);
  }
  memcpy(old, s.data->train.pixel, sizeof old);
  for (size_t i = 0; i < IMAGES; i++) {
    memcpy(s.data->train.pixel + i * PIXELS, old + (7 * i + 3) % IMAGES * PIXELS, PIXELS);
  }
  rote_rows *permuted = rows_of(&s);
  for (size_t i = 0; i < IMAGES; i++) {
    same(&s, permuted, i, rows, (7 * i + 3) % IMAGES);
  }
  rote_rows_destroy(&permuted);
  rote_rows_destroy(&rows);
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_go_with_their_images)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
