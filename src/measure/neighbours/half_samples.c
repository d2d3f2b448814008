#include "half_samples.h"

#include "half_size.h"

typedef struct {
  const rote_data_info *info;
  float *half;
} halves;

static void take(void *taker, size_t sample, const rote_real *pixel)
{
  const halves *h = taker;
  rote_half_pixels(h->info, pixel, ROTE_SAMPLES_STEP,
                   h->half + sample * rote_half_numbers(h->info));
}

void rote_half_samples(rote_samples *samples, const rote_data_info *info, const rote_real *w,
                       rote_unit unit, size_t first, size_t count, float *half)
{
  halves h = {.info = info, .half = half};
  rote_samples_draw(samples, w, unit, first, count, take, &h);
}
