/* The Laplace proposal where the likelihood is known in closed form, its derivatives, and its
 * promises on bits. */
#include "check.h"

#include "rote/importance.h"
#include "rote/laplace.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  CHANNELS = 3,
  SIDE = 6,
  PIXELS = CHANNELS * SIDE * SIDE,
  IMAGES = 90,
  LATENT_MAX = 200,
  OUTPUTS_MAX = 720
};

/* A VAE whose decoder is linear: its one hidden layer holds z and -z, of which ReLU leaves one, and
 * outputs are M z + b. Its encoder says `start` of every image. */
typedef struct {
  rote_vae *vae;
  rote_real *w;
  rote_laplace *laplace;
  size_t latent, outputs;
  rote_real *map, *bias; /* M [outputs, 2 latent] and b, among w */
  rote_real *x;          /* [PIXELS, block] images as the model sees them */
} setup;

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

static float draw(uint32_t item, size_t i)
{
  const rote_stream stream = {.seed = 21, .purpose = ROTE_PURPOSE_WEIGHTS};
  float all[8192];
  assert_true(i < 8192);
  rote_random_normal(stream, item, i + 1, all);
  return all[i];
}

static void fill_normal(uint32_t item, size_t n, double deviation, rote_real *out)
{
  const rote_stream stream = {.seed = 22, .purpose = ROTE_PURPOSE_WEIGHTS};
  rote_random_normal(stream, item, n, out);
  for (size_t i = 0; i < n; i++) {
    out[i] *= (rote_real)deviation;
  }
}

static void make_linear(setup *s, double start)
{
  const size_t L = s->latent;
  memset(s->w, 0, s->vae->table.total * sizeof *s->w);
  rote_real *split = parameter(s, "decoder.0.weight"), *mu = parameter(s, "mu.bias");
  rote_real *half = malloc(s->outputs * L * sizeof *half);
  assert_non_null(half);
  s->map = parameter(s, "decoder.1.weight");
  s->bias = parameter(s, "decoder.1.bias");
  fill_normal(1, s->outputs * L, 0.5, half);
  fill_normal(2, s->outputs, 0.5, s->bias);
  for (size_t i = 0; i < L; i++) {
    split[i * L + i] = 1;
    split[(L + i) * L + i] = -1;
    mu[i] = (rote_real)(start * (i % 2 == 0 ? 1 : -0.7));
    for (size_t o = 0; o < s->outputs; o++) {
      s->map[o * 2 * L + i] = half[o * L + i];
      s->map[o * 2 * L + L + i] = -half[o * L + i];
    }
  }
  free(half);
}

static void set_up(setup *s, rote_likelihood_kind kind, size_t latent,
                   const rote_laplace_setting *setting)
{
  const rote_data_info info = {.channels = CHANNELS, .height = SIDE, .width = SIDE};
  rote_study *study = NULL;
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_defaults(&study));
  rote_options o = study->base;
  rote_study_destroy(&study);
  o.seed = 5;
  o.model.likelihood = (int)kind;
  o.model.mixtures = 2;
  o.model.latent = latent;
  o.model.hidden = (rote_counts){.n = 1, .value = {2 * latent}};
  const bool is_gaussian =
      kind == ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT || kind == ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL;
  o.data.transform = is_gaussian                            ? ROTE_TRANSFORM_LOGIT
                     : kind == ROTE_LIKELIHOOD_MIX_LOGISTIC ? ROTE_TRANSFORM_SCALE
                                                            : ROTE_TRANSFORM_BINARIZE;
  CHECK_OK(rote_vae_create(&o, &info, &s->vae));
  CHECK_OK(rote_alloc(s->vae->table.total, sizeof *s->w, &s->w));
  CHECK_OK(rote_laplace_create(s->vae, setting, &s->laplace));
  s->latent = latent;
  s->outputs = rote_network_out(&s->vae->decoder);
  CHECK_OK(rote_alloc(PIXELS * s->laplace->block, sizeof *s->x, &s->x));
  fill_normal(3, PIXELS * s->laplace->block, 1, s->x);
  for (size_t i = 0; i < PIXELS * s->laplace->block && !is_gaussian; i++) {
    const double level = s->x[i] < 0 ? 0 : fmin(1, (double)s->x[i]);
    s->x[i] = (rote_real)(kind == ROTE_LIKELIHOOD_BERNOULLI ? level > 0.5 : level);
  }
  make_linear(s, 0);
}

