/* Targets of influence: their order, and what is loaded for each: a sample is what the decoder
 * makes of its draw, computed here one column at a time. */
#include "check.h"

#include "rote/memory.h"
#include "target_images.h"

#include <math.h>
#include <string.h>

enum { IMAGES = 30, TEST = 7, SIDE = 6, PIXELS = SIDE * SIDE, LATENT = 3, SAMPLES = 70 };

typedef struct {
  rote_study *study;
  rote_data *data;
  rote_subject_setting setting;
  rote_trainer *trainer;
} scene;

static void set_up(scene *s)
{
  static const char *const set[] = {
      "model.kind=mlp_vae",   "model.hidden=[9]",   "model.latent=3",
      "data.transform=scale", "training.batch=8",   "influence.training=4",
      "influence.test=5",     "folds.full=2",       "influence.images=[20, 9]",
      "measures=[influence]", "influence.sample=70"};
  const rote_data_info info = {
      .channels = 1, .height = SIDE, .width = SIDE, .train_count = IMAGES, .test_count = TEST};
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_parse("s.yaml", "name: s\n", sizeof set / sizeof *set, set, &s->study));
  CHECK_OK(rote_data_create(&info, &s->data));
  rote_image_set_noise(&s->data->train, PIXELS, 1);
  rote_image_set_noise(&s->data->test, PIXELS, 2);
  s->setting = (rote_subject_setting){.options = &s->study->variant[0].options,
                                      .info = &s->data->info,
                                      .train = &s->data->train,
                                      .test = &s->data->test};
  CHECK_OK(rote_trainer_create(s->setting.options, s->setting.info, s->setting.train,
                               s->setting.test, NULL, &s->trainer));
  rote_trainer_begin(s->trainer, (rote_unit){.full = true, .repeat = 1});
}

static void tear_down(scene *s)
{
  rote_trainer_destroy(&s->trainer);
  rote_data_destroy(&s->data);
  rote_study_destroy(&s->study);
}

/* The pixels of a sample, in [0, 1]. */
static void decode(const scene *s, rote_unit unit, size_t sample, double *pixel)
{
  const rote_vae *vae = s->trainer->model->vae;
  const rote_stream stream = {.seed = s->setting.options->seed,
                              .unit = rote_unit_number(unit),
                              .purpose = ROTE_PURPOSE_MODEL_SAMPLE};
  const size_t ld = rote_column_pad(1);
  float noise[LATENT];
  rote_real *z = NULL;
  rote_tape *tape = NULL;
  CHECK_OK(rote_alloc(LATENT * ld, sizeof *z, &z));
  CHECK_OK(rote_tape_create(&vae->decoder, 1, false, &tape));
  rote_random_normal(stream, (uint32_t)sample, LATENT, noise);
  for (size_t l = 0; l < LATENT; l++) {
    z[l * ld] = (rote_real)noise[l];
  }
  const rote_real *out = rote_network_forward(&vae->decoder, s->trainer->w, z, 1, tape);
  for (size_t d = 0; d < PIXELS; d++) {
    pixel[d] = 1 / (1 + exp(-(double)out[d * ld]));
  }
  rote_tape_destroy(&tape);
  rote_free(&z);
}

/* What is loaded of n images from column 0 on. */
static void expect(const rote_target_images *t, size_t column, const uint8_t *image)
{
  const rote_batch *b = t->images->batch;
  for (size_t d = 0; d < PIXELS; d++) {
    assert_true(fabs((double)b->x[d * b->ld + column] - image[d] / 255.0) < 1e-6);
  }
}

static void targets_are_in_order(void **state)
{
  (void)state;
  scene s;
  rote_target_images *t = NULL;
  static const size_t training[] = {0, 1, 2, 3, 20, 9};
  set_up(&s);
  const rote_options *o = s.setting.options;
  assert_int_equal(rote_targets(o), 6 + 5 + SAMPLES);
  assert_int_equal(rote_targets_of_training(o), 6);
  CHECK_OK(rote_target_images_create(&s.setting, s.trainer->model, 2, &t));
  assert_int_equal(rote_target_images_load(t, 0, 100), 6); /* of one kind */
  for (size_t i = 0; i < 6; i++) {
    assert_int_equal(rote_target_at(o, i).index, training[i]);
    expect(t, i, s.data->train.pixel + training[i] * PIXELS);
  }
  assert_int_equal(rote_target_images_load(t, 4, 1), 1);
  expect(t, 0, s.data->train.pixel + 20 * PIXELS);
  assert_int_equal(rote_target_images_load(t, 7, 100), 4);
  for (size_t i = 0; i < 4; i++) {
    expect(t, i, s.data->test.pixel + (1 + i) * PIXELS);
  }
  rote_target_images_destroy(&t);
  tear_down(&s);
}

