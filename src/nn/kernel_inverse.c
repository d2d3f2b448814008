/* A step of an inverse problem in vectors, compiled once per instruction set. Formula:
 * rote/kernels.h. */
#include "kernel_tables.h"
#include "simd.h"

#include <stdbool.h>

/* Squared distances of a pixel: from what it would be if it was left, and if it was missing. */
typedef struct {
  v16f left, missing;
} misfit;

/* All channels of pixel p in 16 columns from j. `used`: bits of the columns that count. */
static inline misfit step_pixel(size_t channels, size_t pixels, size_t p, size_t j, v16i used,
                                float weight, const float *v, const rote_inverse_arrays *a)
{
  const v16f pull = weight * v16_load(a->mask + p * a->ld + j);
  misfit sum = {{0}, {0}};
  for (size_t c = 0; c < channels; c++) {
    const size_t at = (c * pixels + p) * a->ld + j;
    const v16f y = v16_load(a->y + at), answer = v16_load(v + at);
    const v16f u = v16_load(a->input + at) - answer;
    const v16f t = answer - u;
    const v16f x = t + pull * (y - t);
    const v16f left = x - y, missing = y - v16_load(a->shown + c * a->ld + j);
    v16_store(a->x + at, x);
    v16_store(a->input + at, v16_select(used, x + u, (v16f){0}));
    sum.left += left * left;
    sum.missing += missing * missing;
  }
  return sum;
}

void ROTE_ISA_NAME(rote_inverse_step)(size_t channels, size_t pixels, size_t columns, float weight,
                                      const float *v, const rote_inverse_arrays *a, bool update)
{
  for (size_t p = 0; p < pixels; p++) {
    for (size_t j = 0; j < columns; j += 16) {
      v16i used;
      for (int l = 0; l < 16; l++) {
        used[l] = j + (size_t)l < columns ? -1 : 0;
      }
      const misfit sum = step_pixel(channels, pixels, p, j, used, weight, v, a);
      if (update) {
        const v16f mask = v16_select(sum.left < sum.missing, v16_set(1.0f), (v16f){0});
        v16_store(a->mask + p * a->ld + j, mask);
      }
    }
  }
}
