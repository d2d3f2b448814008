/* Every kernel as its formula says, for reading, for tests and for the double build. */
#include "kernel_tables.h"

#include <tgmath.h> /* fma, exp and sqrt of the width of rote_real */

static void gemm(size_t m, size_t n, size_t k, rote_strided a, const rote_real *b, size_t ldb,
                 const rote_real *bias, bool accumulate, rote_real *c, size_t ldc)
{
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < n; j++) {
      rote_real sum = accumulate ? c[i * ldc + j] : bias != NULL ? bias[i] : 0;
      for (size_t p = 0; p < k; p++) {
        sum = fma(a.data[i * a.row + p * a.column], b[p * ldb + j], sum);
      }
      c[i * ldc + j] = sum;
    }
  }
}

static void gemm_runs(size_t m, size_t n, const rote_runs *runs, const rote_real *a, size_t lda,
                      const rote_real *b, size_t ldb, const rote_real *bias, rote_real *c,
                      size_t ldc)
{
  for (size_t run = 0; run < runs->count; run++) {
    gemm(m, n, runs->depth, (rote_strided){a + run * runs->a, lda, 1}, b + run * runs->b, ldb, bias,
         run > 0, c, ldc);
  }
}

static void transpose(size_t rows, size_t columns, const rote_real *in, size_t ld_in,
                      rote_real *out, size_t ld_out)
{
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) {
      out[j * ld_out + i] = in[i * ld_in + j];
    }
  }
}

static void rectify(size_t n, rote_real slope, rote_real *x)
{
  for (size_t i = 0; i < n; i++) {
    x[i] = x[i] < 0 ? slope * x[i] : x[i];
  }
}

static void rectify_backward(size_t n, rote_real slope, const rote_real *y, rote_real *d)
{
  for (size_t i = 0; i < n; i++) {
    d[i] = y[i] > 0 ? d[i] : slope * d[i];
  }
}

static void sum_dot(size_t n, const rote_real *x, const rote_real *y, double *sum, double *dot)
{
  for (size_t i = 0; i < n; i++) {
    *sum += (double)x[i];
    *dot += (double)x[i] * (double)y[i];
  }
}

static double slope_gradient(size_t n, const rote_real *x, const rote_real *d)
{
  double total = 0;
  for (size_t i = 0; i < n; i++) {
    total += x[i] > 0 ? 0 : (double)x[i] * (double)d[i];
  }
  return total;
}

static void combine(size_t n, rote_real a, const rote_real *x, rote_real b, const rote_real *y,
                    rote_real c, rote_real *out)
{
  for (size_t i = 0; i < n; i++) {
    out[i] = a * x[i] + b * y[i] + c;
  }
}

static void exponential(size_t n, const rote_real *x, rote_real *y)
{
  for (size_t i = 0; i < n; i++) {
    y[i] = exp(x[i]);
  }
}

static void logit(size_t n, double lambda, const uint8_t *level, rote_real *u)
{
  for (size_t i = 0; i < n; i++) {
    const double v = lambda + (1 - 2 * lambda) * ((double)level[i] + (double)u[i]) / 256;
    u[i] = (rote_real)log(v / (1 - v));
  }
}

static void adam(size_t n, const rote_real *g, rote_real *w, rote_real *m, rote_real *v,
                 rote_real step, rote_real root_correction)
{
  for (size_t i = 0; i < n; i++) {
    m[i] = (rote_real)0.9 * m[i] + (rote_real)(1 - 0.9) * g[i];
    v[i] = (rote_real)0.999 * v[i] + (rote_real)(1 - 0.999) * g[i] * g[i];
    w[i] -= step * m[i] / (sqrt(v[i]) * root_correction + (rote_real)1e-8);
  }
}

static double softplus(double a)
{
  return (a > 0 ? a : 0) + log1p(exp(-fabs(a)));
}

