/* Mixtures of spherical Gaussians. */
#include "density_gmm.h"

#include "rote/kernels.h"
#include "rote/memory.h"

#include <math.h>
#include <string.h>

#define LOG_2_PI 1.8378770664093454836

rote_status rote_gmm_create(size_t components, size_t dims, rote_gmm **out)
{
  rote_status status = ROTE_OK;
  rote_gmm *m = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *m, &m));
  m->components = components;
  m->dims = dims;
  ROTE_TRY(rote_alloc(components, sizeof *m->weight, &m->weight));
  ROTE_TRY(rote_alloc(components * dims, sizeof *m->mean, &m->mean));
  ROTE_TRY(rote_alloc(components, sizeof *m->variance, &m->variance));
  ROTE_TRY(rote_alloc(components, sizeof *m->log_peak, &m->log_peak));
  *out = m;
  m = NULL;
done:
  rote_gmm_destroy(&m);
  return status;
}

void rote_gmm_destroy(rote_gmm **mixture)
{
  rote_gmm *m = *mixture;
  if (m != NULL) {
    rote_free(&m->weight);
    rote_free(&m->mean);
    rote_free(&m->variance);
    rote_free(&m->log_peak);
    rote_free(mixture);
  }
}

static double squared_distance(size_t d, const double *x, const double *y)
{
  double sum = 0;
  for (size_t k = 0; k < d; k++) {
    sum += (x[k] - y[k]) * (x[k] - y[k]);
  }
  return sum;
}

/* log(w_g N(z; m_g, v_g I)) */
static double log_term(const rote_gmm *m, size_t g, const double *z)
{
  return m->weight[g] > 0 ? m->log_peak[g] - squared_distance(m->dims, z, m->mean + g * m->dims) /
                                                 (2 * m->variance[g])
                          : -INFINITY;
}

double rote_gmm_share(const rote_gmm *m, const double *z, double *r)
{
  double largest = -INFINITY, sum = 0;
  rote_count_multiply_adds(1, m->components, m->dims);
  for (size_t g = 0; g < m->components; g++) {
    r[g] = log_term(m, g, z);
    largest = r[g] > largest ? r[g] : largest;
  }
  for (size_t g = 0; g < m->components; g++) {
    r[g] = exp(r[g] - largest);
    sum += r[g];
  }
  for (size_t g = 0; g < m->components; g++) {
    r[g] /= sum;
  }
  return largest + log(sum);
}

double rote_gmm_log_p(const rote_gmm *m, const double *z)
{
  double largest = -INFINITY, sum = 0;
  rote_count_multiply_adds(1, m->components, m->dims);
  for (size_t g = 0; g < m->components; g++) {
    const double term = log_term(m, g, z);
    if (term > largest) { /* what is there so far, relative to the new largest */
      sum = sum * exp(largest - term) + 1;
      largest = term;
    } else if (term > -INFINITY) {
      sum += exp(term - largest);
    }
  }
  return largest + log(sum);
}

/* m_g += r x for all points. */
static void add_means(const rote_gmm_task *t, const rote_left_out *out, const double *r,
                      rote_gmm *m)
{
  const size_t components = t->components, d = t->dims;
  size_t shares = 0;
  memset(m->weight, 0, components * sizeof *m->weight);
  memset(m->mean, 0, components * d * sizeof *m->mean);
  for (size_t i = 0; i < t->points; i++) {
    const double *const x = t->point + i * d;
    for (size_t g = 0; g < components && !rote_is_left_out(out, i); g++) {
      const double share = r[i * components + g];
      if (share > 0) {
        shares++;
        m->weight[g] += share;
        for (size_t k = 0; k < d; k++) {
          m->mean[g * d + k] += share * x[k];
        }
      }
    }
  }
  rote_count_multiply_adds(2, shares, d); /* and of the variances */
}

static void add_variances(const rote_gmm_task *t, const rote_left_out *out, const double *r,
                          rote_gmm *m)
{
  const size_t components = t->components, d = t->dims;
  memset(m->variance, 0, components * sizeof *m->variance);
  for (size_t i = 0; i < t->points; i++) {
    for (size_t g = 0; g < components && !rote_is_left_out(out, i); g++) {
      const double share = r[i * components + g];
      if (share > 0) {
        m->variance[g] += share * squared_distance(d, t->point + i * d, m->mean + g * d);
      }
    }
  }
}

/* The weights of responsibilities too small to be numbers are taken for none. */
static bool has_points(double sum)
{
  return sum > 1e-290;
}

void rote_gmm_maximize(const rote_gmm_task *t, const rote_left_out *out, const double *r,
                       rote_gmm *m)
{
  const double left = (double)(t->points - out->count);
  add_means(t, out, r, m);
  for (size_t g = 0; g < t->components; g++) {
    for (size_t k = 0; k < t->dims && has_points(m->weight[g]); k++) {
      m->mean[g * t->dims + k] /= m->weight[g];
    }
  }
  add_variances(t, out, r, m);
  for (size_t g = 0; g < t->components; g++) {
    if (has_points(m->weight[g])) {
      m->variance[g] = m->variance[g] / ((double)t->dims * m->weight[g]) + t->floor;
      m->weight[g] /= left;
      m->log_peak[g] = log(m->weight[g]) - (double)t->dims / 2 * (LOG_2_PI + log(m->variance[g]));
    } else {
      m->weight[g] = 0;
      m->variance[g] = t->floor;
      m->log_peak[g] = -INFINITY;
    }
  }
}

rote_status rote_gmm_go_on(const rote_gmm_task *t)
{
  return t->stop != NULL && t->stop(t->context)
             ? rote_fail(ROTE_STOPPED, "stopped while a mixture was fitted")
             : ROTE_OK;
}

rote_status rote_gmm_fit(const rote_gmm_task *t, const rote_left_out *out, double *room,
                         rote_gmm *m)
{
  rote_status status = ROTE_OK;
  rote_gmm_maximize(t, out, t->start, m);
  for (size_t round = 1; round < t->rounds; round++) {
    ROTE_TRY(rote_gmm_go_on(t));
    for (size_t i = 0; i < t->points; i++) {
      if (!rote_is_left_out(out, i)) {
        rote_gmm_share(m, t->point + i * t->dims, room + i * t->components);
      }
    }
    rote_gmm_maximize(t, out, room, m);
  }
done:
  return status;
}
