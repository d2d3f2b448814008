/* Importance sampling against models whose likelihood is known, and its promises on bits. */
#include "check.h"

#include "rote/importance.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HEIGHT = 3, WIDTH = 5, PIXELS = 15, IMAGES = 150 };

/* A model and images to evaluate. */
/* [IMAGES] the index of every image. */
static const uint32_t *all_images(void)
{
  static uint32_t index[IMAGES];
  for (uint32_t i = 0; i < IMAGES; i++) {
    index[i] = i;
  }
  return index;
}

typedef struct {
  rote_options options;
  rote_vae *vae;
  rote_real *w;
  rote_evaluator *evaluator;
  uint8_t pixel[IMAGES * PIXELS];
  rote_image_set images;
} setup;

static void set_up(setup *s, size_t latent, size_t samples, rote_noise noise)
{
  const rote_stream stream = {.seed = 21, .purpose = ROTE_PURPOSE_FOLD};
  const rote_data_info info = {.channels = 1, .height = HEIGHT, .width = WIDTH};
  rote_study *study = NULL;
  uint32_t word[PIXELS];
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_defaults(&study));
  s->options = study->base;
  rote_study_destroy(&study);
  s->options.seed = 5;
  s->options.data.transform = ROTE_TRANSFORM_BINARIZE;
  s->options.model.hidden = (rote_counts){.n = 1, .value = {9}};
  s->options.model.latent = latent;
  s->options.evaluation.samples = samples;
  s->options.evaluation.noise = (int)noise;
  CHECK_OK(rote_vae_create(&s->options, &info, &s->vae));
  CHECK_OK(rote_alloc(s->vae->table.total, sizeof *s->w, &s->w));
  CHECK_OK(rote_evaluator_create(s->vae, s->vae->options.evaluation.samples, &s->evaluator));
  rote_parameters_initialise(&s->vae->table, 1, 0, s->w);
  for (size_t i = 0; i < IMAGES; i++) {
    rote_random_words(stream, (uint32_t)i, PIXELS, word);
    for (size_t d = 0; d < PIXELS; d++) {
      s->pixel[i * PIXELS + d] = (uint8_t)word[d];
    }
  }
  s->images = (rote_image_set){.count = IMAGES, .pixel = s->pixel};
}

static void tear_down(setup *s)
{
  rote_evaluator_destroy(&s->evaluator);
  rote_free(&s->w);
  rote_vae_destroy(&s->vae);
}

static rote_real *parameter(const setup *s, const char *name)
{
  for (size_t i = 0; i < s->vae->table.count; i++) {
    if (strcmp(s->vae->table.parameter[i].name, name) == 0) {
      return s->w + s->vae->table.parameter[i].offset;
    }
  }
  fail_msg("no parameter %s", name);
  return NULL;
}

/* log p(x | logits) by its formula; x [PIXELS] */
static double log_bernoulli(const rote_real *x, const double *logit)
{
  double sum = 0;
  for (size_t d = 0; d < PIXELS; d++) {
    sum += (double)x[d] * logit[d] - log1p(exp(logit[d]));
  }
  return sum;
}

/* With all weights 0 but the last bias b, q(z|x) is the prior and p(x|z) does not depend on z:
 * every sample weighs log p(x | b). */
static void a_decoder_that_ignores_its_input_is_exact(void **state)
{
  (void)state;
  static const size_t samples[] = {1, 7, 16, 127, 128, 129, 300};
  for (size_t n = 0; n < sizeof samples / sizeof *samples; n++) {
    setup s;
    set_up(&s, 3, samples[n], ROTE_NOISE_SHARED);
    memset(s.w, 0, s.vae->table.total * sizeof *s.w);
    rote_real *bias = parameter(&s, "decoder.1.bias"), row[PIXELS];
    double logit[PIXELS];
    float log_px[IMAGES], effective[IMAGES];
    for (size_t d = 0; d < PIXELS; d++) {
      bias[d] = (rote_real)d / 4 - 2;
      logit[d] = (double)bias[d];
    }
    rote_evaluate_images(s.evaluator, s.w, &s.images, (rote_unit){0}, 1, all_images(), IMAGES,
                         log_px, effective, NULL);
    const rote_stream data = {.seed = s.options.seed, .purpose = ROTE_PURPOSE_EVALUATE_DATA};
    for (size_t i = 0; i < IMAGES; i++) {
      rote_image_load(ROTE_TRANSFORM_BINARIZE, PIXELS, s.pixel + i * PIXELS, data, (uint32_t)i,
                      row);
      assert_true(fabs((double)log_px[i] - log_bernoulli(row, logit)) < 5e-6);
      assert_true(fabs((double)effective[i] - (double)samples[n]) < 1e-4 * (double)samples[n]);
    }
    tear_down(&s);
  }
}

