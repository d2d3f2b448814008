/* Batches: the logit transform with its correction, mirroring, and training with both. */
#include "check.h"

#include "rote/fold.h"
#include "rote/memory.h"
#include "rote/random.h"
#include "rote/train.h"

#include <math.h>
#include <string.h>

#define LAMBDA 0.05

/* 50 images in 5 folds: 40 to train on, in batches of 16, 16 and 8. */
enum { IMAGES = 50, SIDE = 8, PIXELS = SIDE * SIDE, FOLDS = 5, EPOCHS = 4 };

static double logit(double u)
{
  const double v = LAMBDA + (1 - 2 * LAMBDA) * u;
  return log(v / (1 - v));
}

static double normal_density(double t, double mean, double deviation)
{
  const double e = (t - mean) / deviation;
  return exp(-e * e / 2) / (deviation * sqrt(2 * acos(-1)));
}

/* A density p(t) on the image of (0, 1): a normal one, cut off there. log p per level integrated
 * over the noise of each level, summed over the levels, is 1. */
static void corrected_likelihoods_sum_to_one(void **state)
{
  (void)state;
  enum { STEPS = 64 };
  static const double mean[] = {0, -2.5, 1}, deviation[] = {1, 0.3, 2};
  for (int i = 0; i < 3; i++) {
    const double root = sqrt(2) * deviation[i];
    const double inside = (erf((logit(1) - mean[i]) / root) - erf((logit(0) - mean[i]) / root)) / 2;
    double total = 0;
    for (int level = 0; level < 256; level++) {
      for (int k = 0; k < STEPS; k++) { /* midpoint rule over the noise of one level */
        const float t = (float)logit((level + (k + 0.5) / STEPS) / 256);
        const double log_p = log(normal_density((double)t, mean[i], deviation[i]) / inside);
        total += exp(log_p + rote_logit_correction(1, &t)) / STEPS;
      }
    }
    if (!(fabs(total - 1) <= 1e-5)) {
      fail_msg("the levels of one pixel have probability %.9g", total);
    }
  }
}

/* D log(1 - 2 lambda) - D log 256 - sum over d of t - 2 softplus(t), also for large |t| */
static void corrections_add_up_over_pixels(void **state)
{
  (void)state;
  const float t[] = {0, -2.9f, 2.9f, 0.4f, 60, -60};
  double sum = 0;
  for (size_t d = 0; d < 6; d++) {
    const double v = (double)t[d], one = rote_logit_correction(1, &t[d]);
    const double want = log(0.9) - log(256) - (v - 2 * (v > 30 ? v : log(1 + exp(v))));
    assert_true(fabs(one - want) <= 1e-12 * (1 + fabs(want)));
    sum += one;
  }
  assert_true(fabs(rote_logit_correction(6, t) - sum) <= 1e-10);
}

static void logits_lie_within_their_level(void **state)
{
  (void)state;
  const rote_stream stream = {.seed = 3, .purpose = ROTE_PURPOSE_TRAIN_DATA, .epoch = 1};
  uint8_t pixel[1024];
  float row[1024], again[1024], noise[1024];
  for (size_t d = 0; d < 1024; d++) {
    pixel[d] = (uint8_t)d;
  }
  rote_image_load(ROTE_TRANSFORM_LOGIT, 1024, pixel, stream, 17, row);
  rote_image_load(ROTE_TRANSFORM_LOGIT, 1024, pixel, stream, 17, again);
  assert_memory_equal(row, again, sizeof row);
  rote_random_uniform(stream, 17, 1024, noise);
  for (size_t d = 0; d < 1024; d++) {
    const double t = (double)row[d], level = (double)pixel[d];
    assert_true(fabs(t - logit((level + (double)noise[d]) / 256)) <= 1e-6);
    assert_true(t >= logit(level / 256) - 1e-6 && t <= logit((level + 1) / 256) + 1e-6);
  }
  rote_image_load(ROTE_TRANSFORM_LOGIT, 1024, pixel, stream, 18, again);
  assert_memory_not_equal(row, again, sizeof row);
}

