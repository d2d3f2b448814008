/* Mixtures of discretised logistics in vectors, compiled once per instruction set.
 *
 * With u the distance of a level from the mean and h half the width of its bin, both in units of
 * the scale, the mass of the bin is sinh h / (cosh u + cosh h), which with E = e^-|u| is
 *   2 h e^-|u| (sinh h / h) / (1 + E (2 cosh h + E)).
 * The last two factors lie within a few powers of ten whatever the parameters are. So a component
 * is kept as e^exponent above / below: the exponent is a sum of plain numbers, and a position takes
 * one logarithm, however many components and channels it has. The outer bins, sigma(w) with
 * w = h + u or h - u, are kept in the same way as e^min(w, 0) / (1 + e^-|w|). */
#include "kernel_mix_logistic.h"

#include "kernel_lanes.h"

#include <math.h>

#define LOG_BIN (-4.8481163645f) /* log(2 / 255) */

/* e^exponent above / below */
typedef struct {
  vec exponent, above, below;
} mass;

/* A level seen from a logistic. */
typedef struct {
  vec s, u, h;
  vec inverse;      /* e^-s, where one level is 1 */
  vec_mask clamped; /* s is not the decoder's */
} place;

static inline place find_place(vec level, vec mean, vec raw)
{
  place at = {.clamped = raw < -7.0f};
  at.s = vec_select(at.clamped, vec_set(-7.0f), raw);
  at.inverse = vec_exp(-at.s) * (2.0f / 255.0f);
  at.u = at.inverse * (level - (127.5f * mean + 127.5f));
  at.h = 0.5f * at.inverse;
  return at;
}

/* sinh(h) / h and cosh h for 0 <= h <= 4.4: Taylor's series at half of it, 8 terms, all positive.
 * Relative error below 3e-7. */
static inline void hyperbolic(vec h, vec *sinh_by_h, vec *cosh)
{
  const vec t = 0.25f * h * h;
  vec s = t * 7.6471637e-13f + 1.6059044e-10f;
  s = s * t + 2.5052108e-8f;
  s = s * t + 2.7557319e-6f;
  s = s * t + 1.9841270e-4f;
  s = s * t + 8.3333333e-3f;
  s = s * t + 1.6666667e-1f;
  s = s * t + 1.0f;
  vec c = t * 1.1470746e-11f + 2.0876757e-9f;
  c = c * t + 2.7557319e-7f;
  c = c * t + 2.4801587e-5f;
  c = c * t + 1.3888889e-3f;
  c = c * t + 4.1666667e-2f;
  c = c * t + 5.0e-1f;
  c = c * t + 1.0f;
  *sinh_by_h = s * c;
  *cosh = 2.0f * c * c - 1.0f;
}

static inline vec hyperbolic_tangent(vec x)
{
  const vec e = vec_exp(-2.0f * vec_abs(x));
  const vec t = (1.0f - e) / (1.0f + e);
  return vec_select(x < 0, -t, t);
}

/* The nearest level of a pixel in [0, 1], and the level in [-1, 1]. */
static inline vec level_of(vec x)
{
  return vec_round(255.0f * x);
}

static inline vec centred(vec level)
{
  return level * (2.0f / 255.0f) - 1.0f;
}

/* Plane of the coefficients by which channel b shifts the means of channel c. */
static inline size_t coefficient_plane(const rote_mixture *m, size_t c, size_t b)
{
  return (1 + 2 * m->channels + c * (c - 1) / 2 + b) * m->components;
}

/* Multiply the mass of a level that is the same in all lanes. */
static inline void multiply_level(float level, vec mean, vec raw, mass *product)
{
  const place at = find_place(vec_set(level), mean, raw);
  if (level > 0 && level < 255) {
    const vec distance = vec_abs(at.u), e = vec_exp(-distance);
    vec sinh_by_h, cosh;
    hyperbolic(at.h, &sinh_by_h, &cosh);
    product->exponent += LOG_BIN - at.s - distance;
    product->above *= sinh_by_h;
    product->below *= 1.0f + e * (2.0f * cosh + e);
  } else {
    const vec w = level > 0 ? at.h - at.u : at.h + at.u;
    product->exponent += vec_min(w, (vec){0});
    product->below *= 1.0f + vec_exp(-vec_abs(w));
  }
}