/* log p(x | z) of a model with one latent number, in double precision. */
static double log_px_given_z(const setup *s, const rote_real *x, double z)
{
  const rote_real *w0 = parameter(s, "decoder.0.weight"), *b0 = parameter(s, "decoder.0.bias");
  const rote_real *w1 = parameter(s, "decoder.1.weight"), *b1 = parameter(s, "decoder.1.bias");
  const size_t hidden = s->options.model.hidden.value[0];
  double logit[PIXELS];
  for (size_t d = 0; d < PIXELS; d++) {
    logit[d] = (double)b1[d];
    for (size_t h = 0; h < hidden; h++) {
      logit[d] += (double)w1[d * hidden + h] * fmax((double)w0[h] * z + (double)b0[h], 0);
    }
  }
  return log_bernoulli(x, logit);
}

/* log p(x) = log of the integral of N(z; 0, 1) p(x|z) over z, on a fine grid. */
static double integrate(const setup *s, const rote_real *x)
{
  const double step = 1e-3;
  double sum = 0;
  for (int i = -10000; i <= 10000; i++) {
    const double z = step * i;
    sum += step * exp(log_px_given_z(s, x, z) - z * z / 2) / sqrt(2 * acos(-1.0));
  }
  return log(sum);
}

static void many_samples_agree_with_the_integral(void **state)
{
  (void)state;
  enum { SAMPLES = 50000, CHECKED = 6 };
  setup s;
  set_up(&s, 1, SAMPLES, ROTE_NOISE_SHARED);
  for (rote_real *w = parameter(&s, "decoder.0.weight"); w < s.w + s.vae->table.total; w++) {
    *w *= 2; /* z matters, and the encoder does not know how */
  }
  float log_px[CHECKED], effective[CHECKED];
  rote_evaluate_images(s.evaluator, s.w, &s.images, (rote_unit){0}, 1, all_images(), CHECKED,
                       log_px, effective, NULL);
  const rote_stream data = {.seed = s.options.seed, .purpose = ROTE_PURPOSE_EVALUATE_DATA};
  double worst = 0;
  for (size_t i = 0; i < CHECKED; i++) {
    rote_real row[PIXELS];
    rote_image_load(ROTE_TRANSFORM_BINARIZE, PIXELS, s.pixel + i * PIXELS, data, (uint32_t)i, row);
    const double want = integrate(&s, row), error = fabs((double)log_px[i] - want);
    assert_true(effective[i] > 1000 && effective[i] < 0.99f * SAMPLES); /* q is not the posterior */
    if (!(error < 5 / sqrt((double)effective[i]))) {
      fail_msg("image %zu: %.6f, the integral is %.6f", i, (double)log_px[i], want);
    }
    worst = fmax(worst, error);
  }
  print_message("largest difference from the integral %.1e nats\n", worst);
  assert_true(worst < 0.03);
  tear_down(&s);
}

/* Images first .. first + count - 1 alone must have the bits they had among all. */
static void check_shard(setup *s, size_t first, size_t count, const float *log_px,
                        const float *effective)
{
  float l[IMAGES], e[IMAGES];
  rote_evaluate_images(s->evaluator, s->w, &s->images, (rote_unit){.fold = 2}, 3,
                       all_images() + first, count, l, e, NULL);
  assert_memory_equal(l, log_px + first, count * sizeof *l);
  assert_memory_equal(e, effective + first, count * sizeof *e);
}

static void an_image_does_not_depend_on_the_others(void **state)
{
  (void)state;
  static const rote_noise noise[] = {ROTE_NOISE_SHARED, ROTE_NOISE_INDEPENDENT};
  static const size_t samples[] = {40, 200};
  for (size_t n = 0; n < 4; n++) {
    setup s;
    float log_px[IMAGES], effective[IMAGES];
    set_up(&s, 4, samples[n / 2], noise[n % 2]);
    rote_evaluate_images(s.evaluator, s.w, &s.images, (rote_unit){.fold = 2}, 3, all_images(),
                         IMAGES, log_px, effective, NULL);
    for (size_t first = 0; first < IMAGES; first += ROTE_EVALUATE_BATCH) {
      const size_t left = IMAGES - first;
      check_shard(&s, first, left < ROTE_EVALUATE_BATCH ? left : ROTE_EVALUATE_BATCH, log_px,
                  effective);
      check_shard(&s, first, 1, log_px, effective);
    }
    check_shard(&s, 64, 86, log_px, effective);
    check_shard(&s, 37, 1, log_px, effective);
    check_shard(&s, 149, 1, log_px, effective);
    memset(s.pixel + 70 * PIXELS, 0, PIXELS); /* another image changes */
    check_shard(&s, 71, 79, log_px, effective);
    check_shard(&s, 0, 70, log_px, effective);
    tear_down(&s);
  }
}

