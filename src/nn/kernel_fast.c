/* The kernels in vectors, compiled once per instruction set. Formulas: rote/kernels.h,
 * kernel_reference.c. */
#include "kernel_gemm_runs.h"
#include "kernel_lanes.h"
#include "kernel_mix_logistic.h"
#include "kernel_tables.h"
#include "kernel_transpose.h"

#include <math.h>

static inline v8f v8_load(const float *p)
{
  v8f v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline void transpose_8x8(const float *in, size_t ld_in, float *out, size_t ld_out)
{
  v8f r[8];
  for (size_t i = 0; i < 8; i++) {
    r[i] = v8_load(in + i * ld_in);
  }
  transpose_lanes(r);
  for (size_t i = 0; i < 8; i++) {
    memcpy(out + i * ld_out, &r[i], sizeof r[i]);
  }
}

static void transpose(size_t rows, size_t columns, const float *in, size_t ld_in, float *out,
                      size_t ld_out)
{
  const size_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
  for (size_t first = 0; first < whole_columns; first += CACHE_LINE) {
    const size_t end = smaller(first + CACHE_LINE, whole_columns);
    for (size_t i = 0; i < whole_rows; i += 8) {
      for (size_t j = first; j < end; j += 8) { /* all of a cache line, while it is at hand */
        transpose_8x8(in + i * ld_in + j, ld_in, out + j * ld_out + i, ld_out);
      }
    }
  }
  for (size_t j = 0; j < columns; j++) {
    for (size_t i = j < whole_columns ? whole_rows : 0; i < rows; i++) {
      out[j * ld_out + i] = in[i * ld_in + j];
    }
  }
}

static void rectify(size_t n, float slope, float *x)
{
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    const vec xi = vec_load(x + i);
    vec_store(x + i, vec_select(xi < 0, slope * xi, xi));
  }
  for (; i < n; i++) {
    x[i] = x[i] < 0 ? slope * x[i] : x[i];
  }
}

static void rectify_backward(size_t n, float slope, const float *y, float *d)
{
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    const vec di = vec_load(d + i);
    vec_store(d + i, vec_select(vec_load(y + i) > 0, di, slope * di));
  }
  for (; i < n; i++) {
    d[i] = y[i] > 0 ? d[i] : slope * d[i];
  }
}

typedef float v4f __attribute__((vector_size(16)));
typedef double v4d __attribute__((vector_size(32)));

/* Sixteen lanes in pairs, always in the same order. */
static inline double lanes_sum(const vec part[PARTS])
{
  v4f lanes[4];
  memcpy(lanes, part, sizeof lanes);
  const v4d even = __builtin_convertvector(lanes[0], v4d) + __builtin_convertvector(lanes[2], v4d);
  const v4d odd = __builtin_convertvector(lanes[1], v4d) + __builtin_convertvector(lanes[3], v4d);
  const v4d four = even + odd;
  return (four[0] + four[2]) + (four[1] + four[3]);
}

static void sum_dot(size_t n, const float *x, const float *y, double *sum, double *dot)
{
  vec sums[PARTS] = {0}, products[PARTS] = {0};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
#pragma GCC unroll 4
    for (size_t h = 0; h < PARTS; h++) {
      const vec xi = vec_load(x + i + h * WIDTH);
      sums[h] += xi;
      products[h] += xi * vec_load(y + i + h * WIDTH);
    }
  }
  *sum += lanes_sum(sums);
  *dot += lanes_sum(products);
  for (; i < n; i++) {
    *sum += (double)x[i];
    *dot += (double)x[i] * (double)y[i];
  }
}

