#include "rote/attractor.h"

#include "rote/inverse.h"
#include "rote/memory.h"
#include "rote/random.h"

#include <math.h>
#include <string.h>

#define STEPS_A_CHECK 10

/* Numbers of a column; the order of rote_attractor.column. */
enum { NORM, H11, H21, H12, H22, ESTIMATE };

rote_status rote_attractor_create(const rote_autoencoder *model, size_t columns, uint64_t seed,
                                  rote_attractor **out)
{
  rote_status status = ROTE_OK;
  rote_attractor *a = NULL;
  const rote_stream stream = {.seed = seed, .purpose = ROTE_PURPOSE_ATTRACTOR};
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *a, &a));
  a->model = model;
  a->ld = rote_column_pad(columns);
  ROTE_TRY(rote_autoencoder_workspace_create(model, columns, true, &a->work));
  ROTE_TRY(rote_alloc(model->pixels, sizeof *a->start, &a->start));
  rote_real **const arrays[] = {&a->vector, &a->image, &a->direction, &a->pair, &a->pair_image};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    ROTE_TRY(rote_alloc(model->pixels * a->ld, sizeof(rote_real), arrays[i]));
  }
  for (size_t i = 0; i < sizeof a->column / sizeof *a->column; i++) {
    ROTE_TRY(rote_alloc(a->ld, sizeof(double), &a->column[i]));
  }
  rote_random_normal(stream, 0, model->pixels, a->start);
  *out = a;
  a = NULL;
done:
  rote_attractor_destroy(&a);
  return status;
}

void rote_attractor_destroy(rote_attractor **attractor)
{
  rote_attractor *a = *attractor;
  if (a == NULL) {
    return;
  }
  rote_autoencoder_workspace_destroy(&a->work);
  rote_free(&a->start);
  rote_free(&a->vector);
  rote_free(&a->image);
  rote_free(&a->direction);
  rote_free(&a->pair);
  rote_free(&a->pair_image);
  for (size_t i = 0; i < sizeof a->column / sizeof *a->column; i++) {
    rote_free(&a->column[i]);
  }
  rote_free(attractor);
}

/* out[j] = sum over d of a b, of every column */
static void dots(const rote_attractor *at, size_t batch, const rote_real *a, const rote_real *b,
                 double *out)
{
  memset(out, 0, batch * sizeof *out);
  for (size_t d = 0; d < at->model->pixels; d++) {
    for (size_t j = 0; j < batch; j++) {
      out[j] += (double)a[d * at->ld + j] * (double)b[d * at->ld + j];
    }
  }
}

/* Columns divided by their norms, which go to `norm`. A column of zeros stays so. */
static void normalise(const rote_attractor *at, size_t batch, rote_real *a, double *norm)
{
  dots(at, batch, a, a, norm);
  for (size_t j = 0; j < batch; j++) {
    norm[j] = sqrt(norm[j]);
  }
  for (size_t d = 0; d < at->model->pixels; d++) {
    for (size_t j = 0; j < batch; j++) {
      rote_real *here = &a[d * at->ld + j];
      *here = norm[j] == 0 ? 0 : (rote_real)((double)*here / norm[j]);
    }
  }
}

/* out = J^T in, at the x of the last forward pass */
static void pull_back(rote_attractor *a, const rote_real *w, const rote_real *x, size_t batch,
                      const rote_real *in, rote_real *out)
{
  memcpy(a->direction, in, a->model->pixels * a->ld * sizeof *in);
  rote_autoencoder_pull_back(a->model, w, x, batch, a->work, a->direction, out);
}

/* The larger modulus of the eigenvalues of [[a, b], [c, d]]. */
static double modulus(double a, double b, double c, double d)
{
  const double half = (a + d) / 2, square = (a - d) * (a - d) / 4 + b * c;
  if (square >= 0) {
    return fabs(half) + sqrt(square);
  }
  return sqrt(half * half - square); /* complex: square is minus that of the imaginary part */
}

/* With q in `vector` and J^T q in `image`: the projection onto q1 = q and q2, the direction of the
 * part of J^T q that is orthogonal to it. */
static void estimate(rote_attractor *a, const rote_real *w, const rote_real *x, size_t batch)
{
  double **c = a->column;
  dots(a, batch, a->vector, a->image, c[H11]);
  for (size_t d = 0; d < a->model->pixels; d++) {
    for (size_t j = 0; j < batch; j++) {
      const size_t i = d * a->ld + j;
      a->pair[i] = (rote_real)((double)a->image[i] - c[H11][j] * (double)a->vector[i]);
    }
  }
  normalise(a, batch, a->pair, c[H21]);
  pull_back(a, w, x, batch, a->pair, a->pair_image);
  dots(a, batch, a->vector, a->pair_image, c[H12]);
  dots(a, batch, a->pair, a->pair_image, c[H22]);
  for (size_t j = 0; j < batch; j++) {
    c[ESTIMATE][j] = modulus(c[H11][j], c[H12][j], c[H21][j], c[H22][j]);
  }
}

/* Columns that are not done take the estimate. @return how many are still not done */
static size_t settle(const rote_attractor *a, size_t batch, double *radius, uint8_t *settled)
{
  size_t open = 0;
  for (size_t j = 0; j < batch; j++) {
    const double now = a->column[ESTIMATE][j];
    if (settled[j] == 0) {
      settled[j] = fabs(now - radius[j]) <= ROTE_ATTRACTOR_TOLERANCE * now;
      radius[j] = isfinite(now) ? now : (double)NAN;
      open += settled[j] == 0;
    }
  }
  return open;
}

/* The same first vector for every column; unused columns are 0 in all that follows. */
static void start(rote_attractor *a, size_t batch)
{
  const size_t numbers = a->model->pixels * a->ld;
  memset(a->vector, 0, numbers * sizeof *a->vector);
  memset(a->pair, 0, numbers * sizeof *a->pair);
  for (size_t d = 0; d < a->model->pixels; d++) {
    for (size_t j = 0; j < batch; j++) {
      a->vector[d * a->ld + j] = (rote_real)a->start[d];
    }
  }
  normalise(a, batch, a->vector, a->column[NORM]);
}

bool rote_attractor_measure(rote_attractor *a, const rote_real *w, const rote_real *x, size_t batch,
                            double *distance, double *radius, uint8_t *settled)
{
  const rote_real *y = rote_autoencoder_forward(a->model, w, x, batch, a->work);
  rote_squared_distances(a->model->pixels, batch, a->ld, x, y, distance);
  for (size_t j = 0; j < batch; j++) {
    distance[j] = sqrt(distance[j]);
    radius[j] = (double)NAN;
    settled[j] = 0;
  }
  start(a, batch);
  for (size_t step = 1; step <= ROTE_ATTRACTOR_STEPS; step++) {
    if (a->give_up != NULL && a->give_up(a->context)) {
      return false;
    }
    pull_back(a, w, x, batch, a->vector, a->image);
    if (step % STEPS_A_CHECK == 0) {
      estimate(a, w, x, batch);
      if (settle(a, batch, radius, settled) == 0) {
        break;
      }
    }
    memcpy(a->vector, a->image, a->model->pixels * a->ld * sizeof *a->vector);
    normalise(a, batch, a->vector, a->column[NORM]);
  }
  return true;
}