/* The same with a level a lane, and the derivatives of the logarithm. */
static inline void multiply_levels(vec level, vec mean, vec raw, mass *product, vec *d_mean,
                                   vec *d_scale)
{
  const place at = find_place(level, mean, raw);
  const vec_mask first = level<0.5f, last = level> 254.5f, outer = first | last;
  const vec distance = vec_abs(at.u), e = vec_exp(-distance);
  vec sinh_by_h, cosh;
  hyperbolic(at.h, &sinh_by_h, &cosh);
  const vec below = 1.0f + e * (2.0f * cosh + e);
  const vec slope = (1.0f - e * e) / below; /* sinh |u| / (cosh u + cosh h) */
  const vec bin = at.inverse * sinh_by_h * e / below;

  const vec w = vec_select(last, at.h - at.u, at.h + at.u), e_w = vec_exp(-vec_abs(w));
  const vec rest = vec_select(w < 0, vec_set(1.0f), e_w) / (1.0f + e_w); /* sigma(-w) */

  product->exponent += vec_select(outer, vec_min(w, (vec){0}), LOG_BIN - at.s - distance);
  product->above *= vec_select(outer, vec_set(1.0f), sinh_by_h);
  product->below *= vec_select(outer, 1.0f + e_w, below);
  const vec towards = vec_select(at.u < 0, -slope, slope);
  *d_mean = 127.5f * at.inverse * vec_select(first, -rest, vec_select(last, rest, towards));
  *d_scale = vec_select(outer, -w * rest, distance * slope - cosh / sinh_by_h + at.h * bin);
  *d_scale = vec_select(at.clamped, (vec){0}, *d_scale);
}

/* log(above / below) of two normal positive numbers; what is not a number stays so. */
static inline vec log_quotient(vec above, vec below)
{
  const vec quotient = above / below;
  return vec_select(quotient == quotient, vec_log(quotient), quotient);
}

enum {
  PLANES_MAX = ROTE_MIXTURE_COMPONENTS_MAX *
               (1 + 2 * ROTE_MIXTURE_CHANNELS_MAX +
                ROTE_MIXTURE_CHANNELS_MAX * (ROTE_MIXTURE_CHANNELS_MAX - 1) / 2)
};

/* The parameters of a register of columns at one position. */
typedef struct {
  vec plane[PLANES_MAX];
} parameters;

/* In memory the parameters of a position lie whole planes apart, at distances that caches like
 * least. So whole lines of them are fetched together, those of this many blocks of columns. */
#define BLOCKS (4 * PARTS)

static inline void fetch(const rote_mixture *m, const float *out, size_t ld, size_t blocks,
                         parameters *parameter)
{
  const size_t planes = rote_mixture_outputs(m) / m->positions;
  for (size_t i = 0; i < planes; i++) {
    for (size_t q = 0; q < blocks; q++) {
      parameter[q].plane[i] = vec_load(out + i * m->positions * ld + WIDTH * q);
    }
  }
}

/* The components at one position, each e^exponent ratio, its logit among it. */
typedef struct {
  vec exponent[ROTE_MIXTURE_COMPONENTS_MAX], ratio[ROTE_MIXTURE_COMPONENTS_MAX];
  vec weight[ROTE_MIXTURE_COMPONENTS_MAX]; /* softmax of the logits, not normalised */
  vec sum, sum_weight;
} components;

/* log of the sum of the components over the sum of e^logit. Leaves in ratio and weight each
 * component's part of the sums. */
static inline vec mix(size_t n, const vec *logit, components *of)
{
  vec top = vec_set(-INFINITY), top_logit = top;
  for (size_t k = 0; k < n; k++) {
    top = vec_max(top, of->exponent[k]);
    top_logit = vec_max(top_logit, logit[k]);
  }
  of->sum = of->sum_weight = (vec){0};
  for (size_t k = 0; k < n; k++) {
    of->ratio[k] *= vec_exp(of->exponent[k] - top);
    of->weight[k] = vec_exp(logit[k] - top_logit);
    of->sum += of->ratio[k];
    of->sum_weight += of->weight[k];
  }
  return (top - top_logit) + log_quotient(of->sum, of->sum_weight);
}

static inline vec image_position(const rote_mixture *m, const float *level,
                                 const parameters *parameter)
{
  const size_t K = m->components, C = m->channels;
  components all;
  for (size_t k = 0; k < K; k++) {
    const vec *own = parameter->plane + k; /* every K-th is of component k */
    mass product = {.exponent = own[0], .above = vec_set(1.0f), .below = vec_set(1.0f)};
    for (size_t c = 0; c < C; c++) {
      vec mean = own[(1 + c) * K];
      for (size_t b = 0; b < c; b++) {
        mean += hyperbolic_tangent(own[coefficient_plane(m, c, b)]) * centred(vec_set(level[b]));
      }
      multiply_level(level[c], mean, own[(1 + C + c) * K], &product);
    }
    all.exponent[k] = product.exponent;
    all.ratio[k] = product.above / product.below;
  }
  return mix(K, parameter->plane, &all);
}

static void add_columns(size_t first, size_t columns, vec here, double *log_px)
{
  for (size_t l = 0; l < WIDTH && first + l < columns; l++) {
    log_px[first + l] += (double)here[l];
  }
}

