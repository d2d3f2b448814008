/* Training: it learns, its bits repeat, it survives interruption, divergence and full memory. */
#include "check.h"

#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/train.h"

#include <math.h>
#include <string.h>

/* 50 images in 5 folds: 40 to train on, in batches of 16, 16 and 8. */
enum { IMAGES = 50, TEST = 70, PIXELS = 36, FOLDS = 5, EPOCHS = 4 };

typedef struct {
  rote_options options;
  rote_data_info info;
  uint8_t pixel[(IMAGES + TEST) * PIXELS];
  rote_image_set images, test;
  uint16_t fold[IMAGES];
} setup;

/* Images of two kinds, with some noise: something to learn. */
static void set_up(setup *s)
{
  const rote_stream stream = {.seed = 4, .purpose = ROTE_PURPOSE_FOLD};
  rote_study *study = NULL;
  uint32_t word[PIXELS];
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_defaults(&study));
  s->options = study->base;
  rote_study_destroy(&study);
  s->options.seed = 99;
  s->options.data.transform = ROTE_TRANSFORM_BINARIZE;
  s->options.model.hidden = (rote_counts){.n = 2, .value = {20, 10}};
  s->options.model.latent = 3;
  s->options.training.learning_rate = 0.01;
  s->options.training.batch = 16;
  s->options.training.epochs = EPOCHS;
  s->options.folds.count = FOLDS;
  s->options.folds.repeats = 1;
  s->info = (rote_data_info){.channels = 1, .height = 6, .width = 6, .train_count = IMAGES};
  for (size_t i = 0; i < IMAGES + TEST; i++) {
    rote_random_words(stream, (uint32_t)i, PIXELS, word);
    for (size_t d = 0; d < PIXELS; d++) {
      const bool bright = (i + d) % 2 == 0;
      s->pixel[i * PIXELS + d] = (uint8_t)(bright ? 255 - word[d] % 32 : word[d] % 32);
    }
  }
  s->images = (rote_image_set){.count = IMAGES, .pixel = s->pixel};
  s->test = (rote_image_set){.count = TEST, .pixel = s->pixel + IMAGES * PIXELS};
  CHECK_OK(rote_fold_assign(s->options.seed, ROTE_PURPOSE_FOLD, 0, 1, FOLDS, IMAGES, s->fold));
}

static rote_trainer *make_trainer(const setup *s)
{
  rote_trainer *trainer = NULL;
  CHECK_OK(rote_trainer_create(&s->options, &s->info, &s->images, &s->test, s->fold, &trainer));
  return trainer;
}

static rote_trainer *train(const setup *s, rote_unit unit, size_t epochs)
{
  rote_trainer *trainer = make_trainer(s);
  rote_trainer_begin(trainer, unit);
  while (trainer->epoch < epochs) {
    rote_trainer_epoch(trainer);
    assert_false(trainer->diverged);
  }
  return trainer;
}

static bool same_bits(const rote_trainer *a, const rote_trainer *b)
{
  const size_t size = a->model->table->total * sizeof *a->w;
  return memcmp(a->w, b->w, size) == 0 && memcmp(a->adam->first, b->adam->first, size) == 0 &&
         memcmp(a->adam->second, b->adam->second, size) == 0 && a->adam->step == b->adam->step &&
         memcmp(a->loss_train, b->loss_train, EPOCHS * sizeof(float)) == 0 &&
         memcmp(a->loss_held_out, b->loss_held_out, EPOCHS * sizeof(float)) == 0;
}

static void training_lowers_the_loss(void **state)
{
  (void)state;
  static const rote_transform transform[] = {ROTE_TRANSFORM_BINARIZE, ROTE_TRANSFORM_SCALE};
  setup s;
  set_up(&s);
  s.options.training.epochs = 60;
  for (size_t i = 0; i < 2; i++) {
    s.options.data.transform = (int)transform[i];
    rote_trainer *t = train(&s, (rote_unit){.fold = 2}, 60);
    assert_int_equal(t->train_count, 40);
    assert_int_equal(t->held_out_count, 10);
    assert_int_equal(t->adam->step, 60 * 3); /* the last batch of an epoch is smaller */
    assert_true(t->loss_train[0] > 20 && t->loss_train[59] < t->loss_train[0] / 2);
    assert_true(t->loss_held_out[59] < t->loss_held_out[0] / 2);
    rote_trainer_destroy(&t);
  }
}

static void the_same_unit_gives_the_same_bits(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  rote_trainer *a = train(&s, (rote_unit){.fold = 1}, EPOCHS);
  rote_trainer *b = train(&s, (rote_unit){.fold = 3}, EPOCHS); /* used for another unit before */
  assert_false(same_bits(a, b));
  rote_trainer_begin(b, (rote_unit){.fold = 1});
  assert_int_equal(b->epoch, 0);
  assert_true(isnan(b->loss_train[0]) && isnan(b->loss_held_out[EPOCHS - 1]));
  while (b->epoch < EPOCHS) {
    rote_trainer_epoch(b);
  }
  assert_true(same_bits(a, b));
  rote_trainer_destroy(&b);

  b = train(&s, (rote_unit){.repeat = 1, .full = true}, EPOCHS);
  assert_false(same_bits(a, b));
  rote_trainer_destroy(&b);
  s.options.seed++;
  b = train(&s, (rote_unit){.fold = 1}, EPOCHS);
  assert_false(same_bits(a, b));
  rote_trainer_destroy(&b);
  rote_trainer_destroy(&a);
}