static void samples_are_decoded(void **state)
{
  (void)state;
  scene s;
  rote_target_images *t = NULL;
  double pixel[PIXELS];
  set_up(&s);
  const rote_unit unit = {.full = true, .repeat = 1};
  const rote_piece piece = {.unit = unit, .w = s.trainer->w};
  CHECK_OK(rote_target_images_create(&s.setting, s.trainer->model, 2, &t));
  rote_target_images_begin(t, &piece);
  for (size_t k = 0, n = 0; k < SAMPLES; k += n) {
    n = rote_target_images_load(t, 11 + k, SAMPLES);
    for (size_t i = 0; i < n; i++) {
      const uint8_t *image = t->sample.pixel + (k + i) * PIXELS;
      expect(t, i, image);
      decode(&s, unit, k + i, pixel);
      for (size_t d = 0; d < PIXELS; d++) { /* rounded to a level */
        assert_true(fabs(pixel[d] * 255 - image[d]) < 0.501);
      }
    }
  }
  assert_true(memcmp(t->sample.pixel, t->sample.pixel + PIXELS, PIXELS) != 0);
  rote_target_images_destroy(&t);
  tear_down(&s);
}

/* What two full models say: of samples the first one alone, and nothing where that is missing. */
static void means_are_over_who_speaks(void **state)
{
  (void)state;
  scene s;
  set_up(&s);
  const rote_options *o = s.setting.options;
  const size_t T = rote_targets(o);
  double on[2][6 + 5 + SAMPLES], sum[6 + 5 + SAMPLES] = {0};
  for (size_t t = 0; t < T; t++) {
    on[0][t] = (double)t;
    on[1][t] = 5.0 * (double)t;
  }
  for (size_t u = 0; u < 2; u++) {
    rote_targets_add(o, (rote_unit){.full = true, .repeat = u}, 1, on[u], sum);
  }
  rote_targets_mean(o, 2, true, 1, sum);
  for (size_t t = 0; t < T; t++) {
    assert_true(sum[t] == (t < 11 ? 3.0 : 1.0) * (double)t);
  }
  memset(sum, 0, sizeof sum);
  rote_targets_add(o, (rote_unit){.full = true, .repeat = 1}, 1, on[1], sum);
  rote_targets_mean(o, 1, false, 1, sum);
  for (size_t t = 0; t < T; t++) {
    assert_true(t < 11 ? sum[t] == 5.0 * (double)t : isnan(sum[t]));
  }
  tear_down(&s);
}

/* Antithetic draws: the even ones as they are, the others their opposites. */
static void draws_are_opposite(void **state)
{
  (void)state;
  scene s;
  rote_target_images *t = NULL, *other = NULL;
  set_up(&s);
  CHECK_OK(rote_target_images_create(&s.setting, s.trainer->model, 5, &t));
  CHECK_OK(rote_target_images_create(&s.setting, s.trainer->model, 5, &other));
  t->images->antithetic = true;
  rote_target_images_load_training(t, 3, 2);
  rote_target_images_load_training(other, 3, 2);
  for (size_t l = 0; l < LATENT; l++) {
    for (size_t k = 0; k < 10; k++) {
      const size_t at = l * t->per_image->wide + k, first = k % 5 % 2 == 0 ? at : at - 1;
      const rote_real sign = first == at ? 1 : -1;
      assert_true(t->images->eps[at] == sign * other->images->eps[first]);
      assert_true(t->images->eps[at] != 0);
    }
  }
  rote_target_images_destroy(&other);
  rote_target_images_destroy(&t);
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(targets_are_in_order), cmocka_unit_test(samples_are_decoded),
      cmocka_unit_test(means_are_over_who_speaks), cmocka_unit_test(draws_are_opposite)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
