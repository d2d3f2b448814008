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

static const rote_kernels reference = {
    .name = "reference",
    .gemm = gemm,
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
};

const rote_kernels *rote_kernels_reference(void)
{
  return &reference;
}
