#include "rote/annealing.h"

#include "cholesky.h"
#include "rote/importance.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

enum { LEAPFROG_STEPS = 3, NEWTON_STEPS = 5 };

/* Moves of the first run have numbers from here on. */
#define PILOT_MOVES ((uint32_t)1 << 23)

/* A first run of a tenth of the temperatures steers the share of accepted moves to 0.75. */
#define PILOT_SHARE 10
#define FIRST_STEP 0.5
#define LONGEST_STEP 0.7
#define ACCEPTED 0.75

/* The density that a chain is in, and how it moves. */
typedef struct {
  const rote_real *w;
  const double *mode, *factor; /* z* [L], C^T [L, L] */
  rote_stream stream;
  uint32_t index;
} target;

static rote_status make_state(const rote_annealing *a, rote_annealing_state *s)
{
  const size_t n = a->vae->latent * a->ld;
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(n, sizeof(double), &s->u));
  ROTE_TRY(rote_alloc(n, sizeof(double), &s->gradient));
  ROTE_TRY(rote_alloc(a->ld, sizeof(double), &s->log_joint));
done:
  return status;
}

static void drop_state(rote_annealing_state *s)
{
  rote_free(&s->u);
  rote_free(&s->gradient);
  rote_free(&s->log_joint);
}

rote_status rote_annealing_create(const rote_vae *vae, const rote_annealing_setting *setting,
                                  rote_annealing **out)
{
  rote_status status = ROTE_OK;
  rote_annealing *a = NULL;
  const rote_laplace_setting fit = {.samples = 1, .steps = NEWTON_STEPS};
  const size_t L = vae->latent, D = vae->pixels;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *a, &a));
  a->vae = vae;
  a->setting = *setting;
  a->ld = rote_column_pad(setting->chains);
  a->pilot = (setting->temperatures + PILOT_SHARE - 1) / PILOT_SHARE;
  ROTE_TRY(rote_laplace_create(vae, &fit, &a->laplace));
  ROTE_TRY(rote_tape_create(&vae->decoder, a->ld, true, &a->decode));
  a->decode->training = false; /* gradients, but batch norm as in evaluation */
  ROTE_TRY(rote_alloc(D * a->ld, sizeof *a->x, &a->x));
  ROTE_TRY(rote_alloc(D * a->laplace->block, sizeof *a->fitted, &a->fitted));
  ROTE_TRY(rote_alloc(L * a->ld, sizeof *a->z, &a->z));
  ROTE_TRY(rote_alloc(L * a->ld, sizeof *a->d_z, &a->d_z));
  ROTE_TRY(rote_alloc(L * setting->chains, sizeof *a->normal, &a->normal));
  ROTE_TRY(rote_alloc(setting->chains, sizeof *a->uniform, &a->uniform));
  ROTE_TRY(rote_alloc(L * a->ld, sizeof(double), &a->momentum));
  ROTE_TRY(make_state(a, &a->here));
  ROTE_TRY(make_state(a, &a->beyond));
  ROTE_TRY(rote_alloc(a->ld, sizeof(double), &a->log_weight));
  ROTE_TRY(rote_alloc(a->ld, sizeof(double), &a->energy));
  ROTE_TRY(rote_alloc(a->pilot, sizeof(double), &a->step));
  ROTE_TRY(rote_alloc(L, sizeof(double), &a->mode));
  ROTE_TRY(rote_alloc(D, sizeof *a->image, &a->image));
  *out = a;
  a = NULL;
done:
  rote_annealing_destroy(&a);
  return status;
}

void rote_annealing_destroy(rote_annealing **annealing)
{
  rote_annealing *a = *annealing;
  if (a == NULL) {
    return;
  }
  rote_laplace_destroy(&a->laplace);
  rote_tape_destroy(&a->decode);
  rote_real **reals[] = {&a->x, &a->fitted, &a->z, &a->d_z, &a->normal, &a->uniform, &a->image};
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    rote_free(reals[i]);
  }
  rote_free(&a->momentum);
  drop_state(&a->here);
  drop_state(&a->beyond);
  rote_free(&a->log_weight);
  rote_free(&a->energy);
  rote_free(&a->step);
  rote_free(&a->mode);
  rote_free(annealing);
}