static void bernoulli_image(size_t pixels, size_t columns, const rote_real *x, const rote_real *a,
                            size_t ld, double *log_px)
{
  for (size_t j = 0; j < columns; j++) {
    log_px[j] = 0;
    for (size_t d = 0; d < pixels; d++) {
      log_px[j] += (double)x[d] * (double)a[d * ld + j] - softplus((double)a[d * ld + j]);
    }
  }
}

static void bernoulli_loss(size_t pixels, size_t columns, const rote_real *x, rote_real *a,
                           size_t ld, double *log_px)
{
  for (size_t j = 0; j < columns; j++) {
    log_px[j] = 0;
  }
  for (size_t d = 0; d < pixels; d++) {
    for (size_t j = 0; j < rote_column_pad(columns); j++) {
      const rote_real logit = a[d * ld + j];
      a[d * ld + j] = 0;
      if (j < columns) {
        log_px[j] += (double)x[d * ld + j] * (double)logit - softplus((double)logit);
        a[d * ld + j] = (rote_real)(1 / (1 + exp(-(double)logit))) - x[d * ld + j];
      }
    }
  }
}

static void squares_image(size_t pixels, size_t columns, const rote_real *x, const rote_real *m,
                          size_t ld, double *squares)
{
  for (size_t j = 0; j < columns; j++) {
    squares[j] = 0;
    for (size_t d = 0; d < pixels; d++) {
      const double e = (double)x[d] - (double)m[d * ld + j];
      squares[j] += e * e;
    }
  }
}

static void squares_loss(size_t pixels, size_t columns, const rote_real *x, rote_real *m, size_t ld,
                         rote_real scale, double *squares)
{
  for (size_t j = 0; j < rote_column_pad(columns); j++) {
    double total = 0;
    for (size_t d = 0; d < pixels; d++) {
      const rote_real e = m[d * ld + j] - x[d * ld + j];
      total += (double)e * (double)e;
      m[d * ld + j] = j < columns ? scale * e : 0;
    }
    if (j < columns) {
      squares[j] = total;
    }
  }
}

static void diagonal_image(size_t pixels, size_t columns, const rote_real *x, const rote_real *out,
                           size_t ld, double *total)
{
  for (size_t j = 0; j < columns; j++) {
    total[j] = 0;
    for (size_t d = 0; d < pixels; d++) {
      const double e = (double)x[d] - (double)out[d * ld + j];
      const double raw = (double)out[(pixels + d) * ld + j], s = raw < -7 ? -7 : raw;
      total[j] += s + e * e * exp(-s);
    }
  }
}

static void diagonal_loss(size_t pixels, size_t columns, const rote_real *x, rote_real *out,
                          size_t ld, double *total)
{
  for (size_t j = 0; j < rote_column_pad(columns); j++) {
    double here = 0;
    for (size_t d = 0; d < pixels; d++) {
      rote_real *m = out + d * ld + j, *s = out + (pixels + d) * ld + j;
      const double e = (double)*m - (double)x[d * ld + j];
      const double clamped = (double)*s < -7 ? -7 : (double)*s, inverse = exp(-clamped);
      here += clamped + e * e * inverse;
      *m = j < columns ? (rote_real)(e * inverse) : 0;
      *s = j < columns && !((double)*s < -7) ? (rote_real)((1 - e * e * inverse) / 2) : 0;
    }
    if (j < columns) {
      total[j] = here;
    }
  }
}

/* log of the mass of a logistic in the bin of a level, and its derivatives by mean and log scale:
 *   sigma(b) - sigma(a) = sigma(b) sigma(-a) (1 - e^-(b - a)),
 * without the last two factors in the first bin and without the first and last in the last. */