static void tear_down(setup *s)
{
  rote_laplace_destroy(&s->laplace);
  rote_free(&s->x);
  rote_free(&s->w);
  rote_vae_destroy(&s->vae);
}

static void take_image(const setup *s, size_t j, rote_real *image)
{
  for (size_t d = 0; d < PIXELS; d++) {
    image[d] = s->x[d * s->laplace->block + j];
  }
}

/* log N(x; b, M M^T + e^g I) by elimination, per pixel level (probabilistic PCA). */
static double closed_form(const setup *s, size_t j)
{
  const double g = (double)*parameter(s, "log_gamma");
  double a[PIXELS][PIXELS], r[PIXELS], log_p = -0.5 * PIXELS * log(2 * acos(-1.0));
  rote_real image[PIXELS];
  take_image(s, j, image);
  for (size_t c = 0; c < PIXELS; c++) {
    r[c] = (double)image[c] - (double)s->bias[c];
    for (size_t d = 0; d < PIXELS; d++) {
      a[c][d] = c == d ? exp(g) : 0;
      for (size_t i = 0; i < s->latent; i++) {
        a[c][d] += (double)s->map[c * 2 * s->latent + i] * (double)s->map[d * 2 * s->latent + i];
      }
    }
  }
  for (size_t c = 0; c < PIXELS; c++) {
    log_p -= 0.5 * (log(a[c][c]) + r[c] * r[c] / a[c][c]);
    for (size_t d = c + 1; d < PIXELS; d++) {
      const double f = a[d][c] / a[c][c];
      r[d] -= f * r[c];
      for (size_t e = c; e < PIXELS; e++) {
        a[d][e] -= f * a[c][e];
      }
    }
  }
  return log_p + rote_logit_correction(PIXELS, image);
}

static void estimate(setup *s, size_t n, rote_estimate *of)
{
  const rote_stream latent = {.seed = 5, .purpose = ROTE_PURPOSE_EVALUATE_LATENT};
  uint32_t index[64];
  for (size_t j = 0; j < n; j++) {
    index[j] = (uint32_t)j;
  }
  rote_laplace_use(s->laplace, s->w);
  rote_laplace_estimate(s->laplace, s->w, s->x, n, index, latent, of);
}

static void gaussian_draws_are_exact_for_a_linear_decoder(void **state)
{
  (void)state;
  static const size_t samples[] = {1, 7, 32, 100, 129}, latents[] = {1, 3, 5};
  static const double starts[] = {0, 2, -20};
  double worst = 0, worst_samples = 0;
  for (size_t k = 0; k < 45; k++) {
    const size_t S = samples[k % 5];
    const rote_laplace_setting setting = {.samples = S, .steps = 5, .is_gaussian = true};
    rote_estimate of[8];
    setup s;
    set_up(&s, ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, latents[k / 5 % 3], &setting);
    make_linear(&s, starts[k / 15]);
    *parameter(&s, "log_gamma") = -1.5f;
    estimate(&s, 8, of);
    for (size_t j = 0; j < 8; j++) {
      const double want = closed_form(&s, j);
      worst = fmax(worst, fabs(of[j].log_px / want - 1));
      worst_samples = fmax(worst_samples, fabs(of[j].effective_samples / (double)S - 1));
      if (!(fabs(of[j].log_px - want) <= 1e-5 * fabs(want)) ||
          !(fabs(of[j].effective_samples - (double)S) <= 1e-4 * (double)S)) {
        fail_msg("image %zu: %.6f, want %.6f; %.6f of %zu samples are effective", j, of[j].log_px,
                 want, of[j].effective_samples, S);
      }
    }
    tear_down(&s);
  }
  print_message("relative errors: log p %.1e, effective samples %.1e\n", worst, worst_samples);
}

