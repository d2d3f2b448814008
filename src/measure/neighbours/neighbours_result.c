#include "neighbours_result.h"

#include "rote/memory.h"

#include <math.h>
#include <stdlib.h>

rote_status rote_neighbours_result_create(const rote_options *o, size_t images, size_t held_out,
                                          rote_neighbours_result **out)
{
  rote_status status = ROTE_OK;
  rote_neighbours_result *r = NULL;
  *out = NULL;
  ROTE_TRY(rote_alloc(1, sizeof *r, &r));
  r->images = images;
  r->held_out = held_out;
  r->cells = o->neighbours.cells;
  r->pairs = o->neighbours.extraction < held_out ? o->neighbours.extraction : held_out;
  const struct {
    size_t count, size;
    void *pointer;
  } arrays[] = {
      {images, sizeof(uint32_t), &r->nearest_held_out},
      {images, sizeof(uint32_t), &r->nearest_sample},
      {images, sizeof(double), &r->distance_held_out},
      {images, sizeof(double), &r->distance_sample},
      {images, sizeof(double), &r->ratio},
      {held_out, sizeof(uint32_t), &r->sample_nearest},
      {held_out, sizeof(uint32_t), &r->sample_cell},
      {held_out, sizeof(double), &r->sample_distance},
      {held_out, sizeof(double), &r->sample_neighbour},
      {held_out, sizeof(double), &r->sample_mean},
      {held_out, sizeof(uint8_t), &r->authentic},
      {held_out, sizeof(uint32_t), &r->held_out_nearest},
      {held_out, sizeof(uint32_t), &r->held_out_cell},
      {held_out, sizeof(double), &r->held_out_distance},
      {r->cells, sizeof(double), &r->z},
      {r->cells, sizeof(uint32_t), &r->cell_samples},
      {r->cells, sizeof(uint32_t), &r->cell_held_out},
      {r->pairs, sizeof(uint32_t), &r->pair_sample},
      {r->pairs, sizeof(uint32_t), &r->pair_image},
      {r->pairs, sizeof(double), &r->pair_distance},
      {r->pairs, sizeof(double), &r->pair_ratio},
  };
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
    ROTE_TRY(rote_alloc(arrays[i].count, arrays[i].size, arrays[i].pointer));
  }
  r->copying = &r->number[0];
  r->authentic_share = &r->number[1];
  r->mean_ratio = &r->number[2];
  for (size_t s = 0; s < ROTE_RELABEL_STATISTICS; s++) {
    r->value[s] = &r->number[3 + 2 * s];
    r->p[s] = &r->number[4 + 2 * s];
  }
  *out = r;
  r = NULL;
done:
  rote_neighbours_result_destroy(&r);
  return status;
}

void rote_neighbours_result_destroy(rote_neighbours_result **result)
{
  rote_neighbours_result *r = *result;
  if (r == NULL) {
    return;
  }
  rote_free(&r->nearest_held_out);
  rote_free(&r->nearest_sample);
  rote_free(&r->distance_held_out);
  rote_free(&r->distance_sample);
  rote_free(&r->ratio);
  rote_free(&r->sample_nearest);
  rote_free(&r->sample_cell);
  rote_free(&r->sample_distance);
  rote_free(&r->sample_neighbour);
  rote_free(&r->sample_mean);
  rote_free(&r->authentic);
  rote_free(&r->held_out_nearest);
  rote_free(&r->held_out_cell);
  rote_free(&r->held_out_distance);
  rote_free(&r->z);
  rote_free(&r->cell_samples);
  rote_free(&r->cell_held_out);
  rote_free(&r->pair_sample);
  rote_free(&r->pair_image);
  rote_free(&r->pair_distance);
  rote_free(&r->pair_ratio);
  rote_free(result);
}

void rote_neighbours_authenticity(size_t samples, const double *distance, const double *neighbour,
                                  uint8_t *authentic, double *share)
{
  size_t known = 0, count = 0;
  for (size_t i = 0; i < samples; i++) {
    const bool is_known = !isnan(distance[i]) && !isnan(neighbour[i]);
    authentic[i] = !is_known ? 255 : neighbour[i] < distance[i];
    known += is_known;
    count += authentic[i] == 1;
  }
  *share = known > 0 ? (double)count / (double)known : (double)NAN;
}

typedef struct {
  double ratio;
  uint32_t sample;
} pair;

static int smaller_first(const void *a, const void *b)
{
  const pair *x = a, *y = b;
  return x->ratio != y->ratio ? (x->ratio > y->ratio ? 1 : -1)
                              : (x->sample > y->sample) - (x->sample < y->sample);
}

rote_status rote_neighbours_extract(rote_neighbours_result *r)
{
  rote_status status = ROTE_OK;
  pair *order = NULL;
  size_t known = 0;
  ROTE_TRY(rote_alloc(r->held_out, sizeof *order, &order));
  for (size_t i = 0; i < r->held_out; i++) {
    const double ratio =
        r->sample_distance[i] == 0 ? 0 : r->sample_distance[i] / (r->sample_mean[i] / 2);
    if (!isnan(ratio)) {
      order[known++] = (pair){.ratio = ratio, .sample = (uint32_t)i};
    }
  }
  if (known > 1) {
    qsort(order, known, sizeof *order, smaller_first);
  }
  for (size_t x = 0; x < r->pairs; x++) {
    const uint32_t sample = x < known ? order[x].sample : UINT32_MAX;
    r->pair_sample[x] = sample;
    r->pair_image[x] = x < known ? r->sample_nearest[sample] : UINT32_MAX;
    r->pair_distance[x] = x < known ? r->sample_distance[sample] : (double)NAN;
    r->pair_ratio[x] = x < known ? order[x].ratio : (double)NAN;
  }
done:
  rote_free(&order);
  return status;
}