static double slope_gradient(size_t n, const float *x, const float *d)
{
  vec lanes[PARTS] = {0};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
#pragma GCC unroll 4
    for (size_t h = 0; h < PARTS; h++) {
      const vec xi = vec_load(x + i + h * WIDTH);
      lanes[h] += vec_select(xi > 0, (vec){0}, xi * vec_load(d + i + h * WIDTH));
    }
  }
  double total = lanes_sum(lanes);
  for (; i < n; i++) {
    total += x[i] > 0 ? 0 : (double)x[i] * (double)d[i];
  }
  return total;
}

static void combine(size_t n, float a, const float *x, float b, const float *y, float c, float *out)
{
  for (size_t i = 0; i < n; i++) {
    out[i] = a * x[i] + (b * y[i] + c);
  }
}

static void exponential(size_t n, const float *x, float *y)
{
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    vec_store(y + i, vec_exp(vec_load(x + i)));
  }
  if (i < n) {
    float last[WIDTH] = {0};
    memcpy(last, x + i, (n - i) * sizeof(float));
    vec_store(last, vec_exp(vec_load(last)));
    memcpy(y + i, last, (n - i) * sizeof(float));
  }
}

typedef uint8_t bytes __attribute__((vector_size(WIDTH)));

/* v and 1 - v each from its own end, so that neither loses digits. */
static inline vec logit_of(vec u, const uint8_t *level, float lambda, float step)
{
  bytes b;
  memcpy(&b, level, sizeof b);
  const vec levels = __builtin_convertvector(__builtin_convertvector(b, vec_mask), vec);
  const vec v = lambda + step * (levels + u);
  const vec rest = lambda + step * ((255.0f - levels) + (1.0f - u));
  return vec_log(v / rest);
}

static void logit(size_t n, double lambda, const uint8_t *level, float *u)
{
  const float offset = (float)lambda, step = (float)((1 - 2 * lambda) / 256);
  size_t i = 0;
  for (; i + WIDTH <= n; i += WIDTH) {
    vec_store(u + i, logit_of(vec_load(u + i), level + i, offset, step));
  }
  if (i < n) {
    float last[WIDTH] = {0};
    uint8_t levels[WIDTH] = {0};
    memcpy(last, u + i, (n - i) * sizeof(float));
    memcpy(levels, level + i, n - i);
    vec_store(last, logit_of(vec_load(last), levels, offset, step));
    memcpy(u + i, last, (n - i) * sizeof(float));
  }
}

static void adam(size_t n, const float *restrict g, float *restrict w, float *restrict m,
                 float *restrict v, float step, float root_correction)
{
  for (size_t i = 0; i < n; i++) {
    const float mi = 0.9f * m[i] + (float)(1 - 0.9) * g[i];
    const float vi = 0.999f * v[i] + (float)(1 - 0.999) * g[i] * g[i];
    m[i] = mi;
    v[i] = vi;
    w[i] -= step * mi / (sqrtf(vi) * root_correction + 1e-8f);
  }
}

/* softplus(a) = max(a, 0) + log(1 + e^-|a|). The logarithms of a run of pixels are taken at once,
 * as the logarithm of their product: each factor is in [1, 2], so 64 of them stay below 2^64. That
 * leaves one exponential a pixel. Error of the sum: below 2e-7 of the sum of 1 + |a|. */
#define RUN 64

/* Ends a run: its sums and logarithms to the columns' totals. */
static inline void end_run(double *total, vec *sum, const vec *product)
{
  for (int h = 0; h < PARTS; h++) {
    sum[h] -= vec_log(product[h]);
  }
  add_lanes(total, sum);
}

static void bernoulli_image(size_t pixels, size_t columns, const float *x, const float *a,
                            size_t ld, double *log_px)
{
  for (size_t j = 0; j < columns; j += 16) {
    double total[16] = {0};
    for (size_t d0 = 0; d0 < pixels; d0 += RUN) {
      const size_t end = pixels - d0 < RUN ? pixels : d0 + RUN;
      vec sum[PARTS] = {0}, product[PARTS];
      for (int h = 0; h < PARTS; h++) {
        product[h] = vec_set(1.0f);
      }
      for (size_t d = d0; d < end; d++) {
#pragma GCC unroll 4
        for (int h = 0; h < PARTS; h++) {
          const vec logit = vec_load(a + d * ld + j + h * WIDTH);
          sum[h] += x[d] * logit - vec_max(logit, (vec){0});
          product[h] *= 1.0f + vec_exp(-vec_abs(logit));
        }
      }
      end_run(total, sum, product);
    }
    store_columns(j, columns, total, log_px);
  }
}