/* z = z* + C^-T u,  d log p(x, z) / du = C^-1 (d log p(x|z) / dz - z) */
void rote_annealing_look(rote_annealing *a, const rote_real *w, const double *mode,
                         const double *factor, rote_annealing_state *s)
{
  const rote_vae *vae = a->vae;
  const size_t L = vae->latent, K = a->setting.chains, ld = a->ld;
  memcpy(s->gradient, s->u, L * ld * sizeof *s->u);
  rote_cholesky_backward(L, factor, ld, s->gradient);
  for (size_t i = 0; i < L; i++) {
    for (size_t j = 0; j < ld; j++) {
      a->z[i * ld + j] = (rote_real)(mode[i] + s->gradient[i * ld + j]);
    }
  }
  rote_real *out = rote_network_forward(&vae->decoder, w, a->z, K, a->decode);
  vae->likelihood->loss(&vae->shape, K, a->x, out, ld, rote_vae_own(vae, w), s->log_joint, NULL);
  rote_network_backward(&vae->decoder, w, a->z, K, a->decode, out, a->d_z, NULL);
  for (size_t i = 0; i < L; i++) {
    for (size_t j = 0; j < ld; j++) {
      const double z = (double)a->z[i * ld + j];
      s->gradient[i * ld + j] = -(double)a->d_z[i * ld + j] - z;
      s->log_joint[j] -= j < K ? z * z / 2 : 0;
    }
  }
  rote_cholesky_forward(L, factor, ld, s->gradient);
}

/* y += factor d f / du, f of rote/annealing.h */
static void kick(const rote_annealing *a, const rote_annealing_state *s, double b, double factor,
                 double *y)
{
  for (size_t i = 0; i < a->vae->latent * a->ld; i++) {
    y[i] += factor * (b * s->gradient[i] - (1 - b) * s->u[i]);
  }
}

static double square_of(const rote_annealing *a, const double *vectors, size_t chain)
{
  double sum = 0;
  for (size_t i = 0; i < a->vae->latent; i++) {
    const double v = vectors[i * a->ld + chain];
    sum += v * v;
  }
  return sum;
}

/* f - |momentum|^2/2 of a chain */
static double energy(const rote_annealing *a, const rote_annealing_state *s, double b, size_t chain)
{
  return b * s->log_joint[chain] - (1 - b) / 2 * square_of(a, s->u, chain) -
         square_of(a, a->momentum, chain) / 2;
}

static void draw_normal(rote_annealing *a, const target *t, uint32_t move, double *vectors)
{
  const size_t L = a->vae->latent, K = a->setting.chains;
  rote_stream stream = t->stream;
  stream.purpose = ROTE_PURPOSE_ANNEALING;
  stream.epoch = move;
  rote_random_normal(stream, t->index, L * K, a->normal);
  for (size_t i = 0; i < L; i++) {
    for (size_t j = 0; j < K; j++) {
      vectors[i * a->ld + j] = (double)a->normal[i * K + j];
    }
  }
}

static void take_over(rote_annealing *a, size_t chain)
{
  for (size_t i = 0; i < a->vae->latent; i++) {
    const size_t at = i * a->ld + chain;
    a->here.u[at] = a->beyond.u[at];
    a->here.gradient[at] = a->beyond.gradient[at];
  }
  a->here.log_joint[chain] = a->beyond.log_joint[chain];
}

/* momentum += step/2 df/du; then LEAPFROG_STEPS times u += step momentum, momentum += step df/du,
 * half of it at the end */
static void leapfrog(rote_annealing *a, const target *t, double b, double step)
{
  const size_t n = a->vae->latent * a->ld;
  kick(a, &a->here, b, step / 2, a->momentum);
  memcpy(a->beyond.u, a->here.u, n * sizeof *a->here.u);
  for (int i = 0; i < LEAPFROG_STEPS; i++) {
    for (size_t k = 0; k < n; k++) {
      a->beyond.u[k] += step * a->momentum[k];
    }
    rote_annealing_look(a, t->w, t->mode, t->factor, &a->beyond);
    kick(a, &a->beyond, b, i + 1 < LEAPFROG_STEPS ? step : step / 2, a->momentum);
  }
}

/* One Hamiltonian move of all chains. @return the mean probability of accepting it */
static double move(rote_annealing *a, const target *t, double b, double step, uint32_t number)
{
  const size_t K = a->setting.chains;
  rote_stream accept = t->stream;
  double mean = 0;
  accept.purpose = ROTE_PURPOSE_ANNEALING_ACCEPT;
  accept.epoch = number;
  rote_random_uniform(accept, t->index, K, a->uniform);
  draw_normal(a, t, number, a->momentum);
  for (size_t j = 0; j < K; j++) {
    a->energy[j] = energy(a, &a->here, b, j);
  }
  leapfrog(a, t, b, step);
  for (size_t j = 0; j < K; j++) {
    const double p = exp(energy(a, &a->beyond, b, j) - a->energy[j]); /* NaN: stay */
    mean += (p < 1 ? p : p >= 1 ? 1 : 0) / (double)K;
    if ((double)a->uniform[j] < p) {
      take_over(a, j);
    }
  }
  return mean;
}

