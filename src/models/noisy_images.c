#include "rote/noisy_images.h"

#include "rote/memory.h"
#include "rote/random.h"

#include <string.h>

rote_status rote_noisy_images_create(const rote_per_image *p, rote_noisy_images **out)
{
  rote_status status = ROTE_OK;
  rote_noisy_images *r = NULL;
  const size_t L = p->model->latent;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->per_image = p;
  ROTE_TRY(rote_batch_create(p->model->pixels, 1, p->images, &r->batch));
  ROTE_TRY(rote_alloc(L * p->wide, sizeof *r->eps, &r->eps));
  ROTE_TRY(rote_alloc(L * p->draws, sizeof *r->drawn, &r->drawn));
  *out = r;
  r = NULL;
done:
  rote_noisy_images_destroy(&r);
  return status;
}

void rote_noisy_images_destroy(rote_noisy_images **images)
{
  rote_noisy_images *r = *images;
  if (r == NULL) {
    return;
  }
  rote_batch_destroy(&r->batch);
  rote_free(&r->eps);
  rote_free(&r->drawn);
  rote_free(images);
}

void rote_noisy_images_load(rote_noisy_images *r, const rote_options *o, const rote_image_set *set,
                            uint32_t unit, const uint32_t *index, size_t n)
{
  const rote_per_image *p = r->per_image;
  const size_t L = p->model->latent, S = p->draws;
  const rote_stream data = {.seed = o->seed, .unit = unit, .purpose = ROTE_PURPOSE_INFLUENCE_DATA};
  const rote_stream latent = {
      .seed = o->seed, .unit = unit, .purpose = ROTE_PURPOSE_INFLUENCE_LATENT};
  rote_batch_load(r->batch, (rote_transform)o->data.transform, set, index, n, data, latent);
  memset(r->eps, 0, L * p->wide * sizeof *r->eps);
  for (size_t i = 0; i < n; i++) {
    rote_random_normal(latent, index[i], S * L, r->drawn);
    for (size_t s = 0; s < S; s++) {
      const bool opposite = r->antithetic && s % 2 == 1;
      for (size_t l = 0; l < L; l++) {
        const rote_real eps = r->drawn[(opposite ? s - 1 : s) * L + l];
        r->eps[l * p->wide + i * S + s] = opposite ? -eps : eps;
      }
    }
  }
}
