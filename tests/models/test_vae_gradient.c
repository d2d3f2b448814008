/* The gradient of a whole VAE by central differences, in double precision. */
#include "check.h"

#include "rote/memory.h"
#include "rote/random.h"
#include "rote/vae.h"

#include <math.h>
#include <string.h>

_Static_assert(sizeof(rote_real) == sizeof(double), "this test needs the double build");

enum { BATCH = 5, ROOM = 32 }; /* images in use, columns of the workspace */

typedef struct {
  rote_vae *vae;
  rote_vae_workspace *work;
  double *w, *gradient, *x, *eps;
} setup;

static void set_up(setup *s, rote_likelihood_kind likelihood, double beta)
{
  const rote_stream stream = {.seed = 8, .purpose = ROTE_PURPOSE_WEIGHTS};
  const rote_data_info info = {.channels = 1, .height = 3, .width = 4};
  rote_study *study = NULL;
  float number[12 * ROOM];
  CHECK_OK(rote_study_defaults(&study));
  rote_options options = study->base;
  rote_study_destroy(&study);
  options.model.hidden = (rote_counts){.n = 2, .value = {6, 5}};
  options.model.latent = 2;
  options.model.likelihood = likelihood;
  options.model.mixtures = 3;
  options.model.beta = beta;
  CHECK_OK(rote_vae_create(&options, &info, &s->vae));
  CHECK_OK(rote_vae_workspace_create(s->vae, ROOM, true, &s->work));
  const size_t total = s->vae->table.total, pixels = s->vae->pixels, latent = s->vae->latent;
  CHECK_OK(rote_alloc(total, sizeof(double), &s->w));
  CHECK_OK(rote_alloc(total, sizeof(double), &s->gradient));
  CHECK_OK(rote_alloc(pixels * ROOM, sizeof(double), &s->x));
  CHECK_OK(rote_alloc(latent * ROOM, sizeof(double), &s->eps));
  rote_parameters_initialise(&s->vae->table, 2, 0, s->w);
  rote_random_uniform(stream, 1, pixels * ROOM, number);
  for (size_t i = 0; i < pixels * ROOM; i++) {
    s->x[i] = i % ROOM < BATCH ? (double)number[i] : 0;
  }
  rote_random_normal(stream, 2, latent * ROOM, number);
  for (size_t i = 0; i < latent * ROOM; i++) {
    s->eps[i] = i % ROOM < BATCH ? (double)number[i] : 0;
  }
}

static void tear_down(setup *s)
{
  rote_free(&s->w);
  rote_free(&s->gradient);
  rote_free(&s->x);
  rote_free(&s->eps);
  rote_vae_workspace_destroy(&s->work);
  rote_vae_destroy(&s->vae);
}

static double loss(setup *s)
{
  return rote_vae_loss(s->vae, s->w, s->x, s->eps, BATCH, s->work);
}

static double difference_quotient(setup *s, double *at)
{
  const double here = *at, h = 1e-5;
  *at = here + h;
  const double above = loss(s);
  *at = here - h;
  const double below = loss(s);
  *at = here;
  return (above - below) / (2 * h);
}

static void check_gradient(rote_likelihood_kind likelihood, double beta)
{
  setup s = {0};
  set_up(&s, likelihood, beta);
  const rote_gradient flat = {.flat = s.gradient};
  const double of_step = rote_vae_step(s.vae, s.w, s.x, s.eps, BATCH, s.work, &flat);
  assert_true(of_step == loss(&s));
  double worst = 0;
  for (size_t p = 0; p < s.vae->table.count; p++) {
    const rote_parameter *array = &s.vae->table.parameter[p];
    double largest = 0;
    for (size_t i = 0; i < array->count; i++) {
      largest = fmax(largest, fabs(s.gradient[array->offset + i]));
    }
    assert_true(largest > 0.01); /* else nothing is tested */
    for (size_t i = 0; i < array->count; i++) {
      const double got = s.gradient[array->offset + i];
      const double want = difference_quotient(&s, &s.w[array->offset + i]);
      if (!(fabs(got - want) <= 1e-6 * largest)) {
        fail_msg("%s[%zu]: %.12g, expected %.12g", array->name, i, got, want);
      }
      worst = fmax(worst, fabs(got - want) / largest);
    }
  }
  print_message(
      "mlp_vae, %s, beta %g: largest error of a derivative %.1e of its array's largest entry\n",
      s.vae->likelihood->name, beta, worst);
  tear_down(&s);
}