static void mirrored_twice_is_the_image(void **state)
{
  (void)state;
  static const uint8_t pixel[2 * 3] = {1, 2, 3, 4, 5, 6}, want[2 * 3] = {3, 2, 1, 6, 5, 4};
  uint8_t once[6], twice[6];
  rote_image_mirror(2, 3, pixel, once);
  assert_memory_equal(once, want, sizeof want);
  rote_image_mirror(2, 3, once, twice);
  assert_memory_equal(twice, pixel, sizeof pixel);
}

typedef struct {
  rote_options options;
  rote_data_info info;
  uint8_t pixel[IMAGES * PIXELS];
  rote_image_set images, test;
  uint16_t fold[IMAGES];
} setup;

static void set_up(setup *s)
{
  const rote_stream stream = {.seed = 4, .purpose = ROTE_PURPOSE_FOLD};
  rote_study *study = NULL;
  uint32_t word[PIXELS];
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_defaults(&study));
  s->options = study->base;
  rote_study_destroy(&study);
  s->options.data.transform = ROTE_TRANSFORM_LOGIT;
  s->options.model.kind = ROTE_MODEL_CONV_VAE;
  s->options.model.likelihood = ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT;
  s->options.model.features = 2;
  s->options.model.latent = 3;
  s->options.training.batch = 16;
  s->options.training.epochs = EPOCHS;
  s->options.training.flip = 1;
  s->options.folds.count = FOLDS;
  s->options.folds.repeats = 1;
  s->info = (rote_data_info){.channels = 1, .height = SIDE, .width = SIDE, .train_count = IMAGES};
  for (size_t i = 0; i < IMAGES; i++) {
    rote_random_words(stream, (uint32_t)i, PIXELS, word);
    for (size_t d = 0; d < PIXELS; d++) { /* dark on the left */
      s->pixel[i * PIXELS + d] = (uint8_t)(d % SIDE * 28 + word[d] % 32);
    }
  }
  s->images = (rote_image_set){.count = IMAGES, .pixel = s->pixel};
  s->test = (rote_image_set){.count = 0, .pixel = s->pixel};
  CHECK_OK(rote_fold_assign(s->options.seed, ROTE_PURPOSE_FOLD, 0, 1, FOLDS, IMAGES, s->fold));
}

/* One batch in columns: pixels, mirrored or not, and zeros behind. */
static void batches_are_mirrored_as_they_are_loaded(void **state)
{
  (void)state;
  static const uint32_t index[] = {4, 0, 31};
  setup s;
  rote_batch *batch = NULL;
  set_up(&s);
  CHECK_OK(rote_batch_create(PIXELS, 3, 5, &batch));
  for (size_t mirror = 0; mirror <= SIDE; mirror += SIDE) {
    batch->mirror = mirror;
    rote_batch_load(batch, ROTE_TRANSFORM_SCALE, &s.images, index, 3, (rote_stream){0},
                    (rote_stream){0});
    for (size_t d = 0; d < PIXELS; d++) {
      const size_t from = mirror > 0 ? d / SIDE * SIDE + SIDE - 1 - d % SIDE : d;
      for (size_t j = 0; j < batch->ld; j++) {
        const float want = j < 3 ? (float)s.pixel[index[j] * PIXELS + from] / 255.0f : 0;
        assert_true(batch->x[d * batch->ld + j] == want);
      }
    }
  }
  rote_batch_destroy(&batch);
}

static rote_trainer *train(const setup *s, size_t epochs)
{
  rote_trainer *trainer = NULL;
  CHECK_OK(rote_trainer_create(&s->options, &s->info, &s->images, &s->test, s->fold, &trainer));
  rote_trainer_begin(trainer, (rote_unit){.fold = 1});
  while (trainer->epoch < epochs) {
    rote_trainer_epoch(trainer);
    assert_false(trainer->diverged);
  }
  return trainer;
}

