/* Annealing against closed forms and an integral; its gradients against differences. */
#include "check.h"

#include "rote/annealing.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LATENT = 3, CHAINS = 20 };

typedef struct {
  rote_data_info info;
  rote_vae *vae;
  rote_real *w, *x; /* [table.total], [D] an image as the model sees it */
  rote_annealing *annealing;
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

static void fill_normal(uint32_t item, size_t n, double deviation, rote_real *out)
{
  const rote_stream stream = {.seed = 23, .purpose = ROTE_PURPOSE_WEIGHTS};
  rote_random_normal(stream, item, n, out);
  for (size_t i = 0; i < n; i++) {
    out[i] *= (rote_real)deviation;
  }
}

static void set_up(setup *s, rote_model_kind model, rote_likelihood_kind kind, size_t latent,
                   const rote_annealing_setting *setting)
{
  rote_study *study = NULL;
  memset(s, 0, sizeof *s);
  CHECK_OK(rote_study_defaults(&study));
  rote_options o = study->base;
  rote_study_destroy(&study);
  o.seed = 5;
  o.model.kind = (int)model;
  o.model.likelihood = (int)kind;
  o.model.mixtures = 2;
  o.model.latent = latent;
  o.model.features = 2;
  o.model.hidden = (rote_counts){.n = 1, .value = {2 * latent}};
  const bool is_gaussian =
      kind == ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT || kind == ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL;
  o.data.transform = is_gaussian ? ROTE_TRANSFORM_LOGIT : ROTE_TRANSFORM_SCALE;
  s->info = (rote_data_info){.channels = 2, .height = 8, .width = 8};
  CHECK_OK(rote_vae_create(&o, &s->info, &s->vae));
  CHECK_OK(rote_alloc(s->vae->table.total, sizeof *s->w, &s->w));
  CHECK_OK(rote_alloc(s->vae->pixels, sizeof *s->x, &s->x));
  CHECK_OK(rote_annealing_create(s->vae, setting, &s->annealing));
  rote_parameters_initialise(&s->vae->table, 1, 0, s->w);
  fill_normal(3, s->vae->pixels, 1, s->x);
  for (size_t i = 0; i < s->vae->pixels && !is_gaussian; i++) {
    const double level = s->x[i] < 0 ? 0 : fmin(1, (double)s->x[i]);
    s->x[i] = (rote_real)(kind == ROTE_LIKELIHOOD_BERNOULLI ? level > 0.5 : level);
  }
}

static void tear_down(setup *s)
{
  rote_annealing_destroy(&s->annealing);
  rote_free(&s->x);
  rote_free(&s->w);
  rote_vae_destroy(&s->vae);
}

static void anneal(setup *s, uint32_t index, rote_annealed *of)
{
  const rote_stream stream = {.seed = 5, .unit = 2, .purpose = ROTE_PURPOSE_ANNEALING};
  rote_annealing_estimate(s->annealing, s->w, s->x, index, stream, of);
}

/* A decoder M z + b, by a hidden layer of z and -z. */
static void make_linear(setup *s, double deviation)
{
  const size_t L = s->vae->latent, O = rote_network_out(&s->vae->decoder);
  rote_real *split = parameter(s, "decoder.0.weight"), *map = parameter(s, "decoder.1.weight");
  memset(parameter(s, "decoder.0.bias"), 0, 2 * L * sizeof *split);
  memset(split, 0, 2 * L * L * sizeof *split);
  fill_normal(4, 2 * O * L, deviation, map);
  for (size_t i = 0; i < L; i++) {
    split[i * L + i] = 1;
    split[(L + i) * L + i] = -1;
    for (size_t o = 0; o < O; o++) {
      map[o * 2 * L + L + i] = -map[o * 2 * L + i];
    }
  }
}

/* log N(x; b, M M^T + v I), one latent number: the determinant lemma and Sherman and Morrison. */
static double closed_form(const setup *s)
{
  const size_t D = s->vae->pixels;
  const rote_real *map = parameter(s, "decoder.1.weight"), *bias = parameter(s, "decoder.1.bias");
  const double v = exp((double)*parameter(s, "log_gamma"));
  double mm = 0, mr = 0, rr = 0;
  for (size_t d = 0; d < D; d++) {
    const double m = (double)map[2 * d], r = (double)s->x[d] - (double)bias[d];
    mm += m * m;
    mr += m * r;
    rr += r * r;
  }
  return -0.5 *
             ((double)D * log(2 * acos(-1.0) * v) + log1p(mm / v) + (rr - mr * mr / (v + mm)) / v) +
         rote_logit_correction(D, s->x);
}

static void a_gaussian_posterior_is_exact(void **state)
{
  (void)state;
  static const size_t temperatures[] = {1, 2, 13, 40};
  for (size_t t = 0; t < 4; t++) {
    const rote_annealing_setting setting = {temperatures[t], CHAINS};
    rote_annealed of;
    setup s;
    set_up(&s, ROTE_MODEL_MLP_VAE, ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, 1, &setting);
    make_linear(&s, 0.5);
    anneal(&s, 0, &of);
    const double want = closed_form(&s);
    if (!(fabs(of.log_px - want) < 1e-5 * fabs(want) && of.effective_share > 1 - 1e-4 &&
          of.standard_error < 0.01)) {
      fail_msg("T = %zu: %.6f +- %.6f (%.6f), want %.6f", temperatures[t], of.log_px,
               of.standard_error, of.effective_share, want);
    }
    tear_down(&s);
  }
}

static double log_joint(setup *s, double z)
{
  const double mode = z, factor = 1;
  rote_annealing_state *at = &s->annealing->here;
  memset(at->u, 0, s->annealing->ld * sizeof *at->u);
  rote_annealing_look(s->annealing, s->w, &mode, &factor, at);
  return at->log_joint[0];
}

/* With one latent number log p(x) is an integral on a grid. The posterior is wide and has bends, so
 * that the proposal does not fit it; with sharper ones a second mode would be out of reach. */
static void an_integral_is_found(void **state)
{
  (void)state;
  enum { IMAGES = 30 };
  const rote_annealing_setting setting = {60, CHAINS};
  const double step = 2e-3;
  double mean_square = 0, lowest = 1;
  for (uint32_t i = 0; i < IMAGES; i++) {
    setup s;
    double largest = -INFINITY, sum = 0, value[4001];
    rote_annealed of;
    set_up(&s, ROTE_MODEL_MLP_VAE, ROTE_LIKELIHOOD_BERNOULLI, 1, &setting);
    fill_normal(2 * i + 10, 2 * 128, 0.4, parameter(&s, "decoder.1.weight"));
    fill_normal(2 * i + 11, 2, 1, parameter(&s, "decoder.0.bias"));
    anneal(&s, i, &of);
    for (int k = 0; k <= 4000; k++) {
      value[k] = log_joint(&s, step * (k - 2000));
      largest = fmax(largest, value[k]);
    }
    for (int k = 0; k <= 4000; k++) {
      sum += exp(value[k] - largest) * step / sqrt(2 * acos(-1.0));
    }
    const double error = of.log_px - largest - log(sum);
    mean_square += error * error / (of.standard_error * of.standard_error + 1e-7) / IMAGES;
    lowest = fmin(lowest, of.effective_share);
    if (!(fabs(error) < 4.5 * of.standard_error + 1.5e-3)) {
      fail_msg("image %u: off by %.4f, its error is %.4f", i, error, of.standard_error);
    }
    tear_down(&s);
  }
  print_message("squared errors %.2f of what they are said to be, shares from %.2f\n", mean_square,
                lowest);
  assert_true(lowest < 0.99); /* else nothing was annealed */
  assert_true(mean_square < 2.5);
}

static void gradients_are_those_of_the_value(void **state)
{
  (void)state;
  const rote_annealing_setting setting = {2, CHAINS};
  const double mode[LATENT] = {0.3, -0.2, 0.1}, h = 0x1p-8;
  const double factor[LATENT * LATENT] = {1.5, 0.3, -0.4, 0, 0.8, 0.2, 0, 0, 2};
  for (int k = 0; k < 8; k++) {
    double gradient[LATENT * 32], up[32];
    setup s;
    set_up(&s, k < 4 ? ROTE_MODEL_MLP_VAE : ROTE_MODEL_CONV_VAE, (rote_likelihood_kind)(k % 4),
           LATENT, &setting);
    rote_annealing *a = s.annealing;
    rote_annealing_state *at = &a->here;
    double largest = 0, difference[LATENT * CHAINS];
    size_t off = 0;
    for (size_t d = 0; d < s.vae->pixels * a->ld; d++) {
      a->x[d] = s.x[d / a->ld];
    }
    for (size_t i = 0; i < LATENT; i++) {
      for (size_t j = 0; j < CHAINS; j++) {
        at->u[i * a->ld + j] = sin((double)(7 * i + 3 * j));
      }
    }
    rote_annealing_look(a, s.w, mode, factor, at);
    memcpy(gradient, at->gradient, LATENT * a->ld * sizeof *gradient);
    for (size_t i = 0; i < LATENT; i++) {
      for (size_t j = 0; j < CHAINS; j++) {
        at->u[i * a->ld + j] += h;
      }
      rote_annealing_look(a, s.w, mode, factor, at);
      memcpy(up, at->log_joint, CHAINS * sizeof *up);
      for (size_t j = 0; j < CHAINS; j++) {
        at->u[i * a->ld + j] -= 2 * h;
      }
      rote_annealing_look(a, s.w, mode, factor, at);
      for (size_t j = 0; j < CHAINS; j++) {
        at->u[i * a->ld + j] += h;
        const double want = (up[j] - at->log_joint[j]) / (2 * h);
        largest = fmax(largest, fabs(want));
        difference[i * CHAINS + j] = fabs(want - gradient[i * a->ld + j]);
      }
    }
    for (size_t i = 0; i < LATENT * CHAINS; i++) {
      off += !(difference[i] < 0.02 * largest);
    }
    if (off > 4) { /* a difference may step over a bend of a ReLU */
      fail_msg("model %d, %s: %zu of %d gradients, up to %.4f, are off", k / 4,
               s.vae->likelihood->name, off, LATENT * CHAINS, largest);
    }
    tear_down(&s);
  }
}

/* A function of seed, unit and image; memory is asked for once. */
static void the_same_again(void **state)
{
  (void)state;
  const rote_annealing_setting setting = {10, CHAINS};
  setup s;
  rote_annealed first, second;
  void *block = NULL;
  set_up(&s, ROTE_MODEL_CONV_VAE, ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL, LATENT, &setting);
  anneal(&s, 3, &first);
  anneal(&s, 4, &second);
  assert_memory_not_equal(&first, &second, sizeof first);
  rote_memory_fail_at(0);
  anneal(&s, 3, &second);
  assert_int_equal(rote_alloc(1, 1, &block), ROTE_NOMEM);
  assert_memory_equal(&first, &second, sizeof first);
  rote_memory_fail_at(-1);
  *parameter(&s, "decoder.0.conv.weight") = NAN;
  anneal(&s, 3, &second);
  assert_true(isnan(second.log_px) != 0);
  tear_down(&s);
}

/* The image that the other estimators see, and what they say of it. */
static void images_of_a_set(void **state)
{
  (void)state;
  const rote_annealing_setting setting = {30, CHAINS};
  const rote_laplace_setting proposal = {.samples = 2000, .steps = 5};
  setup s;
  rote_laplace *laplace = NULL;
  rote_annealed of;
  uint8_t pixel[3 * 128];
  const uint32_t index = 2;
  float log_px = 0, effective = 0;
  set_up(&s, ROTE_MODEL_MLP_VAE, ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, LATENT, &setting);
  for (size_t i = 0; i < sizeof pixel; i++) {
    pixel[i] = (uint8_t)(i * 2654435761u >> 20);
  }
  const rote_image_set images = {.count = 3, .pixel = pixel};
  CHECK_OK(rote_laplace_create(s.vae, &proposal, &laplace));
  for (int noise = 0; noise < 2; noise++) {
    s.vae->options.evaluation.noise = noise;
    rote_laplace_images(laplace, s.w, &images, (rote_unit){.fold = 1}, 4, &index, 1, &log_px,
                        &effective, NULL);
    rote_annealing_image(s.annealing, s.w, &images, (rote_unit){.fold = 1}, 4, 2, &of);
    assert_true(fabs((double)log_px - of.log_px) <
                4 * hypot(of.standard_error, 1 / sqrt((double)effective)));
  }
  rote_laplace_destroy(&laplace);
  tear_down(&s);
}

static void memory_that_runs_out_is_reported(void **state)
{
  (void)state;
  const rote_annealing_setting setting = {10, CHAINS};
  setup s;
  set_up(&s, ROTE_MODEL_CONV_VAE, ROTE_LIKELIHOOD_BERNOULLI, LATENT, &setting);
  const long before = rote_memory_live_blocks();
  for (long n = 0;; n++) {
    rote_annealing *annealing = s.annealing;
    rote_memory_fail_at(n);
    const rote_status status = rote_annealing_create(s.vae, &setting, &annealing);
    if (status == ROTE_OK) {
      assert_true(n > 30);
      rote_annealing_destroy(&annealing);
      break;
    }
    assert_int_equal(status, ROTE_NOMEM);
    assert_null(annealing);
    assert_int_equal(rote_memory_live_blocks(), before);
  }
  rote_memory_fail_at(-1);
  tear_down(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_gaussian_posterior_is_exact),
      cmocka_unit_test(an_integral_is_found),
      cmocka_unit_test(gradients_are_those_of_the_value),
      cmocka_unit_test(the_same_again),
      cmocka_unit_test(images_of_a_set),
      cmocka_unit_test(memory_that_runs_out_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
