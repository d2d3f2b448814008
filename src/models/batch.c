#include "rote/batch.h"

#include "rote/memory.h"

#include <math.h>
#include <string.h>

#define LAMBDA 0.05

rote_status rote_batch_create(size_t pixels, size_t latent, size_t columns, rote_batch **out)
{
  rote_status status = ROTE_OK;
  rote_batch *b = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *b, &b));
  *b = (rote_batch){.pixels = pixels, .latent = latent, .ld = rote_column_pad(columns)};
  ROTE_TRY(rote_alloc(b->ld * (pixels > latent ? pixels : latent), sizeof(float), &b->rows));
  ROTE_TRY(rote_alloc(pixels, 1, &b->image));
  ROTE_TRY(rote_alloc(b->ld * pixels, sizeof(rote_real), &b->x));
  ROTE_TRY(rote_alloc(b->ld * latent, sizeof(rote_real), &b->eps));
  *out = b;
  b = NULL;
done:
  rote_batch_destroy(&b);
  return status;
}

void rote_batch_destroy(rote_batch **batch)
{
  if (*batch != NULL) {
    rote_free(&(*batch)->rows);
    rote_free(&(*batch)->image);
    rote_free(&(*batch)->x);
    rote_free(&(*batch)->eps);
    rote_free(batch);
  }
}

void rote_image_load(rote_transform transform, size_t pixels, const uint8_t *pixel,
                     rote_stream stream, uint32_t item, float *row)
{
  switch (transform) {
  case ROTE_TRANSFORM_BINARIZE:
    rote_random_bernoulli(stream, item, pixels, pixel, row);
    break;
  case ROTE_TRANSFORM_SCALE:
    for (size_t d = 0; d < pixels; d++) {
      row[d] = (float)pixel[d] / 255.0f;
    }
    break;
  case ROTE_TRANSFORM_LOGIT:
    rote_random_uniform(stream, item, pixels, row);
    rote_kernels_get()->logit(pixels, LAMBDA, pixel, row);
    break;
  }
}

double rote_logit_correction(size_t pixels, const rote_real *t)
{
  double sum = 0;
  for (size_t d = 0; d < pixels; d++) {
    const double v = (double)t[d];
    sum += v - 2 * ((v > 0 ? v : 0) + log1p(exp(-fabs(v))));
  }
  return (double)pixels * (log(1 - 2 * LAMBDA) - log(256)) - sum;
}

void rote_logit_pixels(size_t n, rote_real *t)
{
  const rote_real scale = (rote_real)(1 / (1 - 2 * LAMBDA));
  rote_kernels_get()->activation[ROTE_ACTIVATION_SIGMOID].forward(n, t, t);
  for (size_t i = 0; i < n; i++) {
    const rote_real x = (t[i] - (rote_real)LAMBDA) * scale;
    t[i] = x < 0 ? 0 : x > 1 ? 1 : x; /* NaN stays NaN */
  }
}

void rote_image_mirror(size_t rows, size_t width, const uint8_t *pixel, uint8_t *out)
{
  for (size_t y = 0; y < rows; y++) {
    for (size_t x = 0; x < width; x++) {
      out[y * width + x] = pixel[y * width + width - 1 - x];
    }
  }
}

void rote_batch_load(rote_batch *b, rote_transform transform, const rote_image_set *images,
                     const uint32_t *index, size_t n, rote_stream data, rote_stream latent)
{
  for (size_t j = 0; j < n; j++) {
    const uint8_t *pixel = images->pixel + (size_t)index[j] * b->pixels;
    if (b->mirror > 0) {
      rote_image_mirror(b->pixels / b->mirror, b->mirror, pixel, b->image);
      pixel = b->image;
    }
    rote_image_load(transform, b->pixels, pixel, data, index[j], b->rows + j * b->pixels);
  }
  memset(b->rows + n * b->pixels, 0, (b->ld - n) * b->pixels * sizeof(float));
  rote_kernels_get()->transpose(b->ld, b->pixels, b->rows, b->pixels, b->x, b->ld);
  for (size_t j = 0; j < n; j++) {
    rote_random_normal(latent, index[j], b->latent, b->rows + j * b->latent);
  }
  memset(b->rows + n * b->latent, 0, (b->ld - n) * b->latent * sizeof(float));
  rote_kernels_get()->transpose(b->ld, b->latent, b->rows, b->latent, b->eps, b->ld);
}