static double logistic_bin(double level, double mean, double raw, double *d_mean, double *d_scale)
{
  const double s = raw < -7 ? -7 : raw, inverse = exp(-s), centre = 2 * level / 255 - 1 - mean;
  const double a = inverse * (centre - 1.0 / 255), b = inverse * (centre + 1.0 / 255);
  const double width = inverse * 2 / 255;
  double log_mass = 0, d_a = 0, d_b = 0, width_d_width = 0;
  if (level < 255) {
    log_mass -= softplus(-b);
    d_b = 1 / (1 + exp(b));
  }
  if (level > 0) {
    log_mass -= softplus(a);
    d_a = -1 / (1 + exp(-a));
  }
  if (level > 0 && level < 255) {
    const bool tiny = width < 1e-12; /* 1 - e^-width is width */
    log_mass += tiny ? log(2.0 / 255) - s : log(-expm1(-width));
    width_d_width = tiny ? 1 : width / expm1(width);
  }
  *d_mean = -inverse * (d_a + d_b);
  *d_scale = raw < -7 ? 0 : -(a * d_a + b * d_b + width_d_width);
  return log_mass;
}

static double level_of(rote_real x)
{
  return floor(255 * (double)x + 0.5);
}

/* log of the sum of e^x. */
static double log_sum_exp(size_t n, const double *x)
{
  double largest = x[0], sum = 0;
  for (size_t k = 1; k < n; k++) {
    largest = x[k] > largest ? x[k] : largest;
  }
  for (size_t k = 0; k < n; k++) {
    sum += exp(x[k] - largest);
  }
  return largest + log(sum);
}

/* Component k at one position: log of its mass, and its derivatives in the places of `gradient`
 * where `out` has the parameters. Both have `plane` numbers from one plane to the next, x has
 * `row`. */
static double mixture_component(const rote_mixture *m, size_t k, const rote_real *x, size_t row,
                                const rote_real *out, double *gradient, size_t plane)
{
  const size_t K = m->components, C = m->channels;
  double log_mass = 0;
  for (size_t c = 0; c < C; c++) {
    const size_t mean_at = (1 + c) * K + k, scale_at = mean_at + C * K;
    double mean = (double)out[mean_at * plane];
    for (size_t b = 0; b < c; b++) {
      const size_t at = (1 + 2 * C + c * (c - 1) / 2 + b) * K + k;
      mean += tanh((double)out[at * plane]) * (2 * level_of(x[b * row]) / 255 - 1);
    }
    log_mass += logistic_bin(level_of(x[c * row]), mean, (double)out[scale_at * plane],
                             &gradient[mean_at], &gradient[scale_at]);
    for (size_t b = 0; b < c; b++) {
      const size_t at = (1 + 2 * C + c * (c - 1) / 2 + b) * K + k;
      const double t = tanh((double)out[at * plane]);
      gradient[at] = gradient[mean_at] * (2 * level_of(x[b * row]) / 255 - 1) * (1 - t * t);
    }
  }
  return log_mass;
}

enum {
  MIXTURE_PLANES = ROTE_MIXTURE_COMPONENTS_MAX *
                   (1 + 2 * ROTE_MIXTURE_CHANNELS_MAX +
                    ROTE_MIXTURE_CHANNELS_MAX * (ROTE_MIXTURE_CHANNELS_MAX - 1) / 2)
};

/* log p of one position. @param[out] gradient  of log p by its parameters, [planes] */
static double mixture_position(const rote_mixture *m, const rote_real *x, size_t row,
                               const rote_real *out, size_t plane, double *gradient)
{
  const size_t K = m->components, planes = rote_mixture_outputs(m) / m->positions;
  double logit[ROTE_MIXTURE_COMPONENTS_MAX] = {0}, joint[ROTE_MIXTURE_COMPONENTS_MAX] = {0};
  for (size_t k = 0; k < K; k++) {
    logit[k] = (double)out[k * plane];
    joint[k] = logit[k] + mixture_component(m, k, x, row, out, gradient, plane);
  }
  const double all = log_sum_exp(K, logit), log_p = log_sum_exp(K, joint);
  for (size_t k = 0; k < K; k++) {
    const double share = exp(joint[k] - log_p); /* of component k in p(x) */
    gradient[k] = share - exp(logit[k] - all);
    for (size_t at = K + k; at < planes; at += K) {
      gradient[at] *= share;
    }
  }
  return log_p - all;
}

