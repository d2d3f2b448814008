/* What the tests of the Laplace proposal share: a VAE with a linear decoder. */
#ifndef ROTE_TEST_LAPLACE_CHECK_H
#define ROTE_TEST_LAPLACE_CHECK_H

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

static inline rote_real *parameter(const setup *s, const char *name)
{
  for (size_t i = 0; i < s->vae->table.count; i++) {
    if (strcmp(s->vae->table.parameter[i].name, name) == 0) {
      return s->w + s->vae->table.parameter[i].offset;
    }
  }
  fail_msg("no parameter %s", name);
  return NULL;
}

static inline float draw(uint32_t item, size_t i)
{
  const rote_stream stream = {.seed = 21, .purpose = ROTE_PURPOSE_WEIGHTS};
  float all[8192];
  assert_true(i < 8192);
  rote_random_normal(stream, item, i + 1, all);
  return all[i];
}

static inline void fill_normal(uint32_t item, size_t n, double deviation, rote_real *out)
{
  const rote_stream stream = {.seed = 22, .purpose = ROTE_PURPOSE_WEIGHTS};
  rote_random_normal(stream, item, n, out);
  for (size_t i = 0; i < n; i++) {
    out[i] *= (rote_real)deviation;
  }
}

static inline void make_linear(setup *s, double start)
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

static inline void set_up(setup *s, rote_likelihood_kind kind, size_t latent,
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

static inline void tear_down(setup *s)
{
  rote_laplace_destroy(&s->laplace);
  rote_free(&s->x);
  rote_free(&s->w);
  rote_vae_destroy(&s->vae);
}

static inline void take_image(const setup *s, size_t j, rote_real *image)
{
  for (size_t d = 0; d < PIXELS; d++) {
    image[d] = s->x[d * s->laplace->block + j];
  }
}

#endif
