/* The derivative of a fitted mixture by the weight of a point.
 *
 * theta_t are the parameters after round t, of a component (log of its points N, mean m, variance
 * v); r_i the responsibilities of point i before it (of the start, or by theta_{t-1}). Another
 * weight dw of point i changes the points of component g by dw r_ig, and so theta_t by that times
 *   psi_ig = (1, x_i - m, |x_i - m|^2 / d - (v - floor)) / N_g          (derived)
 * A change of theta_{t-1} changes the log of N_g N(x_i; m_g, v_g I) by it times
 *   chi_ig = (1, (x_i - m) / v, (|x_i - m|^2 / v - d) / (2 v))          at theta_{t-1}
 * and r_ig by r_ig (chi_ig - sum over h of r_ih chi_ih). So a change goes from round to round by
 *   J_t = sum over i, g, h of psi_ig r_ig (delta_gh - r_ih) chi_ih^T
 * and with lambda_T = the gradient r_zg chi_zg of log p(z) (but for the number of points),
 * lambda_{t-1} = J_t^T lambda_t,
 *   IF(i, z) = sum over t, g of r_ig lambda_tg . psi_ig  -  1/n. */
#include "density_gmm.h"

#include "rote/kernels.h"
#include "rote/memory.h"

#include <string.h>

/* Responsibilities below it change no sum. */
#define NOTHING 1e-20

struct rote_gmm_slope {
  rote_gmm_task task;
  rote_gmm **after;          /* [rounds] theta_1 .. theta_T */
  double **jump;             /* [rounds - 1] J_2 .. J_T, each [P, P] from the earlier */
  double *share, *psi, *chi; /* room: [G], [G, d + 2] */
};

static size_t count_parameters(const rote_gmm_task *t)
{
  return t->components * (t->dims + 2);
}

double rote_gmm_slope_bytes(size_t dims, size_t components, size_t rounds)
{
  const double p = (double)(components * (dims + 2));
  return 8 * (double)rounds * (p * p + p);
}

/* x - m, and |x - m|^2. */
static double take_mean(const rote_gmm *m, size_t g, const double *x, double *away)
{
  double square = 0;
  for (size_t k = 0; k < m->dims; k++) {
    away[k] = x[k] - m->mean[g * m->dims + k];
    square += away[k] * away[k];
  }
  return square;
}

/* What a point of component g moves. @param[out] psi [d + 2] */
static void fill_psi(const rote_gmm_task *t, const rote_gmm *m, size_t g, const double *x,
                     double *psi)
{
  const double d = (double)m->dims, points = m->weight[g] * (double)t->points;
  const double square = take_mean(m, g, x, psi + 1);
  psi[0] = 1 / points;
  psi[m->dims + 1] = (square / d - (m->variance[g] - t->floor)) / points;
  for (size_t k = 1; k <= m->dims; k++) {
    psi[k] /= points;
  }
}

/* What moves the log density of component g at x. @param[out] chi [d + 2] */
static void fill_chi(const rote_gmm *m, size_t g, const double *x, double *chi)
{
  const double d = (double)m->dims, v = m->variance[g];
  const double square = take_mean(m, g, x, chi + 1);
  chi[0] = 1;
  chi[m->dims + 1] = (square / v - d) / (2 * v);
  for (size_t k = 1; k <= m->dims; k++) {
    chi[k] /= v;
  }
}

/* Components of a point that count. @return their number */
static size_t choose(size_t components, const double *share, size_t *which)
{
  size_t count = 0;
  for (size_t g = 0; g < components; g++) {
    if (share[g] > NOTHING) {
      which[count++] = g;
    }
  }
  return count;
}

/* The block of components g and h of J += coefficient psi chi^T. */
static void add_block(size_t size, size_t width, double coefficient, const double *psi,
                      const double *chi, double *block)
{
  for (size_t a = 0; a < width; a++) {
    const double factor = coefficient * psi[a];
    double *const restrict row = block + a * size;
    for (size_t b = 0; b < width; b++) {
      row[b] += factor * chi[b];
    }
  }
}

static void add_point(const rote_gmm_slope *s, size_t round, const double *x, const size_t *which,
                      size_t count, const double *share, double *jump)
{
  const size_t width = s->task.dims + 2, size = count_parameters(&s->task);
  rote_count_multiply_adds(count * count, width, width);
  for (size_t a = 0; a < count; a++) {
    fill_psi(&s->task, s->after[round], which[a], x, s->psi + a * width);
    fill_chi(s->after[round - 1], which[a], x, s->chi + a * width);
  }
  for (size_t a = 0; a < count; a++) {
    for (size_t b = 0; b < count; b++) {
      const double mine = share[which[a]], theirs = share[which[b]];
      add_block(size, width, mine * ((a == b ? 1 : 0) - theirs), s->psi + a * width,
                s->chi + b * width, jump + which[a] * width * size + which[b] * width);
    }
  }
}

static rote_status follow(rote_gmm_slope *s, double *room)
{
  rote_status status = ROTE_OK;
  const rote_gmm_task *t = &s->task;
  const size_t size = count_parameters(t);
  const rote_left_out none = ROTE_NONE_OUT;
  size_t *which = NULL;
  ROTE_TRY(rote_alloc(t->components, sizeof *which, &which));
  rote_gmm_maximize(t, &none, t->start, s->after[0]);
  for (size_t round = 1; round < t->rounds; round++) {
    ROTE_TRY(rote_gmm_go_on(t));
    ROTE_TRY(rote_alloc(size * size, sizeof(double), &s->jump[round - 1]));
    for (size_t i = 0; i < t->points; i++) {
      rote_gmm_share(s->after[round - 1], t->point + i * t->dims, room + i * t->components);
    }
    rote_gmm_maximize(t, &none, room, s->after[round]);
    for (size_t i = 0; i < t->points; i++) {
      const double *const share = room + i * t->components;
      const size_t count = choose(t->components, share, which);
      add_point(s, round, t->point + i * t->dims, which, count, share, s->jump[round - 1]);
    }
  }
done:
  rote_free(&which);
  return status;
}

