/* Mode and curvature of posteriors: the first half of rote/laplace.h. */
#include "cholesky.h"
#include "laplace_room.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* h of the forward differences, a power of two: scaling by it is exact. Decoders are piecewise
 * smooth, and their outputs are floats. */
#define DIFFERENCE 0x1p-7

#define DAMPING 0.01

static const double lengths[] = {1, 0.5, 0.25, 0.1};

/* Values closer than this share of them are the same in floats: then the whole step is taken. Near
 * the mode the shorter ones would stay away from it by chance. */
#define SAME 0x1p-19

/* log p(x|z) - |z|^2/2 of every column from log p(x|z) */
static void add_prior(const rote_laplace *l, const rote_real *z, size_t n, double *value)
{
  for (size_t i = 0; i < l->vae->latent; i++) {
    for (size_t j = 0; j < n; j++) {
      const double zi = (double)z[i * l->block + j];
      value[j] -= zi * zi / 2;
    }
  }
}

/* One image a column to one image a row: what differences() reads of an image lies together. */
static void turn(const rote_laplace *l, size_t n, const rote_real *columns, rote_real *rows)
{
  rote_kernels_get()->transpose(l->outputs, n, columns, l->block, rows, l->outputs);
}

/* Outputs at z, gradient and curvature of -log p(x|outputs) there, and the value of z. */
static void look_at_base(rote_laplace *l, const rote_real *w, const rote_real *x, size_t n)
{
  const rote_vae *vae = l->vae;
  const rote_real *own = rote_vae_own(vae, w);
  rote_real *out = rote_network_forward(&vae->decoder, w, l->z, n, l->decode);
  turn(l, n, out, l->base);
  if (vae->likelihood->root_curvature != NULL) {
    vae->likelihood->root_curvature(&vae->shape, out, l->block, own, l->upright);
    turn(l, n, l->upright, l->root);
  }
  vae->likelihood->loss(&vae->shape, n, x, out, l->block, own, l->log_joint, NULL);
  turn(l, n, out, l->gradient);
  add_prior(l, l->z, n, l->log_joint);
}

/* Columns first .. first + count - 1 of the panel of images from `image`: column c is z + h e_l of
 * image c / L, l = c % L. */
static void probe(const rote_laplace *l, size_t image, size_t first, size_t count)
{
  const size_t latent = l->vae->latent;
  for (size_t c = 0; c < count; c++) {
    const size_t j = image + (first + c) / latent, moved = (first + c) % latent;
    for (size_t i = 0; i < latent; i++) {
      l->probe[i * l->block + c] = l->z[i * l->block + j];
    }
    l->probe[moved * l->block + c] += (rote_real)DIFFERENCE;
  }
}

/* B and J^T gradient of those columns, each times h. */
static void take_differences(rote_laplace *l, size_t image, size_t first, size_t count,
                             const rote_real *out)
{
  const size_t latent = l->vae->latent;
  for (size_t c = 0, next = 0; c < count; c = next) {
    const size_t j = image + (first + c) / latent, left = latent - (first + c) % latent;
    next = count - c < left ? count : c + left;
    const rote_differences d = {
        .rows = l->outputs,
        .columns = next - c,
        .planes = l->outputs / (l->vae->pixels / l->vae->shape.channels),
        .base = l->base + j * l->outputs,
        .gradient = l->gradient + j * l->outputs,
        .root = l->vae->likelihood->root_curvature != NULL ? l->root + j * l->outputs : NULL,
        .out = out + c,
        .b = l->b + first + c,
        .ld_base = 1,
        .ld_out = l->block,
        .ld_b = l->ld_b,
    };
    rote_kernels_get()->differences(&d, l->dot + first + c);
  }
}

/* A = I + B^T B of the image whose columns of b begin at `first`. */
static void curve(rote_laplace *l, size_t first, double *a)
{
  const size_t latent = l->vae->latent, ld = rote_column_pad(latent);
  const size_t rows = rote_laplace_rows(l);
  const rote_strided transposed = {l->b + first, 1, l->ld_b};
  rote_gemm(latent, latent, rows, transposed, l->b + first, l->ld_b, NULL, false, l->gram, ld);
  for (size_t i = 0; i < latent; i++) {
    for (size_t k = 0; k < latent; k++) {
      a[i * latent + k] =
          (double)l->gram[i * ld + k] / (DIFFERENCE * DIFFERENCE) + (i == k ? 1 : 0);
    }
  }
}