/* Whole blocks of columns: a gradient is 0 up to their end. */
static inline size_t blocks_from(size_t first, size_t columns)
{
  const size_t left = rote_column_pad(columns - first) / WIDTH;
  return left < BLOCKS ? left : BLOCKS;
}

void ROTE_ISA_NAME(rote_mixture_image)(const rote_mixture *m, size_t columns, const float *x,
                                       const float *out, size_t ld, double *log_px)
{
  parameters parameter[BLOCKS];
  for (size_t j = 0; j < columns; j++) {
    log_px[j] = 0;
  }
  for (size_t p = 0; p < m->positions; p++) {
    float level[ROTE_MIXTURE_CHANNELS_MAX];
    for (size_t c = 0; c < m->channels; c++) {
      level[c] = level_of(vec_set(x[c * m->positions + p]))[0];
    }
    for (size_t first = 0; first < columns; first += WIDTH * BLOCKS) {
      const size_t blocks = blocks_from(first, columns);
      fetch(m, out + p * ld + first, ld, blocks, parameter);
      for (size_t q = 0; q < blocks; q++) {
        add_columns(first + WIDTH * q, columns, image_position(m, level, &parameter[q]), log_px);
      }
    }
  }
}

/* Multiplies in the mass of every channel. The derivatives of the logarithm by its parameters take
 * their places. */
static inline void loss_component(const rote_mixture *m, const vec *level, vec *own, mass *product)
{
  const size_t K = m->components, C = m->channels;
  for (size_t c = 0; c < C; c++) {
    vec *mean_at = &own[(1 + c) * K], *scale_at = &own[(1 + C + c) * K], mean = *mean_at;
    for (size_t b = 0; b < c; b++) {
      vec *coefficient = &own[coefficient_plane(m, c, b)];
      const vec t = hyperbolic_tangent(*coefficient), other = centred(level[b]);
      mean += t * other;
      *coefficient = other * (1.0f - t * t);
    }
    multiply_levels(level[c], mean, *scale_at, product, mean_at, scale_at);
    for (size_t b = 0; b < c; b++) {
      own[coefficient_plane(m, c, b)] *= *mean_at;
    }
  }
}

/* @param[in,out] parameter  becomes the gradient of -log p */
static inline vec loss_position(const rote_mixture *m, const vec *level, parameters *parameter)
{
  const size_t K = m->components, planes = rote_mixture_outputs(m) / m->positions;
  components all;
  for (size_t k = 0; k < K; k++) {
    mass product = {
        .exponent = parameter->plane[k], .above = vec_set(1.0f), .below = vec_set(1.0f)};
    loss_component(m, level, parameter->plane + k, &product);
    all.exponent[k] = product.exponent;
    all.ratio[k] = product.above / product.below;
  }
  const vec log_p = mix(K, parameter->plane, &all);
  for (size_t k = 0; k < K; k++) {
    const vec share = all.ratio[k] / all.sum; /* of component k in p(x) */
    parameter->plane[k] = all.weight[k] / all.sum_weight - share;
    for (size_t i = K + k; i < planes; i += K) {
      parameter->plane[i] *= -share;
    }
  }
  return log_p;
}

static inline void store(const rote_mixture *m, const parameters *gradient, size_t first,
                         size_t columns, size_t blocks, size_t ld, float *out)
{
  const size_t planes = rote_mixture_outputs(m) / m->positions;
  vec_mask used[BLOCKS];
  for (size_t q = 0; q < blocks; q++) {
    used[q] = used_lanes(first + WIDTH * q, columns);
  }
  for (size_t i = 0; i < planes; i++) {
    for (size_t q = 0; q < blocks; q++) {
      vec_store(out + i * m->positions * ld + WIDTH * q,
                vec_select(used[q], gradient[q].plane[i], (vec){0}));
    }
  }
}

void ROTE_ISA_NAME(rote_mixture_loss)(const rote_mixture *m, size_t columns, const float *x,
                                      float *out, size_t ld, double *log_px)
{
  parameters parameter[BLOCKS];
  for (size_t j = 0; j < columns; j++) {
    log_px[j] = 0;
  }
  for (size_t p = 0; p < m->positions; p++) {
    for (size_t first = 0; first < columns; first += WIDTH * BLOCKS) {
      const size_t blocks = blocks_from(first, columns);
      fetch(m, out + p * ld + first, ld, blocks, parameter);
      for (size_t q = 0; q < blocks; q++) {
        vec level[ROTE_MIXTURE_CHANNELS_MAX];
        for (size_t c = 0; c < m->channels; c++) {
          level[c] = level_of(vec_load(x + (c * m->positions + p) * ld + first + WIDTH * q));
        }
        add_columns(first + WIDTH * q, columns, loss_position(m, level, &parameter[q]), log_px);
      }
      store(m, parameter, first, columns, blocks, ld, out + p * ld + first);
    }
  }
}