static void gradients_agree_with_central_differences(void **state)
{
  (void)state;
  check_gradient(ROTE_LIKELIHOOD_BERNOULLI, 1);
  check_gradient(ROTE_LIKELIHOOD_MIX_LOGISTIC, 1);
}

static void beta_weighs_the_divergence(void **state)
{
  (void)state;
  check_gradient(ROTE_LIKELIHOOD_BERNOULLI, 4);
}

/* loss = sum over images of -log p(x|z) + beta KL, and KL by its formula */
static void the_loss_is_the_sum_of_its_parts(void **state)
{
  (void)state;
  setup s = {0};
  set_up(&s, ROTE_LIKELIHOOD_BERNOULLI, 4);
  const double got = loss(&s);
  double want = 0;
  for (size_t j = 0; j < BATCH; j++) {
    double kl = 0;
    for (size_t l = 0; l < s.vae->latent; l++) {
      const double mu = s.work->mu[l * ROOM + j], logvar = s.work->logvar[l * ROOM + j];
      kl -= 0.5 * (1 + logvar - mu * mu - exp(logvar));
    }
    assert_true(fabs(s.work->kl[j] - kl) <= 1e-14);
    assert_true(s.work->log_px_given_z[j] < 0);
    want += 4 * kl - s.work->log_px_given_z[j];
  }
  assert_true(fabs(got - want) <= 1e-12 * want);
  tear_down(&s);
}

/* A column of junk from an earlier, larger batch must not reach a smaller one. */
static void a_smaller_batch_forgets_the_larger_one(void **state)
{
  (void)state;
  setup s = {0};
  set_up(&s, ROTE_LIKELIHOOD_BERNOULLI, 1);
  const size_t total = s.vae->table.total;
  double *fresh = NULL;
  CHECK_OK(rote_alloc(total, sizeof(double), &fresh));
  const rote_gradient to_fresh = {.flat = fresh}, to_again = {.flat = s.gradient};
  const double before = rote_vae_step(s.vae, s.w, s.x, s.eps, BATCH, s.work, &to_fresh);
  double *junk = NULL;
  CHECK_OK(rote_alloc(s.vae->pixels * ROOM, sizeof(double), &junk));
  for (size_t i = 0; i < s.vae->pixels * ROOM; i++) {
    junk[i] = 100 * sin((double)i);
  }
  rote_vae_step(s.vae, s.w, junk, s.eps, ROOM, s.work, &to_again);
  const double after = rote_vae_step(s.vae, s.w, s.x, s.eps, BATCH, s.work, &to_again);
  assert_true(before == after);
  assert_memory_equal(fresh, s.gradient, total * sizeof *fresh);
  rote_free(&fresh);
  rote_free(&junk);
  tear_down(&s);
}

