/* The Laplace proposal where the likelihood is known in closed form, and its derivatives. */
#include "laplace_check.h"

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

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gaussian_draws_are_exact_for_a_linear_decoder),
      cmocka_unit_test(t_draws_agree_within_their_error),
      cmocka_unit_test(derivatives_are_those_of_the_likelihood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