static void a_restored_training_goes_on_with_the_same_bits(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  const rote_unit unit = {.fold = 4};
  rote_trainer *whole = train(&s, unit, EPOCHS), *half = train(&s, unit, 2);
  rote_trainer *rest = train(&s, (rote_unit){.fold = 0}, 3); /* leaves other values behind */
  const size_t size = half->model->table->total * sizeof *half->w;
  rote_trainer_begin(rest, unit);
  memcpy(rest->w, half->w, size);
  memcpy(rest->adam->first, half->adam->first, size);
  memcpy(rest->adam->second, half->adam->second, size);
  rest->adam->step = half->adam->step;
  rest->epoch = half->epoch;
  memcpy(rest->loss_train, half->loss_train, EPOCHS * sizeof(float));
  memcpy(rest->loss_held_out, half->loss_held_out, EPOCHS * sizeof(float));
  rote_trainer_destroy(&half);
  while (rest->epoch < EPOCHS) {
    rote_trainer_epoch(rest);
  }
  assert_true(same_bits(whole, rest));
  rote_trainer_destroy(&whole);
  rote_trainer_destroy(&rest);
}

/* The held-out loss is computed on images that the weights do not depend on. */
static void held_out_images_are_not_trained_on(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  const rote_unit unit = {.fold = 2};
  rote_trainer *a = train(&s, unit, EPOCHS);
  for (size_t i = 0; i < IMAGES; i++) {
    if (s.fold[i] == unit.fold) {
      memset(s.pixel + i * PIXELS, 128, PIXELS);
    }
  }
  rote_trainer *b = train(&s, unit, EPOCHS);
  assert_memory_equal(a->w, b->w, a->model->table->total * sizeof *a->w);
  assert_memory_equal(a->loss_train, b->loss_train, EPOCHS * sizeof(float));
  assert_true(b->loss_held_out[EPOCHS - 1] != a->loss_held_out[EPOCHS - 1]);
  rote_trainer_destroy(&a);
  rote_trainer_destroy(&b);
}

/* Full models train on everything; their held-out images are the test images, of which there may be
 * more than training images, or none. */
static void full_models_are_held_against_the_test_images(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  const rote_unit unit = {.full = true};
  rote_trainer *t = train(&s, unit, EPOCHS);
  assert_int_equal(t->train_count, IMAGES);
  assert_int_equal(t->held_out_count, 0);
  const float with = t->loss_held_out[EPOCHS - 1];
  assert_true(isfinite(with) && with > 0 && with < 40);
  rote_trainer_destroy(&t);
  s.test.count = 0;
  t = train(&s, unit, EPOCHS);
  assert_true(isnan(t->loss_held_out[EPOCHS - 1]));
  assert_true(isfinite(t->loss_train[EPOCHS - 1]));
  rote_trainer_destroy(&t);
}

static void divergence_is_noticed_and_survived(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  s.options.training.learning_rate = 1e30;
  rote_trainer *t = make_trainer(&s);
  rote_trainer_begin(t, (rote_unit){.fold = 0});
  for (size_t e = 0; e < EPOCHS && !t->diverged; e++) {
    rote_trainer_epoch(t);
  }
  assert_true(t->diverged);
  assert_true(t->epoch < EPOCHS);
  for (size_t e = t->epoch; e < EPOCHS; e++) {
    assert_true(isnan(t->loss_train[e]) && isnan(t->loss_held_out[e]));
  }
  rote_trainer_begin(t, (rote_unit){.fold = 1}); /* nothing of it is left for the next unit */
  assert_false(t->diverged);
  for (size_t i = 0; i < t->model->table->total; i++) {
    assert_true(fabsf(t->w[i]) <= 1 && t->adam->first[i] == 0 && t->adam->second[i] == 0);
  }
  rote_trainer_destroy(&t);
}

static void memory_that_runs_out_is_reported(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_trainer *t = (rote_trainer *)&s;
    rote_memory_fail_at(n);
    const rote_status status =
        rote_trainer_create(&s.options, &s.info, &s.images, &s.test, s.fold, &t);
    if (status == ROTE_OK) {
      assert_true(n > 30);
      rote_trainer_destroy(&t);
      assert_null(t);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(t);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  rote_memory_fail_at(-1);
  assert_int_equal(rote_memory_live_blocks(), before);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(training_lowers_the_loss),
      cmocka_unit_test(the_same_unit_gives_the_same_bits),
      cmocka_unit_test(a_restored_training_goes_on_with_the_same_bits),
      cmocka_unit_test(held_out_images_are_not_trained_on),
      cmocka_unit_test(full_models_are_held_against_the_test_images),
      cmocka_unit_test(divergence_is_noticed_and_survived),
      cmocka_unit_test(memory_that_runs_out_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
