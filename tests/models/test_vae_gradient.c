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

static void set_up(setup *s, double beta)
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

static void check_gradient(double beta)
{
  setup s = {0};
  set_up(&s, beta);
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
  print_message("beta %g: largest error of a derivative %.1e of its array's largest entry\n", beta,
                worst);
  tear_down(&s);
}

static void gradients_agree_with_central_differences(void **state)
{
  (void)state;
  check_gradient(1);
}

static void beta_weighs_the_divergence(void **state)
{
  (void)state;
  check_gradient(4);
}

/* loss = sum over images of -log p(x|z) + beta KL, and KL by its formula */
static void the_loss_is_the_sum_of_its_parts(void **state)
{
  (void)state;
  setup s = {0};
  set_up(&s, 4);
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
  set_up(&s, 1);
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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradients_agree_with_central_differences),
      cmocka_unit_test(beta_weighs_the_divergence),
      cmocka_unit_test(the_loss_is_the_sum_of_its_parts),
      cmocka_unit_test(a_smaller_batch_forgets_the_larger_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