static void mixture_image(const rote_mixture *m, size_t columns, const rote_real *x,
                          const rote_real *out, size_t ld, double *log_px)
{
  double gradient[MIXTURE_PLANES];
  for (size_t j = 0; j < columns; j++) {
    log_px[j] = 0;
    for (size_t p = 0; p < m->positions; p++) {
      log_px[j] +=
          mixture_position(m, x + p, m->positions, out + p * ld + j, m->positions * ld, gradient);
    }
  }
}

static void mixture_loss(const rote_mixture *m, size_t columns, const rote_real *x, rote_real *out,
                         size_t ld, double *log_px)
{
  const size_t plane = m->positions * ld, planes = rote_mixture_outputs(m) / m->positions;
  double gradient[MIXTURE_PLANES];
  for (size_t j = 0; j < rote_column_pad(columns); j++) {
    double here = 0;
    for (size_t p = 0; p < m->positions; p++) {
      if (j < columns) {
        here += mixture_position(m, x + p * ld + j, plane, out + p * ld + j, plane, gradient);
      }
      for (size_t i = 0; i < planes; i++) {
        out[i * plane + p * ld + j] = j < columns ? (rote_real)-gradient[i] : 0;
      }
    }
    if (j < columns) {
      log_px[j] = here;
    }
  }
}

static void inverse_step(size_t channels, size_t pixels, size_t columns, rote_real weight,
                         const rote_real *v, const rote_inverse_arrays *a, bool update)
{
  for (size_t p = 0; p < pixels; p++) {
    for (size_t j = 0; j < rote_column_pad(columns); j++) {
      rote_real *mask = &a->mask[p * a->ld + j], left = 0, missing = 0;
      for (size_t c = 0; c < channels; c++) {
        const size_t i = (c * pixels + p) * a->ld + j;
        const rote_real u = a->input[i] - v[i], t = v[i] - u;
        const rote_real shown = a->shown[c * a->ld + j];
        a->x[i] = t + weight * *mask * (a->y[i] - t);
        a->input[i] = j < columns ? a->x[i] + u : 0;
        left += (a->x[i] - a->y[i]) * (a->x[i] - a->y[i]);
        missing += (a->y[i] - shown) * (a->y[i] - shown);
      }
      if (update) {
        *mask = left < missing ? 1 : 0;
      }
    }
  }
}

static void differences(const rote_differences *d, double *dot)
{
  const size_t positions = d->root == NULL ? d->rows / d->planes : d->rows;
  for (size_t j = 0; j < d->columns; j++) {
    dot[j] = 0;
    for (size_t p = 0; p < positions; p++) {
      double projection = 0;
      for (size_t r = p; r < d->rows; r += positions) {
        const size_t at = r * d->ld_base;
        const double change = (double)d->out[r * d->ld_out + j] - (double)d->base[at];
        projection += (double)d->gradient[at] * change;
        d->b[p * d->ld_b + j] =
            (rote_real)(d->root == NULL ? projection : (double)d->root[at] * change);
      }
      dot[j] += projection;
    }
  }
}

static const rote_kernels reference = {
    .name = "reference",
    .gemm = gemm,
    .gemm_runs = gemm_runs,
    .transpose = transpose,
    .rectify = rectify,
    .rectify_backward = rectify_backward,
    .exp = exponential,
    .activation = rote_activations_reference,
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
    .inverse_step = inverse_step,
    .differences = differences,
    .mixture_image = mixture_image,
    .mixture_loss = mixture_loss,
    .winograd = rote_winograd_transforms_reference,
};

const rote_kernels *rote_kernels_reference(void)
{
  return &reference;
}
