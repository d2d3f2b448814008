#include "samples.h"

#include "half_size.h"
#include "rote/batch.h"
#include "rote/memory.h"

#define COLUMNS 64 /* samples at once; what is computed of one does not depend on the others */

struct rote_samples {
  const rote_vae *vae;
  const rote_data_info *info;
  rote_tape *decode;
  float *noise; /* [COLUMNS, L] one sample a row */
  rote_real *z; /* [L, COLUMNS] */
  rote_real *x; /* [pixels, COLUMNS] */
};

rote_status rote_samples_create(const rote_vae *vae, const rote_data_info *info, rote_samples **out)
{
  rote_status status = ROTE_OK;
  rote_samples *s = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->vae = vae;
  s->info = info;
  ROTE_TRY(rote_tape_create(&vae->decoder, COLUMNS, false, &s->decode));
  ROTE_TRY(rote_alloc(COLUMNS * vae->latent, sizeof *s->noise, &s->noise));
  ROTE_TRY(rote_alloc(COLUMNS * vae->latent, sizeof *s->z, &s->z));
  ROTE_TRY(rote_alloc(COLUMNS * vae->pixels, sizeof *s->x, &s->x));
  *out = s;
  s = NULL;
done:
  rote_samples_destroy(&s);
  return status;
}

void rote_samples_destroy(rote_samples **samples)
{
  rote_samples *s = *samples;
  if (s != NULL) {
    rote_tape_destroy(&s->decode);
    rote_free(&s->noise);
    rote_free(&s->z);
    rote_free(&s->x);
    rote_free(samples);
  }
}

static void cut_off(size_t n, rote_real *x)
{
  for (size_t i = 0; i < n; i++) {
    x[i] = x[i] < 0 ? 0 : x[i] > 1 ? 1 : x[i]; /* NaN stays NaN */
  }
}

/* Up to COLUMNS samples. */
static void draw_block(rote_samples *s, const rote_real *w, rote_stream stream, size_t first,
                       size_t n, float *half)
{
  const rote_vae *vae = s->vae;
  const size_t D = rote_half_numbers(s->info);
  for (size_t j = 0; j < COLUMNS; j++) { /* columns that are not asked for repeat the last one */
    rote_random_normal(stream, (uint32_t)(first + (j < n ? j : n - 1)), vae->latent,
                       s->noise + j * vae->latent);
  }
  for (size_t l = 0; l < vae->latent; l++) {
    for (size_t j = 0; j < COLUMNS; j++) {
      s->z[l * COLUMNS + j] = (rote_real)s->noise[j * vae->latent + l];
    }
  }
  const rote_real *out = rote_network_forward(&vae->decoder, w, s->z, COLUMNS, s->decode);
  vae->likelihood->mean(&vae->shape, out, COLUMNS, s->x);
  if (vae->options.data.transform == ROTE_TRANSFORM_LOGIT) {
    rote_logit_pixels(vae->pixels * COLUMNS, s->x);
  }
  cut_off(vae->pixels * COLUMNS, s->x);
  for (size_t j = 0; j < n; j++) {
    rote_half_pixels(s->info, s->x + j, COLUMNS, half + j * D);
  }
}

void rote_samples_draw(rote_samples *s, const rote_real *w, rote_unit unit, size_t first,
                       size_t count, float *half)
{
  const rote_stream stream = {.seed = s->vae->options.seed,
                              .unit = rote_unit_number(unit),
                              .purpose = ROTE_PURPOSE_MODEL_SAMPLE};
  const size_t D = rote_half_numbers(s->info);
  rote_network_pack(&s->vae->decoder, w, s->decode);
  for (size_t done = 0; done < count; done += COLUMNS) {
    const size_t left = count - done;
    draw_block(s, w, stream, first + done, left < COLUMNS ? left : COLUMNS, half + done * D);
  }
  rote_network_pack(&s->vae->decoder, NULL, s->decode);
}