static void evaluate(setup *s, rote_unit unit, size_t epoch, float *log_px)
{
  float effective[IMAGES];
  rote_evaluate_images(s->evaluator, s->w, &s->images, unit, epoch, all_images(), IMAGES, log_px,
                       effective, NULL);
}

/* Shared: differences between models are not differences of noise. Independent: as published. */
static void noise_is_shared_or_independent_as_asked(void **state)
{
  (void)state;
  const rote_unit unit = {.fold = 1}, other = {.fold = 2};
  float first[IMAGES], second[IMAGES];
  setup s;
  set_up(&s, 4, 32, ROTE_NOISE_SHARED);
  evaluate(&s, unit, 1, first);
  evaluate(&s, other, 7, second);
  assert_memory_equal(first, second, sizeof first);
  tear_down(&s);

  set_up(&s, 4, 32, ROTE_NOISE_INDEPENDENT);
  evaluate(&s, unit, 1, first);
  evaluate(&s, unit, 1, second);
  assert_memory_equal(first, second, sizeof first);
  evaluate(&s, other, 1, second);
  assert_memory_not_equal(first, second, sizeof first);
  evaluate(&s, unit, 2, second);
  assert_memory_not_equal(first, second, sizeof first);
  tear_down(&s);

  set_up(&s, 4, 32, ROTE_NOISE_SHARED); /* the seed of the study still matters */
  evaluate(&s, unit, 1, first);
  s.vae->options.seed++;
  evaluate(&s, unit, 1, second);
  assert_memory_not_equal(first, second, sizeof first);
  tear_down(&s);
}

static void weights_are_reduced_by_the_formula(void **state)
{
  (void)state;
  double log_px = 0, effective = 0;
  rote_importance_reduce(1, (double[]){-3}, &log_px, &effective);
  assert_true(log_px == -3 && effective == 1);
  /* far below what exp() can hold */
  rote_importance_reduce(4, (double[]){-1e5, -1e5, -1e5, -1e5}, &log_px, &effective);
  assert_true(fabs(log_px + 1e5) < 1e-9 && fabs(effective - 4) < 1e-12);
  rote_importance_reduce(2, (double[]){-INFINITY, -5}, &log_px, &effective);
  assert_true(fabs(log_px - (-5 - log(2))) < 1e-12 && effective == 1);
  rote_importance_reduce(3, (double[]){log(1), log(2), log(3)}, &log_px, &effective);
  assert_true(fabs(log_px - log(2)) < 1e-12 && fabs(effective - 36.0 / 14) < 1e-12);
  for (size_t i = 0; i < 3; i++) {
    double weight[3] = {-1, -2, -3};
    weight[i] = NAN;
    rote_importance_reduce(3, weight, &log_px, &effective);
    assert_true(isnan(log_px) && isnan(effective));
  }
}

/* Wherever they are: a ReLU must not make 0 of what is not a number. */
static void broken_weights_give_no_number(void **state)
{
  (void)state;
  setup s;
  float log_px[IMAGES], effective[IMAGES];
  set_up(&s, 2, 20, ROTE_NOISE_SHARED);
  for (size_t p = 0; p < s.vae->table.count; p++) {
    const rote_parameter *array = &s.vae->table.parameter[p];
    rote_parameters_initialise(&s.vae->table, 1, 0, s.w);
    for (size_t i = 0; i < array->count; i++) {
      s.w[array->offset + i] = NAN;
    }
    rote_evaluate_images(s.evaluator, s.w, &s.images, (rote_unit){0}, 1, all_images(), IMAGES,
                         log_px, effective, NULL);
    for (size_t i = 0; i < IMAGES; i++) {
      assert_true(isnan(log_px[i]) && isnan(effective[i]));
    }
  }
  tear_down(&s);
}

static void memory_that_runs_out_is_reported(void **state)
{
  (void)state;
  setup s;
  set_up(&s, 2, 20, ROTE_NOISE_SHARED);
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_evaluator *evaluator = s.evaluator;
    rote_memory_fail_at(n);
    const rote_status status =
        rote_evaluator_create(s.vae, s.vae->options.evaluation.samples, &evaluator);
    if (status == ROTE_OK) {
      assert_true(n > 15);
      rote_evaluator_destroy(&evaluator);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(evaluator);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  rote_memory_fail_at(-1);
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_decoder_that_ignores_its_input_is_exact),
      cmocka_unit_test(many_samples_agree_with_the_integral),
      cmocka_unit_test(an_image_does_not_depend_on_the_others),
      cmocka_unit_test(noise_is_shared_or_independent_as_asked),
      cmocka_unit_test(weights_are_reduced_by_the_formula),
      cmocka_unit_test(broken_weights_give_no_number),
      cmocka_unit_test(memory_that_runs_out_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
