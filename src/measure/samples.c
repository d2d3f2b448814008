#include "samples.h"

#include "rote/batch.h"
#include "rote/memory.h"

#define COLUMNS ROTE_SAMPLES_STEP /* what is computed of one does not depend on the others */

struct rote_samples {
  const rote_vae *vae;
  rote_tape *decode;
  float *noise; /* [COLUMNS, L] one sample a row */
  rote_real *z; /* [L, COLUMNS] */
  rote_real *x; /* [pixels, COLUMNS] */
};

rote_status rote_samples_create(const rote_vae *vae, rote_samples **out)
{
  rote_status status = ROTE_OK;
  rote_samples *s = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *s, &s));
  s->vae = vae;
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
                       size_t n)
{
  const rote_vae *vae = s->vae;
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
}

void rote_samples_draw(rote_samples *s, const rote_real *w, rote_unit unit, size_t first,
                       size_t count,
                       void (*take)(void *taker, size_t sample, const rote_real *pixel),
                       void *taker)
{
  const rote_stream stream = {.seed = s->vae->options.seed,
                              .unit = rote_unit_number(unit),
                              .purpose = ROTE_PURPOSE_MODEL_SAMPLE};
  rote_network_pack(&s->vae->decoder, w, s->decode);
  for (size_t done = 0; done < count; done += COLUMNS) {
    const size_t n = count - done < COLUMNS ? count - done : COLUMNS;
    draw_block(s, w, stream, first + done, n);
    for (size_t j = 0; j < n; j++) {
      take(taker, done + j, s->x + j);
    }
  }
  rote_network_pack(&s->vae->decoder, NULL, s->decode);
}

typedef struct {
  size_t pixels;
  uint8_t *image;
} bytes;

/* One that is no number is black. */
static void take_bytes(void *taker, size_t sample, const rote_real *pixel)
{
  const bytes *b = taker;
  for (size_t d = 0; d < b->pixels; d++) {
    const rote_real level = 255 * pixel[d * COLUMNS];
    b->image[sample * b->pixels + d] = level > 0 ? (uint8_t)(level + (rote_real)0.5) : 0;
  }
}

void rote_samples_images(rote_samples *s, const rote_real *w, rote_unit unit, size_t count,
                         uint8_t *image)
{
  bytes b = {.pixels = s->vae->pixels, .image = image};
  rote_samples_draw(s, w, unit, 0, count, take_bytes, &b);
}