rote_status rote_gmm_slope_create(const rote_gmm_task *task, rote_gmm *mixture,
                                  rote_gmm_slope **out)
{
  rote_status status = ROTE_OK;
  rote_gmm_slope *s = NULL;
  double *room = NULL;
  const size_t g = task->components, d = task->dims;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->task = *task;
  ROTE_TRY(rote_alloc(task->rounds, sizeof *s->after, &s->after));
  ROTE_TRY(rote_alloc(task->rounds, sizeof *s->jump, &s->jump));
  ROTE_TRY(rote_alloc(g, sizeof *s->share, &s->share));
  ROTE_TRY(rote_alloc(g * (d + 2), sizeof *s->psi, &s->psi));
  ROTE_TRY(rote_alloc(g * (d + 2), sizeof *s->chi, &s->chi));
  ROTE_TRY(rote_alloc(task->points * g, sizeof *room, &room));
  for (size_t round = 0; round < task->rounds; round++) {
    ROTE_TRY(rote_gmm_create(g, d, &s->after[round]));
  }
  ROTE_TRY(follow(s, room));
  const rote_gmm *last = s->after[task->rounds - 1];
  memcpy(mixture->weight, last->weight, g * sizeof *last->weight);
  memcpy(mixture->mean, last->mean, g * d * sizeof *last->mean);
  memcpy(mixture->log_peak, last->log_peak, g * sizeof *last->log_peak);
  memcpy(mixture->variance, last->variance, g * sizeof *last->variance);
  *out = s;
  s = NULL;
done:
  rote_free(&room);
  rote_gmm_slope_destroy(&s);
  return status;
}

void rote_gmm_slope_destroy(rote_gmm_slope **slope)
{
  rote_gmm_slope *s = *slope;
  if (s != NULL) {
    for (size_t round = 0; round < s->task.rounds; round++) {
      if (s->after != NULL) {
        rote_gmm_destroy(&s->after[round]);
      }
      if (s->jump != NULL) {
        rote_free(&s->jump[round]);
      }
    }
    rote_free(&s->after);
    rote_free(&s->jump);
    rote_free(&s->share);
    rote_free(&s->psi);
    rote_free(&s->chi);
    rote_free(slope);
  }
}

/* lambda_T */
static void fill_last(const rote_gmm_slope *s, const double *z, double *lambda)
{
  const rote_gmm_task *t = &s->task;
  const rote_gmm *const last = s->after[t->rounds - 1];
  const size_t width = t->dims + 2;
  rote_gmm_share(last, z, s->share);
  for (size_t g = 0; g < t->components; g++) {
    if (s->share[g] > NOTHING) {
      fill_chi(last, g, z, lambda + g * width);
      for (size_t k = 0; k < width; k++) {
        lambda[g * width + k] *= s->share[g];
      }
    }
  }
}

/* lambda_{t-1} of all z, a row of J_t after the other: it is read once for all. */
static void go_back(size_t size, const double *jump, size_t count, size_t stride,
                    const double *lambda, double *before)
{
  rote_count_multiply_adds(count, size, size);
  for (size_t a = 0; a < size; a++) {
    const double *const row = jump + a * size;
    for (size_t c = 0; c < count; c++) {
      const double factor = lambda[c * stride + a];
      double *const restrict sum = before + c * stride;
      for (size_t b = 0; b < size; b++) {
        sum[b] += factor * row[b];
      }
    }
  }
}

void rote_gmm_slope_at(const rote_gmm_slope *s, size_t count, const double *z, double *at)
{
  const rote_gmm_task *t = &s->task;
  const size_t size = count_parameters(t), stride = t->rounds * size;
  memset(at, 0, count * stride * sizeof *at);
  for (size_t c = 0; c < count; c++) {
    fill_last(s, z + c * t->dims, at + c * stride + (t->rounds - 1) * size);
  }
  for (size_t round = t->rounds - 1; round > 0; round--) {
    go_back(size, s->jump[round - 1], count, stride, at + round * size, at + (round - 1) * size);
  }
}

double rote_gmm_influence(const rote_gmm_slope *s, size_t i, const double *at)
{
  const rote_gmm_task *t = &s->task;
  const size_t width = t->dims + 2, size = count_parameters(t);
  const double *const x = t->point + i * t->dims;
  double sum = 0;
  size_t moves = 0;
  for (size_t round = 0; round < t->rounds; round++) {
    const double *share = t->start + i * t->components;
    if (round > 0) {
      rote_gmm_share(s->after[round - 1], x, s->share);
      share = s->share;
    }
    for (size_t g = 0; g < t->components; g++) {
      if (share[g] > NOTHING) {
        const double *const lambda = at + round * size + g * width;
        double moved = 0;
        moves++;
        fill_psi(t, s->after[round], g, x, s->psi);
        for (size_t k = 0; k < width; k++) {
          moved += lambda[k] * s->psi[k];
        }
        sum += share[g] * moved;
      }
    }
  }
  rote_count_multiply_adds(2, moves, width); /* what x moves, and what that does */
  return sum - 1 / (double)t->points;
}