/* One register of logits becomes its gradient. */
static inline void bernoulli_register(const float *x, float *a, vec_mask used, vec *sum,
                                      vec *product)
{
  const vec logit = vec_load(a), xd = vec_load(x), e = vec_exp(-vec_abs(logit));
  const vec half = 1.0f / (1.0f + e); /* sigmoid(|a|) */
  *sum += xd * logit - vec_max(logit, (vec){0});
  *product *= 1.0f + e;
  const vec gradient = vec_select(logit > 0, half, e * half) - xd;
  vec_store(a, vec_select(used, gradient, (vec){0}));
}

static void bernoulli_loss(size_t pixels, size_t columns, const float *x, float *a, size_t ld,
                           double *log_px)
{
  for (size_t j = 0; j < columns; j += 16) {
    vec_mask used[PARTS];
    double total[16] = {0};
    for (size_t h = 0; h < PARTS; h++) {
      used[h] = used_lanes(j + h * WIDTH, columns);
    }
    for (size_t d0 = 0; d0 < pixels; d0 += RUN) {
      const size_t end = pixels - d0 < RUN ? pixels : d0 + RUN;
      vec sum[PARTS] = {0}, product[PARTS];
      for (int h = 0; h < PARTS; h++) {
        product[h] = vec_set(1.0f);
      }
      for (size_t d = d0; d < end; d++) {
#pragma GCC unroll 4
        for (int h = 0; h < PARTS; h++) {
          const size_t at = d * ld + j + (size_t)h * WIDTH;
          bernoulli_register(x + at, a + at, used[h], &sum[h], &product[h]);
        }
      }
      end_run(total, sum, product);
    }
    store_columns(j, columns, total, log_px);
  }
}

static void squares_image(size_t pixels, size_t columns, const float *x, const float *m, size_t ld,
                          double *squares)
{
  for (size_t j = 0; j < columns; j += 16) {
    double total[16] = {0};
    for (size_t d0 = 0; d0 < pixels; d0 += RUN) {
      const size_t end = pixels - d0 < RUN ? pixels : d0 + RUN;
      vec here[PARTS] = {0};
      for (size_t d = d0; d < end; d++) {
#pragma GCC unroll 4
        for (size_t h = 0; h < PARTS; h++) {
          const vec e = vec_load(m + d * ld + j + h * WIDTH) - x[d];
          here[h] += e * e;
        }
      }
      add_lanes(total, here);
    }
    store_columns(j, columns, total, squares);
  }
}

static void squares_loss(size_t pixels, size_t columns, const float *x, float *m, size_t ld,
                         float scale, double *squares)
{
  for (size_t j = 0; j < columns; j += 16) {
    vec_mask used[PARTS];
    double total[16] = {0};
    for (size_t h = 0; h < PARTS; h++) {
      used[h] = used_lanes(j + h * WIDTH, columns);
    }
    for (size_t d0 = 0; d0 < pixels; d0 += RUN) {
      const size_t end = pixels - d0 < RUN ? pixels : d0 + RUN;
      vec here[PARTS] = {0};
      for (size_t d = d0; d < end; d++) {
#pragma GCC unroll 4
        for (size_t h = 0; h < PARTS; h++) {
          const size_t at = d * ld + j + h * WIDTH;
          const vec e = vec_load(m + at) - vec_load(x + at);
          here[h] += e * e;
          vec_store(m + at, vec_select(used[h], scale * e, (vec){0}));
        }
      }
      add_lanes(total, here);
    }
    store_columns(j, columns, total, squares);
  }
}

