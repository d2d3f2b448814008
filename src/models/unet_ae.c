/* The U-Net of rote/autoencoder.h. Chains 0 .. last are the levels on the way down; the deepest one
 * also doubles its pixels. Each further chain is a level on the way up: it joins that level's
 * output, unless there are no skips. */
#include "rote/autoencoder.h"

#include <stdio.h>

typedef struct {
  rote_autoencoder *model;
  rote_network *network; /* being built */
  size_t height, width, channels;
} builder;

static rote_status add(builder *b, rote_status made, rote_layer *layer)
{
  return made != ROTE_OK ? made : rote_network_append(b->network, layer);
}

static rote_status convolution(builder *b, const char *name, size_t filters, size_t kernel)
{
  rote_layer *layer = NULL;
  const rote_status made = rote_layer_same_convolution(&b->model->table, name, b->height, b->width,
                                                       b->channels, filters, kernel, &layer);
  b->channels = filters;
  return add(b, made, layer);
}

static rote_status activated_convolution(builder *b, const char *way, size_t level, size_t number,
                                         size_t filters)
{
  rote_status status = ROTE_OK;
  rote_layer *layer = NULL;
  char name[64];
  snprintf(name, sizeof name, "%s.%zu.%zu", way, level, number);
  ROTE_TRY(convolution(b, name, filters, 3));
  snprintf(name, sizeof name, "%s.%zu.%zu.activation", way, level, number);
  status = rote_layer_activation(&b->model->table, name,
                                 (rote_activation_kind)b->model->options.model.activation,
                                 b->height * b->width * filters, &layer);
  ROTE_TRY(add(b, status, layer));
done:
  return status;
}

/* Behind the last layer of level `level` + 1: twice the size, as many channels as level `level`. */
static rote_status climb(builder *b, size_t level, size_t filters)
{
  rote_status status = ROTE_OK;
  rote_layer *layer = NULL;
  char name[64];
  status = rote_layer_nearest_double(b->height, b->width, b->channels, &layer);
  ROTE_TRY(add(b, status, layer));
  b->height *= 2;
  b->width *= 2;
  snprintf(name, sizeof name, "up.%zu.0", level);
  ROTE_TRY(convolution(b, name, filters, 3));
done:
  return status;
}

static rote_status descend(builder *b, const rote_counts *channels)
{
  rote_status status = ROTE_OK;
  rote_layer *layer = NULL;
  for (size_t level = 0; level < channels->n; level++) {
    ROTE_TRY(rote_graph_begin(&b->model->graph, &b->network));
    if (level > 0) {
      status = rote_layer_average_pool(b->height, b->width, b->channels, &layer);
      ROTE_TRY(add(b, status, layer));
      b->height /= 2;
      b->width /= 2;
    } else if (b->channels > 1) {
      status = rote_layer_permute(b->channels, b->height * b->width, true, &layer);
      ROTE_TRY(add(b, status, layer));
    }
    ROTE_TRY(activated_convolution(b, "down", level, 0, channels->value[level]));
    ROTE_TRY(activated_convolution(b, "down", level, 1, channels->value[level]));
  }
done:
  return status;
}

/* Behind climb(). */
static rote_status begin_level(builder *b, size_t level)
{
  rote_graph *graph = &b->model->graph;
  if (!b->model->options.model.skips) {
    return rote_graph_begin(graph, &b->network);
  }
  b->channels *= 2;
  return rote_graph_begin_joined(graph, level, b->height * b->width, &b->network);
}

static rote_status ascend(builder *b, const rote_counts *channels)
{
  rote_status status = ROTE_OK;
  for (size_t level = channels->n - 1; level-- > 0;) {
    const size_t filters = channels->value[level];
    ROTE_TRY(climb(b, level, filters));
    ROTE_TRY(begin_level(b, level));
    ROTE_TRY(activated_convolution(b, "up", level, 1, filters));
    ROTE_TRY(activated_convolution(b, "up", level, 2, filters));
  }
done:
  return status;
}

static rote_status build(rote_autoencoder *a, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  const rote_counts *channels = &a->options.model.channels;
  const size_t factor = (size_t)1 << (channels->n - 1);
  builder b = {
      .model = a, .height = info->height, .width = info->width, .channels = info->channels};
  rote_layer *layer = NULL;
  if (info->height % factor != 0 || info->width % factor != 0) {
    return rote_fail(ROTE_DATA,
                     "model.channels: unet_ae with %zu levels halves the image %zu times, which "
                     "%zu x %zu does not allow: both sides must be multiples of %zu",
                     channels->n, channels->n - 1, info->height, info->width, factor);
  }
  ROTE_TRY(descend(&b, channels));
  ROTE_TRY(ascend(&b, channels));
  ROTE_TRY(convolution(&b, "out", info->channels, 1));
  if (info->channels > 1) {
    status = rote_layer_permute(info->channels, info->height * info->width, false, &layer);
    ROTE_TRY(add(&b, status, layer));
  }
done:
  return status;
}

const rote_autoencoder_kind rote_autoencoder_unet = {.name = "unet_ae", .build = build};