/* conv_vae on 8 x 8 images, every likelihood. */
static void set_up_conv(setup *s, rote_likelihood_kind likelihood, size_t channels, double beta)
{
  const rote_stream stream = {.seed = 9, .purpose = ROTE_PURPOSE_WEIGHTS};
  const rote_data_info info = {.channels = channels, .height = 8, .width = 8};
  rote_study *study = NULL;
  float number[3 * 64 * ROOM];
  CHECK_OK(rote_study_defaults(&study));
  rote_options options = study->base;
  rote_study_destroy(&study);
  options.model.kind = ROTE_MODEL_CONV_VAE;
  options.model.likelihood = likelihood;
  options.model.features = 2;
  options.model.mixtures = 2;
  options.model.latent = 3;
  options.model.beta = beta;
  CHECK_OK(rote_vae_create(&options, &info, &s->vae));
  CHECK_OK(rote_vae_workspace_create(s->vae, ROOM, true, &s->work));
  const size_t total = s->vae->table.total, pixels = s->vae->pixels, latent = s->vae->latent;
  CHECK_OK(rote_alloc(total, sizeof(double), &s->w));
  CHECK_OK(rote_alloc(total, sizeof(double), &s->gradient));
  CHECK_OK(rote_alloc(pixels * ROOM, sizeof(double), &s->x));
  CHECK_OK(rote_alloc(latent * ROOM, sizeof(double), &s->eps));
  rote_parameters_initialise(&s->vae->table, 2, 0, s->w);
  rote_random_uniform(stream, (uint32_t)channels - 1, pixels * ROOM, number);
  for (size_t i = 0; i < pixels * ROOM; i++) {
    s->x[i] = i % ROOM < BATCH ? (double)number[i] : 0;
  }
  rote_random_normal(stream, 2, latent * ROOM, number);
  for (size_t i = 0; i < latent * ROOM; i++) {
    s->eps[i] = i % ROOM < BATCH ? (double)number[i] : 0;
  }
}

static bool is_running(const rote_parameter *array)
{
  return strstr(array->name, ".running_") != NULL;
}

/* The loss of a training step: batch norm by the batch. */
static double loss_of_step(setup *s, double *unused)
{
  return rote_vae_step(s->vae, s->w, s->x, s->eps, BATCH, s->work,
                       &(rote_gradient){.flat = unused});
}

/* Fourth order: batch norm over few numbers bends much. Short steps: none may carry a unit over the
 * kink of its rectifier. */
static double difference_of_steps(setup *s, double *at, double *unused)
{
  static const double step[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};
  const double here = *at, h = 1e-5;
  double sum = 0;
  for (int k = 0; k < 4; k++) {
    *at = here + step[k] * h;
    sum += weight[k] * loss_of_step(s, unused) / (12 * h);
  }
  *at = here;
  return sum;
}

static void check_conv(rote_likelihood_kind likelihood, size_t channels, double beta)
{
  setup s = {0};
  set_up_conv(&s, likelihood, channels, beta);
  const size_t total = s.vae->table.total;
  const size_t every = channels > 2 ? 3 : 1; /* of so many weights some will do */
  double worst = 0, *unused = NULL;
  bool has_own = false;
  CHECK_OK(rote_alloc(total, sizeof(double), &unused));
  for (size_t i = 0; i < total; i++) {
    s.gradient[i] = NAN; /* what is not handed over is seen */
  }
  loss_of_step(&s, s.gradient);
  for (size_t p = 0; p < s.vae->table.count; p++) {
    const rote_parameter *array = &s.vae->table.parameter[p];
    double largest = 0;
    for (size_t i = 0; i < array->count; i++) {
      const double g = s.gradient[array->offset + i];
      assert_int_equal(isnan(g) != 0, is_running(array));
      largest = fmax(largest, fabs(g));
    }
    has_own = has_own || strcmp(array->name, "log_gamma") == 0;
    assert_true(is_running(array) || largest > 1e-3);
    for (size_t i = 0; i < array->count && !is_running(array); i += every) {
      const double got = s.gradient[array->offset + i];
      const double want = difference_of_steps(&s, &s.w[array->offset + i], unused);
      if (!(fabs(got - want) <= 1e-6 * largest)) {
        fail_msg("%s[%zu]: %.12g, expected %.12g", array->name, i, got, want);
      }
      worst = fmax(worst, fabs(got - want) / largest);
    }
  }
  assert_int_equal(has_own, likelihood == ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT);
  print_message("conv_vae, %s, %zu channels, beta %g: largest error of a derivative %.1e of its "
                "array's largest entry\n",
                s.vae->likelihood->name, channels, beta, worst);
  rote_free(&unused);
  tear_down(&s);
}