/* A into factor and g into direction, of all images. */
static void expand(rote_laplace *l, const rote_real *w, size_t n)
{
  const size_t latent = l->vae->latent;
  for (size_t image = 0; image < n; image += l->together) {
    const size_t images = n - image < l->together ? n - image : l->together;
    for (size_t first = 0; first < images * latent; first += l->block) {
      const size_t left = images * latent - first, count = left < l->block ? left : l->block;
      probe(l, image, first, count);
      take_differences(l, image, first, count,
                       rote_network_forward(&l->vae->decoder, w, l->probe, count, l->decode));
    }
    for (size_t j = 0; j < images; j++) {
      curve(l, j * latent, l->factor + (image + j) * latent * latent);
      for (size_t i = 0; i < latent; i++) {
        l->direction[(image + j) * latent + i] =
            (double)l->z[i * l->block + image + j] + l->dot[j * latent + i] / DIFFERENCE;
      }
    }
  }
}

/* g to d of (A + 0.01 diag A) d = g, of all images. */
static void solve(rote_laplace *l, size_t n)
{
  const size_t latent = l->vae->latent;
  for (size_t j = 0; j < n; j++) {
    double *d = l->direction + j * latent;
    memcpy(l->damped, l->factor + j * latent * latent, latent * latent * sizeof *l->damped);
    for (size_t i = 0; i < latent; i++) {
      l->damped[i * latent + i] *= 1 + DAMPING;
    }
    rote_cholesky(latent, l->damped);
    rote_cholesky_forward(latent, l->damped, 1, d);
    rote_cholesky_backward(latent, l->damped, 1, d);
  }
}

/* Trials whose value is higher take the place of z, those of the whole step also if it is the same.
 */
static void keep_better(rote_laplace *l, size_t n, bool is_whole)
{
  for (size_t j = 0; j < n; j++) {
    const double value = l->log_px_given_z[j] + (is_whole ? SAME * fabs(l->log_joint[j]) : 0);
    if (value > l->log_joint[j]) {
      l->log_joint[j] = value;
      for (size_t i = 0; i < l->vae->latent; i++) {
        l->z[i * l->block + j] = l->trial[i * l->block + j];
      }
    }
  }
}

/* Every trial is a block of one column an image. */
static void search(rote_laplace *l, const rote_real *w, const rote_real *x, size_t n)
{
  const rote_vae *vae = l->vae;
  const size_t latent = vae->latent;
  memcpy(l->probe, l->z, latent * l->block * sizeof *l->z);
  for (size_t t = 0; t < sizeof lengths / sizeof *lengths; t++) {
    for (size_t i = 0; i < latent; i++) {
      for (size_t j = 0; j < n; j++) {
        const size_t at = i * l->block + j;
        l->trial[at] =
            (rote_real)((double)l->probe[at] - lengths[t] * l->direction[j * latent + i]);
      }
    }
    rote_real *out = rote_network_forward(&vae->decoder, w, l->trial, n, l->decode);
    vae->likelihood->loss(&vae->shape, n, x, out, l->block, rote_vae_own(vae, w), l->log_px_given_z,
                          NULL);
    add_prior(l, l->trial, n, l->log_px_given_z);
    keep_better(l, n, t == 0);
  }
}

void rote_laplace_fit(rote_laplace *l, const rote_real *w, const rote_real *x, size_t n)
{
  const size_t latent = l->vae->latent;
  for (size_t step = 0; step < l->setting.steps; step++) {
    look_at_base(l, w, x, n);
    expand(l, w, n);
    solve(l, n);
    search(l, w, x, n);
  }
  look_at_base(l, w, x, n);
  expand(l, w, n);
  for (size_t j = 0; j < n; j++) {
    rote_cholesky(latent, l->factor + j * latent * latent);
  }
}
