/* The room of the measure "density": what it refuses, what it gives back, and when it ends. */
#include "check.h"

#include "density_look.h"
#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <string.h>

enum { IMAGES = 30, TEST = 3, SIDE = 5, FOLDS = 3, REPEATS = 2 };

typedef struct {
  rote_study *study;
  rote_data *data;
  uint16_t fold[REPEATS * IMAGES];
  rote_subject_setting setting;
} scene;

static void set_up(scene *s, const char *option)
{
  const char *const set[] = {"folds.count=3",
                             "folds.repeats=2",
                             "density.neighbours=4",
                             "density.mixtures=2",
                             "density.rounds=3",
                             "training.batch=2",
                             option};
  const rote_data_info info = {
      .channels = 1, .height = SIDE, .width = SIDE, .train_count = IMAGES, .test_count = TEST};
  const rote_stream stream = {.seed = 8, .purpose = ROTE_PURPOSE_WEIGHTS};
  uint32_t word[(IMAGES + TEST) * SIDE * SIDE];
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", 7, set, &s->study));
  CHECK_OK(rote_data_create(&info, &s->data));
  rote_random_words(stream, 1, sizeof word / sizeof *word, word);
  for (size_t i = 0; i < (IMAGES + TEST) * SIDE * SIDE; i++) {
    uint8_t *const pixel = i < IMAGES * SIDE * SIDE
                               ? s->data->train.pixel + i
                               : s->data->test.pixel + i - IMAGES * SIDE * SIDE;
    *pixel = (uint8_t)word[i];
  }
  CHECK_OK(rote_fold_assign(1, ROTE_PURPOSE_FOLD, 0, REPEATS, FOLDS, IMAGES, s->fold));
  s->setting = (rote_subject_setting){.options = &s->study->base,
                                      .info = &s->data->info,
                                      .train = &s->data->train,
                                      .test = &s->data->test,
                                      .fold = s->fold};
}

static void tear_down(scene *s)
{
  rote_data_destroy(&s->data);
  rote_study_destroy(&s->study);
}

/* With mixtures left out and to first order, and of pixels. */
static void gives_back_what_it_took(void **state)
{
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    scene s;
    rote_status status = ROTE_NOMEM;
    set_up(&s, kind == 1 ? "density.refit=20" : "density.refit=1000");
    s.study->base.density.of = kind == 2;
    const long before = rote_memory_live_blocks();
    long n = 0;
    for (; status == ROTE_NOMEM; n++) {
      rote_density_room room = {.setting = &s.setting};
      rote_memory_fail_at(n);
      status = rote_density_prepare(&room);
      rote_memory_fail_at(-1);
      rote_density_clear(&room);
      assert_int_equal(rote_memory_live_blocks(), before);
    }
    CHECK_OK(status);
    assert_true(n > 10);
    tear_down(&s);
  }
}

static int asked;

static bool at_last(void *context)
{
  return asked++ == *(const int *)context;
}

/* Whenever it is told to give up, it does; and not only between images. */
static void ends_in_the_midst_of_a_fit(void **state)
{
  (void)state;
  rote_status status = ROTE_STOPPED;
  scene s;
  int last = 0;
  set_up(&s, "density.refit=20");
  s.setting.abandon = at_last;
  s.setting.context = &last;
  const long before = rote_memory_live_blocks();
  for (; status == ROTE_STOPPED; last++) {
    rote_density_room room = {.setting = &s.setting};
    asked = 0;
    status = rote_density_prepare(&room);
    rote_density_clear(&room);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  CHECK_OK(status);
  assert_true(last > FOLDS * REPEATS * 2); /* in each of the two later rounds of every fit */
  tear_down(&s);
}

static void says_what_cannot_be(void **state)
{
  (void)state;
  scene s;
  set_up(&s, "density.refit=20");
  rote_options *o = &s.study->base;
  rote_data_info info = s.data->info;
  CHECK_OK(rote_measure_density.check(o, &info));
  o->density.neighbours = 20;
  CHECK_OK(rote_measure_density.check(o, &info));
  o->density.neighbours = 21;
  CHECK_FAILS(rote_measure_density.check(o, &info), ROTE_DATA,
              "density.neighbours: 21 are asked for, but of the 30 images no more than 20 are left "
              "without a fold");
  o->folds.count = 0;
  o->density.neighbours = 29;
  CHECK_OK(rote_measure_density.check(o, &info));
  o->data.limit = 29;
  CHECK_FAILS(rote_measure_density.check(o, &info), ROTE_DATA,
              "no more than 28 are left without one");
  o->density.neighbours = 5;
  o->density.mixtures = 1000;
  o->density.rounds = 100;
  CHECK_FAILS(rote_measure_density.check(o, &info), ROTE_DATA,
              "density.mixtures: leave-one-out to first order of 1000 Gaussians");
  o->density.refit = 29;
  CHECK_OK(rote_measure_density.check(o, &info));
  info.height = 4097;
  info.width = 1;
  CHECK_FAILS(rote_measure_density.check(o, &info), ROTE_DATA, "use density.of: pixels");
  o->density.of = 1;
  CHECK_OK(rote_measure_density.check(o, &info));
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gives_back_what_it_took),
      cmocka_unit_test(ends_in_the_midst_of_a_fit),
      cmocka_unit_test(says_what_cannot_be),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