static void begin(rote_annealing *a, const target *t, uint32_t number)
{
  memset(a->here.u, 0, a->vae->latent * a->ld * sizeof *a->here.u);
  draw_normal(a, t, number, a->here.u);
  rote_annealing_look(a, t->w, t->mode, t->factor, &a->here);
}

/* Step sizes by temperature, from chains that are not counted. */
static void find_steps(rote_annealing *a, const target *t)
{
  double step = FIRST_STEP;
  begin(a, t, PILOT_MOVES);
  for (size_t i = 0; i < a->pilot; i++) {
    const double b = ((double)i + 0.5) / (double)a->pilot;
    a->step[i] = step;
    step *= exp(move(a, t, b, step, PILOT_MOVES + 1 + (uint32_t)i) - ACCEPTED);
    step = step < LONGEST_STEP ? step : LONGEST_STEP;
  }
}

/* The move behind the last weight would change nothing. */
static void anneal(rote_annealing *a, const target *t)
{
  const size_t T = a->setting.temperatures, K = a->setting.chains;
  memset(a->log_weight, 0, K * sizeof *a->log_weight);
  begin(a, t, 0);
  for (size_t i = 1; i <= T; i++) {
    for (size_t j = 0; j < K; j++) {
      a->log_weight[j] += (a->here.log_joint[j] + square_of(a, a->here.u, j) / 2) / (double)T;
    }
    if (i < T) {
      move(a, t, (double)i / (double)T, a->step[(i - 1) * a->pilot / T], (uint32_t)i);
    }
  }
}

static void fit(rote_annealing *a, const rote_real *w, const rote_real *x, double *mode)
{
  rote_laplace *l = a->laplace;
  for (size_t d = 0; d < a->vae->pixels; d++) {
    a->fitted[d * l->block] = x[d];
    for (size_t j = 0; j < a->ld; j++) {
      a->x[d * a->ld + j] = x[d];
    }
  }
  rote_laplace_use(l, w);
  rote_vae_encode(a->vae, w, a->fitted, 1, l->encode);
  memcpy(l->z, l->encode->mu, a->vae->latent * l->block * sizeof *l->z);
  rote_laplace_fit(l, w, a->fitted, 1);
  rote_laplace_use(l, NULL);
  for (size_t i = 0; i < a->vae->latent; i++) {
    mode[i] = (double)l->z[i * l->block];
  }
}

void rote_annealing_estimate(rote_annealing *a, const rote_real *w, const rote_real *x,
                             uint32_t index, rote_stream stream, rote_annealed *result)
{
  const size_t L = a->vae->latent, K = a->setting.chains;
  const target t = {
      .w = w, .mode = a->mode, .factor = a->laplace->factor, .stream = stream, .index = index};
  double effective = 0;
  fit(a, w, x, a->mode);
  rote_network_pack(&a->vae->decoder, w, a->decode);
  find_steps(a, &t);
  anneal(a, &t);
  rote_network_pack(&a->vae->decoder, NULL, a->decode);
  rote_importance_reduce(K, a->log_weight, &result->log_px, &effective);
  for (size_t i = 0; i < L; i++) {
    result->log_px -= log(t.factor[i * L + i]);
  }
  if (a->vae->options.data.transform == ROTE_TRANSFORM_LOGIT) {
    result->log_px += rote_logit_correction(a->vae->pixels, x);
  }
  result->effective_share = effective / (double)K;
  /* equal weights may have a share above 1 by rounding; NaN stays */
  const double scatter = (1 / result->effective_share - 1) / (double)(K - 1);
  result->standard_error = sqrt(scatter < 0 ? 0 : scatter);
}

void rote_annealing_image(rote_annealing *a, const rote_real *w, const rote_image_set *images,
                          rote_unit unit, size_t epoch, uint32_t index, rote_annealed *result)
{
  const rote_options *o = &a->vae->options;
  rote_stream data = {.seed = o->seed, .purpose = ROTE_PURPOSE_EVALUATE_DATA};
  if (o->evaluation.noise == ROTE_NOISE_INDEPENDENT) {
    data.unit = rote_unit_number(unit);
    data.epoch = (uint32_t)epoch;
  }
  rote_image_load((rote_transform)o->data.transform, a->vae->pixels,
                  images->pixel + (size_t)index * a->vae->pixels, data, index, a->image);
  rote_annealing_estimate(a, w, a->image, index, data, result);
}
