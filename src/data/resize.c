#include "rote/resize.h"

#include "rote/memory.h"

#include <math.h>

/* Where the pixels of one output row or column come from. */
typedef struct {
  size_t from, to;      /* sizes the weights are for; from 0: none yet */
  size_t taps;          /* room for the weights of one output pixel */
  size_t *first, *used; /* [to] */
  float *weight;        /* [to, taps] */
} axis;

struct rote_resizer {
  axis rows, columns;
  size_t scratch_bytes;
  uint8_t *scratch; /* [input height, output width], one channel */
};

static void axis_free(axis *a)
{
  rote_free(&a->first);
  rote_free(&a->used);
  rote_free(&a->weight);
  a->from = 0;
}

static rote_status axis_prepare(axis *a, size_t from)
{
  rote_status status = ROTE_OK;
  if (a->from == from) {
    return ROTE_OK;
  }
  const double scale = (double)from / (double)a->to, reach = scale > 1 ? scale : 1;
  axis_free(a);
  a->taps = 2 * (size_t)ceil(reach) + 1;
  ROTE_TRY(rote_alloc(a->to, sizeof *a->first, &a->first));
  ROTE_TRY(rote_alloc(a->to, sizeof *a->used, &a->used));
  ROTE_TRY(rote_alloc(a->to * a->taps, sizeof *a->weight, &a->weight));
  for (size_t i = 0; i < a->to; i++) {
    const double centre = ((double)i + 0.5) * scale;
    float *weight = a->weight + i * a->taps;
    double sum = 0;
    const double low = floor(centre - reach);
    for (size_t x = low > 0 ? (size_t)low : 0; x < from && (double)x < centre + reach; x++) {
      const double w = 1 - fabs((double)x + 0.5 - centre) / reach;
      if (w > 0) {
        a->first[i] = a->used[i] == 0 ? x : a->first[i];
        weight[a->used[i]++] = (float)w;
        sum += w;
      }
    }
    for (size_t t = 0; t < a->used[i]; t++) {
      weight[t] = (float)(weight[t] / sum);
    }
  }
  a->from = from;
done:
  return status;
}

static uint8_t to_byte(float value)
{
  return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5f);
}

/* One channel of the rectangle, all rows, to [height, output width]. */
static void shrink_columns(const axis *a, size_t channels, size_t height, size_t row_bytes,
                           const uint8_t *from, uint8_t *to)
{
  for (size_t y = 0; y < height; y++) {
    for (size_t i = 0; i < a->to; i++) {
      const float *weight = a->weight + i * a->taps;
      const uint8_t *pixel = from + y * row_bytes + a->first[i] * channels;
      float sum = 0;
      for (size_t t = 0; t < a->used[i]; t++) {
        sum += weight[t] * (float)pixel[t * channels];
      }
      to[y * a->to + i] = to_byte(sum);
    }
  }
}

static void shrink_rows(const axis *a, size_t width, const uint8_t *from, uint8_t *to)
{
  for (size_t i = 0; i < a->to; i++) {
    const float *weight = a->weight + i * a->taps;
    for (size_t x = 0; x < width; x++) {
      const uint8_t *pixel = from + a->first[i] * width + x;
      float sum = 0;
      for (size_t t = 0; t < a->used[i]; t++) {
        sum += weight[t] * (float)pixel[t * width];
      }
      to[i * width + x] = to_byte(sum);
    }
  }
}

rote_status rote_resizer_create(size_t height, size_t width, rote_resizer **out)
{
  rote_status status = ROTE_OK;
  ROTE_TRY(rote_alloc(1, sizeof **out, out));
  (*out)->rows.to = height;
  (*out)->columns.to = width;
done:
  return status;
}

void rote_resizer_destroy(rote_resizer **resizer)
{
  if (*resizer != NULL) {
    axis_free(&(*resizer)->rows);
    axis_free(&(*resizer)->columns);
    rote_free(&(*resizer)->scratch);
    rote_free(resizer);
  }
}

rote_status rote_resize(rote_resizer *r, size_t channels, size_t height, size_t width,
                        size_t row_bytes, const uint8_t *from, uint8_t *to)
{
  rote_status status = ROTE_OK;
  const size_t wide = r->columns.to, tall = r->rows.to, needed = height * wide;
  ROTE_TRY(axis_prepare(&r->rows, height));
  ROTE_TRY(axis_prepare(&r->columns, width));
  if (r->scratch_bytes < needed) {
    rote_free(&r->scratch);
    r->scratch_bytes = 0;
    ROTE_TRY(rote_alloc(needed, 1, &r->scratch));
    r->scratch_bytes = needed;
  }
  for (size_t c = 0; c < channels; c++) {
    shrink_columns(&r->columns, channels, height, row_bytes, from + c, r->scratch);
    shrink_rows(&r->rows, wide, r->scratch, to + c * tall * wide);
  }
done:
  return status;
}
