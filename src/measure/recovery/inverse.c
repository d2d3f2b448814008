#include "rote/inverse.h"

#include "rote/memory.h"

#include <math.h>
#include <string.h>

const char *rote_inverse_name(rote_inverse_method method)
{
  static const char *const name[ROTE_INVERSE_COUNT] = {
      [ROTE_INVERSE_BLIND] = "blind",
      [ROTE_INVERSE_ORACLE] = "oracle",
      [ROTE_INVERSE_ITERATE] = "iterate",
  };
  return name[method];
}

rote_status rote_inverse_create(const rote_autoencoder *model, size_t channels, size_t columns,
                                double rho, size_t inner, rote_inverse **out)
{
  rote_status status = ROTE_OK;
  rote_inverse *s = NULL;
  *out = NULL;
  if (!(rho > 0 && isfinite(rho))) {
    ROTE_TRY(rote_fail(ROTE_DATA, "rho is %g: must be above 0", rho));
  }
  if (inner == 0) {
    ROTE_TRY(rote_fail(ROTE_DATA, "0 inner steps a round: must be at least 1"));
  }
  if (channels == 0 || model->pixels % channels != 0) {
    ROTE_TRY(rote_fail(ROTE_INTERNAL, "%zu numbers of an image in %zu channels", model->pixels,
                       channels));
  }
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->model = model;
  s->channels = channels;
  s->pixels = model->pixels / channels;
  s->ld = rote_column_pad(columns);
  s->rho = rho;
  s->inner = inner;
  ROTE_TRY(rote_autoencoder_workspace_create(model, columns, false, &s->work));
  ROTE_TRY(rote_alloc(model->pixels * s->ld, sizeof(rote_real), &s->y));
  ROTE_TRY(rote_alloc(model->pixels * s->ld, sizeof(rote_real), &s->x));
  ROTE_TRY(rote_alloc(model->pixels * s->ld, sizeof(rote_real), &s->input));
  ROTE_TRY(rote_alloc(channels * s->ld, sizeof(rote_real), &s->shown));
  ROTE_TRY(rote_alloc(s->pixels * s->ld, sizeof(rote_real), &s->mask));
  *out = s;
  s = NULL;
done:
  rote_inverse_destroy(&s);
  return status;
}

void rote_inverse_destroy(rote_inverse **inverse)
{
  rote_inverse *s = *inverse;
  if (s != NULL) {
    rote_autoencoder_workspace_destroy(&s->work);
    rote_free(&s->y);
    rote_free(&s->x);
    rote_free(&s->input);
    rote_free(&s->shown);
    rote_free(&s->mask);
    rote_free(inverse);
  }
}

void rote_inverse_take(rote_inverse *s, const rote_real *w)
{
  s->w = w;
  rote_autoencoder_pack(s->model, w, s->work);
}

/* Rows of columns in use; the rest of their last block becomes 0. */
static void copy_columns(size_t rows, size_t batch, size_t ld, const rote_real *from, rote_real *to)
{
  for (size_t i = 0; i < rows; i++) {
    memcpy(to + i * ld, from + i * ld, batch * sizeof *to);
    memset(to + i * ld + batch, 0, (rote_column_pad(batch) - batch) * sizeof *to);
  }
}

/* v = y and u = 0 are written as input = v. */
void rote_inverse_begin(rote_inverse *s, rote_inverse_method method, size_t batch,
                        const rote_real *y, const rote_real *shown, const rote_real *mask)
{
  s->method = method;
  s->batch = batch;
  s->round = 0;
  copy_columns(s->model->pixels, batch, s->ld, y, s->y);
  copy_columns(s->model->pixels, batch, s->ld, y, s->x);
  copy_columns(s->model->pixels, batch, s->ld, y, s->input);
  copy_columns(s->channels, batch, s->ld, shown, s->shown);
  s->v = s->y;
  if (method == ROTE_INVERSE_ORACLE) {
    copy_columns(s->pixels, batch, s->ld, mask, s->mask);
    return;
  }
  for (size_t i = 0; i < s->pixels * s->ld; i++) {
    s->mask[i] = 1;
  }
}

void rote_inverse_round(rote_inverse *s)
{
  const rote_kernels *kernels = rote_kernels_get();
  const rote_inverse_arrays arrays = {
      .ld = s->ld, .y = s->y, .shown = s->shown, .x = s->x, .input = s->input, .mask = s->mask};
  for (size_t i = 1; i <= s->inner; i++) {
    if (s->method == ROTE_INVERSE_ITERATE) {
      copy_columns(s->model->pixels, s->batch, s->ld, s->v, s->input);
    } else {
      const bool last = i == s->inner;
      kernels->inverse_step(s->channels, s->pixels, s->batch, (rote_real)(1 / (1 + s->rho)), s->v,
                            &arrays, last && s->method == ROTE_INVERSE_BLIND);
    }
    s->v = rote_autoencoder_forward(s->model, s->w, s->input, s->batch, s->work);
  }
  s->round++;
}

void rote_squared_distances(size_t numbers, size_t batch, size_t ld, const rote_real *a,
                            const rote_real *b, double *squares)
{
  memset(squares, 0, batch * sizeof *squares);
  for (size_t d = 0; d < numbers; d++) {
    for (size_t j = 0; j < batch; j++) {
      const double e = (double)a[d * ld + j] - (double)b[d * ld + j];
      squares[j] += e * e;
    }
  }
}

void rote_psnr(size_t numbers, size_t batch, size_t ld, const rote_real *clean,
               const rote_real *answer, double *psnr)
{
  rote_squared_distances(numbers, batch, ld, clean, answer, psnr);
  for (size_t j = 0; j < batch; j++) {
    const double value = -10 * log10(psnr[j] / (double)numbers);
    psnr[j] = value > ROTE_PSNR_LIMIT     ? ROTE_PSNR_LIMIT
              : value >= -ROTE_PSNR_LIMIT ? value
                                          : -ROTE_PSNR_LIMIT; /* NaN, too */
  }
}

size_t rote_curve_rounds(size_t rounds, size_t *round)
{
  static const size_t digit[] = {1, 2, 5};
  size_t count = 0;
  for (size_t scale = 1; scale <= rounds; scale *= 10) {
    for (size_t i = 0; i < 3 && digit[i] <= rounds / scale; i++) {
      round[count++] = digit[i] * scale;
    }
    if (scale > rounds / 10) {
      break;
    }
  }
  if (count > 0 && round[count - 1] != rounds) {
    round[count++] = rounds;
  }
  return count;
}