static void t_draws_agree_within_their_error(void **state)
{
  (void)state;
  enum { S = 2000 };
  const rote_laplace_setting setting = {.samples = S, .steps = 5};
  rote_estimate of[40];
  setup s;
  double mean_square = 0;
  set_up(&s, ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, 3, &setting);
  *parameter(&s, "log_gamma") = -1.5f;
  estimate(&s, 40, of);
  for (size_t j = 0; j < 40; j++) {
    const double error = sqrt(1 / of[j].effective_samples - 1.0 / S);
    const double z = (of[j].log_px - closed_form(&s, j)) / error;
    mean_square += z * z / 40;
    assert_true(of[j].effective_samples > 0.7 * S && of[j].effective_samples < 0.98 * S);
    if (!(fabs(z) < 4)) {
      fail_msg("image %zu is off by %.2f standard errors", j, z);
    }
  }
  assert_true(mean_square > 0.4 && mean_square < 2); /* the errors are what they say */
  tear_down(&s);
}

/* ---- Derivatives ---- */

/* log p of given outputs, but for constants, in double by the readable kernels. */
static double log_px_of(const setup *s, const rote_real *image, const rote_real *out)
{
  const rote_kernels *k = rote_kernels_reference();
  const rote_mixture mixture = {.positions = SIDE * SIDE, .channels = CHANNELS, .components = 2};
  double value = 0;
  switch ((rote_likelihood_kind)s->vae->options.model.likelihood) {
  case ROTE_LIKELIHOOD_BERNOULLI:
    k->bernoulli_image(PIXELS, 1, image, out, 1, &value);
    return value;
  case ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT:
    k->squares_image(PIXELS, 1, image, out, 1, &value);
    return -value / 2 * exp(-(double)*parameter(s, "log_gamma"));
  case ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL:
    k->diagonal_image(PIXELS, 1, image, out, 1, &value);
    return -value / 2;
  default:
    k->mixture_image(&mixture, 1, image, out, 1, &value);
    return value;
  }
}

/* Gradient of -log p by the outputs, by central differences of log p. */
static void output_gradient(const setup *s, const rote_real *image, const rote_real *out,
                            double *gradient)
{
  const rote_real h = 0x1p-9f;
  rote_real moved[OUTPUTS_MAX];
  for (size_t o = 0; o < s->outputs; o++) {
    memcpy(moved, out, s->outputs * sizeof *out);
    moved[o] = out[o] + h;
    const double up = log_px_of(s, image, moved);
    moved[o] = out[o] - h;
    gradient[o] = (log_px_of(s, image, moved) - up) / (2 * (double)h);
  }
}

/* The part of output o in W: for the likelihoods whose curvature does not depend on x that of
 * -log p; of log variances its mean over x, 1/2. */
static double output_curvature(const setup *s, const rote_real *image, const rote_real *out,
                               size_t o)
{
  const rote_real h = 0x1p-6f;
  rote_real moved[OUTPUTS_MAX];
  if (s->vae->options.model.likelihood == ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL && o >= PIXELS) {
    return out[o] < -7 ? 0 : 0.5;
  }
  memcpy(moved, out, s->outputs * sizeof *out);
  moved[o] = out[o] + h;
  const double up = log_px_of(s, image, moved);
  moved[o] = out[o] - h;
  const double down = log_px_of(s, image, moved);
  return (2 * log_px_of(s, image, out) - up - down) / (double)(h * h);
}

