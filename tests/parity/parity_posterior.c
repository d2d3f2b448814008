/* posterior files: log p(x) of small trained VAEs against long annealing in float64.
 *
 * Letters: B images, D numbers of an image, ld distance of our rows. */
#include "parity.h"

#include "rote/annealing.h"
#include "rote/laplace.h"
#include "rote/memory.h"

#include <math.h>
#include <stdio.h>

/* Below this share of effective chains the reference itself has not converged. */
#define CONVERGED 0.3

/* How far apart two numbers may be that differ by chance. */
#define STANDARD_ERRORS 4.0

enum { SAMPLES = 256, TEMPERATURES = 1000, CHAINS = 16 };

/* What an image is held against. */
typedef struct {
  parity_array log_px, error, share, encoder; /* [B] */
} reference;

typedef struct {
  hid_t file;
  parity_result *result;
  rote_options options;
  rote_data_info info;
  size_t batch, ld; /* B */
  rote_vae *vae;
  rote_real *w, *x; /* [table.total], [D, ld] */
  reference want;
} posterior_check;

static rote_status read_all(posterior_check *c)
{
  rote_status status = ROTE_OK;
  parity_array x = {0};
  ROTE_TRY(rote_vae_create(&c->options, &c->info, &c->vae));
  ROTE_TRY(rote_alloc(c->vae->table.total, sizeof *c->w, &c->w));
  ROTE_TRY(parity_vae_parameters(c->file, "/final", &c->vae->table, c->w));
  ROTE_TRY(parity_read(c->file, &x, "/x"));
  if (x.rank != 4 || x.shape[0] == 0 || x.count / x.shape[0] != c->vae->pixels) {
    ROTE_TRY(rote_fail(ROTE_DATA, "/x is not [B, C, H, W]"));
  }
  c->batch = x.shape[0];
  ROTE_TRY(parity_read_shaped(c->file, 1, &c->batch, &c->want.log_px, "/log_px"));
  ROTE_TRY(parity_read_shaped(c->file, 1, &c->batch, &c->want.error, "/log_px_error"));
  ROTE_TRY(parity_read_shaped(c->file, 1, &c->batch, &c->want.share, "/effective_share"));
  ROTE_TRY(parity_read_shaped(c->file, 1, &c->batch, &c->want.encoder, "/encoder_256"));
  c->ld = rote_column_pad(c->batch);
  ROTE_TRY(rote_alloc(c->vae->pixels * c->ld, sizeof *c->x, &c->x));
  parity_to_columns(&x, c->ld, c->x);
done:
  rote_free(&x.value);
  return status;
}

static bool has_converged(const posterior_check *c, size_t image)
{
  return c->want.share.value[image] >= CONVERGED;
}

/* Columns first .. first + n - 1 of x with rows of `ld` numbers. */
static void copy_columns(const posterior_check *c, size_t first, size_t n, size_t ld, rote_real *x)
{
  for (size_t d = 0; d < c->vae->pixels; d++) {
    for (size_t j = 0; j < n; j++) {
      x[d * ld + j] = c->x[d * c->ld + first + j];
    }
  }
}

static rote_status estimate_all(const posterior_check *c, const rote_laplace_setting *setting,
                                rote_estimate *estimate)
{
  rote_status status = ROTE_OK;
  const rote_stream latent = {.seed = 1, .purpose = ROTE_PURPOSE_EVALUATE_LATENT};
  rote_laplace *l = NULL;
  rote_real *x = NULL;
  uint32_t *index = NULL;
  ROTE_TRY(rote_laplace_create(c->vae, setting, &l));
  ROTE_TRY(rote_alloc(c->vae->pixels * l->block, sizeof *x, &x));
  ROTE_TRY(rote_alloc(c->batch, sizeof *index, &index));
  rote_laplace_use(l, c->w);
  for (size_t first = 0; first < c->batch; first += l->images) {
    const size_t n = c->batch - first < l->images ? c->batch - first : l->images;
    for (size_t j = 0; j < n; j++) {
      index[j] = (uint32_t)(first + j);
    }
    copy_columns(c, first, n, l->block, x);
    rote_laplace_estimate(l, c->w, x, n, index, latent, estimate + first);
  }
done:
  rote_free(&x);
  rote_free(&index);
  rote_laplace_destroy(&l);
  return status;
}

/* Laplace may not be above the reference, but for their errors; what it is short of it on average
 * is a tenth at most of what the encoder is with as many samples. */
static rote_status check_laplace(posterior_check *c)
{
  rote_status status = ROTE_OK;
  const rote_laplace_setting setting = {.samples = SAMPLES, .steps = 5};
  rote_estimate *estimate = NULL;
  double short_of_it = 0, encoder = 0;
  ROTE_TRY(rote_alloc(c->batch, sizeof *estimate, &estimate));
  ROTE_TRY(estimate_all(c, &setting, estimate));
  for (size_t j = 0; j < c->batch; j++) {
    if (has_converged(c, j)) {
      const double gap = c->want.log_px.value[j] - estimate[j].log_px;
      const double own = sqrt(1 / estimate[j].effective_samples - 1.0 / SAMPLES);
      char where[PARITY_NAME];
      snprintf(where, sizeof where, "image %zu, standard errors", j);
      parity_report(c->result, "laplace above", STANDARD_ERRORS, where,
                    fmax(0, -gap / hypot(c->want.error.value[j], own)));
      short_of_it += gap;
      encoder += c->want.log_px.value[j] - c->want.encoder.value[j];
    }
  }
  parity_report(c->result, "below", 0.1, "of what the encoder is", short_of_it / encoder);
done:
  rote_free(&estimate);
  return status;
}

/* Annealing must agree where both have converged. */
static rote_status check_annealing(posterior_check *c)
{
  rote_status status = ROTE_OK;
  const rote_annealing_setting setting = {.temperatures = TEMPERATURES, .chains = CHAINS};
  const rote_stream stream = {.seed = 1, .purpose = ROTE_PURPOSE_ANNEALING};
  rote_annealing *a = NULL;
  rote_real *image = NULL;
  ROTE_TRY(rote_annealing_create(c->vae, &setting, &a));
  ROTE_TRY(rote_alloc(c->vae->pixels, sizeof *image, &image));
  for (size_t j = 0; j < c->batch; j++) {
    if (has_converged(c, j)) {
      char where[PARITY_NAME];
      rote_annealed got;
      copy_columns(c, j, 1, 1, image);
      rote_annealing_estimate(a, c->w, image, (uint32_t)j, stream, &got);
      snprintf(where, sizeof where, "image %zu, standard errors", j);
      parity_report(c->result, "annealing", STANDARD_ERRORS, where,
                    fabs(got.log_px - c->want.log_px.value[j]) /
                        hypot(c->want.error.value[j], got.standard_error));
    }
  }
done:
  rote_free(&image);
  rote_annealing_destroy(&a);
  return status;
}

rote_status parity_posterior(hid_t file, parity_result *result)
{
  rote_status status = ROTE_OK;
  posterior_check c = {.file = file, .result = result};
  ROTE_TRY(parity_vae_options(file, &c.options, &c.info, result));
  if (result->not_built[0] != '\0') {
    goto done;
  }
  ROTE_TRY(read_all(&c));
  ROTE_TRY(check_laplace(&c));
  ROTE_TRY(check_annealing(&c));
done:
  rote_free(&c.want.log_px.value);
  rote_free(&c.want.error.value);
  rote_free(&c.want.share.value);
  rote_free(&c.want.encoder.value);
  rote_free(&c.w);
  rote_free(&c.x);
  rote_vae_destroy(&c.vae);
  return status;
}
