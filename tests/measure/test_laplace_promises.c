/* The Laplace proposal: bits, noise, memory, and what is not a number. */
#include "laplace_check.h"

/* A model that is not linear, on made-up images. */
typedef struct {
  setup of;
  uint8_t pixel[IMAGES * PIXELS];
  rote_image_set images;
} study_setup;

static void set_up_study(study_setup *s, rote_likelihood_kind kind, size_t latent, size_t samples,
                         rote_noise noise)
{
  const rote_laplace_setting setting = {.samples = samples, .steps = 2};
  const rote_stream stream = {.seed = 21, .purpose = ROTE_PURPOSE_FOLD};
  uint32_t word[PIXELS];
  set_up(&s->of, kind, latent, &setting);
  s->of.vae->options.evaluation.noise = (int)noise;
  rote_parameters_initialise(&s->of.vae->table, 1, 0, s->of.w);
  for (size_t i = 0; i < IMAGES; i++) {
    rote_random_words(stream, (uint32_t)i, PIXELS, word);
    for (size_t d = 0; d < PIXELS; d++) {
      s->pixel[i * PIXELS + d] = (uint8_t)word[d];
    }
  }
  s->images = (rote_image_set){.count = IMAGES, .pixel = s->pixel};
}

typedef struct {
  float log_px[IMAGES], effective[IMAGES], k[IMAGES];
} results;

static void evaluate(study_setup *s, rote_unit unit, size_t epoch, size_t first, size_t count,
                     results *r)
{
  uint32_t index[IMAGES];
  for (size_t i = 0; i < count; i++) {
    index[i] = (uint32_t)(first + i);
  }
  rote_laplace_images(s->of.laplace, s->of.w, &s->images, unit, epoch, index, count, r->log_px,
                      r->effective, r->k);
}

static void check_shard(study_setup *s, size_t first, size_t count, const results *all)
{
  results r;
  evaluate(s, (rote_unit){.fold = 2}, 3, first, count, &r);
  assert_memory_equal(r.log_px, all->log_px + first, count * sizeof *r.log_px);
  assert_memory_equal(r.effective, all->effective + first, count * sizeof *r.effective);
  assert_memory_equal(r.k, all->k + first, count * sizeof *r.k);
}

static void an_image_does_not_depend_on_the_others(void **state)
{
  (void)state;
  static const struct {
    rote_likelihood_kind kind;
    size_t latent, samples;
  } cases[] = {
      {ROTE_LIKELIHOOD_BERNOULLI, 4, 32},           {ROTE_LIKELIHOOD_BERNOULLI, 5, 40},
      {ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL, 16, 100}, {ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, 70, 3},
      {ROTE_LIKELIHOOD_MIX_LOGISTIC, 33, 130},      {ROTE_LIKELIHOOD_BERNOULLI, LATENT_MAX, 20},
  };
  for (size_t c = 0; c < 2 * sizeof cases / sizeof *cases; c++) {
    study_setup s;
    results all;
    set_up_study(&s, cases[c / 2].kind, cases[c / 2].latent, cases[c / 2].samples,
                 c % 2 == 0 ? ROTE_NOISE_SHARED : ROTE_NOISE_INDEPENDENT);
    evaluate(&s, (rote_unit){.fold = 2}, 3, 0, IMAGES, &all);
    for (size_t i = 0; i < IMAGES; i++) {
      assert_true(isfinite(all.log_px[i]) && all.effective[i] >= 0.999f);
      assert_true((cases[c / 2].samples < ROTE_PARETO_SAMPLES) == (isnan(all.k[i]) != 0));
    }
    check_shard(&s, 0, 64, &all);
    check_shard(&s, 64, 26, &all);
    check_shard(&s, 37, 1, &all);
    check_shard(&s, 20, 45, &all);
    memset(s.pixel + 70 * PIXELS, 0, PIXELS); /* another image changes */
    check_shard(&s, 71, 19, &all);
    check_shard(&s, 0, 70, &all);
    tear_down(&s.of);
  }
}

static void noise_is_shared_or_independent_as_asked(void **state)
{
  (void)state;
  const rote_unit unit = {.fold = 1}, other = {.fold = 2};
  for (int independent = 0; independent < 2; independent++) {
    study_setup s;
    results first, second, third;
    set_up_study(&s, ROTE_LIKELIHOOD_BERNOULLI, 4, 32,
                 independent ? ROTE_NOISE_INDEPENDENT : ROTE_NOISE_SHARED);
    evaluate(&s, unit, 1, 0, IMAGES, &first);
    evaluate(&s, other, 1, 0, IMAGES, &second);
    evaluate(&s, unit, 2, 0, IMAGES, &third);
    assert_true((memcmp(first.log_px, second.log_px, sizeof first.log_px) != 0) == independent);
    assert_true((memcmp(first.log_px, third.log_px, sizeof first.log_px) != 0) == independent);
    s.of.vae->options.seed++;
    evaluate(&s, unit, 1, 0, IMAGES, &second);
    assert_memory_not_equal(first.log_px, second.log_px, sizeof first.log_px);
    tear_down(&s.of);
  }
}

static void broken_weights_give_no_number(void **state)
{
  (void)state;
  study_setup s;
  results r;
  set_up_study(&s, ROTE_LIKELIHOOD_BERNOULLI, 2, 120, ROTE_NOISE_SHARED);
  for (size_t p = 0; p < s.of.vae->table.count; p++) {
    const rote_parameter *array = &s.of.vae->table.parameter[p];
    if (strncmp(array->name, "logvar", 6) == 0) {
      continue; /* the proposal does not ask for it */
    }
    rote_parameters_initialise(&s.of.vae->table, 1, 0, s.of.w);
    for (size_t i = 0; i < array->count; i++) {
      s.of.w[array->offset + i] = NAN;
    }
    evaluate(&s, (rote_unit){0}, 1, 0, IMAGES, &r);
    for (size_t i = 0; i < IMAGES; i++) {
      assert_true(isnan(r.log_px[i]) && isnan(r.effective[i]) && isnan(r.k[i]));
    }
  }
  tear_down(&s.of);
}

static void memory_is_asked_for_once(void **state)
{
  (void)state;
  study_setup s;
  results r;
  const rote_laplace_setting setting = {.samples = 120, .steps = 2};
  set_up_study(&s, ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, 2, 120, ROTE_NOISE_SHARED);
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_laplace *laplace = s.of.laplace;
    rote_memory_fail_at(n);
    const rote_status status = rote_laplace_create(s.of.vae, &setting, &laplace);
    if (status == ROTE_OK) {
      assert_true(n > 20);
      rote_laplace_destroy(&laplace);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(laplace);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  void *block = NULL;
  rote_memory_fail_at(0); /* the next allocation fails: it must be ours, below */
  evaluate(&s, (rote_unit){0}, 1, 0, IMAGES, &r);
  assert_int_equal(rote_alloc(1, 1, &block), ROTE_NOMEM);
  rote_memory_fail_at(-1);
  tear_down(&s.of);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_image_does_not_depend_on_the_others),
      cmocka_unit_test(noise_is_shared_or_independent_as_asked),
      cmocka_unit_test(broken_weights_give_no_number),
      cmocka_unit_test(memory_is_asked_for_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
