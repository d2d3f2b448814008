/* D -> width -> ... -> width -> D: `depth` linear layers with the activation between. */
#include "rote/autoencoder.h"

#include <stdio.h>

static rote_status build(rote_autoencoder *a, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  const size_t depth = a->options.model.depth, width = a->options.model.width;
  rote_network *network = NULL;
  rote_layer *layer = NULL;
  char name[64];
  size_t in = rote_data_pixels(info);
  ROTE_TRY(rote_graph_begin(&a->graph, &network));
  for (size_t i = 0; i < depth; i++) {
    const bool last = i + 1 == depth;
    const size_t out = last ? a->pixels : width;
    snprintf(name, sizeof name, "layer.%zu", i);
    ROTE_TRY(rote_layer_dense(&a->table, name, in, out, &layer));
    ROTE_TRY(rote_network_append(network, layer));
    if (!last) {
      snprintf(name, sizeof name, "activation.%zu", i);
      ROTE_TRY(rote_layer_activation(
          &a->table, name, (rote_activation_kind)a->options.model.activation, out, &layer));
      ROTE_TRY(rote_network_append(network, layer));
    }
    in = out;
  }
done:
  return status;
}

const rote_autoencoder_kind rote_autoencoder_fc = {.name = "fc_ae", .build = build};