/* A = I + M^T W M and g = z + M^T gradient, from the differences of the likelihood. */
static void expected(const setup *s, const rote_real *image, const double *z, double *a, double *g)
{
  const size_t L = s->latent, O = s->outputs, positions = SIDE * SIDE;
  double gradient[OUTPUTS_MAX], row[64];
  rote_real out[OUTPUTS_MAX];
  for (size_t o = 0; o < O; o++) {
    double sum = (double)s->bias[o];
    for (size_t i = 0; i < L; i++) {
      sum += (double)s->map[o * 2 * L + i] * z[i];
    }
    out[o] = (rote_real)sum;
  }
  output_gradient(s, image, out, gradient);
  for (size_t i = 0; i < L; i++) {
    g[i] = z[i];
    for (size_t k = 0; k < L; k++) {
      a[i * L + k] = i == k;
    }
    for (size_t o = 0; o < O; o++) {
      g[i] += (double)s->map[o * 2 * L + i] * gradient[o];
    }
  }
  const bool is_mixture = s->vae->options.model.likelihood == ROTE_LIKELIHOOD_MIX_LOGISTIC;
  for (size_t r = 0; r < (is_mixture ? positions : O); r++) {
    const double weight = is_mixture ? 1 : sqrt(fmax(0, output_curvature(s, image, out, r)));
    for (size_t i = 0; i < L; i++) {
      row[i] = 0;
      for (size_t o = r; o < (is_mixture ? O : r + 1); o += positions) {
        row[i] += (is_mixture ? gradient[o] : weight) * (double)s->map[o * 2 * L + i];
      }
    }
    for (size_t i = 0; i < L; i++) {
      for (size_t k = 0; k < L; k++) {
        a[i * L + k] += row[i] * row[k];
      }
    }
  }
}

static void check_derivatives(setup *s, size_t n)
{
  const size_t L = s->latent;
  double a[64], g[8], z[8], scale = 0;
  rote_real image[PIXELS];
  for (size_t j = 0; j < n; j++) {
    for (size_t i = 0; i < L; i++) {
      s->laplace->z[i * s->laplace->block + j] = draw(4, j * L + i);
    }
  }
  rote_laplace_use(s->laplace, s->w);
  rote_laplace_fit(s->laplace, s->w, s->x, n); /* no steps: what there is at z */
  for (size_t j = 0; j < n; j++) {
    const double *u = s->laplace->factor + j * L * L;
    for (size_t i = 0; i < L; i++) {
      z[i] = (double)s->laplace->z[i * s->laplace->block + j];
    }
    take_image(s, j, image);
    expected(s, image, z, a, g);
    for (size_t i = 0; i < L; i++) {
      scale = fmax(scale, fabs(g[i]));
      scale = fmax(scale, a[i * L + i]);
    }
    for (size_t i = 0; i < L; i++) {
      const double got = s->laplace->direction[j * L + i];
      if (!(fabs(got - g[i]) < 3e-3 * scale)) {
        fail_msg("%s, image %zu: gradient %zu is %.5f, want %.5f", s->vae->likelihood->name, j, i,
                 got, g[i]);
      }
      for (size_t k = i; k < L; k++) {
        double product = 0;
        for (size_t m = 0; m <= i; m++) {
          product += u[m * L + i] * u[m * L + k];
        }
        if (!(fabs(product - a[i * L + k]) < 3e-3 * scale)) {
          fail_msg("%s, image %zu: A[%zu, %zu] is %.5f, want %.5f", s->vae->likelihood->name, j, i,
                   k, product, a[i * L + k]);
        }
      }
    }
  }
}

static void derivatives_are_those_of_the_likelihood(void **state)
{
  (void)state;
  const rote_laplace_setting setting = {.samples = 4, .steps = 0};
  for (int kind = ROTE_LIKELIHOOD_BERNOULLI; kind <= ROTE_LIKELIHOOD_MIX_LOGISTIC; kind++) {
    setup s;
    set_up(&s, (rote_likelihood_kind)kind, 3, &setting);
    if (kind == ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL) {
      s.bias[PIXELS + 1] = -20; /* clamped */
    }
    check_derivatives(&s, 30);
    tear_down(&s);
  }
}

/* ---- Promises ---- */

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
      cmocka_unit_test(gaussian_draws_are_exact_for_a_linear_decoder),
      cmocka_unit_test(t_draws_agree_within_their_error),
      cmocka_unit_test(derivatives_are_those_of_the_likelihood),
      cmocka_unit_test(an_image_does_not_depend_on_the_others),
      cmocka_unit_test(noise_is_shared_or_independent_as_asked),
      cmocka_unit_test(broken_weights_give_no_number),
      cmocka_unit_test(memory_is_asked_for_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
