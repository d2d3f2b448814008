/* D -> hidden -> (mu, logvar) -> hidden reversed -> outputs, ReLU between (van den Burg and
 * Williams 2021). */
#include "rote/vae.h"

#include <stdio.h>

/* `in` -> widths, each followed by a ReLU; names count layers as PyTorch's nn.Sequential without
 * the ReLUs. */
static rote_status append_dense(rote_vae *vae, rote_network *network, const char *part,
                                size_t number, size_t in, size_t out, bool relu)
{
  rote_status status = ROTE_OK;
  rote_layer *layer = NULL;
  char name[64];
  snprintf(name, sizeof name, "%s.%zu", part, number);
  ROTE_TRY(rote_layer_dense(&vae->table, name, in, out, &layer));
  ROTE_TRY(rote_network_append(network, layer));
  if (relu) {
    ROTE_TRY(rote_layer_rectifier(out, 0, &layer));
    ROTE_TRY(rote_network_append(network, layer));
  }
done:
  return status;
}

static rote_status build(rote_vae *vae, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  const rote_counts *hidden = &vae->options.model.hidden;
  size_t in = rote_data_pixels(info);
  rote_layer *head = NULL;
  for (size_t i = 0; i < hidden->n; i++) {
    ROTE_TRY(append_dense(vae, &vae->encoder, "encoder", i, in, hidden->value[i], true));
    in = hidden->value[i];
  }
  ROTE_TRY(rote_layer_dense(&vae->table, "mu", in, vae->latent, &head));
  ROTE_TRY(rote_network_append(&vae->mu, head));
  ROTE_TRY(rote_layer_dense(&vae->table, "logvar", in, vae->latent, &head));
  ROTE_TRY(rote_network_append(&vae->logvar, head));
  in = vae->latent;
  for (size_t i = 0; i < hidden->n; i++) {
    const size_t width = hidden->value[hidden->n - 1 - i];
    ROTE_TRY(append_dense(vae, &vae->decoder, "decoder", i, in, width, true));
    in = width;
  }
  ROTE_TRY(append_dense(vae, &vae->decoder, "decoder", hidden->n, in,
                        vae->likelihood->outputs(&vae->shape), false));
done:
  return status;
}

const rote_vae_kind rote_vae_mlp = {.name = "mlp_vae", .build = build};
