/* A step of an inverse problem in vectors, compiled once per instruction set. Formula:
 * rote/kernels.h. */
#include "kernel_lanes.h"
#include "kernel_tables.h"

#include <stdbool.h>

/* Squared distances of a pixel: from what it would be if it was left, and if it was missing. */
typedef struct {
  vec left, missing;
} misfit;

/* All channels of pixel p in a register of columns from j. `used`: bits of the columns that count.
 */
static inline misfit step_pixel(size_t channels, size_t pixels, size_t p, size_t j, vec_mask used,
                                float weight, const float *v, const rote_inverse_arrays *a)
{
  const vec pull = weight * vec_load(a->mask + p * a->ld + j);
  misfit sum = {{0}, {0}};
  for (size_t c = 0; c < channels; c++) {
    const size_t at = (c * pixels + p) * a->ld + j;
    const vec y = vec_load(a->y + at), answer = vec_load(v + at);
    const vec u = vec_load(a->input + at) - answer;
    const vec t = answer - u;
    const vec x = t + pull * (y - t);
    const vec left = x - y, missing = y - vec_load(a->shown + c * a->ld + j);
    vec_store(a->x + at, x);
    vec_store(a->input + at, vec_select(used, x + u, (vec){0}));
    sum.left += left * left;
    sum.missing += missing * missing;
  }
  return sum;
}

void ROTE_ISA_NAME(rote_inverse_step)(size_t channels, size_t pixels, size_t columns, float weight,
                                      const float *v, const rote_inverse_arrays *a, bool update)
{
  for (size_t p = 0; p < pixels; p++) {
    for (size_t j = 0; j < rote_column_pad(columns); j += WIDTH) {
      const misfit sum = step_pixel(channels, pixels, p, j, used_lanes(j, columns), weight, v, a);
      if (update) {
        const vec mask = vec_select(sum.left < sum.missing, vec_set(1.0f), (vec){0});
        vec_store(a->mask + p * a->ld + j, mask);
      }
    }
  }
}
