/* The convolutional VAE of van den Burg and Williams 2021: encoder of 4x4 convolutions with stride
 * 2 down to 2 x 2, widths F, 2F, 4F, ..., leaky ReLU 0.2, batch norm on all but the first; the
 * decoder mirrors it with transposed convolutions, batch norm and ReLU on all but the last. */
#include "rote/vae.h"

#include <stdio.h>

/* Append the layer that a constructor has made, or pass on why it could not. */
static rote_status append(rote_network *network, rote_status made, rote_layer **layer)
{
  return made != ROTE_OK ? made : rote_network_append(network, *layer);
}

static rote_status build_encoder(rote_vae *vae, size_t channels, size_t side, size_t stages)
{
  rote_status status = ROTE_OK;
  rote_network *n = &vae->encoder;
  rote_layer *layer = NULL;
  char name[64];
  size_t in = channels, out = vae->options.model.features;
  ROTE_TRY(append(n, rote_layer_permute(channels, side * side, true, &layer), &layer));
  for (size_t i = 0; i < stages; i++) {
    snprintf(name, sizeof name, "encoder.%zu.conv", i);
    ROTE_TRY(append(n, rote_layer_convolution(&vae->table, name, side, in, out, 4, 2, 1, &layer),
                    &layer));
    side /= 2;
    if (i > 0) {
      snprintf(name, sizeof name, "encoder.%zu.bn", i);
      ROTE_TRY(
          append(n, rote_layer_batch_norm(&vae->table, name, side * side, out, &layer), &layer));
    }
    ROTE_TRY(append(n, rote_layer_rectifier(side * side * out, 0.2, &layer), &layer));
    in = out;
    out *= 2;
  }
  /* flattened as PyTorch does, so that mu.weight and logvar.weight have its order */
  ROTE_TRY(append(n, rote_layer_permute(in, side * side, false, &layer), &layer));
  ROTE_TRY(append(&vae->mu,
                  rote_layer_dense(&vae->table, "mu", side * side * in, vae->latent, &layer),
                  &layer));
  ROTE_TRY(append(&vae->logvar,
                  rote_layer_dense(&vae->table, "logvar", side * side * in, vae->latent, &layer),
                  &layer));
done:
  return status;
}

static rote_status build_decoder(rote_vae *vae, size_t planes, size_t stages)
{
  rote_status status = ROTE_OK;
  rote_network *n = &vae->decoder;
  rote_layer *layer = NULL;
  char name[64];
  size_t in = vae->latent, side = 1;
  for (size_t i = 0; i <= stages; i++) {
    const bool last = i == stages;
    const size_t out = last ? planes : vae->options.model.features << (stages - 1 - i);
    snprintf(name, sizeof name, "decoder.%zu.conv", i);
    ROTE_TRY(append(
        n,
        i == 0
            ? rote_layer_transposed_convolution(&vae->table, name, side, in, out, 2, 1, 0, &layer)
            : rote_layer_transposed_convolution(&vae->table, name, side, in, out, 4, 2, 1, &layer),
        &layer));
    side *= 2;
    if (!last) {
      snprintf(name, sizeof name, "decoder.%zu.bn", i);
      ROTE_TRY(
          append(n, rote_layer_batch_norm(&vae->table, name, side * side, out, &layer), &layer));
      ROTE_TRY(append(n, rote_layer_rectifier(side * side * out, 0, &layer), &layer));
    }
    in = out;
  }
  ROTE_TRY(append(n, rote_layer_permute(planes, side * side, false, &layer), &layer));
done:
  return status;
}

static rote_status build(rote_vae *vae, const rote_data_info *info)
{
  rote_status status = ROTE_OK;
  size_t stages = 0, side = info->width;
  while (side > 2 && side % 2 == 0) {
    side /= 2;
    stages++;
  }
  if (info->width != info->height || side != 2 || stages == 0) {
    return rote_fail(
        ROTE_DATA,
        "model.kind: conv_vae halves a square image down to 2 x 2, which %zu x %zu does not "
        "allow; import the data at 32 x 32 or 64 x 64",
        info->height, info->width);
  }
  ROTE_TRY(build_encoder(vae, info->channels, info->width, stages));
  ROTE_TRY(build_decoder(vae, vae->likelihood->outputs(&vae->shape) / (info->width * info->width),
                         stages));
done:
  return status;
}

const rote_vae_kind rote_vae_conv = {.name = "conv_vae", .build = build};