static bool same_bits(const rote_trainer *a, const rote_trainer *b)
{
  const size_t size = a->vae->table.total * sizeof *a->w;
  return memcmp(a->w, b->w, size) == 0 && memcmp(a->adam->first, b->adam->first, size) == 0 &&
         memcmp(a->adam->second, b->adam->second, size) == 0 && a->adam->step == b->adam->step &&
         memcmp(a->loss_train, b->loss_train, EPOCHS * sizeof(float)) == 0 &&
         memcmp(a->loss_held_out, b->loss_held_out, EPOCHS * sizeof(float)) == 0;
}

static void flips_change_the_training_and_repeat(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  rote_trainer *a = train(&s, EPOCHS), *b = train(&s, EPOCHS);
  assert_true(same_bits(a, b));
  assert_int_equal(a->batch->mirror, 0); /* held-out images are seen as they are */
  rote_trainer_destroy(&b);
  s.options.training.flip = 0;
  b = train(&s, EPOCHS);
  assert_false(same_bits(a, b));
  rote_trainer_destroy(&b);
  rote_trainer_destroy(&a);
}

/* Images that are their own mirror images train as without flips. */
static void symmetric_images_do_not_notice_flips(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  for (size_t i = 0; i < IMAGES * SIDE; i++) {
    uint8_t *row = s.pixel + i * SIDE;
    for (size_t x = 0; x < SIDE / 2; x++) {
      row[SIDE - 1 - x] = row[x];
    }
  }
  rote_trainer *a = train(&s, EPOCHS);
  s.options.training.flip = 0;
  rote_trainer *b = train(&s, EPOCHS);
  assert_true(same_bits(a, b));
  rote_trainer_destroy(&a);
  rote_trainer_destroy(&b);
}

/* Running statistics are parameters: a checkpoint of w and the moments is all there is. */
static void a_restored_training_goes_on_with_the_same_bits(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  rote_trainer *whole = train(&s, EPOCHS), *half = train(&s, 2), *rest = train(&s, 3);
  const size_t size = half->vae->table.total * sizeof *half->w;
  rote_trainer_begin(rest, half->unit);
  assert_false(same_bits(rest, half));
  memcpy(rest->w, half->w, size);
  memcpy(rest->adam->first, half->adam->first, size);
  memcpy(rest->adam->second, half->adam->second, size);
  rest->adam->step = half->adam->step;
  rest->epoch = half->epoch;
  memcpy(rest->loss_train, half->loss_train, EPOCHS * sizeof(float));
  memcpy(rest->loss_held_out, half->loss_held_out, EPOCHS * sizeof(float));
  while (rest->epoch < EPOCHS) {
    rote_trainer_epoch(rest);
  }
  assert_true(same_bits(whole, rest));
  rote_trainer_destroy(&whole);
  rote_trainer_destroy(&half);
  rote_trainer_destroy(&rest);
}

/* Adam leaves the running statistics alone, the batches move them. */
static void running_statistics_have_no_moments(void **state)
{
  (void)state;
  setup s;
  set_up(&s);
  rote_trainer *t = train(&s, 1);
  size_t seen = 0;
  for (size_t p = 0; p < t->vae->table.count; p++) {
    const rote_parameter *array = &t->vae->table.parameter[p];
    if (strstr(array->name, ".running_") == NULL) {
      continue;
    }
    for (size_t i = 0; i < array->count; i++, seen++) {
      const size_t at = array->offset + i;
      assert_true(t->adam->first[at] == 0 && t->adam->second[at] == 0);
      assert_true(t->w[at] != (float)array->constant && isfinite(t->w[at]));
    }
  }
  assert_true(seen > 0);
  rote_trainer_destroy(&t);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(corrected_likelihoods_sum_to_one),
      cmocka_unit_test(corrections_add_up_over_pixels),
      cmocka_unit_test(logits_lie_within_their_level),
      cmocka_unit_test(mirrored_twice_is_the_image),
      cmocka_unit_test(batches_are_mirrored_as_they_are_loaded),
      cmocka_unit_test(flips_change_the_training_and_repeat),
      cmocka_unit_test(symmetric_images_do_not_notice_flips),
      cmocka_unit_test(a_restored_training_goes_on_with_the_same_bits),
      cmocka_unit_test(running_statistics_have_no_moments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