static void diagonal_image(size_t pixels, size_t columns, const float *x, const float *out,
                           size_t ld, double *sums)
{
  for (size_t j = 0; j < columns; j += 16) {
    double total[16] = {0};
    for (size_t d0 = 0; d0 < pixels; d0 += RUN) {
      const size_t end = pixels - d0 < RUN ? pixels : d0 + RUN;
      vec here[PARTS] = {0};
      for (size_t d = d0; d < end; d++) {
#pragma GCC unroll 4
        for (size_t h = 0; h < PARTS; h++) {
          const float *at = out + d * ld + j + h * WIDTH;
          const vec e = vec_load(at) - x[d], raw = vec_load(at + pixels * ld);
          const vec s = vec_select(raw < -7.0f, vec_set(-7.0f), raw);
          here[h] += s + e * e * vec_exp(-s);
        }
      }
      add_lanes(total, here);
    }
    store_columns(j, columns, total, sums);
  }
}

static void diagonal_loss(size_t pixels, size_t columns, const float *x, float *out, size_t ld,
                          double *sums)
{
  for (size_t j = 0; j < columns; j += 16) {
    vec_mask used[PARTS];
    double total[16] = {0};
    for (size_t h = 0; h < PARTS; h++) {
      used[h] = used_lanes(j + h * WIDTH, columns);
    }
    for (size_t d0 = 0; d0 < pixels; d0 += RUN) {
      const size_t end = pixels - d0 < RUN ? pixels : d0 + RUN;
      vec here[PARTS] = {0};
      for (size_t d = d0; d < end; d++) {
#pragma GCC unroll 4
        for (size_t h = 0; h < PARTS; h++) {
          float *mp = out + d * ld + j + h * WIDTH, *sp = mp + pixels * ld;
          const vec e = vec_load(mp) - vec_load(x + d * ld + j + h * WIDTH), raw = vec_load(sp);
          const vec_mask low = raw < -7.0f;
          const vec s = vec_select(low, vec_set(-7.0f), raw);
          const vec inverse = vec_exp(-s), square = e * e * inverse;
          here[h] += s + square;
          vec_store(mp, vec_select(used[h], e * inverse, (vec){0}));
          vec_store(sp, vec_select(used[h] & ~low, 0.5f * (1.0f - square), (vec){0}));
        }
      }
      add_lanes(total, here);
    }
    store_columns(j, columns, total, sums);
  }
}

const rote_kernels ROTE_ISA_NAME(rote_kernels) = {
#if defined(__AVX512F__)
    .name = "x86-64-v4",
#elif defined(__AVX2__)
    .name = "x86-64-v3",
#else
    .name = "base",
#endif
    .gemm = gemm,
    .gemm_runs = gemm_runs,
    .transpose = transpose,
    .rectify = rectify,
    .rectify_backward = rectify_backward,
    .exp = exponential,
    .activation = ROTE_ISA_NAME(rote_activations),
    .slope_gradient = slope_gradient,
    .sum_dot = sum_dot,
    .combine = combine,
    .logit = logit,
    .adam = adam,
    .bernoulli_image = bernoulli_image,
    .bernoulli_loss = bernoulli_loss,
    .squares_image = squares_image,
    .squares_loss = squares_loss,
    .diagonal_image = diagonal_image,
    .diagonal_loss = diagonal_loss,
    .inverse_step = ROTE_ISA_NAME(rote_inverse_step),
    .differences = ROTE_ISA_NAME(rote_difference_outputs),
    .mixture_image = ROTE_ISA_NAME(rote_mixture_image),
    .mixture_loss = ROTE_ISA_NAME(rote_mixture_loss),
    .winograd = ROTE_ISA_NAME(rote_winograd_transforms),
};
