/* What a row costs: searches among some of the images, and a sample. */
#include "closest.h"
#include "half_samples.h"
#include "half_size.h"
#include "neighbours_room.h"

#include "rote/clock.h"
#include "rote/memory.h"
#include "rote/screen.h"

#define IMAGES 512 /* of the measurement, at most */

static void load(const void *context, size_t first, size_t n, float *y)
{
  const rote_subject_setting *s = context;
  const size_t D = rote_half_numbers(s->info), pixels = rote_data_pixels(s->info);
  for (size_t i = 0; i < n; i++) {
    rote_half_bytes(s->info, s->train->pixel + (first + i) % s->train->count * pixels, y + i * D);
  }
}

typedef struct {
  double seconds, flop;
} price;

/* Of a pair of images in a search. */
static rote_status price_pair(const rote_cost_request *q, price *pair)
{
  rote_status status = ROTE_OK;
  const size_t D = rote_half_numbers(q->setting.info), n = ROTE_CLOSEST_BATCH;
  const rote_closest_source source = {.count = IMAGES, .load = load, .context = &q->setting};
  rote_closest *closest = NULL;
  rote_closest_one *found = NULL;
  float *x = NULL;
  double pairs = 0;
  ROTE_TRY(rote_closest_create(D, &closest));
  ROTE_TRY(rote_alloc(n, sizeof *found, &found));
  ROTE_TRY(rote_alloc(n * D, sizeof *x, &x));
  load(&q->setting, 0, n, x);
  const rote_closest_search search = {.x = x, .count = n, .k = 1};
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    ROTE_TRY(rote_closest_find(closest, &search, &source, found));
    pairs += (double)n * IMAGES;
  } while (rote_seconds() - start < q->seconds / 2);
  pair->seconds = (rote_seconds() - start) / pairs;
  pair->flop = 2 * (rote_kernels_multiply_adds() - counted) / pairs;
done:
  rote_closest_destroy(&closest);
  rote_free(&found);
  rote_free(&x);
  return status;
}

static rote_status price_sample(const rote_cost_request *q, price *sample)
{
  rote_status status = ROTE_OK;
  const size_t some = 64;
  rote_samples *samples = NULL;
  float *half = NULL;
  double count = 0;
  ROTE_TRY(rote_samples_create(q->trainer->model->vae, &samples));
  ROTE_TRY(rote_alloc(some * rote_half_numbers(q->setting.info), sizeof *half, &half));
  const double start = rote_seconds(), counted = rote_kernels_multiply_adds();
  do {
    rote_half_samples(samples, q->setting.info, q->trainer->w, (rote_unit){.full = true}, 0, some,
                      half);
    count += (double)some;
  } while (rote_seconds() - start < q->seconds / 2);
  sample->seconds = (rote_seconds() - start) / count;
  sample->flop = 2 * (rote_kernels_multiply_adds() - counted) / count;
done:
  rote_samples_destroy(&samples);
  rote_free(&half);
  return status;
}

/* Rows of three kinds have one price: their mean. Every worker draws all samples, here one does. */
rote_status rote_neighbours_cost(const rote_cost_request *q, rote_cost *cost)
{
  rote_status status = ROTE_OK;
  const rote_data_info *info = q->setting.info;
  const double n = (double)q->images, s = (double)info->test_count, pool = 2 * (n < s ? n : s);
  const double pairs = n * 2 * s + s * (2 * n + pool) + s * (n + s) + pool * pool;
  const double rows = n + 2 * s;
  const rote_sizes sizes =
      rote_measure_sizes(&rote_measure_neighbours, q->setting.options, info, q->images);
  price pair = {0}, sample = {0};
  *cost = (rote_cost){0};
  if (info->test_count == 0) {
    return ROTE_OK;
  }
  ROTE_TRY(price_pair(q, &pair));
  ROTE_TRY(price_sample(q, &sample));
  cost->full_seconds = (pairs * pair.seconds + 2 * s * sample.seconds) / rows;
  cost->full_flop = (pairs * pair.flop + 2 * s * sample.flop) / rows;
  const size_t D = rote_half_numbers(info);
  cost->bytes = sizeof(float) * (double)D * (s + 2 * ROTE_CLOSEST_BATCH + ROTE_SCREEN_COLUMNS) +
                (double)rote_screen_bytes(D, ROTE_CLOSEST_BATCH);
  cost->full_disk = (double)rote_rows_bytes(rote_neighbours_rows, &sizes) + 40;
done:
  return status;
}