static void conv_gradients_agree_with_central_differences(void **state)
{
  (void)state;
  static const rote_likelihood_kind kind[] = {ROTE_LIKELIHOOD_BERNOULLI,
                                              ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT,
                                              ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL};
  for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
    check_conv(kind[i], 2, 1);
    check_conv(kind[i], 2, 2.5);
  }
  check_conv(ROTE_LIKELIHOOD_MIX_LOGISTIC, 3, 2.5);
}

/* Evaluation sees each image alone: with running statistics, its loss does not depend on the rest
 * of its batch, whatever the workspace was made for. */
static void a_loss_without_gradient_uses_running_statistics(void **state)
{
  (void)state;
  setup s = {0};
  set_up_conv(&s, ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, 2, 1);
  rote_vae_workspace *evaluation = NULL;
  CHECK_OK(rote_vae_workspace_create(s.vae, ROOM, false, &evaluation));
  const double before = loss_of_step(&s, s.gradient);
  rote_vae_after_step(s.vae, BATCH, s.work, s.w);
  const double together = loss(&s);
  assert_true(together == rote_vae_loss(s.vae, s.w, s.x, s.eps, BATCH, evaluation));
  assert_true(fabs(together - before) > 1e-3);
  double log_px[BATCH], kl[BATCH];
  memcpy(log_px, s.work->log_px_given_z, sizeof log_px);
  memcpy(kl, s.work->kl, sizeof kl);
  for (size_t n = 1; n < BATCH; n++) {
    rote_vae_loss(s.vae, s.w, s.x, s.eps, n, s.work);
    assert_memory_equal(s.work->log_px_given_z, log_px, n * sizeof *log_px);
    assert_memory_equal(s.work->kl, kl, n * sizeof *kl);
  }
  assert_true(loss_of_step(&s, s.gradient) == before); /* and training is as it was */
  rote_vae_workspace_destroy(&evaluation);
  tear_down(&s);
}

/* log p(x|z) by the densities' definitions, from the decoder's output. */
static void gaussian_likelihoods_are_densities(void **state)
{
  (void)state;
  for (int diagonal = 0; diagonal < 2; diagonal++) {
    setup s = {0};
    set_up_conv(
        &s, diagonal ? ROTE_LIKELIHOOD_GAUSSIAN_DIAGONAL : ROTE_LIKELIHOOD_GAUSSIAN_CONSTANT, 2, 1);
    const size_t pixels = s.vae->pixels;
    const double *out = rote_vae_forward(s.vae, s.w, s.x, s.eps, BATCH, s.work);
    double want[BATCH] = {0};
    for (size_t d = 0; d < pixels; d++) {
      for (size_t j = 0; j < BATCH; j++) {
        const double e = s.x[d * ROOM + j] - out[d * ROOM + j];
        const double v =
            diagonal ? fmax(out[(pixels + d) * ROOM + j], -7) : *rote_vae_own(s.vae, s.w);
        want[j] += log(exp(-e * e / (2 * exp(v))) / sqrt(2 * acos(-1) * exp(v)));
      }
    }
    loss_of_step(&s, s.gradient);
    for (size_t j = 0; j < BATCH; j++) {
      assert_true(fabs(s.work->log_px_given_z[j] - want[j]) <= 1e-10 * fabs(want[j]));
    }
    assert_true(diagonal || *rote_vae_own(s.vae, s.w) == -2);
    tear_down(&s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_agree_with_central_differences),
      cmocka_unit_test(beta_weighs_the_divergence),
      cmocka_unit_test(the_loss_is_the_sum_of_its_parts),
      cmocka_unit_test(a_smaller_batch_forgets_the_larger_one),
      cmocka_unit_test(conv_gradients_agree_with_central_differences),
      cmocka_unit_test(a_loss_without_gradient_uses_running_statistics),
      cmocka_unit_test(gaussian_likelihoods_are_densities),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
