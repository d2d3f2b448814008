#include "rote/components.h"

#include "eigen.h"
#include "rote/gram.h"
#include "rote/memory.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#define PIXEL (1.0 / 255) /* a grey level in [0,1] */
enum { BLOCK = 64 };      /* images of a product, always: its shape decides the bits */

static rote_status check(const rote_image_set *images, size_t pixels, size_t count)
{
  if (pixels > ROTE_COMPONENTS_PIXELS_MAX) {
    return rote_fail(ROTE_DATA,
                     "principal components on one rank are of images of up to %zu pixels, not %zu",
                     ROTE_COMPONENTS_PIXELS_MAX, pixels);
  }
  if (count == 0 || count > pixels || count + 1 > images->count) {
    return rote_fail(ROTE_DATA,
                     "%zu principal components cannot be had from %zu images of %zu pixels", count,
                     images->count, pixels);
  }
  return ROTE_OK;
}

/* An axis has no sign of its own: its largest entry, the first of several, is positive. */
static void settle_sign(size_t n, double *axis)
{
  size_t largest = 0;
  for (size_t d = 1; d < n; d++) {
    largest = fabs(axis[d]) > fabs(axis[largest]) ? d : largest;
  }
  const double sign = axis[largest] < 0 ? -1 : 1;
  for (size_t d = 0; d < n; d++) {
    axis[d] *= sign;
  }
}

/* Largest first. */
static void settle(rote_components *c, double images, const double *w, const double *z)
{
  for (size_t j = 0; j < c->count; j++) {
    const size_t from = c->count - 1 - j;
    c->eigenvalue[j] = w[from] > 0 ? w[from] / images : 0;
    memcpy(c->axis + j * c->pixels, z + from * c->pixels, c->pixels * sizeof *z);
    settle_sign(c->pixels, c->axis + j * c->pixels);
  }
}

static rote_status fill(rote_components *c, const rote_image_set *images)
{
  rote_status status = ROTE_OK;
  const size_t n = c->pixels;
  uint64_t *sum = NULL;
  uint32_t *pixel = NULL;
  double *scatter = NULL, *w = NULL, *z = NULL;
  ROTE_TRY(rote_alloc(n, sizeof *sum, &sum));
  ROTE_TRY(rote_alloc(n, sizeof *pixel, &pixel));
  ROTE_TRY(rote_alloc(n * n, sizeof *scatter, &scatter));
  ROTE_TRY(rote_alloc(n, sizeof *w, &w));
  ROTE_TRY(rote_alloc(n * c->count, sizeof *z, &z));
  rote_pixel_sums(images, n, sum);
  for (size_t d = 0; d < n; d++) {
    pixel[d] = (uint32_t)d;
    c->mean[d] = (double)sum[d] * PIXEL / (double)images->count;
  }
  const rote_gram_part all = {
      .images = images, .pixels = n, .rows = n, .columns = n, .row = pixel, .column = pixel};
  ROTE_TRY(rote_gram_scatter(&all, sum, scatter, n));
  for (size_t d = 0; d < n; d++) {
    c->variance += scatter[d * n + d] / (double)images->count;
  }
  ROTE_TRY(rote_eigen_largest(n, c->count, scatter, w, z));
  settle(c, (double)images->count, w, z);
done:
  rote_free(&sum);
  rote_free(&pixel);
  rote_free(&scatter);
  rote_free(&w);
  rote_free(&z);
  return status;
}

rote_status rote_components_create(const rote_image_set *images, size_t pixels, size_t count,
                                   rote_components **out)
{
  rote_status status = ROTE_OK;
  rote_components *c = NULL;
  *out = NULL;
  ROTE_TRY(check(images, pixels, count));
  ROTE_TRY(rote_alloc(1, sizeof *c, &c));
  c->pixels = pixels;
  c->count = count;
  ROTE_TRY(rote_alloc(pixels, sizeof *c->mean, &c->mean));
  ROTE_TRY(rote_alloc(count * pixels, sizeof *c->axis, &c->axis));
  ROTE_TRY(rote_alloc(count, sizeof *c->eigenvalue, &c->eigenvalue));
  ROTE_TRY(fill(c, images));
  *out = c;
  c = NULL;
done:
  rote_components_destroy(&c);
  return status;
}

void rote_components_destroy(rote_components **components)
{
  rote_components *c = *components;
  if (c != NULL) {
    rote_free(&c->mean);
    rote_free(&c->axis);
    rote_free(&c->eigenvalue);
    rote_free(components);
  }
}

double rote_components_share(const rote_components *c)
{
  double held = 0;
  for (size_t j = 0; j < c->count; j++) {
    held += c->eigenvalue[j];
  }
  return c->variance > 0 ? held / c->variance : 1;
}

/* score = (x - mean) axis^T, a block of BLOCK images at a time, padded with zeros. */
rote_status rote_components_project(const rote_components *c, const uint8_t *image, size_t n,
                                    double *score)
{
  rote_status status = ROTE_OK;
  const size_t pixels = c->pixels;
  double *x = NULL, *y = NULL;
  ROTE_TRY(rote_alloc(BLOCK * pixels, sizeof *x, &x));
  ROTE_TRY(rote_alloc(BLOCK * c->count, sizeof *y, &y));
  for (size_t i = 0; i < n; i += BLOCK) {
    const size_t rows = n - i < BLOCK ? n - i : BLOCK;
    memset(x, 0, BLOCK * pixels * sizeof *x);
    for (size_t r = 0; r < rows; r++) {
      for (size_t d = 0; d < pixels; d++) {
        x[r * pixels + d] = image[(i + r) * pixels + d] * PIXEL - c->mean[d];
      }
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, BLOCK, (blasint)c->count, (blasint)pixels,
                1, x, (blasint)pixels, c->axis, (blasint)pixels, 0, y, (blasint)c->count);
    memcpy(score + i * c->count, y, rows * c->count * sizeof *y);
  }
done:
  rote_free(&x);
  rote_free(&y);
  return status;
}
